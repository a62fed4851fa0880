"""Revocation from lists and answers at hand, never the network, by two books.

Apple's plain policies consult stapled and cached OCSP answers and evaluate no CRL (Security-61901,
SecRevocationServer.c); RFC 5280, 6.3 and RFC 6960 say what the rest of the world makes of both. `checks.CHECKS` has
them side by side.
"""

from typing import TYPE_CHECKING

from pki.rooms import lazy_names
from pki.trust.revocation.answer import Book, RevocationAnswer, RevocationStatus
from pki.trust.revocation.data import RevocationData

if TYPE_CHECKING:
    from pki.trust.revocation.crl import Crl
    from pki.trust.revocation.ocsp import OcspAnswer

__all__ = [
    "Book",
    "Crl",
    "OcspAnswer",
    "RevocationAnswer",
    "RevocationData",
    "RevocationStatus",
]

# The readers and the two books are imported when there is something to read.
__getattr__ = lazy_names(__name__, {"Crl": "crl", "OcspAnswer": "ocsp"})
