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
    say_answer,
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
    from pki.report.schemas.revocations import OCSP_SCHEMA
    from pki.trust.revocation import OcspAnswer, RevocationData
    from pki.trust.revocation.documents import ocsp_document, ocsp_text

    answer = OcspAnswer.parse(read_bounded(file), name=str(file))
    said = answer_about(RevocationData(ocsp=(answer,)), certificate, anchor, at, ("apple", "rfc6960"))
    if as_json:
        say_json({"schema": OCSP_SCHEMA, "file": str(file), **ocsp_document(answer), "answer": said})
    else:
        for line in ocsp_text(answer):
            say(line)
        say_answer(said)
    leave_unless_good(said)
