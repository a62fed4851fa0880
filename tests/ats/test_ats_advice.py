"""The smallest change that lets a server through: it does, nothing in it is idle, and its price is named."""

from __future__ import annotations

import copy
import plistlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pki.ats import AtsSettings, OsVersion, policy_for, read_settings
from pki.ats.advice import Advice, Needs, admits, advise, merged
from pki.ats.lints import lint
from pki.errors import InvalidRequest
from pki.model.hosts import parse_host

INSECURE = {"NSExceptionAllowsInsecureHTTPLoads": True}
NO_SECRECY = {"NSExceptionRequiresForwardSecrecy": False}
FCP = {"NSRequiresNIAPTLSPackageVersion": "FCP_v2.1"}


def advised(host: str, ats: Any, needs: Needs, **how: Any) -> Advice | None:
    return advise(parse_host(host), read_settings(ats), needs, **how)


def entry(host: str, keys: dict[str, Any]) -> dict[str, Any]:
    return {"NSExceptionDomains": {host: keys}}


@pytest.mark.parametrize(
    ("host", "ats", "needs", "fragment"),
    [
        pytest.param("api.test", None, Needs(), None, id="a server in order needs nothing"),
        pytest.param("api.test", None, Needs(highest_tls="1.2"), None, id="TLS 1.2 is enough"),
        pytest.param(
            "api.test",
            None,
            Needs(insecure_trust=True),
            entry("api.test", INSECURE),
            id="the app's own anchor",
        ),
        pytest.param("api.test", None, Needs(http=True), entry("api.test", INSECURE), id="http"),
        pytest.param(
            "api.test",
            None,
            Needs(highest_tls="1.1"),
            entry("api.test", {"NSExceptionMinimumTLSVersion": "TLSv1.1"}),
            id="TLS 1.1",
        ),
        pytest.param(
            "api.test",
            None,
            Needs(no_forward_secrecy=True),
            entry("api.test", NO_SECRECY),
            id="no forward secrecy",
        ),
        pytest.param(
            "api.test",
            entry("api.test", INSECURE),
            Needs(http=True, no_forward_secrecy=True),
            entry("api.test", NO_SECRECY),
            id="only what is missing",
        ),
        pytest.param(
            "api.test", {"NSAllowsArbitraryLoads": True}, Needs(http=True), None, id="ATS is off already"
        ),
        pytest.param(
            "api.test",
            {"NSAllowsArbitraryLoads": True, **entry("api.test", {})},
            Needs(http=True),
            entry("api.test", INSECURE),
            id="an entry that tightens is loosened",
        ),
        pytest.param(
            "a.api.test",
            entry("api.test", {"NSExceptionMinimumTLSVersion": "TLSv1.3", "NSIncludesSubdomains": True}),
            Needs(highest_tls="1.2"),
            entry("a.api.test", {}),
            id="an empty entry leaves a parent's floor behind",
        ),
        pytest.param(
            "mac.local", None, Needs(insecure_trust=True, http=True), None, id="a local name is exempt"
        ),
        pytest.param(
            "mac.local",
            {"NSAllowsLocalNetworking": False},
            Needs(insecure_trust=True),
            {"NSAllowsLocalNetworking": True},
            id="local networking refused",
        ),
        pytest.param(
            "mac.local",
            entry("mac.local", {}),
            Needs(http=True),
            entry("mac.local", INSECURE),
            id="a local name, listed",
        ),
        pytest.param(
            "192.168.1.20", None, Needs(insecure_trust=True), entry("192.168.1.20", INSECURE), id="an address"
        ),
        pytest.param(
            "198.51.100.100",
            entry("198.51.100.0/24", {}),
            Needs(http=True),
            entry("198.51.100.100", INSECURE),
            id="the bare address, not a range that is too long to be read",
        ),
        pytest.param(
            "api.test",
            FCP,
            Needs(no_forward_secrecy=True),
            entry("api.test", {**NO_SECRECY, "NSExceptionRequiresNIAPTLSPackageVersion": "none"}),
            id="the NIAP package stands in the way",
        ),
        pytest.param(
            "api.test",
            FCP,
            Needs(lacks_fcp=True),
            entry("api.test", {"NSExceptionRequiresNIAPTLSPackageVersion": "none"}),
            id="a server outside the NIAP package",
        ),
        pytest.param("api.test", None, Needs(lacks_fcp=True), None, id="which nobody asked for"),
        pytest.param(
            "API.test", None, Needs(http=True), entry("api.test", INSECURE), id="keys are lower case"
        ),
    ],
)
def test_the_smallest_change(host: str, ats: Any, needs: Needs, fragment: Any) -> None:
    advice = advised(host, ats, needs)
    assert (advice.fragment if advice else None) == fragment


