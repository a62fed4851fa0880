"""Private keys out of PEM and DER, opened when the password is there and described when it is not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pki.errors import Unreadable, WrongPassword
from pki.load.kinds import FileKind
from pki.load.p12.kdf import Work
from pki.load.p12.pbe import Scheme, fields, read_scheme
from pki.load.pem import Block
from pki.load.pkcs8 import declared_kind, primes_beyond_two
from pki.load.recognised import Recognised
from pki.load.recognition import recognise
from pki.model import der
from pki.model.foreign_keys import read_private_key
from pki.model.keys import EXPLICIT, KeyAlgorithm, KeyFacts, key_facts
from pki.model.oids import algorithm_name

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

MAX_KEY_BYTES = 16 * 1024
"""Ours: RSA with 16,384 bits, OpenSSL's largest, takes 9.5 KB. Checking larger ones would take minutes."""

LOADED_CURVES = frozenset(
    {"P-192", "P-224", "P-256", "P-384", "P-521", "secp256k1", "brainpoolP256r1", "brainpoolP384r1"}
    | {"brainpoolP512r1", EXPLICIT}
)
"""What `cryptography` 50 loads; a key on another curve is of a kind that is not known here."""


class UnknownKeyKind(Unreadable):
    """A private key of a kind that is not known here; `kind` is its usual name, or its OID."""

    def __init__(self, name: str, kind: str) -> None:
        super().__init__(
            f"{name} is a private key of a kind that is not known here: {kind}",
            hint="Apple's TLS takes RSA and EC keys.",
        )
        self.kind = kind


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A private key; `key` is None while it is locked. `encryption` is empty for one in the clear."""

    key: PrivateKeyTypes | None = field(repr=False)
    encryption: str = ""
    declared: KeyFacts | None = None  # the kind by its own words, which a library may turn into a plainer one

    @property
    def spki(self) -> bytes | None:
        """The public half, encoded as certificates carry it."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        if self.key is None:
            return None
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def facts(self) -> KeyFacts | None:
        """Its type and size, as far as it could be opened."""
        if self.declared is not None:
            return self.declared
        try:
            return key_facts(self.spki) if self.spki is not None else None
        except der.DerError:
            return None


def load_keys(source: bytes | Recognised, *, name: str, password: str | None = None) -> tuple[FoundKey, ...]:
    """Find the private keys of a PEM or DER file; other PEM blocks are passed over.

    Raises:
        Unreadable: a key that is damaged, too large, or of a kind nobody here knows.
        WrongPassword: the password given does not open a key.
    """
    found = recognise(source, name=name)
    work = Work()  # one bound for all of them
    if found.blocks or found.damage is not None:
        return tuple(
            key_in_block(block, name=f"{name}, {block.where},", password=password, work=work)
            for block in found.readable_blocks(name)
            if block.kind is FileKind.PRIVATE_KEY
        )
    if found.kind is not FileKind.PRIVATE_KEY:
        return ()
    return (open_der_key(found.content, name=name, password=password, work=work),)


def open_der_key(
    data: bytes, *, name: str, password: str | None = None, work: Work | None = None
) -> FoundKey:
    """Read one private key: PKCS #8 (encrypted or not), PKCS #1 or SEC 1. WORK is what several keys may ask for.

    Raises:
        Unreadable: it is damaged, too large, or of a kind nobody here knows.
        WrongPassword: the password given does not open it.
    """
    scheme = _scheme(data)
    if scheme is not None and scheme.kdf is not None:
        try:
            # Of a cipher that is not known here, as much as AES-256 takes: the library may know it, and no limit.
            (work or Work()).spend(scheme.kdf.work(scheme.key_size or 32))
        except Unreadable as error:
            raise Unreadable(f"{name} is a private key, and {error.problem}", hint=error.hint) from None
    return _opened(data, name, password, encryption=str(scheme or ""), pem=False)


def key_in_block(
    block: Block, *, name: str, password: str | None = None, work: Work | None = None
) -> FoundKey:
    """Read the private key of one PEM block, as `open_der_key` does.

    Raises:
        Unreadable: as `open_der_key`.
        WrongPassword: as `open_der_key`.
    """
    if block.encrypted:  # OpenSSL's traditional form, which only a PEM loader reads
        return _opened(block.text, name, password, encryption="OpenSSL's traditional encryption", pem=True)
    return open_der_key(block.data, name=name, password=password, work=work)


def _scheme(data: bytes) -> Scheme | None:
    """Read how an EncryptedPrivateKeyInfo (RFC 5958, 3) is encrypted; None when DATA is no such thing."""
    try:
        parts = fields(data, der.element(data, 0, len(data)), least=2)
        if (parts[0][0], parts[1][0]) == (der.SEQUENCE, der.OCTET_STRING):
            return read_scheme(data, parts[0])
    except der.DerError:
        pass
    return None


def _opened(data: bytes, name: str, password: str | None, *, encryption: str, pem: bool) -> FoundKey:
    if len(data) > MAX_KEY_BYTES:
        raise Unreadable(
            f"{name} is a private key of {len(data):,} bytes", hint="Nothing real is that large."
        )
    if encryption and password is None:
        return FoundKey(None, encryption)
    secret = password.encode("utf-8", "surrogateescape") if encryption and password is not None else None
    declared = declared_kind(data) if not encryption else None
    try:
        key = read_private_key(data, secret, what=f"{name} is a private key", pem=pem)
        return FoundKey(key, encryption, _trusted(declared, key))
    except Unreadable:
        if encryption:
            raise WrongPassword(
                f"{name} is an encrypted private key that the given password does not open",
                hint="Give the password it was encrypted with.",
            ) from None
        unknown = _unknown(declared, data) if declared is not None else ""
        if unknown:
            raise UnknownKeyKind(name, unknown) from None
        raise


def _trusted(declared: KeyFacts | None, key: PrivateKeyTypes) -> KeyFacts | None:
    """What the key says of itself, unless that does not read; a curve's size is what its point says."""
    if declared is None or declared.algorithm in (KeyAlgorithm.UNREADABLE, KeyAlgorithm.OTHER):
        return declared if declared is not None and declared.algorithm is KeyAlgorithm.OTHER else None
    if declared.algorithm is KeyAlgorithm.EC and not declared.bits:
        return replace(declared, bits=getattr(key, "key_size", 0))
    return declared


def _unknown(declared: KeyFacts, data: bytes) -> str:
    """The name of a kind that nobody here loads, which says nothing against the key; empty where it is damaged."""
    if declared.algorithm is KeyAlgorithm.OTHER:
        return algorithm_name(declared.oid)
    if declared.algorithm is KeyAlgorithm.RSA and primes_beyond_two(data):
        return "RSA with more than two primes"
    known = declared.algorithm is not KeyAlgorithm.EC or declared.curve in LOADED_CURVES
    return "" if known else str(declared)
