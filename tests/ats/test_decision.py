"""What ATS asks of a host, by Info.plist."""

from __future__ import annotations

import plistlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.ats import (
    DEFAULT_POLICY,
    AtsPolicy,
    AtsSettings,
    is_local,
    policy_for,
    read_info_plist,
    read_settings,
)
from pki.ats.keys import NARROWER_KEYS
from pki.errors import PkiError, Unreadable
from pki.model.hosts import Host, parse_host
from pki.model.suites import SuiteGroup


def asked(host: str, ats: Any, **how: Any) -> AtsPolicy:
    return policy_for(parse_host(host), read_settings(ats), **how)


def excepted(host: str, **keys: Any) -> dict[str, Any]:
    return {"NSExceptionDomains": {host: keys}}


INSECURE = {"NSExceptionAllowsInsecureHTTPLoads": True}
SUBDOMAINS = {"NSIncludesSubdomains": True}


@pytest.mark.parametrize(
    ("host", "ats", "required"),
    [
        pytest.param("api.test", None, True, id="no dictionary: ATS is on"),
        pytest.param("api.test", {"NSAllowsArbitraryLoads": True}, False, id="arbitrary loads"),
        pytest.param("api.test", {"NSAllowsArbitraryLoads": "YES"}, True, id="a string is no boolean"),
        pytest.param("api.test", {"NSAllowsArbitraryLoads": 1}, False, id="1 equals YES"),
        pytest.param("api.test", {"NSAllowsArbitraryLoads": 1.0}, False, id="a real 1 does, too"),
        pytest.param("api.test", {"NSAllowsArbitraryLoads": 2}, True, id="2 does not"),
        pytest.param("api.test", {"NSAllowsArbitraryLoads": "1"}, True, id="a string is no number"),
        *(
            pytest.param(
                "api.test",
                {"NSAllowsArbitraryLoads": True, narrower: number},
                True,
                id=f"{narrower} {number} is there, and makes arbitrary loads ignored",
            )
            for narrower in NARROWER_KEYS
            for number in (0, 1, 2, 0.5)
        ),
        pytest.param(
            "mac.local", {"NSAllowsLocalNetworking": 2}, True, id="local networking refused by a number"
        ),
        pytest.param(
            "api.test",
            excepted("api.test", NSExceptionAllowsInsecureHTTPLoads=1),
            False,
            id="1 in an exception",
        ),
        pytest.param(
            "api.test",
            excepted("api.test", NSExceptionAllowsInsecureHTTPLoads=2),
            True,
            id="2 in an exception",
        ),
        pytest.param(
            "a.api.test",
            excepted("api.test", **INSECURE, NSIncludesSubdomains=1),
            False,
            id="1 for subdomains",
        ),
        pytest.param("2001:db8::1", excepted("2001:db8/32", **INSECURE), False, id="a short IPv6 network"),
        pytest.param(
            "fe81::1", excepted("fe80/10", **INSECURE), False, id="without a colon, but hexadecimal"
        ),
        pytest.param("8.1.2.3", excepted("8.0.0.0/010", **INSECURE), False, id="an octal prefix: 8"),
        pytest.param(
            "8.1.2.3", excepted("8.0.0.0/09", **INSECURE), False, id="a zero, and then no octal digit: 0"
        ),
        pytest.param("10.0.0.1", excepted("10.0.0.0/0x8", **INSECURE), True, id="no hexadecimal prefix"),
        pytest.param("10.0.0.1", excepted("10./8", **INSECURE), True, id="a dot before the slash"),
        pytest.param(
            "2001:db8::1", excepted("2001:db8:/32", **INSECURE), True, id="a colon before the slash"
        ),
        pytest.param("::ffff:10.0.0.1", excepted("::ffff:10.0.0.0/104", **INSECURE), True, id="dots in IPv6"),
        pytest.param(
            "2001:db8:1111:2222:3333:4444:5555:6666",
            excepted("2001:db8:1111:2222:3333:4444:5555:6666/128", **INSECURE),
            True,
            id="an IPv6 address of 38 characters is too long",
        ),
        pytest.param(
            "2001:db8:1111:2222:3333:4444:5555:666",
            excepted("2001:db8:1111:2222:3333:4444:5555:666/128", **INSECURE),
            False,
            id="one of 37 is not",
        ),
        pytest.param(
            "api.test",
            {"NSAllowsArbitraryLoads": True, "NSAllowsLocalNetworking": False},
            True,
            id="a narrower key, even false, makes arbitrary loads ignored",
        ),
        pytest.param(
            "api.test",
            {"NSAllowsArbitraryLoads": True, "NSAllowsArbitraryLoadsInWebContent": True},
            True,
            id="web content is a narrower key",
        ),
        pytest.param(
            "api.test",
            {"NSAllowsArbitraryLoads": True, "NSAllowsArbitraryLoadsForMedia": False},
            True,
            id="media is a narrower key",
        ),
        pytest.param(
            "api.test",
            {"NSAllowsArbitraryLoads": True, "NSAllowsLocalNetworking": "NO"},
            False,
            id="a narrower key of another type counts as absent",
        ),
        pytest.param("mac.local", None, False, id="a .local name"),
        pytest.param(
            "mac.local", {"NSAllowsLocalNetworking": False}, True, id="unless local networking is refused"
        ),
        pytest.param("localhost", None, False, id="an unqualified name"),
        pytest.param("127.0.0.1", None, False, id="loopback"),
        pytest.param("fe80::1", None, False, id="link-local"),
        pytest.param("192.168.1.20", None, True, id="a private address is not local"),
        pytest.param(
            "api.test", excepted("api.test", **INSECURE), False, id="an exception for insecure loads"
        ),
        pytest.param("api.test", excepted("api.test"), True, id="an empty exception is full ATS"),
        pytest.param(
            "api.test",
            {"NSAllowsArbitraryLoads": True, **excepted("api.test")},
            True,
            id="an empty exception raises security under arbitrary loads",
        ),
        pytest.param("a.api.test", excepted("api.test", **INSECURE), True, id="not for a subdomain"),
        pytest.param(
            "a.api.test", excepted("api.test", **INSECURE, **SUBDOMAINS), False, id="unless it says so"
        ),
        pytest.param(
            "b.a.api.test", excepted("api.test", **INSECURE, **SUBDOMAINS), False, id="at any depth"
        ),
        pytest.param("API.test", excepted("api.test", **INSECURE), True, id="keys are compared with case"),
        pytest.param("api.test.", excepted("api.test", **INSECURE), True, id="and with the trailing dot"),
        pytest.param("192.168.1.20", excepted("192.168.1.20", **INSECURE), False, id="an address"),
        pytest.param("192.168.1.20", excepted("192.168.1.0/24", **INSECURE), False, id="a network"),
        pytest.param("10.1.2.3", excepted("10/8", **INSECURE), False, id="a short network"),
        pytest.param(
            "198.51.100.100", excepted("198.51.100.100/32", **INSECURE), True, id="too long before the slash"
        ),
        pytest.param("2001:db8::1", excepted("2001:db8::/32", **INSECURE), False, id="an IPv6 network"),
        pytest.param(
            "198.51.100.100", excepted("198.51.100.100", **INSECURE), False, id="the bare address is not"
        ),
        pytest.param(
            "198.51.100.1", excepted("198.51.100.0/24", **INSECURE), False, id="13 characters are read"
        ),
        pytest.param("10.0.0.1", excepted("10.0.0.0/33", **INSECURE), True, id="a prefix above 32"),
        pytest.param("10.0.0.1", excepted("10.0.0.0/", **INSECURE), True, id="no prefix"),
        pytest.param(
            "10.0.0.1", excepted("10.0.0.0/\u0668", **INSECURE), True, id="a prefix in other digits"
        ),
        pytest.param("10.0.0.1", excepted("0.0.0.0/0", **INSECURE), False, id="everything"),
        pytest.param(
            "2001:db8::1", excepted("2001:db8::/129", **INSECURE), True, id="an IPv6 prefix above 128"
        ),
        pytest.param("fe80::1", excepted("fe80::%en0/64"), False, id="a scoped range covers nobody"),
        pytest.param("fe80::1", excepted("fe80::/64"), True, id="a range binds what was exempt"),
        pytest.param("10.0.0.1", excepted("::/0", **INSECURE), True, id="a range of the other family"),
        pytest.param(
            "10.0.0.1", excepted("test", **INSECURE, **SUBDOMAINS), True, id="a name never covers an address"
        ),
        pytest.param("0.1", excepted("10.0.0.1", **INSECURE), True, id="an address never covers a name"),
        pytest.param("gs.apple.com", None, False, id="one of Apple's built-in exceptions"),
        pytest.param("gs.apple.com", excepted("gs.apple.com"), True, id="which an app can replace"),
    ],
)
def test_whether_ats_requires_trusted_tls(host: str, ats: Any, required: bool) -> None:
    assert asked(host, ats).tls_required is required


