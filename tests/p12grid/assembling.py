"""PKCS #12 files put together from their parts, for what no program writes: RFC 7292, with derivations of our own.

Nothing of `pki.load` is used, which these files are to judge.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from pki.model import der
from pki.model.der import encode as tlv

ROUNDS = 2048
_SHA = {"sha1": "2b0e03021a", "sha256": "608648016503040201", "sha512": "608648016503040203"}
_HMAC = {"sha1": "2a864886f70d0207", "sha256": "2a864886f70d0209", "sha512": "2a864886f70d020b"}
_AES = {16: "608648016503040102", 24: "608648016503040116", 32: "60864801650304012a"}


@dataclass(frozen=True)
class Item:
    """A key (PKCS #8) or a certificate in DER, with what names it."""

    data: bytes
    key_id: bytes | None = None
    name: str | None = None
    trusted: bool = False  # Oracle's attribute: Java shows no certificate without it


@dataclass(frozen=True)
class Lock:
    """How it is encrypted. `cipher` is 3des, aes-128, aes-256 or empty for nothing; `mac` a hash or empty."""

    cipher: str = "3des"
    prf: str = "sha256"
    mac: str = "sha1"
    utf8: bytes = b""
    utf16: bytes = b""

    @classmethod
    def of(cls, password: str, cipher: str = "3des", mac: str = "sha1", prf: str = "sha256") -> Lock:
        utf16 = password.encode("utf-16-be") + b"\x00\x00"
        return cls(cipher, prf, mac, password.encode(), utf16)


def container(
    keys: Sequence[Item],
    certificates: Sequence[Item],
    lock: Lock,
    *,
    of_keys: Lock | None = None,
    certificates_first: bool = False,
) -> bytes:
    """Keys first, each in a bag of its own, then the certificates, encrypted together."""
    bags = [_bag(_key_kind(lock), _shrouded(item.data, of_keys or lock), item) for item in keys]
    held = tlv(der.SEQUENCE, *(_bag("03", _certificate(item.data), item) for item in certificates))
    safes = [_data(tlv(der.SEQUENCE, *bags))] if keys else []
    if certificates:
        safes.append(_encrypted(held, lock) if lock.cipher else _data(held))
    contents = tlv(der.SEQUENCE, *(reversed(safes) if certificates_first else safes))
    return tlv(der.SEQUENCE, b"\x02\x01\x03", _data(contents), _mac(contents, lock))


def derive(digest: str, purpose: int, secret: bytes, salt: bytes, size: int, rounds: int = ROUNDS) -> bytes:
    """RFC 7292, B.2."""
    block = hashlib.new(digest).block_size
    filled = [(part * block)[: -(-len(part) // block) * block] for part in (salt, secret)]
    mixed, found = b"".join(filled), b""
    while len(found) < size:
        value = bytes([purpose]) * block + mixed
        for _ in range(rounds):
            value = hashlib.new(digest, value).digest()
        found += value
        more = int.from_bytes((value * block)[:block], "big") + 1
        pieces = [mixed[at : at + block] for at in range(0, len(mixed), block)]
        added = [(int.from_bytes(piece, "big") + more) % 256**block for piece in pieces]
        mixed = b"".join(one.to_bytes(block, "big") for one in added)
    return found[:size]


def _oid(text: str) -> bytes:
    return tlv(der.OID, bytes.fromhex(text))


def _integer(value: int) -> bytes:
    return tlv(der.INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _data(contents: bytes) -> bytes:
    return tlv(der.SEQUENCE, _oid("2a864886f70d010701"), tlv(0xA0, tlv(der.OCTET_STRING, contents)))


def _key_kind(lock: Lock) -> str:
    return "02" if lock.cipher else "01"


def _bag(kind: str, value: bytes, item: Item) -> bytes:
    found = []
    if item.name is not None:
        found.append(_attribute("2a864886f70d010914", tlv(0x1E, item.name.encode("utf-16-be"))))
    if item.key_id is not None:
        found.append(_attribute("2a864886f70d010915", tlv(der.OCTET_STRING, item.key_id)))
    if item.trusted:  # 2.16.840.1.113894.746875.1.1 with anyExtendedKeyUsage
        found.append(_attribute("6086480186f966adca7b0101", _oid("551d2500")))
    attributes = tlv(0x31, *found) if found else b""
    return tlv(der.SEQUENCE, _oid(f"2a864886f70d010c0a01{kind}"), tlv(0xA0, value), attributes)


def _attribute(kind: str, value: bytes) -> bytes:
    return tlv(der.SEQUENCE, _oid(kind), tlv(0x31, value))


def _certificate(encoded: bytes) -> bytes:
    return tlv(der.SEQUENCE, _oid("2a864886f70d01091601"), tlv(0xA0, tlv(der.OCTET_STRING, encoded)))


def _shrouded(pkcs8: bytes, lock: Lock) -> bytes:
    if not lock.cipher:
        return pkcs8
    scheme, hidden = _hide(pkcs8, lock)
    return tlv(der.SEQUENCE, scheme, tlv(der.OCTET_STRING, hidden))


def _encrypted(contents: bytes, lock: Lock) -> bytes:
    scheme, hidden = _hide(contents, lock)
    inner = tlv(der.SEQUENCE, _oid("2a864886f70d010701"), scheme, tlv(0x80, hidden))
    return tlv(der.SEQUENCE, _oid("2a864886f70d010706"), tlv(0xA0, tlv(der.SEQUENCE, b"\x02\x01\x00", inner)))


def _hide(plain: bytes, lock: Lock) -> tuple[bytes, bytes]:
    """The AlgorithmIdentifier, and PLAIN under it."""
    salt = os.urandom(8)
    if lock.cipher == "3des":
        key, iv = (derive("sha1", at, lock.utf16, salt, size) for at, size in ((1, 24), (2, 8)))
        parameters = tlv(der.SEQUENCE, tlv(der.OCTET_STRING, salt), _integer(ROUNDS))
        scheme = tlv(der.SEQUENCE, _oid("2a864886f70d010c0103"), parameters)
        return scheme, _cbc(TripleDES(key), iv, plain, 8)
    size, iv = int(lock.cipher.removeprefix("aes-")) // 8, os.urandom(16)
    key = hashlib.pbkdf2_hmac(lock.prf, lock.utf8, salt, ROUNDS, size)
    prf = tlv(der.SEQUENCE, _oid(_HMAC[lock.prf]), b"\x05\x00")
    kdf = tlv(der.SEQUENCE, tlv(der.OCTET_STRING, salt), _integer(ROUNDS), prf)
    both = tlv(
        der.SEQUENCE,
        tlv(der.SEQUENCE, _oid("2a864886f70d01050c"), kdf),
        tlv(der.SEQUENCE, _oid(_AES[size]), tlv(der.OCTET_STRING, iv)),
    )
    return tlv(der.SEQUENCE, _oid("2a864886f70d01050d"), both), _cbc(algorithms.AES(key), iv, plain, 16)


def _cbc(cipher: algorithms.AES | TripleDES, iv: bytes, plain: bytes, block: int) -> bytes:
    padding = block - len(plain) % block
    encryptor = Cipher(cipher, modes.CBC(iv)).encryptor()
    return encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()


def _mac(contents: bytes, lock: Lock) -> bytes:
    if not lock.mac:
        return b""
    salt = os.urandom(8)
    key = derive(lock.mac, 3, lock.utf16, salt, hashlib.new(lock.mac).digest_size)
    value = tlv(der.OCTET_STRING, hmac.digest(key, contents, lock.mac))
    info = tlv(der.SEQUENCE, tlv(der.SEQUENCE, _oid(_SHA[lock.mac]), b"\x05\x00"), value)
    return tlv(der.SEQUENCE, info, tlv(der.OCTET_STRING, salt), _integer(ROUNDS))
