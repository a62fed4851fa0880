"""PKCS #12 files of every kind that is met, made by OpenSSL and `cryptography`, or put together here from their parts.

Nobody writes some of them, such as scrypt or another PRF than HMAC-SHA-256, though every part of them is in use.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import subprocess
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

from pki.model import der
from pki.model.der import encode as tlv
from tests import clock
from tests.chains import Made, intermediate, leaf, root

PASSWORD = "correct-horse-battery"
SECRET = PASSWORD.encode()
OPENSSL = ("openssl", "apt-get install openssl")

_DATA = bytes.fromhex("06092a864886f70d010701")
_BAG = "060b2a864886f70d010c0a01"  # and the kind: RFC 7292, 4.2
_NAME = tlv(
    der.SEQUENCE, bytes.fromhex("06092a864886f70d010914"), tlv(0x31, tlv(0x1E, "leaf".encode("utf-16-be")))
)
_SHA256 = tlv(der.SEQUENCE, bytes.fromhex("0609608648016503040201"), b"\x05\x00")
_HMAC_SHA256 = tlv(der.SEQUENCE, bytes.fromhex("06082a864886f70d0209"), b"\x05\x00")


def openssl_p12(
    folder: Path, key: Any, certificates: Any, *arguments: str, password: str = PASSWORD
) -> bytes:
    """What `openssl pkcs12 -export` writes; CERTIFICATES is the leaf and its issuers."""
    first, *rest = (certificate.public_bytes(Encoding.PEM) for certificate in certificates)
    (folder / "key.pem").write_bytes(_key(key, Encoding.PEM))
    (folder / "leaf.pem").write_bytes(first)
    (folder / "rest.pem").write_bytes(b"".join(rest))
    command = [
        "openssl",
        "pkcs12",
        "-export",
        "-in",
        "leaf.pem",
        "-inkey",
        "key.pem",
        "-certfile",
        "rest.pem",
    ]
    command += ["-name", "leaf", "-passout", f"pass:{password}", *arguments]
    return subprocess.run(command, capture_output=True, check=True, cwd=folder, timeout=clock.PATIENCE).stdout


def assembled(key: Any, certificates: Any, *arguments: str, paired: str = "localKeyID") -> bytes:
    """A container whose key is encrypted by `openssl pkcs8 ARGUMENTS`, with a SHA-256 MAC; certificates in the clear.

    PAIRED names the attribute that key and leaf share: localKeyID, friendlyName or nothing.
    """
    command = ["openssl", "pkcs8", "-topk8", "-outform", "DER", "-passout", f"pass:{PASSWORD}", *arguments]
    shrouded = subprocess.run(
        command, input=_key(key, Encoding.PEM), capture_output=True, check=True, timeout=clock.PATIENCE
    ).stdout
    ders = [certificate.public_bytes(Encoding.DER) for certificate in certificates]
    own = {"localKeyID": _key_id(ders[0]), "friendlyName": _NAME, "nothing": b""}[paired]
    own = own and tlv(0x31, own)
    bags = [_bag("03", _certificate(der), own if at == 0 else b"") for at, der in enumerate(ders)]
    safes = [_safe(*bags), _safe(_bag("02", shrouded, own))]
    contents = tlv(der.SEQUENCE, *safes)
    return with_mac(tlv(der.SEQUENCE, b"\x02\x01\x03", _wrapped(contents)))


def with_mac(data: bytes) -> bytes:
    """DATA with a SHA-256 MAC by PKCS #12's own derivation in the place of whatever it has."""
    version, safe, *_ = _parts(data)
    salt = os.urandom(8)
    digest = hmac.digest(_pkcs12_key(SECRET, salt, 2048), covered(safe), "sha256")
    info = tlv(der.SEQUENCE, _SHA256, tlv(der.OCTET_STRING, digest))
    mac = tlv(der.SEQUENCE, info, tlv(der.OCTET_STRING, salt), b"\x02\x02\x08\x00")
    return tlv(der.SEQUENCE, version, safe, mac)


