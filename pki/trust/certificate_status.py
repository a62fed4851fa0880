"""What is known of one certificate from lists and answers at hand, asked without judging its chain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pki.model.certificate import CertFacts
from pki.trust.evaluation import evaluate_signer
from pki.trust.revocation import Book, RevocationAnswer, RevocationData
from pki.trust.revocation.conclusion import status
from pki.trust.revocation.signers import SignerQuestion


def revocation_status(
    data: RevocationData,
    cert: CertFacts,
    issuer: CertFacts,
    at: datetime,
    *,
    book: Book = Book.RFC,
    above: Sequence[CertFacts] = (),
    others: Sequence[CertFacts] = (),
) -> RevocationAnswer:
    """What is known at AT of CERT, issued by ISSUER: by RFC 5280 and RFC 6960, or as Apple's code concludes.

    `above` is the rest of the path, from the issuer's issuer to the anchor. Who else may sign a CRL (the issuer
    under another key, or who signs for it) is looked for among the `others`. AT is what the device's clock says:
    Apple's code takes the clock here, whatever moment an app has set for the certificates.
    """
    return status(data, SignerQuestion(cert, issuer, at, evaluate_signer, tuple(above), tuple(others)), book)
