"""Every rule on both sides of its edge, and where it does not apply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from pki.issue.defects import sign_again
from pki.model.der import encode as tlv
from pki.model.verdict import Outcome, Rule, Verdict
from pki.trust import all_rules
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
from tests.loose import ISSUER, extension, plus, signed, with_field
from tests.trust.test_apple_paths import pss_signed
from tests.trust.test_book_rules import CASES as BOOK_CASES
from tests.trust.test_transport_rules import CASES as TRANSPORT_CASES
from tests.trust.test_warning_rules import CASES as WARNING_CASES

PASSED, FAILED = Outcome.PASSED, Outcome.FAILED
ABSENT, EARLY = Outcome.NOT_APPLICABLE, Outcome.NOT_IN_FORCE
Case = Callable[[], Verdict]


def alone(**changes) -> Verdict:
    """A self-signed server whose own certificate the user trusts."""
    own = make(HOST, **{"dns": (HOST,), "purposes": SERVER, **changes})
    return judge(own, anchors=(own,), anchor_class="user-leaf")


def stranger() -> Verdict:
    top = root("Stranger")
    return judge(leaf(top), top, anchors=(root(),))


def impostor() -> Verdict:
    """Two roots of one name; the leaf is from the one nobody trusts."""
    return judge(leaf(root(key_tag="old")), anchors=(root(key_tag="new"),))


def pss_leaf() -> Verdict:
    top = root(kind="rsa2048")
    return judge(pss_signed(leaf(top), top.key), anchors=(top,))


def encoded_anew() -> Verdict:
    """The root's CommonName as a PrintableString in the leaf, and as a UTF8String in the root."""
    top = root()
    printable = bytes.fromhex("300f310d300b06035504031304526f6f74")
    named_anew = sign_again(leaf(top).der, lambda draft: replace(draft, issuer=printable), key=top.key)
    return judge(named_anew, anchors=(top,))


def trusted_intermediate() -> Verdict:
    middle = intermediate(root())
    return judge(leaf(middle), anchors=(middle,))


def third_level(**limits) -> Verdict:
    top = root(**limits)
    upper = intermediate(top, "Upper")
    lower = intermediate(upper, "Lower")
    return judge(leaf(lower), lower, upper, anchors=(top,))


def not_utf8(host: str | None) -> Verdict:
    names = tlv(0x30, tlv(0x82, HOST.encode()), tlv(0x82, b"b\xfccher.test"))
    odd = Made(x509.load_der_x509_certificate(signed(plus(extension("551d11", names)))), root().key)
    return judge(odd, anchors=(root(),), host=host)


def issued_by_nobody() -> Verdict:
    return judge(signed(with_field(ISSUER, tlv(0x30, tlv(0x31)))), anchors=(root(),))


def dated(anchor_class: str, start: datetime, length: timedelta) -> Verdict:
    return chain(anchor_class, start=start, end=start + length, at=start + DAY, ca=LONG, mid=LONG)


