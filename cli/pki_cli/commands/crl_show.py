"""`crl show`: what a list says, and what it comes to for one certificate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pki_cli.input_file import called, read_beside
from pki_cli.options.moment import Moments
from pki_cli.options.trust import AnchorOptions
from pki_cli.revocation_answer import Certificate, answers_about, leave_unless_good
from pki_cli.shell import AsJson, say, say_json

List = Annotated[Path, typer.Argument(metavar="CRL", help="A CRL, DER or PEM.")]


def crl_show(
    file: List,
    *,
    certificate: Certificate = None,
    trusted: AnchorOptions,
    at: Moments = None,
    as_json: AsJson = False,
) -> None:
    """Show a CRL, and what it comes to for a certificate.

    Exit code 0: shown, and good where a certificate was given; 1: revoked, or unknown.

    \b
    Examples:
      trustrig crl show revoked.crl
      trustrig crl show revoked.crl --certificate chain.pem --at +30d
    """
    from pki.trust.revocation import Crl, RevocationData
    from pki.trust.revocation.crl_document import crl_show_document, crl_text

    lists = Crl.parse_all(read_beside(file), name=called(file))
    answers = answers_about(
        RevocationData(crls=lists), certificate, trusted, at, ("rfc5280",), as_json=as_json
    )
    if as_json:
        say_json(crl_show_document(lists, file=str(file), answer=answers[0] if answers else None))
    else:
        for crl in lists:
            say("\n".join(crl_text(crl)))
        for answer in answers:
            say("\n".join(answer.lines()))
        if answers:
            say("Apple's code evaluates no CRL: for its clients, staple an OCSP answer.")
    leave_unless_good(answers)
