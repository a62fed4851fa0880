"""`crl show` and `ocsp show`: what a list or an answer says, and what it comes to for one certificate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pki.errors import InvalidRequest
from pki_cli.options.trust import Anchors, anchors_in, chain_in
from pki_cli.shell import EXIT_FINDING, AsJson, now, say, say_json

if TYPE_CHECKING:
    from pki.trust.revocation import RevocationAnswer, RevocationData

_MAX_LISTED = 20  # entries of a list in text; JSON has more
List = Annotated[Path, typer.Argument(metavar="CRL", help="A CRL, DER or PEM.")]
Answer = Annotated[Path, typer.Argument(metavar="ANSWER", help="An OCSP answer, DER.")]
Certificate = Annotated[
    Path | None,
    typer.Option(
        "--certificate", metavar="FILE", help="Say what it comes to for this one; issuers may follow it."
    ),
]
At = Annotated[str | None, typer.Option(metavar="TIME", help="As of then: ISO 8601, or -1h, +30d.")]


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

    lists = Crl.parse_all(_read(file), name=str(file))
    said = _said(RevocationData(crls=lists), certificate, anchor, at, ("rfc5280",))
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
        _say_answer(said)
        if said is not None:
            say("Apple's code evaluates no CRL: for its clients, staple an OCSP answer.")
    _end(said)


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

    answer = OcspAnswer.parse(_read(file), name=str(file))
    said = _said(RevocationData(ocsp=(answer,)), certificate, anchor, at, ("apple", "rfc6960"))
    if as_json:
        say_json({"schema": OCSP_SCHEMA, "file": str(file), **ocsp_document(answer), "answer": said})
    else:
        for line in ocsp_text(answer):
            say(line)
        _say_answer(said)
    _end(said)


def _said(
    data: RevocationData,
    certificate: Path | None,
    anchors: list[Path] | None,
    at: str | None,
    books: tuple[str, ...],
) -> dict[str, Any] | None:
    """What DATA comes to for the certificate, by each book; None where none was given."""
    if certificate is None:
        if anchors or at:
            raise InvalidRequest(
                "no certificate was given to answer about",
                hint="Name it with --certificate FILE, its issuers behind it or with --anchor.",
            )
        return None
    from pki.issue.validity import parse_moment
    from pki.trust import evaluate
    from pki.trust.revocation import Book
    from pki.trust.revocation.answer import stamp
    from pki.trust.revocation.documents import answer_document

    moment = parse_moment(at, at=now()) if at else now()
    known = anchors_in(anchors, "user")
    chain = chain_in(str(certificate), None)
    cert, *above = evaluate(chain, host=None, at=moment, anchors=known, policy="basic").chain
    if not above and cert.self_issued:
        raise InvalidRequest(
            f"{cert.subject.label} is self-signed: nobody above it could take it back",
            hint="Take it out of the trusted certificates instead; no client asks for a root's revocation.",
        )
    if not above:
        raise InvalidRequest(
            f"no issuer of {cert.subject.label} is among the certificates given, and only it can vouch for an answer",
            hint="Put it behind the certificate in its file, or give it with --anchor.",
        )
    others = [anchor.certificate for anchor in known] + _facts(chain)

    def by(book: str) -> RevocationAnswer:
        chosen = Book.APPLE if book == "apple" else Book.RFC
        return data.status(cert, above[0], moment, book=chosen, above=above[1:], others=others)

    return {
        "certificate": str(cert.subject),
        "serial": f"{cert.serial:x}",
        "issuer": str(above[0].subject),
        "at": stamp(moment),
        **{book: answer_document(by(book)) for book in books},
    }


def _facts(chain: tuple[bytes, ...]) -> list[Any]:
    from pki.errors import Unreadable
    from pki.model.certificate import CertFacts

    found = []
    for data in chain[1:]:
        try:
            found.append(CertFacts.parse(data))
        except Unreadable:
            continue  # the path was built without it, too
    return found


_TITLES = {"apple": "Apple's code", "rfc5280": "RFC 5280", "rfc6960": "RFC 6960"}


def _say_answer(said: dict[str, Any] | None) -> None:
    if said is None:
        return
    say(f"For {said['certificate']}, serial {said['serial']}, at {said['at']}:")
    for book, title in _TITLES.items():
        if book in said:
            status, words = said[book]["status"], said[book]["words"]
            say(f"  by {title}: {words if words.startswith(status) else f'{status}: {words}'}")


def _end(said: dict[str, Any] | None) -> None:
    if said is not None and any(said[book]["status"] != "good" for book in _TITLES if book in said):
        raise typer.Exit(EXIT_FINDING)


def _read(path: Path) -> bytes:
    from pki.trust.revocation.crl import MAX_BYTES

    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
