"""Private keys out of PEM and DER, opened when the password is there and described when it is not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pki.errors import Unreadable, WrongPassword
from pki.load.kdf import Work
from pki.load.kinds import Kind
from pki.load.pbe import Scheme, fields, read_scheme
from pki.load.pem import Block, read_blocks
from pki.load.recognition import Form, pem_kind, recognise
from pki.model import der
from pki.model.foreign import read_private_key
from pki.model.keys import KeyFacts, key_facts

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

MAX_KEY_BYTES = 16 * 1024
"""Ours: RSA with 16,384 bits, OpenSSL's largest, takes 9.5 KB. Checking larger ones would take minutes."""


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A private key; `key` is None while it is locked. `encryption` is empty for one in the clear."""

    key: PrivateKeyTypes | None = field(repr=False)
    encryption: str = ""

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
        try:
            return key_facts(self.spki) if self.spki is not None else None
        except der.DerError:
            return None


def read_keys(data: bytes, *, name: str, password: str | None = None) -> tuple[FoundKey, ...]:
    """Find the private keys of a PEM or DER file; other PEM blocks are passed over.

    Raises:
        Unreadable: a key that is damaged, too large, or of a kind nobody here knows.
        WrongPassword: the password given does not open a key.
    """
    kind, form = recognise(data)
    work = Work()  # one bound for all of them
    if form is Form.PEM:
        blocks = read_blocks(data, name=name)
        return tuple(
            _from_block(block, f"{name}, {block.where},", password, work)
            for block in blocks
            if pem_kind(block.label) is Kind.PRIVATE_KEY
        )
    return (open_der_key(data, name=name, password=password, work=work),) if kind is Kind.PRIVATE_KEY else ()


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
            (work or Work()).spend(scheme.kdf.work(scheme.key_size or 32))
        except Unreadable as error:
            raise Unreadable(f"{name} is a private key, and {error.problem}", hint=error.hint) from None
    return _opened(data, name, password, encryption=str(scheme or ""), pem=False)


def _from_block(block: Block, name: str, password: str | None, work: Work) -> FoundKey:
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
    try:
        return FoundKey(read_private_key(data, secret, what=f"{name} is a private key", pem=pem), encryption)
    except Unreadable:
        if encryption:
            raise WrongPassword(
                f"{name} is an encrypted private key that the given password does not open",
                hint="Give the password it was encrypted with.",
            ) from None
        raise
