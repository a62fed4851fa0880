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
    say_answer,
)
from pki_cli.shell import AsJson, say, say_json

_MAX_LISTED = 20  # entries of a list in text; JSON has more


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
    from pki.report.schemas.revocations import CRL_SCHEMA
    from pki.trust.revocation import Crl, RevocationData
    from pki.trust.revocation.documents import MAX_ENTRIES, crl_document, crl_text

    lists = Crl.parse_all(read_bounded(file), name=str(file))
    said = answer_about(RevocationData(crls=lists), certificate, anchor, at, ("rfc5280",))
    if as_json:
        documents = [crl_document(crl) for crl in lists]
        say_json({"schema": CRL_SCHEMA, "file": str(file), "lists": documents, "answer": said})
    else:
        for crl in lists:
            for line in crl_text(crl):
                say(line)
            for entry in crl_document(crl)["entries"][:_MAX_LISTED]:
                whose = f"  of {entry['issuer']}" if entry["issuer"] != str(crl.issuer) else ""
                say(f"    {entry['serial']}  {entry['revoked_at'] or 'no date'}  {entry['reason']}{whose}")
            if crl.length > _MAX_LISTED:
                say(f"    and {crl.length - _MAX_LISTED:,} more; --json has the first {MAX_ENTRIES:,}")
        say_answer(said)
        if said is not None:
            say("Apple's code evaluates no CRL: for its clients, staple an OCSP answer.")
    leave_unless_good(said)
