"""Which OS reads what: releases, local hosts by release, keys by release, and who is asking."""

from __future__ import annotations

from typing import Any

import pytest

from pki.ats import NEWEST, Caller, OsVersion, is_local, pins_for, policy_for, read_settings
from pki.errors import InvalidRequest
from pki.model.hosts import parse_host

INSECURE = {"NSExceptionAllowsInsecureHTTPLoads": True}


@pytest.mark.parametrize(
    ("text", "version", "name"),
    [
        pytest.param("17", OsVersion(17), "iOS 17 / macOS 14", id="a bare number is iOS's"),
        pytest.param("ios17", OsVersion(17), "iOS 17 / macOS 14", id="with the system's name"),
        pytest.param(" iOS 17.4.1 ", OsVersion(17, 4), "iOS 17.4 / macOS 14.4", id="as people write it"),
        pytest.param("macOS 14", OsVersion(17), "iOS 17 / macOS 14", id="a Mac of the same year"),
        pytest.param("macos10.15", OsVersion(13), "iOS 13 / macOS 10.15", id="a Mac of the ten years"),
        pytest.param("OS X 10.11", OsVersion(9), "iOS 9 / macOS 10.11", id="the first Mac with ATS"),
        pytest.param("watchOS 10", OsVersion(17), "iOS 17 / macOS 14", id="a watch"),
        pytest.param("visionos2", OsVersion(18), "iOS 18 / macOS 15", id="a Vision Pro"),
        pytest.param("macos26.4", OsVersion(26, 4), "OS 26.4", id="one number for all"),
        pytest.param("tvos18", OsVersion(18), "iOS 18 / macOS 15", id="a TV counts with iOS"),
    ],
)
def test_a_release_is_read_and_named(text: str, version: OsVersion, name: str) -> None:
    assert OsVersion.parse(text) == version
    assert str(version) == name


@pytest.mark.parametrize("text", ["", "ios", "17.x", "android14", "1234", "ios-17", "٢٦"])
def test_what_is_no_release(text: str) -> None:
    with pytest.raises(InvalidRequest, match="is no OS version"):
        OsVersion.parse(text)


@pytest.mark.parametrize("text", ["ios8", "macos10.10", "5"])
def test_a_release_before_ats(text: str) -> None:
    with pytest.raises(InvalidRequest, match="has no App Transport Security"):
        OsVersion.parse(text)


def test_releases_are_ordered() -> None:
    assert OsVersion(9) < OsVersion(26, 3) < OsVersion(26, 4) < NEWEST


@pytest.mark.parametrize(
    ("host", "nine", "ten_to_sixteen", "since_seventeen"),
    [
        pytest.param("localhost", False, True, True, id="an unqualified name"),
        pytest.param("mac.local", False, True, True, id="a .local name"),
        pytest.param("mac.local.", False, True, True, id="with its dot"),
        pytest.param("127.0.0.1", False, True, True, id="loopback"),
        pytest.param("::1", False, True, True, id="IPv6 loopback"),
        pytest.param("fe80::1", False, True, True, id="link-local"),
        pytest.param("169.254.7.7", False, True, True, id="IPv4 link-local"),
        pytest.param("192.168.1.20", False, True, False, id="a private address"),
        pytest.param("203.0.113.1", False, True, False, id="a public address"),
        pytest.param("fe00::1", False, True, False, id="an address that only looks link-local"),
        pytest.param("2001:db8::1", False, True, False, id="an IPv6 address"),
        pytest.param("api.test", False, False, False, id="a qualified name"),
    ],
)
def test_what_counts_as_local(host: str, nine: bool, ten_to_sixteen: bool, since_seventeen: bool) -> None:
    """The table of section 1.3: blocked, allowed by default, allowed by default except addresses."""
    asked = parse_host(host)
    for os, local in {
        9: nine,
        10: ten_to_sixteen,
        16: ten_to_sixteen,
        17: since_seventeen,
        27: since_seventeen,
    }.items():
        assert is_local(asked, os=OsVersion(os)) is local
        assert policy_for(asked, read_settings(None), os=OsVersion(os)).applies is not local
        assert policy_for(
            asked, read_settings({"NSAllowsLocalNetworking": False}), os=OsVersion(os)
        ).applies is (not local or os >= 10)


