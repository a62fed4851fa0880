"""The sixteen rows against the table a reviewer derives from ATS's decision procedure."""

from __future__ import annotations

import json
import plistlib
import re
from dataclasses import dataclass

import pytest

from pki.ats import OsVersion, policy_for, read_settings
from pki.ats.diagnosis import Configuration, configurations
from pki.handshake import ClientCertificates, Offer, TlsVersion
from pki.live import diagnose
from pki.model.hosts import parse_host
from pki.report.diagnosis import diagnosis_json, diagnosis_text, nscurl_text
from tests.live.stage import URL, Stage
from tests.live.weak import sha1_server

HOST = parse_host("api.example.test")
APPLES = set(range(1, 17))


@dataclass(frozen=True)
class Facts:
    """What a server is worth, as far as the procedure asks."""

    version: str = "1.3"
    static_rsa: bool = False
    app_anchor: bool = False
    trusted: bool = True  # by SecTrust, whoever anchors it


def derived(configuration: Configuration, facts: Facts) -> bool:
    """The procedure of SecProtocolConfiguration.m, for a host that is not local, written anew.

    No entry: ArbitraryLoads YES means no constraint at all, else TLS 1.2, forward secrecy, default trust. An entry starts
    from the same: AllowsInsecureHTTPLoads lifts trust, RequiresForwardSecrecy NO forward secrecy,
    MinimumTLSVersion replaces the floor. Normal TLS trust is asked in any case.
    """
    if not facts.trusted:
        return False
    if configuration.dictionary.get("NSAllowsArbitraryLoads"):
        return True
    entry = configuration.dictionary.get("NSExceptionDomains", {}).get(HOST.text, {})
    floor = entry.get("NSExceptionMinimumTLSVersion", "TLSv1.2").removeprefix("TLSv")
    secrecy = entry.get("NSExceptionRequiresForwardSecrecy", True)
    default_trust = not entry.get("NSExceptionAllowsInsecureHTTPLoads", False)
    return (
        facts.version >= floor
        and not (facts.static_rsa and secrecy)
        and not (facts.app_anchor and default_trust)
    )


STATIC_RSA = Offer(highest=TlsVersion.TLS12, suites=("AES128-GCM-SHA256",))
# The numbers are those of the rows that pass, as the procedure gives them by hand.
SERVERS = {
    "the default": (Facts(), Offer(), APPLES),
    "TLS 1.2 at best": (Facts("1.2"), Offer.only(TlsVersion.TLS12), APPLES - {3, 9, 13}),
    "TLS 1.1 alone": (Facts("1.1"), Offer.only(TlsVersion.TLS11), {2, 5, 6, 11, 12, 15, 16}),
    "TLS 1.0 alone": (Facts("1.0"), Offer.only(TlsVersion.TLS10), {2, 6, 12, 16}),
    # Without an entry for the domain forward secrecy is asked (1, 3-6); TLS 1.3 has no static RSA (9, 13).
    "static RSA alone": (Facts("1.2", static_rsa=True), STATIC_RSA, {2, 7, 8, 10, 11, 12, 14, 15, 16}),
    "an app's anchor": (Facts(app_anchor=True), Offer(), {2, 8, 13, 14, 15, 16}),
    # SHA-1 fails TLS trust itself, which no key of ATS touches.
    "a SHA-1 leaf": (Facts(trusted=False), Offer(weak=True), set()),
}


@pytest.mark.parametrize("name", SERVERS)
def test_every_row_is_as_the_procedure_says(name: str, stage: Stage) -> None:
    facts, offer, by_hand = SERVERS[name]
    asked = [c for c in configurations(HOST) if c.of_apple]
    assert {c.number for c in asked if derived(c, facts)} == by_hand
    identity = stage.rsa if facts.static_rsa else stage.server
    if not facts.trusted:
        identity = sha1_server(stage)
    anchors = stage.anchors("app" if facts.app_anchor else "user")
    with stage.serving(offer, identity=identity) as route:
        found = diagnose(route, at=stage.at, anchors=anchors)
    assert {
        row.configuration.number for row in found.rows if row.passed and row.configuration.of_apple
    } == by_hand
    assert found.passed == (1 in by_hand)
    assert all(row.why for row in found.rows if not row.passed)


REASONS = {
    "TLS 1.1 alone": {1: "ats-tls12", 3: "ats-tls12", 8: "ats-tls12"},
    "static RSA alone": {1: "ats-forward-secrecy", 3: "ats-tls12", 6: "ats-forward-secrecy"},
    "an app's anchor": {1: "ats-default-trust", 12: "ats-default-trust"},
    "a SHA-1 leaf": {1: "tls-sha2-signature", 2: "tls-sha2-signature"},
}


