"""Departures: each changes the one thing it is named for, and the signature holds unless it is the thing."""

from __future__ import annotations

import re
import subprocess
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import InvalidRequest
from pki.issue import Authority, KeyType, defects
from pki.issue.defects import Defect, Draft, WeakKey, sign_again, weak_key, with_defects
from pki.issue.randomness import RANDOM
from pki.issue.seeded import SeededRandomness
from pki.model import oids
from pki.model.certificate import CertFacts
from pki.model.identity import Identity
from pki.model.signatures import signed_by
from tests.openssl import OPENSSL

KINDS = [KeyType.P256, KeyType.P384, KeyType.P521, KeyType.RSA2048, KeyType.ED25519]


@pytest.fixture(scope="module")
def authority(at: datetime) -> Authority:
    return Authority.create(name="Departing CA", at=at)


@pytest.fixture(scope="module")
def good(authority: Authority, at: datetime) -> Identity:
    return authority.issue_server("api.test", at=at)


DEFECTS: list[tuple[str, Defect, set[str]]] = [
    ("bad_signature", defects.bad_signature, {"spoiled"}),
    ("signed_with", defects.signed_with("sha1"), {"digest"}),
    ("as_version_1", defects.as_version_1, {"version", "extensions"}),
    ("with_serial", defects.with_serial(-1), {"serial"}),
    ("with_validity", defects.with_validity(*[datetime(2020, 1, d, tzinfo=UTC) for d in (1, 2)]), {"validity"}),
    ("with_subject", defects.with_subject(bytes.fromhex("300e310c300a06035504030c03616263")), {"subject"}),
    ("with_printable_subject", defects.with_printable_subject, {"subject"}),
    ("without_subject", defects.without_subject, {"subject"}),
    ("with_another_key", defects.with_another_key(ec.generate_private_key(ec.SECP256R1()).public_key()), {"public_key"}),
    ("with_extension", defects.with_extension(x509.OCSPNoCheck()), {"extensions"}),
    ("with_issuer_url", defects.with_issuer_url("http://ca.test/issuer.der"), {"extensions"}),
    ("without_extension", defects.without_extension(oids.SUBJECT_ALT_NAME), {"extensions"}),
    ("duplicate_extension", defects.duplicate_extension(oids.SUBJECT_ALT_NAME), {"extensions"}),
    ("second_names", defects.second_names("other.test"), {"extensions"}),
    ("written_names", defects.written_names("API.test", "w*.test"), {"extensions"}),
    ("unknown_critical_extension", defects.unknown_critical_extension(), {"extensions"}),
    ("critical_extension", defects.critical_extension(oids.SUBJECT_ALT_NAME), {"extensions"}),
    ("not_critical", defects.not_critical(oids.KEY_USAGE), {"extensions"}),
    ("for_purposes", defects.for_purposes(oids.CLIENT_AUTH), {"extensions"}),
    ("is_a_ca", defects.is_a_ca, {"extensions"}),
    ("not_a_ca", defects.not_a_ca, {"extensions"}),
    ("ca_false_spelled_out", defects.ca_false_spelled_out, {"extensions"}),
    ("with_path_length", defects.with_path_length(0), {"extensions"}),
    ("without_cert_sign", defects.without_cert_sign, {"extensions"}),
    ("permitting_only", defects.permitting_only("other.test"), {"extensions"}),
    ("permitting_with_maximum", defects.permitting_with_maximum("other.test"), {"extensions"}),
    ("foreign_key_id", defects.foreign_key_id, {"extensions"}),
    ("changing_extensions", defects.changing_extensions(lambda listed: listed[::-1]), {"extensions"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "departure", "changed"), DEFECTS, ids=[row[0] for row in DEFECTS])
def test_a_departure_changes_its_own_field_and_is_signed(
    name: str, departure: Defect, changed: set[str], good: Identity, authority: Authority
) -> None:
    der = good.certificate.public_bytes(Encoding.DER)
    before, after = Draft.read(der), departure(Draft.read(der))
    assert {f.name for f in fields(Draft) if getattr(before, f.name) != getattr(after, f.name)} == changed
    odd = sign_again(der, departure, key=authority.issuing.key)
    issuer = CertFacts.parse(authority.issuing.certificate.public_bytes(Encoding.DER))
    assert signed_by(CertFacts.parse(odd), issuer) is (name != "bad_signature")
    assert sign_again(der, departure, key=authority.issuing.key) == odd


def test_every_departure_has_a_row() -> None:
    others = {"Defect", "Draft", "WeakKey", "with_defects", "sign_again", "weak_key", "signed_with_pss"}
    assert {row[0] for row in DEFECTS} == set(defects.__all__) - others
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        defects.nothing  # noqa: B018


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_without_a_departure_only_the_signature_is_new(kind: KeyType, at: datetime) -> None:
    """Of EdDSA and RSA not even that, which are signed without randomness anyway."""
    authority = Authority.create(name="CA", at=at, key_type=kind)
    leaf = authority.issue_server("api.test", at=at).certificate
    again = with_defects(leaf, key=authority.issuing.key)
    assert again.tbs_certificate_bytes == leaf.tbs_certificate_bytes
    assert (again == leaf) is (kind in (KeyType.RSA2048, KeyType.ED25519))
    again.verify_directly_issued_by(authority.issuing.certificate)


@pytest.mark.parametrize(
    ("digest", "kind", "oid"),
    [
        pytest.param("md5", KeyType.RSA2048, "1.2.840.113549.1.1.4", id="MD5 with RSA"),
        pytest.param("sha1", KeyType.RSA2048, "1.2.840.113549.1.1.5", id="SHA-1 with RSA"),
        pytest.param("sha224", KeyType.RSA2048, "1.2.840.113549.1.1.14", id="SHA-224 with RSA"),
        pytest.param("sha256", KeyType.RSA2048, "1.2.840.113549.1.1.11", id="SHA-256 with RSA"),
        pytest.param("sha384", KeyType.RSA2048, "1.2.840.113549.1.1.12", id="SHA-384 with RSA"),
        pytest.param("sha512", KeyType.RSA2048, "1.2.840.113549.1.1.13", id="SHA-512 with RSA"),
        pytest.param("sha1", KeyType.P256, "1.2.840.10045.4.1", id="SHA-1 with ECDSA"),
        pytest.param("sha224", KeyType.P256, "1.2.840.10045.4.3.1", id="SHA-224 with ECDSA"),
        pytest.param("sha384", KeyType.P256, "1.2.840.10045.4.3.3", id="SHA-384 with ECDSA"),
        pytest.param("sha512", KeyType.P256, "1.2.840.10045.4.3.4", id="SHA-512 with ECDSA"),
    ],
)
def test_a_digest_is_signed_with_and_named(digest: str, kind: KeyType, oid: str, at: datetime) -> None:
    authority = Authority.create(name="CA", at=at, key_type=kind, source=SeededRandomness("digests", kind))
    odd = with_defects(
        authority.issue_server("api.test", at=at).certificate,
        defects.signed_with(digest),
        key=authority.issuing.key,
    )
    assert odd.signature_algorithm_oid.dotted_string == oid
    facts = [CertFacts.parse(c.public_bytes(Encoding.DER)) for c in (odd, authority.issuing.certificate)]
    assert signed_by(facts[0], facts[1])


@pytest.mark.slow
@pytest.mark.parametrize("kind", [KeyType.RSA2048, KeyType.RSA4096])
def test_a_signature_by_pss_is_one_that_others_verify_and_comes_again(kind: KeyType, at: datetime) -> None:
    authority = Authority.create(name="CA", at=at, key_type=kind, source=SeededRandomness("pss"))
    good = authority.issue_server("api.test", at=at).certificate
    odd = with_defects(good, defects.signed_with_pss, key=authority.issuing.key)
    assert with_defects(good, defects.signed_with_pss, key=authority.issuing.key) == odd
    assert odd.signature_algorithm_oid.dotted_string == "1.2.840.113549.1.1.10"
    odd.verify_directly_issued_by(authority.issuing.certificate)


def test_pss_needs_an_rsa_key(good: Identity, authority: Authority) -> None:
    with pytest.raises(InvalidRequest, match="RSASSA-PSS needs an RSA key"):
        with_defects(good.certificate, defects.signed_with_pss, key=authority.issuing.key)


def extensions(identity: Identity, authority: Authority, *departures: Defect) -> x509.Extensions:
    return with_defects(identity.certificate, *departures, key=authority.issuing.key).extensions


def test_what_a_departure_leaves_reads_as_meant(good: Identity, authority: Authority) -> None:
    names = extensions(good, authority, defects.written_names("API.test", "w*.test"))
    found = names.get_extension_for_class(x509.SubjectAlternativeName)
    assert found.value.get_values_for_type(x509.DNSName) == ["API.test", "w*.test"]
    marked = extensions(good, authority, defects.critical_extension(oids.SUBJECT_ALT_NAME))
    assert marked.get_extension_for_class(x509.SubjectAlternativeName).critical
    assert (
        not extensions(
            good, authority, defects.critical_extension(oids.KEY_USAGE), defects.not_critical(oids.KEY_USAGE)
        )
        .get_extension_for_class(x509.KeyUsage)
        .critical
    )
    with pytest.raises(x509.ExtensionNotFound):
        extensions(good, authority, defects.for_purposes()).get_extension_for_class(x509.ExtendedKeyUsage)
    with pytest.raises(x509.DuplicateExtension):
        _ = extensions(good, authority, defects.second_names("other.test"))


def test_times_are_written_as_their_century_asks(good: Identity, authority: Authority) -> None:
    """RFC 5280, 4.1.2.5: GeneralizedTime from 2050 on."""
    late = datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)
    odd = with_defects(
        good.certificate, defects.with_validity(late, late + timedelta(seconds=1)), key=authority.issuing.key
    )
    assert (odd.not_valid_before_utc, odd.not_valid_after_utc) == (late, late + timedelta(seconds=1))
    der = odd.public_bytes(Encoding.DER)
    elsewhere = late.astimezone(timezone(timedelta(hours=9)))
    assert defects.with_validity(elsewhere, elsewhere)(Draft.read(der)) == defects.with_validity(late, late)(
        Draft.read(der)
    )
    assert b"491231235959Z" in der
    assert b"20500101000000Z" in der


