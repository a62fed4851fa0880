"""Which key in a container has which certificate, and how far its chain goes inside.

The public key settles what belongs together. Importers go by attributes. Apple's keeps a table by localKeyID, of what
has none by friendlyName, else by nothing, and a key and a certificate in one place of it are an identity if their
public keys are equal (Security-61901, p12import.c emit_item, SecIdentityCreate). Java and NSS go by localKeyID alone
(PKCS12KeyStore.java, p12d.c), and hand over what it pairs without a look at the keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pki.model.certificate import CertFacts
from pki.model.signatures import self_signed

if TYPE_CHECKING:
    from pki.load.inspected import InspectedCertificate, InspectedKey


class Pairing(StrEnum):
    """What tells an importer that a key and its certificate belong together."""

    KEY_ID = "localKeyID"
    NAME = "friendlyName"
    NOTHING = "nothing"
    ANOTHER = "another's localKeyID"  # what leads from the key leads to somebody else's certificate


@dataclass(frozen=True, slots=True)
class PackedIdentity:
    """A key with its certificate; positions count from 0, as the inspection lists keys and certificates."""

    key: int
    pairing: Pairing
    chain: tuple[int, ...]  # certificates from the leaf upwards
    missing: str | None  # the issuer that is not inside; None when the chain ends in its root

    @property
    def has_root(self) -> bool:
        """Whether the chain ends in a certificate that issued itself."""
        return self.missing is None


def packed_identities(
    keys: Sequence[InspectedKey], certificates: Sequence[InspectedCertificate]
) -> tuple[PackedIdentity, ...]:
    """Find every key that has its certificate beside it; issuers are found by name and key identifier."""
    return tuple(_identities(keys, certificates))


def _identities(
    keys: Sequence[InspectedKey], certificates: Sequence[InspectedCertificate]
) -> Iterator[PackedIdentity]:
    facts = [found.facts for found in certificates]
    for at, key in enumerate(keys):
        if key.certificate is not None:
            chain = _chain(key.certificate, facts)
            top = facts[chain[-1]]
            missing = str(top.issuer) if top is not None and not _is_root(top) else None
            yield PackedIdentity(at, _pairing(key, certificates), chain, missing)


def _pairing(key: InspectedKey, certificates: Sequence[InspectedCertificate]) -> Pairing:
    """The attribute that leads from KEY to its own certificate. What has a localKeyID is not asked for its name."""
    own = key.certificate
    if key.local_key_id is not None:
        by_id = [at for at, found in enumerate(certificates) if found.local_key_id == key.local_key_id]
        return Pairing.KEY_ID if own in by_id else Pairing.ANOTHER if by_id else Pairing.NOTHING
    nameless = (found for found in certificates if found.local_key_id is None)
    by_name = [found for found in nameless if found.friendly_name == key.friendly_name]
    named = key.friendly_name is not None and own is not None and certificates[own] in by_name
    return Pairing.NAME if named else Pairing.NOTHING


def _chain(leaf: int, facts: Sequence[CertFacts | None]) -> tuple[int, ...]:
    chain = [leaf]
    while (current := facts[chain[-1]]) is not None and not _is_root(current):
        above = (
            at
            for at, found in enumerate(facts)
            if at not in chain and found is not None and _may_have_issued(found, current)
        )
        issuer = next(above, None)
        if issuer is None:
            break
        chain.append(issuer)
    return tuple(chain)


def _is_root(certificate: CertFacts) -> bool:
    """As RFC 5280 compares names, which may be encoded in two ways: a subject as UTF8String, an issuer otherwise."""
    return self_signed(certificate, by_rfc5280=True)


def _may_have_issued(issuer: CertFacts, certificate: CertFacts) -> bool:
    wanted, found = certificate.authority_key_identifier, issuer.subject_key_identifier
    return issuer.subject.key == certificate.issuer.key and (not wanted or not found or wanted == found)
