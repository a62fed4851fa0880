"""`evaluate`: files and live servers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.formats import STDOUT, Format, FormatOptions, Reporter
from pki_cli.options.group import with_groups
from pki_cli.options.live import (
    DEFAULT_TIMEOUT,
    ClientOptions,
    Connect,
    StartTls,
    Timeout,
    is_live,
    keep_watching,
    mention_what_was_not_done,
    refuse_without_live,
    route_to,
    was_accepted,
)
from pki_cli.options.path_inputs import PathInputOptions
from pki_cli.options.trust import (
    AnchorOptions,
    EvidenceOptions,
    Host,
    InfoPlist,
    System,
    anchor_offer,
    chain_in,
    mention_lone_ca,
    settings_in,
)
from pki_cli.question import EvaluateQuestion
from pki_cli.second_opinion import asked_elsewhere, note_for_a_mac
from pki_cli.shell import EXIT_FINDING, PasswordFile, note, now, read_password

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pki.ats import AtsSettings
    from pki.handshake.issuer_fetch import Fetcher


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    app.command()(with_groups(evaluate))


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
    at: Annotated[
        list[str] | None,
        typer.Option(metavar="TIME", help="Judge at this time: ISO 8601, or +30d. Repeatable."),
    ] = None,
    policy: Annotated[
        str, typer.Option(help="apple, ssl-client, basic, or by the book rfc5280-path, rfc5280 or webpki.")
    ] = "apple",
    os: System = None,
    info_plist: InfoPlist = None,
    no_ats: Annotated[
        bool, typer.Option("--no-ats", help="Not a URLSession: Network framework, sockets.")
    ] = False,
    known: EvidenceOptions,
    fetch: Annotated[
        bool,
        typer.Option(
            "--fetch",
            help="Ask the http URL in a certificate for its missing issuer, whatever the host; follow no redirection.",
        ),
    ] = False,
    fetch_from: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="--fetch, and ask this host alone. Repeatable."),
    ] = None,
    second_opinion: Annotated[
        bool, typer.Option("--second-opinion", help="Also ask cryptography, OpenSSL and certvalidator.")
    ] = False,
    inputs: PathInputOptions,
    shown: ClientOptions,
    connect: Connect = None,
    starttls: StartTls = None,
    timeout: Timeout = DEFAULT_TIMEOUT,
    watch: Annotated[
        float | None, typer.Option(min=0.1, metavar="SECONDS", help="Look again and again; say what changes.")
    ] = None,
    password_file: PasswordFile = None,
    answer: FormatOptions,
) -> None:
    """Say whether an Apple client would trust a chain, and why not.

    The first certificate of TARGET is the leaf. Of https://HOST:PORT, or HOST:PORT with --starttls, the connection is
    judged too. Exit code 0: trusted, and the identity of --client was accepted; 1: a finding.
    """
    from pki.ats import NEWEST, OsVersion
    from pki.report.summary import Judged

    moments = _moments(at, now())
    form = answer.chosen(targets=len(targets) * len(moments))
    if second_opinion and form not in (Format.TEXT, Format.JSON):
        raise InvalidRequest(
            f"--{form} has no place for second opinions", hint="Ask for them as text or with --json."
        )
    read = [
        *(Path(target) for target in targets if not is_live(target, starttls)),
        *(trusted.anchor or ()),
        *([info_plist] if info_plist else ()),
        *known.files,
    ]
    reporter = Reporter(form, answer.output, inputs=read)
    refuse_without_live(targets, starttls, client=shown.client, connect=connect, watch=watch)
    _refuse_host(targets, starttls, host)
    password = read_password(password_file)
    fetcher = _fetcher(fetch_from, timeout) if fetch or fetch_from else None
    anchors, settings, path_inputs = trusted.read(), settings_in(info_plist), inputs.read()
    question = EvaluateQuestion(
        moments,
        {
            "anchors": anchors,
            "policy": policy,
            "ats": settings,
            "ats_applies": not no_ats,
            "evidence": known.read(),
            "os": OsVersion.parse(os) if os else NEWEST,
            "fetch": fetcher,
            "inputs": path_inputs,
        },
    )
    if second_opinion and path_inputs.words:
        raise InvalidRequest(
            f"other validators are asked without these inputs: {'; '.join(path_inputs.words)}",
            hint="Leave --second-opinion out, or the inputs.",
        )
    identity = shown.identity(password)
    revoked = shown.ledger(identity)
    routes = {
        target: route_to(target, connect=connect, starttls=starttls, timeout=timeout)
        for target in targets
        if is_live(target, starttls)
    }
    if watch is not None:
        _check_watch(targets, moments, form)
    taken = True
    mention_lone_ca(ctx, shown.ca, trusted.anchor, shown.client)
    judges = question.evaluators() if len(routes) < len(targets) else ()
    for target in targets:
        if target in routes:
            chain, verdicts = question.ask_live(routes[target], identity, revoked)
        else:
            chain = chain_in(target, password)
            verdicts = [judge.evaluate(chain, host=host) for judge in judges]
        for verdict in verdicts:
            taken = taken and (identity is None or target not in routes or was_accepted(verdict))
            name = "standard input" if target == "-" else target
            offer = "" if trusted.anchor else anchor_offer(shown.ca, verdict.chain)
            if not second_opinion:
                reporter.add(Judged(name, verdict, offer=offer))
                continue
            opinions, differences = asked_elsewhere(verdict, chain, verdict.host, anchors)
            reporter.add(Judged(name, verdict, opinions, differences, offer))
            if form is Format.TEXT and answer.output in (None, STDOUT) and policy != "ssl-client":
                note_for_a_mac(verdict, target, len(chain), trusted.anchor or [], anchors)
    reporter.finish()
    if fetcher is not None and fetcher.passed_over:
        note(f"note: not asked, as --fetch-from does not name them: {', '.join(fetcher.passed_over)}")
    _mention_lints(settings, info_plist)
    if routes:
        mention_what_was_not_done(verdicts[-1], shown.client)
    if watch is not None:
        keep_watching(
            targets[0],
            lambda: question.ask_live(routes[targets[0]], identity, revoked)[1][0],
            verdicts[0],
            watch,
        )
    if not taken or not reporter.all_trusted:
        raise typer.Exit(EXIT_FINDING)


def _moments(at: list[str] | None, clock: datetime) -> list[datetime]:
    """The moments that AT names; now, where it names none."""
    if not at:
        return [clock]
    from pki.issue.validity import parse_moment

    return [parse_moment(text, at=clock) for text in at]


def _fetcher(hosts: list[str] | None, seconds: float) -> Fetcher:
    """What answers `--fetch` and `--fetch-from`."""
    from pki.handshake.issuer_fetch import Fetcher
    from pki.model.hosts import parse_host

    named = None if hosts is None else [parse_host(host).text for host in hosts]
    return Fetcher(seconds=seconds, hosts=named)


def _refuse_host(targets: list[str], starttls: str | None, host: str | None) -> None:
    if host is not None and any(is_live(target, starttls) for target in targets):
        raise InvalidRequest(
            "a URL names its host already, and --host is for files",
            hint="To reach a server by another way than its name: --connect ADDRESS:PORT.",
        )


def _check_watch(targets: list[str], moments: Sequence[datetime], form: Format) -> None:
    if len(targets) * len(moments) > 1 or form is not Format.TEXT:
        raise InvalidRequest(
            "--watch is for one live server, as text", hint="Give one TARGET, one --at and no other format."
        )


def _mention_lints(settings: AtsSettings | None, info_plist: Path | None) -> None:
    """Say on stderr that the Info.plist has oddities of its own; the command `ats` shows them."""
    if settings is None:
        return
    from pki.ats.lints import lint
    from pki.model.codes import Severity

    count = sum(one.severity is Severity.WARNING for one in lint(settings.raw, beside=settings.beside))
    if count:
        note(f"note: {info_plist} has {count} oddit{'y' if count == 1 else 'ies'}: trustrig ats {info_plist}")
