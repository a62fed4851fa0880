"""A front beside caddy and nginx as reverse proxies, by the processor time that each of them takes.

All three: one P-256 certificate, TLS 1.3, the same nginx behind, the same clients (h2load, ab), in turn. What counts is the
server's own time on the processor, not how long a busy machine lets it wait.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests import clock
from tests.bench.timing import Row, print_rows
from tests.servers import free_port

HERE = "127.0.0.1"
REQUESTS, VISITORS, HANDSHAKES, ROUNDS = 4_000, 50, 300, 5
DOWNLOAD = 200 * 1024 * 1024
INSTALL = "apt-get install nghttp2-client apache2-utils nginx caddy"

_BEHIND = """
daemon off; master_process off; pid {place}/behind.pid; error_log stderr error;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000; keepalive_timeout 1h; client_body_temp_path {place}/a; proxy_temp_path {place}/b;
  fastcgi_temp_path {place}/c; uwsgi_temp_path {place}/d; scgi_temp_path {place}/e;
  server {{
    listen {HERE}:{behind};
    root {place}/pages;
    location = / {{ return 200 "hello, a page of some sixty bytes, as small answers are........\\n"; }}
  }}
}}
"""
_NGINX = """
daemon off; master_process off; pid {place}/nginx.pid; error_log stderr error;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000; client_body_temp_path {place}/a; proxy_temp_path {place}/b;
  fastcgi_temp_path {place}/c; uwsgi_temp_path {place}/d; scgi_temp_path {place}/e;
  ssl_certificate {place}/chain.pem; ssl_certificate_key {place}/key.pem; ssl_protocols TLSv1.3;
  ssl_session_cache off; ssl_session_tickets off;
  upstream behind {{ server {HERE}:{behind}; keepalive 64; keepalive_requests 1000000; }}
  server {{
    listen {HERE}:{port} ssl;
    location / {{ proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection ""; }}
  }}
}}
"""
_CADDY = """{{
  admin off
  auto_https off
  skip_install_trust
}}
https://{HERE}:{port} {{
  bind {HERE}
  tls {place}/chain.pem {place}/key.pem {{
    protocols tls1.3
  }}
  reverse_proxy {HERE}:{behind}
}}
"""


@dataclass(frozen=True)
class Front:
    """One of the three that are compared."""

    name: str
    port: int
    pid: int

    @property
    def taken(self) -> float:
        """Seconds on the processor so far, of all its threads."""
        nanoseconds = 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            with contextlib.suppress(FileNotFoundError):  # it ended meanwhile
                nanoseconds += int((task / "schedstat").read_text().split()[0])
        return nanoseconds / 1e9

    @property
    def resident(self) -> int:
        """KiB in memory."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


class MemoryRow(Row):
    """The same, in MiB."""

    def __str__(self) -> str:
        verdict = "ok" if self.holds else "TOO MUCH"
        sizes = f"{self.ours:9.1f} MiB {self.peer:9.1f} MiB"
        return f"{self.label:<58}  {sizes}  {self.ratio:5.2f}x  (limit {self.limit:.2f}x)  {verdict}"


