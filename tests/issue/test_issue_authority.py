"""The authority in memory: whom it issues for, what it refuses, and how chains nest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from pki.errors import InvalidRequest
from pki.issue import Authority, KeyType, new_key
from pki.issue.alternative_names import names_in
from pki.issue.keys import check_key, describe, key_type_of, signing_digest
from pki.model.common_names import common_name_in
from pki.model.names import NameKind, SubjectName
from tests.openssl import OPENSSL, openssl_refusal

LONG = "a" * 60 + ".example.test"  # 73 characters: a host name and no CommonName


@pytest.fixture(scope="module")
def authority(at: datetime) -> Authority:
    return Authority.create(name="Test CA", at=at)


def path_length(certificate: x509.Certificate) -> int | None:
    return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length


def test_a_new_authority_is_a_root_and_an_intermediate(authority: Authority) -> None:
    assert [common_name_in(c.subject) for c in authority.chain] == ["Test CA Intermediate", "Test CA"]
    assert authority.root.subject == authority.root.issuer
    assert authority.parent is not None
    assert authority.parent.issuing.certificate == authority.root
    assert authority.parent.parent is None


def test_an_identity_knows_its_issuers_and_sends_no_root(authority: Authority, at: datetime) -> None:
    identity = authority.issue_server("api.test", at=at)
    assert identity.issuers == authority.chain
    assert identity.root == authority.root
    assert identity.sent_chain == (identity.certificate, authority.issuing.certificate)


@pytest.mark.parametrize(
    ("names", "kinds", "common_name"),
    [
        pytest.param(["API.test"], [x509.DNSName], "api.test", id="host names are lower-case"),
        pytest.param(["bücher.test"], [x509.DNSName], "xn--bcher-kva.test", id="IDNs become A-labels"),
        pytest.param(["*.test.example"], [x509.DNSName], "*.test.example", id="a wildcard is a host name"),
        pytest.param(["192.168.1.20"], [x509.IPAddress], "192.168.1.20", id="an IPv4 address"),
        pytest.param(["[::1]"], [x509.IPAddress], "::1", id="an IPv6 address in brackets"),
        pytest.param(
            ["::1", "a.test"], [x509.IPAddress, x509.DNSName], "a.test", id="the CommonName is a host"
        ),
        pytest.param(["a.test", "A.test", "a.test"], [x509.DNSName], "a.test", id="no name twice"),
        pytest.param([LONG], [x509.DNSName], "", id="no CommonName when the host is too long for one"),
        pytest.param([LONG, "b.test"], [x509.DNSName] * 2, "b.test", id="the first host that fits"),
        pytest.param([LONG, "::1"], [x509.DNSName, x509.IPAddress], "", id="no address beside a host"),
        pytest.param(
            ["a.test", "ops@a.test"], [x509.DNSName, x509.RFC822Name], "a.test", id="a mailbox beside a host"
        ),
        pytest.param(
            ["spiffe://a.test/x"], [x509.UniformResourceIdentifier], "spiffe://a.test/x", id="a URI"
        ),
        pytest.param(
            [SubjectName(NameKind.DNS, "x.test")], [x509.DNSName], "x.test", id="a name read before"
        ),
    ],
)
def test_server_names(
    authority: Authority, at: datetime, names: list[str], kinds: list[type], common_name: str
) -> None:
    certificate = authority.issue_server(*names, at=at).certificate
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert [type(name) for name in found.value] == kinds
    assert common_name_in(certificate.subject) == common_name
    assert found.critical is (common_name == "")  # RFC 5280, 4.2.1.6


@pytest.mark.parametrize(
    ("names", "common_name", "alternatives"),
    [
        pytest.param(["alice"], "alice", (), id="a plain name is the CommonName alone"),
        pytest.param(["Alice Ünal"], "Alice Ünal", (), id="any script, and spaces"),
        pytest.param(["bob@x.test"], "bob@x.test", ("bob@x.test",), id="a mailbox is a SAN as well"),
        pytest.param(["spiffe://x.test/a"], "spiffe://x.test/a", ("spiffe://x.test/a",), id="a URI is too"),
        pytest.param(["alice", "a@x.test"], "alice", ("a@x.test",), id="further names are SANs"),
        pytest.param(["a@x.test", "a@x.test"], "a@x.test", ("a@x.test",), id="each of them once"),
    ],
)
def test_client_names(
    authority: Authority, at: datetime, names: list[str], common_name: str, alternatives: tuple[str, ...]
) -> None:
    certificate = authority.issue_client(*names, at=at).certificate
    assert common_name_in(certificate.subject) == common_name
    assert names_in(certificate) == alternatives


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        pytest.param("", "cannot be a name", id="nothing"),
        pytest.param(" alice", "cannot be a name", id="space before it"),
        pytest.param("a\nb", "cannot be a name", id="a line break"),
        pytest.param("a\udcffb", "cannot be a name", id="bytes that were no text"),
        pytest.param("a" * 65, "65 characters", id="one character more than a CommonName holds"),
        pytest.param("a@b@", "not an e-mail address", id="no mailbox"),
    ],
)
def test_names_no_client_can_have(authority: Authority, at: datetime, name: str, problem: str) -> None:
    with pytest.raises(InvalidRequest, match=problem):
        authority.issue_client(name, at=at)


def test_a_server_without_a_name_is_refused(authority: Authority, at: datetime) -> None:
    with pytest.raises(InvalidRequest, match="needs a name"):
        authority.issue_server(at=at)


def test_a_common_name_can_be_given_or_left_out(authority: Authority, at: datetime) -> None:
    assert authority.issue_server("a.test", at=at, common_name="My server").common_name == "My server"
    assert authority.issue_server("a.test", at=at, common_name="").common_name == ""


@pytest.mark.parametrize("name", ["", "x" * 65, "x" * 52])
def test_names_no_authority_can_have(at: datetime, name: str) -> None:
    with pytest.raises(InvalidRequest):
        Authority.create(name=name, at=at)  # the last leaves no room for " Intermediate"


@pytest.mark.parametrize(
    ("levels_below", "lengths"),
    [
        pytest.param(1, [1, 2], id="room for one authority below the intermediate"),
        pytest.param(0, [0, 1], id="room for none"),
        pytest.param(3, [3, 4], id="room for three"),
    ],
)
def test_path_lengths_follow_from_the_chain(at: datetime, levels_below: int, lengths: list[int]) -> None:
    authority = Authority.create(name="Deep CA", at=at, levels_below=levels_below)
    assert [path_length(c) for c in authority.chain] == lengths
    for depth in range(levels_below):
        authority = authority.issue_intermediate(f"Below {depth}", at=at)
        assert path_length(authority.issuing.certificate) == levels_below - depth - 1
    with pytest.raises(InvalidRequest, match="its path length is 0"):
        authority.issue_intermediate("Too deep", at=at)


@OPENSSL
def test_openssl_accepts_a_chain_of_four(tmp_path: Path, authority: Authority, at: datetime) -> None:
    below = authority.issue_intermediate("Team A", at=at)
    identity = below.issue_server("api.test", at=at)
    assert len(identity.issuers) == 3
    assert openssl_refusal(tmp_path, (identity.certificate, *identity.issuers)) == ""


def test_an_authority_below_needs_a_name_of_its_own(authority: Authority, at: datetime) -> None:
    with pytest.raises(InvalidRequest, match="name of an authority above"):
        authority.issue_intermediate("Test CA Intermediate", at=at)


def test_nothing_outlives_any_of_its_issuers(at: datetime) -> None:
    authority = Authority.create(name="Old CA", at=at - timedelta(days=1825 - 10))
    assert authority.issue_server("a.test", at=at).certificate.not_valid_after_utc == authority.ends
    below = authority.issue_intermediate("Below", at=at, days=5)
    assert authority.ends > below.ends == below.issue_client("a", at=at).certificate.not_valid_after_utc
    assert below.ends == below.issue_server("a.test", at=at, days=900).certificate.not_valid_after_utc


def test_an_expired_authority_issues_nothing_new(at: datetime) -> None:
    authority = Authority.create(name="Dead CA", at=at - timedelta(days=2000))
    with pytest.raises(InvalidRequest, match="after its issuer's end"):
        authority.issue_server("a.test", at=at)


def test_what_apple_refuses_is_issued_all_the_same(authority: Authority, at: datetime) -> None:
    identity = authority.issue_server("a.test", at=at, days=900, key_type=KeyType.ED25519)
    lifetime = identity.certificate.not_valid_after_utc - identity.certificate.not_valid_before_utc
    assert lifetime == timedelta(days=900)


def test_a_long_gone_certificate_can_be_made(authority: Authority, at: datetime) -> None:
    certificate = authority.issue_server(
        "a.test", at=at, not_before="1999-01-01", not_after="2000-01-01"
    ).certificate
    assert certificate.not_valid_after_utc == datetime(2000, 1, 1, tzinfo=UTC)


def test_no_key_shows_in_a_repr(authority: Authority) -> None:
    assert "key" not in repr(authority).lower()


@pytest.mark.parametrize(
    ("key_type", "kind", "digest", "words"),
    [
        pytest.param(KeyType.P256, ec.EllipticCurvePrivateKey, "sha256", "P-256", id="P-256 with SHA-256"),
        pytest.param(KeyType.P384, ec.EllipticCurvePrivateKey, "sha384", "P-384", id="P-384 with SHA-384"),
        pytest.param(KeyType.P521, ec.EllipticCurvePrivateKey, "sha512", "P-521", id="P-521 with SHA-512"),
        pytest.param(KeyType.RSA2048, rsa.RSAPrivateKey, "sha256", "RSA-2048", id="RSA with SHA-256"),
        pytest.param(KeyType.ED25519, ed25519.Ed25519PrivateKey, None, "Ed25519", id="Ed25519 with its own"),
    ],
)
def test_keys(key_type: KeyType, kind: type, digest: str | None, words: str) -> None:
    key = new_key(key_type)
    chosen = signing_digest(key)
    assert isinstance(key, kind)
    assert (chosen.name if chosen else None) == digest
    assert describe(key) == describe(key.public_key()) == words
    assert key_type_of(key) == key_type_of(key.public_key()) == key_type
    check_key(key.public_key())


def test_only_ed25519_is_labelled_as_refused_by_apple() -> None:
    assert [key_type for key_type in KeyType if key_type.refused_by_apple] == [KeyType.ED25519]