@pytest.mark.parametrize(
    ("host", "os", "fragment"),
    [
        pytest.param(
            "localhost", "9", entry("localhost", INSECURE), id="iOS 9 takes an entry for a local name"
        ),
        pytest.param("192.168.1.20", "9", {}, id="and has no key for an address"),
        pytest.param("192.168.1.20", "16", None, id="iOS 16 exempts it"),
        pytest.param("192.168.1.20", "17", entry("192.168.1.20", INSECURE), id="iOS 17 takes an entry"),
    ],
)
def test_the_change_depends_on_the_system(host: str, os: str, fragment: Any) -> None:
    advice = advised(host, None, Needs(http=True), os=OsVersion.parse(os))
    assert (advice.fragment if advice else None) == fragment


@pytest.mark.parametrize(
    ("needs", "ats", "justified"),
    [
        pytest.param(Needs(http=True), None, ("NSExceptionAllowsInsecureHTTPLoads",), id="insecure loads"),
        pytest.param(Needs(highest_tls="1.0"), None, ("NSExceptionMinimumTLSVersion",), id="TLS below 1.2"),
        pytest.param(Needs(no_forward_secrecy=True), None, (), id="forward secrecy"),
        pytest.param(Needs(lacks_fcp=True), FCP, (), id="the NIAP package"),
    ],
)
def test_whether_app_review_asks(needs: Needs, ats: Any, justified: tuple[str, ...]) -> None:
    advice = advised("api.test", ats, needs)
    assert advice is not None
    assert advice.justified == justified


def test_local_networking_needs_no_justification_and_says_whom_it_frees() -> None:
    advice = advised("mac.local", {"NSAllowsLocalNetworking": False}, Needs(http=True))
    assert advice is not None
    assert advice.justified == ()
    assert "every .local name" in advice.price[0]


@pytest.mark.parametrize(
    ("needs", "alternative"),
    [
        pytest.param(Needs(insecure_trust=True), "Install the CA's root", id="trust"),
        pytest.param(Needs(http=True), "Serve https", id="http"),
        pytest.param(Needs(highest_tls="1.0"), "Enable TLS 1.2 or later", id="TLS"),
        pytest.param(Needs(no_forward_secrecy=True), "ECDHE", id="forward secrecy"),
        pytest.param(Needs(lacks_fcp=True), "Extended Master Secret", id="the NIAP package"),
    ],
)
def test_what_needs_no_exception(needs: Needs, alternative: str) -> None:
    advice = advised("api.test", FCP, needs)
    assert advice is not None
    assert alternative in advice.alternatives[0]
    assert len(advice.unmet) == len(advice.alternatives) == 1


@pytest.mark.parametrize(
    ("host", "ats", "needs", "said"),
    [
        pytest.param("API.test", None, Needs(http=True), "lower case", id="capital letters in the URL"),
        pytest.param("api.test.", None, Needs(http=True), "ends in a dot", id="a dot in the URL"),
        pytest.param("10.0.0.1", None, Needs(http=True), "since iOS 17", id="an address"),
        pytest.param("api.test", None, Needs(highest_tls="1.1"), "may not help", id="TLS that is going away"),
    ],
)
def test_what_is_noted_beside_it(host: str, ats: Any, needs: Needs, said: str) -> None:
    advice = advised(host, ats, needs)
    assert advice is not None
    assert said in advice.notes[0]


def test_the_price_says_that_a_parents_entry_is_left_behind() -> None:
    advice = advised("a.api.test", entry("api.test", {"NSIncludesSubdomains": True}), Needs(http=True))
    assert advice is not None
    assert advice.price[-1].endswith("the one for api.test no longer reaches it.")


def test_the_price_says_how_far_an_entry_reaches_that_is_there_already() -> None:
    wide = advised("api.test", entry("api.test", {"NSIncludesSubdomains": True}), Needs(http=True))
    assert wide is not None
    assert wide.price[0].startswith("For api.test and every name below it,")
    narrow = advised("api.test", entry("api.test", {}), Needs(http=True))
    assert narrow is not None
    assert narrow.price[0].startswith("For api.test alone,")


def test_no_key_is_better_than_arbitrary_loads() -> None:
    advice = advised("10.0.0.1", None, Needs(http=True), os=OsVersion(9))
    assert advice is not None
    assert advice.xml == ""
    assert "not advised" in advice.notes[0]


def test_the_xml_is_what_an_info_plist_holds() -> None:
    advice = advised("api.test", None, Needs(http=True, highest_tls="1.1"))
    assert advice is not None
    assert advice.xml.startswith("<key>NSAppTransportSecurity</key>\n<dict>\n\t<key>NSExceptionDomains</key>")
    document = plistlib.loads(f"<plist><dict>{advice.xml}</dict></plist>".encode())
    assert document == {"NSAppTransportSecurity": advice.fragment}


