"""`ocsp show`: what an OCSP answer says, and what it comes to for one certificate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pki_cli.input_file import called, read_beside
from pki_cli.options.moment import Moments
from pki_cli.options.trust import AnchorOptions
from pki_cli.revocation_answer import Certificate, answers_about, leave_unless_good
from pki_cli.shell import AsJson, say, say_json

Answer = Annotated[Path, typer.Argument(metavar="ANSWER", help="An OCSP answer, DER.")]


def ocsp_show(
    file: Answer,
    *,
    certificate: Certificate = None,
    trusted: AnchorOptions,
    at: Moments = None,
    as_json: AsJson = False,
) -> None:
    """Show an OCSP answer, and what it comes to for a certificate.

    Judged by Apple's code and by RFC 6960. Exit code 0: shown, and good by both where a certificate was given; 1: not.

    \b
    Examples:
      trustrig ocsp show staple.der
      trustrig ocsp show staple.der --certificate chain.pem --anchor trustrig-ca
    """
    from pki.trust.revocation import OcspAnswer, RevocationData
    from pki.trust.revocation.ocsp_document import ocsp_show_document, ocsp_text

    shown = OcspAnswer.parse(read_beside(file), name=called(file))
    answers = answers_about(
        RevocationData(ocsp=(shown,)), certificate, trusted, at, ("apple", "rfc6960"), as_json=as_json
    )
    if as_json:
        say_json(ocsp_show_document(shown, file=str(file), answer=answers[0] if answers else None))
    else:
        say("\n".join([*ocsp_text(shown), *(line for answer in answers for line in answer.lines())]))
    leave_unless_good(answers)
