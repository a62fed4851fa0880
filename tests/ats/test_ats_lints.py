"""What the lints say of a dictionary: both sides of each edge, and whom each does not concern."""

from __future__ import annotations

import base64
import plistlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.ats import OsVersion, read_info_plist
from pki.ats.catalogue import MAX_ENTRIES
from pki.ats.keys import EXCEPTION_KEYS, GLOBAL_KEYS, PIN_KEYS
from pki.ats.lints import LINTS, Lint, lint
from pki.errors import PkiError, Unreadable
from pki.model.hosts import parse_host
from pki.model.verdict import Level

DIGEST = {"SPKI-SHA256-BASE64": base64.b64encode(b"x" * 32).decode()}
INSECURE = {"NSExceptionAllowsInsecureHTTPLoads": True}
SUBDOMAINS = {"NSIncludesSubdomains": True}
ARBITRARY = {"NSAllowsArbitraryLoads": True}
MINIMUM, PACKAGE = "NSExceptionMinimumTLSVersion", "NSRequiresNIAPTLSPackageVersion"


def entry(name: str = "api.test", /, **keys: Any) -> dict[str, Any]:
    return {"NSExceptionDomains": {name: keys}}


def pinned(name: str = "api.test", /, **keys: Any) -> dict[str, Any]:
    return {"NSPinnedDomains": {name: keys or {"NSPinnedCAIdentities": [DIGEST, DIGEST]}}}


def spelled(how: str) -> dict[str, str]:
    return {key: how.format(digest) for key, digest in DIGEST.items()}


def found(rule: str, ats: object, **how: Any) -> list[Lint]:
    host, os = how.get("host"), how.get("os")
    asked: dict[str, Any] = {"host": parse_host(host)} if host else {}
    if os:
        asked["os"] = OsVersion.parse(os)
    lints = [one for one in lint(ats, beside=how.get("beside"), **asked) if one.rule_id == rule]
    return [one for one in lints if how.get("only") in (None, *one.path[-1:])]


