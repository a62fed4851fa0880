"""A PKCS #12 file looked into: what belongs together in it, how it is protected, and who opens it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pki.load.inspected import InspectedCertificate, InspectedKey
from pki.load.p12.apple_readers import NONE, AppleSupport, apple_support
from pki.load.p12.pairing import PackedIdentity, packed_identities
from pki.load.p12.pfx import Pfx
from pki.load.p12.reader_table import openings
from pki.load.p12.readers import Opening
from pki.load.p12.traits import Aspect, ContainerContents, Trait, traits_of
from pki.model.keys import KeyAlgorithm


@dataclass(frozen=True, slots=True)
class Container:
    """How a PKCS #12 file is protected, what belongs together in it, and who opens it."""

    pfx: Pfx
    packed: tuple[PackedIdentity, ...]  # keys that have their certificate beside them
    clashes: tuple[str, ...]  # friendlyNames shared by certificates without a localKeyID
    traits: tuple[Trait, ...]
    unrelated: tuple[int, ...]  # certificates in no identity's chain, counted from 0
    names: tuple[str, ...] = ()  # of the identities: friendlyName, else the subject

    @property
    def apple(self) -> AppleSupport:
        """Which Apple releases open it."""
        return apple_support(self.traits)

    @property
    def opens_on(self) -> str:
        """The same in words; of a locked file no more is promised than its encryption decides."""
        said = self.apple.opens_on
        promised = self.pfx.locked and said != NONE
        return (
            f"{said}, by its encryption; the kind of its key, if it has one, is locked" if promised else said
        )

    @property
    def openings(self) -> tuple[Opening, ...]:
        """Who opens it, every known reader."""
        return openings(self.traits)

    @property
    def identities(self) -> int:
        """How many keys have their certificate beside them."""
        return len(self.packed)

    @property
    def rewrappable(self) -> bool:
        """Whether older Apple releases refuse it, and would open the same identity in another container."""
        locked = self.pfx.locked and not self.identities and not self.pfx.undecryptable
        because = [trait for opening in (*self.apple.new, *self.apple.old) for trait in opening.because]
        kept = (Aspect.KEY, Aspect.CONTENT)  # what another container has as well
        return (
            (self.identities == 1 or locked) and bool(because) and all(t.aspect not in kept for t in because)
        )

    @property
    def certificates_alone(self) -> bool:
        """Whether it is a trust store: certificates, and no key that could make an identity."""
        return bool(self.pfx.certificates) and not self.pfx.keys and not self.pfx.locked

    @property
    def faulty(self) -> bool:
        """Whether one of today's Apple systems is known to make nothing of it; a trust store need hold no identity."""
        if not self.identities and not self.pfx.locked:
            seen = [trait for trait in self.traits if trait.aspect is not Aspect.CONTENT]
            return not self.certificates_alone or bool(apple_support(seen).newer)
        return bool(self.apple.newer or self.pfx.undecryptable)


def container_of(
    pfx: Pfx, keys: Sequence[InspectedKey], certificates: Sequence[InspectedCertificate]
) -> Container:
    """Put together what was seen of PFX."""
    names = Counter(cert.friendly_name for cert in certificates if cert.local_key_id is None)
    clashes = tuple(shared for shared, count in names.items() if shared and count > 1)
    packed = packed_identities(keys, certificates)
    traits = traits_of(pfx, _contents(pfx, keys, certificates, packed))
    chained = {at for identity in packed for at in identity.chain}
    unrelated = tuple(at for at in range(len(certificates)) if at not in chained)
    called = tuple(_display_name(keys[one.key], certificates[one.chain[0]]) for one in packed)
    return Container(pfx, packed, clashes, traits, unrelated, called)


def notes_about(container: Container) -> list[str]:
    """What should be said of it besides, in sentences."""
    pfx = container.pfx
    notes = [
        f"The password is right, for the MAC fits; this does not decrypt: {it}." for it in pfx.undecryptable
    ]
    if any(bag.utf16 for bag in pfx.bags):
        notes.append(
            "It decrypts with the password in UTF-16, as NSS once had it: pk12util -i reads it, and pk12util -o "
            "writes it anew."
        )
    if pfx.proven and pfx.locked and not pfx.undecryptable:
        foreign = ", ".join(dict.fromkeys(str(scheme) for scheme in pfx.schemes if not scheme.known))
        notes.append(
            f"The password is right, for the MAC fits; what is encrypted by {foreign} is not undone here: "
            "`openssl pkcs12 -nodes` may show it."
        )
    elif pfx.locked and not pfx.undecryptable:
        hidden = "certificates and keys" if any(safe.bags is None for safe in pfx.safes) else "keys"
        notes.append(f"The {hidden} are encrypted; their types and names are told with the password only.")
    if container.identities > 1:
        notes.append("A configuration profile takes a container with exactly one identity.")
    return notes


def _display_name(key: InspectedKey, leaf: InspectedCertificate) -> str:
    subject = leaf.facts.subject.label if leaf.facts is not None else ""
    return key.friendly_name or leaf.friendly_name or subject


def _contents(
    pfx: Pfx,
    keys: Sequence[InspectedKey],
    certificates: Sequence[InspectedCertificate],
    packed: Sequence[PackedIdentity],
) -> ContainerContents:
    """What of the contents decides who takes them: a key and its certificate may name their kind differently."""
    own = tuple(key.facts for key in keys if key.facts is not None)
    leaves = (certificates[identity.chain[0]].facts for identity in packed)
    seen = (*own, *(leaf.key for leaf in leaves if leaf is not None))
    lonely = sum(key.certificate is None for key in keys) if not pfx.locked else 0
    pointless = any(
        key.pointless and key.facts is not None and key.facts.algorithm is KeyAlgorithm.EC for key in keys
    )
    return ContainerContents(seen, own, tuple(identity.pairing for identity in packed), lonely, pointless)
