"""The server under load: thousands of good clients, crowds of bad ones, and nothing left of them afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import struct
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from pki.errors import HandshakeError
from pki.export.pkcs12 import P12Encryption
from pki.handshake import LoopbackServer, TlsVersion, call_server
from pki.handshake.serving.connection import DRAIN
from tests import clock
from tests.handshake import server_process
from tests.handshake.cast import Cast
from tests.handshake.programs import REQUEST
from tests.shell import environment

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="reads the server's memory in /proc"
)
AT_ONCE = 200
GROUP = 20
# The server's deadline and the good clients' own. The silent outstay it if they are let, so whoever had to wait for
# them would not be served in time.
PATIENCE = clock.PATIENCE


@dataclass(frozen=True)
class ServerProcess:
    """The process that serves, seen from outside."""

    process: subprocess.Popen[str]
    port: int

    @property
    def memory(self) -> int:
        """Resident bytes (proc(5), statm)."""
        return int(self._read("statm").split()[1]) * os.sysconf("SC_PAGE_SIZE")

    @property
    def threads(self) -> int:
        return sum(1 for _ in Path(f"/proc/{self.process.pid}/task").iterdir())

    @property
    def descriptors(self) -> int:
        return sum(1 for _ in Path(f"/proc/{self.process.pid}/fd").iterdir())

    @property
    def worked(self) -> float:
        """Seconds of processor time (proc(5), stat: utime and stime)."""
        fields = self._read("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def release(self) -> None:
        """Let go of the descriptors it keeps from itself."""
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def _read(self, name: str) -> str:
        return Path(f"/proc/{self.process.pid}/{name}").read_text()


@contextlib.contextmanager
def _served(files: Path, left: int | None = None) -> Iterator[ServerProcess]:
    own = files / "server"
    command = [
        sys.executable,
        server_process.__file__,
        own / f"{P12Encryption.MODERN}.p12",
        own / "root.pem",
        str(PATIENCE),
        *([] if left is None else [str(left)]),
    ]
    root = str(Path(__file__).parents[2])
    env = environment(PYTHONPATH=os.pathsep.join([root, *filter(None, sys.path)]))
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    ) as process:
        assert process.stdout
        assert process.stdin
        yield ServerProcess(process, int(process.stdout.readline()))
        process.stdin.close()
    assert process.returncode == 0


@pytest.fixture(scope="module")
def secured(files: Path) -> ssl.SSLContext:
    """Alice's, on the OpenSSL that Python brings."""
    context = ssl.create_default_context(cafile=str(files / "server/root.pem"))
    context.load_cert_chain(files / "alice/fullchain.pem", files / "alice/key.pem")
    return context


async def _good(port: int, secured: ssl.SSLContext) -> bool:
    """Whether alice is answered within the time that the server gives her: no more patience than it has."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=secured, server_hostname="localhost"
        )
        writer.write(REQUEST)
        page = await reader.read()
        writer.close()
    return b"hello CN=alice" in page


@contextlib.asynccontextmanager
async def _bare(port: int) -> AsyncIterator[socket.socket]:
    loop = asyncio.get_running_loop()
    with socket.socket() as peer:
        peer.setblocking(False)
        await loop.sock_connect(peer, ("127.0.0.1", port))
        yield peer


async def _until_closed(peer: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while await asyncio.get_running_loop().sock_recv(peer, 65536):
            pass


async def _silent(port: int, secured: ssl.SSLContext) -> bool:
    async with _bare(port) as peer:
        await _until_closed(peer)
    return True


async def _garbage(port: int, secured: ssl.SSLContext) -> bool:
    async with _bare(port) as peer:
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().sock_sendall(peer, bytes(range(256)) * 64)
        await _until_closed(peer)
    return True


async def _reset(port: int, secured: ssl.SSLContext) -> bool:
    """Say hello, hear the answer begin, and reset."""
    loop = asyncio.get_running_loop()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        secured.wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    async with _bare(port) as peer:
        with contextlib.suppress(OSError):
            await loop.sock_sendall(peer, outgoing.read())
            await loop.sock_recv(peer, 1)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return True


Visitor = Callable[[int, ssl.SSLContext], Awaitable[bool]]


async def _all(visitor: Visitor, count: int, port: int, secured: ssl.SSLContext) -> list[bool]:
    """COUNT of them, AT_ONCE at any time."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one() -> bool:
        async with room:
            return await visitor(port, secured)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one()) for _ in range(count)]
    return [task.result() for task in tasks]


async def _crowd(port: int, secured: ssl.SSLContext, good: int) -> list[bool]:
    """GOOD clients while the three bad crowds are there."""
    async with asyncio.TaskGroup() as group:
        silent = group.create_task(_all(_silent, AT_ONCE, port, secured))
        for visitor in (_garbage, _reset):
            group.create_task(_all(visitor, AT_ONCE, port, secured))
        await asyncio.sleep(0.2)  # the bad come first
        answers = await _all(_good, good, port, secured)
        silent.cancel()
    return answers


