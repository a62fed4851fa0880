"""What is inside a PKCS #12 file (RFC 7292): how it is protected, and what it holds once it opens."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import replace

from pki.errors import Unreadable, WrongPassword
from pki.load import ber
from pki.load.p12.kdf import (
    EMPTY_SECRETS,
    FOR_MAC,
    MAX_ROUNDS,
    Secret,
    Work,
    too_costly,
)
from pki.load.p12.mac import mac_parameters
from pki.load.p12.pbe import (
    Scheme,
    UnknownSchemeError,
    content,
    decrypt,
    fields,
    integer,
    read_scheme,
)
from pki.load.p12.pfx import Bag, BagKind, Mac, PasswordKind, Pfx, Safe
from pki.load.pkcs7 import read_signed_data
from pki.load.structures import SIGNED_DATA
from pki.model import der

MAX_BAGS = 10_000
_MOST_PARTS = 5  # of a sum, in an error
MAX_NESTING = 4  # SafeContents inside SafeContents; nobody was seen writing even two

_DATA = "1.2.840.113549.1.7.1"  # RFC 5652, 4
_ENCRYPTED_DATA = "1.2.840.113549.1.7.6"  # RFC 5652, 8
_SAFE_CONTENTS = "1.2.840.113549.1.12.10.1.6"
_X509 = "1.2.840.113549.1.9.22.1"
_FRIENDLY_NAME = "1.2.840.113549.1.9.20"
_TRUSTED = "2.16.840.1.113894.746875.1.1"  # Oracle's trustedKeyUsage: PKCS12KeyStore.java
_LOCAL_KEY_ID = "1.2.840.113549.1.9.21"
_KINDS = {
    "1.2.840.113549.1.12.10.1.1": BagKind.KEY,
    "1.2.840.113549.1.12.10.1.2": BagKind.SHROUDED_KEY,
    "1.2.840.113549.1.12.10.1.3": BagKind.CERTIFICATE,
    "1.2.840.113549.1.12.10.1.4": BagKind.REVOCATION_LIST,
}


def read_pfx(data: bytes, *, name: str, password: str | None = None, work: Work | None = None) -> Pfx:
    """Read a PKCS #12 file, DER or BER. Without a password, whatever an empty one opens.

    WORK bounds the key derivation of several files together; else each has its own bound.

    Raises:
        Unreadable: it is malformed, or asks for more key derivation than anybody would wait for.
        WrongPassword: the password given does not open it.
    """
    reader = _Reader(data, password=password, work=work or Work())
    try:
        pfx = reader.read()
    except der.DerError as error:
        raise Unreadable(
            f"{name} is a PKCS #12 container that does not parse: {error}",
            hint="Transfer it again in binary mode, or export it again.",
        ) from None
    except Unreadable as error:  # from the derivation, which does not know the name
        problem = f"{name} is a PKCS #12 container, and {error.problem}"
        raise type(error)(problem, hint=error.hint, path=error.path) from None
    if password is not None and (reader.refuted or (pfx.locked and not reader.unknown and not pfx.proven)):
        raise WrongPassword(
            f"{name} is a PKCS #12 container that the given password does not open",
            hint="Give the password it was exported with.",
        )
    return pfx


def undecryptable(name: str, pfx: Pfx) -> Unreadable:
    """Say that the password is right, and what does not decrypt for all that."""
    return Unreadable(
        f"{name} is a PKCS #12 container whose password is right, for its MAC fits; this does not decrypt: "
        f"{'; '.join(pfx.undecryptable)}",
        hint=f"Look at it with `trustrig inspect {name}`, and have it exported again.",
    )


class _Reader:
    def __init__(self, data: bytes, *, password: str | None, work: Work) -> None:
        self.data = data
        self.password = password or ""
        self.secrets: tuple[Secret, ...] = (Secret.of(password),) if password else EMPTY_SECRETS
        self.work = work
        self.bags_left = MAX_BAGS
        self.refuted = False  # by the MAC
        self.proven = False
        self.unknown = False  # an encryption that is not undone here

    def read(self) -> Pfx:
        data = self.data = ber.to_der(self.data)
        version, auth_safe, *optional = fields(data, der.expect(data, 0, len(data), der.SEQUENCE), least=2)
        if integer(data, version) != 3:
            raise der.DerError("the version is not 3")
        contents, signed = _authenticated_safe(data, auth_safe)
        guarded, contents = contents, ber.to_der(contents)
        infos = fields(contents, der.expect(contents, 0, len(contents), der.SEQUENCE), least=0)
        if self.password:
            self.foresee(optional, contents, infos)
        mac = self.check_mac(optional[0], guarded) if optional else None
        safes = tuple(self.safe(contents, info) for info in infos)
        pfx = Pfx(mac, signed, safes, proven=self.proven)
        return replace(pfx, password=self.kind_of_password(pfx))

    def foresee(self, mac: list[der.Element], contents: bytes, infos: list[der.Element]) -> None:
        """Add up what opening everything takes that can be seen from outside, before any of it is done.

        Raises:
            TooCostly: it is more than anybody would wait for.
        """
        secrets, self.secrets = self.secrets, ()
        safes = tuple(self.safe(contents, info) for info in infos)
        self.secrets, self.bags_left = secrets, MAX_BAGS
        costs = [("containers before it", self.work.spent)]
        if mac:
            _, kdf, digest, _ = mac_parameters(self.data, mac[0])
            costs.append(("MAC", kdf.work(hashlib.new(digest).digest_size) if kdf and digest else 0))
        costs += [(scheme.cipher, scheme.work) for scheme in Pfx(None, False, safes).schemes]
        costs = [(what, work) for what, work in costs if work > 0]
        total = sum(work for _, work in costs)
        if total > MAX_ROUNDS:
            said = [f"{what} {work:,}" for what, work in costs[:_MOST_PARTS]]
            said += [f"{len(costs) - _MOST_PARTS:,} others"] if len(costs) > _MOST_PARTS else []
            # Keys in what is encrypted have their own.
            more = any(safe.bags is None for safe in safes)
            raise too_costly(total, more=more, parts=f": {', '.join(said)}" if len(said) > 1 else "")

    def kind_of_password(self, pfx: Pfx) -> PasswordKind:
        """What opened PFX; UNKNOWN while it is locked, or where nothing of it asks for a password."""
        if not self.proven and (pfx.locked or not pfx.schemes or self.refuted):
            return PasswordKind.UNKNOWN
        if self.password:
            return PasswordKind.ASCII if self.password.isascii() else PasswordKind.NOT_ASCII
        return PasswordKind.BARE if self.secrets == EMPTY_SECRETS[1:] else PasswordKind.EMPTY

    def check_mac(self, found: der.Element, contents: bytes) -> Mac:
        """Read the MacData (RFC 7292, 4) and keep the secrets it proves right."""
        mac, kdf, digest, expected = mac_parameters(self.data, found)
        if kdf is None or not digest:
            return mac
        size = hashlib.new(digest).digest_size
        proven = []
        for secret in self.secrets:
            key = kdf.stretch(secret, size=size, work=self.work, purpose=FOR_MAC)
            if hmac.compare_digest(hmac.digest(key, contents, digest), expected):
                proven.append(secret)
        self.secrets = tuple(proven)
        self.proven, self.refuted = bool(proven), not proven
        return mac

    def safe(self, data: bytes, info: der.Element) -> Safe:
        """Read one ContentInfo of the AuthenticatedSafe: RFC 7292, 4.1."""
        kind, *wrapped = fields(data, info, least=1)
        oid = der.oid(data, kind[2], kind[3])
        if not wrapped:
            return Safe(None, ())
        if oid == _DATA:
            octets = der.expect(data, wrapped[0][2], wrapped[0][3], der.OCTET_STRING)
            return Safe(None, self.bags(content(data, octets)))
        if oid != _ENCRYPTED_DATA:  # EnvelopedData: encrypted to somebody's certificate
            self.unknown = True
            return Safe(Scheme(oid, "public-key encryption"), None)
        body = der.expect(data, wrapped[0][2], wrapped[0][3], der.SEQUENCE)
        _, encrypted = fields(data, body, least=2)[:2]
        _, method, *octets_ = fields(data, encrypted, least=2)
        scheme = read_scheme(data, method)
        plain = self.open(scheme, _implicit_octets(data, octets_[0])) if octets_ else None
        try:
            return Safe(scheme, self.bags(plain) if plain is not None else None)
        except der.DerError:  # a wrong password, still: see open()
            return Safe(scheme, None)

    def open(self, scheme: Scheme, data: bytes) -> bytes | None:
        """Undo SCHEME with the first secret that fits."""
        for secret in self.secrets:
            try:
                plain = decrypt(scheme, data, secret, self.work)
            except UnknownSchemeError:
                self.unknown = True
                return None
            # One wrong password in 256 leaves a padding that looks right, and without a MAC nothing else tells.
            if plain is not None and _is_sequence(plain):
                return plain
        return None

    def opens_by_utf16(self, scheme: Scheme, data: bytes) -> bool:
        """Whether the password opens it in UTF-16, as NSS gave it to PBES2 for years; pk12util tries both."""
        if not (self.proven and self.password and scheme.pbes2):
            return False
        found = (Secret(secret.utf16[:-2], secret.utf16) for secret in self.secrets)
        try:
            plain = [decrypt(scheme, data, secret, self.work) for secret in found]
        except UnknownSchemeError:
            return False
        return any(one is not None and _is_sequence(one) for one in plain)

    def bags(self, data: bytes) -> tuple[Bag, ...]:
        data = ber.to_der(data)
        start, stop = der.only(data, der.SEQUENCE)
        return tuple(self.unpack(data, start, stop, depth=0))

    def unpack(self, data: bytes, start: int, stop: int, *, depth: int) -> Iterator[Bag]:
        """Read a run of SafeBags: RFC 7292, 4.2."""
        for found in der.children(data, start, stop):
            self.bags_left -= 1
            if self.bags_left < 0 or depth > MAX_NESTING:
                raise der.DerError(f"more than {MAX_BAGS:,} bags, or nested deeper than {MAX_NESTING} levels")
            name, value, *attributes = fields(data, found, least=2)
            oid = der.oid(data, name[2], name[3])
            inner = der.element(data, value[2], value[3])
            if oid == _SAFE_CONTENTS:
                yield from self.unpack(data, inner[2], inner[3], depth=depth + 1)
                continue
            bag = self.bag(data, _KINDS.get(oid, BagKind.OTHER), inner)
            yield _named(bag, data, attributes[0]) if attributes else bag

    def bag(self, data: bytes, kind: BagKind, inner: der.Element) -> Bag:
        whole = data[inner[1] : inner[3]]
        if kind is BagKind.SHROUDED_KEY:
            method, octets = fields(data, inner, least=2)[:2]
            scheme = read_scheme(data, method)
            hidden = content(data, octets)
            plain = self.open(scheme, hidden)
            return Bag(kind, plain, scheme, utf16=plain is None and self.opens_by_utf16(scheme, hidden))
        if kind is BagKind.CERTIFICATE:
            type_, wrapped = fields(data, inner, least=2)[:2]
            if der.oid(data, type_[2], type_[3]) != _X509:  # sdsiCertificate
                return Bag(BagKind.OTHER, whole)
            octets = der.expect(data, wrapped[2], wrapped[3], der.OCTET_STRING)
            return Bag(kind, content(data, octets))
        return Bag(kind, whole)


def _is_sequence(plain: bytes) -> bool:
    """Whether PLAIN can be what is encrypted in these files: SafeContents and PrivateKeyInfo are sequences."""
    try:
        der.only(ber.to_der(plain), der.SEQUENCE)
    except der.DerError:
        return False
    return True


def _authenticated_safe(data: bytes, info: der.Element) -> tuple[bytes, bool]:
    """Find the bytes the MAC covers, and whether a signature guards them in its place."""
    kind, wrapped = fields(data, info, least=2)[:2]
    if der.oid(data, kind[2], kind[3]) == SIGNED_DATA:
        return read_signed_data(data[info[1] : info[3]]).content or b"", True
    octets = der.expect(data, wrapped[2], wrapped[3], der.OCTET_STRING)
    return content(data, octets), False


def _implicit_octets(data: bytes, found: der.Element) -> bytes:
    """[0] IMPLICIT OCTET STRING, in one piece or (BER) in several."""
    if found[0] == ber.EXPLICIT_0:
        return b"".join(data[start:stop] for _, _, start, stop in der.children(data, found[2], found[3]))
    return content(data, found)


def _named(bag: Bag, data: bytes, found: der.Element) -> Bag:
    """BAG with what its attributes say: RFC 7292, 4.2."""
    for attribute in der.children(data, found[2], found[3]):
        name, values = fields(data, attribute, least=2)[:2]
        oid = der.oid(data, name[2], name[3])
        if oid == _TRUSTED:
            bag = replace(bag, trusted=True)
        if oid not in (_FRIENDLY_NAME, _LOCAL_KEY_ID) or values[2] == values[3]:
            continue
        value = content(data, der.element(data, values[2], values[3]))
        if oid == _FRIENDLY_NAME:
            bag = replace(bag, friendly_name=value.decode("utf-16-be", "replace"))
        else:
            bag = replace(bag, local_key_id=value)
    return bag