LONG = {"start": datetime(2015, 1, 1, tzinfo=UTC)}
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
APPLE_MARKER = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.840.113635.100.6.1.2"), b"\x05\x00")
BROKEN_AKI = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.32"), b"\x05\x00")
JULY_2019 = datetime(2019, 6, 30, 23, tzinfo=UTC)
SEPTEMBER_2020 = datetime(2020, 9, 1, tzinfo=UTC)
MARCH_2018 = datetime(2018, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DNS_TREE = (x509.DNSName("test.example"),)


def excluding(*trees: x509.GeneralName) -> Verdict:
    top = root(exclude=trees)
    return judge(leaf(top), anchors=(top,))


CASES: list[tuple[str, str, Outcome, Case]] = [
    ("chain-anchor-trusted", "a self-signed end nobody trusts", FAILED, stranger),
    ("chain-anchor-trusted", "an anchored path is not asked", ABSENT, chain),
    (
        "chain-complete",
        "the leaf alone",
        FAILED,
        lambda: judge(leaf(intermediate(root())), anchors=(root(),)),
    ),
    ("chain-complete", "an anchored path is not asked", ABSENT, chain),
    ("issuer-is-a-name", "an empty part", FAILED, issued_by_nobody),
    (
        "issuer-is-a-name",
        "an unknown issuer has a name",
        ABSENT,
        lambda: judge(leaf(root()), anchors=(root("No"),)),
    ),
    ("cert-signature-valid", "an issuer of the right name and the wrong key", FAILED, impostor),
    ("cert-signature-valid", "an anchored path is verified already", ABSENT, chain),
    ("signature-verifiable", "an anchored path is verified already", ABSENT, chain),
    ("signature-verifiable", "another key is another matter", ABSENT, impostor),
    ("signature-verifiable", "a signature that Apple cannot verify", FAILED, pss_leaf),
    ("name-encoding", "an anchored path has its names", ABSENT, chain),
    ("name-encoding", "the issuer's name in another string type", FAILED, encoded_anew),
    ("chain-name-circle", "an anchored path is no circle", ABSENT, chain),
    ("chain-name-circle", "the leaf has the root's name", FAILED, lambda: chain(name="Root", key_tag="own")),
    ("user-anchor-self-signed", "an anchor that is one is not asked", ABSENT, chain),
    ("user-anchor-self-signed", "an intermediate", FAILED, trusted_intermediate),
    ("aki-ski-linkage", "identifiers agree", PASSED, chain),
    ("aki-ski-linkage", "identifiers differ", FAILED, lambda: chain(aki=b"another key")),
    ("aki-ski-linkage", "the top has no issuer", ABSENT, alone),
    ("name-constraints", "the name is inside", PASSED, lambda: chain(mid={"permit": DNS_TREE})),
    ("name-constraints", "outside", FAILED, lambda: chain(mid={"permit": (x509.DNSName("other.example"),)})),
    ("name-constraints", "excluded", FAILED, lambda: chain(mid={"exclude": DNS_TREE})),
    ("name-constraints", "the root's own constraint counts", FAILED, lambda: chain(ca={"exclude": DNS_TREE})),
    ("name-constraints", "an anchor itself is not asked", ABSENT, alone),
    ("policy-constraints", "no constraint", PASSED, chain),
    (
        "policy-constraints",
        "an explicit policy is required and missing",
        FAILED,
        lambda: chain(mid={"extra": ((x509.PolicyConstraints(0, None), True),)}),
    ),
    ("policy-constraints", "an anchor itself is not asked", ABSENT, alone),
    ("cert-not-expired", "the last second", PASSED, lambda: chain(end=AT)),
    ("cert-not-expired", "the second after", FAILED, lambda: chain(end=AT - SECOND)),
    ("cert-not-expired", "an expired anchor", FAILED, lambda: chain(ca={"end": AT - SECOND})),
    ("cert-not-before", "the first second", PASSED, lambda: chain(start=AT)),
    ("cert-not-before", "the second before", FAILED, lambda: chain(start=AT + SECOND)),
    ("unknown-critical-extension", "critical and unknown", FAILED, lambda: chain(extra=((UNKNOWN, True),))),
    (
        "unknown-critical-extension",
        "unknown and not critical",
        PASSED,
        lambda: chain(extra=((UNKNOWN, False),)),
    ),
    (
        "unknown-critical-extension",
        "one of Apple's own",
        PASSED,
        lambda: chain(extra=((APPLE_MARKER, True),)),
    ),
    ("unknown-critical-extension", "an anchor is not asked", ABSENT, lambda: alone(extra=((UNKNOWN, True),))),
    (
        "unparseable-extension",
        "a policy list that is NULL",
        FAILED,
        lambda: chain(extra=((BROKEN_AKI, False),)),
    ),
    ("unparseable-extension", "all read", PASSED, chain),
    ("duplicate-extension", "one of each", PASSED, chain),
    ("subject-non-empty", "a subject", PASSED, chain),
    ("subject-non-empty", "none, and a critical SAN", PASSED, lambda: chain(name=None, critical_san=True)),
    ("subject-non-empty", "none, and a SAN that is not critical", FAILED, lambda: chain(name=None)),
    ("ca-basic-constraints", "there", PASSED, chain),
    ("ca-basic-constraints", "missing", FAILED, lambda: chain(mid={"ca": None})),
    ("ca-basic-constraints", "missing in the root", FAILED, lambda: chain(ca={"ca": None})),
    ("ca-basic-constraints", "a leaf is not asked", ABSENT, alone),
    ("ca-not-a-ca", "cA TRUE", PASSED, chain),
    ("ca-not-a-ca", "cA FALSE", FAILED, lambda: chain(mid={"ca": False})),
    ("ca-not-a-ca", "a leaf is not asked", ABSENT, lambda: alone(ca=False)),
    ("ca-v1-intermediate", "version 3 is not asked", ABSENT, chain),
    ("ca-key-cert-sign", "keyCertSign", PASSED, chain),
    ("ca-key-cert-sign", "keyUsage without it", FAILED, lambda: chain(mid={"sign_certs": False})),
    (
        "ca-key-cert-sign",
        "no keyUsage",
        ABSENT,
        lambda: chain(ca={"sign_certs": None}, mid={"sign_certs": None}),
    ),
    ("ca-path-length", "two intermediates, two allowed", PASSED, lambda: third_level(path_length=2)),
    ("ca-path-length", "two intermediates, one allowed", FAILED, lambda: third_level(path_length=1)),
    ("ca-path-length", "no intermediate", ABSENT, alone),
    ("key-not-broken", "RSA 1024", PASSED, lambda: chain(kind="rsa1024")),
    ("key-not-broken", "Ed25519", PASSED, lambda: chain(kind="ed25519")),
    ("signature-not-broken", "SHA-256", PASSED, chain),
    ("signature-not-broken", "a self-signed one is not asked", ABSENT, alone),
    ("tls-rsa-2048", "2048", PASSED, lambda: chain(kind="rsa2048")),
    ("tls-rsa-2048", "1024", FAILED, lambda: chain(kind="rsa1024")),
    ("tls-rsa-2048", "an intermediate of 1024", FAILED, lambda: chain(mid={"kind": "rsa1024"})),
    ("tls-rsa-2048", "EC keys are not asked", ABSENT, chain),
    ("tls-rsa-2048", "nor a leaf the user trusts", ABSENT, lambda: alone(kind="rsa1024")),
    ("tls-ec-256", "P-256", PASSED, chain),
    ("tls-ec-256", "P-224", FAILED, lambda: chain(kind="p224")),
    ("tls-ec-256", "RSA is not asked", ABSENT, lambda: chain(kind="rsa2048", ca=RSA, mid=RSA)),
    ("tls-key-type", "Ed25519", FAILED, lambda: chain(kind="ed25519")),
    ("tls-key-type", "EC is not asked", ABSENT, chain),
    ("tls-key-type", "a leaf that the user trusts is not asked", ABSENT, lambda: alone(kind="ed25519")),
    ("tls-sha2-signature", "SHA-256", PASSED, chain),
    ("tls-sha2-signature", "a root is not asked", ABSENT, alone),
    ("san-dns-match", "listed", PASSED, chain),
    ("san-dns-match", "another name", FAILED, lambda: chain(dns=("other.example",))),
    ("san-dns-match", "no host was given", ABSENT, lambda: chain(host=None)),
    ("san-dns-match", "an address is another rule's", ABSENT, lambda: chain(host="192.0.2.1")),
    ("san-no-cn-fallback", "a SAN", PASSED, chain),
    ("san-no-cn-fallback", "the name in the CN alone", FAILED, lambda: chain(dns=())),
    ("san-no-cn-fallback", "no host was given", ABSENT, lambda: chain(host=None)),
    ("san-ip-type", "an iPAddress", PASSED, lambda: chain(host="192.0.2.1", ips=("192.0.2.1",))),
    ("san-ip-type", "the text in a dNSName", FAILED, lambda: chain(host="192.0.2.1", dns=("192.0.2.1",))),
    ("san-ip-type", "another address", FAILED, lambda: chain(host="192.0.2.1", ips=("192.0.2.2",))),
    ("san-ip-type", "a DNS name is another rule's", ABSENT, chain),
    ("san-none-discarded", "all names can be used", PASSED, chain),
    ("san-none-discarded", "a dNSName in Latin-1", FAILED, lambda: not_utf8(HOST)),
    ("san-none-discarded", "the right name is not there", PASSED, lambda: not_utf8("other.test")),
    ("san-none-discarded", "no host was given", ABSENT, lambda: not_utf8(None)),
    (
        "wildcard-single-label",
        "one label",
        PASSED,
        lambda: chain(host="www.test.example", dns=("*.test.example",)),
    ),
    ("wildcard-single-label", "two", FAILED, lambda: chain(host="a.b.test.example", dns=("*.test.example",))),
    ("wildcard-single-label", "none", FAILED, lambda: chain(dns=("*.test.example",))),
    ("wildcard-single-label", "an address", ABSENT, lambda: chain(host="192.0.2.1")),
    (
        "wildcard-no-partial",
        "partial",
        FAILED,
        lambda: chain(host="www.test.example", dns=("w*.test.example",)),
    ),
    ("wildcard-no-partial", "whole", PASSED, lambda: chain(host="www.test.example", dns=("*.test.example",))),
    ("wildcard-no-partial", "an address", ABSENT, lambda: chain(host="192.0.2.1")),
    ("wildcard-not-tld", "under a top-level domain", FAILED, lambda: chain(dns=("*.example",))),
    ("wildcard-not-tld", "under co.uk", FAILED, lambda: chain(host="shop.co.uk", dns=("*.co.uk",))),
    (
        "wildcard-not-tld",
        "a private suffix is allowed",
        PASSED,
        lambda: chain(host="a.github.io", dns=("*.github.io",)),
    ),
    ("wildcard-not-tld", "an address", ABSENT, lambda: chain(host="192.0.2.1")),
    ("tls-eku-compatible", "serverAuth", PASSED, chain),
    ("tls-eku-compatible", "any", PASSED, lambda: chain(purposes=ANY)),
    ("tls-eku-compatible", "none named", PASSED, lambda: chain(purposes=())),
    ("tls-eku-compatible", "clientAuth alone", FAILED, lambda: chain(purposes=CLIENT)),
    (
        "tls-eku-compatible",
        "a client is not asked",
        ABSENT,
        lambda: chain(policy="ssl-client", purposes=CLIENT),
    ),
    ("tls-eku-subca", "unlimited", PASSED, chain),
    ("tls-eku-subca", "limited to clients", FAILED, lambda: chain(mid={"purposes": CLIENT})),
    ("tls-eku-subca", "no intermediate", ABSENT, alone),
    ("tls-eku-server-auth", "named", PASSED, lambda: chain("app")),
    ("tls-eku-server-auth", "any is not enough", FAILED, lambda: chain("app", purposes=ANY)),
    ("tls-eku-server-auth", "missing", FAILED, lambda: chain("app", purposes=())),
    ("tls-eku-server-auth", "a user's root is not asked", ABSENT, lambda: chain("user", purposes=())),
    (
        "tls-eku-server-auth",
        "issued at the constant itself",
        EARLY,
        lambda: chain("app", purposes=(), start=JULY_2019, at=JULY_2019 + DAY, ca=LONG, mid=LONG),
    ),
    (
        "tls-eku-server-auth",
        "issued the second after",
        FAILED,
        lambda: chain("app", purposes=(), start=JULY_2019 + SECOND, at=JULY_2019 + DAY, ca=LONG, mid=LONG),
    ),
    ("tls-eku-server-auth-system", "named", PASSED, lambda: chain("system")),
    ("tls-eku-server-auth-system", "missing", FAILED, lambda: chain("system", purposes=())),
    ("tls-eku-server-auth-system", "a user's root is not asked", ABSENT, chain),
    ("tls-eku-subca-system", "any", PASSED, lambda: chain("system", mid={"purposes": ANY})),
    ("tls-eku-subca-system", "clients", FAILED, lambda: chain("system", mid={"purposes": CLIENT})),
    ("tls-eku-subca-system", "a user's root is not asked", ABSENT, lambda: chain(mid={"purposes": CLIENT})),
    ("tls-eku-server-auth-doc", "named", PASSED, chain),
    ("tls-eku-server-auth-doc", "missing", FAILED, lambda: chain(purposes=())),
    (
        "tls-eku-server-auth-doc",
        "an app's anchor has the strict rule",
        ABSENT,
        lambda: chain("app", purposes=()),
    ),
    (
        "tls-validity-825",
        "825 days and an hour",
        PASSED,
        lambda: dated("user", AT, timedelta(days=825, hours=1)),
    ),
    (
        "tls-validity-825",
        "a second more",
        FAILED,
        lambda: dated("user", AT, timedelta(days=825, hours=1, seconds=1)),
    ),
    ("tls-validity-825", "an app's anchor too", FAILED, lambda: dated("app", AT, timedelta(days=900))),
    (
        "tls-validity-825",
        "issued before July 2019",
        EARLY,
        lambda: dated("user", JULY_2019 - SECOND, 3650 * DAY),
    ),
    ("tls-validity-825", "issued at the constant", FAILED, lambda: dated("user", JULY_2019, 3650 * DAY)),
    ("tls-validity-825", "a leaf the user trusts is exempt", ABSENT, lambda: alone(end=AT + 3650 * DAY)),
    ("tls-validity-398", "398 days", PASSED, lambda: dated("system", AT, 398 * DAY)),
    ("tls-validity-398", "a second more", FAILED, lambda: dated("system", AT, 398 * DAY + SECOND)),
    ("tls-validity-398", "a user's root is exempt", ABSENT, lambda: dated("user", AT, 399 * DAY)),
    ("tls-validity-398", "issued before", EARLY, lambda: dated("system", SEPTEMBER_2020 - SECOND, 399 * DAY)),
    ("tls-validity-825-system", "in 2018", FAILED, lambda: dated("system", MARCH_2018, 826 * DAY)),
    (
        "tls-validity-825-system",
        "825 and an hour",
        PASSED,
        lambda: dated("system", MARCH_2018, timedelta(825, 3600)),
    ),
    ("tls-validity-825-system", "before", EARLY, lambda: dated("system", MARCH_2018 - SECOND, 826 * DAY)),
    ("tls-validity-825-system", "a user's root", ABSENT, lambda: dated("user", MARCH_2018, 826 * DAY)),
    ("mtls-client-eku", "clientAuth", PASSED, lambda: chain(policy="ssl-client", purposes=CLIENT, host=None)),
    ("mtls-client-eku", "serverAuth alone", FAILED, lambda: chain(policy="ssl-client", host=None)),
    ("mtls-client-eku", "a server is not asked", ABSENT, chain),
    ("ats-default-trust", "a user's root", PASSED, chain),
    ("ats-default-trust", "an app's anchor", FAILED, lambda: chain("app")),
    ("ats-default-trust", "outside URLSession", ABSENT, lambda: chain("app", ats_applies=False)),
    ("ats-key-size", "P-256", PASSED, chain),
    ("ats-key-size", "a trusted leaf of 1024 bits", FAILED, lambda: alone(kind="rsa1024")),
    ("ats-key-size", "outside URLSession", ABSENT, lambda: chain(kind="rsa1024", ats_applies=False)),
    ("ats-hash-sha256", "SHA-256", PASSED, chain),
    ("ats-hash-sha256", "SHA-224", FAILED, lambda: chain(digest=hashes.SHA224())),
    ("ats-hash-sha256", "a self-signed leaf", ABSENT, alone),
    ("ats-chain-hash-sha256", "SHA-256", PASSED, chain),
    ("ats-chain-hash-sha256", "SHA-224", FAILED, lambda: chain(mid={"digest": hashes.SHA224()})),
    ("ats-chain-hash-sha256", "a leaf has its own rule", ABSENT, alone),
    ("name-constraints-ignored", "one that counts", PASSED, lambda: excluding(x509.DNSName("other.example"))),
    ("name-constraints-ignored", "an empty name", FAILED, lambda: excluding(x509.DNSName(""))),
    ("name-constraints-ignored", "a CA without any", ABSENT, lambda: excluding()),
]
RSA = {"kind": "rsa2048"}


@pytest.mark.parametrize(
    ("rule_id", "expected", "build"),
    [pytest.param(rule, expected, build, id=f"{rule}: {story}") for rule, story, expected, build in CASES],
)
def test_rule(rule_id: str, expected: Outcome, build: Case) -> None:
    assert outcome(build(), rule_id) is expected


# Rules whose failing side needs bytes that `cryptography` will not build, tested in test_odd_certificates.py,
# pins (test_ats_level.py), what was said of single certificates
# (test_trust_settings.py), test_transparency.py and test_revocation.py.
ELSEWHERE = {
    "ats-pin-ca",
    "ats-pin-leaf",
    "ca-not-blocked",
    "ca-v1-intermediate",
    "chain-complete-by-fetching",
    "cert-not-revoked",
    "crl-not-evaluated",
    "duplicate-extension",
    "key-not-broken",
    "leaf-not-blocked",
    "revocation-known",
    "rfc5280-leaf-is-bare-anchor",
    "rfc5280-max-intermediates",
    "rfc5280-purpose-named",
    "rfc5280-required-key-usage",
    "rfc5280-crl-profile",
    "signature-not-broken",
    "tls-ct-required",
    "tls-ct-sct-count",
    "tls-sha2-signature",
    "trust-setting-deny",
}


TABLES = {
    "test_rules.py": CASES,
    "test_book_rules.py": BOOK_CASES,
    "test_transport_rules.py": TRANSPORT_CASES,
    "test_warning_rules.py": WARNING_CASES,
}


def where_its_rows_belong(rule: Rule) -> str:
    """The file whose table has most rules of the same module."""

    def akin(file: str) -> int:
        named = {row[0] for row in TABLES[file]}
        return sum(RULES[name].check.__module__ == rule.check.__module__ for name in named)

    return max(TABLES, key=akin)


def test_every_rule_is_tested_on_both_sides() -> None:
    tested = {(rule, expected) for table in TABLES.values() for rule, _, expected, _ in table}
    missing = []
    for rule in RULES.values():
        sides = {expected for name, expected in tested if name == rule.id}
        row = f'{where_its_rows_belong(rule)}: ("{rule.id}", "a few words on the case", %s, lambda: chain(...)),'
        if rule.id not in ELSEWHERE and FAILED not in sides:
            missing.append(row % "FAILED")
        if rule.id not in ELSEWHERE and not sides & {PASSED, ABSENT}:
            missing.append(row % "PASSED")
    assert not missing, "\n".join(["add to CASES in tests/trust/...", *missing])
    assert set(RULES) >= ELSEWHERE


def test_every_rule_has_its_paperwork() -> None:
    for rule in all_rules().values():
        assert rule.doc, rule.id
        assert rule.citation, rule.id
        assert rule.fix.endswith("."), rule.id
        assert not rule.title.endswith("."), rule.id
