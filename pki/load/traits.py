"""What of a PKCS #12 file decides who opens it: its MAC, each encryption in it, its keys, its password, its pairs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from pki.load.pairing import Pairing
from pki.load.pbe import Scheme
from pki.load.pfx import BagKind, Mac, Pfx
from pki.model.keys import KeyAlgorithm, KeyFacts


class Aspect(StrEnum):
    """Where readers differ."""

    INTEGRITY = "integrity"
    CIPHER = "cipher"
    KEY = "key"
    CLEAR_KEY = "clear key"
    PASSWORD = "password"  # noqa: S105  # a kind of trait, no password
    PAIRING = "pairing"


@dataclass(frozen=True, slots=True)
class Trait:
    """One thing a reader has to know. `value` is what rules compare, the rest is for people."""

    aspect: Aspect
    value: str
    short: str = field(compare=False)
    says: str = field(compare=False)


PBMAC1, UNGUARDED, SIGNED = "PBMAC1", "no MAC", "signature"
CLEAR, EMPTY, BARE = "clear", "empty", "empty, of no bytes"
NAMED, UNPAIRED = str(Pairing.NAME), str(Pairing.NOTHING)


def traits_of(pfx: Pfx, keys: Iterable[KeyFacts], pairings: Iterable[Pairing] = ()) -> tuple[Trait, ...]:
    """The traits of PFX, each once; KEYS and PAIRINGS are of those keys that could be seen inside."""
    return tuple(dict.fromkeys((*_traits(pfx, keys), *_pairs(pairings))))


def _pairs(pairings: Iterable[Pairing]) -> Iterator[Trait]:
    for pairing in pairings:
        if pairing is Pairing.NAME:  # by localKeyID is the rule, and no trait
            says = "its key and certificate share a friendlyName and no localKeyID"
            yield Trait(Aspect.PAIRING, NAMED, "no localKeyID", says)
        elif pairing is Pairing.NOTHING:
            says = "neither localKeyID nor friendlyName leads from its key to its certificate"
            yield Trait(Aspect.PAIRING, UNPAIRED, "key not paired", says)


def _traits(pfx: Pfx, keys: Iterable[KeyFacts]) -> Iterator[Trait]:
    yield _integrity(pfx.mac, signed=pfx.signed)
    for scheme in pfx.schemes:
        yield _cipher(scheme)
    if any(bag.kind is BagKind.KEY for bag in pfx.bags):
        yield Trait(Aspect.CLEAR_KEY, CLEAR, "key not encrypted", "its private key is not encrypted")
    if pfx.empty_password:
        value = BARE if pfx.bare_password else EMPTY
        yield Trait(Aspect.PASSWORD, value, "empty password", "its password is empty")
    for key in keys:
        # The size of an RSA key was never seen to matter to a reader.
        value = str(key.algorithm) if key.algorithm is KeyAlgorithm.RSA else str(key)
        yield Trait(Aspect.KEY, value, f"key {key}", f"its private key is {key}")


def _integrity(mac: Mac | None, *, signed: bool) -> Trait:
    if signed:
        return Trait(Aspect.INTEGRITY, SIGNED, "signature", "it is guarded by a public-key signature")
    if mac is None:
        return Trait(Aspect.INTEGRITY, UNGUARDED, "no MAC", "it has no MAC")
    if mac.pbmac1:
        return Trait(Aspect.INTEGRITY, PBMAC1, "MAC PBMAC1", "its MAC is PBMAC1 (RFC 9579)")
    return Trait(Aspect.INTEGRITY, mac.digest, f"MAC {mac.digest}", f"its MAC is {mac.digest}")


def _cipher(scheme: Scheme) -> Trait:
    if not scheme.pbes2:
        return Trait(Aspect.CIPHER, scheme.cipher, scheme.cipher, f"it is encrypted by {scheme.name}")
    value = pbes2(scheme.cipher, scheme.prf or "an unknown derivation")
    return Trait(Aspect.CIPHER, value, value, f"it is encrypted by {value} (PBES2)")


def pbes2(cipher: str, prf: str) -> str:
    """The value of a cipher that PBES2 pairs with a pseudo-random function, or with scrypt."""
    return f"{cipher} with {prf}"
