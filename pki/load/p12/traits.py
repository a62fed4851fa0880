"""What of a PKCS #12 file decides who opens it: MAC, encryption, keys, password, and what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from pki.load.p12.pairing import Pairing
from pki.load.p12.pbe import Scheme
from pki.load.p12.pfx import BagKind, Mac, PasswordKind, Pfx
from pki.model.apple_crypto import MAX_RSA_BITS
from pki.model.keys import RSA_PSS, KeyAlgorithm, KeyFacts


class Aspect(StrEnum):
    """Where readers differ."""

    INTEGRITY = "integrity"
    CIPHER = "cipher"
    KEY = "key"
    CLEAR_KEY = "clear key"
    PASSWORD = "password"  # noqa: S105  # a kind of trait, no password
    PAIRING = "pairing"
    CONTENT = "content"


@dataclass(frozen=True, slots=True)
class Trait:
    """One thing a reader has to know. `value` is what rules compare, the rest is for people."""

    aspect: Aspect
    value: str
    short: str = field(compare=False)
    text: str = field(compare=False)


PBMAC1, UNGUARDED, SIGNED = "PBMAC1", "no MAC", "signature"
CLEAR, CLEAR_PSS = "clear", "clear, RSA-PSS"
EMPTY, BARE, NOT_ASCII = str(PasswordKind.EMPTY), str(PasswordKind.BARE), str(PasswordKind.NOT_ASCII)
EMPTY_PBES2, BARE_PBES2 = f"{EMPTY}, by PBES2", f"{BARE}, by PBES2"
UTF16 = "in UTF-16 for PBES2"
NAMED, UNPAIRED, MISLED = str(Pairing.NAME), str(Pairing.NOTHING), str(Pairing.ANOTHER)
UNPAIRED_FIRST = "nothing, key and certificate first"
SEVERAL, CERTIFICATES, TRUST_STORE = (
    "several identities",
    "certificates alone",
    "certificates alone, marked for Java",
)
KEY_ALONE = "a key without its certificate"
NOTHING = "neither a key nor a certificate"
PSS, DAMAGED, ML_DSA, ML_KEM = "RSA-PSS", "damaged", "ML-DSA", "ML-KEM"
LARGE_RSA = f"RSA of more than {MAX_RSA_BITS} bits"
NO_POINT = "EC without its public half"
UNDECRYPTABLE = "does not decrypt"


@dataclass(frozen=True, slots=True)
class ContainerContents:
    """What was seen inside: kinds of keys and of their certificates, how identities are paired, keys without one."""

    kinds: tuple[KeyFacts, ...] = ()
    own_kinds: tuple[KeyFacts, ...] = ()  # those of the keys
    pairings: tuple[Pairing, ...] = ()
    lonely_keys: int = 0
    pointless: bool = False  # an EC key that does not carry its public half


def traits_of(pfx: Pfx, contents: ContainerContents) -> tuple[Trait, ...]:
    """The traits of PFX, each once, as far as it could be looked into."""
    return tuple(dict.fromkeys((*_traits(pfx, contents), *_pairs(pfx, contents), *_content(pfx, contents))))


def _pairs(pfx: Pfx, contents: ContainerContents) -> Iterator[Trait]:
    for pairing in contents.pairings:
        if pairing is Pairing.NAME:  # by localKeyID is the rule, and no trait
            says = "its key and certificate share a friendlyName and no localKeyID"
            yield Trait(Aspect.PAIRING, NAMED, "no localKeyID", says)
        elif pairing is Pairing.NOTHING:
            says = "neither localKeyID nor friendlyName leads from its key to its certificate"
            value = UNPAIRED_FIRST if _key_first(pfx) else UNPAIRED
            yield Trait(Aspect.PAIRING, value, "key not paired", says)
        elif pairing is Pairing.ANOTHER:
            says = "the localKeyID of its key leads to another certificate"
            yield Trait(Aspect.PAIRING, MISLED, "localKeyID of another", says)


def _key_first(pfx: Pfx) -> bool:
    """Whether Java pairs what has no localKeyID: one key, and behind it a part that begins with its certificate.

    PKCS12KeyStore.java, loadSafeContents: "a workaround to allow null localKeyID attribute in pkcs12 with one private
    key entry and associated cert-chain".
    """
    if len(pfx.keys) != 1 or pfx.keys[0].local_key_id is not None:
        return False
    seen = False
    for safe in pfx.safes:
        for at, bag in enumerate(safe.bags or ()):
            if bag.kind in (BagKind.KEY, BagKind.SHROUDED_KEY):
                seen = True
            elif bag.kind is BagKind.CERTIFICATE:
                return seen and at == 0
    return False


def _content(pfx: Pfx, contents: ContainerContents) -> Iterator[Trait]:
    if len(contents.pairings) > 1:
        yield Trait(Aspect.CONTENT, SEVERAL, SEVERAL, f"it holds {len(contents.pairings)} identities")
    if contents.lonely_keys:
        yield Trait(
            Aspect.CONTENT, KEY_ALONE, "key without certificate", "it holds a key without its certificate"
        )
    elif not pfx.keys and not pfx.locked:
        if not pfx.certificates:
            yield Trait(Aspect.CONTENT, NOTHING, NOTHING, f"it holds {NOTHING}")
            return
        marked = all(bag.trusted for bag in pfx.certificates)
        value = TRUST_STORE if marked else CERTIFICATES
        yield Trait(Aspect.CONTENT, value, "no key", "it holds certificates alone")


def _traits(pfx: Pfx, contents: ContainerContents) -> Iterator[Trait]:
    yield _integrity(pfx.mac, signed=pfx.signed)
    for scheme in pfx.schemes:
        yield _cipher(scheme)
    if any(bag.kind is BagKind.KEY for bag in pfx.bags):
        value = CLEAR_PSS if any(kind.oid == RSA_PSS for kind in contents.own_kinds) else CLEAR
        yield Trait(Aspect.CLEAR_KEY, value, "key not encrypted", "its private key is not encrypted")
    yield from _password(pfx)
    for key in contents.kinds:
        yield Trait(Aspect.KEY, kind_of(key), f"key {key}", f"its key is {key}")
    if contents.pointless:
        says = "its EC key comes without its public half, as Java writes it"
        yield Trait(Aspect.KEY, NO_POINT, "EC key without its public half", says)


def _password(pfx: Pfx) -> Iterator[Trait]:
    if pfx.empty_password:
        means = "no bytes" if pfx.password is PasswordKind.BARE else "two NULs"
        says = f"its password is empty, and derived from {means}"
        bare, newer = pfx.password is PasswordKind.BARE, any(scheme.pbes2 for scheme in pfx.schemes)
        value = (BARE_PBES2 if newer else BARE) if bare else EMPTY_PBES2 if newer else EMPTY
        yield Trait(Aspect.PASSWORD, value, f"empty password ({means})", says)
    elif pfx.password is PasswordKind.NOT_ASCII:
        yield Trait(Aspect.PASSWORD, NOT_ASCII, "password not ASCII", "its password is not ASCII")
    if any(bag.utf16 for bag in pfx.bags):
        says = "a part of it is encrypted under the password in UTF-16, where PBES2 has bytes"
        yield Trait(Aspect.PASSWORD, UTF16, "password in UTF-16", says)
    elif pfx.undecryptable:
        says = f"the MAC fits, and this does not decrypt: {pfx.undecryptable[0]}"
        yield Trait(Aspect.CIPHER, UNDECRYPTABLE, UNDECRYPTABLE, says)


def kind_of(key: KeyFacts) -> str:
    """What readers tell kinds of keys apart by. The size of an RSA key matters to Apple alone."""
    if key.algorithm is KeyAlgorithm.RSA:
        return PSS if key.oid == RSA_PSS else LARGE_RSA if key.bits > MAX_RSA_BITS else "RSA"
    if key.algorithm is KeyAlgorithm.UNREADABLE:
        return DAMAGED
    name = str(key)
    return next((family for family in (ML_DSA, ML_KEM) if name.startswith(family)), name)


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
