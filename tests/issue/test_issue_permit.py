"""Name constraints: what we refuse to issue is what verifiers refuse to accept, and nothing else."""

from __future__ import annotations

import contextlib
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from pki.errors import InvalidRequest
from pki.issue import Authority, new_key
from pki.issue.builder import Signer, certify, new_serial
from pki.issue.constraints import parse_permitted, read_excluded, read_permitted
from pki.issue.permitted import Permitted
from pki.issue.profiles import SERVER
from pki.issue.signing import read_names
from pki.issue.subjects import subject_named
from pki.issue.validity import plan
from pki.model.names import NameKind, SubjectName
from pki.trust import Anchor, evaluate
from tests.openssl import OPENSSL, openssl_refusal

DNS_ONLY = ("example.test",)
IP_ONLY = ("192.168.0.0/16",)
MAIL_ONLY = ("@example.test",)
ALL = ("example.test", "localhost", "192.168.0.0/16", "fd00::/8", "@example.test", "spiffe://example.test")


@lru_cache
def constrained(permit: tuple[str, ...], at: datetime) -> Authority:
    return Authority.create(name="Constrained CA", at=at, permit=permit)


CASES = [
    pytest.param(DNS_ONLY, ("example.test",), "", True, id="the permitted host itself"),
    pytest.param(DNS_ONLY, ("a.b.example.test",), "", True, id="a host two labels below"),
    pytest.param(DNS_ONLY, ("*.example.test",), "", True, id="a wildcard below"),
    pytest.param(DNS_ONLY, ("badexample.test",), "", False, id="a host that only ends alike"),
    pytest.param(DNS_ONLY, ("test",), "", False, id="the domain above"),
    pytest.param(DNS_ONLY, ("*.test",), "", False, id="a wildcard above"),
    pytest.param(
        DNS_ONLY, ("a.example.test", "evil.test"), "", False, id="one good name does not excuse a bad one"
    ),
    pytest.param(DNS_ONLY, ("192.168.1.1",), "", False, id="an address, when hosts alone are permitted"),
    pytest.param(DNS_ONLY, ("fd00::1",), "", False, id="an IPv6 address, when hosts alone are permitted"),
    pytest.param(
        DNS_ONLY, ("a@example.test",), "", False, id="a mailbox at a permitted host is another type"
    ),
    pytest.param(
        DNS_ONLY, ("URI:https://example.test/",), "", False, id="a URI at a permitted host is another type"
    ),
    pytest.param(DNS_ONLY, (), "Alice Smith", True, id="no name at all but a person's"),
    pytest.param(DNS_ONLY, (), "alice", True, id="a CommonName of one label is no host"),
    pytest.param(DNS_ONLY, (), "alice.smith", False, id="a CommonName that reads as a host"),
    pytest.param(DNS_ONLY, (), "alice.example.test", True, id="a CommonName that reads as a permitted host"),
    pytest.param(DNS_ONLY, (), "-alice.smith", True, id="a CommonName that no host could have"),
    pytest.param(
        DNS_ONLY, ("example.test",), "evil.test", True, id="a CommonName beside a host name is not read"
    ),
    pytest.param(IP_ONLY, ("192.168.255.255",), "", True, id="an address in the range"),
    pytest.param(IP_ONLY, ("192.169.0.0",), "", False, id="the address after the range"),
    pytest.param(IP_ONLY, ("::ffff:c0a8:101",), "", False, id="an IPv4 address dressed as IPv6"),
    pytest.param(IP_ONLY, ("example.test",), "", False, id="a host, when addresses alone are permitted"),
    pytest.param(
        IP_ONLY, ("192.168.1.1",), "192.168.1.1", False, id="OpenSSL takes an IP CommonName for a host"
    ),
    pytest.param(MAIL_ONLY, ("a@example.test",), "", True, id="a mailbox at the host"),
    pytest.param(MAIL_ONLY, ("a@sub.example.test",), "", False, id="a mailbox at a host below"),
    pytest.param(MAIL_ONLY, ("example.test",), "", False, id="the host of a permitted mailbox"),
    pytest.param(("a@example.test",), ("a@example.test",), "", True, id="the one mailbox"),
    pytest.param(("a@example.test",), ("b@example.test",), "", False, id="another mailbox at its host"),
    pytest.param(
        ALL, ("example.test", "192.168.0.1", "fd12::1", "a@example.test"), "", True, id="one of each"
    ),
    pytest.param(ALL, ("localhost",), "", True, id="a host of one label"),
    pytest.param(ALL, ("spiffe://example.test/web",), "", True, id="a URI at the host"),
    pytest.param(ALL, ("spiffe://sub.example.test/web",), "", False, id="a URI at a host below"),
    pytest.param(ALL, ("::1",), "", False, id="an address outside every range"),
]


