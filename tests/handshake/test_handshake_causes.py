"""Six faults that every other client tells apart badly, or not at all: six codes, at both ends, over both wires."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pki.errors import InvalidRequest
from pki.handshake import (
    ClientSettings,
    LoopbackServer,
    ServerSettings,
    TlsVersion,
    call_server,
    shake_hands,
    shake_hands_over_sockets,
)
from pki.handshake.ends import binding
from pki.model.causes import CAUSES, NOTES
from pki.model.identity import Identity
from pki.model.transcript import StageName, Transcript
from pki.report.transcript import transcript_document, transcript_text
from tests.chains import make
from tests.handshake.cast import Cast
from tests.report.test_schemas import validator

Pair = tuple[ClientSettings, ServerSettings]
Row = Callable[[Cast, TlsVersion, datetime], Pair]
VERSIONS = [pytest.param(version, id=f"TLS {version}") for version in (TlsVersion.TLS12, TlsVersion.TLS13)]
SHAKES = [
    pytest.param(shake_hands, id="in memory"),
    pytest.param(shake_hands_over_sockets, id="over sockets"),
]
PATH, NAME, CLIENT = StageName.PATH, StageName.NAME, StageName.CLIENT_CERTIFICATE
HOST = "api.example.test"
SCHEMA = validator("trustrig.transcript/2")


def _server(cast: Cast, v: TlsVersion, at: datetime, **more: object) -> Pair:
    """Alice, and a server for a name that ATS binds."""
    identity = cast.authority.issue_server(HOST, at=at, **more)  # type: ignore[arg-type] # a table's row
    return cast.client(cast.alice, v, host=HOST), cast.serving(v, identity=identity)


def _expired(cast: Cast, v: TlsVersion, at: datetime) -> Pair:
    return _server(cast, v, at, not_before=at - timedelta(days=9), not_after=at - timedelta(days=2))


def _not_yet(cast: Cast, v: TlsVersion, at: datetime) -> Pair:
    return _server(cast, v, at, not_before=at + timedelta(days=2))


def _wrong_host(cast: Cast, v: TlsVersion, at: datetime) -> Pair:
    return cast.client(cast.alice, v, host=HOST), cast.serving(v)


def _unknown_root(cast: Cast, v: TlsVersion, at: datetime) -> Pair:
    return cast.client(cast.alice, v), cast.serving(v, identity=cast.impostor)


def _leaf_only(cast: Cast, v: TlsVersion, at: datetime) -> Pair:
    return cast.client(cast.alice, v), replace(cast.serving(v), chain=(cast.server.certificate,))


def _of_a_purpose(cast: Cast, v: TlsVersion, at: datetime) -> Pair:
    return cast.client(cast.alice, v, host="alice"), cast.serving(v, identity=cast.bob)


def _presents(who: str | None) -> Row:
    return lambda cast, v, at: (cast.client(getattr(cast, who) if who else None, v), cast.serving(v))


def _client_leaf_only(cast: Cast, v: TlsVersion, at: datetime) -> Pair:
    return cast.client(cast.alice, v, chain=(cast.alice.certificate,)), cast.serving(v)


SIX = {
    "expired": (_expired, "server-expired", PATH),
    "wrong host": (_wrong_host, "wrong-host", NAME),
    "unknown root": (_unknown_root, "unknown-root", PATH),
    "missing intermediate": (_leaf_only, "missing-intermediate", PATH),
    "client certificate missing": (_presents(None), "client-certificate-missing", CLIENT),
    "client certificate of a wrong CA": (_presents("mallory"), "client-certificate-wrong-ca", CLIENT),
}
MORE = {
    "not yet valid": (_not_yet, "server-not-yet-valid", PATH),
    "a client's certificate at a server": (_of_a_purpose, "server-purpose", PATH),
    "client expired": (_presents("expired"), "client-certificate-expired", CLIENT),
    "client not yet valid": (_presents("not_yet"), "client-certificate-not-yet-valid", CLIENT),
    "a server's certificate at a client": (_presents("misfit"), "client-certificate-purpose", CLIENT),
    "client without its intermediate": (
        _client_leaf_only,
        "client-certificate-missing-intermediate",
        CLIENT,
    ),
}
ALL = [pytest.param(*row, id=name) for name, row in (SIX | MORE).items()]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("shake", SHAKES)
@pytest.mark.parametrize(("row", "code", "stage"), ALL)
def test_each_fault_has_its_code_and_its_stage(
    row: Row,
    code: str,
    stage: StageName,
    shake: Callable[..., Transcript],
    version: TlsVersion,
    cast: Cast,
    at: datetime,
) -> None:
    seen = shake(*row(cast, version, at), at=at)
    assert (seen.code, seen.failed_stage, CAUSES[code].stage) == (code, stage, stage)
    assert not seen.accepted
    assert seen.reason
    assert seen.repair
    assert seen.check
    assert max(map(len, transcript_text(seen).splitlines())) <= 80
    SCHEMA.validate(transcript_document(seen))
    states = [s.state.value for s in seen.stages]
    failed = states.index("failed")
    assert set(states[:failed]) <= {"passed", "not asked"}
    assert set(states[failed + 1 :]) <= {"not reached"}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("row", [row for row, _, _ in (SIX | MORE).values()] + [_presents("alice")])
def test_where_the_binding_filters_no_callbacks_everything_reads_the_same(
    row: Row, version: TlsVersion, cast: Cast, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = row(cast, version, at)
    filtered = transcript_document(shake_hands(*pair, at=at))
    monkeypatch.setattr(binding, "library", lambda: None)
    whole = transcript_document(shake_hands(*pair, at=at))
    assert whole.pop("resumed") is None  # only the private binding can tell
    filtered.pop("resumed")
    assert whole == filtered


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("shake", SHAKES)
def test_six_faults_read_in_six_ways(
    shake: Callable[..., Transcript], version: TlsVersion, cast: Cast, at: datetime
) -> None:
    seen = [shake(*row(cast, version, at), at=at) for row, _, _ in SIX.values()]
    assert len({one.code for one in seen}) == len({one.reason for one in seen}) == len(SIX)
    assert len({one.repair for one in seen}) == len(SIX)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("row", "code"),
    [
        pytest.param(SIX["client certificate missing"][0], "client-certificate-missing", id="missing"),
        pytest.param(
            SIX["client certificate of a wrong CA"][0], "client-certificate-wrong-ca", id="wrong CA"
        ),
        pytest.param(MORE["client expired"][0], "client-certificate-expired", id="expired"),
        pytest.param(
            MORE["client without its intermediate"][0],
            "client-certificate-missing-intermediate",
            id="without its intermediate",
        ),
    ],
)
def test_a_client_alone_can_tell_from_the_alert_and_the_list(
    row: Row, code: str, version: TlsVersion, cast: Cast, at: datetime
) -> None:
    client, server = row(cast, version, at)
    # The list names what issued alice, so that her issuer's absence from the wire can be seen.
    with LoopbackServer(server, at=at) as serving:
        seen = call_server(client, serving.port, at=at)
    assert (seen.code, seen.failed_stage) == (code, CLIENT)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("own", "sent", "code"),
    [
        pytest.param("alice", "leaf of ours", "missing-intermediate", id="its own chain has the issuer"),
        pytest.param(None, "leaf of ours", "issuer-not-sent", id="a leaf alone leaves both open"),
        pytest.param(None, "chain of theirs", "unknown-root", id="intermediates came, and no root is known"),
        pytest.param(None, "root of theirs", "unknown-root", id="the root came and is not trusted"),
        pytest.param(None, "namesake", "unknown-root", id="a CA of the trusted name with another key"),
    ],
)
def test_a_strangers_missing_intermediate_is_told_from_an_unknown_root(
    own: str | None, sent: str, code: str, version: TlsVersion, cast: Cast, at: datetime
) -> None:
    theirs = cast.impostor
    identity, chain = {
        "leaf of ours": (cast.server, (cast.server.certificate,)),
        "chain of theirs": (theirs, None),
        "root of theirs": (theirs, (*theirs.sent_chain, cast.stranger.root)),
        "namesake": (_namesake(at), None),
    }[sent]
    settings = replace(cast.serving(version, identity=identity), chain=chain)
    client = cast.client(cast.alice if own else None, version)
    with LoopbackServer(settings, at=at) as serving:
        seen = call_server(client, serving.port, at=at)
    assert (seen.code, seen.failed_stage) == (code, PATH)


def _namesake(at: datetime) -> Identity:
    """A leaf straight under another CA of the same name."""
    year = timedelta(days=365)
    root = make("Our CA", ca=True, start=at - year, end=at + year, key_tag="another key")
    leaf = make("localhost", root, dns=("localhost",), start=at - year / 12, end=at + year / 12)
    return Identity(leaf.cert, leaf.key)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("shake", SHAKES)
@pytest.mark.parametrize(
    ("chain", "codes"),
    [
        pytest.param("leaf issuing root", ["root-sent"], id="the root sent along"),
        pytest.param("leaf root issuing", ["wrong-order", "root-sent"], id="wrong order"),
        pytest.param("leaf issuing theirs", ["superfluous-certificate"], id="a stranger's root sent along"),
        pytest.param("leaf issuing issuing", ["superfluous-certificate"], id="one sent twice"),
        pytest.param("leaf issuing", [], id="in order"),
    ],
)
def test_order_and_strays_are_findings_of_their_own_and_stop_nothing(
    chain: str,
    codes: list[str],
    shake: Callable[..., Transcript],
    version: TlsVersion,
    cast: Cast,
    at: datetime,
) -> None:
    known = {
        "leaf": cast.server.certificate,
        "issuing": cast.authority.issuing.certificate,
        "root": cast.authority.root,
        "theirs": cast.stranger.root,
    }
    served = replace(cast.serving(version), chain=tuple(known[word] for word in chain.split()))
    seen = shake(cast.client(cast.alice, version), served, at=at)
    assert (seen.accepted, [note.code for note in seen.notes]) == (True, codes)
    assert set(codes) <= set(NOTES)
    assert len(seen.server.sent) == len(chain.split())
    assert [cert.label for cert in seen.client.path] == ["localhost", "Our CA Intermediate", "Our CA"]


def test_a_wrong_order_is_told_of_a_client_too(cast: Cast, at: datetime) -> None:
    wrong = (cast.alice.certificate, cast.authority.root, cast.authority.issuing.certificate)
    seen = shake_hands(
        cast.client(cast.alice, TlsVersion.TLS13, chain=wrong), cast.serving(TlsVersion.TLS13), at=at
    )
    assert next((note.code, note.party.value) for note in seen.notes) == ("wrong-order", "client")


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        pytest.param("api.test", "https://api.test:PORT", id="a name"),
        pytest.param("::1", "https://[::1]:PORT", id="an address of IPv6 goes in brackets"),
        pytest.param(None, "https://HOST:PORT", id="no name known"),
        pytest.param(
            "a; rm -rf ~", "https://HOST:PORT", id="what a stranger calls itself is not to be pasted"
        ),
    ],
)
def test_the_command_to_check_again_is_safe_to_paste(host: str | None, shown: str) -> None:
    assert shown in CAUSES["server-expired"].check_for(host)


def test_every_code_says_what_it_means_and_how_to_check() -> None:
    for code, cause in CAUSES.items():
        assert cause.code == code
        assert cause.meaning
        assert cause.check or code == "accepted"


def test_the_chain_must_start_with_the_leaf(cast: Cast) -> None:
    with pytest.raises(InvalidRequest, match="own certificate"):
        replace(cast.serving(TlsVersion.TLS13), chain=(cast.authority.root, cast.server.certificate))