@pytest.mark.parametrize(
    ("ats", "os", "required"),
    [
        pytest.param({"NSAllowsLocalNetworking": False}, 9, False, id="iOS 9 knows no narrower key"),
        pytest.param({"NSAllowsLocalNetworking": False}, 10, True, id="iOS 10 does"),
        pytest.param(
            {"NSAllowsArbitraryLoadsInWebContent": True}, 9, False, id="nor the one for web content"
        ),
        pytest.param({"NSAllowsArbitraryLoadsForMedia": False}, 9, False, id="nor the one for media"),
    ],
)
def test_arbitrary_loads_beside_a_narrower_key(ats: dict[str, Any], os: int, required: bool) -> None:
    settings = read_settings({"NSAllowsArbitraryLoads": True, **ats})
    assert policy_for(parse_host("api.test"), settings, os=OsVersion(os)).tls_required is required


@pytest.mark.parametrize(
    ("host", "key", "os", "required"),
    [
        pytest.param("192.168.1.20", "192.168.1.20", "16", True, id="iOS 16 reads no address"),
        pytest.param("192.168.1.20", "192.168.1.20", "17", False, id="iOS 17 does"),
        pytest.param("192.168.1.20", "192.168.0.0/16", "macos13", True, id="macOS 13 reads no range"),
        pytest.param("192.168.1.20", "192.168.0.0/16", "macos14", False, id="macOS 14 does"),
        pytest.param("localhost", "localhost", "9", False, id="iOS 9 takes a local name"),
    ],
)
def test_which_entries_are_read(host: str, key: str, os: str, required: bool) -> None:
    settings = read_settings({"NSAllowsLocalNetworking": False, "NSExceptionDomains": {key: INSECURE}})
    assert policy_for(parse_host(host), settings, os=OsVersion.parse(os)).tls_required is required


@pytest.mark.parametrize(
    "ats",
    [
        pytest.param({"NSRequiresNIAPTLSPackageVersion": "FCP_v2.1"}, id="for every host"),
        pytest.param(
            {"NSExceptionDomains": {"api.test": {"NSExceptionRequiresNIAPTLSPackageVersion": "FCP_v2.1"}}},
            id="for one domain",
        ),
    ],
)
def test_niap_keys_are_read_since_26_4(ats: dict[str, Any]) -> None:
    settings = read_settings(ats)
    for os, tightened in {"26.3": False, "26.4": True, "27": True}.items():
        assert policy_for(parse_host("api.test"), settings, os=OsVersion.parse(os)).fcp is tightened


def test_pins_are_read_since_ios_14() -> None:
    settings = read_settings({"NSPinnedDomains": {"api.test": {"NSPinnedLeafIdentities": []}}})
    assert pins_for(parse_host("api.test"), settings, os=OsVersion(13)).leaf is None
    assert pins_for(parse_host("api.test"), settings, os=OsVersion(14)).leaf == ()


MEDIA, WEB = "NSAllowsArbitraryLoadsForMedia", "NSAllowsArbitraryLoadsInWebContent"


@pytest.mark.parametrize(
    ("ats", "urlsession", "webkit", "media"),
    [
        pytest.param({}, True, True, True, id="ATS binds all three"),
        pytest.param({WEB: True}, True, False, True, id="web content lifts it for web views"),
        pytest.param({MEDIA: True}, True, True, False, id="media lifts it for AVFoundation"),
        pytest.param({WEB: False, MEDIA: False}, True, True, True, id="NO lifts nothing"),
        pytest.param(
            {"NSAllowsArbitraryLoads": True, WEB: True}, True, False, True, id="and the coarse key is ignored"
        ),
        pytest.param(
            {WEB: True, MEDIA: True, "NSExceptionDomains": {"api.test": {}}},
            True,
            True,
            True,
            id="an entry comes first",
        ),
    ],
)
def test_who_is_asking(ats: dict[str, Any], urlsession: bool, webkit: bool, media: bool) -> None:
    expected = {Caller.URLSESSION: urlsession, Caller.WEBKIT: webkit, Caller.MEDIA: media}
    for caller, required in expected.items():
        policy = policy_for(parse_host("api.test"), read_settings(ats), caller=caller)
        assert policy.tls_required is required, caller