@pytest.mark.parametrize(("permit", "names", "common_name", "accepted"), CASES)
@OPENSSL
def test_we_and_openssl_agree(
    tmp_path: Path,
    at: datetime,
    permit: tuple[str, ...],
    names: tuple[str, ...],
    common_name: str,
    accepted: bool,
) -> None:
    authority = constrained(permit, at)
    subject_names = read_names(names)
    validity, public_key = plan(SERVER, at=at), new_key().public_key()
    unchecked = certify(
        SERVER,
        signer=Signer.of(authority.issuing.certificate, authority.issuing.key),
        subject=subject_named(common_name),
        names=subject_names,
        public_key=public_key,
        validity=validity,
        serial=new_serial(),
    )
    refusal = openssl_refusal(tmp_path, (unchecked, *authority.chain))
    assert ("" if accepted else "subtree violation") in refusal
    assert (refusal == "") is accepted
    with contextlib.nullcontext() if accepted else pytest.raises(InvalidRequest, match="Permitted: "):
        authority.certify(
            SERVER, common_name=common_name, names=subject_names, public_key=public_key, validity=validity
        )


EXCLUDED = [
    pytest.param((), ("a.test",), ("b.test",), "", True, id="what is not excluded is free"),
    pytest.param((), ("a.test",), ("x.a.test",), "", False, id="a host below the excluded one"),
    pytest.param((), ("a.test",), ("192.168.1.1",), "", True, id="an address, when a host is excluded"),
    pytest.param((), ("10.0.0.0/8",), ("10.1.2.3",), "", False, id="an address in the excluded range"),
    pytest.param((), ("a.test",), (), "x.a.test", False, id="a CommonName that reads as an excluded host"),
    pytest.param(("test",), ("a.test",), ("b.test",), "", True, id="permitted and not excluded"),
    pytest.param(("test",), ("a.test",), ("a.test",), "", False, id="excluded comes before permitted"),
    pytest.param(("test",), ("a.test",), ("192.168.1.1",), "", False, id="no address is permitted either"),
]


@OPENSSL
@pytest.mark.parametrize(("permit", "exclude", "names", "common_name", "accepted"), EXCLUDED)
def test_what_is_excluded_is_refused_here_and_by_openssl(
    tmp_path: Path,
    at: datetime,
    permit: tuple[str, ...],
    exclude: tuple[str, ...],
    names: tuple[str, ...],
    common_name: str,
    accepted: bool,
) -> None:
    authority = Authority.create(name="Excluding CA", at=at, permit=permit, exclude=exclude)
    assert read_permitted(authority.root) == parse_permitted(permit)
    assert read_excluded(authority.root) == parse_permitted(exclude)
    subject_names, validity, public_key = read_names(names), plan(SERVER, at=at), new_key().public_key()
    unchecked = certify(
        SERVER,
        signer=Signer.of(authority.issuing.certificate, authority.issuing.key),
        subject=subject_named(common_name),
        names=subject_names,
        public_key=public_key,
        validity=validity,
        serial=new_serial(),
    )
    assert (openssl_refusal(tmp_path, (unchecked, *authority.chain)) == "") is accepted
    with contextlib.nullcontext() if accepted else pytest.raises(InvalidRequest, match="certify"):
        authority.certify(
            SERVER, common_name=common_name, names=subject_names, public_key=public_key, validity=validity
        )