@pytest.mark.parametrize(
    ("version", "floor"),
    [
        pytest.param("TLSv1.0", "1.0", id="lowered"),
        pytest.param("TLSv1.3", "1.3", id="raised"),
        pytest.param("tlsv1.3", "1.2", id="spelled otherwise"),
        pytest.param(1.3, "1.2", id="a number"),
        pytest.param("DTLSv1.2", "1.2", id="a version of DTLS"),
    ],
)
def test_minimum_version(version: Any, floor: str) -> None:
    assert asked("api.test", excepted("api.test", NSExceptionMinimumTLSVersion=version)).minimum_tls == floor


NO_SECRECY = {"NSExceptionRequiresForwardSecrecy": False}


@pytest.mark.parametrize(
    ("ats", "suites", "checks_key_size"),
    [
        pytest.param(None, SuiteGroup.ATS, True, id="by default"),
        pytest.param(
            excepted("api.test", **INSECURE), SuiteGroup.ATS, True, id="insecure loads keep the list"
        ),
        pytest.param(
            excepted("api.test", **NO_SECRECY), SuiteGroup.NO_FORWARD_SECRECY, False, id="no secrecy"
        ),
        pytest.param(
            excepted("api.test", **NO_SECRECY, **INSECURE),
            None,
            False,
            id="both open the list",
        ),
        pytest.param({"NSAllowsArbitraryLoads": True}, None, False, id="ATS off"),
    ],
)
def test_forward_secrecy_and_suites(ats: Any, suites: SuiteGroup | None, checks_key_size: bool) -> None:
    policy = asked("api.test", ats)
    assert (policy.suites, policy.checks_key_size) == (suites, checks_key_size)