def test_merging_keeps_what_is_there_and_touches_no_argument() -> None:
    ats = {"NSAllowsLocalNetworking": True, "NSExceptionDomains": {"a.test": {"NSIncludesSubdomains": True}}}
    before = copy.deepcopy(ats)
    changed = merged(ats, entry("a.test", INSECURE))
    assert changed == {
        "NSAllowsLocalNetworking": True,
        "NSExceptionDomains": {"a.test": {"NSIncludesSubdomains": True, **INSECURE}},
    }
    assert ats == before


@pytest.mark.parametrize(
    "ats", [None, "YES", [], {"NSExceptionDomains": "x"}, entry("a.test", "x")], ids=repr
)
def test_merging_replaces_what_nothing_reads(ats: Any) -> None:
    assert merged(ats, entry("a.test", INSECURE)) == entry("a.test", INSECURE)


def test_a_version_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="is no TLS version"):
        Needs(highest_tls="TLSv1.2")


def test_an_app_that_says_nothing_can_be_advised() -> None:
    advice = advise(parse_host("api.test"), AtsSettings(), Needs(http=True))
    assert advice is not None
    assert advice.fragment == entry("api.test", INSECURE)


DOMAINS = [
    "api.test",
    "a.api.test",
    "b.a.api.test",
    "test",
    "mac.local",
    "localhost",
    "10.0.0.1",
    "2001:db8::1",
]
RANGES = ["10.0.0.0/8", "10/16", "0.0.0.0/0", "10.0.0.1/32", "::/0", "2001:db8::/32", "127.0.0.0/8"]
HOSTS = [
    *DOMAINS,
    "192.168.1.20",
    "198.51.100.100",
    "127.0.0.1",
    "fe80::1",
    "apple.com",
    "x.gs.apple.com",
    "api.test.",
]
maybe = st.booleans() | st.sampled_from(["YES", 2])
packages = st.sampled_from(["none", "FCP_v2.1", "recommended", "other"])
exceptions = st.fixed_dictionaries(
    {},
    optional={
        "NSIncludesSubdomains": maybe,
        "NSExceptionAllowsInsecureHTTPLoads": maybe,
        "NSExceptionMinimumTLSVersion": st.sampled_from(["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3", "x", 1]),
        "NSExceptionRequiresForwardSecrecy": maybe,
        "NSExceptionRequiresNIAPTLSPackageVersion": packages,
    },
)
dictionaries = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "NSAllowsArbitraryLoads": maybe,
        "NSAllowsArbitraryLoadsForMedia": maybe,
        "NSAllowsLocalNetworking": maybe,
        "NSRequiresNIAPTLSPackageVersion": packages,
        "NSExceptionDomains": st.dictionaries(st.sampled_from([*DOMAINS, *RANGES]), exceptions | st.just("x"))
        | st.just("x"),
    },
)
all_needs = st.builds(
    Needs,
    insecure_trust=st.booleans(),
    highest_tls=st.sampled_from([None, "1.0", "1.1", "1.2", "1.3"]),
    no_forward_secrecy=st.booleans(),
    http=st.booleans(),
    lacks_fcp=st.booleans(),
)
systems = st.sampled_from(["9", "10", "16", "17", "26.3", "26.4", "27"]).map(OsVersion.parse)


def paths(fragment: dict[str, Any], before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in fragment.items():
        yield (*before, key)
        if isinstance(value, dict):
            yield from paths(value, (*before, key))


def without(fragment: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    rest = copy.deepcopy(fragment)
    inner = rest
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return rest


@settings(max_examples=400)
@given(st.sampled_from(HOSTS), dictionaries, all_needs, systems)
def test_what_is_advised_admits_the_server_and_nothing_in_it_is_idle(
    host_text: str, ats: Any, needs: Needs, os: OsVersion
) -> None:
    host, now = parse_host(host_text), read_settings(ats)

    def admitted(fragment: dict[str, Any]) -> bool:
        return admits(policy_for(host, read_settings(merged(ats, fragment)), os=os), needs)

    advice = advise(host, now, needs, os=os)
    assert (advice is None) is admits(policy_for(host, now, os=os), needs)
    if advice is None:
        return
    fragment = dict(advice.fragment)
    assert "NSAllowsArbitraryLoads" not in fragment
    assert advice.unmet
    assert advice.alternatives
    if not fragment:
        assert host.is_address
        assert os < OsVersion(17)
        return
    assert admitted(fragment)
    for path in paths(fragment):
        assert not admitted(without(fragment, path)), path
    assert advice.price
    asked = {one.path[-1] for one in lint(fragment) if one.rule_id == "ats-justification"}
    assert set(advice.justified) == asked