@pytest.mark.parametrize(
    ("permit", "exclude", "names"),
    [
        *(pytest.param(case.values[0], (), case.values[1], id=case.id) for case in CASES),
        *(pytest.param(*case.values[:3], id=f"excluding: {case.id}") for case in EXCLUDED),
    ],
)
def test_we_and_an_apple_client_agree(
    at: datetime, permit: tuple[str, ...], exclude: tuple[str, ...], names: tuple[str, ...]
) -> None:
    """Of the names; a CommonName is no host name to Apple."""
    authority = Authority.create(name="Agreeing CA", at=at, permit=permit, exclude=exclude)
    permitted, excluded = parse_permitted(permit), parse_permitted(exclude)
    subject_names, validity = read_names(names), plan(SERVER, at=at)
    certificate = certify(
        SERVER,
        signer=Signer.of(authority.issuing.certificate, authority.issuing.key),
        subject=subject_named("Somebody"),
        names=subject_names,
        public_key=new_key().public_key(),
        validity=validity,
        serial=new_serial(),
    )
    ours = all(
        (permitted is None or permitted.allows(name)) and not (excluded is not None and excluded.allows(name))
        for name in subject_names
    )
    chain = [found.public_bytes(Encoding.DER) for found in (certificate, *authority.chain)]
    verdict = evaluate(chain[:-1], host=None, at=at, anchors=[Anchor.parse(chain[-1])], policy="basic")
    assert verdict.trusted is ours


@pytest.mark.parametrize(("name", "allowed"), [("a.example.test", True), ("example.test", False)])
def test_a_leading_dot_of_another_tool_is_read_as_apple_and_openssl_read_it(name: str, allowed: bool) -> None:
    permitted = Permitted(dns=(".example.test",))
    assert permitted.allows(SubjectName(NameKind.DNS, name)) is allowed


def test_a_user_in_a_uri_is_refused_because_apple_takes_it_for_the_host(at: datetime) -> None:
    with pytest.raises(InvalidRequest, match="names a user"):
        constrained(ALL, at).issue_server("a.example.test", "URI:https://me@example.test/", at=at)


def test_a_root_lives_as_long_as_asked_and_its_intermediate_no_longer(at: datetime) -> None:
    intermediate, root = Authority.create(name="Brief CA", at=at, days=30).chain
    assert (root.not_valid_after_utc - root.not_valid_before_utc).days == 30
    assert intermediate.not_valid_after_utc == root.not_valid_after_utc


def test_a_second_verifier_reads_the_constraints_the_same_way(at: datetime) -> None:
    authority = constrained(ALL, at)
    policy = PolicyBuilder().store(Store([authority.root])).time(at)
    leaf = authority.issue_server("a.example.test", "192.168.1.1", at=at).certificate
    policy.build_server_verifier(x509.DNSName("a.example.test")).verify(leaf, list(authority.chain[:-1]))
    stranger = certify(
        SERVER,
        signer=Signer.of(authority.issuing.certificate, authority.issuing.key),
        subject=subject_named(""),
        names=read_names(["evil.test"]),
        public_key=new_key().public_key(),
        validity=plan(SERVER, at=at),
        serial=new_serial(),
    )
    with pytest.raises(VerificationError, match="name constraints"):
        policy.build_server_verifier(x509.DNSName("evil.test")).verify(stranger, list(authority.chain[:-1]))


def test_root_and_intermediate_both_carry_critical_constraints(at: datetime) -> None:
    for certificate in constrained(DNS_ONLY, at).chain:
        found = certificate.extensions.get_extension_for_class(x509.NameConstraints)
        assert found.critical
        assert found.value.excluded_subtrees is not None  # every address


def test_an_authority_without_limits_has_no_constraints(at: datetime) -> None:
    chain = constrained((), at).chain
    assert [read_permitted(certificate) for certificate in chain] == [None, None]


