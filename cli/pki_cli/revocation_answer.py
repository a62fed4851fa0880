"""What `crl show` and `ocsp show` share: what a list or an answer comes to for one certificate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pki.errors import InvalidRequest
from pki_cli.options.moment import moments_of, one_document
from pki_cli.options.trust import AnchorOptions, chain_in
from pki_cli.shell import EXIT_FINDING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pki.trust import Anchor
    from pki.trust.revocation import RevocationAnswer, RevocationData
    from pki.trust.revocation.status_document import CertificateStatus

Certificate = Annotated[
    Path | None,
    typer.Option(
        "--certificate", metavar="FILE", help="Say what it comes to for this one; issuers may follow it."
    ),
]


def answers_about(
    data: RevocationData,
    certificate: Path | None,
    trusted: AnchorOptions,
    at: list[str] | None,
    books: tuple[str, ...],
    *,
    as_json: bool,
) -> list[CertificateStatus]:
    """What DATA comes to for the certificate, by each book, at each moment; nothing where no certificate was given.

    Raises:
        InvalidRequest: there is nobody to ask about, or several moments are for one JSON document.
    """
    if certificate is None:
        if trusted.anchor or at:
            raise InvalidRequest(
                "no certificate was given to answer about",
                hint="Name it with --certificate FILE, its issuers behind it or with --anchor.",
            )
        return []
    moments = moments_of(at)
    one_document(len(moments), "json" if as_json else "text")
    chain = chain_in(str(certificate), None)
    known = trusted.read()
    return [_answer_at(data, chain, known, moment, books) for moment in moments]


def _answer_at(
    data: RevocationData,
    chain: tuple[bytes, ...],
    known: Sequence[Anchor],
    moment: datetime,
    books: tuple[str, ...],
) -> CertificateStatus:
    from pki.trust import evaluate
    from pki.trust.certificate_status import revocation_status
    from pki.trust.revocation import Book
    from pki.trust.revocation.status_document import CertificateStatus

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


def leave_unless_good(answers: Sequence[CertificateStatus]) -> None:
    """End with 1 where a certificate was given and any book says other than good."""
    if not all(answer.good for answer in answers):
        raise typer.Exit(EXIT_FINDING)