# rule, dictionary, what else is asked, the key path that is named (None: the rule is silent), the id of the row
TABLE: list[tuple[str, Any, dict[str, Any], str | None, str]] = [
    (
        "ats-key-type",
        {"NSAllowsArbitraryLoads": "YES"},
        {},
        "NSAllowsArbitraryLoads",
        "a string for a boolean",
    ),
    ("ats-key-type", {"NSAllowsArbitraryLoads": 1}, {}, None, "a number counts"),
    (
        "ats-key-type",
        pinned(NSPinnedCAIdentities=[DIGEST], NSIncludesSubdomains=1),
        {},
        "NSPinnedDomains > api.test > NSIncludesSubdomains",
        "not for pins",
    ),
    ("ats-key-number", {"NSAllowsArbitraryLoads": 1}, {}, "NSAllowsArbitraryLoads", "an integer"),
    ("ats-key-number", {"NSAllowsLocalNetworking": 0.5}, {}, "NSAllowsLocalNetworking", "a real"),
    (
        "ats-key-number",
        entry(NSIncludesSubdomains=2),
        {},
        "NSExceptionDomains > api.test > NSIncludesSubdomains",
        "of a domain",
    ),
    ("ats-key-number", ARBITRARY, {}, None, "a boolean"),
    ("ats-key-number", {"NSAllowsArbitraryLoads": "1"}, {}, None, "a string"),
    ("ats-key-number", pinned(NSPinnedCAIdentities=[DIGEST], NSIncludesSubdomains=1), {}, None, "of a pin"),
    ("ats-key-misplaced", None, {"beside": entry()}, "Info.plist > NSExceptionDomains", "at the top"),
    (
        "ats-key-misplaced",
        None,
        {"beside": {"App": {"NSAppTransportSecurity": ARBITRARY}}},
        "Info.plist > App > NSAppTransportSecurity",
        "in another dictionary",
    ),
    (
        "ats-key-misplaced",
        None,
        {"beside": {"App Transport Security Settings": ARBITRARY}},
        "Info.plist > App Transport Security Settings",
        "as Xcode shows it",
    ),
    (
        "ats-key-misplaced",
        None,
        {"beside": {"NSAppTransportSecurityy": ARBITRARY}},
        "Info.plist > NSAppTransportSecurityy",
        "misspelled",
    ),
    ("ats-key-misplaced", ARBITRARY, {"beside": {"CFBundleIdentifier": "a.b"}}, None, "in its place"),
    ("ats-dictionary-absent", None, {"beside": {}}, "NSAppTransportSecurity", "none"),
    ("ats-dictionary-absent", None, {"beside": ARBITRARY}, None, "misplaced"),
    ("ats-dictionary-absent", None, {}, None, "no file"),
    ("ats-dictionary-absent", {}, {"beside": {}}, None, "an empty one"),
    ("ats-key-type", ARBITRARY, {}, None, "a boolean"),
    (
        "ats-key-type",
        entry(**{MINIMUM: 1.2}),
        {},
        f"NSExceptionDomains > api.test > {MINIMUM}",
        "a number for a string",
    ),
    ("ats-key-type", {"NSExceptionDomains": []}, {}, "NSExceptionDomains", "an array for a dictionary"),
    (
        "ats-key-type",
        {"NSExceptionDomains": {"a.test": ""}},
        {},
        "NSExceptionDomains > a.test",
        "a string for an entry",
    ),
    ("ats-key-type", "YES", {}, "NSAppTransportSecurity", "the dictionary itself"),
    ("ats-key-type", None, {}, None, "no dictionary at all"),
    ("ats-key-type", {"NSNoSuchKey": 1}, {}, None, "an unknown key has no type"),
    (
        "ats-key-type",
        pinned(NSPinnedCAIdentities={}),
        {},
        "NSPinnedDomains > api.test > NSPinnedCAIdentities",
        "pins",
    ),
    ("ats-key-unknown", {"NSAllowsArbitaryLoads": True}, {}, "NSAllowsArbitaryLoads", "misspelled"),
    ("ats-key-unknown", INSECURE, {}, "NSExceptionAllowsInsecureHTTPLoads", "a domain's key at the top"),
    (
        "ats-key-unknown",
        entry(**ARBITRARY),
        {},
        "NSExceptionDomains > api.test > NSAllowsArbitraryLoads",
        "misplaced",
    ),
    ("ats-key-unknown", entry(**SUBDOMAINS), {}, None, "a key in its place"),
    (
        "ats-key-unknown",
        {"NSAppTransportSecurity": ARBITRARY},
        {},
        "NSAppTransportSecurity",
        "ATS inside of ATS",
    ),
    ("ats-key-unknown", {"api.test": INSECURE}, {}, "api.test", "a domain without NSExceptionDomains"),
    (
        "ats-key-unknown",
        {"NSExceptionDomains": INSECURE},
        {},
        "NSExceptionDomains > NSExceptionAllowsInsecureHTTPLoads",
        "a key without a domain",
    ),
    ("ats-key-unknown", pinned("x.test"), {}, None, "a domain is no key"),
    (
        "ats-key-unknown",
        entry(NSTemporaryExceptionMinimumTLSVersion="TLSv1.0"),
        {},
        "NSExceptionDomains > api.test > NSTemporaryExceptionMinimumTLSVersion",
        "an old spelling",
    ),
    (
        "ats-key-unknown",
        entry(NSThirdPartyExceptionWhatever=True),
        {},
        "NSExceptionDomains > api.test > NSThirdPartyExceptionWhatever",
        "an old spelling of nothing",
    ),
    ("ats-key-too-new", {PACKAGE: "FCP_v2.1"}, {"os": "26.3"}, PACKAGE, "before 26.4"),
    ("ats-key-too-new", {PACKAGE: "FCP_v2.1"}, {"os": "26.4"}, None, "since 26.4"),
    ("ats-key-too-new", pinned(), {"os": "13"}, "NSPinnedDomains", "pins before iOS 14"),
    ("ats-key-too-new", ARBITRARY, {"os": "9"}, None, "a key of iOS 9"),
    (
        "ats-key-tls-version",
        entry(**{MINIMUM: "tlsv1.2"}),
        {},
        f"NSExceptionDomains > api.test > {MINIMUM}",
        "case",
    ),
    (
        "ats-key-tls-version",
        entry(**{MINIMUM: "DTLSv1.2"}),
        {},
        f"NSExceptionDomains > api.test > {MINIMUM}",
        "DTLS",
    ),
    ("ats-key-tls-version", entry(**{MINIMUM: "TLSv1.3"}), {}, None, "a version that is read"),
    ("ats-key-tls-version", entry(**{MINIMUM: 1}), {}, None, "another type is another lint's"),
    (
        "ats-tls-legacy",
        entry(**{MINIMUM: "TLSv1.1"}),
        {},
        f"NSExceptionDomains > api.test > {MINIMUM}",
        "TLS 1.1",
    ),
    ("ats-tls-legacy", entry(**{MINIMUM: "TLSv1.2"}), {}, None, "TLS 1.2"),
    ("ats-tls-legacy", {MINIMUM: "TLSv1.0"}, {}, None, "not where it is not read"),
    ("ats-key-niap-version", {PACKAGE: "FCP"}, {}, PACKAGE, "an unknown package"),
    ("ats-key-niap-version", {PACKAGE: "recommended"}, {}, None, "a known one"),
    ("ats-key-niap-version", {PACKAGE: 2}, {}, None, "another type is another lint's"),
    (
        "ats-ct-key-obsolete",
        entry(NSRequiresCertificateTransparency=False),
        {},
        "NSExceptionDomains > api.test > NSRequiresCertificateTransparency",
        "whatever its value",
    ),
    ("ats-ct-key-obsolete", entry(), {}, None, "absent"),
    (
        "ats-arbitrary-ignored",
        {**ARBITRARY, "NSAllowsLocalNetworking": False},
        {},
        "NSAllowsArbitraryLoads",
        "beside a narrower key, even NO",
    ),
    ("ats-arbitrary-ignored", ARBITRARY, {}, None, "alone"),
    (
        "ats-arbitrary-ignored",
        {**ARBITRARY, "NSAllowsLocalNetworking": True},
        {"os": "9"},
        None,
        "iOS 9 obeys it",
    ),
    (
        "ats-arbitrary-ignored",
        {"NSAllowsArbitraryLoads": False, "NSAllowsLocalNetworking": True},
        {},
        None,
        "NO is not ignored",
    ),
    ("ats-justification", ARBITRARY, {}, "NSAllowsArbitraryLoads", "arbitrary loads"),
    (
        "ats-justification",
        {"NSAllowsArbitraryLoadsForMedia": True},
        {},
        "NSAllowsArbitraryLoadsForMedia",
        "media",
    ),
    ("ats-justification", {"NSAllowsLocalNetworking": True}, {}, None, "local networking needs none"),
    ("ats-justification", {"NSAllowsArbitraryLoads": False}, {}, None, "NO needs none"),
    ("ats-justification", {"NSAllowsArbitraryLoads": 1}, {}, "NSAllowsArbitraryLoads", "a number like YES"),
    ("ats-justification", {"NSAllowsArbitraryLoads": 2}, {}, None, "a number like NO"),
    (
        "ats-justification",
        entry(**{MINIMUM: "TLSv1.1"}),
        {},
        f"NSExceptionDomains > api.test > {MINIMUM}",
        "TLS 1.1",
    ),
    ("ats-justification", entry(**{MINIMUM: "TLSv1.3"}), {}, None, "a floor that tightens needs none"),
    (
        "ats-justification",
        entry(NSExceptionRequiresForwardSecrecy=False),
        {},
        None,
        "forward secrecy needs none",
    ),
    ("ats-key-domain-format", entry("API.test"), {}, "NSExceptionDomains > API.test", "capital letters"),
    ("ats-key-domain-format", entry("api.test:443"), {}, "NSExceptionDomains > api.test:443", "a port"),
    ("ats-key-domain-format", entry("*.api.test"), {}, "NSExceptionDomains > *.api.test", "a wildcard"),
    (
        "ats-key-domain-format",
        entry("https://api.test"),
        {},
        "NSExceptionDomains > https://api.test",
        "a URL",
    ),
    ("ats-key-domain-format", entry("api.test/v1"), {}, "NSExceptionDomains > api.test/v1", "a path"),
    ("ats-key-domain-format", entry(".api.test"), {}, "NSExceptionDomains > .api.test", "a leading dot"),
    ("ats-key-domain-format", entry("api test"), {}, "NSExceptionDomains > api test", "a space"),
    ("ats-key-domain-format", entry(""), {}, "NSExceptionDomains > ", "nothing"),
    ("ats-key-domain-format", entry("[::1]"), {}, "NSExceptionDomains > [::1]", "brackets"),
    (
        "ats-key-domain-format",
        entry("2001:DB8::1"),
        {},
        "NSExceptionDomains > 2001:DB8::1",
        "capitals in an address",
    ),
    ("ats-key-domain-format", entry("api.test."), {}, "NSExceptionDomains > api.test.", "a trailing dot"),
    (
        "ats-key-domain-format",
        entry("api.test."),
        {"host": "api.test."},
        None,
        "a dot that the URL writes, too",
    ),
    ("ats-key-domain-format", entry("api.test"), {}, None, "a name"),
    ("ats-key-domain-format", entry("192.168.1.20"), {}, None, "an address"),
    ("ats-key-domain-format", entry("2001:db8::1"), {}, None, "an IPv6 address"),
    ("ats-key-domain-format", entry("10.0.0.0/99"), {}, None, "a range is another lint's"),
    ("ats-key-domain-format", pinned("API.test"), {}, None, "for pins case is noise"),
    (
        "ats-key-domain-format",
        pinned("api.test."),
        {},
        "NSPinnedDomains > api.test.",
        "for pins a dot is not",
    ),
    ("ats-key-domain-format", pinned("api.test:443"), {}, "NSPinnedDomains > api.test:443", "a port, pinned"),
    ("ats-key-ip-support", entry("10.0.0.0/8"), {"os": "16"}, "NSExceptionDomains > 10.0.0.0/8", "iOS 16"),
    ("ats-key-ip-support", entry("10.0.0.1"), {"os": "macos13"}, "NSExceptionDomains > 10.0.0.1", "macOS 13"),
    ("ats-key-ip-support", entry("10.0.0.1"), {"os": "17"}, None, "iOS 17"),
    ("ats-key-ip-support", entry("api.test"), {"os": "16"}, None, "a name"),
    (
        "ats-key-cidr-syntax",
        entry("198.51.100.100/32"),
        {},
        "NSExceptionDomains > 198.51.100.100/32",
        "14 characters before the slash",
    ),
    ("ats-key-cidr-syntax", entry("198.51.100.0/24"), {}, None, "12 characters"),
    ("ats-key-cidr-syntax", entry("192.168.100.0/24"), {}, None, "13 characters"),
    ("ats-key-cidr-syntax", entry("10/8"), {}, None, "a short form"),
    (
        "ats-key-cidr-syntax",
        entry("10.0.0.0/33"),
        {},
        "NSExceptionDomains > 10.0.0.0/33",
        "a prefix above 32",
    ),
    ("ats-key-cidr-syntax", entry("::/128"), {}, None, "a prefix of 128"),
    ("ats-key-cidr-syntax", entry("::/129"), {}, "NSExceptionDomains > ::/129", "a prefix above 128"),
    ("ats-key-cidr-syntax", entry("fe80::%en0/64"), {}, "NSExceptionDomains > fe80::%en0/64", "an interface"),
    ("ats-key-cidr-syntax", entry("300.0.0.0/8"), {}, "NSExceptionDomains > 300.0.0.0/8", "no address"),
    ("ats-key-cidr-syntax", entry("10.0.0.1"), {}, None, "an address has no syntax to miss"),
    ("ats-key-cidr-syntax", entry("2001:db8/32"), {}, None, "a short IPv6 form"),
    ("ats-key-cidr-syntax", entry("fe80/10"), {}, None, "a shorter one"),
    ("ats-key-cidr-syntax", entry("10.0.0.0/0x8"), {}, "NSExceptionDomains > 10.0.0.0/0x8", "hexadecimal"),
    (
        "ats-range-twice",
        {"NSExceptionDomains": {"10/8": {}, "10.1.2.3/8": {}, "10/9": {}}},
        {"only": "10/8"},
        "NSExceptionDomains > 10/8",
        "host bits alone differ",
    ),
    ("ats-range-twice", {"NSExceptionDomains": {"10/8": {}, "10/9": {}}}, {}, None, "two lengths"),
    (
        "ats-subdomains-missing",
        entry("api.test", **INSECURE),
        {"host": "a.api.test"},
        "NSExceptionDomains > api.test",
        "one label up",
    ),
    (
        "ats-subdomains-missing",
        entry("api.test", NSIncludesSubdomains="YES"),
        {"host": "b.a.api.test"},
        "NSExceptionDomains > api.test",
        "two labels up, with a string",
    ),
    ("ats-subdomains-missing", entry("api.test", **SUBDOMAINS), {"host": "a.api.test"}, None, "included"),
    ("ats-subdomains-missing", entry("api.test"), {"host": "api.test"}, None, "the host itself"),
    ("ats-subdomains-missing", entry("api.test"), {"host": "myapi.test"}, None, "no label between"),
    ("ats-subdomains-missing", entry("api.test"), {}, None, "no host in question"),
    (
        "ats-subdomains-missing",
        {"NSExceptionDomains": {"api.test": {}, "a.api.test": {}}},
        {"host": "a.api.test"},
        None,
        "an entry of its own",
    ),
    (
        "ats-host-unlisted",
        entry("www.api.test"),
        {"host": "api.test"},
        "NSExceptionDomains",
        "below the host",
    ),
    ("ats-host-unlisted", entry("api.test"), {"host": "api.test"}, None, "the host itself"),
    ("ats-host-unlisted", entry("api.test:443"), {"host": "api.test"}, None, "meant, and named by its entry"),
    ("ats-host-unlisted", entry("api.test"), {}, None, "no host in question"),
    (
        "ats-key-reach",
        {"NSAllowsArbitraryLoadsInWebContent": True},
        {},
        "NSAllowsArbitraryLoadsInWebContent",
        "web views alone",
    ),
    (
        "ats-key-reach",
        {"NSAllowsArbitraryLoadsForMedia": True},
        {"host": "api.test"},
        "NSAllowsArbitraryLoadsForMedia",
        "media alone",
    ),
    (
        "ats-key-reach",
        {"NSAllowsLocalNetworking": True},
        {"host": "api.test"},
        "NSAllowsLocalNetworking",
        "not this host",
    ),
    ("ats-key-reach", {"NSAllowsLocalNetworking": True}, {"host": "mac.local"}, None, "this host"),
    ("ats-key-reach", {"NSAllowsLocalNetworking": False}, {}, None, "NO reaches nothing"),
    ("ats-key-reach", {"NSAllowsLocalNetworking": True}, {"os": "9"}, None, "not read"),
    (
        "ats-subdomain-depth",
        entry("api.test", **SUBDOMAINS),
        {},
        "NSExceptionDomains > api.test > NSIncludesSubdomains",
        "no host in question",
    ),
    (
        "ats-subdomain-depth",
        entry("api.test", **SUBDOMAINS),
        {"host": "a.b.api.test"},
        "NSExceptionDomains > api.test > NSIncludesSubdomains",
        "two labels below",
    ),
    ("ats-subdomain-depth", entry("api.test", **SUBDOMAINS), {"host": "a.api.test"}, None, "one label below"),
    ("ats-subdomain-depth", entry("api.test", **SUBDOMAINS), {"host": "a.b.other.test"}, None, "elsewhere"),
    (
        "ats-subdomain-depth",
        {"NSExceptionDomains": {"api.test": SUBDOMAINS, "b.api.test": SUBDOMAINS}},
        {"host": "a.b.api.test"},
        None,
        "a nearer entry decides",
    ),
    ("ats-subdomain-depth", entry("api.test", NSIncludesSubdomains=False), {}, None, "no subdomains"),
    (
        "ats-subdomain-address",
        entry("10.0.0.1", **SUBDOMAINS),
        {},
        "NSExceptionDomains > 10.0.0.1 > NSIncludesSubdomains",
        "an address",
    ),
    ("ats-subdomain-address", entry("api.test", **SUBDOMAINS), {}, None, "a name"),
    ("ats-exception-tightens", entry("localhost"), {}, "NSExceptionDomains > localhost", "a local name"),
    ("ats-exception-tightens", entry("localhost", **INSECURE), {}, None, "a local name, excepted"),
    (
        "ats-exception-tightens",
        {**entry("localhost"), "NSAllowsLocalNetworking": False},
        {},
        None,
        "not exempt anyway",
    ),
    ("ats-exception-tightens", entry("NSPinnedDomains"), {}, None, "a key is no host"),
    ("ats-exception-tightens", entry("localhost"), {"os": "9"}, None, "not exempt on iOS 9"),
    (
        "ats-exception-tightens",
        {**ARBITRARY, **entry()},
        {},
        "NSExceptionDomains > api.test",
        "under arbitrary loads",
    ),
    ("ats-exception-tightens", entry(), {}, None, "full ATS is what the host has"),
    ("ats-exception-tightens", entry("127.0.0.1"), {}, None, "addresses are not judged"),
    (
        "ats-pin-needs-identity",
        {"NSPinnedDomains": {"a.test": {}}},
        {},
        "NSPinnedDomains > a.test",
        "no list",
    ),
    ("ats-pin-needs-identity", pinned(NSPinnedLeafIdentities=[]), {}, None, "an empty list pins, to nothing"),
    (
        "ats-pin-needs-identity",
        {"NSPinnedDomains": {"a.test": 1}},
        {},
        None,
        "another type is another lint's",
    ),
    (
        "ats-pin-unusable",
        pinned(NSPinnedLeafIdentities=[]),
        {},
        "NSPinnedDomains > api.test > NSPinnedLeafIdentities",
        "an empty list",
    ),
    (
        "ats-pin-unusable",
        pinned(NSPinnedLeafIdentities=[DIGEST, {"SPKI-SHA256-BASE64": "AAAA"}]),
        {},
        "NSPinnedDomains > api.test > NSPinnedLeafIdentities > Item 1",
        "a digest of three bytes",
    ),
    (
        "ats-pin-unusable",
        pinned(NSPinnedLeafIdentities=["AAAA", DIGEST]),
        {},
        "NSPinnedDomains > api.test > NSPinnedLeafIdentities > Item 0",
        "a bare string",
    ),
    ("ats-pin-unusable", pinned(), {}, None, "digests"),
    (
        "ats-pin-unusable",
        pinned(NSPinnedLeafIdentities=[spelled("\n  {}\n"), DIGEST]),
        {},
        None,
        "white space",
    ),
    (
        "ats-pin-unusable",
        pinned(NSPinnedLeafIdentities=[spelled("sha256/{}"), DIGEST]),
        {},
        "NSPinnedDomains > api.test > NSPinnedLeafIdentities > Item 0",
        "a prefix",
    ),
    (
        "ats-pin-not-plain",
        pinned(NSPinnedLeafIdentities=[spelled("\n  {}\n"), DIGEST]),
        {},
        "NSPinnedDomains > api.test > NSPinnedLeafIdentities > Item 0",
        "white space",
    ),
    (
        "ats-pin-not-plain",
        pinned(NSPinnedLeafIdentities=[spelled("<{}>"), DIGEST]),
        {},
        "NSPinnedDomains > api.test > NSPinnedLeafIdentities > Item 0",
        "brackets",
    ),
    ("ats-pin-not-plain", pinned(), {}, None, "digests"),
    (
        "ats-pin-not-plain",
        pinned(NSPinnedLeafIdentities=[spelled(" sha256/{}"), DIGEST]),
        {},
        None,
        "unusable is another lint's",
    ),
    (
        "ats-pin-no-backup",
        pinned(NSPinnedCAIdentities=[DIGEST]),
        {},
        "NSPinnedDomains > api.test > NSPinnedCAIdentities",
        "one pin",
    ),
    ("ats-pin-no-backup", pinned(), {}, None, "two pins"),
    (
        "ats-pin-depth",
        pinned(),
        {"host": "a.api.test"},
        "NSPinnedDomains > api.test",
        "subdomains not included",
    ),
    (
        "ats-pin-depth",
        pinned(NSPinnedCAIdentities=[DIGEST], **SUBDOMAINS),
        {"host": "b.a.API.test."},
        "NSPinnedDomains > api.test",
        "two labels below",
    ),
    (
        "ats-pin-depth",
        pinned(NSPinnedCAIdentities=[DIGEST], **SUBDOMAINS),
        {"host": "a.api.test"},
        None,
        "one label",
    ),
    ("ats-pin-depth", pinned(), {"host": "api.test"}, None, "the domain itself"),
    ("ats-pin-depth", pinned(), {}, None, "no host in question"),
    ("ats-ip-literal", None, {"host": "192.168.1.20"}, "NSAppTransportSecurity", "a private address"),
    ("ats-ip-literal", None, {"host": "203.0.113.1"}, "NSAppTransportSecurity", "a public address"),
    ("ats-ip-literal", None, {"host": "192.168.1.20", "os": "16"}, None, "exempt up to iOS 16"),
    ("ats-ip-literal", None, {"host": "192.168.1.20", "os": "9"}, "NSAppTransportSecurity", "on iOS 9"),
    (
        "ats-ip-literal",
        {"NSAllowsLocalNetworking": False},
        {"host": "192.168.1.20", "os": "16"},
        "NSAppTransportSecurity",
        "refused, and no entry is possible",
    ),
    ("ats-ip-literal", None, {"host": "127.0.0.1"}, None, "loopback"),
    ("ats-ip-literal", ARBITRARY, {"host": "192.168.1.20"}, None, "ATS off"),
    ("ats-ip-literal", entry("192.168.0.0/16"), {"host": "192.168.1.20"}, None, "an entry decides"),
    ("ats-ip-literal", None, {"host": "api.test"}, None, "a name"),
    ("ats-local-exempt", None, {"host": "mac.local"}, "NSAppTransportSecurity", "a .local name"),
    ("ats-local-exempt", {"NSAllowsLocalNetworking": True}, {"host": "mac.local"}, None, "the key is there"),
    ("ats-local-exempt", None, {"host": "api.test"}, None, "not local"),
    ("ats-local-exempt", entry("mac.local"), {"host": "mac.local"}, None, "an entry decides"),
    ("ats-local-exempt", None, {"host": "mac.local", "os": "9"}, None, "iOS 9 exempts nothing"),
]


