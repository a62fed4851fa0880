"""`diagnose`: every ATS configuration tried on one live server."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from pki_cli.answer_file import AnswerFile, json_text
from pki_cli.options.answer import AnswerOptions, format_option
from pki_cli.options.group import with_groups
from pki_cli.options.live import (
    ClientOptions,
    Connect,
    mention_what_was_not_done,
    route_to,
    was_accepted,
)
from pki_cli.options.moment import Moments, heading, moments_of, one_document
from pki_cli.options.span import DEFAULT_TIMEOUT, Timeout
from pki_cli.options.trust import AnchorOptions, EvidenceOptions, System, anchor_offer, named_ca
from pki_cli.session import session
from pki_cli.shell import EXIT_FINDING, PasswordFile, read_password

if TYPE_CHECKING:
    from pki.ats.diagnosis import Diagnosis
    from pki.report.style import Style


class DiagnosisFormat(StrEnum):
    """How the answer looks."""

    TEXT = "text"
    JSON = "json"
    NSCURL = "nscurl"  # the layout of Apple's `nscurl --ats-diagnostics`


class DiagnosisOptions(AnswerOptions):
    """How the answer looks, and where it goes."""

    form: Annotated[DiagnosisFormat | None, format_option] = None


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
    at: Moments = None,
    os: System = None,
    known: EvidenceOptions,
    timeout: Timeout = DEFAULT_TIMEOUT,
    password_file: PasswordFile = None,
    answer: DiagnosisOptions,
) -> None:
    """Try Apple's ATS configurations on a live server, and say which let it through and why.

    Exit code 0: an app connects without an exception, and the identity of --client was accepted; 1: a finding.

    \b
    Examples:
      trustrig diagnose https://api.test:8443 --ca trustrig-ca
      trustrig diagnose https://api.test --connect 192.168.1.20:8443 --os ios17
      trustrig diagnose https://api.test --anchor root.pem --format nscurl
    """
    from pki.ats import NEWEST, OsVersion
    from pki.live import diagnose as run

    moments = moments_of(at)
    layout = DiagnosisFormat(answer.chosen)
    one_document(len(moments), layout)
    file = AnswerFile(answer.output, force=answer.force, inputs=[*(trusted.anchor or ()), *known.files])
    anchors = trusted.read(*named_ca(ctx, shown.ca, trusted.anchor))
    identity = shown.identity(read_password(password_file))
    route, evidence, ledger = (
        route_to(url, connect=connect, timeout=timeout),
        known.read(),
        shown.ledger(identity),
    )
    said, good = [], True
    for moment in moments:
        found = run(
            route,
            at=moment,
            anchors=anchors,
            evidence=evidence,
            os=OsVersion.parse(os) if os else NEWEST,
            identity=identity,
            revoked=ledger,
        )
        offer = "" if anchors else anchor_offer(shown.ca, found.verdict.chain if found.verdict else ())
        said.append(heading(moment, moments) + _shown(found, layout, url, offer=offer, style=file.style))
        if found.verdict is not None:
            mention_what_was_not_done(found.verdict, shown.client)
        taken = identity is None or (found.verdict is not None and was_accepted(found.verdict))
        good = good and found.connects and taken
    file.write("\n".join(said))
    if not good:
        raise typer.Exit(EXIT_FINDING)


def _shown(found: Diagnosis, layout: DiagnosisFormat, url: str, *, offer: str, style: Style) -> str:
    from pki.report.diagnosis import diagnosis_json, diagnosis_text, nscurl_text

    match layout:
        case DiagnosisFormat.TEXT:
            return diagnosis_text(found, name=url, offer=offer, style=style)
        case DiagnosisFormat.JSON:
            return json_text(diagnosis_json(found, name=url))
        case DiagnosisFormat.NSCURL:
            return nscurl_text(found, url=url, verbose=session.verbose)
