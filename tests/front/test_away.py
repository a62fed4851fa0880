"""Why the server behind is not reached is told as what it is, at the start and to whoever comes."""

from __future__ import annotations

import contextlib
import errno
import socket
import threading

import pytest

from pki.front import ServerBehind, Speaks
from pki.front.away import Away
from pki.front.relay import Relay
from pki.handshake.dialling import unreachable
from tests import clock
from tests.front.fronts import HERE, HOST, Stage, connected, pages

ASK = b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % HOST.encode()


def asked(stage: Stage, relay: Relay) -> str:
    with connected(stage, relay) as client:
        client.sendall(ASK)
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    return answer.decode()


@pytest.mark.parametrize(
    ("failures", "told"),
    [
        pytest.param(
            [(HERE, errno.ECONNREFUSED), ("::1", errno.ECONNREFUSED)],
            "nothing listens there (127.0.0.1: Connection refused; ::1: Connection refused)",
            id="nobody on this machine",
        ),
        pytest.param(
            [("192.0.2.1", errno.ECONNREFUSED)],
            "nothing listens there, or a firewall rejects (",
            id="elsewhere",
        ),
        pytest.param(
            [("192.0.2.1", errno.ETIMEDOUT)],
            "nothing answered in time, so that nobody is at the address, or a filter drops",
            id="silence",
        ),
        pytest.param(
            [("2001:db8::1", errno.ENETUNREACH), ("192.0.2.1", errno.EHOSTUNREACH)],
            "no way leads there, by this machine's own doing or a router's (2001:db8::1: Network is unreachable; ",
            id="no way",
        ),
    ],
)
def test_each_cause_has_its_words(failures: list[tuple[str, int]], told: str) -> None:
    away = Away.of(unreachable("it", failures))
    assert str(away).startswith(told)
    assert f"the server behind, api:80, cannot be reached: {told}" in away.remark("api:80")
    assert ("Nothing listens at api:80 yet" in away.at_the_start("api:80")) is (HERE in failures[0])


def test_a_name_that_leads_nowhere_is_called_so_and_heard_of_when_it_leads_somewhere(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads: list[str] = []

    def resolve(host: str, port: int, *more: object, **kinds: object) -> list[object]:
        if host != "api.lan" or leads:
            return system(HERE if host == "api.lan" else host, port, *more, **kinds)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    system: object = socket.getaddrinfo
    assert callable(system)
    with pages() as port:
        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        with Relay(ServerBehind("api.lan", port), stage.good, at=stage.at) as relay:
            assert relay.speaks is Speaks.NOTHING
            said = "the name api.lan does not resolve: Name or service not known"
            assert (
                relay.behind_text
                == f"api.lan:{port} is not reached: {said}. Who comes gets a 502 until it is."
            )
            answer = asked(stage, relay)
            assert answer.startswith("HTTP/1.1 502")
            assert f"cannot be reached: {said}." in answer
            leads.append(HERE)
            clock.until(lambda: relay.speaks is Speaks.HTTP1)
            assert "cannot be reached" not in relay.behind_text


def test_an_address_of_the_name_that_nobody_answers_at_is_not_waited_for(stage: Stage) -> None:
    """Vite and its like listen at ::1 alone where localhost is that."""
    with socket.create_server((HERE, 0)) as kept:
        port = kept.getsockname()[1]
    with socket.create_server(("::1", port), family=socket.AF_INET6) as listener:
        listener.settimeout(clock.PATIENCE)
        with Relay(ServerBehind("localhost", port), stage.good, at=stage.at) as relay:
            assert relay._watch_behind.addresses[0][1][0] == "::1"
            assert len(relay._watch_behind.addresses) == 2


@pytest.mark.parametrize(
    ("says", "speaks", "words"),
    [
        pytest.param(
            b"", Speaks.SILENT, "takes connections, and answered nothing when it was asked", id="nothing"
        ),
        pytest.param(b"-ERR unknown command\r\n", Speaks.OTHER, "was not recognised", id="another protocol"),
    ],
)
def test_one_that_says_nothing_is_told_apart_from_one_that_says_something_else(
    says: bytes, speaks: Speaks, words: str, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pki.front.probing.PATIENCE", 0.2)
    kept = []

    def answer(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = listener.accept()
                kept.append(peer)
                peer.sendall(says)

    with socket.create_server((HERE, 0)) as listener:
        threading.Thread(target=answer, args=(listener,), daemon=True).start()
        with Relay(ServerBehind(HERE, listener.getsockname()[1]), stage.good, at=stage.at) as relay:
            assert relay.speaks is speaks
            assert words in relay.behind_text
        listener.shutdown(socket.SHUT_RDWR)
    for peer in kept:
        peer.close()
