"""A list of keys accepts a renewal for the same key, and no other key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from pki.handshake.acceptance.client_policies import AllowList, BySpki
from pki.model.alerts import ACCESS_DENIED

START = datetime(2026, 1, 1, tzinfo=UTC)


def certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "client")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    return builder.not_valid_before(START).not_valid_after(START + timedelta(days=9)).sign(key, SHA256())


def test_a_renewal_for_the_same_key_is_accepted_and_another_key_is_not() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    first, renewed = certificate(key), certificate(key)
    stranger = certificate(ec.generate_private_key(ec.SECP256R1()))

    policy = BySpki.of([first])

    assert policy.judge(renewed.public_bytes(Encoding.DER)) is None
    assert AllowList.of([first]).judge(renewed.public_bytes(Encoding.DER)) is not None
    refusal = policy.judge(stranger.public_bytes(Encoding.DER))
    assert refusal is not None
    assert refusal.alert == ACCESS_DENIED
    assert policy.description == "holds one of 1 key"
