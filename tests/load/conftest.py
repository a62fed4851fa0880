"""Material to load: one chain, and its parts in every form."""

from __future__ import annotations

from functools import cached_property

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)

from pki.model.identity import Identity
from tests.chains import AT, DAY, Made, intermediate, leaf, root

PASSWORD = "correct-horse-battery"


class Material:
    """leaf <- intermediate <- root, and what people mistake for them."""

    def __init__(self) -> None:
        self.root = root("Load Root")
        self.intermediate = intermediate(self.root, "Load Intermediate")
        self.leaf = leaf(self.intermediate, "load.test")
        self.chain = (self.leaf, self.intermediate, self.root)
        self.ders = tuple(made.der for made in self.chain)
        self.certificates = tuple(made.cert for made in self.chain)
        self.identity = Identity(self.leaf.cert, self.leaf.key, (self.intermediate.cert, self.root.cert))

    def pem(self, *made: Made) -> bytes:
        return b"".join(one.cert.public_bytes(Encoding.PEM) for one in made or self.chain)

    def key(self, form: PrivateFormat = PrivateFormat.PKCS8, encoding: Encoding = Encoding.PEM) -> bytes:
        return bytes(self.leaf.key.private_bytes(encoding, form, NoEncryption()))

    @property
    def locked_key(self) -> bytes:
        encryption = BestAvailableEncryption(PASSWORD.encode())
        return bytes(self.leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))

    def public_key(self, encoding: Encoding = Encoding.PEM) -> bytes:
        return bytes(self.leaf.key.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo))

    def request(self, encoding: Encoding = Encoding.PEM) -> bytes:
        builder = x509.CertificateSigningRequestBuilder().subject_name(self.leaf.cert.subject)
        names = x509.SubjectAlternativeName([x509.DNSName("load.test")])
        return (
            builder.add_extension(names, critical=False)
            .sign(self.leaf.key, hashes.SHA256())
            .public_bytes(encoding)
        )

    def crl(self, encoding: Encoding = Encoding.PEM) -> bytes:
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.root.cert.subject)
        builder = builder.last_update(AT).next_update(AT + DAY)
        return builder.sign(self.root.key, hashes.SHA256()).public_bytes(encoding)

    @cached_property
    def locked_p12(self) -> bytes:
        return self.p12()

    def p12(self, encryption: object = None, *, password: str = PASSWORD) -> bytes:
        key, certificate, *issuers = self.leaf.key, *(made.cert for made in self.chain)
        protection = encryption or BestAvailableEncryption(password.encode())
        return pkcs12.serialize_key_and_certificates(b"leaf", key, certificate, issuers, protection)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def material() -> Material:
    return Material()
