"""What `crl show` and `ocsp show` share: what a list or an answer comes to for one certificate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pki.errors import InvalidRequest
from pki_cli.options.trust import anchors_in, chain_in
from pki_cli.shell import EXIT_FINDING, moment_of

if TYPE_CHECKING:
    from pki.trust.revocation import RevocationAnswer, RevocationData
    from pki.trust.revocation.status_document import CertificateStatus

Certificate = Annotated[
    Path | None,
    typer.Option(
        "--certificate", metavar="FILE", help="Say what it comes to for this one; issuers may follow it."
    ),
]
At = Annotated[str | None, typer.Option(metavar="TIME", help="As of then: ISO 8601, or -1h, +30d.")]


def answer_about(
    data: RevocationData,
    certificate: Path | None,
    anchors: list[Path] | None,
    at: str | None,
    books: tuple[str, ...],
) -> CertificateStatus | None:
    """What DATA comes to for the certificate, by each book; None where none was given."""
    if certificate is None:
        if anchors or at:
            raise InvalidRequest(
                "no certificate was given to answer about",
                hint="Name it with --certificate FILE, its issuers behind it or with --anchor.",
            )
        return None
    from pki.trust import evaluate
    from pki.trust.certificate_status import revocation_status
    from pki.trust.revocation import Book
    from pki.trust.revocation.status_document import CertificateStatus

    moment = moment_of(at)
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
        return revocation_status(data, cert, above[0], moment, book=chosen, above=above[1:], others=others)

    return CertificateStatus(cert, above[0], moment, {book: by(book) for book in books})


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


def leave_unless_good(answer: CertificateStatus | None) -> None:
    """End with 1 where a certificate was given and any book says other than good."""
    if answer is not None and not answer.good:
        raise typer.Exit(EXIT_FINDING)


def read_bounded(path: Path) -> bytes:
    """Read a list or an answer, and one octet more than the reader takes, so that it can say so."""
    from pki.trust.revocation.crl import MAX_BYTES

    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
