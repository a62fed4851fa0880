from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from pki.errors import InvalidRequest
from pki.install.portal import LocalAddress, choose_address, own_addresses

LO, LO6 = LocalAddress("127.0.0.1", "lo0", True), LocalAddress("::1", "lo0", True)
WIFI, WIFI6 = LocalAddress("192.168.1.20", "en0", False), LocalAddress("2001:db8::20", "en0", False)
DOCKER = LocalAddress("172.17.0.1", "docker0", False)


@pytest.mark.parametrize(
    ("wanted", "own", "chosen"),
    [
        pytest.param(None, [WIFI, LO, LO6], "192.168.1.20", id="the only one that others can reach"),
        pytest.param(None, [WIFI, WIFI6, LO], "192.168.1.20", id="IPv4 where both are there"),
        pytest.param(None, [WIFI6, LO], "2001:db8::20", id="IPv6 where it is all there is"),
        pytest.param("127.0.0.1", [WIFI, LO], "127.0.0.1", id="loopback, when it is named"),
        pytest.param("[2001:DB8::0:20]", [WIFI6], "2001:db8::20", id="an IPv6 address in another spelling"),
    ],
)
def test_the_address_is_chosen(wanted: str | None, own: list[LocalAddress], chosen: str) -> None:
    assert choose_address(wanted, own=own) == chosen


@pytest.mark.parametrize(
    ("wanted", "own", "words"),
    [
        pytest.param(None, [WIFI, DOCKER, LO], r"several addresses.*192\.168\.1\.20 \(en0\), 172\.17\.0\.1 \(docker0\)", id="a choice to make"),
        pytest.param(None, [LO], r"in no network.*127\.0\.0\.1 \(lo0\)", id="no network"),
        pytest.param(None, [], "in no network.*there is none", id="nothing at all"),
        pytest.param("192.168.1.21", [WIFI], r"not an address of this machine.*192\.168\.1\.20 \(en0\)", id="a neighbour"),
        pytest.param("0.0.0.0", [WIFI], "every address at once", id="all of them"),
        pytest.param("home", [WIFI], "no IP address", id="a name"),
    ],
)  # fmt: skip
def test_what_cannot_be_names_what_can(wanted: str | None, own: list[LocalAddress], words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        choose_address(wanted, own=own)


def test_loopback_is_among_our_own() -> None:
    assert "127.0.0.1" in {local.address for local in own_addresses() if local.loopback}


@pytest.mark.skipif(shutil.which("ip") is None, reason="iproute2's second opinion is for Linux")
def test_they_are_those_that_the_system_lists() -> None:
    told = json.loads(subprocess.run(["ip", "-json", "address"], capture_output=True, check=True).stdout)
    listed = {
        (info["local"], link["ifname"])
        for link in told
        if "UP" in link.get("flags", ())
        for info in link.get("addr_info", ())
        if info["family"] in ("inet", "inet6") and info["scope"] != "link"
    }
    assert {(local.address, local.interface) for local in own_addresses()} == listed
