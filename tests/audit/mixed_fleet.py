"""An inventory with known defects, made by `cryptography` alone: what an audit is held against.

Each row says which rule speaks first and when it breaks, out of how it was made and not out of what judges it. Among the
issuers are some that end before their leaves, some of which a second certificate below another root goes on, and some
below a root that ends itself.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
SCT_LIST = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")  # RFC 6962, 3.3

# What is wrong, and the rule that Apple's order puts first.
DEFECTS = {
    "expired": "cert-not-expired",
    "not yet": "cert-not-before",
    "name": "san-dns-match",
    "no SAN": "san-no-cn-fallback",
    "lifetime": "tls-validity-825",
    "purpose": "tls-eku-compatible",
    "strange root": "chain-anchor-trusted",
    "issuer left out": "chain-complete",
    "signature": "cert-signature-valid",
    "critical": "unknown-critical-extension",
}
UNREADABLE = "unreadable"  # no verdict: an error


@dataclass(frozen=True, slots=True)
class Row:
    """A chain, the host it is asked for, and what has to come of it."""

    number: int
    host: str
    chain: tuple[bytes, ...]
    defect: str  # empty: nothing
    breaks_at: datetime | None  # the first second that it is not trusted any more

    @property
    def headline(self) -> str | None:
        return DEFECTS.get(self.defect)

    @property
    def line(self) -> bytes:
        """As `trustrig audit -` reads it."""
        document = {
            "schema": "trustrig.audit-input/1",
            "source": "inventory",
            "locator": f"row {self.number}",
            "host": self.host,
            "chain": [base64.b64encode(der).decode() for der in self.chain],
        }
        return json.dumps(document, separators=(",", ":")).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class _Ca:
    """An authority: its certificates, below one root or two, and until when there is a path from it to a trusted one."""

    certificates: tuple[x509.Certificate, ...]
    key: ec.EllipticCurvePrivateKey
    until: datetime

    @property
    def sent(self) -> tuple[bytes, ...]:
        return tuple(one.public_bytes(Encoding.DER) for one in self.certificates)


class MixedFleet:
    """Rows below ISSUERS authorities, one in BAD_EVERY with a defect; SEED decides about everything but the keys."""

    def __init__(self, at: datetime, *, issuers: int = 40, bad_every: int = 5, seed: int = 2026) -> None:
        self._at, self._bad_every, self._chance = at, bad_every, random.Random(seed)
        long, soon = at + 4000 * DAY, at + 211 * DAY
        self._roots = [
            _root("Mixed Root A", at, long), _root("Mixed Root B", at, long), _root("Mixed Root C", at, soon)
        ]  # fmt: skip
        self._strange_root = _root("Mixed Root nobody trusts", at, long)
        self._stranger = self._issuer(0, self._strange_root)
        self._issuers = [self._issuer(number, self._roots[0]) for number in range(issuers)]

    @property
    def anchors(self) -> bytes:
        """The trusted roots, as PEM."""
        return b"".join(root.certificates[0].public_bytes(Encoding.PEM) for root in self._roots)

    def rows(self, count: int) -> Iterator[Row]:
        """COUNT rows, made one by one."""
        defects = [*DEFECTS, UNREADABLE]
        for number in range(1, count + 1):
            bad, nth = divmod(number, self._bad_every)
            yield self._row(number, "" if nth else defects[bad % len(defects)])

    def _issuer(self, number: int, above: _Ca) -> _Ca:
        chance, at = self._chance, self._at
        key, name = ec.generate_private_key(ec.SECP256R1()), _name(f"Mixed CA {number}")
        end, more, until = at + 3000 * DAY, (), above.until
        match number % 5:
            case 1:  # ends before many of its leaves
                end = at + timedelta(days=chance.randrange(20, 700), seconds=chance.randrange(86400))
            case 2:  # ends, and goes on below another root
                end = at + timedelta(days=chance.randrange(20, 300), seconds=chance.randrange(86400))
                later = at + timedelta(days=chance.randrange(350, 700), seconds=chance.randrange(86400))
                more = (_ca(name, key, self._roots[1], at, later),)
                until = later
            case 3:  # below a root that ends
                above = self._roots[2]
                until = above.until
        first = _ca(name, key, above, at, end)
        return _Ca((first, *more), key, until if more else min(until, end))

    def _row(self, number: int, defect: str) -> Row:
        chance, at = self._chance, self._at
        ca = self._stranger if defect == "strange root" else self._issuers[number % len(self._issuers)]
        host = f"host-{number}.mixed.example.test"
        lasts = timedelta(days=chance.randrange(90, 800), seconds=chance.randrange(86400))
        begins = at - timedelta(days=chance.randrange(1, 80), seconds=chance.randrange(86400))
        if defect == "expired":
            begins = at - lasts - timedelta(seconds=chance.randrange(1, 3000))
        elif defect == "not yet":
            begins = at + timedelta(seconds=chance.randrange(1, 3000))
        elif defect == "lifetime":
            lasts = 826 * DAY
        if defect == UNREADABLE:
            return Row(number, host, (b"\x30\x03no ", *ca.sent), defect, None)
        leaf = _leaf(host, ca, begins, begins + lasts, defect, chance)
        sent = () if defect == "issuer left out" else ca.sent
        if (
            defect == "strange root"
        ):  # sent as well: that it is nobody's anchor is known then, and not that it is missing
            sent = (*sent, *self._strange_root.sent)
        breaks = None if defect else min(begins + lasts, ca.until) + SECOND
        return Row(number, host, (leaf, *sent), defect, breaks)


def _root(name: str, at: datetime, end: datetime) -> _Ca:
    key = ec.generate_private_key(ec.SECP256R1())
    return _Ca((_ca(_name(name), key, None, at, end),), key, end)


def _ca(
    name: x509.Name, key: ec.EllipticCurvePrivateKey, above: _Ca | None, at: datetime, end: datetime
) -> x509.Certificate:
    issuer = above.certificates[0].subject if above else name
    builder = (
        x509.CertificateBuilder(issuer, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(at - 900 * DAY)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0 if above else None), critical=True)
        .add_extension(_usage(ca=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if above:
        builder = builder.add_extension(_authority(above), critical=False)
    return builder.sign(above.key if above else key, hashes.SHA256())


def _leaf(host: str, ca: _Ca, begins: datetime, ends: datetime, defect: str, chance: random.Random) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    purpose = ExtendedKeyUsageOID.CLIENT_AUTH if defect == "purpose" else ExtendedKeyUsageOID.SERVER_AUTH
    named = f"other.{host}" if defect == "name" else host
    urls = [
        x509.AccessDescription(method, x509.UniformResourceIdentifier(f"http://{word}.mixed.example.test/{word}"))
        for method, word in (
            (AuthorityInformationAccessOID.OCSP, "ocsp"), (AuthorityInformationAccessOID.CA_ISSUERS, "issuer")
        )
    ]  # fmt: skip
    crl = x509.UniformResourceIdentifier(f"http://crl.mixed.example.test/{chance.randrange(100)}.crl")
    builder = (
        x509.CertificateBuilder(
            ca.certificates[0].subject,
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]),
            key,
            x509.random_serial_number(),
        )
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(_authority(ca), critical=False)
        .add_extension(x509.AuthorityInformationAccess(urls), critical=False)
        .add_extension(
            x509.CRLDistributionPoints([x509.DistributionPoint([crl], None, None, None)]), critical=False
        )
        .add_extension(x509.UnrecognizedExtension(SCT_LIST, _timestamps(chance)), critical=False)
    )
    if defect != "no SAN":
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(named), x509.DNSName(f"www.{named}")]), critical=False
        )
    if defect == "critical":
        unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00")
        builder = builder.add_extension(unknown, critical=True)
    der = builder.sign(ca.key, hashes.SHA256()).public_bytes(Encoding.DER)
    if defect == "signature":  # the last octet of s
        der = der[:-1] + bytes([der[-1] ^ 1])
    return der


def _timestamps(chance: random.Random) -> bytes:
    """The extension's value: two SCTs (RFC 6962, 3.2) whose signatures nobody made."""
    one = b"\0" + chance.randbytes(40) + b"\0\0\x04\x03\0\x47\x30\x45" + chance.randbytes(69)
    listed = 2 * (len(one).to_bytes(2, "big") + one)
    content = len(listed).to_bytes(2, "big") + listed
    return b"\x04\x81" + bytes([len(content)]) + content


def _authority(ca: _Ca) -> x509.AuthorityKeyIdentifier:
    own = ca.certificates[0].extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=ca, crl_sign=ca, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CH"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Mixed Trust Services"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )
