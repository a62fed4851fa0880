"""Certificates as public CAs issue them, a kilobyte each, made by `cryptography` alone: what a fleet is measured on.

Each leaf has a key and a serial number of its own, two names, the issuer's URLs, a list of revocations to look at, a policy and two
timestamps of the size that logs give. No leaf's private key is ever used, so that an RSA key here is an odd number of 2,048
bits: it is read and compared like another, and a thousand of them cost no minutes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

SCT_LIST = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")  # RFC 6962, 3.3
DOMAIN_VALIDATED = x509.ObjectIdentifier("2.23.140.1.2.1")  # CA/Browser Forum, 7.1.6.1
LIFETIME = timedelta(days=90)

CaKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Row:
    """A leaf, its issuer, and the host it is asked for; `defect` is what is wrong with it, empty: nothing."""

    leaf: bytes
    issuer: bytes
    host: str
    defect: str = ""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Chains of three below one root."""

    root: bytes
    rows: tuple[Row, ...]

    def good(self, *overlooked: str) -> int:
        """How many rows a validator accepts that overlooks these defects."""
        return sum(not row.defect or row.defect in overlooked for row in self.rows)


@dataclass(frozen=True, slots=True)
class _Ca:
    certificate: x509.Certificate
    key: CaKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


def p256() -> CaKey:
    """A key of the kind most CAs sign with today."""
    return ec.generate_private_key(ec.SECP256R1())


def rsa_2048() -> CaKey:
    """A key of the kind that comes next."""
    return rsa.generate_private_key(65537, 2048)


def fleet(
    leaves: int, at: datetime, *, issuers: Sequence[Callable[[], CaKey]], bad: Sequence[str] = ()
) -> Fleet:
    """LEAVES certificates, from one issuer after the other; a tenth of them bear the defects BAD in turn."""
    chance = random.Random(2026)
    root = _ca("Fleet Root", issuers[0](), None, at)
    cas = [_ca(f"Fleet CA {number}", key(), root, at) for number, key in enumerate(issuers)]
    ders = [ca.der for ca in cas]
    defects = _tenth(bad)
    rows = []
    for number in range(leaves):
        turn = number % len(cas)
        host, defect = f"host-{number}.fleet.example.test", next(defects)
        leaf = _leaf(
            f"other-{number}.example.test" if defect == "name" else host, cas[turn], at, defect, chance
        )
        rows.append(Row(leaf, ders[turn], host, defect))
    return Fleet(root.der, tuple(rows))


def _tenth(bad: Sequence[str]) -> Iterator[str]:
    turn = 0
    while True:
        yield from [""] * 9
        yield bad[turn % len(bad)] if bad else ""
        turn += 1


def _ca(name: str, key: CaKey, above: _Ca | None, at: datetime) -> _Ca:
    subject = _name(name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above.certificate.subject if above is not None else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=400))
        .not_valid_after(at + timedelta(days=2000))
        .add_extension(
            x509.BasicConstraints(ca=True, path_length=None if above is None else 0), critical=True
        )
        .add_extension(_usage(ca=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if above is not None:
        builder = builder.add_extension(_authority(above), critical=False).add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
    signer = above.key if above is not None else key
    return _Ca(builder.sign(signer, hashes.SHA256()), key)


def _leaf(host: str, ca: _Ca, at: datetime, defect: str, chance: random.Random) -> bytes:
    key = _public_key(ca.key, chance)
    begins = at - (
        LIFETIME + timedelta(days=9) if defect == "expired" else timedelta(days=chance.randrange(1, 60))
    )
    lasts = timedelta(days=900) if defect == "lifetime" else LIFETIME
    purpose = ExtendedKeyUsageOID.CLIENT_AUTH if defect == "purpose" else ExtendedKeyUsageOID.SERVER_AUTH
    number = chance.randrange(1, 100)
    urls = [
        x509.AccessDescription(method, x509.UniformResourceIdentifier(url))
        for method, url in (
            (AuthorityInformationAccessOID.OCSP, "http://ocsp.fleet-ca.example.test"),
            (AuthorityInformationAccessOID.CA_ISSUERS, "http://issuers.fleet-ca.example.test/ca.der"),
        )
    ]
    list_url = x509.UniformResourceIdentifier(f"http://crl.fleet-ca.example.test/part-{number}.crl")
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]))
        .issuer_name(ca.certificate.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + lasts)
        .add_extension(_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(_authority(ca), critical=False)
        .add_extension(x509.AuthorityInformationAccess(urls), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(host), x509.DNSName(f"www.{host}")]), critical=False
        )
        .add_extension(
            x509.CertificatePolicies([x509.PolicyInformation(DOMAIN_VALIDATED, None)]), critical=False
        )
        .add_extension(
            x509.CRLDistributionPoints([x509.DistributionPoint([list_url], None, None, None)]), critical=False
        )
        .add_extension(x509.UnrecognizedExtension(SCT_LIST, _timestamps(at, chance)), critical=False)
    )
    return builder.sign(ca.key, hashes.SHA256()).public_bytes(Encoding.DER)


def _public_key(like: CaKey, chance: random.Random) -> ec.EllipticCurvePublicKey | rsa.RSAPublicKey:
    if isinstance(like, ec.EllipticCurvePrivateKey):
        return ec.generate_private_key(ec.SECP256R1()).public_key()
    modulus = chance.getrandbits(2048) | 1 << 2047 | 1
    return rsa.RSAPublicNumbers(65537, modulus).public_key()


def _timestamps(at: datetime, chance: random.Random) -> bytes:
    """The extension's value: two SCTs (RFC 6962, 3.2) whose signatures nobody made."""
    moment = int(at.timestamp() * 1000).to_bytes(8, "big")
    listed = b""
    for _ in range(2):
        signature = b"\x04\x03" + (71).to_bytes(2, "big") + b"\x30\x45" + chance.randbytes(69)
        one = b"\0" + chance.randbytes(32) + moment + b"\0\0" + signature
        listed += len(one).to_bytes(2, "big") + one
    content = len(listed).to_bytes(2, "big") + listed
    return b"\x04\x81" + bytes([len(content)]) + content


def _authority(ca: _Ca) -> x509.AuthorityKeyIdentifier:
    own = ca.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CH"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Fleet Trust Services"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )
