"""`evaluate`: files and live servers."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.answer_file import AnswerFile
from pki_cli.formats import Format, FormatOptions, Reporter
from pki_cli.options.choices import PolicyName
from pki_cli.options.group import OptionGroup, with_groups
from pki_cli.options.live import (
    ClientOptions,
    Connect,
    StartTls,
    is_live,
    keep_watching,
    mention_what_was_not_done,
    refuse_without_live,
    route_to,
    was_accepted,
)
from pki_cli.options.moment import Moments, moments_of
from pki_cli.options.path_inputs import PathInputOptions
from pki_cli.options.span import DEFAULT_TIMEOUT, Span, Timeout, span_option
from pki_cli.options.trust import (
    AnchorOptions,
    EvidenceOptions,
    Host,
    InfoPlist,
    System,
    anchor_offer,
    chain_in,
    named_ca,
    settings_in,
)
from pki_cli.question import EvaluateQuestion
from pki_cli.second_opinion import asked_elsewhere, note_for_a_mac
from pki_cli.session import session
from pki_cli.shell import EXIT_FINDING, PasswordFile, note, read_password

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pki.ats import AtsSettings
    from pki.handshake.issuer_fetch import Fetcher
    from pki.live import Route


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    app.command()(with_groups(evaluate))


class PolicyOptions(OptionGroup):
    """When and by which rules a chain is judged."""

    at: Moments = None
    policy: Annotated[PolicyName, typer.Option("--policy", help="Which rules to judge by.")] = "apple"
    os: System = None
    info_plist: InfoPlist = None
    no_ats: Annotated[
        bool, typer.Option("--no-ats", help="Not a URLSession: Network framework, sockets.")
    ] = False


class FetchOptions(OptionGroup):
    """Whether issuers are fetched, and from whom."""

    fetch: Annotated[
        bool,
        typer.Option(
            "--fetch",
            help="Ask the http URL in a certificate for its missing issuer, whatever the host; follow no redirection.",
        ),
    ] = False
    fetch_from: Annotated[
        list[str] | None,
        typer.Option("--fetch-from", metavar="HOST", help="--fetch, and ask this host alone. Repeatable."),
    ] = None

    def read(self, seconds: float) -> Fetcher | None:
        """What fetches, each answer within so many SECONDS; None unless it was asked for."""
        if not (self.fetch or self.fetch_from):
            return None
        from pki.handshake.issuer_fetch import Fetcher
        from pki.model.hosts import parse_host

        named = None if self.fetch_from is None else [parse_host(host).text for host in self.fetch_from]
        return Fetcher(seconds=seconds, hosts=named)


class RouteOptions(OptionGroup):
    """The way to a live server, and whether it is looked at again."""

    connect: Connect = None
    starttls: StartTls = None
    timeout: Timeout = DEFAULT_TIMEOUT
    alt_svc: Annotated[
        bool,
        typer.Option(
            "--alt-svc", help="Ask a trusted server for its page too, and say whether it advertises HTTP/3."
        ),
    ] = False
    watch: Annotated[
        Span | None,
        span_option(
            "--watch",
            "Look again and again, this long apart; say what changes.",
            least=Span(0.1, "0.1s"),
            most=Span(86400, "1d"),
        ),
    ] = None

    def check(self, targets: list[str], *, host: str | None, client: str | None) -> None:
        """Refuse what is about live servers where none is named, and --host where one is."""
        given = {"client": client, "connect": self.connect, "watch": self.watch, "alt-svc": self.alt_svc}
        refuse_without_live(targets, self.starttls, **given)
        if host is not None and any(is_live(target, self.starttls) for target in targets):
            raise InvalidRequest(
                "a URL names its host already, and --host is for files",
                hint="To reach a server by another way than its name: --connect ADDRESS:PORT.",
            )

    def routes(self, targets: list[str]) -> dict[str, Route]:
        """The way to each of TARGETS that is a server."""
        return {
            target: route_to(target, connect=self.connect, starttls=self.starttls, timeout=self.timeout)
            for target in targets
            if is_live(target, self.starttls)
        }


# Long because each option is a parameter, and the steps of the command follow one another.
def evaluate(
    ctx: typer.Context,
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET...",
            help="PEM, DER, PKCS#7 or PKCS#12 file, folder, -, or https://, smtps://, tls://HOST:PORT.",
        ),
    ],
    *,
    host: Host = None,
    trusted: AnchorOptions,
    asked: PolicyOptions,
    known: EvidenceOptions,
    fetching: FetchOptions,
    second_opinion: Annotated[
        bool, typer.Option("--second-opinion", help="Also ask cryptography, OpenSSL and certvalidator.")
    ] = False,
    inputs: PathInputOptions,
    shown: ClientOptions,
    way: RouteOptions,
    password_file: PasswordFile = None,
    answer: FormatOptions,
) -> None:
    """Say whether an Apple client would trust a chain, and why not.

    The first certificate of TARGET is the leaf. Of https://HOST:PORT, or HOST:PORT with --starttls, the connection is
    judged too. Exit code 0: trusted, and the identity of --client was accepted; 1: a finding.

    \b
    Examples:
      trustrig evaluate https://api.test:8443 --ca trustrig-ca
      trustrig evaluate chain.pem --host api.test --anchor root.pem --at +30d
      trustrig evaluate chain.pem --host api.test --format html -o report.html
    """
    from pki.ats import NEWEST, OsVersion
    from pki.report.summary import Judged

    moments = moments_of(asked.at)
    form = answer.form_for(targets=len(targets) * len(moments))
    if second_opinion and form not in (Format.TEXT, Format.JSON):
        raise InvalidRequest(
            f"--format {form} has no place for second opinions", hint="Ask for them as text or with --json."
        )
    files = [Path(target) for target in targets if not is_live(target, way.starttls)]
    read = [*files, *(trusted.anchor or ()), *([asked.info_plist] if asked.info_plist else ()), *known.files]
    file = AnswerFile(answer.output, force=answer.force, inputs=read)
    reporter = Reporter(form, file)
    way.check(targets, host=host, client=shown.client)
    password = read_password(password_file)
    fetcher = fetching.read(way.timeout)
    named = named_ca(ctx, shown.ca, trusted.anchor)
    anchors, settings, path_inputs = trusted.read(*named), settings_in(asked.info_plist), inputs.read()
    question = EvaluateQuestion(
        moments,
        {
            "anchors": anchors,
            "policy": asked.policy,
            "ats": settings,
            "ats_applies": not asked.no_ats,
            "evidence": known.read(),
            "os": OsVersion.parse(asked.os) if asked.os else NEWEST,
            "fetch": fetcher,
            "inputs": path_inputs,
        },
    )
    if second_opinion and (words := path_inputs.description):
        raise InvalidRequest(
            f"other validators are asked without these inputs: {'; '.join(words)}",
            hint="Leave --second-opinion out, or the inputs.",
        )
    identity = shown.identity(password)
    http3 = way.alt_svc or session.verbose
    look = partial(question.ask_live, identity=identity, revoked=shown.ledger(identity), http3=http3)
    routes = way.routes(targets)
    if way.watch is not None:
        _check_watch(targets, moments, form)
    for_a_mac = form is Format.TEXT and file.is_stdout and asked.policy != "ssl-client"
    judges = question.evaluators() if files else ()
    taken = True
    for target in targets:
        if target in routes:
            chain, verdicts = look(routes[target])
            taken = taken and (identity is None or all(map(was_accepted, verdicts)))
        else:
            chain = chain_in(target, password)
            verdicts = [judge.evaluate(chain, host=host) for judge in judges]
        for verdict in verdicts:
            name = "standard input" if target == "-" else target
            offer = "" if anchors else anchor_offer(shown.ca, verdict.chain)
            if not second_opinion:
                reporter.add(Judged(name, verdict, offer=offer))
                continue
            opinions, differences = asked_elsewhere(verdict, chain, verdict.host, anchors)
            reporter.add(Judged(name, verdict, opinions, differences, offer))
            if for_a_mac:
                note_for_a_mac(verdict, target, len(chain), [*(trusted.anchor or ()), *named], anchors)
    reporter.finish()
    _mention_afterwards(fetcher, settings, asked.info_plist)
    if routes:
        mention_what_was_not_done(verdicts[-1], shown.client)
    if way.watch is not None:
        keep_watching(targets[0], lambda: look(routes[targets[0]])[1][0], verdicts[0], way.watch)
    if not taken or not reporter.all_trusted:
        raise typer.Exit(EXIT_FINDING)


def _mention_afterwards(
    fetcher: Fetcher | None, settings: AtsSettings | None, info_plist: Path | None
) -> None:
    """Say on stderr whom `--fetch-from` left out, and that an Info.plist has oddities of its own; `ats` shows them."""
    if fetcher is not None and fetcher.passed_over:
        note(f"note: not asked, as --fetch-from does not name them: {', '.join(fetcher.passed_over)}")
    if settings is None:
        return
    from pki.ats.lints import lint
    from pki.model.codes import Severity

    count = sum(one.severity is Severity.WARNING for one in lint(settings.raw, beside=settings.beside))
    if count:
        note(f"note: {info_plist} has {count} oddit{'y' if count == 1 else 'ies'}: trustrig ats {info_plist}")


def _check_watch(targets: list[str], moments: Sequence[datetime], form: Format) -> None:
    if len(targets) * len(moments) > 1 or form is not Format.TEXT:
        raise InvalidRequest(
            "--watch is for one live server, as text", hint="Give one TARGET, one --at and no other format."
        )
