"""DTLS in memory: the policies of TLS, cookies, the MTU, and a link that loses datagrams."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from pki.errors import InvalidRequest
from pki.handshake import AllowList, ClientCertificates, ClientTrust, TlsVersion
from pki.handshake.dtls import LinkConditions, LinkResult, shake_hands_over_link
from pki.handshake.dtls.ends import DatagramClientEnd, ServerParts
from pki.handshake.dtls.records import HEADER, datagrams, message_of, records
from pki.issue import Authority, KeyType
from pki.model.transcript import Party
from tests import clock
from tests.handshake.cast import Cast
from tests.shell import environment

TLS12 = TlsVersion.TLS12
FAKETIME = pytest.mark.peer("faketime", "apt-get install faketime")


def cross(
    cast: Cast,
    at: datetime,
    *,
    who: str | None = "alice",
    policy: ClientTrust | None = None,
    ask: ClientCertificates = ClientCertificates.REQUIRED,
    host: str = "localhost",
    server: str = "server",
    mtu: int = 1200,
) -> LinkResult:
    identity = getattr(cast, who) if who is not None else None
    (crossing,) = shake_hands_over_link(
        cast.client(identity, TLS12, host=host),
        cast.serving(TLS12, policy=policy, ask=ask, identity=getattr(cast, server)),
        at=at,
        mtu=mtu,
    )
    return crossing


def test_both_ends_go_through_with_it_after_a_cookie(cast: Cast, at: datetime) -> None:
    crossing = cross(cast, at)
    seen = crossing.transcript
    assert (seen.accepted, seen.version, crossing.cookie_asked) == (True, "DTLSv1.2", True)
    assert crossing.lost == 0
    assert [cert.label for cert in seen.client.sent] == ["alice", "Our CA Intermediate"]
    assert seen.client.believed_done
    assert seen.server.believed_done


@pytest.mark.parametrize(
    ("changes", "refuser", "alert", "words"),
    [
        pytest.param({"who": None}, Party.SERVER, 40, "sent none", id="no client certificate"),
        pytest.param({"who": "mallory"}, Party.SERVER, 48, "a CA unknown to the server", id="a stranger's client"),
        pytest.param({"who": "expired"}, Party.SERVER, 45, "expired", id="an expired client"),
        pytest.param({"who": "misfit"}, Party.SERVER, 43, "clientAuth", id="a server's certificate shown by a client"),
        pytest.param({"server": "impostor"}, Party.CLIENT, 48, "Their CA", id="a server of a stranger's"),
        pytest.param({"host": "x.test"}, Party.CLIENT, 80, "asked for x.test", id="a server of another name"),
    ],
)  # fmt: skip
def test_refusals_are_those_of_tls(
    changes: dict[str, str | None], refuser: Party, alert: int, words: str, cast: Cast, at: datetime
) -> None:
    seen = cross(cast, at, **changes).transcript  # type: ignore[arg-type]  # a table's row
    assert (seen.refused_by, seen.alert_number) == (refuser, alert)
    assert words in seen.reason
    assert seen.alert
    assert seen.alert.arrived


def test_a_list_lets_in_whom_it_names_and_refuses_inside_the_handshake(cast: Cast, at: datetime) -> None:
    only_mallory = AllowList.of((cast.mallory.certificate,))
    assert cross(cast, at, who="mallory", policy=only_mallory).transcript.accepted
    seen = cross(cast, at, who="alice", policy=only_mallory).transcript
    assert (seen.refused_by, seen.alert_number) == (Party.SERVER, 80)  # OpenSSL's callback cannot send 49
    assert (
        "is not on the server's list of 1 certificate; the alert for it would be access_denied (49)"
        in seen.reason
    )


@pytest.mark.parametrize("ask", [ClientCertificates.OPTIONAL, ClientCertificates.NONE])
def test_a_server_that_does_not_insist_lets_a_stranger_in(
    ask: ClientCertificates, cast: Cast, at: datetime
) -> None:
    assert cross(cast, at, who=None, ask=ask).transcript.accepted


@pytest.mark.parametrize("mtu", [256, 576, 1200, 4000])
def test_no_datagram_is_larger_than_the_mtu(mtu: int, cast: Cast, at: datetime) -> None:
    crossing = cross(cast, at, mtu=mtu)
    assert crossing.transcript.accepted
    assert 0 < crossing.largest <= mtu


def test_a_chain_of_many_kilobytes_goes_through_576_bytes(at: datetime) -> None:
    authority = Authority.create(name="Large", at=at, key_type=KeyType.RSA4096)
    names = [f"{number}.a-rather-long-label-in-a-name.test" for number in range(60)]
    server, alice = authority.issue_server("localhost", *names, at=at), authority.issue_client("alice", at=at)
    cast = Cast(authority, authority, server, alice, *[alice] * 6)
    size = sum(len(cert.public_bytes(Encoding.DER)) for cert in server.sent_chain)
    crossing = cross(cast, at, mtu=576)
    assert size > 3 * 1024
    assert crossing.transcript.accepted
    assert crossing.largest <= 576
    assert crossing.sent > size / 576


@pytest.mark.parametrize("mtu", [-1, 0, 255, 16385])
def test_an_mtu_out_of_range_is_refused(mtu: int, cast: Cast, at: datetime) -> None:
    with pytest.raises(InvalidRequest, match="256 to 16384"):
        cross(cast, at, mtu=mtu)


def test_fifty_without_loss(cast: Cast, at: datetime) -> None:
    crossings = shake_hands_over_link(
        cast.client(cast.alice, TLS12),
        cast.serving(TLS12),
        at=at,
        count=50,
        conditions=LinkConditions(seed=1),
    )
    assert [crossing.transcript.accepted for crossing in crossings] == [True] * 50
    assert sum(crossing.lost for crossing in crossings) == 0


def test_a_few_with_loss_by_the_real_clock(cast: Cast, at: datetime) -> None:
    """OpenSSL's own timer, unhurried: the first flight is sent again after a second."""
    crossings = shake_hands_over_link(
        cast.client(cast.alice, TLS12),
        cast.serving(TLS12),
        at=at,
        count=20,
        conditions=LinkConditions(loss=0.1, doubled=0.1, reordered=0.1, seed=3),
    )
    assert [crossing.transcript.accepted for crossing in crossings] == [True] * 20
    assert sum(crossing.lost for crossing in crossings) > 0
    assert sum(crossing.resent for crossing in crossings) > 0