@pytest.mark.parametrize("name", REASONS)
def test_a_row_that_fails_says_which_rule(name: str, stage: Stage) -> None:
    facts, offer, _ = SERVERS[name]
    identity = stage.rsa if facts.static_rsa else sha1_server(stage) if not facts.trusted else stage.server
    with stage.serving(offer, identity=identity) as route:
        found = diagnose(route, at=stage.at, anchors=stage.anchors("app" if facts.app_anchor else "user"))
    told = {row.configuration.number: row.rule for row in found.rows}
    assert {number: told[number] for number in REASONS[name]} == REASONS[name]


FRAGMENTS = {
    "TLS 1.1 alone": {"NSExceptionMinimumTLSVersion": "TLSv1.1"},
    "static RSA alone": {"NSExceptionRequiresForwardSecrecy": False},
    "an app's anchor": {"NSExceptionAllowsInsecureHTTPLoads": True},
}


@pytest.mark.parametrize("name", FRAGMENTS)
def test_the_advice_is_the_smallest_change_and_it_helps(name: str, stage: Stage) -> None:
    facts, offer, _ = SERVERS[name]
    anchors = stage.anchors("app" if facts.app_anchor else "user")
    with stage.serving(offer, identity=stage.rsa if facts.static_rsa else stage.server) as route:
        found = diagnose(route, at=stage.at, anchors=anchors)
        assert found.advice is not None
        assert found.advice.fragment == {"NSExceptionDomains": {HOST.text: FRAGMENTS[name]}}
        plist = plistlib.loads(f'<plist version="1.0"><dict>{found.advice.xml}</dict></plist>'.encode())
    changed = Configuration(1, "", "", plist["NSAppTransportSecurity"])
    assert derived(changed, facts)
    assert "with an exception" in found.conclusion


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("the default", "No exception is needed."),
        (
            "a SHA-1 leaf",
            "It fails without ATS, too: no key of Info.plist helps. Issue it again with SHA-256.",
        ),
    ],
)
def test_where_no_key_is_the_answer_none_is_advised(name: str, told: str, stage: Stage) -> None:
    facts, offer, _ = SERVERS[name]
    with stage.serving(offer, identity=stage.server if facts.trusted else sha1_server(stage)) as route:
        found = diagnose(route, at=stage.at, anchors=stage.anchors())
    assert found.advice is None
    assert found.conclusion == told


def test_what_the_server_declines_is_told_before_its_certificate(stage: Stage) -> None:
    """The app never gets to the certificate: the row names what its error comes from."""
    other = stage.authority.issue_server("other.test", at=stage.at)
    with stage.serving(Offer.only(TlsVersion.TLS11), identity=other) as route:
        found = diagnose(route, at=stage.at, anchors=stage.anchors())
    told = {row.configuration.number: (row.rule, row.error.stream_error) for row in found.rows if row.error}
    assert told[3] == ("ats-tls12", -9836)
    assert told[2] == ("san-dns-match", -9807)


def test_a_root_nobody_trusts_is_no_fault_of_the_server_alone(stage: Stage) -> None:
    with stage.serving() as route:
        found = diagnose(route, at=stage.at, anchors=[])
    assert "no key of Info.plist helps" in found.conclusion
    assert "on the device" in found.conclusion
    assert "let the server send" in found.conclusion


def test_a_local_name_is_let_through_without_ats(stage: Stage) -> None:
    local = stage.authority.issue_server("api.local", at=stage.at)
    with stage.serving(Offer.only(TlsVersion.TLS11), identity=local, url="https://api.local") as route:
        found = diagnose(route, at=stage.at, anchors=stage.anchors())
    assert found.passed
    assert "local" in found.conclusion
    assert not found.rows[3].passed  # an entry for the name brings ATS back


NIAP_SERVERS = {
    "TLS 1.3": (Offer(), True),
    "GCM with Extended Master Secret": (Offer.only(TlsVersion.TLS12), True),
    "without it": (Offer(highest=TlsVersion.TLS12, extended_master_secret=False), False),
    "CBC": (Offer(highest=TlsVersion.TLS12, suites=("ECDHE-ECDSA-AES128-SHA",)), False),
}


