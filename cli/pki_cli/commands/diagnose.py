"""`diagnose`: every ATS configuration tried on one live server."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from pki_cli.options.issue import Which
from pki_cli.options.live import (
    DEFAULT_TIMEOUT,
    Client,
    Connect,
    Timeout,
    identity_named,
    ledger_for,
    mention_what_was_not_done,
    route_to,
    was_accepted,
)
from pki_cli.options.trust import (
    AnchorClassName,
    Anchors,
    Crls,
    CtLogList,
    OcspAnswers,
    System,
    anchor_offer,
    anchors_in,
    evidence_in,
    mention_lone_ca,
)
from pki_cli.shell import DEFAULT_CA, EXIT_FINDING, CaFolder, PasswordFile, now, read_password, say, say_json


class DiagnosisFormat(StrEnum):
    """How the answer looks."""

    TEXT = "text"
    JSON = "json"
    NSCURL = "nscurl"


def add_to(app: typer.Typer) -> None:
    """Register the command of this module."""
    app.command()(diagnose)


def diagnose(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="https://HOST[:PORT].")],
    anchor: Anchors = None,
    anchor_class: AnchorClassName = "user",
    client: Client = None,
    which: Which = None,
    ca: CaFolder = DEFAULT_CA,
    connect: Connect = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Judge at this time: ISO 8601, or +30d.")
    ] = None,
    os: System = None,
    ct_log_list: CtLogList = None,
    crl: Crls = None,
    ocsp: OcspAnswers = None,
    timeout: Timeout = DEFAULT_TIMEOUT,
    password_file: PasswordFile = None,
    layout: Annotated[
        DiagnosisFormat,
        typer.Option("--format", help="nscurl is the layout of Apple's `nscurl --ats-diagnostics`."),
    ] = DiagnosisFormat.TEXT,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="With --format nscurl: dictionaries and expected errors.")
    ] = False,
) -> None:
    """Try Apple's ATS configurations on a live server, and say which let it through and why.

    Exit code 0: an app connects without an exception, and the identity of --client was accepted; 1: a finding.
    """
    from pki.ats import NEWEST, OsVersion
    from pki.issue.validity import parse_moment
    from pki.live import diagnose as run
    from pki.report.diagnosis import diagnosis_json, diagnosis_text, nscurl_text

    clock = now()
    mention_lone_ca(ctx, ca, anchor, client)
    identity = identity_named(client, ca, read_password(password_file), which)
    found = run(
        route_to(url, connect=connect, timeout=timeout),
        at=parse_moment(at, at=clock) if at else clock,
        anchors=anchors_in(anchor, anchor_class),
        evidence=evidence_in(ct_log_list, crl, ocsp),
        os=OsVersion.parse(os) if os else NEWEST,
        identity=identity,
        revoked=ledger_for(identity, ca, client),
    )
    match layout:
        case DiagnosisFormat.TEXT:
            judged = found.verdict.chain if found.verdict is not None else ()
            offer = "" if anchor else anchor_offer(ca, judged)
            say(diagnosis_text(found, name=url, offer=offer))
        case DiagnosisFormat.JSON:
            say_json(diagnosis_json(found, name=url))
        case DiagnosisFormat.NSCURL:
            say(nscurl_text(found, url=url, verbose=verbose))
    if found.verdict is not None:
        mention_what_was_not_done(found.verdict, client)
    taken = identity is None or (found.verdict is not None and was_accepted(found.verdict))
    if not found.connects or not taken:
        raise typer.Exit(EXIT_FINDING)
