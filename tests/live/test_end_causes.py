"""Everything that ends a connection before a certificate comes: its cause, what an app sees, and what is said of it."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable

import pytest

from pki.errors import InvalidRequest
from pki.live import Route, diagnose, evaluate_live, parse_target
from pki.model.alerts import ALERTS, about_certificates
from pki.model.causes import CAUSES
from pki.model.unanswered import Unanswered
from tests import clock
from tests.live.stage import URL, Stage, scripted
from tests.servers import free_port


def reset(guest: socket.socket) -> None:
    guest.recv(4096)
    guest.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close(guest: socket.socket) -> None:
    guest.recv(4096)
    leave(guest)


def leave(guest: socket.socket) -> None:
    """End the stream, and read on so that nothing is lost to a reset."""
    guest.shutdown(socket.SHUT_WR)
    while guest.recv(4096):
        pass


def alert(number: int) -> Callable[[socket.socket], None]:
    def play(guest: socket.socket) -> None:
        guest.recv(4096)
        guest.sendall(bytes([21, 3, 3, 0, 2, 2, number]))  # fatal
        leave(guest)

    return play


def begun(guest: socket.socket) -> None:
    guest.recv(4096)
    guest.sendall(bytes.fromhex("160303007a020000760303") + bytes(40))
    leave(guest)


def says(words: bytes) -> Callable[[socket.socket], None]:
    def play(guest: socket.socket) -> None:
        guest.sendall(words)
        leave(guest)

    return play


ON_AN_ADDRESS = "https://192.0.2.7"
# what the server does: the cause, what an app would see, and words that must stand in the message
ENDS = {
    "a reset": (reset, URL, "reset", "-1005", ["reset the connection without sending a byte", "PROXY protocol", "no TLS"]),
    "a close": (
        close,
        URL,
        "closed",
        "-1200 (stream -9816)",
        ["closed the connection without sending a byte", "PROXY protocol", "no TLS"],
    ),
    "a close in the middle": (begun, URL, "closed", "-1200 (stream -9816)", ["after 51 bytes"]),
    "plain HTTP": (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), URL, "not-tls", "-1200", ["That is plain HTTP"]),
    "MySQL's greeting": (
        says(b"d\0\0\0\x0a8.0.36\0\x08\0\0\0saltsalt\0"),
        URL,
        "not-tls",
        "-1200",
        ["That is plain MySQL", "--starttls mysql"],
    ),
    "nobody's greeting": (says(b"hello\r\n"), URL, "not-tls", "-1200", ["it says 'hello'", "Is it the right port?"]),
    "no version": (alert(70), URL, "version-mismatch", "-1200 (stream -9836)", ["TLS 1.0 to 1.3 were offered"]),
    "no parameters": (
        alert(40),
        URL,
        "no-shared-parameters",
        "-1200 (stream -9824)",
        ["psk connect", "no certificate for the name api.example.test", "DES-CBC3-SHA"],
    ),
    "too weak an offer": (alert(71), URL, "no-shared-parameters", "-1200 (stream -9837)", ["psk connect"]),
    "another name": (alert(112), URL, "name-not-served", "-1200 (stream -9865)", ["nothing under api.example.test"]),
    "an address": (alert(112), ON_AN_ADDRESS, "name-not-served", "-1200 (stream -9865)", ["no name was sent in SNI"]),
    "an address, with another alert": (
        alert(40),
        ON_AN_ADDRESS,
        "no-shared-parameters",
        "-1200 (stream -9824)",
        ["none goes in SNI for an address", "psk connect"],
    ),
    "no protocol": (alert(120), URL, "no-application-protocol", "-1200", ["h2, http/1.1", "smtps"]),
    "an error of its own": (alert(80), URL, "protocol-error", "-1200 (stream -9838)", ["reason of its own", "log"]),
    "a certificate nobody showed": (
        alert(42),
        URL,
        "protocol-error",
        "-1200 (stream -9825)",
        ["about a client certificate", "none had been asked for"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_one_cause_for_whoever_asks(name: str, stage: Stage) -> None:
    play, url, cause, expected, words = ENDS[name]
    told = []
    with scripted(play, guests=20) as port:
        route = Route(parse_target(url), via=("127.0.0.1", port), timeout=clock.PATIENCE)
        for ask in (evaluate_live, diagnose):
            with pytest.raises(Unanswered) as failed:
                ask(route, at=stage.at, anchors=stage.anchors())  # type: ignore[operator]  # the two ask alike
            told.append(failed.value)
    for error in told:
        assert error.cause == cause
        assert error.expected is not None
        assert error.expected.short == expected
        assert [word for word in words if word not in str(error)] == []
        assert ("DES-CBC3" in str(error)) is (cause == "no-shared-parameters")
    assert str(told[0]) == str(told[1])


@pytest.mark.parametrize("scheme", ["tls", "smtps", "ldaps"])
def test_what_no_urlsession_asks_is_no_error_of_urlsession(scheme: str, stage: Stage) -> None:
    with scripted(close) as port:
        route = Route(parse_target(f"{scheme}://api.test:1"), via=("127.0.0.1", port), timeout=clock.PATIENCE)
        with pytest.raises(Unanswered) as failed:
            evaluate_live(route, at=stage.at, anchors=stage.anchors())
    assert failed.value.cause == "closed"
    assert failed.value.expected is None
    with pytest.raises(InvalidRequest, match="ATS binds URLSession alone"):
        diagnose(route, at=stage.at, anchors=stage.anchors())


def test_nobody_listens(stage: Stage) -> None:
    route = Route(parse_target(URL), via=("127.0.0.1", free_port()), timeout=clock.PATIENCE)
    for ask in (evaluate_live, diagnose):
        with pytest.raises(Unanswered, match="Connection refused") as failed:
            ask(route, at=stage.at, anchors=stage.anchors())  # type: ignore[operator]  # the two ask alike
        assert failed.value.cause == "connection-refused"
        assert failed.value.expected is not None
        assert failed.value.expected.url_error == -1004


@pytest.mark.parametrize("address", ["255.255.255.255", "ff02::1"])
def test_no_way_leads_there(address: str, stage: Stage) -> None:
    """The system refuses to connect to a broadcast address or a group: nobody there was asked."""
    route = Route(parse_target(URL), via=(address, 443), timeout=clock.PATIENCE)
    with pytest.raises(Unanswered, match="The reason is this machine's own") as failed:
        evaluate_live(route, at=stage.at, anchors=stage.anchors())
    assert failed.value.cause == "no-route"
    assert failed.value.expected is None  # a device is in another network, and may have a way


def test_a_name_that_is_none(stage: Stage) -> None:
    with pytest.raises(Unanswered) as failed:
        evaluate_live(Route(parse_target("https://nowhere.invalid")), at=stage.at, anchors=stage.anchors())
    assert failed.value.cause == "no-such-name"
    assert failed.value.expected is not None
    assert failed.value.expected.url_error == -1003


@pytest.mark.parametrize("number", ALERTS)
def test_whatever_alert_comes_there_is_a_code_for_it_and_never_a_trust_failure(
    number: int, stage: Stage
) -> None:
    if number == 0:
        return  # a goodbye
    with scripted(alert(number), guests=20) as port:
        route = Route(parse_target(URL), via=("127.0.0.1", port), timeout=clock.PATIENCE)
        with pytest.raises(Unanswered) as failed:
            evaluate_live(route, at=stage.at, anchors=stage.anchors())
    assert failed.value.cause in CAUSES
    assert failed.value.expected is not None
    assert failed.value.expected.url_error == -1200
    assert ("client certificate" in str(failed.value)) is about_certificates(number)
