"""Servers and clients that others wrote, on either side of a front."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from websockets.sync.client import connect

from pki.front import Speaks
from tests import clock
from tests.front.fronts import HERE, HOST, Stage, connected, curl, pages
from tests.handshake.programs import CURL, JAVA, NODE, Visit, java, node
from tests.servers import free_port, running

SERVERS = Path(__file__).with_name("servers")
NGINX = pytest.mark.peer("nginx", "apt-get install nginx")
H2LOAD = pytest.mark.peer("h2load", "apt-get install nghttp2-client")
AB = pytest.mark.peer("ab", "apt-get install apache2-utils")
_NGINX = """
daemon off; master_process off; pid {place}/nginx.pid; error_log stderr info;
events {{ worker_connections 64; }}
http {{
  access_log off; client_max_body_size 100m;
  client_body_temp_path {place}/a; proxy_temp_path {place}/b; fastcgi_temp_path {place}/c;
  uwsgi_temp_path {place}/d; scgi_temp_path {place}/e;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 "hello from $http_host, by nginx"; }} }}
}}
"""


@contextlib.contextmanager
def _node(script: str, place: Path) -> Iterator[int]:
    port = free_port()
    with running("node", SERVERS / script, str(port), port=port, log=place / "log"):
        yield port


@contextlib.contextmanager
def uvicorn(place: Path) -> Iterator[int]:
    """An application under uvicorn."""
    port = free_port()
    with running(sys.executable, SERVERS / "app.py", str(port), port=port, log=place / "log"):
        yield port


@contextlib.contextmanager
def nginx(place: Path) -> Iterator[int]:
    """nginx in the clear."""
    port = free_port()
    (place / "nginx.conf").write_text(_NGINX.format(place=place, port=port))
    command = ("nginx", "-e", "stderr", "-p", place, "-c", place / "nginx.conf")
    with running(*command, port=port, log=place / "log"):
        yield port


def http1(place: Path) -> contextlib.AbstractContextManager[int]:
    """Node's http."""
    return _node("http1.mjs", place)


def http2(place: Path) -> contextlib.AbstractContextManager[int]:
    """Node's http2, in the clear."""
    return _node("http2.mjs", place)


Behind = Callable[[Path], contextlib.AbstractContextManager[int]]


@CURL
@pytest.mark.parametrize(
    "behind",
    [
        pytest.param(nginx, id="nginx", marks=NGINX),
        pytest.param(http1, id="Node", marks=NODE),
        pytest.param(uvicorn, id="uvicorn"),
        pytest.param(lambda place: pages(), id="Python"),
    ],
)
def test_servers_behind_answer_as_without_a_front(behind: Behind, stage: Stage, tmp_path: Path) -> None:
    upload = tmp_path / "upload"
    upload.write_bytes(b"x" * 3_000_000)
    with behind(tmp_path) as port, stage.relay(port) as relay:
        assert relay.speaks is Speaks.HTTP1
        for options in ((), ("--data-binary", f"@{upload}")):
            ran = curl(stage, relay, "-i", *options)
            assert ran.returncode == 0, ran.stderr
            assert "HTTP/1.1 200 OK" in ran.stdout
            if options and "by nginx" not in ran.stdout:
                assert "3000000 bytes" in ran.stdout
            elif not options:
                assert f"hello from {HOST}:{relay.port}" in ran.stdout
        # The second one's server said 100 first, which is no answer.
        assert [one.answer for one in relay.wait_for(2)] == ["HTTP/1.1 200 OK"] * 2


@NODE
@CURL
def test_http2_passes_where_the_server_behind_speaks_it(stage: Stage, tmp_path: Path) -> None:
    with http2(tmp_path) as port, stage.relay(port) as relay:
        assert relay.speaks is Speaks.HTTP2
        assert "a client that does not is refused with the alert 120" in relay.behind_text
        ran = curl(stage, relay, "--http2", "-w", " %{http_version}", "--data-binary", "x" * 100_000)
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout == f"hello over https from {HOST}:{relay.port}, 100000 bytes came 2"
        refused = curl(stage, relay, "--http1.1")
        assert refused.returncode == 35
        plain = curl(stage, relay, "--no-alpn", "-w", " %{http_code}")
        assert plain.stdout.endswith("502")
        assert "speaks HTTP/2 alone, and this client does not offer it" in plain.stdout
        taken, alert, _ = relay.wait_for(3)
    assert taken.record is not None
    assert taken.record.alpn == "h2"
    assert taken.answer == "HTTP/2 200"
    assert alert.record is not None
    assert [event.number for event in alert.record.fatal_alerts] == [120]


@CURL
def test_http2_is_not_offered_where_the_server_behind_does_not_speak_it(stage: Stage) -> None:
    with pages() as port, stage.relay(port) as relay:
        ran = curl(stage, relay, "--http2", "-w", " %{http_version}")
        assert (ran.returncode, ran.stdout) == (0, f"hello from {HOST}:{relay.port} 1.1")


