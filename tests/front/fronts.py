"""What the tests of fronts share: an authority, what is shown, servers behind, and curl."""

from __future__ import annotations

import contextlib
import http.server
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from pki.front import Relay, ServerBehind, Shown
from pki.handshake import ClientCertificates, ServerSettings
from pki.issue import Authority
from pki.model.identity import Identity
from tests import clock

HOST = "api.test"
HERE = "127.0.0.1"


@dataclass(frozen=True)
class Stage:
    """An authority on disk, and two ways to present a front."""

    at: datetime
    authority: Authority
    root: Path
    good: Shown
    wrong_host: Shown
    alice: Identity

    def relay(self, behind: int, **more: Any) -> Relay:
        return Relay(ServerBehind(HERE, behind), more.pop("shown", self.good), at=self.at, **more)


def stage_at(at: datetime, folder: Path) -> Stage:
    authority = Authority.create(name="Front CA", at=at)
    root = folder / "root.pem"
    root.write_bytes(authority.root.public_bytes(Encoding.PEM))

    def shown(label: str, *names: str) -> Shown:
        identity = authority.issue_server(*names, at=at)
        settings = ServerSettings(identity=identity, client_certificates=ClientCertificates.NONE)
        return Shown(label, settings, HOST)

    return Stage(
        at,
        authority,
        root,
        shown("good-ec", HOST, "localhost"),
        shown("wrong-host", "other.test"),
        authority.issue_client("alice", at=at),
    )


class Pages(http.server.BaseHTTPRequestHandler):
    """Python's own server: GET says who was asked for, POST how much came."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._say(f"hello from {self.headers['Host']}".encode())

    def do_POST(self) -> None:
        left = length = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(left, 65536)))
        self._say(f"{length} bytes".encode())

    def _say(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing is written."""


class Redirects(Pages):
    """A server that knows itself by its own port, as most do."""

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", f"{self.path[1:]}/login")
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextlib.contextmanager
def pages(handler: type[http.server.BaseHTTPRequestHandler] = Pages, port: int = 0) -> Iterator[int]:
    """Python's http.server; the port."""
    with http.server.ThreadingHTTPServer((HERE, port), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def connected(stage: Stage, relay: Relay, *, alpn: str = "http/1.1") -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=str(stage.root))
    context.set_alpn_protocols([alpn])
    with contextlib.ExitStack() as opened:
        raw = opened.enter_context(socket.create_connection((HERE, relay.port), timeout=clock.PATIENCE))
        wrapped = context.wrap_socket(raw, server_hostname=HOST, suppress_ragged_eofs=False)
        opened.pop_all()
    return wrapped


def curl(
    stage: Stage, relay: Relay, *options: str, path: str = "/", host: str = HOST
) -> subprocess.CompletedProcess[str]:
    """Ask the front at RELAY as HOST."""
    return subprocess.run(
        ["curl", "-sS", "--max-time", str(clock.PATIENCE), "--cacert", str(stage.root), "--noproxy", "*",
         "--resolve", f"{host}:{relay.port}:{HERE}", *options, f"https://{host}:{relay.port}{path}"],
        capture_output=True, text=True, check=False, timeout=clock.AGES,
    )  # fmt: skip
