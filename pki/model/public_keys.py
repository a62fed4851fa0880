"""Keys that anybody can have: those made from a seed. Whoever trusts such a root trusts everybody.

What a key from a seed signs carries a mark, an extension of ours, and the names of such authorities carry a word; either
is enough to know it by. The mark is not critical: verifiers of tests pass it over, and nobody is kept from trusting
such a root by it. That is for what installs and exports to refuse.
"""

from __future__ import annotations

from typing import Final

from pki.model import der
from pki.model.certificate import CertFacts
from pki.model.oids import ORGANIZATION, PUBLIC_KEY_MARK

WORD: Final = "PUBLIC TEST KEY"
"""The organizationName of authorities whose key comes from a seed."""
MARK: Final = der.encode(der.UTF8_STRING, b"Signed with a key made from a seed: anybody can have it. Never trust it.")
"""What the extension PUBLIC_KEY_MARK holds, for people who look."""

# SHA-256 of the SubjectPublicKeyInfo of every scenario authority with the seeds 1 and 7, which the documentation once
# gave to everybody, at a time when roots had no mark, no name constraints, and ten years to live.
_ONCE_PRINTED: Final[frozenset[str]] = frozenset()


def public_key_because(cert: CertFacts) -> str:
    """Why the key that signed CERT, its own or its issuer's, is one that anybody can have; empty where it is not."""
    if cert.extension(PUBLIC_KEY_MARK) is not None:
        return "it carries the mark of keys made from a seed"
    if any(oid == ORGANIZATION and text == WORD for oid, text in cert.subject.attributes):
        return f"its name says {WORD}"
    if cert.spki_sha256.hex() in _ONCE_PRINTED:
        return "its key follows from a seed that documentation has printed"
    return ""
