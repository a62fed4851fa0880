"""`evaluate` and `explain`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.anchoring import (
    AnchorClassName,
    Anchors,
    Crls,
    CtLogList,
    Host,
    InfoPlist,
    OcspAnswers,
    System,
    anchors_in,
    chain_in,
    evidence_in,
    settings_in,
)
from pki_cli.crosschecking import asked_elsewhere, note_for_a_mac
from pki_cli.reporting import (
    STDOUT,
    AsHtml,
    AsJunit,
    AsMarkdown,
    AsSarif,
    Format,
    Output,
    Reporter,
    chosen_format,
)
from pki_cli.shell import EXIT_FINDING, AsJson, PasswordFile, note, now, read_password, say, say_json

if TYPE_CHECKING:
    from pki.ats import AtsSettings
    from pki.trust.search import Fetch


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    app.command()(evaluate)
    # A code such as -67901 is an argument here, not a bundle of short options.
    app.command(context_settings={"ignore_unknown_options": True})(explain)


def evaluate(
    targets: Annotated[
        list[str], typer.Argument(metavar="TARGET...", help="PEM, DER, PKCS#7 or PKCS#12 file, folder, or -.")
    ],
    host: Host = None,
    anchor: Anchors = None,
    anchor_class: AnchorClassName = "user",
    at: Annotated[
        list[str] | None,
        typer.Option(metavar="TIME", help="Judge at this time: ISO 8601, or +30d. Repeatable."),
    ] = None,
    policy: Annotated[str, typer.Option(help="apple, ssl-client, basic, rfc5280 or webpki.")] = "apple",
    os: System = None,
    info_plist: InfoPlist = None,
    no_ats: Annotated[
        bool, typer.Option("--no-ats", help="Not a URLSession: Network framework, sockets.")
    ] = False,
    ct_log_list: CtLogList = None,
    crl: Crls = None,
    ocsp: OcspAnswers = None,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Fetch a missing issuer from the URL in the certificate.")
    ] = False,
    second_opinion: Annotated[
        bool, typer.Option("--second-opinion", help="Also ask cryptography, OpenSSL and certvalidator.")
    ] = False,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
    as_html: AsHtml = False,
    as_markdown: AsMarkdown = False,
    as_sarif: AsSarif = False,
    as_junit: AsJunit = False,
    output: Output = None,
) -> None:
    """Say whether an Apple client would trust a chain, and why not.

    The first certificate of TARGET is the leaf. Exit code 0: trusted; 1: not trusted.
    """
    from pki.ats import NEWEST, OsVersion
    from pki.issue.validity import parse_moment
    from pki.report.summary import Judged
    from pki.trust import Evaluator

    clock = now()
    moments = [parse_moment(text, at=clock) for text in at] if at else [clock]
    form = chosen_format(
        targets=len(targets) * len(moments),
        json=as_json,
        html=as_html,
        markdown=as_markdown,
        sarif=as_sarif,
        junit=as_junit,
    )
    if second_opinion and form not in (Format.TEXT, Format.JSON):
        raise InvalidRequest(
            f"--{form} has no place for second opinions", hint="Ask for them as text or with --json."
        )
    read = [*map(Path, targets), *(anchor or ()), info_plist, ct_log_list, *(crl or ()), *(ocsp or ())]
    reporter = Reporter(form, output, inputs=filter(None, read))
    anchors = anchors_in(anchor, anchor_class)
    settings = settings_in(info_plist)
    evidence = evidence_in(ct_log_list, crl, ocsp)
    evaluators = [
        Evaluator(
            at=moment,
            anchors=anchors,
            policy=policy,
            ats=settings,
            ats_applies=not no_ats,
            evidence=evidence,
            os=OsVersion.parse(os) if os else NEWEST,
            fetch=_fetcher() if fetch else None,
        )
        for moment in moments
    ]
    password = read_password(password_file)
    for target in targets:
        chain = chain_in(target, password)
        for evaluator in evaluators:
            name, verdict = (
                "standard input" if target == "-" else target,
                evaluator.evaluate(chain, host=host),
            )
            if not second_opinion:
                reporter.add(Judged(name, verdict))
                continue
            opinions, differences = asked_elsewhere(verdict, chain, host, anchors)
            reporter.add(Judged(name, verdict, opinions, differences))
            if form is Format.TEXT and output in (None, STDOUT) and policy != "ssl-client":
                note_for_a_mac(verdict, target, len(chain), anchor or [], host)
    reporter.finish()
    _mention_lints(settings, info_plist)
    if not reporter.all_trusted:
        raise typer.Exit(EXIT_FINDING)


def _fetcher() -> Fetch:
    from pki.handshake.fetching import fetch_issuer

    return fetch_issuer


def _mention_lints(settings: AtsSettings | None, info_plist: Path | None) -> None:
    """Say on stderr that the Info.plist has oddities of its own; the command `ats` shows them."""
    if settings is None:
        return
    from pki.ats.lints import lint

    count = len(lint(settings.raw))
    if count:
        note(f"note: {info_plist} has {count} oddit{'y' if count == 1 else 'ies'}: trustrig ats {info_plist}")


def explain(
    what: Annotated[
        str, typer.Argument(metavar="RULE|CODE", help="tls-validity-825, -67901, unknown_ca, 0xC027.")
    ],
    as_json: AsJson = False,
) -> None:
    """Explain a rule, an error code, a TLS alert or a cipher suite.

    Negative numbers need no quotes: `trustrig explain -67901` works. A cipher suite goes by its IANA name, its
    OpenSSL name or its code point: does an Apple client offer it?
    """
    from pki.report import explain as words
    from pki.trust import all_rules

    found = words.explain(what, all_rules())
    if as_json:
        say_json(words.explanation_json(found))
    else:
        say(words.explanation_text(found))