@pytest.mark.parametrize("permit", [DNS_ONLY, IP_ONLY, MAIL_ONLY, ALL, ("a@example.test",)])
def test_constraints_are_read_back_as_written(at: datetime, permit: tuple[str, ...]) -> None:
    assert read_permitted(constrained(permit, at).root) == parse_permitted(permit)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("*.example.test", "Write example.test", id="subdomains are included anyway"),
        pytest.param(
            ".example.test", "begins with a dot", id="a leading dot, which readers take differently"
        ),
        pytest.param("192.168.1.1/16", "has host bits set", id="a range with host bits"),
        pytest.param("192.168.0.0/33", "is not an address range", id="a range too narrow for IPv4"),
        pytest.param("a b", "is not a name", id="no name"),
        pytest.param("@", "is not a host name", id="no host for mailboxes"),
        pytest.param("urn://", "is not a URI", id="no URI"),
        pytest.param("file:///etc", "has no host", id="a URI without a host"),
        pytest.param("URI:http://[::1", "has no host", id="a URI with half an address"),
    ],
)
def test_what_cannot_be_permitted(text: str, problem: str) -> None:
    with pytest.raises(InvalidRequest, match=problem):
        parse_permitted([text])


def test_an_address_without_a_range_is_that_address_alone() -> None:
    permitted = parse_permitted(["10.0.0.1", "[fd00::1]"])
    assert str(permitted) == "10.0.0.1/32, fd00::1/128"


def test_a_refusal_lists_what_is_permitted(at: datetime) -> None:
    with pytest.raises(InvalidRequest, match=r"evil\.test is outside") as caught:
        constrained(ALL, at).issue_server("evil.test", at=at)
    listed = "example.test, localhost, 192.168.0.0/16, fd00::/8, @example.test, uri://example.test"
    assert caught.value.hint.startswith(f"Permitted: {listed}.")


@OPENSSL
def test_an_address_alone_gets_a_certificate_that_openssl_accepts(tmp_path: Path, at: datetime) -> None:
    identity = constrained(IP_ONLY, at).issue_server("192.168.1.1", at=at)
    assert identity.common_name == ""  # see `server_common_name`
    assert (
        openssl_refusal(tmp_path, (identity.certificate, *identity.issuers), "-verify_ip", "192.168.1.1")
        == ""
    )


@pytest.mark.parametrize(
    ("above", "below", "fits"),
    [
        pytest.param(DNS_ONLY, ("sub.example.test",), True, id="a host below"),
        pytest.param(DNS_ONLY, ("test",), False, id="the host above"),
        pytest.param(DNS_ONLY, ("10.0.0.0/8",), False, id="another type"),
        pytest.param(ALL, ("192.168.7.0/24", "fd00::/16"), True, id="narrower ranges"),
        pytest.param(ALL, ("192.0.0.0/8",), False, id="a wider range"),
        pytest.param(ALL, ("::/0",), False, id="every IPv6 address"),
        pytest.param(ALL, ("a@example.test", "@example.test"), True, id="mailboxes"),
        pytest.param(ALL, ("@test",), False, id="mailboxes elsewhere"),
        pytest.param(ALL, ("URI:https://example.test",), True, id="another scheme at the same host"),
        pytest.param(ALL, ("URI:https://evil.test",), False, id="URIs elsewhere"),
        pytest.param((), ("anything.test",), True, id="under no limits anything fits"),
    ],
)
def test_an_authority_below_reaches_no_further(
    at: datetime, above: tuple[str, ...], below: tuple[str, ...], fits: bool
) -> None:
    authority = constrained(above, at)
    if not fits:
        with pytest.raises(InvalidRequest, match="reaches beyond"):
            authority.issue_intermediate("Below", at=at, permit=below)
        return
    lower = authority.issue_intermediate("Below", at=at, permit=below)
    assert read_permitted(lower.issuing.certificate) == parse_permitted(below)


def test_an_authority_below_is_bound_by_both(at: datetime) -> None:
    lower = constrained(ALL, at).issue_intermediate(
        "Below", at=at, permit=["api.example.test", "192.168.1.0/24"]
    )
    assert lower.issue_server("x.api.example.test", "192.168.1.1", at=at)
    for outside in ("www.example.test", "192.168.2.1", "fd00::1", "evil.test"):
        with pytest.raises(InvalidRequest, match="outside"):
            lower.issue_server(outside, at=at)
