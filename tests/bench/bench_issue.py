"""Issuing beside its peers: the bare `cryptography` builder, and trustme. Run: python -m tests.bench.bench_issue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pki.issue import Authority
from tests import clock
from tests.bench.timing import Row, interleaved, print_rows

HOST = "api.example.test"
ROUNDS, PER_ROUND = 41, 50


def rows() -> list[Row]:
    """Measure, interleaved, so that a slow moment of the machine hits both sides."""
    authority = Authority.create(name="Bench CA", at=clock.now())
    at = clock.now()
    trustme_ca = trustme.CA()
    ours, raw, theirs = interleaved(
        lambda: authority.issue_server(HOST, at=at),
        bare_builder(),
        lambda: trustme_ca.issue_cert(HOST),
        rounds=ROUNDS,
        per_round=PER_ROUND,
    )
    return [
        Row("Authority.issue_server, P-256 / bare cryptography builder", ours, raw, 1.25),
        Row("Authority.issue_server, P-256 / trustme.CA.issue_cert", ours, theirs, 1.0),
    ]


def bare_builder() -> Callable[[], object]:
    """The least that a P-256 server certificate costs with the builder's public methods.

    Held constant, as a caller in a loop would: both names, the extensions that do not depend on the new key, the
    times, the issuer's key and the digest. Key and serial are made each time, as on our side.
    """
    issuer_key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Bench CA Intermediate")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    start = clock.now()
    end = start + timedelta(days=397)
    names = x509.SubjectAlternativeName([x509.DNSName(HOST)])
    usage = x509.KeyUsage(True, *[False] * 8)
    purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    issuer_key_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    curve, digest = ec.SECP256R1(), hashes.SHA256()

    def issue() -> object:
        key = ec.generate_private_key(curve)
        public_key = key.public_key()
        certificate = (
            x509.CertificateBuilder()
            .issuer_name(issuer)
            .subject_name(subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(names, critical=False)
            .add_extension(usage, critical=True)
            .add_extension(purposes, critical=False)
            .add_extension(issuer_key_id, critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .sign(issuer_key, digest)
        )
        return key, certificate

    return issue


if __name__ == "__main__":
    raise SystemExit(print_rows(rows()))