FCP = {"NSRequiresNIAPTLSPackageVersion": "FCP_v2.1"}
DOMAIN_KEY = "NSExceptionRequiresNIAPTLSPackageVersion"


@pytest.mark.parametrize(
    ("ats", "tightened"),
    [
        pytest.param(FCP, True, id="for every host"),
        pytest.param({"NSRequiresNIAPTLSPackageVersion": "recommended"}, True, id="the recommended package"),
        pytest.param({"NSRequiresNIAPTLSPackageVersion": "none"}, False, id="none"),
        pytest.param({"NSRequiresNIAPTLSPackageVersion": "fcp_v2.1"}, False, id="spelled otherwise"),
        pytest.param({"NSRequiresNIAPTLSPackageVersion": True}, False, id="a boolean"),
        pytest.param(excepted("api.test", **{DOMAIN_KEY: "FCP_v2.1"}), True, id="for one domain"),
        pytest.param(
            {**FCP, **excepted("api.test", **{DOMAIN_KEY: "none"})}, False, id="a domain carved out"
        ),
        pytest.param({**FCP, **excepted("api.test")}, True, id="a domain that says nothing of it"),
        pytest.param(
            {**FCP, **excepted("other.test", **{DOMAIN_KEY: "none"})}, True, id="another one carved out"
        ),
        pytest.param({**FCP, "NSAllowsArbitraryLoads": True}, False, id="not where ATS is off"),
    ],
)
def test_the_niap_package_comes_on_top_of_ats(ats: Any, tightened: bool) -> None:
    policy = asked("api.test", ats)
    assert policy.fcp is tightened
    assert policy.needs_extended_master_secret is tightened
    assert policy.offers_sha1_signatures is not tightened
    assert (policy.suites is SuiteGroup.FCP) is tightened


