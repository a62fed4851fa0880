"""Your own server behind every scenario: each is switched to while clients run, and they do as the catalogue says."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pki.ats import read_settings
from pki.live import NoOfferAccepted, Route, evaluate_live, parse_target
from pki.model.verdict import AnchorClass
from pki.store import AuthorityFolder
from pki.trust import Anchor
from pki_cli.client_folder import write_client_folder
from pki_fixtures import SCENARIOS, Front
from pki_fixtures.client_files import files_for_clients
from pki_fixtures.evaluation import evidence_of
from pki_fixtures.served import ScenarioListing, Served
from tests import clock
from tests.fixtures.test_serving_peers import divergence, implied, reviewed
from tests.fixtures.verdicts import UNOFFERED, answers, stated
from tests.fixtures.visiting import VISITORS
from tests.front.fronts import HERE, HOST, pages
from tests.handshake.programs import CURL, OPENSSL

WHO = [pytest.param("curl", marks=CURL), pytest.param("openssl s_client", marks=OPENSSL)]
# Their root is the matter, a certificate has to be trusted by itself, or it is somebody else's name (test_own_authority);
# then those with another name by nature, without TLS, and whose decision is made over HTTP.
WITHOUT = {
    "self-signed-trusted", "expired-root", "pathlen", "root-names-another-key", "sha1-root", "wildcard-public-suffix",
    "wildcard-ok", "wildcard-deep", "wildcard-partial", "wildcard-tld", "ip-san", "ip-in-dns-san", "ip-in-cn",
    "http-cleartext", "mtls-on-list", "mtls-not-on-list",
}  # fmt: skip
SHOWN = [id for id in SCENARIOS if id not in WITHOUT]


@pytest.fixture(scope="module")
def folder(at: datetime, tmp_path_factory: pytest.TempPathFactory) -> AuthorityFolder:
    return AuthorityFolder.create(tmp_path_factory.mktemp("own") / "ca", name="Our CA", at=at)


@pytest.fixture(scope="module")
def front(at: datetime, folder: AuthorityFolder) -> Iterator[Front]:
    with pages() as behind, Front(f"http://{HERE}:{behind}", HOST, at=at, authority=folder) as front:
        yield front


def served(front: Front, id: str) -> Served:
    return Served(SCENARIOS[id], front.presented(id), (HERE,), front.port)


@pytest.fixture(scope="module")
def given(front: Front, at: datetime, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What clients of scenarios are given."""
    listing = ScenarioListing(
        at=at,
        seeded=False,
        addresses=(HERE,),
        port=front.port,
        served=tuple(served(front, id) for id in SHOWN),
        not_served=(),
        anchors=(front.root,),
    )
    there = tmp_path_factory.mktemp("given") / "rig"
    write_client_folder(there, files_for_clients(listing))
    return there


def test_what_a_front_has_and_what_it_has_not(front: Front) -> None:
    assert set(front.available) == set(SHOWN)
    assert {part.scenario.id for part in front.not_served} == WITHOUT
    assert all(len(part.reason) > 20 for part in front.not_served)


@pytest.mark.slow
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("id", SHOWN)
def test_a_program_does_as_the_levels_imply_or_as_reviewed(
    id: str, who: str, front: Front, given: Path
) -> None:
    if id in dict(reviewed("not_exercised", who)):
        return
    front.switch(id)
    expected, otherwise = implied(SCENARIOS[id]), divergence(who, id)
    answer = VISITORS[who](served(front, id), given)
    assert answer.let_in is (expected if otherwise is None else otherwise == "accepts"), answer.words
    assert ("hello from" in answer.words) is answer.let_in  # by the server behind, and by nobody else
    assert front.wait_for_connection(timeout=clock.PATIENCE)["scenario"] == id


@pytest.mark.slow
@pytest.mark.parametrize("id", [id for id in SHOWN if id not in UNOFFERED])
def test_our_own_evaluator_gives_the_stated_verdict(id: str, front: Front) -> None:
    front.switch(id)
    entry, presented = SCENARIOS[id], front.presented(id)
    kind = AnchorClass.USER if entry.anchor_class is AnchorClass.NONE else entry.anchor_class
    verdict, _ = evaluate_live(
        Route(parse_target(f"https://{presented.host}"), via=(HERE, front.port), timeout=clock.PATIENCE),
        at=presented.at,
        anchors=[Anchor.parse(front.root.public_bytes(Encoding.DER), kind)],
        ats=read_settings(presented.ats),
        evidence=evidence_of(replace(presented, staple=None)),  # that one the server brings
        fetch=presented.reachable.get,
        identity=presented.mutual.shown if presented.mutual else None,
    )
    assert answers(verdict) == stated(entry.expected[entry.anchor_class])


@pytest.mark.parametrize("id", UNOFFERED)
def test_nobody_offers_what_the_certificate_needs(id: str, front: Front) -> None:
    front.switch(id)
    with pytest.raises(NoOfferAccepted, match="alert 40"):
        evaluate_live(
            Route(parse_target(f"https://{HOST}"), via=(HERE, front.port), timeout=clock.PATIENCE),
            at=front.presented(id).at,
            anchors=[],
        )


def fetched(front: Front, context: ssl.SSLContext) -> str:
    """What a client of the standard library gets, or the words of its refusal."""
    import socket

    try:
        bare = socket.create_connection((HERE, front.port), timeout=clock.PATIENCE)
        with context.wrap_socket(bare, server_hostname=front.host) as client:
            client.sendall(f"GET / HTTP/1.1\r\nHost: {front.host}\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while data := client.recv(65536):
                answer += data
            return answer.decode().partition("\r")[0]
    except OSError as error:  # a switch may meet it at any moment
        return str(error)


def test_a_client_that_never_stops_meets_each_switch(front: Front) -> None:
    """A client asks all the time while another thread switches: what it gets after a switch is what is shown."""
    context = ssl.create_default_context(cadata=front.root_pem.decode())
    stop, seen = threading.Event(), []

    def ask() -> None:
        while not stop.is_set():
            seen.append(fetched(front, context))

    front.switch("good-ec")
    client = threading.Thread(target=ask)
    client.start()
    try:
        for id, outcome in (
            ("expired-leaf", "refused"),
            ("good-ec", "accepted"),
            ("wrong-host", "refused"),
        ) * 3:
            front.switch(id)
            connection = front.wait_for_connection(timeout=clock.PATIENCE)
            assert (connection["scenario"], connection["outcome"]) == (id, outcome)
    finally:
        stop.set()
        client.join()
    assert any("HTTP/1.1 200" in words for words in seen)
    assert any("certificate has expired" in words for words in seen)