def with_pbmac1(data: bytes) -> bytes:
    """DATA with RFC 9579's MAC in the place of its own."""
    version, safe, *_ = _parts(data)
    salt = b"saltsalt"
    key = hashlib.pbkdf2_hmac("sha256", SECRET, salt, 1000, 32)
    kdf = tlv(der.SEQUENCE, tlv(0x04, salt), b"\x02\x02\x03\xe8", b"\x02\x01\x20", _HMAC_SHA256)
    pbkdf2 = tlv(der.SEQUENCE, bytes.fromhex("06092a864886f70d01050c"), kdf)
    both = tlv(der.SEQUENCE, pbkdf2, _HMAC_SHA256)
    method = tlv(der.SEQUENCE, bytes.fromhex("06092a864886f70d01050e"), both)
    info = tlv(der.SEQUENCE, method, tlv(0x04, hmac.digest(key, covered(safe), "sha256")))
    return tlv(der.SEQUENCE, version, safe, tlv(der.SEQUENCE, info, tlv(0x04, b"ignored!")))


def covered(safe: bytes) -> bytes:
    """The bytes of an authSafe that the MAC guards."""
    contents = safe[der.expect(safe, 0, len(safe), der.SEQUENCE)[2] :]
    octets = contents[der.expect(contents, 0, len(contents), der.OID)[3] :]
    wrapper = der.element(octets, 0, len(octets))
    inner = der.expect(octets, wrapper[2], wrapper[3], der.OCTET_STRING)
    return octets[inner[2] : inner[3]]


def _parts(data: bytes) -> list[bytes]:
    """Version, authSafe and perhaps MacData of a PFX, each as encoded."""
    start, stop = der.only(data, der.SEQUENCE)
    return [data[at:end] for _, at, _, end in der.children(data, start, stop)]


def _key(key: Any, encoding: Encoding) -> bytes:
    return bytes(key.private_bytes(encoding, PrivateFormat.PKCS8, NoEncryption()))


def _wrapped(contents: bytes) -> bytes:
    return tlv(der.SEQUENCE, _DATA, tlv(0xA0, tlv(der.OCTET_STRING, contents)))


def _safe(*bags: bytes) -> bytes:
    return _wrapped(tlv(der.SEQUENCE, *bags))


def _bag(kind: str, value: bytes, attributes: bytes) -> bytes:
    return tlv(der.SEQUENCE, bytes.fromhex(_BAG + kind), tlv(0xA0, value), attributes)


def _certificate(encoded: bytes) -> bytes:
    x509 = bytes.fromhex("060a2a864886f70d01091601")
    return tlv(der.SEQUENCE, x509, tlv(0xA0, tlv(der.OCTET_STRING, encoded)))


def _key_id(encoded: bytes) -> bytes:
    digest = tlv(der.OCTET_STRING, hashlib.sha1(encoded).digest())
    return tlv(der.SEQUENCE, bytes.fromhex("06092a864886f70d010915"), tlv(0x31, digest))


