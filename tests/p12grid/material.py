"""Keys of every kind with their certificates, each made once: what the files of the grid hold."""

from __future__ import annotations

import base64
import subprocess
import textwrap
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, x448, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from pki.model import der
from pki.model.der import encode as tlv
from tests import clock
from tests.chains import AT, DAY, Made, intermediate, key, leaf, root

_PSS = bytes.fromhex("300b06092a864886f70d01010a")
_RSA = bytes.fromhex("300d06092a864886f70d0101010500")
_EXPLICIT = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit")
MADE_HERE = ("RSA", "EC P-256", "EC P-384", "EC P-521", "EC P-224", "EC P-192", "EC secp256k1")
MADE_HERE += ("EC brainpoolP256r1", "Ed25519", "Ed448", "DSA", "X25519", "X448")
PATCHED = ("RSA-PSS", "RSA key, RSA-PSS certificate", "ML-DSA", "ML-KEM", "of an unknown kind", "damaged")
KINDS = (*MADE_HERE, "EC explicit parameters", *PATCHED)
_NAMES = {
    "RSA": "rsa2048",
    "EC P-256": "p256",
    "EC P-384": "p384",
    "EC P-521": "p521",
    "EC P-224": "p224",
    "EC P-192": "p192",
    "EC secp256k1": "secp256k1",
    "EC brainpoolP256r1": "brainpool",
    "Ed25519": "ed25519",
    "Ed448": "ed448",
    "DSA": "dsa2048",
}


@dataclass(frozen=True)
class Pair:
    """A key in PKCS #8 and the certificate of its public half, both DER."""

    pkcs8: bytes
    certificate: bytes


class Material:
    """The pairs by kind, one chain of issuers, and all of it as PEM in FOLDER for programs that read files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = root("Grid Root")
        self.issuing = intermediate(self.root, "Grid Intermediate")
        self.pairs = {kind: self._pair(kind) for kind in KINDS}
        own = key("rsa2048", "grid").public_key()
        self.renewed = self._certified(own.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
        self.second = Pair(*_encoded(leaf(self.issuing, "second", kind="p256", key_tag="second")))
        for number, kind in enumerate(KINDS):
            self._pem(f"{number}.key", "PRIVATE KEY", self.pairs[kind].pkcs8)
            self._pem(f"{number}.crt", "CERTIFICATE", self.pairs[kind].certificate)
        chain = b"".join(made.cert.public_bytes(Encoding.PEM) for made in (self.issuing, self.root))
        (folder / "issuers.crt").write_bytes(chain)
        (folder / "chain.crt").write_bytes((folder / "0.crt").read_bytes() + chain)

    @cached_property
    def issuers(self) -> tuple[bytes, bytes]:
        """Intermediate and root in DER."""
        return self.issuing.der, self.root.der

    def key_file(self, kind: str) -> str:
        return str(self.folder / f"{KINDS.index(kind)}.key")

    def certificate_file(self, kind: str) -> str:
        return str(self.folder / f"{KINDS.index(kind)}.crt")

    def _pem(self, name: str, label: str, data: bytes) -> None:
        (self.folder / name).write_text(ssl_pem(label, data))

    def _pair(self, kind: str) -> Pair:
        if kind in _NAMES:
            return Pair(*_encoded(leaf(self.issuing, "leaf", kind=_NAMES[kind], key_tag="grid")))
        if kind in ("X25519", "X448"):
            own = (x25519.X25519PrivateKey if kind == "X25519" else x448.X448PrivateKey).generate()
            spki = own.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            pkcs8 = own.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            return Pair(pkcs8, self._certified(spki))
        if kind == "EC explicit parameters":
            pkcs8 = _openssl(
                "pkcs8", "-topk8", "-nocrypt", "-outform", "DER", given=_openssl("genpkey", *_EXPLICIT)
            )
            spki = _openssl("pkey", "-inform", "DER", "-pubout", "-outform", "DER", given=pkcs8)
            return Pair(pkcs8, self._certified(spki))
        return self._patched(kind)

    def _patched(self, kind: str) -> Pair:
        rsa = key("rsa2048", "grid")
        pkcs8 = rsa.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        spki = rsa.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if kind == "RSA-PSS":
            return Pair(_renamed(pkcs8, _PSS), self._certified(_renamed(spki, _PSS)))
        if kind == "RSA key, RSA-PSS certificate":
            return Pair(pkcs8, self._certified(_renamed(spki, _PSS)))
        if kind == "damaged":  # an RSA key by name, with nothing of one behind it
            wrong = tlv(der.SEQUENCE, b"\x02\x01\x00", _RSA, tlv(der.OCTET_STRING, b"\x04\x02\x00\x01"))
            return Pair(wrong, self._certified(spki))
        oid = {"ML-DSA": "608648016503040311", "ML-KEM": "608648016503040402"}.get(kind, "2a0304050607")
        identifier = tlv(der.SEQUENCE, tlv(der.OID, bytes.fromhex(oid)))
        private = tlv(der.SEQUENCE, b"\x02\x01\x00", identifier, tlv(der.OCTET_STRING, b"\x04\x02\x00\x01"))
        public = tlv(der.SEQUENCE, identifier, tlv(der.BIT_STRING, b"\x00" + bytes(1312)))
        return Pair(private, self._certified(public))

    def _certified(self, spki: bytes) -> bytes:
        """A certificate of the intermediate's for a key that `cryptography` may not load."""
        stand_in = key("p256", "stand-in").public_key()
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "leaf")])
        made = (
            x509.CertificateBuilder(self.issuing.cert.subject, name, stand_in, 4096 + len(spki))
            .not_valid_before(AT - 30 * DAY)
            .not_valid_after(AT + 60 * DAY)
            .sign(self.issuing.key, hashes.SHA256())
        )
        body = made.tbs_certificate_bytes
        old = stand_in.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        inside = body[der.only(body, der.SEQUENCE)[0] :]
        tbs = tlv(der.SEQUENCE, inside.replace(old, spki))
        signature = self.issuing.key.sign(tbs, ec.ECDSA(hashes.SHA256()))
        algorithm = bytes.fromhex("300a06082a8648ce3d040302")
        return tlv(der.SEQUENCE, tbs, algorithm, tlv(der.BIT_STRING, b"\x00" + signature))


def ssl_pem(label: str, data: bytes) -> str:
    """DATA in PEM."""
    text = "\n".join(textwrap.wrap(base64.b64encode(data).decode(), 64))
    return f"-----BEGIN {label}-----\n{text}\n-----END {label}-----\n"


def _encoded(made: Made) -> tuple[bytes, bytes]:
    return made.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), made.der


def _renamed(data: bytes, identifier: bytes) -> bytes:
    """A PrivateKeyInfo or SubjectPublicKeyInfo of RSA with another AlgorithmIdentifier."""
    start, stop = der.only(data, der.SEQUENCE)
    return tlv(der.SEQUENCE, data[start:stop].replace(_RSA, identifier, 1))


def _openssl(*arguments: str, given: bytes | None = None) -> bytes:
    command = ("openssl", *arguments)
    return subprocess.run(
        command, input=given, capture_output=True, check=True, timeout=clock.PATIENCE
    ).stdout