@pytest.mark.parametrize(
    ("rule", "ats", "how", "where"), [pytest.param(*row[:4], id=f"{row[0]}: {row[4]}") for row in TABLE]
)
def test_each_lint(rule: str, ats: Any, how: dict[str, Any], where: str | None) -> None:
    lints = found(rule, ats, **how)
    assert [one.where for one in lints] == ([] if where is None else [where])
    assert all(one.evidence and one.fix for one in lints)


def test_the_table_has_both_sides_of_every_lint() -> None:
    for rule in LINTS:
        answers = {row[3] is None for row in TABLE if row[0] == rule}
        assert answers == {True, False}, rule


@pytest.mark.parametrize("rule", LINTS.values(), ids=LINTS)
def test_the_paperwork_of_each_lint(rule: Any) -> None:
    assert rule.id.startswith("ats-")
    assert rule.level is Level.ATS
    assert not rule.severity.fails
    assert rule.status is None
    assert rule.fix.endswith(".")
    assert not rule.title.endswith(".")
    assert rule.doc.endswith(".")
    assert rule.citation


@pytest.mark.parametrize(
    ("ats", "said"),
    [
        pytest.param(
            {"NSAllowsArbitaryLoads": True}, "there is NSAllowsArbitraryLoads", id="the name that is meant"
        ),
        pytest.param({"Whatever": True}, "no such key", id="nothing near"),
        pytest.param(
            entry(NSExceptionDomains={}), "at the top of NSAppTransportSecurity", id="where it belongs"
        ),
        pytest.param(
            {"NSIncludesSubdomains": True},
            "in NSExceptionDomains or in a domain's dictionary in NSPinned",
            id="two homes",
        ),
        pytest.param(
            entry(NSThirdPartyExceptionRequiresForwardSecrecy=False),
            "the key is NSExceptionRequiresForwardSecrecy",
            id="today's spelling",
        ),
    ],
)
def test_an_unknown_key_is_told_what_is_known(ats: Any, said: str) -> None:
    (one,) = found("ats-key-unknown", ats)
    assert said in one.evidence


