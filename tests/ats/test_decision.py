"""What ATS asks of a host, by Info.plist."""

from __future__ import annotations

import plistlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.ats import AtsPolicy, is_local, policy_for, read_info_plist, read_settings
from pki.errors import PkiError, Unreadable
from pki.model.hosts import Host, parse_host


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
        pytest.param("api.test", {"NSAllowsArbitraryLoads": 2}, True, id="a number is no boolean"),
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
    ],
)
def test_minimum_version(version: Any, floor: str) -> None:
    assert asked("api.test", excepted("api.test", NSExceptionMinimumTLSVersion=version)).minimum_tls == floor


def test_forward_secrecy_and_suites() -> None:
    relaxed = asked("api.test", excepted("api.test", NSExceptionRequiresForwardSecrecy=False))
    assert (relaxed.forward_secrecy, relaxed.ciphersuites_restricted) == (False, True)
    open_list = asked("api.test", excepted("api.test", NSExceptionRequiresForwardSecrecy=False, **INSECURE))
    assert (open_list.forward_secrecy, open_list.ciphersuites_restricted) == (False, False)


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
    assert read_info_plist(data, name="Info.plist").arbitrary_loads is True


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