@pytest.mark.parametrize("name", NIAP_SERVERS)
def test_the_niap_row(name: str, stage: Stage) -> None:
    offer, passes = NIAP_SERVERS[name]
    with stage.serving(offer) as route:
        row = diagnose(route, at=stage.at, anchors=stage.anchors()).rows[-1]
    assert (row.configuration.number, row.passed) == (17, passes)


def test_before_os_26_4_there_is_no_niap_row(stage: Stage) -> None:
    with stage.serving() as route:
        found = diagnose(route, at=stage.at, anchors=stage.anchors(), os=OsVersion(26, 3))
    assert len(found.rows) == 16


def test_a_server_that_insists_on_a_client_certificate(stage: Stage) -> None:
    with stage.serving(ask=ClientCertificates.REQUIRED) as route:
        without = diagnose(route, at=stage.at, anchors=stage.anchors())
        with_alice = diagnose(route, at=stage.at, anchors=stage.anchors(), identity=stage.alice)
        with_mallory = diagnose(route, at=stage.at, anchors=stage.anchors(), identity=stage.mallory)
    for found, words in (
        (without, "The server insists on a client certificate: alert 116 certificate_required"),
        (with_mallory, "mallory was refused: alert 48 unknown_ca"),
    ):
        assert all(row.passed for row in found.rows)  # no key of ATS's changes it
        assert found.conclusion.startswith(f"{words}.")
        assert "That is not a matter of ATS." in found.conclusion
        assert not found.connects
    assert "NSURLAuthenticationMethodClientCertificate" in without.conclusion
    assert with_alice.conclusion == "No exception is needed."
    plain = {
        name: nscurl_text(found, url=URL, verbose=True)
        for name, found in (("none", without), ("m", with_mallory))
    }
    assert plain["none"].count("Result : FAIL") == 16  # Apple's tool shows no identity
    assert plain["none"].count("Code=-1206 ") == 16
    assert plain["m"].count("Code=-1205 ") == 16


def test_offers_that_are_the_same_share_a_connection(stage: Stage) -> None:
    with stage.serving() as route:
        diagnose(route, at=stage.at, anchors=stage.anchors())
    kinds = set()
    for c in configurations(HOST):
        policy = policy_for(HOST, read_settings(c.dictionary))
        kinds.add((policy.minimum_tls, policy.suites, policy.fcp))
    assert len(kinds) < 16


def test_the_titles_are_apples() -> None:
    titles = [c.title for c in configurations(HOST)]
    assert titles[:3] == ["ATS Default Connection", "Allow All Loads", "TLSv1.3"]
    assert titles[6] == "Disabling Perfect Forward Secrecy"
    assert titles[15] == "TLSv1.0 with PFS disabled and insecure HTTP allowed"


def test_the_reports(stage: Stage) -> None:
    with stage.serving(Offer.only(TlsVersion.TLS11)) as route:
        found = diagnose(route, at=stage.at, anchors=stage.anchors())
    text = diagnosis_text(found, name=URL)
    assert max(map(len, text.splitlines())) <= 80
    assert re.search(r"^ +1  FAIL  \[1\]  ATS Default Connection$", text, re.MULTILINE)
    document = json.loads(json.dumps(diagnosis_json(found, name=URL)))
    assert document["schema"] == "trustrig.diagnosis/1"
    assert [row["passed"] for row in document["rows"]] == [row.passed for row in found.rows]
    assert document["connection"]["version"] == "1.1"


def test_apples_layout(stage: Stage) -> None:
    with stage.serving(Offer.only(TlsVersion.TLS11)) as route:
        found = diagnose(route, at=stage.at, anchors=stage.anchors())
    plain, verbose = (nscurl_text(found, url=URL, verbose=choice).splitlines() for choice in (False, True))
    assert plain[0] == "Starting ATS Diagnostics"
    results = [line.removeprefix("Result : ") for line in plain if line.startswith("Result : ")]
    assert results == ["PASS" if row.passed else "FAIL" for row in found.rows if row.configuration.of_apple]
    assert plain.count("=" * 80) == 9 - 1
    start = verbose.index("TLSv1.1")
    assert verbose[start - 1 : start + 10] == [
        "---",
        "TLSv1.1",
        "ATS Dictionary:",
        "{",
        "    NSExceptionDomains =     {",
        '        "api.example.test" =         {',
        '            NSExceptionMinimumTLSVersion = "TLSv1.1";',
        "        };",
        "    };",
        "}",
        "Result : PASS",
    ]
    assert any(line.startswith("Error : Error Domain=NSURLErrorDomain Code=-1200 ") for line in verbose)
