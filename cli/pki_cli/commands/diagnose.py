"""`diagnose`: every ATS configuration tried on one live server."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from pki_cli.options.group import with_groups
from pki_cli.options.live import (
    DEFAULT_TIMEOUT,
    ClientOptions,
    Connect,
    Timeout,
    mention_what_was_not_done,
    route_to,
    was_accepted,
)
from pki_cli.options.trust import AnchorOptions, EvidenceOptions, System, anchor_offer, mention_lone_ca
from pki_cli.session import session
from pki_cli.shell import EXIT_FINDING, PasswordFile, moment_of, read_password, say, say_json
from pki_cli.terminal import answer_style


class DiagnosisFormat(StrEnum):
    """How the answer looks."""

    TEXT = "text"
    JSON = "json"
    NSCURL = "nscurl"


def add_to(app: typer.Typer) -> None:
    """Register the command of this module."""
    app.command()(with_groups(diagnose))


def diagnose(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="https://HOST[:PORT].")],
    *,
    trusted: AnchorOptions,
    shown: ClientOptions,
    connect: Connect = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Judge at this time: ISO 8601, or +30d.")
    ] = None,
    os: System = None,
    known: EvidenceOptions,
    timeout: Timeout = DEFAULT_TIMEOUT,
    password_file: PasswordFile = None,
    layout: Annotated[
        DiagnosisFormat,
        typer.Option("--format", help="nscurl is the layout of Apple's `nscurl --ats-diagnostics`."),
    ] = DiagnosisFormat.TEXT,
) -> None:
    """Try Apple's ATS configurations on a live server, and say which let it through and why.

    Exit code 0: an app connects without an exception, and the identity of --client was accepted; 1: a finding.
    """
    from pki.ats import NEWEST, OsVersion
    from pki.live import diagnose as run
    from pki.report.diagnosis import diagnosis_json, diagnosis_text, nscurl_text

    mention_lone_ca(ctx, shown.ca, trusted.anchor, shown.client)
    identity = shown.identity(read_password(password_file))
    found = run(
        route_to(url, connect=connect, timeout=timeout),
        at=moment_of(at),
        anchors=trusted.read(),
        evidence=known.read(),
        os=OsVersion.parse(os) if os else NEWEST,
        identity=identity,
        revoked=shown.ledger(identity),
    )
    match layout:
        case DiagnosisFormat.TEXT:
            judged = found.verdict.chain if found.verdict is not None else ()
            offer = "" if trusted.anchor else anchor_offer(shown.ca, judged)
            say(diagnosis_text(found, name=url, offer=offer, style=answer_style()))
        case DiagnosisFormat.JSON:
            say_json(diagnosis_json(found, name=url))
        case DiagnosisFormat.NSCURL:
            say(nscurl_text(found, url=url, verbose=session.verbose))
    if found.verdict is not None:
        mention_what_was_not_done(found.verdict, shown.client)
    taken = identity is None or (found.verdict is not None and was_accepted(found.verdict))
    if not found.connects or not taken:
        raise typer.Exit(EXIT_FINDING)