def test_the_niap_package_leaves_trust_as_it_is_and_needs_tls_1_2() -> None:
    loose = {**INSECURE, **NO_SECRECY, "NSExceptionMinimumTLSVersion": "TLSv1.0", DOMAIN_KEY: "FCP_v2.1"}
    policy = asked("api.test", excepted("api.test", **loose))
    assert (policy.trust_required, policy.minimum_tls, policy.forward_secrecy) == (False, "1.2", True)
    strict = {"NSExceptionMinimumTLSVersion": "TLSv1.3", DOMAIN_KEY: "FCP_v2.1"}
    assert asked("api.test", excepted("api.test", **strict)).minimum_tls == "1.3"


def test_the_most_specific_parent_decides() -> None:
    domains = {"NSExceptionDomains": {"api.test": SUBDOMAINS, "v2.api.test": {**SUBDOMAINS, **INSECURE}}}
    assert asked("x.v2.api.test", domains).exception_key == "v2.api.test"
    assert asked("x.api.test", domains).exception_key == "api.test"


def test_the_caller_may_say_what_is_local_and_who_asks() -> None:
    assert not asked("api.test", None, local=True).tls_required
    assert not asked("api.test", None, first_party=True).tls_required


@pytest.mark.parametrize("form", [plistlib.FMT_XML, plistlib.FMT_BINARY], ids=["XML", "binary"])
def test_info_plist_in_both_forms(form: Any) -> None:
    data = plistlib.dumps({"NSAppTransportSecurity": {"NSAllowsArbitraryLoads": True}}, fmt=form)
    settings = read_info_plist(data, name="Info.plist")
    assert settings.arbitrary_loads is True
    assert settings.raw == {"NSAllowsArbitraryLoads": True}


def test_an_info_plist_without_the_key_is_an_app_that_says_nothing() -> None:
    settings = read_info_plist(plistlib.dumps({"CFBundleName": "App"}), name="Info.plist")
    assert settings == AtsSettings()
    assert settings.raw is None
    default = policy_for(parse_host("api.test"), settings)
    assert (default.minimum_tls, default.suites) == (DEFAULT_POLICY.minimum_tls, DEFAULT_POLICY.suites)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"", "not a property list", id="nothing"),
        pytest.param(b"<html></html>", "not a property list", id="HTML"),
        pytest.param(plistlib.dumps([1]), "holds no dictionary", id="an array"),
        pytest.param(b" " * (4 * 1024 * 1024 + 1), "No Info.plist over 4 MiB", id="too large"),
        pytest.param(
            b'<?xml version="1.0"?><!DOCTYPE p [<!ENTITY a "x">]><plist><dict/></plist>',
            "not a property list",
            id="an entity declaration",
        ),
    ],
)
def test_what_is_no_info_plist(data: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read_info_plist(data, name="Info.plist")


@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda b: b"bplist00" + b))
def test_any_bytes_are_settings_or_a_refusal(data: bytes) -> None:
    try:
        read_info_plist(data, name="x")
    except PkiError as error:
        assert error.hint


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
KEYS = ["NSAllowsArbitraryLoads", "NSAllowsLocalNetworking", "NSExceptionDomains", "NSPinnedDomains"]


@given(st.dictionaries(st.sampled_from(KEYS), json_like) | json_like)
def test_any_dictionary_gives_a_policy(ats: Any) -> None:
    policy_for(Host("api.test"), read_settings(ats))


def test_is_local_reads_the_host() -> None:
    assert is_local(parse_host("printer.local."))
    assert not is_local(parse_host("local.example"))
