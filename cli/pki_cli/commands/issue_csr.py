"""`issue csr`: a certificate for a key that somebody else holds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.issue_report import tell
from pki_cli.options.answer import Force
from pki_cli.options.choices import LeafKind
from pki_cli.options.issue import (
    Eku,
    IssuerOptions,
    PassphraseFile,
    SubjectName,
    open_authority,
)
from pki_cli.options.moment import At
from pki_cli.shell import DEFAULT_CA, AsJson, CaFolder, moment_of, note, stdin_once
from pki_cli.ways_out import flags_named

MAX_REQUEST = 1024 * 1024  # bytes; a PKCS#10 request has one or two thousand


def issue_csr(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A PKCS#10 request, PEM or DER; - is stdin.")],
    *,
    kind: Annotated[
        LeafKind, typer.Option("--kind", case_sensitive=False, metavar="KIND", help="server or client.")
    ] = "server",
    name: Annotated[
        list[str] | None,
        typer.Option("--name", metavar="NAME", help="Certify this name, not the request's. Repeatable."),
    ] = None,
    subject: SubjectName = None,
    eku: Eku = None,
    ca: CaFolder = DEFAULT_CA,
    signed: IssuerOptions,
    at: At = None,
    passphrase_file: PassphraseFile = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Sign a certificate request.

    Its key, CommonName and names are taken; what else it asks for and
    does not get is told.

    \b
    Examples:
      trustrig issue csr request.pem
      trustrig issue csr phone.csr --kind client --days 90
    """
    from pki.issue.profiles import CertificateKind
    from pki.issue.requests import left_out, read_request

    stdin_once(file, passphrase_file)
    folder, moment = open_authority(ca, passphrase_file), moment_of(at)
    request = _request(file)
    with flags_named(ca):
        issued = folder.sign_csr(
            request,
            kind=CertificateKind(kind),
            at=moment,
            names=name or (),
            subject=subject,
            purposes=eku or (),
            **signed.terms(),
            issuer=signed.issuer,
            force=force,
        )
    lost = left_out(read_request(request), issued.chain[0])
    tell(issued, done="Issued", ca=ca, at=moment, as_json=as_json, left_out=lost)


def _request(file: str) -> bytes:
    if file == "-":
        data = sys.stdin.buffer.read(MAX_REQUEST + 1)
    else:
        with Path(file).open("rb") as stream:
            data = stream.read(MAX_REQUEST + 1)
    if len(data) > MAX_REQUEST:
        raise InvalidRequest(f"{file} is larger than any certificate request", hint="Give the request alone.")
    return _unwrapped(data, "standard input" if file == "-" else file)


def _unwrapped(data: bytes, name: str) -> bytes:
    """The request that a file holds in whatever wrapping; what it is instead, where it is something else."""
    from pki.errors import Unreadable
    from pki.issue.requests import MAKING
    from pki.load import FileKind, recognise

    found = recognise(data)
    requests = [block.data for block in found.readable_blocks(name) if block.kind is FileKind.REQUEST]
    if not requests and found.kind is not FileKind.REQUEST:
        raise Unreadable(
            f"{name} is {found.described}, which is no certificate signing request",
            hint="Make one, with its own host in place of HOST:",
            commands=[MAKING],
        )
    if len(requests) > 1:
        raise Unreadable(
            f"{name} holds {len(requests)} certificate signing requests", hint="Give one at a time."
        )
    for remark in found.remarks:
        note(f"note: {name}: {remark}")
    return requests[0] if requests else found.content