def test_a_key_can_have_several_faults() -> None:
    evidence = [one.evidence for one in found("ats-key-domain-format", entry("API.test:443"))]
    assert len(evidence) == 2
    assert "port" in evidence[0]
    assert "capital" in evidence[1]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        pytest.param("x" * 10_000, "the string 'xxx", id="a long string is cut"),
        pytest.param([1], "an array", id="an array"),
        pytest.param({}, "a dictionary", id="a dictionary"),
        pytest.param(b"x", "data", id="data"),
    ],
)
def test_a_wrong_type_is_named_and_never_printed_whole(value: Any, said: str) -> None:
    (one,) = found("ats-key-type", {"NSAllowsArbitraryLoads": value})
    assert said in one.evidence
    assert len(one.evidence) < 200


def test_a_dictionary_without_fault_has_no_lint() -> None:
    assert lint({**entry(NSExceptionMinimumTLSVersion="TLSv1.3"), **pinned()}) == ()


def test_a_dictionary_that_holds_itself_is_read() -> None:
    knot: dict[str, Any] = {}
    knot["NSExceptionDomains"] = knot
    knot["NSAllowsArbitraryLoads"] = knot
    assert {one.rule_id for one in lint(knot)} >= {"ats-key-type", "ats-key-unknown"}


def test_more_keys_than_any_info_plist_holds_are_refused() -> None:
    with pytest.raises(Unreadable, match="more than 10,000 keys"):
        lint({"NSExceptionDomains": {f"h{number}.test": {} for number in range(MAX_ENTRIES + 1)}})


