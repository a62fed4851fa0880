"""What is decided once for a kind of host is what is decided for each host."""

from __future__ import annotations

from typing import Any

import pytest

from pki.ats import AtsSettings, OsVersion, pins_for, policy_for, read_settings
from pki.ats.host_kinds import HostKinds
from pki.model.hosts import parse_host

PIN = {"SPKI-SHA256-BASE64": "r/mIkG3eEpVdm+u/ko/cwxzOMo1bk4TyHIlByibiA5E="}
OTHER = {"SPKI-SHA256-BASE64": "WoiWRyIOVNa9ihaBciRSC7XHjliYS9VwUGOIud4PB18="}
HOSTS = (
    "api.test",
    "API.test",
    "api.test.",
    "www.api.test",
    "deep.www.api.test",
    "other.test",
    "printer",
    "printer.local",
    "gs.apple.com",
    "10.1.2.3",
    "192.168.1.1",
    "127.0.0.1",
    "::1",
    "fe80::1",
)
DICTIONARIES: tuple[dict[str, Any], ...] = (
    {},
    {"NSAllowsArbitraryLoads": True},
    {"NSAllowsLocalNetworking": False},
    {
        "NSExceptionDomains": {
            "api.test": {"NSIncludesSubdomains": True, "NSExceptionAllowsInsecureHTTPLoads": True},
            "www.api.test": {"NSExceptionMinimumTLSVersion": "TLSv1.3"},
            "10.0.0.0/8": {"NSExceptionRequiresForwardSecrecy": False},
        },
        "NSPinnedDomains": {
            "api.test": {"NSIncludesSubdomains": True, "NSPinnedLeafIdentities": [PIN]},
            "API.TEST": {"NSPinnedCAIdentities": [OTHER]},
            "www.api.test": {"NSPinnedLeafIdentities": [OTHER]},
        },
    },
    {"NSRequiresNIAPTLSPackageVersion": "FCP_v2.1"},
)


@pytest.mark.parametrize("os", [OsVersion(9), OsVersion(13), OsVersion(16), OsVersion(26, 4)], ids=str)
@pytest.mark.parametrize("ats", [read_settings(ats) for ats in DICTIONARIES])
def test_each_host_is_answered_as_if_it_was_asked_about_alone(ats: AtsSettings, os: OsVersion) -> None:
    kinds = HostKinds(ats, os)
    for host in map(parse_host, (*HOSTS, *reversed(HOSTS))):
        assert kinds.policy(host) == policy_for(host, ats, os=os)
        assert kinds.pins(host) == pins_for(host, ats, os=os)


def test_hosts_of_a_kind_share_one_answer() -> None:
    kinds = HostKinds(read_settings(DICTIONARIES[3]), OsVersion(26))
    one, other, apart = (parse_host(name) for name in ("a.other.test", "b.other.test", "www.api.test"))
    assert kinds.policy(one) is kinds.policy(other)
    assert kinds.policy(one) is not kinds.policy(apart)
    assert kinds.pins(one) is kinds.pins(other)
    assert kinds.pins(one) is not kinds.pins(apart)
