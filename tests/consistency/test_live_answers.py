"""One connection, one answer: every scenario that can be served, asked of `evaluate`, `diagnose`, `handshake`, `explain`.

They are held against each other and not against words of ours: what the right answer is, other tests say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pki.handshake import call_server
from pki.report.app_error import app_error_json, expected_app_error, is_of_connection
from pki.trust import all_rules
from pki_fixtures import SCENARIOS, Scenario, ScenarioServer, Served, ShownBy
from pki_fixtures.client_files import files_for_clients
from tests import clock
from tests.shell import Ran, Trustrig

PATIENT = ("--timeout", str(clock.PATIENCE))
ENTRIES = [
    pytest.param(entry, id=entry.id) for entry in SCENARIOS.values() if entry.shown_by is not ShownBy.URL
]


# The client of `handshake` offers the groups and signature algorithms of its OpenSSL, and says so among what it does not
# check; what only an Apple client's own offer decides it sees otherwise.
BY_THE_OFFER = {"ed25519", "ffdhe-group-only", "p521-tls13", "sha1-handshake", "sha1-handshake-fcp"}


class House(NamedTuple):
    """The servers, and the folder with what their clients need."""

    server: ScenarioServer
    folder: Path


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("served")
    # Commands go by the clock; an hour before a leaf's beginning is taken off when it is issued.
    with ScenarioServer(at=clock.now(), deadline=clock.PATIENCE) as server:
        for part in files_for_clients(server.listing):
            (folder / part.path).parent.mkdir(exist_ok=True)
            (folder / part.path).write_bytes(part.data)
        yield House(server, folder)


class Said(NamedTuple):
    """What one command said: its exit code, and its document where there is one."""

    code: int
    document: dict[str, Any]


def said(ran: Ran) -> Said:
    return Said(ran.code, json.loads(ran.answer) if ran.answer else {})


class Answers(NamedTuple):
    served: Served
    identity: bool
    evaluate: Said
    diagnose: Said


@pytest.fixture(params=ENTRIES)
def answers(request: pytest.FixtureRequest, house: House, trustrig: Trustrig) -> Answers:
    """Both commands asked about the same server in the same way, with the identity that the story's client shows."""
    entry: Scenario = request.param
    served = next((one for one in house.server.served if one.scenario.id == entry.id), None)
    if served is None:
        reason = next(lost.reason for lost in house.server.not_served if lost.scenario.id == entry.id)
        pytest.skip(f"not served here: {reason}")
    shown = house.folder / "clients" / f"{entry.id}.pem"
    asked: list[str | Path] = [served.url, "--anchor", house.folder / "anchors.pem", *PATIENT]
    asked += ["--connect", f"{served.addresses[0]}:{served.port}"] if not served.resolves else []
    asked += ["--client", shown] if shown.exists() else []
    return Answers(
        served,
        shown.exists(),
        said(trustrig("evaluate", *asked, "--json")),
        said(trustrig("diagnose", *asked, "--format", "json")),
    )


def contradictions(given: Answers, trustrig: Trustrig) -> Iterator[str]:
    """What two of them say differently about this connection."""
    one, two = given.evaluate, given.diagnose
    if not one.document or not two.document:
        if (one.code, one.document) != (two.code, two.document):
            yield f"evaluate ends with {one.code} and diagnose with {two.code}, one of them without a verdict"
        return
    verdict, row = one.document, two.document["rows"][0]
    answer, error = verdict["connection"]["identity"], verdict["expected_app_error"] or {}
    taken = answer is None or answer["accepted"]
    # With an identity given both ask for its acceptance; without one `evaluate` judges the server, `diagnose` the load.
    if (one.code == 0) is not (verdict["trusted"] and (taken or not given.identity)):
        yield f"evaluate ends with {one.code}, trusted {verdict['trusted']}, identity {answer}"
    if (two.code == 0) is not (row["passed"] and taken) or two.document["passed"] is not row["passed"]:
        yield f"diagnose ends with {two.code}, its first row says {row['passed']}, identity {answer}"
    if row["passed"] is not verdict["trusted"]:
        yield f"evaluate says {verdict['trusted']}, and diagnose {row['passed']}: {row['why']}"
    yield from differing("rule", {"evaluate": rule_seen(verdict, error), "diagnose": row["rule"]})
    # What comes of the identity is no row's, since no key of Info.plist changes it.
    of_rows = {} if row["passed"] and error.get("cause", "").startswith("client_certificate") else error
    expected = {
        "evaluate": codes(of_rows),
        "diagnose": (row["expected_url_error"], row["expected_stream_error"]),
    }
    yield from differing("expected in the app", expected)
    yield from differing(
        "connection", {"evaluate": verdict["connection"], "diagnose": two.document["connection"]}
    )
    yield from explained(verdict, error, trustrig)
    yield from shaken(given, error)