_FIFTY = """
import json, sys
from datetime import UTC, datetime
from pki.handshake import ChainsTo, ClientSettings, ServerSettings
from pki.handshake.dtls import LinkConditions, shake_hands_over_link
from pki.issue import Authority
at = datetime.now(UTC)
ca = Authority.create(name="Fifty", at=at)
client = ClientSettings(host="localhost", trusted_roots=(ca.root,), identity=ca.issue_client("alice", at=at))
server = ServerSettings(identity=ca.issue_server("localhost", at=at), policy=ChainsTo((ca.root,)))
conditions = LinkConditions(loss=float(sys.argv[1]), doubled=0.05, reordered=0.1, seed=7)
done = shake_hands_over_link(client, server, at=at, conditions=conditions, count=50, deadline=3600)
ends = [(c.transcript.client.believed_done, c.transcript.server.believed_done) for c in done]
print(json.dumps({"done": sum(map(all, ends)), "lost": sum(c.lost for c in done), "resent": sum(c.resent for c in done)}))
"""


@FAKETIME
@pytest.mark.parametrize("loss", [0.1, 0.3])
def test_fifty_of_fifty_with_loss_by_a_clock_that_runs_sixty_times_as_fast(loss: float) -> None:
    """OpenSSL's timer doubles up to a minute and has no hook; libfaketime winds the clock it reads."""
    ran = subprocess.run(
        ["faketime", "-f", "+0 x60", sys.executable, "-c", _FIFTY, str(loss)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=clock.PATIENCE,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["done"] == 50
    assert found["lost"] > 0
    assert found["resent"] > 0


def test_a_link_that_loses_nearly_everything_ends_at_its_deadline(cast: Cast, at: datetime) -> None:
    (crossing,) = shake_hands_over_link(
        cast.client(cast.alice, TLS12), cast.serving(TLS12), at=at, conditions=LinkConditions(loss=0.9, seed=1), deadline=0.3
    )  # fmt: skip
    assert not crossing.transcript.accepted


@pytest.mark.parametrize("loss", [-0.1, 0.91, 1.0])
def test_a_loss_that_leaves_nothing_is_refused(loss: float) -> None:
    with pytest.raises(InvalidRequest, match="0 % to 90 %"):
        LinkConditions(loss=loss)


def test_a_cookie_is_good_for_one_address_and_one_server(cast: Cast, at: datetime) -> None:
    parts = ServerParts(cast.serving(TLS12), at=at)
    client = DatagramClientEnd.prepare(cast.client(cast.alice, TLS12), at=at)
    client.advance()
    (hello,) = client.to_send()
    stranger = parts.end_for(b"here 1")
    assert not stranger.listen(hello)
    (verify,) = stranger.to_send()
    assert message_of(verify) == "HelloVerifyRequest"
    assert len(verify) < len(hello)  # no use for amplification
    client.receive(verify)
    (with_cookie,) = client.to_send()
    assert not parts.end_for(b"there 1").listen(with_cookie)
    assert not ServerParts(cast.serving(TLS12), at=at).end_for(b"here 1").listen(with_cookie)
    assert parts.end_for(b"here 1").listen(with_cookie)


@given(st.binary(max_size=200))
def test_any_bytes_are_cut_without_a_complaint(data: bytes) -> None:
    assert message_of(data)
    for mtu in (13, 256):
        found = datagrams(data, mtu)
        assert b"".join(found) == b"".join(record.raw for record in records(data))


@given(st.lists(st.integers(0, 300), max_size=8), st.integers(256, 1200))
def test_a_flight_is_cut_at_record_borders(sizes: list[int], mtu: int) -> None:
    flight = b"".join(b"\x16\xfe\xfd" + bytes(8) + size.to_bytes(2, "big") + bytes(size) for size in sizes)
    found = datagrams(flight, mtu)
    assert b"".join(found) == flight
    assert all(len(d) <= mtu or len(list(records(d))) == 1 for d in found)
    assert all(len(d) >= HEADER for d in found)