def _settled(serving: ServerProcess, idle: int) -> tuple[int, int]:
    """Wait until it has no more than IDLE descriptors open; its memory and its threads then."""
    ends = time.monotonic() + 2 * PATIENCE + DRAIN
    while serving.descriptors > idle:
        assert time.monotonic() < ends, f"{serving.descriptors} descriptors, and {idle} before anybody came"
        time.sleep(0.05)
    return serving.memory, serving.threads


@pytest.mark.slow
def test_thousands_are_served_amid_crowds_and_leave_nothing_behind(
    files: Path, secured: ssl.SSLContext
) -> None:
    with _served(files) as serving:
        idle = serving.descriptors
        seen = []
        for _ in range(3):
            assert asyncio.run(_crowd(serving.port, secured, good=1_000)) == [True] * 1_000
            seen.append(_settled(serving, idle))
    *before, after = (memory for memory, _ in seen)
    assert {threads for _, threads in seen} == {2}
    # Twice around first: for what is allocated once, and for as many records as are ever kept.
    assert after <= max(before) * 1.1, f"bytes resident: {before}, then {after:,}"


@pytest.mark.slow
def test_the_silent_make_room_when_the_house_is_full(files: Path, secured: ssl.SSLContext) -> None:
    """With the file descriptors macOS gives a process, 200 who say nothing fill it; the good do not notice.

    They come in groups that the server_process has room for: on a busy machine, who is slow to speak is as silent as the others.
    """
    with _served(files, left=server_process.DESCRIPTORS - 20) as serving:
        idle = serving.descriptors

        async def visits() -> list[bool]:
            async with asyncio.TaskGroup() as group:
                silent = group.create_task(_all(_silent, AT_ONCE, serving.port, secured))
                await asyncio.sleep(0.2)
                answers = [await _all(_good, GROUP, serving.port, secured) for _ in range(AT_ONCE // GROUP)]
                silent.cancel()
            return [answer for group in answers for answer in group]

        assert asyncio.run(visits()) == [True] * AT_ONCE
        _settled(serving, idle)


def test_the_silent_make_room_when_descriptors_run_out(files: Path, secured: ssl.SSLContext) -> None:
    with _served(files, left=8) as serving, contextlib.ExitStack() as crowd:
        for _ in range(12):
            crowd.enter_context(socket.create_connection(("127.0.0.1", serving.port)))
        assert asyncio.run(_good(serving.port, secured))


def test_without_a_descriptor_it_waits_without_spinning_and_then_goes_on(
    files: Path, secured: ssl.SSLContext
) -> None:
    with _served(files, left=0) as serving:

        async def patient() -> tuple[bool, float]:
            visit = asyncio.create_task(_good(serving.port, secured))
            worked, began = serving.worked, time.monotonic()
            await asyncio.sleep(1)
            share = (serving.worked - worked) / (time.monotonic() - began)
            assert not visit.done()
            serving.release()
            return await visit, share

        served, share = asyncio.run(patient())
    assert served
    assert share < 0.2  # spinning would be 1, or what is left of the machine


def test_who_was_turned_out_can_be_read(cast: Cast, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        LoopbackServer(cast.serving(TlsVersion.TLS13), at=at, deadline=clock.PATIENCE) as server,
        contextlib.ExitStack() as crowd,
    ):
        monkeypatch.setattr("pki.handshake.serving.server_loop.MAX_CONNECTIONS", 3)
        for _ in range(5):
            crowd.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        assert call_server(cast.client(cast.alice, TlsVersion.TLS13), server.port, at=at).accepted
        server.wait_for(4, timeout=clock.PATIENCE)
        *turned_out, served = server.transcripts[:4]
    assert served.accepted
    assert ["to make room for others" in seen.reason for seen in turned_out] == [True] * 3


def test_the_newest_are_remembered_and_all_are_counted(
    cast: Cast, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pki.handshake.serving.connection_log.MAX_REMEMBERED", 3)
    with LoopbackServer(cast.serving(TlsVersion.TLS13), at=at, deadline=clock.PATIENCE) as server:
        for who in (cast.alice, cast.bob, cast.alice, cast.alice, cast.bob):
            call_server(cast.client(who, TlsVersion.TLS13), server.port, at=at)
        records = server.wait_for(5, timeout=clock.PATIENCE)
        with pytest.raises(HandshakeError, match="5 of 6 connections"):
            server.wait_for(6, timeout=0.05)
        assert server.records == records
        assert [seen.client.sent[0].label for seen in server.transcripts] == ["alice", "alice", "bob"]


def test_long_chains_are_forgotten_sooner(cast: Cast, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "pki.handshake.serving.connection_log.MAX_BYTES", 5_000
    )  # two visitors with two certificates each
    with LoopbackServer(cast.serving(TlsVersion.TLS13), at=at, deadline=clock.PATIENCE) as server:
        for _ in range(5):
            call_server(cast.client(cast.alice, TlsVersion.TLS13), server.port, at=at)
        kept = server.wait_for(5, timeout=clock.PATIENCE)
    weight = sum(len(der) for record in kept for der in (*record.peer_chain, *record.path))
    assert 1 <= len(kept) < 5
    assert weight <= 5_000
