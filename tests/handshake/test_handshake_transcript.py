"""What a transcript holds beside the outcome, and how it reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from cryptography import x509

from pki.errors import InvalidRequest
from pki.handshake import (
    AllowList,
    ChainsTo,
    ClientCertificates,
    ClientSettings,
    ClientTrust,
    LoopbackServer,
    Offer,
    ServerSettings,
    TlsVersion,
    call_server,
    shake_hands,
)
from pki.handshake.ends.client_end import ClientEnd
from pki.handshake.ends.contexts import ClientContext, ServerContext
from pki.handshake.ends.pump import pump
from pki.handshake.explaining.transcript import build_transcript
from pki.handshake.serving.https_end import HttpsEnd
from pki.model.identity import Identity
from pki.model.transcript import Ending, Party, StageState, Transcript
from pki.report.transcript import transcript_document, transcript_text
from pki.report.transcript_markdown import transcript_markdown
from tests import clock
from tests.chains import DAY, SERVER, make
from tests.handshake.cast import Cast
from tests.report.test_schemas import validator

Stories = dict[str, Transcript]
TLS12, TLS13 = TlsVersion.TLS12, TlsVersion.TLS13

SCHEMA = validator("trustrig.transcript/2")


@pytest.fixture
def stories(cast: Cast, at: datetime) -> Stories:
    """One transcript of each kind."""
    good = cast.client(cast.alice, TLS13)
    listed = AllowList.of([cast.bob.certificate], roots=(cast.authority.root,))
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
    assert "has no issuer among the acceptable CAs" in seen.reason
    assert seen.server.believed_done is None


def test_stages_after_the_one_that_failed_were_not_reached(stories: Stories) -> None:
    states = {name: [stage.state.value for stage in seen.stages] for name, seen in stories.items()}
    passed, failed, never, unasked = "passed", "failed", "not reached", "not asked"
    good = [passed, passed, passed, passed, unasked, passed, passed]  # ATS does not bind localhost
    assert states == {
        "accepted": good,
        "accepted, TLS 1.2": good,
        "nothing shown": [*good[:5], failed, never],
        "optional": good,
        "never asked": [*good[:5], unasked, passed],
        "wrong CA": [*good[:5], failed, never],
        "another host": [passed, passed, passed, failed, never, never, never],
        "off the list": [*good[:5], failed, failed],
    }
    assert StageState.NOT_REACHED.value == never


def test_the_text_fits_a_terminal_and_names_the_decider(stories: Stories) -> None:
    for name, seen in stories.items():
        lines = transcript_text(seen).splitlines()
        # A command is left whole, however long a host's name is.
        assert max(len(line) for line in lines if line.strip() != seen.check) <= 80, name
        assert not seen.check or seen.check in transcript_text(seen)
        assert len(lines) <= 44, name
        assert not any(line != line.rstrip() for line in lines), name
        if seen.ending is Ending.REFUSED:
            assert f"the {seen.refused_by}" in transcript_text(seen)
            assert "What to do" in transcript_text(seen)


def test_the_json_keeps_its_schema(stories: Stories) -> None:
    for seen in stories.values():
        document = json.loads(json.dumps(transcript_document(seen)))
        SCHEMA.validate(document)
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
        build_transcript(None, None, at=clock.now(), transport="memory")


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


@pytest.mark.parametrize("policy", [ChainsTo(()), AllowList(frozenset())], ids=["no CA", "an empty list"])
def test_an_empty_policy_lets_nobody_in(policy: ClientTrust, cast: Cast, at: datetime) -> None:
    seen = shake_hands(cast.client(cast.alice, TLS13), cast.serving(TLS13, policy=policy), at=at)
    assert seen.refused_by is Party.SERVER


def test_markdown_says_the_same_and_nothing_in_it_is_markup(
    stories: Stories, cast: Cast, at: datetime
) -> None:
    for name, seen in stories.items():
        text = transcript_markdown(seen)
        assert text.startswith("### ✅ Accepted" if seen.accepted else "### ❌ Refused by the"), name
        assert text.count("\n| ") == 1 + len(seen.stages), name
        assert ("**Code.** " in text) is not seen.accepted
    made = make("a|b<script>@all", start=at - DAY, end=at + DAY)
    hostile = transcript_markdown(
        shake_hands(cast.client(Identity(made.cert, made.key), TLS13), cast.serving(TLS13), at=at)
    )
    assert "<script" not in hostile
    assert "a|b" not in hostile


@pytest.mark.parametrize("version", [TLS12, TLS13], ids=str)
# The shortest OCSPResponse, "unauthorized" (RFC 6960, 4.2.1): OpenSSL 4 passes on nothing that does not read.
@pytest.mark.parametrize("staple", [b"", b"\x30\x03\x0a\x01\x06"], ids=["without", "with"])
def test_a_stapled_answer_is_noticed_and_no_session_is_resumed(
    staple: bytes, version: TlsVersion, cast: Cast, at: datetime
) -> None:
    client = ClientContext.prepare(cast.client(cast.alice, version), at=at)
    server = ServerContext.prepare(cast.serving(version), at=at)
    server.tls.set_ocsp_server_callback(lambda *_: staple)
    ends = ClientEnd(client), HttpsEnd(server)
    pump(*ends)
    seen = build_transcript(ends[0].record(), ends[1].record(), at=at, transport="memory")
    assert (seen.accepted, seen.stapled, seen.resumed) == (True, bool(staple), False)


def test_the_scts_inside_the_servers_certificate_are_counted(cast: Cast, at: datetime) -> None:
    scts = b"".join(_sct(number) for number in range(3))
    value = bytes([4, 0x81, len(scts) + 2]) + len(scts).to_bytes(2, "big") + scts
    extension = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2"), value)
    root = make("SCT root", ca=True, start=at - DAY, end=at + DAY)
    leaf = make(
        "localhost",
        root,
        dns=("localhost",),
        start=at - DAY,
        end=at + DAY,
        purposes=SERVER,
        extra=((extension, False),),
    )
    client = replace(cast.client(None, TLS13), trusted_roots=(root.cert,))
    server = cast.serving(TLS13, identity=Identity(leaf.cert, leaf.key), ask=ClientCertificates.NONE)
    assert shake_hands(client, server, at=at).sct_count == 3
    plain = cast.client(cast.alice, TLS13), cast.serving(TLS13)
    assert shake_hands(*plain, at=at).sct_count == 0


def _sct(number: int) -> bytes:
    """Version 1, a log id, a time, no extensions, ECDSA with SHA-256, four bytes of signature (RFC 6962, 3.2)."""
    body = bytes([0]) + bytes([number]) * 32 + (10**12).to_bytes(8, "big") + b"\0\0\4\3\0\4abcd"
    return len(body).to_bytes(2, "big") + body


@pytest.mark.parametrize("version", [TLS12, TLS13], ids=str)
def test_the_key_log_is_given_away_and_told_nowhere_else(
    version: TlsVersion, cast: Cast, at: datetime
) -> None:
    lines: list[bytes] = []
    client = cast.client(cast.alice, version, keylog=lines.append)
    seen = shake_hands(client, cast.serving(version), at=at)
    labels = {line.split()[0].decode() for line in lines}
    assert ("CLIENT_RANDOM" in labels) is (version is TLS12)
    assert ("CLIENT_TRAFFIC_SECRET_0" in labels) is (version is TLS13)
    told = (
        repr(seen) + json.dumps(transcript_document(seen)) + transcript_text(seen) + transcript_markdown(seen)
    )
    assert not any(line.split()[2].decode() in told for line in lines)
    assert "keylog" not in repr(client)


EXPECTED = [
    pytest.param("another host", (-1200, -9802), id="trust failure, ATS binds the host"),
    pytest.param("untrusted local", (-1202, -9807), id="trust failure, ATS does not bind localhost"),
    pytest.param("nothing shown", (-1206, -9863), id="no client certificate, TLS 1.3"),
    pytest.param("wrong CA", (-1205, -9831), id="client certificate refused by an alert"),
    pytest.param("off the list", None, id="an HTTP status is no error"),
    pytest.param("accepted", None, id="accepted"),
]


@pytest.mark.parametrize(("story", "codes"), EXPECTED)
def test_what_an_app_would_see_is_labelled_as_expected(
    story: str, codes: tuple[int, int] | None, stories: Stories, cast: Cast, at: datetime
) -> None:
    if story == "untrusted local":
        seen = shake_hands(cast.client(cast.alice, TLS13), cast.serving(TLS13, identity=cast.impostor), at=at)
    else:
        seen = stories[story]
    found = transcript_document(seen)["expected_app_error"]
    assert (found and (found["url_error"], found["stream_error"])) == codes
    assert found is None or found["measured"] is False
    assert ("expected, not measured" in " ".join(transcript_text(seen).split())) is (codes is not None)


def test_of_a_client_that_is_not_ours_name_and_ats_are_not_known(cast: Cast, at: datetime) -> None:
    with LoopbackServer(cast.serving(TLS13), at=at) as server:
        call_server(cast.client(cast.alice, TLS13), server.port, at=at)
        server.wait_for(1)
    (seen,) = server.transcripts
    states = {stage.name.value: stage.state for stage in seen.stages}
    assert (seen.accepted, states["name"], states["ATS"]) == (
        True,
        StageState.NOT_KNOWN,
        StageState.NOT_KNOWN,
    )


def test_the_basic_policy_asks_neither_name_nor_ats(cast: Cast, at: datetime) -> None:
    client = cast.client(cast.alice, TLS13, host="other.example.test", policy="basic")
    seen = shake_hands(client, cast.serving(TLS13), at=at)
    states = {stage.name.value: stage.state for stage in seen.stages}
    assert (seen.accepted, states["name"], states["ATS"]) == (
        True,
        StageState.NOT_ASKED,
        StageState.NOT_ASKED,
    )
