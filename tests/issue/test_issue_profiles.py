"""What each kind of certificate carries, read back from the certificates themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose

from pki.issue import Authority, KeyType, new_key
from pki.issue.builder import Signer, certify, new_serial
from pki.issue.profiles import BACKDATE, PROFILES, SERVER, CertificateKind, Usage
from pki.issue.subjects import subject_named
from pki.issue.validity import plan
from pki.model.names import parse_subject_name
from tests.openssl import OPENSSL, openssl_refusal

BC, KU, EKU, SAN = x509.BasicConstraints, x509.KeyUsage, x509.ExtendedKeyUsage, x509.SubjectAlternativeName
SKI, AKI = x509.SubjectKeyIdentifier, x509.AuthorityKeyIdentifier


@pytest.fixture(scope="module")
def authority(at: datetime) -> Authority:
    return Authority.create(name="Profile CA", at=at)


@pytest.fixture(scope="module")
def made(authority: Authority, at: datetime) -> dict[CertificateKind, x509.Certificate]:
    return {
        CertificateKind.ROOT: authority.root,
        CertificateKind.INTERMEDIATE: authority.issuing.certificate,
        CertificateKind.SERVER: authority.issue_server("api.test", at=at).certificate,
        CertificateKind.CLIENT: authority.issue_client("alice@example.test", at=at).certificate,
    }


@pytest.mark.parametrize(
    ("kind", "critical", "not_critical"),
    [
        pytest.param(CertificateKind.ROOT, {BC, KU}, {SKI}, id="a root names no issuer key: it is its own"),
        pytest.param(
            CertificateKind.INTERMEDIATE, {BC, KU}, {SKI, AKI}, id="an intermediate has no purposes"
        ),
        pytest.param(
            CertificateKind.SERVER, {KU}, {SAN, EKU, SKI, AKI}, id="a server has no basicConstraints"
        ),
        pytest.param(
            CertificateKind.CLIENT, {KU}, {SAN, EKU, SKI, AKI}, id="a client has no basicConstraints"
        ),
    ],
)
def test_extensions(
    made: dict[CertificateKind, x509.Certificate],
    kind: CertificateKind,
    critical: set[type],
    not_critical: set[type],
) -> None:
    extensions = made[kind].extensions
    assert {type(e.value) for e in extensions if e.critical} == critical
    assert {type(e.value) for e in extensions if not e.critical} == not_critical


@pytest.mark.parametrize(
    ("kind", "key_type", "usages"),
    [
        pytest.param(
            CertificateKind.ROOT, KeyType.P256, {Usage.KEY_CERT_SIGN, Usage.CRL_SIGN}, id="a CA signs both"
        ),
        pytest.param(
            CertificateKind.ROOT, KeyType.RSA2048, {Usage.KEY_CERT_SIGN, Usage.CRL_SIGN}, id="an RSA CA too"
        ),
        pytest.param(
            CertificateKind.SERVER, KeyType.P256, {Usage.DIGITAL_SIGNATURE}, id="an EC server signs"
        ),
        pytest.param(
            CertificateKind.SERVER,
            KeyType.RSA2048,
            {Usage.DIGITAL_SIGNATURE, Usage.KEY_ENCIPHERMENT},
            id="an RSA server also takes part in static RSA suites",
        ),
        pytest.param(
            CertificateKind.SERVER, KeyType.ED25519, {Usage.DIGITAL_SIGNATURE}, id="an Ed25519 server signs"
        ),
        pytest.param(
            CertificateKind.CLIENT, KeyType.RSA2048, {Usage.DIGITAL_SIGNATURE}, id="a client only signs"
        ),
    ],
)
def test_key_usage(at: datetime, kind: CertificateKind, key_type: KeyType, usages: set[Usage]) -> None:
    key = new_key(key_type)
    certificate = certify(
        PROFILES[kind],
        signer=Signer.self_signed(subject_named("x"), key),
        subject=subject_named("x"),
        names=(),
        public_key=key.public_key(),
        validity=plan(PROFILES[kind], at=at),
        serial=1,
    )
    found = certificate.extensions.get_extension_for_class(KU).value
    assert {usage for usage in Usage if getattr(found, usage)} == usages


@pytest.mark.parametrize(
    ("kind", "purposes"),
    [
        pytest.param(CertificateKind.SERVER, [Purpose.SERVER_AUTH], id="a server is no client"),
        pytest.param(CertificateKind.CLIENT, [Purpose.CLIENT_AUTH], id="a client is no server"),
    ],
)
def test_purposes(
    made: dict[CertificateKind, x509.Certificate], kind: CertificateKind, purposes: list[object]
) -> None:
    assert list(made[kind].extensions.get_extension_for_class(EKU).value) == purposes


@pytest.mark.parametrize(
    ("kind", "days"),
    [
        pytest.param(CertificateKind.ROOT, 3650, id="a root lasts ten years"),
        pytest.param(CertificateKind.INTERMEDIATE, 1825, id="an intermediate lasts five"),
        pytest.param(CertificateKind.SERVER, 397, id="a server lasts 397 days"),
        pytest.param(CertificateKind.CLIENT, 397, id="a client lasts 397 days"),
    ],
)
def test_lifetime(
    made: dict[CertificateKind, x509.Certificate], at: datetime, kind: CertificateKind, days: int
) -> None:
    certificate = made[kind]
    assert certificate.not_valid_before_utc == at - BACKDATE
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(days=days)


def test_every_issuer_key_identifier_matches_the_issuer(
    made: dict[CertificateKind, x509.Certificate],
) -> None:
    def key_id(kind: CertificateKind) -> bytes:
        return made[kind].extensions.get_extension_for_class(SKI).value.digest

    def issuer_key_id(kind: CertificateKind) -> bytes | None:
        return made[kind].extensions.get_extension_for_class(AKI).value.key_identifier

    assert issuer_key_id(CertificateKind.INTERMEDIATE) == key_id(CertificateKind.ROOT)
    assert (
        issuer_key_id(CertificateKind.SERVER)
        == issuer_key_id(CertificateKind.CLIENT)
        == key_id(CertificateKind.INTERMEDIATE)
    )


@pytest.mark.parametrize(
    ("octets", "serial"),
    [
        pytest.param(b"\xff" * 20, 2**159 - 1, id="the largest serial keeps the sign bit clear"),
        pytest.param(b"\x00" * 20, 1, id="zero is not positive"),
        pytest.param(b"\x00" * 19 + b"\x02", 1, id="the lowest bit is the one dropped"),
    ],
)
def test_serials_are_positive_and_fit_twenty_octets(octets: bytes, serial: int) -> None:
    assert new_serial(lambda count: octets[:count]) == serial


def test_serials_differ_and_use_their_range() -> None:
    serials = {new_serial() for _ in range(1000)}
    assert len(serials) == 1000
    assert max(serials).bit_length() in (158, 159)


# RSA-4096 would show nothing that RSA-3072 does not, after seconds of looking for primes.
@pytest.mark.parametrize("key_type", [key_type for key_type in KeyType if key_type is not KeyType.RSA4096])
@OPENSSL
def test_openssl_accepts_a_chain_of_every_key_type(tmp_path: Path, at: datetime, key_type: KeyType) -> None:
    authority = Authority.create(name="Any Key CA", at=at, key_type=key_type)
    identity = authority.issue_server("api.test", at=at, key_type=key_type)
    assert openssl_refusal(tmp_path, (identity.certificate, *identity.issuers), "-purpose", "sslserver") == ""


@OPENSSL
def test_a_defect_is_a_replaced_profile(tmp_path: Path, authority: Authority, at: datetime) -> None:
    leaf = authority.certify(
        replace(SERVER, purposes=()),
        common_name="api.test",
        names=(parse_subject_name("api.test"),),
        public_key=new_key().public_key(),
        validity=plan(SERVER, at=at),
    )
    assert not any(isinstance(e.value, EKU) for e in leaf.extensions)
    assert openssl_refusal(tmp_path, (leaf, *authority.chain)) == ""
