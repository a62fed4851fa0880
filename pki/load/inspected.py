"""A certificate and a private key as an inspection has them, and what a container's key says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pki.errors import Unreadable
from pki.load.keys import open_der_key
from pki.load.p12.pfx import Bag, BagKind
from pki.load.pkcs8 import public_value, read_private_half
from pki.model.certificate import CertFacts
from pki.model.encoding import encoding_faults
from pki.model.keys import KeyAlgorithm, KeyFacts
from pki.model.oids import extension_name


@dataclass(frozen=True, slots=True)
class InspectedCertificate:
    """A certificate: its facts, or why Apple's parser refuses it (`problem`)."""

    facts: CertFacts | None
    problem: str = ""
    friendly_name: str | None = None  # in a PKCS #12 container
    local_key_id: bytes | None = None

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is odd in how it is written: what Apple refuses a chain for, what it reads and others may not."""
        if self.facts is None:
            return ()
        facts = self.facts
        return (
            *(
                f"{extension_name(oid)} does not read: Apple refuses a chain with it"
                for oid in facts.unparseable
            ),
            *(
                f"{extension_name(oid)} is there twice: Apple refuses a chain with it"
                for oid in facts.duplicates
            ),
            *(f"Apple reads it, and RFC 5280 does not allow it: {fault}" for fault in encoding_faults(facts)),
        )


@dataclass(frozen=True, slots=True)
class InspectedKey:
    """A private key, never its value. `facts` is None while locked; `encryption` is empty in the clear.

    `problem` says why it is of no use to anybody.
    """

    facts: KeyFacts | None
    encryption: str
    problem: str = ""
    certificate: int | None = None  # position of the certificate it belongs to, from 0
    pointless: bool = False  # it is read, and carries no public half
    friendly_name: str | None = None
    local_key_id: bytes | None = None


def owned(spki: bytes | None, certificates: Sequence[InspectedCertificate]) -> int | None:
    """The first certificate of this public key, in whatever form it has it."""
    if spki is None:
        return None
    value = public_value(spki)
    owned = (
        at for at, c in enumerate(certificates) if c.facts is not None and public_value(c.facts.spki) == value
    )
    return next(owned, None)


def bagged_key(
    bag: Bag, certificates: Sequence[InspectedCertificate], name: str, *, proven: bool
) -> InspectedKey:
    """A key out of a container. Its kind is read from the file itself, and says more than a library that loads it."""
    encryption = str(bag.scheme) if bag.kind is BagKind.SHROUDED_KEY else ""
    key = InspectedKey(None, encryption, friendly_name=bag.friendly_name, local_key_id=bag.local_key_id)
    if bag.content is None:
        proven = proven and bag.scheme is not None and bag.scheme.known
        return (
            replace(key, problem="it does not decrypt, and the password is right: the MAC fits")
            if proven
            else key
        )
    facts, spki = read_private_half(bag.content)
    problem, pointless = facts.problem, spki is None
    if pointless or facts.algorithm in (KeyAlgorithm.RSA, KeyAlgorithm.EC):
        try:
            spki = open_der_key(bag.content, name=f"a key in {name}").spki
        except Unreadable:
            problem = _why_unusable(facts)
    if problem and facts.algorithm in (KeyAlgorithm.RSA, KeyAlgorithm.EC):
        facts = KeyFacts(KeyAlgorithm.UNREADABLE, 0, oid=facts.oid, problem=f"{facts}, {problem}")
    belongs = owned(spki, certificates) if spki is not None else _named_alike(bag, certificates)
    return replace(key, facts=facts, problem=problem, certificate=belongs, pointless=pointless)


def _named_alike(bag: Bag, certificates: Sequence[InspectedCertificate]) -> int | None:
    """The certificate of a key whose public half nobody here works out: by localKeyID, as importers find it."""
    alike = (
        at for at, found in enumerate(certificates) if found.local_key_id == bag.local_key_id is not None
    )
    return next(alike, None)


def _why_unusable(facts: KeyFacts) -> str:
    """Why a key does not load: its kind is not known here, which says nothing against it, or it is damaged."""
    loadable = (KeyAlgorithm.RSA, KeyAlgorithm.EC, KeyAlgorithm.ED25519, KeyAlgorithm.ED448, KeyAlgorithm.DSA)
    if facts.problem or facts.algorithm in loadable:
        return facts.problem or "it does not load"
    return ""
