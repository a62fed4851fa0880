"""What a transcript holds beside the outcome, and how it reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import jsonschema  # type: ignore[import-untyped] # it ships no types
import pytest

from pki.errors import InvalidRequest
from pki.handshake import (
    ChainsTo,
    ClientCertificates,
    ClientSettings,
    ClientTrust,
    LoopbackServer,
    Offer,
    OnTheList,
    ServerSettings,
    TlsVersion,
    call_server,
    shake_hands,
)
from pki.handshake.compose import compose
from pki.model.identity import Identity
from pki.model.transcript import Ending, Party, StageState, Transcript
from pki.report.transcript import transcript_document, transcript_text
from tests.chains import DAY, make
from tests.handshake.cast import Cast

Stories = dict[str, Transcript]
TLS12, TLS13 = TlsVersion.TLS12, TlsVersion.TLS13

_CERTIFICATE = {
    "type": "object",
    "required": ["subject", "issuer", "sha256"],
    "properties": {"sha256": {"pattern": "^[0-9a-f]{64}$"}},
}
_END = {
    "type": "object",
    "required": ["ours", "believed_done", "sent", "sent_completely_seen", "path_built_for_peer", "error"],
    "properties": {
        "sent": {"type": "array", "items": _CERTIFICATE},
        "believed_done": {"type": ["boolean", "null"]},
    },
}
_ALERT = {
    "type": ["object", "null"],
    "required": ["number", "name", "meaning", "source", "sender", "arrived", "after_peer_believed_done"],
}
SCHEMA = {
    "type": "object",
    "required": [
        "schema",
        "at",
        "outcome",
        "refused_by",
        "alert",
        "reason",
        "repair",
        "stages",
        "version",
        "suite",
    ],
    "properties": {
        "schema": {"const": "trustrig.transcript/1"},
        "outcome": {"enum": ["accepted", "refused", "broken"]},
        "refused_by": {"enum": ["client", "server", None]},
        "alert": _ALERT,
        "stages": {"type": "array", "minItems": 4, "maxItems": 4},
        "client": _END,
        "server": _END,
        "acceptable_cas": {"type": "array", "items": {"type": "string"}},
    },
}


@pytest.fixture
def stories(cast: Cast, at: datetime) -> Stories:
    """One transcript of each kind."""
    good = cast.client(cast.alice, TLS13)
    listed = OnTheList.of([cast.bob.certificate], roots=(cast.authority.root,))
    pairs = {
        "accepted": (good, cast.serving(TLS13)),
        "accepted, TLS 1.2": (cast.client(cast.alice, TLS12), cast.serving(TLS12)),
        "nothing shown": (cast.client(None, TLS13), cast.serving(TLS13)),
        "optional": (cast.client(None, TLS13), cast.serving(TLS13, ask=ClientCertificates.OPTIONAL)),
        "never asked": (good, cast.serving(TLS13, ask=ClientCertificates.NONE)),
        "wrong CA": (cast.client(cast.mallory, TLS13), cast.serving(TLS13)),
        "another host": (
            replace(good, host="a.very.long.name.of.another.host.example.test"),
            cast.serving(TLS13),
        ),
        "off the list": (good, cast.serving(TLS13, policy=listed)),
    }
    return {name: shake_hands(*pair, at=at) for name, pair in pairs.items()}


def test_it_says_what_was_negotiated_and_named(cast: Cast, at: datetime) -> None:
    client = cast.client(cast.alice, TLS13)
    client = replace(client, offer=replace(client.offer, alpn=("h2", "http/1.1")))
    seen = shake_hands(client, cast.serving(TLS13, alpn=("http/1.1",)), at=at)
    assert (seen.version, seen.suite) == ("TLSv1.3", "TLS_AES_256_GCM_SHA384")
    assert seen.group  # which one depends on the OpenSSL at hand
    assert (seen.alpn, seen.server_name, seen.at) == ("http/1.1", "localhost", at)


def test_an_address_is_not_sent_as_a_server_name(cast: Cast, at: datetime) -> None:
    seen = shake_hands(cast.client(cast.alice, TLS13, host="127.0.0.1"), cast.serving(TLS13), at=at)
    assert (seen.accepted, seen.server_name) == (True, None)


@pytest.mark.parametrize("version", TlsVersion)
@pytest.mark.parametrize(
    ("given", "named"),
    [
        pytest.param(None, ("CN=Our CA",), id="the policy's roots by default"),
        pytest.param((), (), id="an empty list"),
        pytest.param("stranger", ("CN=Their CA",), id="a list that leaves the client's issuer out"),
    ],
)
def test_the_acceptable_cas_are_sent_and_reported(
    given: str | tuple[()] | None, named: tuple[str, ...], version: TlsVersion, cast: Cast, at: datetime
) -> None:
    cas = (cast.stranger.root,) if isinstance(given, str) else given
    settings = replace(cast.serving(version), acceptable_cas=cas)
    assert shake_hands(cast.client(cast.alice, version), settings, at=at).acceptable_cas == named
    with LoopbackServer(settings, at=at) as server:  # as a client reads them off the wire
        seen = call_server(cast.client(cast.alice, version), server.port, at=at)
    assert (seen.acceptable_cas, seen.client_certificates) == (named, "requested")


@pytest.mark.parametrize("version", TlsVersion)
def test_it_holds_exactly_what_each_side_sent(version: TlsVersion, cast: Cast, at: datetime) -> None:
    leaf_only = replace(cast.client(cast.alice, version), chain=(cast.alice.certificate,))
    with_root = replace(cast.serving(version), chain=(*cast.server.sent_chain, cast.authority.root))
    seen = shake_hands(leaf_only, with_root, at=at)
    # OpenSSL would complete the client's chain from its own trust store; see contexts.py.
    assert [cert.label for cert in seen.client.sent] == ["alice"]
    assert [cert.label for cert in seen.server.sent] == ["localhost", "Our CA Intermediate", "Our CA"]
    assert [cert.label for cert in seen.client.path] == ["localhost", "Our CA Intermediate", "Our CA"]


def test_both_ends_agree_on_fingerprints(cast: Cast, at: datetime) -> None:
    from cryptography.hazmat.primitives.hashes import SHA256

    seen = shake_hands(cast.client(cast.alice, TLS13), cast.serving(TLS13), at=at)
    assert seen.client.sent[0].sha256 == cast.alice.certificate.fingerprint(SHA256()).hex()
    assert seen.client.sent[0].issuer == "CN=Our CA Intermediate"


def test_of_a_visitor_only_what_crossed_the_wire_is_known(cast: Cast, at: datetime) -> None:
    with LoopbackServer(cast.serving(TLS13), at=at) as server:
        call_server(cast.client(cast.mallory, TLS13), server.port, at=at)
        server.wait_for(1)
    (seen,) = server.transcripts
    assert (seen.client.ours, seen.server.ours) == (False, True)
    assert [cert.label for cert in seen.client.sent] == ["mallory", "Their CA Intermediate"]
    assert not seen.client.sent_completely_seen
    assert seen.alert
    assert (seen.alert.arrived, seen.alert.after_peer_done, seen.client.believed_done) == (None, True, True)
    assert (
        "not sent and is not trusted" in seen.reason
    )  # without the client's help nobody can tell the two apart


def test_a_stranger_hears_that_the_server_wants_other_cas(cast: Cast, at: datetime) -> None:
    with LoopbackServer(cast.serving(TLS13), at=at) as server:
        seen = call_server(cast.client(cast.mallory, TLS13), server.port, at=at)
    assert (seen.refused_by, seen.alert_name) == (Party.SERVER, "unknown_ca")
    assert "none of its issuers is among the acceptable CAs" in seen.reason
    assert seen.server.believed_done is None


def test_stages_after_the_one_that_failed_were_not_reached(stories: Stories) -> None:
    states = {name: [stage.state.value for stage in seen.stages] for name, seen in stories.items()}
    passed, failed, never, unasked = "passed", "failed", "not reached", "not asked"
    assert states == {
        "accepted": [passed] * 4,
        "accepted, TLS 1.2": [passed] * 4,
        "nothing shown": [passed, passed, failed, never],
        "optional": [passed] * 4,
        "never asked": [passed, passed, unasked, passed],
        "wrong CA": [passed, passed, failed, never],
        "another host": [passed, failed, never, never],
        "off the list": [passed, passed, failed, failed],
    }
    assert StageState.NOT_REACHED.value == never


def test_the_text_fits_a_terminal_and_names_the_decider(stories: Stories) -> None:
    for name, seen in stories.items():
        lines = transcript_text(seen).splitlines()
        assert max(map(len, lines)) <= 80, name
        assert len(lines) <= 30, name
        assert not any(line != line.rstrip() for line in lines), name
        if seen.ending is Ending.REFUSED:
            assert f"the {seen.refused_by}" in transcript_text(seen)
            assert "What to do" in transcript_text(seen)


def test_the_json_keeps_its_schema(stories: Stories) -> None:
    for seen in stories.values():
        document = json.loads(json.dumps(transcript_document(seen)))
        jsonschema.validate(document, SCHEMA)
        assert next(iter(document)) == "schema"


def test_no_key_reaches_a_transcript(stories: Stories, cast: Cast) -> None:
    for seen in stories.values():
        assert "PRIVATE" not in repr(seen) + json.dumps(transcript_document(seen)) + transcript_text(seen)


def test_text_from_certificates_is_made_printable(cast: Cast, at: datetime) -> None:
    made = make("al\u202eice\x1b[31m", start=at - DAY, end=at + DAY)
    seen = shake_hands(cast.client(Identity(made.cert, made.key), TLS13), cast.serving(TLS13), at=at)
    assert seen.client.sent[0].label.startswith("al")
    assert transcript_text(seen).replace("\n", "").isprintable()


def test_equal_handshakes_give_equal_transcripts(cast: Cast, at: datetime) -> None:
    pair = cast.client(cast.alice, TLS13), cast.serving(TLS13)
    assert shake_hands(*pair, at=at) == shake_hands(*pair, at=at)


def test_it_takes_at_least_one_account() -> None:
    with pytest.raises(ValueError, match="one end at least"):
        compose(None, None, at=datetime.now(UTC), transport="memory")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(
            lambda c: c.client(None, TLS13, host="https://localhost"), "not a host", id="a URL as host"
        ),
        pytest.param(
            lambda c: c.client(None, TLS13, policy="ssl-client"), "not a policy", id="a policy for clients"
        ),
        pytest.param(
            lambda c: ClientSettings(
                host="a.test", trusted_roots=(), offer=Offer(lowest=TLS13, highest=TLS12)
            ),
            "empty range",
            id="versions the wrong way round",
        ),
        pytest.param(
            lambda c: c.client(c.alice, TLS13, chain=(c.bob.certificate,)),
            "identity's own",
            id="another's chain",
        ),
        pytest.param(
            lambda c: c.serving(TLS13, alpn=("h2", "")),
            "no ALPN protocol",
            id="an ALPN protocol without a name",
        ),
        pytest.param(lambda c: ServerSettings(identity=c.server), "no policy", id="asking without a policy"),
    ],
)
def test_settings_that_contradict_themselves_are_refused(
    make: Callable[[Cast], object], words: str, cast: Cast
) -> None:
    with pytest.raises(InvalidRequest, match=words):
        make(cast)


def test_a_naive_moment_is_refused(cast: Cast, at: datetime) -> None:
    with pytest.raises(InvalidRequest, match="time zone"):
        shake_hands(cast.client(None, TLS13), cast.serving(TLS13), at=at.replace(tzinfo=None))


def test_a_key_of_another_certificate_is_refused(cast: Cast, at: datetime) -> None:
    mixed = replace(cast.alice, key=cast.bob.key)
    with pytest.raises(InvalidRequest, match="OpenSSL will not use the identity 'alice'"):
        shake_hands(cast.client(mixed, TLS13), cast.serving(TLS13), at=at)


@pytest.mark.parametrize("policy", [ChainsTo(()), OnTheList(frozenset())], ids=["no CA", "an empty list"])
def test_an_empty_policy_lets_nobody_in(policy: ClientTrust, cast: Cast, at: datetime) -> None:
    seen = shake_hands(cast.client(cast.alice, TLS13), cast.serving(TLS13, policy=policy), at=at)
    assert seen.refused_by is Party.SERVER
