"""The rules that only the policies `rfc5280` and `webpki` ask, on both sides of their edges."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from pki.issue.defects import Defect, Draft, as_version_1, changing_extensions, sign_again
from pki.model.der import encode as tlv
from pki.model.verdict import BoundParty, Outcome, Verdict
from pki.trust import Anchor, evaluate
from pki.trust.rules import RULES
from tests.chains import (
    ANY,
    AT,
    CLIENT,
    DAY,
    HOST,
    SERVER,
    Made,
    chain,
    intermediate,
    judge,
    leaf,
    make,
    outcome,
    root,
)

PASSED, FAILED, ABSENT = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_APPLICABLE
Build = Callable[[], Verdict]


book, web = partial(chain, policy="rfc5280"), partial(chain, policy="webpki")


def odd_leaf(change: Defect, *, policy: str = "rfc5280", **changes: Any) -> Verdict:
    top = root()
    return odd(sign_again(leaf(top, **changes).der, change, key=top.key), top.der, policy)


def odd_root(change: Defect, *, policy: str = "rfc5280") -> Verdict:
    top = root()
    return odd(leaf(top).der, sign_again(top.der, change, key=top.key), policy)


def odd(server: bytes, anchor: bytes, policy: str) -> Verdict:
    return judge(server, anchors=(anchor,), policy=policy)


def serial(content: bytes) -> Defect:
    return lambda draft: replace(draft, serial=tlv(2, content))


def as_version_2(draft: Draft) -> Draft:
    return replace(draft, version=tlv(0xA0, b"\2\1\1"))


def without(oid: str) -> Defect:
    return changing_extensions(lambda extensions: [e for e in extensions if bytes.fromhex(oid) not in e])


def plus(extension: bytes) -> Defect:
    return changing_extensions(lambda extensions: [*extensions, extension])


def authority_identifier(*fields: bytes) -> bytes:
    return tlv(0x30, bytes.fromhex("0603551d23"), tlv(4, tlv(0x30, *fields)))


def own_identifier(made: Made) -> bytes:
    return x509.SubjectKeyIdentifier.from_public_key(made.key.public_key()).digest


AKI, SKI = "0603551d23", "0603551d0e"
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
DNS_TREE = (x509.DNSName("test.example"),)
NC_PLAIN = x509.NameConstraints(DNS_TREE, None)
CRITICAL_AIA = x509.AuthorityInformationAccess(
    [
        x509.AccessDescription(
            x509.oid.AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://o.test")
        )
    ]
)
LEADING_DOT = (x509.DNSName(".test.example"),)
EMPTY_CONSTRAINTS = tlv(0x30, bytes.fromhex("0603551d1e0101ff"), tlv(4, tlv(0x30)))
TWO_AT = x509.UnrecognizedExtension(
    x509.oid.ExtensionOID.SUBJECT_ALTERNATIVE_NAME, tlv(0x30, tlv(0x81, b"a@b@test.example"))
)
ROOT = root()
PATH_LENGTH_ALONE = (
    x509.UnrecognizedExtension(x509.oid.ExtensionOID.BASIC_CONSTRAINTS, tlv(0x30, b"\2\1\0")),
    True,
)
NOTICE, ODD = bytes.fromhex("06082b06010505070202"), bytes.fromhex("06032a0304")
NO_PAIR = b"\2\1\0"


def qualified(qualifier: bytes, critical: bool) -> tuple:
    """certificatePolicies of one policy, whose qualifier is of the kind QUALIFIER."""
    policy = tlv(0x30, bytes.fromhex("06032a0301"), tlv(0x30, tlv(0x30, qualifier, tlv(0x30))))
    oid = x509.oid.ExtensionOID.CERTIFICATE_POLICIES
    return (x509.UnrecognizedExtension(oid, tlv(0x30, policy)), critical)


MAIL, URI = x509.RFC822Name, x509.UniformResourceIdentifier
NETWORK = x509.IPAddress(ipaddress.ip_network("192.0.2.0/24"))


def subtree(tree: x509.GeneralName) -> Verdict:
    """An intermediate that excludes TREE."""
    return book(mid={"exclude": (tree,)})


def odd_tree(base: bytes) -> Verdict:
    """An intermediate that excludes a name as encoded in BASE."""
    excluded = tlv(0xA1, tlv(0x30, base))
    constraints = x509.UnrecognizedExtension(x509.oid.ExtensionOID.NAME_CONSTRAINTS, tlv(0x30, excluded))
    return book(mid={"extra": ((constraints, True),)})


def odd_mask(mask: bytes) -> Verdict:
    return odd_tree(tlv(0x87, b"\xc0\0\2\0", mask))


def many_names(count: int) -> tuple:
    names = tlv(0x30, tlv(0x82, HOST.encode()), tlv(0x82, b"a") * (count - 1))
    return (x509.UnrecognizedExtension(x509.oid.ExtensionOID.SUBJECT_ALTERNATIVE_NAME, names), False)


def many_subtrees(count: int) -> tuple:
    trees = tlv(0x30, tlv(0xA1, tlv(0x30, tlv(0x82, b"other.example")) * count))
    return (x509.UnrecognizedExtension(x509.oid.ExtensionOID.NAME_CONSTRAINTS, trees), True)


POLICY_LIMIT = x509.PolicyConstraints(5, None)

CASES: list[tuple[str, str, Outcome, Build]] = [
    ("rfc5280-encoding", "DER and version 3", PASSED, book),
    ("rfc5280-encoding", "extensions in version 2", FAILED, lambda: odd_leaf(as_version_2)),
    ("rfc5280-encoding", "an anchor is a certificate like another", FAILED, lambda: odd_root(as_version_2)),
    ("rfc5280-encoding", "version 1 without extensions", PASSED, lambda: odd_root(as_version_1)),
    ("rfc5280-authority-key-identifier", "there", PASSED, book),
    ("rfc5280-authority-key-identifier", "missing", FAILED, lambda: odd_leaf(without(AKI))),
    (
        "rfc5280-authority-key-identifier",
        "an anchor",
        ABSENT,
        lambda: judge(ROOT, anchors=(ROOT,), policy="rfc5280"),
    ),
    ("rfc5280-subject-key-identifier", "there", PASSED, book),
    ("rfc5280-subject-key-identifier", "missing in the root", FAILED, lambda: odd_root(without(SKI))),
    ("rfc5280-criticality", "as asked", PASSED, book),
    ("rfc5280-criticality", "critical AIA", FAILED, lambda: book(extra=((CRITICAL_AIA, True),))),
    (
        "rfc5280-criticality",
        "plain policyConstraints",
        FAILED,
        lambda: book(mid={"extra": ((POLICY_LIMIT, False),)}),
    ),
    ("rfc5280-name-constraints-critical", "critical", PASSED, lambda: book(mid={"permit": DNS_TREE})),
    ("rfc5280-name-constraints-critical", "plain", FAILED, lambda: book(mid={"extra": ((NC_PLAIN, False),)})),
    ("rfc5280-name-constraints-critical", "none", ABSENT, book),
    ("rfc5280-name-constraints-shape", "a subtree", PASSED, lambda: book(mid={"permit": DNS_TREE})),
    ("rfc5280-name-constraints-shape", "a leading dot", FAILED, lambda: book(mid={"permit": LEADING_DOT})),
    ("rfc5280-name-constraints-shape", "a wildcard", FAILED, lambda: odd_tree(tlv(0x82, b"*.test.example"))),
    ("rfc5280-name-constraints-shape", "a mailbox", PASSED, lambda: subtree(MAIL("a@test.example"))),
    (
        "rfc5280-name-constraints-shape",
        "the hosts of a domain",
        PASSED,
        lambda: subtree(MAIL(".test.example")),
    ),
    ("rfc5280-name-constraints-shape", "two @", FAILED, lambda: odd_tree(tlv(0x81, b"a@b@test.example"))),
    ("rfc5280-name-constraints-shape", "a URI's host", PASSED, lambda: subtree(URI(".test.example"))),
    ("rfc5280-name-constraints-shape", "a whole URI", FAILED, lambda: subtree(URI("https://test.example"))),
    ("rfc5280-name-constraints-shape", "an address of a URI", FAILED, lambda: subtree(URI("192.0.2.1"))),
    ("rfc5280-name-constraints-shape", "a network", PASSED, lambda: subtree(NETWORK)),
    ("rfc5280-name-constraints-shape", "a mask with a gap", FAILED, lambda: odd_mask(b"\xff\0\xff\0")),
    ("rfc5280-name-constraints-shape", "half a mask", FAILED, lambda: odd_mask(b"\xff\0")),
    ("rfc5280-name-constraints-shape", "in a leaf", FAILED, lambda: book(extra=((NC_PLAIN, True),))),
    ("rfc5280-name-constraints-shape", "empty", FAILED, lambda: odd_root(plus(EMPTY_CONSTRAINTS))),
    ("rfc5280-name-constraints-shape", "none", ABSENT, book),
    ("rfc5280-serial-number", "20 octets", PASSED, lambda: odd_leaf(serial(b"\x7f" + b"\xff" * 19))),
    ("rfc5280-serial-number", "21 octets", FAILED, lambda: odd_leaf(serial(b"\0\x80" + b"\xff" * 19))),
    ("rfc5280-serial-number", "zero", FAILED, lambda: odd_leaf(serial(b"\0"))),
    ("rfc5280-serial-number", "negative", FAILED, lambda: odd_leaf(serial(b"\xff"))),
    ("rfc5280-anchor-critical-extension", "known ones", PASSED, book),
    ("rfc5280-anchor-critical-extension", "unknown", FAILED, lambda: book(ca={"extra": ((UNKNOWN, True),)})),
    ("rfc5280-anchor-purposes", "none", PASSED, book),
    ("rfc5280-anchor-purposes", "a leaf", ABSENT, lambda: judge(ROOT, anchors=(ROOT,), policy="rfc5280")),
    ("rfc5280-anchor-purposes", "the leaf's", PASSED, lambda: book(ca={"purposes": SERVER})),
    ("rfc5280-anchor-purposes", "any", PASSED, lambda: book(ca={"purposes": ANY})),
    ("rfc5280-anchor-purposes", "another", FAILED, lambda: book(ca={"purposes": CLIENT})),
    ("rfc5280-critical-policy-qualifier", "no policies", ABSENT, book),
    ("rfc5280-critical-policy-qualifier", "a notice", PASSED, lambda: book(extra=(qualified(NOTICE, True),))),
    ("rfc5280-critical-policy-qualifier", "unknown", FAILED, lambda: book(extra=(qualified(ODD, True),))),
    (
        "rfc5280-critical-policy-qualifier",
        "not critical",
        PASSED,
        lambda: book(extra=(qualified(ODD, False),)),
    ),
    ("rfc5280-critical-policy-qualifier", "no pair", FAILED, lambda: book(extra=(qualified(NO_PAIR, True),))),
    ("rfc5280-names-unread", "8,192 names", PASSED, lambda: book(dns=(), extra=(many_names(8_192),))),
    ("rfc5280-names-unread", "8,193 names", FAILED, lambda: book(dns=(), extra=(many_names(8_193),))),
    ("rfc5280-names-unread", "8,193 subtrees", FAILED, lambda: book(mid={"extra": (many_subtrees(8_193),)})),
    ("rfc5280-path-length-needs-ca", "a CA's", PASSED, lambda: book(mid={"path_length": 0})),
    ("rfc5280-path-length-needs-ca", "a leaf's", FAILED, lambda: book(extra=(PATH_LENGTH_ALONE,))),
    (
        "rfc5280-path-length-needs-ca",
        "may not sign",
        FAILED,
        lambda: book(mid={"path_length": 0, "sign_certs": False}),
    ),
    ("rfc5280-names-well-formed", "letters", PASSED, book),
    ("rfc5280-names-well-formed", "an underscore", FAILED, lambda: book(dns=(HOST, "a_b.test.example"))),
    ("rfc5280-names-well-formed", "a wildcard", PASSED, lambda: book(dns=(HOST, "*.test.example"))),
    ("rfc5280-names-well-formed", "two @", FAILED, lambda: book(dns=(), extra=((TWO_AT, False),))),
    ("rfc5280-cert-sign-needs-ca", "a CA", PASSED, book),
    ("rfc5280-cert-sign-needs-ca", "a leaf", FAILED, lambda: book(sign_certs=True)),
    ("rfc5280-issuer-non-empty", "a name", PASSED, book),
    (
        "rfc5280-issuer-non-empty",
        "none",
        FAILED,
        lambda: odd_leaf(lambda draft: replace(draft, issuer=tlv(0x30))),
    ),
    ("webpki-version", "3", PASSED, web),
    ("webpki-version", "1", FAILED, lambda: odd_root(as_version_1, policy="webpki")),
    ("webpki-root-key-identifier", "none", ABSENT, web),
    (
        "webpki-root-key-identifier",
        "its own",
        PASSED,
        lambda: odd_root(plus(authority_identifier(tlv(0x80, own_identifier(root())))), policy="webpki"),
    ),
    (
        "webpki-root-key-identifier",
        "another",
        FAILED,
        lambda: odd_root(plus(authority_identifier(tlv(0x80, b"x" * 20))), policy="webpki"),
    ),
    (
        "webpki-root-key-identifier",
        "a serial number beside it",
        FAILED,
        lambda: odd_root(
            plus(authority_identifier(tlv(0x80, own_identifier(root())), tlv(0x82, b"\1"))), policy="webpki"
        ),
    ),
    ("webpki-common-name", "one of the names", PASSED, web),
    ("webpki-common-name", "no CN", PASSED, lambda: web(name=None, critical_san=True)),
    (
        "webpki-common-name",
        "the domain above",
        PASSED,
        lambda: web(host="a.test.example", dns=("a.test.example",)),
    ),
    ("webpki-common-name", "another name", FAILED, lambda: web(name="other.example")),
    ("webpki-common-name", "an address", PASSED, lambda: web(name="192.0.2.1", ips=("192.0.2.1",))),
    ("webpki-purposes", "serverAuth", PASSED, web),
    ("webpki-purposes", "none", FAILED, lambda: web(purposes=())),
    ("webpki-purposes", "any beside it", FAILED, lambda: web(purposes=(*SERVER, *ANY))),
    ("webpki-purposes", "in the root", FAILED, lambda: web(ca={"purposes": SERVER})),
    ("webpki-leaf-is-no-ca", "a leaf", PASSED, web),
    ("webpki-leaf-is-no-ca", "one that may sign certificates", FAILED, lambda: web(sign_certs=True)),
    ("webpki-wildcard-suffix", "a name of one's own", PASSED, lambda: web(dns=(HOST, "*.test.example"))),
    ("webpki-wildcard-suffix", "a private suffix", FAILED, lambda: web(dns=(HOST, "*.github.io"))),
    ("webpki-key", "P-256", PASSED, web),
    (
        "tls-key-type",
        "DSA in a server, by the book",
        FAILED,
        lambda: book(policy="rfc5280-path", kind="dsa2048"),
    ),
    ("webpki-key", "Ed25519", FAILED, lambda: web(kind="ed25519")),
    ("webpki-key", "DSA in the root", FAILED, lambda: book(policy="webpki", ca={"kind": "dsa2048"})),
    ("webpki-key", "P-192", FAILED, lambda: web(kind="p192")),
    ("webpki-key", "RSA in steps of 8", PASSED, lambda: web(kind="rsa2048")),
    ("webpki-key", "RSA 2052", FAILED, lambda: web(kind="rsa2052")),
]


@pytest.mark.parametrize(
    ("rule_id", "expected", "build"),
    [pytest.param(rule, expected, build, id=f"{rule}: {story}") for rule, story, expected, build in CASES],
)
def test_rule(rule_id: str, expected: Outcome, build: Build) -> None:
    assert outcome(build(), rule_id) is expected


def test_what_binds_the_ca_is_not_asked_of_a_path() -> None:
    asked = set(book(policy="rfc5280-path").asked)
    profile = {rule.id for rule in RULES.values() if rule.binds is BoundParty.CA}
    assert profile
    assert not asked & profile
    assert set(book().asked) == asked | profile


def test_a_path_is_valid_that_no_ca_should_have_made() -> None:
    critical_aia = {"extra": ((CRITICAL_AIA, True),), "dns": (HOST, "a_b.test.example"), "sign_certs": True}
    assert not book(**critical_aia).trusted
    assert book(policy="rfc5280-path", **critical_aia).trusted


def test_no_old_intermediate_by_the_book_even_under_an_old_root() -> None:
    """RFC 5280, 6.1.4 (k); Apple takes one under a root of the same age."""
    top, middle = root(), intermediate(root())
    server = leaf(middle).der
    old_top, old_middle = (sign_again(made.der, as_version_1, key=top.key) for made in (top, middle))
    for policy, expected in (("rfc5280-path", FAILED), ("basic", PASSED)):
        verdict = evaluate(
            [server, old_middle], host=None, at=AT, anchors=[Anchor.parse(old_top)], policy=policy
        )
        assert outcome(verdict, "ca-v1-intermediate") is expected


def test_a_key_no_apple_client_takes_is_no_broken_one_by_the_book() -> None:
    top = root()
    signer = leaf(top, kind="dsa2048")
    for policy, expected in (("rfc5280-path", PASSED), ("basic", FAILED)):
        assert (
            outcome(judge(signer, anchors=(top,), host=None, policy=policy), "key-not-broken", 0) is expected
        )


@pytest.mark.parametrize("policy", ["apple", "ssl-client", "basic"])
def test_apple_asks_nothing_of_the_kind(policy: str) -> None:
    asked = {said.rule_id for said in book(policy=policy).outcomes}
    assert not [rule for rule in asked if rule.startswith(("rfc5280-", "webpki-"))]
    assert not [said.rule_id for said in book().outcomes if said.rule_id.startswith("webpki-")]


def test_a_server_that_is_a_ca_is_no_server_to_browsers_alone() -> None:
    top = root()
    server = make(HOST, top, ca=True, dns=(HOST,), purposes=SERVER, extra=())
    assert judge(server, anchors=(top,), policy="rfc5280").trusted
    assert outcome(judge(server, anchors=(top,), policy="webpki"), "webpki-leaf-is-no-ca") is FAILED


@pytest.mark.parametrize(
    ("policy", "trusted"),
    [("apple", False), ("rfc5280", True), ("webpki", True)],
    ids=["Apple", "the RFC", "browsers"],
)
def test_only_apple_limits_the_lifetime_under_a_root_of_ones_own(policy: str, trusted: bool) -> None:
    assert book(policy=policy, start=AT, end=AT + 900 * DAY, name=None, critical_san=True).trusted is trusted


def test_a_client_is_no_server_by_any_book() -> None:
    for policy in ("rfc5280", "webpki"):
        assert outcome(book(policy=policy, purposes=CLIENT), "tls-eku-compatible") is FAILED


def directory(*common_names: str) -> x509.DirectoryName:
    return x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, n) for n in common_names]))


OTHER = x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x0c\x01x")


@pytest.mark.parametrize(
    ("limits", "changes", "trusted"),
    [
        pytest.param({"permit": (directory(HOST),)}, {}, True, id="an equal directory name"),
        pytest.param({"permit": (directory("TEST.example"),)}, {}, True, id="compared without case"),
        pytest.param({"permit": (directory("other"),)}, {}, False, id="another directory name"),
        pytest.param({"permit": (x509.DNSName("example"),)}, {}, True, id="a parent domain"),
        pytest.param(
            {"exclude": (x509.DNSName("bar.test.example"),)},
            {"dns": (HOST, "*.test.example")},
            False,
            id="covered by a wildcard",
        ),
        pytest.param({"exclude": (OTHER,)}, {}, True, id="a kind nobody has"),
        pytest.param(
            {"permit": (URI("h.test"),)}, {"uris": ("https://h.test/",)}, True, id="a URI of that host"
        ),
        pytest.param(
            {"permit": (URI("h.test"),)}, {"uris": ("https://h.test.evil/",)}, False, id="not of a longer one"
        ),
        pytest.param(
            {"permit": (URI(".h.test"),)}, {"uris": ("https://a.h.test/",)}, True, id="of a host below a dot"
        ),
        pytest.param(
            {"permit": (x509.RFC822Name("h.test"),)}, {"emails": ("a@h.test",)}, True, id="a mailbox"
        ),
    ],
)
def test_name_constraints_by_the_book(limits: dict, changes: dict, trusted: bool) -> None:
    assert book(mid=limits, **changes).trusted is trusted


def test_successive_permitted_trees_must_all_hold() -> None:
    top = root()
    upper = intermediate(top, "Upper", permit=(x509.DNSName("other.test"),))
    lower = intermediate(upper, "Lower", permit=DNS_TREE)
    sent = (leaf(lower), lower, upper)
    assert judge(*sent, anchors=(top,)).trusted  # Apple adds disjoint trees up
    assert not judge(*sent, anchors=(top,), policy="rfc5280").trusted