def _pkcs12_key(secret: bytes, salt: bytes, rounds: int) -> bytes:
    """RFC 7292, B.2 for a MAC key of SHA-256's size: one turn, so nothing is added up."""
    password = secret.decode().encode("utf-16-be") + b"\x00\x00"
    filled = [(part * (64 // len(part) + 1))[: -(-len(part) // 64) * 64] for part in (salt, password)]
    value = b"\x03" * 64 + b"".join(filled)
    for _ in range(rounds):
        value = hashlib.sha256(value).digest()
    return value


TRIPLE_DES, AES = pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC, pkcs12.PBES.PBESv2SHA256AndAES256CBC
ANY, NEW, NONE = "any", "iOS 18, macOS 15", None
OLDEST = ("-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1")


@lru_cache
def chain(kind: str) -> tuple[Made, ...]:
    top = root("Reader Root")
    issuing = intermediate(top, "Reader Intermediate")
    return leaf(issuing, "leaf", kind=kind), issuing, top


def parts(kind: str = "rsa2048") -> tuple[Any, list[Any]]:
    made = chain(kind)
    return made[0].key, [one.cert for one in made]


def written(algorithm: pkcs12.PBES | None, mac: Any = None) -> Callable[[Path], bytes]:
    """What `cryptography` writes."""
    key, (first, *issuers) = parts()
    if algorithm is None:
        encryption: Any = NoEncryption()
    else:
        builder = PrivateFormat.PKCS12.encryption_builder().key_cert_algorithm(algorithm)
        encryption = builder.hmac_hash(mac).build(SECRET)
    return lambda _: pkcs12.serialize_key_and_certificates(b"leaf", key, first, issuers, encryption)


def made(*arguments: str, kind: str = "rsa2048", password: str = PASSWORD) -> Callable[[Path], bytes]:
    """What `openssl pkcs12 -export` writes."""
    return lambda folder: openssl_p12(folder, *parts(kind), *arguments, password=password)


def both(name: str, *more: str) -> Callable[[Path], bytes]:
    return made(*more, "-keypbe", name, "-certpbe", name)


def packed(*arguments: str, paired: str = "localKeyID") -> Callable[[Path], bytes]:
    """A key that OpenSSL encrypted, in a container of ours."""
    return lambda _: assembled(*parts(), *arguments, paired=paired)


# Each kind, and the oldest Apple releases that open it by Apple's published source.
KINDS: dict[str, tuple[Callable[[Path], bytes], str | None]] = {
    "3DES, SHA-1 MAC": (written(TRIPLE_DES, hashes.SHA1()), ANY),
    "3DES, SHA-256 MAC": (written(TRIPLE_DES, hashes.SHA256()), NEW),
    "AES-256, SHA-1 MAC": (written(AES, hashes.SHA1()), NEW),
    "AES-256, SHA-256 MAC": (written(AES, hashes.SHA256()), NEW),
    "AES-256, SHA-384 MAC": (written(AES, hashes.SHA384()), NEW),
    "AES-256, SHA-512 MAC": (written(AES, hashes.SHA512()), NEW),
    "AES-256, SHA-224 MAC": (made("-macalg", "sha224"), NEW),
    "no encryption": (written(None), NONE),
    "OpenSSL 3's default": (made(), NEW),
    "OpenSSL's -legacy: RC2-40": (made("-legacy"), ANY),
    "RC2-128": (both("PBE-SHA1-RC2-128", "-legacy"), ANY),
    "RC4-128": (both("PBE-SHA1-RC4-128", "-legacy"), ANY),
    "RC4-40": (both("PBE-SHA1-RC4-40", "-legacy"), ANY),
    "2-key 3DES": (both("PBE-SHA1-2DES", "-macalg", "sha1"), NONE),
    "AES-128": (both("AES-128-CBC"), NONE),
    "AES-192": (both("AES-192-CBC"), NONE),
    "3DES by PBES2": (both("DES-EDE3-CBC"), NONE),
    "PRF SHA-1": (packed("-v2prf", "hmacWithSHA1"), NONE),
    "PRF SHA-224": (packed("-v2prf", "hmacWithSHA224"), NONE),
    "PRF SHA-256": (packed("-v2prf", "hmacWithSHA256"), NEW),
    "PRF SHA-384": (packed("-v2prf", "hmacWithSHA384"), NONE),
    "PRF SHA-512": (packed("-v2prf", "hmacWithSHA512"), NONE),
    "AES-128 and PRF SHA-1": (packed("-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA1"), NONE),
    "3DES by PBES2 and PRF SHA-1": (packed("-v2", "des3", "-v2prf", "hmacWithSHA1"), NONE),
    "scrypt": (packed("-scrypt"), NONE),
    "PBMAC1": (lambda folder: with_pbmac1(written(AES, hashes.SHA256())(folder)), NONE),
    "no MAC": (made("-nomac"), NONE),
    "an empty password": (made(password=""), NONE),
    "paired by friendlyName": (packed(paired="friendlyName"), NEW),
    "not paired": (packed(paired="nothing"), NONE),
    "RSA 3072": (made(*OLDEST, kind="rsa3072"), ANY),
    "EC P-256": (made(*OLDEST, kind="p256"), ANY),
    "EC P-384": (made(*OLDEST, kind="p384"), ANY),
    "EC P-521": (made(*OLDEST, kind="p521"), ANY),
    "EC P-224": (made(*OLDEST, kind="p224"), NONE),
    "EC secp256k1": (made(*OLDEST, kind="secp256k1"), NONE),
    "EC brainpoolP256r1": (made(*OLDEST, kind="brainpool"), NONE),
    "Ed25519": (made(*OLDEST, kind="ed25519"), NONE),
    "Ed448": (made(*OLDEST, kind="ed448"), NONE),
}
NO_PASSWORD = ("no encryption", "an empty password")


def password(kind: str) -> str:
    """What opens a container of KIND."""
    return "" if kind in NO_PASSWORD else PASSWORD


def kept_in(folder: Path) -> Callable[[str], Path]:
    """Give a container of the kind asked for as a file in FOLDER, made once."""

    def file(kind: str) -> Path:
        path = folder / f"{list(KINDS).index(kind)}.p12"
        if not path.exists():
            path.write_bytes(KINDS[kind][0](folder))
        return path

    return file
