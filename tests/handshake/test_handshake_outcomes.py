"""Who presents what to whom, and how it ends: as OpenSSL 4.0.3 decides, and more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pki.handshake import (
    AllowList,
    ClientCertificates,
    ClientSettings,
    ServerSettings,
    TlsVersion,
    shake_hands,
    shake_hands_over_sockets,
)
from pki.model.transcript import Ending, Party, StageName, Transcript
from tests.handshake.cast import Cast

Pair = tuple[ClientSettings, ServerSettings]
Row = Callable[[Cast, TlsVersion], Pair]
Shake = Callable[..., Transcript]
VERSIONS = [pytest.param(version, id=f"TLS {version}") for version in (TlsVersion.TLS12, TlsVersion.TLS13)]
TRANSPORTS = [
    pytest.param(shake_hands, id="in memory"),
    pytest.param(shake_hands_over_sockets, id="over sockets"),
]


def _presents(who: str, **more: object) -> Row:
    return lambda cast, v: (cast.client(getattr(cast, who), v, **more), cast.serving(v))


def _leaf_only(cast: Cast, v: TlsVersion) -> Pair:
    return cast.client(cast.alice, v, chain=(cast.alice.certificate,)), cast.serving(v)


def _nothing(ask: ClientCertificates) -> Row:
    return lambda cast, v: (cast.client(None, v), cast.serving(v, ask=ask))


def _server_is(who: str) -> Row:
    return lambda cast, v: (cast.client(cast.alice, v), cast.serving(v, identity=getattr(cast, who)))


def _server_sends_leaf_only(cast: Cast, v: TlsVersion) -> Pair:
    return cast.client(cast.alice, v), replace(cast.serving(v), chain=(cast.server.certificate,))


def _server_never_asks(cast: Cast, v: TlsVersion) -> Pair:
    return cast.client(cast.alice, v), cast.serving(v, ask=ClientCertificates.NONE)


def _listed(who: str, *, on_list: str) -> Row:
    def row(cast: Cast, v: TlsVersion) -> Pair:
        allowed = AllowList.of([getattr(cast, on_list).certificate], roots=(cast.authority.root,))
        return cast.client(getattr(cast, who), v), cast.serving(v, policy=allowed)

    return row


def _asks_another_host(cast: Cast, v: TlsVersion) -> Pair:
    return cast.client(cast.alice, v, host="other.test"), cast.serving(v)


REFUSALS = [
    pytest.param(
        _nothing(ClientCertificates.REQUIRED),
        Party.SERVER,
        (40, 116),
        "sent none",
        id="no certificate where required",
    ),
    pytest.param(
        _presents("mallory"), Party.SERVER, (48, 48), 'leads to "Their CA"', id="client of a wrong CA"
    ),
    pytest.param(
        _leaf_only, Party.SERVER, (48, 48), "missing intermediate", id="client without its intermediate"
    ),
    pytest.param(_presents("expired"), Party.SERVER, (45, 45), "2 days later", id="expired client"),
    pytest.param(_presents("not_yet"), Party.SERVER, (42, 42), "3 days earlier", id="client not yet valid"),
    pytest.param(
        _presents("misfit"),
        Party.SERVER,
        (43, 43),
        "serverAuth, a TLS client needs clientAuth",
        id="serverAuth only",
    ),
    pytest.param(
        _listed("expired", on_list="expired"), Party.SERVER, (45, 45), "expired", id="on the list, expired"
    ),
    pytest.param(
        _server_is("impostor"), Party.CLIENT, (48, 48), 'leads to "Their CA"', id="server of a wrong CA"
    ),
    pytest.param(
        _server_sends_leaf_only,
        Party.CLIENT,
        (48, 48),
        "missing intermediate",
        id="server without its intermediate",
    ),
    # OpenSSL checks no name; a callback that refuses without an error of OpenSSL's sends internal_error.
    pytest.param(
        _server_is("misfit"), Party.CLIENT, (80, 80), "has misfit.test", id="server of another name"
    ),
    pytest.param(
        _asks_another_host, Party.CLIENT, (80, 80), "asked for other.test", id="client asks for another name"
    ),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("shake", TRANSPORTS)
@pytest.mark.parametrize(("row", "refuser", "alerts", "words"), REFUSALS)
def test_a_refusal_names_the_side_the_alert_and_the_reason(
    row: Row,
    refuser: Party,
    alerts: tuple[int, int],
    words: str,
    shake: Shake,
    version: TlsVersion,
    cast: Cast,
    at: datetime,
) -> None:
    seen = shake(*row(cast, version), at=at)
    expected = alerts[0] if version is TlsVersion.TLS12 else alerts[1]
    assert (seen.ending, seen.refused_by) == (Ending.REFUSED, refuser)
    assert seen.alert
    assert (seen.alert_number, seen.alert.sender, seen.alert.arrived) == (expected, refuser, True)
    assert words in seen.reason
    assert seen.repair
    # TLS 1.3: the client is done before the server has judged it, and never the other way round.
    assert seen.alert.after_peer_done is (refuser is Party.SERVER and version is TlsVersion.TLS13)
    assert seen.client.believed_done is seen.alert.after_peer_done
    assert seen.server.believed_done is False


ACCEPTED = [
    pytest.param(_presents("alice"), 2, id="required, and the right one shown"),
    pytest.param(_nothing(ClientCertificates.OPTIONAL), 0, id="optional, and none shown"),
    pytest.param(_server_never_asks, 0, id="never asked for, so not shown"),
    pytest.param(_listed("alice", on_list="alice"), 2, id="on the list"),
    pytest.param(_listed("mallory", on_list="mallory"), 2, id="on the list, whoever issued it"),
    pytest.param(_presents("alice", host="127.0.0.1"), 2, id="host by address"),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("shake", TRANSPORTS)
@pytest.mark.parametrize(("row", "certificates"), ACCEPTED)
def test_what_should_pass_passes_at_both_ends(
    row: Row, certificates: int, shake: Shake, version: TlsVersion, cast: Cast, at: datetime
) -> None:
    seen = shake(*row(cast, version), at=at)
    assert (seen.ending, seen.refused_by, seen.alerts) == (Ending.ACCEPTED, None, ())
    assert (seen.client.believed_done, seen.server.believed_done) == (True, True)
    assert (len(seen.client.sent), seen.status) == (certificates, 200)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("shake", TRANSPORTS)
def test_off_the_list_is_refused_by_the_application_and_says_so(
    shake: Shake, version: TlsVersion, cast: Cast, at: datetime
) -> None:
    seen = shake(*_listed("alice", on_list="bob")(cast, version), at=at)
    assert (seen.ending, seen.refused_by, seen.alert, seen.status) == (
        Ending.REFUSED,
        Party.SERVER,
        None,
        403,
    )
    assert "access_denied (49)" in seen.reason
    assert seen.headline == "Refused by the server's application with HTTP 403, no TLS alert"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "row", [p.values[0] for p in (*REFUSALS, *ACCEPTED)], ids=[p.id for p in (*REFUSALS, *ACCEPTED)]
)
def test_memory_and_sockets_tell_the_same_story(
    row: Row, version: TlsVersion, cast: Cast, at: datetime
) -> None:
    settings = row(cast, version)
    wired, memory = shake_hands_over_sockets(*settings, at=at), shake_hands(*settings, at=at)
    assert (wired.stages[0].text, memory.stages[0].text) == ("TCP", "in process")
    assert replace(wired, transport="memory", stages=memory.stages) == memory
    assert wired.stages[1:] == memory.stages[1:]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("shake", TRANSPORTS)
@pytest.mark.parametrize(
    ("days", "refuser", "alert"),
    [
        pytest.param(
            -30, Party.CLIENT, "bad_certificate", id="before anything was issued the client refuses first"
        ),
        pytest.param(300, None, None, id="within everybody's lifetime both accept"),
        pytest.param(500, Party.CLIENT, "certificate_expired", id="after it the client refuses first"),
    ],
)
def test_the_moment_judged_is_the_one_given(
    days: int,
    refuser: Party | None,
    alert: str | None,
    shake: Shake,
    version: TlsVersion,
    cast: Cast,
    at: datetime,
) -> None:
    seen = shake(*_presents("alice")(cast, version), at=at + timedelta(days=days))
    assert (seen.refused_by, seen.alert_name) == (refuser, alert)


def test_versions_that_do_not_meet_fail_at_the_parameters(cast: Cast, at: datetime) -> None:
    seen = shake_hands(cast.client(cast.alice, TlsVersion.TLS12), cast.serving(TlsVersion.TLS13), at=at)
    assert (seen.refused_by, seen.alert_name) == (Party.SERVER, "protocol_version")
    assert [stage.state for stage in seen.stages] == ["passed", "failed", *["not reached"] * 5]
    assert (seen.code, seen.failed_stage) == ("version-mismatch", StageName.PARAMETERS)
    assert "the client has TLS 1.2, the server TLS 1.3" in seen.reason


def test_a_policy_may_name_an_intermediate(cast: Cast, at: datetime) -> None:
    policy = type(cast.under_our_ca)((cast.authority.issuing.certificate,))
    settings = _leaf_only(cast, TlsVersion.TLS13)[0], cast.serving(TlsVersion.TLS13, policy=policy)
    assert shake_hands(*settings, at=at).accepted