@pytest.mark.parametrize("number", [1, 127, 128, -1, -128, -129, 2**159], ids=str)
def test_any_serial_is_written(number: int, good: Identity, authority: Authority) -> None:
    der = good.certificate.public_bytes(Encoding.DER)
    odd = sign_again(der, defects.with_serial(number), key=authority.issuing.key)
    assert CertFacts.parse(odd).serial == number


@OPENSSL
def test_openssl_reads_the_odd_ones_too(good: Identity, authority: Authority) -> None:

    der = good.certificate.public_bytes(Encoding.DER)
    odd = sign_again(der, defects.ca_false_spelled_out, defects.with_serial(-255), key=authority.issuing.key)
    read = subprocess.run(
        ["openssl", "x509", "-inform", "DER", "-noout", "-serial"], input=odd, capture_output=True, check=True
    )
    assert read.stdout.strip() == b"serial=-FF"


@pytest.mark.parametrize("source", [SeededRandomness(5), RANDOM], ids=["from a seed", "at random"])
@pytest.mark.parametrize("kind", list(WeakKey), ids=str)
def test_weak_keys_are_real_keys(kind: WeakKey, source: object, authority: Authority, at: datetime) -> None:
    key = weak_key(kind, source)  # type: ignore[arg-type]  # a table's row
    assert key.key_size == int(re.search(r"\d{3,}", kind)[0])
    if isinstance(key, rsa.RSAPrivateKey):
        key.private_numbers().private_key()  # OpenSSL checks the primes
    else:
        assert not isinstance(key, ed25519.Ed25519PrivateKey)
