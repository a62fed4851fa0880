"""`crl show`: what a list says, and what it comes to for one certificate."""

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

List = Annotated[Path, typer.Argument(metavar="CRL", help="A CRL, DER or PEM.")]


def crl_show(
    file: List,
    certificate: Certificate = None,
    anchor: Anchors = None,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Show a CRL, and what it comes to for a certificate.

    Exit code 0: shown, and good where a certificate was given; 1: revoked, or unknown.
    """
    from pki.trust.revocation import Crl, RevocationData
    from pki.trust.revocation.crl_document import crl_show_document, crl_text

    lists = Crl.parse_all(read_bounded(file), name=str(file))
    answer = answer_about(RevocationData(crls=lists), certificate, anchor, at, ("rfc5280",))
    if as_json:
        say_json(crl_show_document(lists, file=str(file), answer=answer))
    else:
        for crl in lists:
            say("\n".join(crl_text(crl)))
        if answer is not None:
            say("\n".join(answer.lines()))
            say("Apple's code evaluates no CRL: for its clients, staple an OCSP answer.")
    leave_unless_good(answer)