def test_one_reading_gives_settings_and_lints() -> None:
    data = plistlib.dumps(
        {"NSAppTransportSecurity": {"NSAllowsArbitraryLoads": "YES"}}, fmt=plistlib.FMT_BINARY
    )
    settings = read_info_plist(data, name="Info.plist")
    assert settings.arbitrary_loads is None
    assert [one.rule_id for one in lint(settings.raw)] == ["ats-key-type"]


any_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*GLOBAL_KEYS, *EXCEPTION_KEYS, *PIN_KEYS]) | st.text(max_size=6), inner
        )
    ),
    max_leaves=12,
)
hosts = st.sampled_from(["api.test", "a.b.api.test", "localhost", "10.0.0.1", "fe80::1"]).map(parse_host)
systems = st.sampled_from([OsVersion(9), OsVersion(13), OsVersion(16), OsVersion(17), OsVersion(27)])


@pytest.mark.slow
@given(any_value, st.none() | hosts, systems)
def test_any_value_has_lints_of_known_rules(ats: Any, host: Any, os: OsVersion) -> None:
    for one in lint(ats, host=host, os=os):
        assert one.rule is LINTS[one.rule_id]
        assert one.evidence


@given(st.binary(max_size=200).map(lambda tail: b"bplist00" + tail))
def test_any_binary_info_plist_has_lints_or_a_refusal(data: bytes) -> None:
    try:
        lint(read_info_plist(data, name="x").raw)
    except PkiError as error:
        assert error.hint
