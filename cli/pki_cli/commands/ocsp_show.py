"""`ocsp show`: what an OCSP answer says, and what it comes to for one certificate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pki_cli.options.trust import Anchors
from pki_cli.revocation_answer import (
    At,
    Certificate,
    answer_about,
    leave_unless_good,
    read_bounded,
)
from pki_cli.shell import AsJson, say, say_json

Answer = Annotated[Path, typer.Argument(metavar="ANSWER", help="An OCSP answer, DER.")]


def ocsp_show(
    file: Answer,
    certificate: Certificate = None,
    anchor: Anchors = None,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Show an OCSP answer, and what it comes to for a certificate.

    Judged by Apple's code and by RFC 6960. Exit code 0: shown, and good by both where a certificate was given; 1: not.
    """
    from pki.trust.revocation import OcspAnswer, RevocationData
    from pki.trust.revocation.ocsp_document import ocsp_show_document, ocsp_text

    shown = OcspAnswer.parse(read_bounded(file), name=str(file))
    answer = answer_about(RevocationData(ocsp=(shown,)), certificate, anchor, at, ("apple", "rfc6960"))
    if as_json:
        say_json(ocsp_show_document(shown, file=str(file), answer=answer))
    else:
        say("\n".join([*ocsp_text(shown), *(answer.lines() if answer is not None else ())]))
    leave_unless_good(answer)
