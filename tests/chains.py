"""Certificates with anything wrong, built with `cryptography` alone: our issuer must not vouch for our evaluator."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pki.model.verdict import Outcome, Verdict
from pki.trust import Anchor, evaluate

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOST = "test.example"
SERVER = (ExtendedKeyUsageOID.SERVER_AUTH,)
CLIENT = (ExtendedKeyUsageOID.CLIENT_AUTH,)
ANY = (ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)
_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "p192": ec.SECP192R1,
    "p224": ec.SECP224R1,
    "p256": ec.SECP256R1,
    "p384": ec.SECP384R1,
    "p521": ec.SECP521R1,
    "secp256k1": ec.SECP256K1,
    "brainpool": ec.BrainpoolP256R1,
}


@lru_cache
def key(kind: str, tag: str = "") -> Any:
    """A key of KIND, made once; TAG tells several of a kind apart."""
    match kind:
        case "ed25519":
            return ed25519.Ed25519PrivateKey.generate()
        case "ed448":
            return ed448.Ed448PrivateKey.generate()
        case _ if kind.startswith("dsa"):
            return dsa.generate_private_key(int(kind.removeprefix("dsa")))
        case _ if kind in _CURVES:
            return ec.generate_private_key(_CURVES[kind]())
        case _:
            return rsa.generate_private_key(65537, int(kind.removeprefix("rsa")))


@dataclass(frozen=True)
class Made:
    cert: x509.Certificate
    key: Any

    @property
    def der(self) -> bytes:
        return self.cert.public_bytes(Encoding.DER)


def make(
    subject: str | None,
    issuer: Made | None = None,
    *,
    ca: bool | None = None,
    path_length: int | None = None,
    dns: tuple[str, ...] = (),
    ips: tuple[str, ...] = (),
    emails: tuple[str, ...] = (),
    uris: tuple[str, ...] = (),
    purposes: tuple[Any, ...] = (),
    sign_certs: bool | None = None,
    permit: tuple[x509.GeneralName, ...] = (),
    exclude: tuple[x509.GeneralName, ...] = (),
    kind: str = "p256",
    key_tag: str | None = None,
    digest: Any = None,
    start: datetime = AT - 30 * DAY,
    end: datetime = AT + 60 * DAY,
    extra: tuple[tuple[Any, bool], ...] = (),
    aki: bytes | None = None,
    critical_san: bool = False,
) -> Made:
    """Sign a certificate. `ca` None leaves basicConstraints out, `sign_certs` None leaves keyUsage out."""
    own = key(kind, key_tag if key_tag is not None else (subject or "") + kind)
    signer = issuer.key if issuer else own
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)] if subject else [])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.cert.subject if issuer else name)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
    )
    identifier = aki or (
        x509.SubjectKeyIdentifier.from_public_key(signer.public_key()).digest if issuer else None
    )
    if identifier:
        builder = builder.add_extension(x509.AuthorityKeyIdentifier(identifier, None, None), critical=False)
    names: list[x509.GeneralName] = [x509.DNSName(n) for n in dns]
    names += [x509.IPAddress(ipaddress.ip_address(n)) for n in ips]
    names += [x509.RFC822Name(n) for n in emails] + [x509.UniformResourceIdentifier(n) for n in uris]
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=critical_san)
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, path_length), critical=True)
    if sign_certs is not None:
        bits = {"key_cert_sign": sign_certs, "digital_signature": not sign_certs}
        others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
        usage = x509.KeyUsage(
            **bits, **dict.fromkeys((*others, "crl_sign", "encipher_only", "decipher_only"), False)
        )
        builder = builder.add_extension(usage, critical=True)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    if permit or exclude:
        builder = builder.add_extension(x509.NameConstraints(permit or None, exclude or None), critical=True)
    for value, critical in extra:
        builder = builder.add_extension(value, critical=critical)
    algorithm = None if isinstance(signer, ed25519.Ed25519PrivateKey) else digest or hashes.SHA256()
    return Made(builder.sign(signer, algorithm), own)


def root(name: str = "Root", **changes: Any) -> Made:
    changes.setdefault("end", AT + 3650 * DAY)
    return make(name, **{"ca": True, "sign_certs": True, **changes})


def intermediate(issuer: Made, name: str = "Intermediate", **changes: Any) -> Made:
    changes.setdefault("end", AT + 1000 * DAY)
    return make(name, issuer, **{"ca": True, "sign_certs": True, **changes})


def leaf(issuer: Made, name: str | None = HOST, **changes: Any) -> Made:
    return make(name, issuer, **{"dns": (HOST,), "purposes": SERVER, **changes})


def judge(
    *sent: Made | bytes,
    anchors: tuple[Made | bytes, ...],
    anchor_class: str = "user",
    host: str | None = HOST,
    **asked: Any,
) -> Verdict:
    """Evaluate what was SENT, the leaf first."""
    trusted = [Anchor.parse(der, anchor_class) for der in _ders(anchors)]
    return evaluate(_ders(sent), host=host, at=asked.pop("at", AT), anchors=trusted, **asked)


def _ders(given: Iterable[Made | bytes]) -> list[bytes]:
    return [one if isinstance(one, bytes) else one.der for one in given]


def chain(
    anchor_class: str = "user",
    *,
    ca: dict | None = None,
    mid: dict | None = None,
    host: str | None = HOST,
    **changes: Any,
) -> Verdict:
    """Root, intermediate, leaf; CA and MID change the issuers, the rest the leaf. All are sent but the root."""
    top = root(**(ca or {}))
    middle = intermediate(top, **(mid or {}))
    asked = {name: changes.pop(name) for name in ("at", "policy", "ats", "ats_applies") if name in changes}
    return judge(
        leaf(middle, **changes), middle, anchors=(top,), anchor_class=anchor_class, host=host, **asked
    )


def outcome(verdict: Verdict, rule_id: str, position: int | None = None) -> Outcome:
    """What RULE_ID said of the certificate at POSITION, or its strongest answer anywhere in the path."""
    said = [o.outcome for o in verdict.outcomes if o.rule_id == rule_id and position in (None, o.position)]
    order = [Outcome.FAILED, Outcome.PASSED, Outcome.NOT_IN_FORCE, Outcome.NOT_APPLICABLE]
    return min(said, key=order.index)


def headline(verdict: Verdict) -> str | None:
    return verdict.headline.rule_id if verdict.headline else None
