"""Scenarios as fixtures: by id, by tag, judged, and served to a real client."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime

import pytest

from pki.errors import InvalidRequest
from pki.model.verdict import AnchorClass
from pki_fixtures import SCENARIOS, ShownBy, TlsScenario, assert_trusted, assert_untrusted
from pki_fixtures.catalogue import Catalogue
from tests import clock
from tests.fixtures.verdicts import answers, stated

SHOWN_BY_CHAIN = [entry.id for entry in SCENARIOS.values() if entry.shown_by is ShownBy.CHAIN]


@pytest.mark.parametrize("tls_scenario", SHOWN_BY_CHAIN, indirect=True)
def test_each_scenario_keeps_its_verdict_under_the_name_it_is_served_by(tls_scenario: TlsScenario) -> None:
    assert answers(tls_scenario.verdict()) == stated(tls_scenario.expected)


@pytest.mark.tls_scenario("expired-leaf")
def test_one_by_its_id(tls_scenario: TlsScenario) -> None:
    assert (tls_scenario.id, tls_scenario.host) == ("expired-leaf", "expired-leaf.localhost")
    assert tls_scenario.title.startswith("The certificate ended yesterday")
    assert tls_scenario.scenario is SCENARIOS["expired-leaf"]
    assert repr(tls_scenario) == "TlsScenario('expired-leaf')"
    assert_untrusted(tls_scenario, code=tls_scenario.expected.headline)
    assert_untrusted(tls_scenario.presented, code=tls_scenario.expected.status)
    assert_trusted(tls_scenario, at="-2d")


@pytest.mark.tls_scenario("app-anchor")
def test_the_anchor_class_is_the_story_s_unless_given(tls_scenario: TlsScenario) -> None:
    assert tls_scenario.anchor_class is AnchorClass.APP
    assert_untrusted(tls_scenario, code="ats-default-trust")
    assert_trusted(tls_scenario, anchor_class="user")
    assert_trusted(tls_scenario, ats={"NSAllowsArbitraryLoads": True})


@pytest.mark.tls_scenario("wrong-host", host="localhost")
@pytest.mark.tls_at("2031-05-01")
def test_host_and_clock_are_the_markers(tls_scenario: TlsScenario) -> None:
    assert tls_scenario.host == "localhost"
    assert tls_scenario.at == datetime(2031, 5, 1, tzinfo=UTC)
    assert_untrusted(tls_scenario, code="errSecHostNameMismatch")


@pytest.mark.tls_scenario("good-ec", "expired-leaf", "wrong-host", "untrusted-root")
def test_served_to_the_standard_library(tls_scenario: TlsScenario) -> None:
    with (
        tls_scenario.serve() as server,
        socket.create_connection((server.address, server.port), timeout=clock.PATIENCE) as plain,
    ):
        client = (
            tls_scenario.client_context() if tls_scenario.presented.anchors else ssl.create_default_context()
        )
        try:
            client.wrap_socket(plain, server_hostname=tls_scenario.host).close()
            accepted = True
        except ssl.SSLCertVerificationError:
            accepted = False
    assert accepted is tls_scenario.expected.trusted


@pytest.mark.tls_scenario(
    "good-ec", "expired-leaf", "missing-intermediate-aia", "tls10-only", "tls10-excepted", "mtls-good"
)
def test_a_running_scenario_is_judged_by_its_handshake(tls_scenario: TlsScenario) -> None:
    with tls_scenario.serve() as server:
        if tls_scenario.expected.trusted:
            verdict = assert_trusted(server)
        else:
            verdict = assert_untrusted(server, code=tls_scenario.expected.headline)
    assert verdict.transport is not None


@pytest.mark.tls_scenario("http-cleartext")
def test_plain_http_has_nothing_to_serve(tls_scenario: TlsScenario) -> None:
    with pytest.raises(InvalidRequest, match="http-cleartext speaks plain HTTP"):
        tls_scenario.serve()


def test_the_catalogue_is_a_fixture(tls_scenarios: Catalogue) -> None:
    assert tls_scenarios is SCENARIOS
    assert [entry.id for entry in tls_scenarios.tagged("dates", "good")] == []
    assert "expired-leaf" in [entry.id for entry in tls_scenarios.tagged("dates")]


def test_a_tag_is_a_test_for_each_of_its_scenarios(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from pki_fixtures import SCENARIOS

        @pytest.mark.tls_scenario("wildcards", "good-ec")
        def test_several(tls_scenario):
            pass

        @pytest.mark.tls_scenario("self-signed")
        def test_an_id_comes_before_a_tag(tls_scenario):
            assert tls_scenario.id == "self-signed"

        @pytest.mark.tls_scenario(tag="self-signed")
        def test_the_tag_all_the_same(tls_scenario):
            pass

        @pytest.mark.tls_scenario(SCENARIOS["good-ec"])
        def test_the_value_itself(tls_scenario):
            assert tls_scenario.id == "good-ec"

        @pytest.mark.tls_scenario("dates")
        def test_a_marker_without_the_fixture_changes_nothing():
            pass
        """
    )
    ran = project.runpytest_inprocess("-v")
    tests = [line.split("::")[1].split()[0] for line in ran.outlines if " PASSED" in line]
    wildcards = [
        f"test_several[{entry.id}]"
        for entry in SCENARIOS.values()
        if "wildcards" in entry.tags or entry.id == "good-ec"
    ]
    alone = [
        f"test_the_tag_all_the_same[{entry.id}]"
        for entry in SCENARIOS.values()
        if "self-signed" in entry.tags
    ]
    assert tests == [
        *wildcards,
        "test_an_id_comes_before_a_tag[self-signed]",
        *alone,
        "test_the_value_itself[good-ec]",
        "test_a_marker_without_the_fixture_changes_nothing",
    ]
