"""A DTLS server on the loopback interface, in one thread, that keeps nothing for a client without its cookie.

With `echo` it also sends back every datagram that is no DTLS (told apart as in RFC 7983): a UDP echo on the very port,
which takes DTLS out of the picture when nothing arrives.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from typing import TYPE_CHECKING, Self

from pki.errors import HandshakeError
from pki.handshake.dtls.client import DEADLINE
from pki.handshake.dtls.ends import DatagramServerEnd, ServerParts
from pki.handshake.dtls.records import DEFAULT_MTU, is_dtls
from pki.handshake.ends.end_record import Ended
from pki.handshake.explaining.transcript import build_transcript
from pki.handshake.serving.connection_log import ConnectionLog
from pki.handshake.serving.contained_errors import contained
from pki.handshake.serving.listeners import LOOPBACK

if TYPE_CHECKING:
    from datetime import datetime
    from types import TracebackType

    from pki.handshake.ends.end_record import EndRecord
    from pki.handshake.ends.settings import ServerSettings
    from pki.model.transcript import Transcript

MAX_PEERS = 256  # with a handshake or a connection open; for more, whoever has been silent longest makes room
GRACE = 1.0  # seconds in which nobody is turned out for saying nothing: as long as OpenSSL waits before it sends again
_MAX_INPUT = 1024 * 1024  # bytes taken from one peer
_AT_ONCE = 64  # datagrams read before timers are looked at
_CHUNK = 64 * 1024


class DatagramServer:
    """Serves on 127.0.0.1 while the `with` block lasts; `port` 0 lets the system choose.

    `deadline` is in seconds, for each client from its cookie on.

    Raises:
        InvalidRequest: AT has no time zone, MTU is none, or OpenSSL will not serve the identity.
        HandshakeError: the port cannot be had (raised on entering).
    """

    def __init__(
        self,
        settings: ServerSettings,
        *,
        at: datetime,
        port: int = 0,
        mtu: int = DEFAULT_MTU,
        deadline: float = DEADLINE,
        echo: bool = False,
    ) -> None:
        self._parts = ServerParts(settings, at=at, mtu=mtu)
        self._at, self._wanted, self._deadline, self._echo = at, port, deadline, echo
        self._peers: dict[tuple[str, int], _Peer] = {}
        self._guestbook = ConnectionLog()
        self._stopping = False
        self.echoed = 0  # datagrams
        self.strangers = 0  # datagrams of DTLS from clients that had no cookie yet

    def __enter__(self) -> Self:
        self._socket = _bind(self._wanted)
        self._bell, self._bell_rope = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._serve, name=f"trustrig:udp:{self.port}", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping = True
        self._bell_rope.send(b"!")
        self._thread.join()
        for part in (self._socket, self._bell, self._bell_rope, self._selector):
            part.close()

    @property
    def port(self) -> int:
        """The port it is bound to."""
        port: int = self._socket.getsockname()[1]
        return port

    @property
    def open_peers(self) -> int:
        """How many clients something is kept for."""
        return len(self._peers)

    @property
    def accounts(self) -> tuple[EndRecord, ...]:
        """What the server knows of each finished connection, oldest first; of many, the newest thousand."""
        return self._guestbook.accounts

    @property
    def transcripts(self) -> tuple[Transcript, ...]:
        """The same as transcripts, in which only the server's end is known."""
        return tuple(
            build_transcript(None, account, at=self._at, transport="datagrams") for account in self.accounts
        )

    def has(self, count: int, *, timeout: float) -> bool:
        """Wait until COUNT connections have finished, or `timeout` seconds have passed; whether they have."""
        return self._guestbook.has(count, timeout)

    def wait_for(self, count: int, *, timeout: float = DEADLINE + 1) -> tuple[EndRecord, ...]:
        """The accounts once COUNT connections have finished.

        Raises:
            HandshakeError: fewer have after `timeout` seconds.
        """
        return self._guestbook.wait_for(count, timeout)

    def _serve(self) -> None:
        while not self._stopping:
            self._selector.select(self._patience())
            for _ in range(_AT_ONCE):
                try:
                    datagram, address = self._socket.recvfrom(_CHUNK)
                except BlockingIOError:
                    break
                except OSError:  # an ICMP error for something we sent: its client is gone
                    continue
                with contained(address[0]) as fault:
                    self._take(datagram, address)
                if fault:
                    self._leave(address, Ended.BY_FAULT)
            self._look_at_timers()
        for address in tuple(self._peers):
            self._leave(address, Ended.BY_DEADLINE)

    def _patience(self) -> float | None:
        now = time.monotonic()
        waits = [peer.expires - now for peer in self._peers.values()]
        for address, peer in tuple(self._peers.items()):
            with contained(address[0]) as fault:
                waits += [wait] if (wait := peer.end.patience) is not None else []
            if fault:
                self._leave(address, Ended.BY_FAULT)
        return max(0.0, min(waits)) if waits else None

    def _take(self, datagram: bytes, address: tuple[str, int]) -> None:
        peer = self._peers.get(address)
        if not is_dtls(datagram):
            if self._echo:  # never longer than what came: no use to anybody who forges addresses
                self.echoed += 1
                self._send(address, [datagram])
            return
        if peer is None:
            self._meet(datagram, address)
            return
        peer.taken += len(datagram)
        peer.heard = time.monotonic()
        peer.end.receive(datagram)
        self._send(address, peer.end.to_send())
        if peer.end.over or peer.taken > _MAX_INPUT:
            self._leave(address, Ended.BY_EOF)

    def _meet(self, datagram: bytes, address: tuple[str, int]) -> None:
        end = self._parts.end_for(f"{address[0]} {address[1]}".encode())
        if not end.listen(datagram):
            self.strangers += 1
            self._send(address, end.to_send())
        elif len(self._peers) < MAX_PEERS or self._make_room():
            self._peers[address] = _Peer(end, time.monotonic() + self._deadline)
            self._send(address, end.to_send())
            if end.over:
                self._leave(address, Ended.BY_EOF)

    def _look_at_timers(self) -> None:
        now = time.monotonic()
        for address, peer in tuple(self._peers.items()):
            with contained(address[0]) as fault:
                self._look_at_timer(peer, address, now)
            if fault:
                self._leave(address, Ended.BY_FAULT)

    def _look_at_timer(self, peer: _Peer, address: tuple[str, int], now: float) -> None:
        peer.end.tick()
        self._send(address, peer.end.to_send())
        if peer.end.over or peer.expires <= now:
            if peer.end.done:
                peer.end.say_goodbye()
            self._send(address, peer.end.to_send())
            self._leave(address, Ended.BY_DEADLINE)

    def _make_room(self) -> bool:
        """Turn out whoever has been silent longest; False when nobody has been for long."""
        address, silent = min(self._peers.items(), key=lambda known: known[1].heard)
        if time.monotonic() < silent.heard + GRACE:
            return False
        self._leave(address, Ended.TO_MAKE_ROOM)
        return True

    def _send(self, address: tuple[str, int], datagrams: list[bytes]) -> None:
        for datagram in datagrams:
            with contextlib.suppress(OSError):  # lost, as datagrams are
                self._socket.sendto(datagram, address)

    def _leave(self, address: tuple[str, int], ended: Ended) -> None:
        peer = self._peers.pop(address, None)
        if peer is None:  # a fault before there was anything to keep
            return
        with contained(address[0]):
            peer.end.hang_up(ended)
            self._guestbook.enter(peer.end.account())


class _Peer:
    __slots__ = ("end", "expires", "heard", "taken")

    def __init__(self, end: DatagramServerEnd, expires: float) -> None:
        self.end = end
        self.expires = expires
        self.heard = time.monotonic()
        self.taken = 0


def _bind(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        bound.bind((LOOPBACK, port))
        bound.setblocking(False)
    except (OSError, OverflowError) as error:
        bound.close()
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise HandshakeError(
            f"UDP port {port} on {LOOPBACK} cannot be had: {reason}",
            hint="Stop the program that holds it, or choose another port; 0 lets the system choose.",
        ) from None
    return bound