@NODE
@CURL
def test_a_server_that_comes_up_speaking_http2_is_asked_anew(stage: Stage, tmp_path: Path) -> None:
    port = free_port()
    with stage.relay(port) as relay:
        assert relay.speaks is Speaks.NOTHING
        with running("node", SERVERS / "http2.mjs", str(port), port=port, log=tmp_path / "log"):
            clock.until(lambda: relay.speaks is Speaks.HTTP2)
            assert curl(stage, relay, "--http2", "-w", " %{http_version}").stdout.endswith(" 2")


@NODE
@CURL
def test_a_server_behind_that_went_away_is_told_of_in_http2_as_well(stage: Stage, tmp_path: Path) -> None:
    with http2(tmp_path) as port, stage.relay(port) as relay:
        assert relay.speaks is Speaks.HTTP2
        relay._watch_behind.addresses = [
            (socket.AF_INET, (HERE, 1))
        ]  # as in the moment before that is noticed
        ran = curl(stage, relay, "--http2", "-w", " %{http_code} %{http_version}")
        assert ran.stdout.endswith(" 502 2"), ran.stderr
        # It counts as away until it was asked again, and is expected to speak as before.
        assert curl(stage, relay, "--http2", "-w", " %{http_version}").stdout.endswith(" 2")
        assert "cannot be reached: nothing listens there (127.0.0.1: Connection refused)." in ran.stdout


@H2LOAD
@NODE
@pytest.mark.parametrize("behind", [pytest.param(http1, id="HTTP/1.1"), pytest.param(http2, id="HTTP/2")])
def test_h2load_gets_every_answer(behind: Behind, stage: Stage, tmp_path: Path) -> None:
    with behind(tmp_path) as port, stage.relay(port) as relay:
        one = ["--h1"] if behind is http1 else []
        ran = subprocess.run(
            ["h2load", *one, "-n", "2000", "-c", "20", f"https://{HERE}:{relay.port}/"],
            capture_output=True, text=True, check=True, timeout=clock.PATIENCE,
        )  # fmt: skip
    assert "2000 succeeded, 0 failed, 0 errored" in ran.stdout, ran.stdout


@AB
def test_ab_gets_every_answer_on_connections_of_their_own(stage: Stage) -> None:
    with pages() as port, stage.relay(port) as relay:
        ran = subprocess.run(
            ["ab", "-q", "-n", "300", "-c", "20", f"https://{HERE}:{relay.port}/"],
            capture_output=True, text=True, check=True, timeout=clock.PATIENCE,
        )  # fmt: skip
        assert re.search(r"Complete requests: +300\nFailed requests: +0\n", ran.stdout), ran.stdout
        while sum(one.answer == "HTTP/1.1 200 OK" for one in relay.connections) < 300:
            relay.wait_for(len(relay.connections) + 1)  # ab opens a few more, and leaves without asking


@pytest.mark.parametrize(
    ("program", "words"),
    [
        pytest.param(node, "altname", id="Node", marks=NODE),
        pytest.param(java, "localhost found", id="Java", marks=JAVA),
    ],
)
def test_clients_are_let_in_and_refuse_as_at_any_server(
    program: Callable[[Visit], list[object]], words: str, stage: Stage
) -> None:
    with pages() as port, stage.relay(port) as relay:
        visit = Visit(port=relay.port, trusting=stage.root)
        (came,) = program(visit)
        assert came.let_in, came.words  # type: ignore[attr-defined]
        relay.show(stage.wrong_host)
        (left,) = program(visit)
        assert not left.let_in  # type: ignore[attr-defined]
        assert words in left.words  # type: ignore[attr-defined]
        relay.wait_for(2)
        assert relay.connections[0].answer == "HTTP/1.1 200 OK"
        assert relay.connections[-1].received == 0


def test_a_websocket_passes_and_may_be_silent(stage: Stage, tmp_path: Path) -> None:
    context = ssl.create_default_context(cafile=str(stage.root))
    message = bytes(range(256)) * 20_000
    with (
        uvicorn(tmp_path) as port,
        stage.relay(port) as relay,
        connect(
            f"wss://localhost:{relay.port}/",
            ssl=context,
            max_size=None,
            compression=None,
            open_timeout=clock.PATIENCE,
            proxy=None,
        ) as echo,
    ):
        echo.send(message)
        assert echo.recv(timeout=clock.PATIENCE) == message
        (passing,) = relay._connections
        assert passing.expires == float("inf")
        echo.send("and text")
        assert echo.recv(timeout=clock.PATIENCE) == "and text"
    (one,) = relay.wait_for(1)
    assert one.answer == "HTTP/1.1 101 Switching Protocols"
    assert min(one.received, one.sent) > len(message)


def test_events_come_when_they_are_sent(stage: Stage, tmp_path: Path) -> None:
    with uvicorn(tmp_path) as port, stage.relay(port) as relay, connected(stage, relay) as client:
        client.sendall(f"GET /events HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        came: dict[bytes, float] = {}
        said = b""
        while b"data: 2" not in said and (piece := client.recv(65536)):
            said += piece
            for event in (b"data: 0", b"data: 2"):
                if event in said:
                    came.setdefault(event, time.monotonic())
    assert came[b"data: 2"] > came[b"data: 0"]