def rows() -> list[Row]:
    """One run, in turn; without the programs, none, and a line that says so."""
    missing = [name for name in ("h2load", "ab", "nginx", "caddy") if shutil.which(name) is None]
    if missing:
        print(f"front: not measured without {', '.join(missing)}: {INSTALL}", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory() as scratch, _all(Path(scratch)) as (ours, nginx, caddy):
        request = _per_unit(ours, nginx, caddy, load=_requests, units=REQUESTS)
        shake = _per_unit(ours, nginx, caddy, load=_handshakes, units=HANDSHAKES)
        before, after = _slow_download(ours)
    return [
        Row("front, a request on kept-alive connections / caddy", request[0], request[2], 1.0),
        Row("front, a request on kept-alive connections / nginx", request[0], request[1], 2.0),
        Row("front, a handshake with one request / nginx", shake[0], shake[1], 2.0, (("caddy", shake[2]),)),
        MemoryRow("front, memory after 200 MB to a slow reader / before", after / 1024, before / 1024, 1.1),
    ]


def _per_unit(*fronts: Front, load: Callable[[int], None], units: int) -> list[float]:
    """Each front's median processor time for one of UNITS of LOAD, after a warm-up."""
    found: list[list[float]] = [[] for _ in fronts]
    for number in range(ROUNDS + 1):
        for front, times in zip(fronts, found, strict=True):
            began = front.taken
            load(front.port)
            if number:
                times.append((front.taken - began) / units)
    return [statistics.median(times) for times in found]


def _requests(port: int) -> None:
    _run("h2load", "--h1", "-n", str(REQUESTS), "-c", str(VISITORS), f"https://{HERE}:{port}/",
         holds=f"{REQUESTS} succeeded")  # fmt: skip


def _handshakes(port: int) -> None:
    _run("ab", "-q", "-n", str(HANDSHAKES), "-c", "20", f"https://{HERE}:{port}/",
         holds=f"Complete requests:      {HANDSHAKES}")  # fmt: skip


def _run(*command: str, holds: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=clock.PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert holds in done.stdout, done.stdout
    assert "Non-2xx" not in done.stdout, done.stdout


def _slow_download(front: Front) -> tuple[int, int]:
    """KiB before, and the most while a reader takes 200 MB more slowly than they come."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    before = most = front.resident
    room = bytearray(64 * 1024)
    with socket.create_connection((HERE, front.port)) as raw, context.wrap_socket(raw) as reader:
        reader.sendall(f"GET /large HTTP/1.1\r\nHost: {HERE}\r\nConnection: close\r\n\r\n".encode())
        taken = 0
        while got := reader.recv_into(room):
            taken += got
            if taken % (2 * 1024 * 1024) < got:
                time.sleep(0.01)
                most = max(most, front.resident)
    assert taken > DOWNLOAD
    return before, most


@contextlib.contextmanager
def _all(place: Path) -> Iterator[tuple[Front, Front, Front]]:
    """Ours, nginx and caddy in front of one nginx."""
    (place / "pages").mkdir()
    with (place / "pages" / "large").open("wb") as large:
        large.truncate(DOWNLOAD)
    names = {"place": place, "HERE": HERE, "behind": free_port()}
    with contextlib.ExitStack() as stack:
        _nginx(stack, place, "behind", _BEHIND.format(**names), names["behind"])
        ours = stack.enter_context(_ours(names["behind"], place))
        port = free_port()
        nginx = _nginx(stack, place, "nginx", _NGINX.format(**names, port=port), port)
        port = free_port()
        (place / "Caddyfile").write_text(_CADDY.format(**names, port=port))
        command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(place / "Caddyfile")]
        caddy = stack.enter_context(_process("caddy", command, place, port))
        yield ours, nginx, caddy


def _nginx(stack: contextlib.ExitStack, place: Path, name: str, configuration: str, port: int) -> Front:
    (place / f"{name}.conf").write_text(configuration)
    command = ["nginx", "-e", "stderr", "-p", str(place), "-c", str(place / f"{name}.conf")]
    return stack.enter_context(_process(name, command, place, port))


@contextlib.contextmanager
def _ours(behind: int, place: Path) -> Iterator[Front]:
    command = [sys.executable, "-m", "tests.bench.front_server", str(behind), str(place)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Front("ours", int(process.stdout.readline()), process.pid)
        process.stdin.close()


@contextlib.contextmanager
def _process(name: str, command: list[str], place: Path, port: int) -> Iterator[Front]:
    with (place / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env={"HOME": str(place), "PATH": "/usr/sbin:/usr/bin:/bin"}
        )
        try:
            clock.until(lambda: clock.listens(port) or process.poll() is not None)
            assert process.poll() is None, (place / f"{name}.log").read_text()
            yield Front(name, port, process.pid)
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    raise SystemExit(print_rows(rows()))
