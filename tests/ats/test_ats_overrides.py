"""TN2232's decision table: which decisions of an app's code count, with ATS on, off, and for an excepted domain."""

from __future__ import annotations

from typing import Any

import pytest

from pki.ats import AtsPolicy, lets_through, policy_for, read_settings
from pki.model.hosts import parse_host

HOST = "api.test"


def domain(**keys: Any) -> dict[str, Any]:
    return {"NSExceptionDomains": {HOST: keys}}


BINDING = {
    "ATS on": (HOST, None),
    "an empty entry under arbitrary loads": (HOST, {"NSAllowsArbitraryLoads": True, **domain()}),
    "an entry with TLS keys only": (
        HOST,
        domain(NSExceptionMinimumTLSVersion="TLSv1.0", NSExceptionRequiresForwardSecrecy=False),
    ),
    "arbitrary loads ignored": (HOST, {"NSAllowsArbitraryLoads": True, "NSAllowsLocalNetworking": True}),
    "a local host, local networking refused": ("mac.local", {"NSAllowsLocalNetworking": False}),
    "a private address": ("192.168.1.20", None),
}
NOT_BINDING = {
    "ATS off": (HOST, {"NSAllowsArbitraryLoads": True}),
    "the domain excepted": (HOST, domain(NSExceptionAllowsInsecureHTTPLoads=True)),
    "excepted, and with the NIAP package": (
        HOST,
        domain(NSExceptionAllowsInsecureHTTPLoads=True, NSExceptionRequiresNIAPTLSPackageVersion="FCP_v2.1"),
    ),
    "an exempt local host": ("mac.local", None),
    "loopback": ("127.0.0.1", None),
    "an excepted address": (
        "192.168.1.20",
        {"NSExceptionDomains": {"192.168.1.20": {"NSExceptionAllowsInsecureHTTPLoads": True}}},
    ),
}


def policy(host: str, ats: Any) -> AtsPolicy:
    return policy_for(parse_host(host), read_settings(ats))


ROWS = [
    # default trust, the app's answer; ATS on, ATS off
    pytest.param(True, None, True, True, id="no code, a chain valid by default"),
    pytest.param(False, None, False, False, id="no code, an invalid chain"),
    pytest.param(False, True, False, True, id="loosened: own anchor, other name, exceptions, accept all"),
    pytest.param(True, True, True, True, id="tightened, and the pin matches"),
    pytest.param(True, False, False, False, id="tightened, and the pin does not match"),
    pytest.param(False, False, False, False, id="refused by both, as where NSPinnedDomains does not match"),
]


@pytest.mark.parametrize(("default", "app", "on", "off"), ROWS)
def test_the_decision_table(default: bool, app: bool | None, on: bool, off: bool) -> None:
    for configurations, expected in ((BINDING, on), (NOT_BINDING, off)):
        for name, (host, ats) in configurations.items():
            through = lets_through(policy(host, ats), default_trust=default, app=app)
            assert through is expected, name
