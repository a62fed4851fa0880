"""`evaluate` and `explain`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.reporting import AsHtml, AsJunit, AsMarkdown, AsSarif, Output, Reporter, chosen_format
from pki_cli.shell import EXIT_FINDING, AsJson, PasswordFile, now, read_password, say, say_json

if TYPE_CHECKING:
    from datetime import datetime

    from pki.ats import AtsSettings
    from pki.model.verdict import Verdict
    from pki.trust import Anchor

MAX_STDIN = 16 * 1024 * 1024  # bytes, the loader's own limit for a file


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    app.command()(evaluate)
    # A code such as -67901 is an argument here, not a bundle of short options.
    app.command(context_settings={"ignore_unknown_options": True})(explain)


def evaluate(
    targets: Annotated[
        list[str], typer.Argument(metavar="TARGET...", help="PEM, DER, PKCS#7 or PKCS#12 file, folder, or -.")
    ],
    host: Annotated[str | None, typer.Option(help="The name or IP address the app connects to.")] = None,
    anchor: Annotated[
        list[Path] | None, typer.Option(help="A trusted certificate, or an authority's folder. Repeatable.")
    ] = None,
    anchor_class: Annotated[
        str, typer.Option(help="How the anchors are trusted: user, app, system or user-leaf.")
    ] = "user",
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Judge at this time: ISO 8601, or +30d.")
    ] = None,
    policy: Annotated[str, typer.Option(help="apple, ssl-client or basic.")] = "apple",
    info_plist: Annotated[
        Path | None, typer.Option(help="The app's Info.plist, for its ATS settings.")
    ] = None,
    no_ats: Annotated[
        bool, typer.Option("--no-ats", help="Not a URLSession: Network framework, sockets.")
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
    from pki.issue.validity import parse_moment
    from pki.report.summary import Judged

    form = chosen_format(
        targets=len(targets),
        json=as_json,
        html=as_html,
        markdown=as_markdown,
        sarif=as_sarif,
        junit=as_junit,
    )
    reporter = Reporter(form, output, inputs=filter(None, [*map(Path, targets), *(anchor or ()), info_plist]))
    moment = parse_moment(at, at=now()) if at else now()
    anchors = _anchors(anchor or [], anchor_class)
    settings = _ats_settings(info_plist)
    password = read_password(password_file)
    for target in targets:
        verdict = _judge(target, host, moment, anchors, policy, settings, not no_ats, password)
        reporter.add(Judged("standard input" if target == "-" else target, verdict))
    reporter.finish()
    if not reporter.all_trusted:
        raise typer.Exit(EXIT_FINDING)


def _judge(
    target: str,
    host: str | None,
    moment: datetime,
    anchors: list[Anchor],
    policy: str,
    settings: AtsSettings | None,
    ats_applies: bool,
    password: str | None,
) -> Verdict:
    from pki import trust

    chain = _chain(target, password)
    return trust.evaluate(
        chain, host=host, at=moment, anchors=anchors, policy=policy, ats=settings, ats_applies=ats_applies
    )


def _chain(target: str, password: str | None) -> tuple[bytes, ...]:
    from pki.load import load_certificates, load_path

    if "://" in target:
        raise InvalidRequest(
            f"{target} is a live server, and this version judges files",
            hint="Save its chain: openssl s_client -showcerts -connect HOST:443 </dev/null >chain.pem",
        )
    if target == "-":
        return load_certificates(
            sys.stdin.buffer.read(MAX_STDIN + 1), name="standard input", password=password
        )
    return load_path(Path(target), password=password)


def _anchors(paths: list[Path], anchor_class: str) -> list[Anchor]:
    from pki.errors import Unreadable
    from pki.load import load_path
    from pki.model.verdict import AnchorClass
    from pki.trust import Anchor

    allowed = [str(known) for known in AnchorClass if known is not AnchorClass.NONE]
    if anchor_class not in allowed:
        raise InvalidRequest(
            f"no anchor class is called {anchor_class!r}", hint=f"Choose one of {', '.join(allowed)}."
        )
    anchors = []
    for path in paths:
        for der in _authority_root(path) or load_path(path):
            try:
                anchors.append(Anchor.parse(der, anchor_class))
            except Unreadable as error:
                raise Unreadable(f"{path}: {error.problem}", hint=error.hint) from None
    return anchors


def _authority_root(path: Path) -> tuple[bytes, ...]:
    """The root alone, when PATH is an authority's folder: its leaves and intermediates are no anchors."""
    from pki.store.layout import CERTIFICATE, Layout

    layout = Layout(path)
    if not layout.marker.is_file():
        return ()
    from pki.load import load_path

    return load_path(layout.root / CERTIFICATE)


def _ats_settings(path: Path | None) -> AtsSettings | None:
    if path is None:
        return None
    from pki.ats import read_info_plist

    with path.open("rb") as file:
        return read_info_plist(file.read(MAX_STDIN), name=str(path))


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
