"""The way through a proxy, and around it."""

from __future__ import annotations

import base64
import socket
import threading

import pytest

from pki.errors import InvalidRequest
from pki.live import Route, Unreachable, evaluate_live, parse_target, proxy_for
from pki.live.proxies import Proxy, parse_proxy
from tests import clock
from tests.live.stage import Stage, scripted

VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY", "http_proxy")


@pytest.fixture(autouse=True)
def no_proxy_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("settings", "url", "expected"),
    [
        ({}, "https://api.test", None),
        ({"https_proxy": "http://proxy.test:3128"}, "https://api.test", "proxy.test:3128"),
        ({"https_proxy": "proxy.test:3128"}, "https://api.test", "proxy.test:3128"),
        ({"https_proxy": "http://proxy.test"}, "https://api.test", "proxy.test:80"),
        ({"all_proxy": "http://proxy.test:1"}, "https://api.test", "proxy.test:1"),
        ({"https_proxy": "http://proxy.test:1", "no_proxy": "api.test"}, "https://api.test", None),
        ({"https_proxy": "http://proxy.test:1", "no_proxy": ".test"}, "https://api.test", None),
        ({"https_proxy": "http://proxy.test:1", "no_proxy": "*"}, "https://api.test", None),
        ({"https_proxy": "http://proxy.test:1"}, "https://localhost:8443", None),
        ({"https_proxy": "http://proxy.test:1"}, "https://expired.localhost", None),
        ({"https_proxy": "http://proxy.test:1"}, "https://127.0.0.1", None),
        ({"https_proxy": "http://proxy.test:1"}, "https://[::1]", None),
    ],
)
def test_which_proxy(
    settings: dict[str, str], url: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    found = proxy_for(parse_target(url))
    assert (str(found) if found else None) == expected


def test_a_kind_of_proxy_that_is_not_spoken_is_named_without_its_password() -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_proxy("socks5://user:secret@proxy.test:1080")
    assert "socks5://" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_credentials_are_sent_and_never_shown() -> None:
    proxy = parse_proxy("http://user:p%40ss@proxy.test:3128")
    assert proxy.credentials == "Basic " + base64.b64encode(b"user:p@ss").decode()
    assert "user" not in repr(proxy)
    assert "user" not in str(proxy)


def relay(guest: socket.socket, port: int, seen: list[bytes]) -> None:
    """A proxy that does what it is asked, whatever the name: to PORT on this machine."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += guest.recv(1)
    seen.append(head)
    with socket.create_connection(("127.0.0.1", port)) as server:
        guest.sendall(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")

        def pass_on(source: socket.socket, target: socket.socket) -> None:
            try:
                while data := source.recv(65536):
                    target.sendall(data)
                target.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        back = threading.Thread(target=pass_on, args=(server, guest), daemon=True)
        back.start()
        pass_on(guest, server)
        back.join(clock.PATIENCE)


def test_a_server_behind_a_proxy_is_judged_and_the_proxy_named(stage: Stage) -> None:
    seen: list[bytes] = []
    with stage.serving() as route, scripted(lambda guest: relay(guest, route.place[1], seen)) as port:
        through = Route(route.target, proxy=Proxy("127.0.0.1", port, "Basic abc"), timeout=clock.PATIENCE)
        verdict, _ = evaluate_live(through, at=stage.at, anchors=stage.anchors())
    assert verdict.trusted
    assert verdict.transport is not None
    assert verdict.transport.through == f"127.0.0.1:{port}"
    assert seen[0].startswith(b"CONNECT api.example.test:443 HTTP/1.1\r\nHost: api.example.test:443\r\n")
    assert b"Proxy-Authorization: Basic abc\r\n" in seen[0]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "Give user and password"),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "refused the way to api.test:443: 403 Forbidden"),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "It did not reach api.test:443, or failed itself"),
        (b"SSH-2.0-whatever\r\n", "no HTTP proxy"),
        (b"", "closed the connection"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200, "more than 100 header lines"),
        (b"HTTP/1.1 200 " + b"x" * 9000, "line of more than"),
    ],
)
def test_a_proxy_that_does_not_help(answer: bytes, told: str) -> None:
    def reply(guest: socket.socket) -> None:
        guest.recv(4096)
        guest.sendall(answer)

    with scripted(reply) as port:
        route = Route(
            parse_target("https://api.test"),
            proxy=Proxy("127.0.0.1", port, "Basic c2VjcmV0"),
            timeout=clock.PATIENCE,
        )
        with pytest.raises(Unreachable) as failed, route.open():
            pass
    assert told in str(failed.value)
    assert "c2VjcmV0" not in str(failed.value)
