"""Whatever drips, there is one end: the deadline holds for a whole connection and not for each byte of it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import pytest

from pki.handshake.deadline import Deadline
from pki.handshake.issuer_fetch import Fetcher
from pki.live import NoOfferAccepted, NotTls, Route, Unreachable, diagnose, evaluate_live, parse_target
from pki.live.protocols import UPGRADES
from pki.live.proxies import Proxy
from pki.live.route import CONNECTIONS
from pki.model.unanswered import Unanswered
from tests import clock
from tests.live.dripping import SERVER_HELLO, dripping
from tests.live.stage import Stage, scripted

TIMEOUT = 1.0
# What a connection may take on a busy machine; one that waits anew for each byte of these would never end.
LIMIT = 30.0
GREETINGS = {
    "smtp": b"220 mail.test ESMTP",
    "ftp": b"220 files.test FTP",
    "imap": b"* OK IMAP4rev1",
    "pop3": b"+OK",
    "nntp": b"200 news.test",
    "sieve": b'"IMPLEMENTATION" "',
    "xmpp": b"<stream:stream ",
    "mysql": b"\x60\0\0\0\x0a",
    "ldap": b"\x30\x82\x0f\xf0",
    "postgres": b"",  # one byte answers it
}


def given_up(route: Route) -> Unreachable:
    """How ROUTE did not get to TLS."""
    with pytest.raises(Unreachable) as failed, route.open():
        pass
    return failed.value


@pytest.fixture
def spent() -> Callable[[], float]:
    begun = time.monotonic()
    return lambda: time.monotonic() - begun


def test_what_is_left_and_when_nothing_is() -> None:
    long, short = Deadline.after(clock.AGES), Deadline.after(-1)
    assert min(long, short) is short
    assert 0 < long.remaining() <= clock.AGES
    assert (long.passed, short.passed) == (False, True)
    with pytest.raises(TimeoutError):
        short.remaining()
    with socket.socket() as mine:
        long.bound(mine)
        assert 0 < (mine.gettimeout() or 0) <= clock.AGES
        with pytest.raises(TimeoutError):
            short.bound(mine)


@pytest.mark.parametrize("protocol", [name for name in UPGRADES if GREETINGS[name]])
def test_a_greeting_in_drops_is_given_up(protocol: str, spent: Callable[[], float]) -> None:
    target = parse_target("api.example.test", starttls=protocol)
    with scripted(dripping(GREETINGS[protocol])) as port:
        failed = given_up(Route(target, via=("127.0.0.1", port), timeout=TIMEOUT))
    assert failed.cause == "timeout"
    assert "did not get to TLS in the 1 s" in str(failed)
    assert spent() < LIMIT


def test_a_server_that_waits_where_a_greeting_is_due(spent: Callable[[], float]) -> None:
    target = parse_target("api.example.test", starttls="smtp")
    with scripted(lambda guest: guest.recv(1)) as port:
        failed = given_up(Route(target, via=("127.0.0.1", port), timeout=TIMEOUT))
    assert "nothing came in 1 s" in str(failed)
    assert "Where TLS comes from the first byte, write smtps://HOST:PORT" in str(failed)
    assert spent() < LIMIT


@pytest.mark.parametrize("opening", [b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\nVia: "], ids=["status", "header"])
def test_a_proxys_answer_in_drops_is_given_up(opening: bytes, spent: Callable[[], float]) -> None:
    target = parse_target("https://api.test")
    with scripted(dripping(opening)) as port:
        failed = given_up(Route(target, proxy=Proxy("127.0.0.1", port), timeout=TIMEOUT))
    assert f"the proxy 127.0.0.1:{port} did not get to TLS" in str(failed)
    assert spent() < LIMIT


@pytest.mark.parametrize(
    ("play", "error", "told"),
    [
        pytest.param(dripping(SERVER_HELLO, after=1), NoOfferAccepted, "bytes came", id="a record"),
        pytest.param(lambda g: g.recv(4096) and g.recv(4096), NoOfferAccepted, "not one byte", id="silence"),
        pytest.param(dripping(b"220 x"), NotTls, "SMTP", id="a banner before TLS"),
    ],
)
def test_a_tls_server_in_drops_is_asked_once(
    play: Callable[[socket.socket], None], error: type[Unanswered], told: str, stage: Stage
) -> None:
    guests: list[float] = []

    def counted(guest: socket.socket) -> None:
        guests.append(time.monotonic())
        play(guest)

    for ask in (evaluate_live, diagnose):
        guests.clear()
        begun = time.monotonic()
        with scripted(counted) as port:
            route = Route(parse_target("https://api.example.test"), via=("127.0.0.1", port), timeout=TIMEOUT)
            with pytest.raises(error) as failed:
                ask(route, at=stage.at, anchors=stage.anchors())  # type: ignore[operator]  # the two ask alike
        assert told in str(failed.value)
        assert time.monotonic() - begun < LIMIT
        assert len(guests) == 1


def test_a_run_has_an_end_of_all_its_connections(stage: Stage) -> None:
    with stage.serving() as served:
        route = Route(served.target, via=served.via, timeout=clock.PATIENCE, end=Deadline.after(-1))
        with pytest.raises(Unreachable, match="time for all the connections of this run is over") as failed:
            diagnose(route, at=stage.at, anchors=stage.anchors())
    assert failed.value.cause == "timeout"
    bounded = Route(served.target, timeout=10).for_a_run()
    assert bounded.end is not None
    assert bounded.end.remaining() <= CONNECTIONS * 10
    assert bounded.for_a_run() is bounded


@pytest.mark.parametrize(
    "first", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n"],
    ids=["status", "head", "body"],
)  # fmt: skip
def test_an_issuer_in_drops_is_given_up(first: bytes, spent: Callable[[], float]) -> None:
    with scripted(dripping(b"H", after=1, first=first)) as port:
        fetch = Fetcher(seconds=TIMEOUT)
        assert [fetch(f"http://127.0.0.1:{port}/{name}") for name in ("a", "b", "a")] == [None] * 3
    assert spent() < LIMIT


def test_errands_together_have_one_end() -> None:
    guests: list[socket.socket] = []
    with scripted(lambda guest: guests.append(guest) or dripping(b"H")(guest)) as port:  # type: ignore[func-returns-value]  # append's None
        fetch = Fetcher(seconds=TIMEOUT)
        for name in ("a", "b", "c"):
            assert fetch(f"http://127.0.0.1:{port}/{name}") is None
    assert len(guests) == 1  # the first had all the time there was


def test_a_slow_server_is_not_told_as_a_silent_one(stage: Stage) -> None:
    """The last connection of a run that is nearly over has its whole time, too."""
    with stage.serving() as served:
        nearly = Deadline.after(0.5)
        route = Route(served.target, via=served.via, timeout=clock.PATIENCE, end=nearly)
        with route.open() as (_, deadline):
            assert deadline.remaining() > nearly.moment - time.monotonic() + 1