def rule_seen(verdict: dict[str, Any], error: dict[str, Any]) -> str | None:
    """The headline; where the app declines the handshake the rule about that, since it never judges what else fails."""
    declined = error.get("cause") in ("version_declined", "parameters_declined", "below_requirement")
    failed = [finding["rule"] for finding in verdict["findings"] if finding["severity"] in ("error", "fatal")]
    about = (rule for rule in failed if is_of_connection(all_rules()[rule]))
    of_connection = next(about, None) if declined else None
    return of_connection or (verdict["headline"]["rule"] if verdict["headline"] else None)


def codes(error: dict[str, Any]) -> tuple[int | None, int | None]:
    return error.get("url_error"), error.get("stream_error")


def differing(what: str, by: dict[str, Any]) -> Iterator[str]:
    """Each command asks the clock for itself, so that the moment it tells is a later one."""
    told = {
        re.sub(r"judged at [^ \"]+", "judged", json.dumps(value, sort_keys=True)) for value in by.values()
    }
    if len(told) > 1:
        yield f"{what}: {by}"


def explained(verdict: dict[str, Any], error: dict[str, Any], trustrig: Trustrig) -> Iterator[str]:
    """`explain` knows the rule, leads from Apple's number to it, and from the app's error to its row."""
    if headline := verdict["headline"]:
        ran = trustrig("explain", headline["rule"])
        if ran.code != 0 or headline["rule"] not in ran.out:
            yield f"explain does not know {headline['rule']}"
        status = headline.get("os_status")
        if status is not None and headline["rule"] not in trustrig("explain", str(status)).out:
            yield f"explain {status} does not lead to {headline['rule']}"
    for code in filter(None, codes(error)):
        if trustrig("explain", str(code)).code != 0:
            yield f"explain does not know {code}"


def shaken(given: Answers, error: dict[str, Any]) -> Iterator[str]:
    """A client of `handshake`, with the same identity and the same roots, at the same server."""
    presented = given.served.presented
    client = replace(presented.client, trusted_roots=presented.anchors)
    seen = call_server(client, given.served.port, address=given.served.addresses[0], at=clock.now())
    if given.served.scenario.id in BY_THE_OFFER:
        if not any("signature algorithms" in said for said in seen.not_checked):
            yield f"handshake does not say that the offer is its own: {seen.not_checked}"
        return
    verdict = given.evaluate.document
    answer = verdict["connection"]["identity"]
    connects = verdict["trusted"] and (answer is None or answer["accepted"])
    if seen.accepted is not connects:
        yield f"handshake: {seen.code}, {seen.reason}; evaluate says {verdict['trusted']}, identity {answer}"
    theirs = app_error_json(expected_app_error(seen)) or {}
    if theirs and codes(theirs) != codes(error):
        yield f"expected in the app: {{'handshake': {codes(theirs)}, 'evaluate': {codes(error)}}}"


def test_one_connection_has_one_answer(answers: Answers, trustrig: Trustrig) -> None:
    found = list(contradictions(answers, trustrig))
    assert not found, "\n".join([answers.served.scenario.id, *found])


def test_most_of_the_catalogue_is_served(house: House) -> None:
    """A catalogue of which nothing is served would contradict nothing."""
    assert len({one.scenario.id for one in house.server.served}) > len(ENTRIES) * 0.9
