"""A DTLS server on the loopback interface, in one thread, that keeps nothing for a client without its cookie.

With `echo` it also sends back every datagram that is no DTLS (told apart as in RFC 7983): a UDP echo on the very port,
which takes DTLS out of the picture when nothing arrives.
"""

from __future__ import annotations

import contextlib
import socket
import time
from typing import TYPE_CHECKING

from pki.handshake.dtls.client import DEADLINE
from pki.handshake.dtls.ends import DatagramServerEnd, ServerParts
from pki.handshake.dtls.records import DEFAULT_MTU, is_dtls
from pki.handshake.ends.end_record import Ended
from pki.handshake.serving.contained_errors import contained
from pki.handshake.serving.listeners import listen_for_datagrams
from pki.handshake.serving.recording_server import ConnectionRecords
from pki.handshake.serving.server_thread import ServerThread

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pki.handshake.ends.settings import ServerSettings

MAX_PEERS = 256  # with a handshake or a connection open; for more, whoever has been silent longest makes room
GRACE = 1.0  # seconds in which nobody is closed for saying nothing: as long as OpenSSL waits before it sends again
_MAX_INPUT = 1024 * 1024  # bytes taken from one peer
_AT_ONCE = 64  # datagrams read before timers are looked at
_CHUNK = 64 * 1024


class DatagramServer(ConnectionRecords, ServerThread):
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
        super().__init__(at=at, transport="datagrams")
        self._parts = ServerParts(settings, at=at, mtu=mtu)
        self._wanted, self._deadline, self._echo = port, deadline, echo
        self._peers: dict[tuple[str, int], _Peer] = {}
        self.echoed = 0  # datagrams
        self.without_cookie = 0  # datagrams of DTLS from clients that had none yet

    @property
    def open_peers(self) -> int:
        """How many clients something is kept for."""
        return len(self._peers)

    def _open(self) -> Iterator[tuple[socket.socket, None]]:
        self._socket = listen_for_datagrams(self._wanted)
        yield self._socket, None

    def _serve(self) -> None:
        while not self._stopping:
            self._selector.select(self._timeout())
            for _ in range(_AT_ONCE):
                try:
                    datagram, address = self._socket.recvfrom(_CHUNK)
                except BlockingIOError:
                    break
                except OSError:  # an ICMP error for something we sent: its client is gone
                    continue
                with self._contained(address):
                    self._take(datagram, address)
            self._look_at_timers()
        for address in tuple(self._peers):
            self._close(address, Ended.BY_STOP)

    @contextlib.contextmanager
    def _contained(self, address: tuple[str, int]) -> Iterator[None]:
        """Close the connection of ADDRESS, and no other, where the block raises."""
        with contained(address[0]) as failed:
            yield
        if failed:
            self._close(address, Ended.BY_FAULT)

    def _timeout(self) -> float | None:
        now = time.monotonic()
        waits = [peer.expires - now for peer in self._peers.values()]
        for address, peer in tuple(self._peers.items()):
            with self._contained(address):
                waits += [wait] if (wait := peer.end.timeout) is not None else []
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
        peer.last_came = time.monotonic()
        peer.end.receive(datagram)
        self._send(address, peer.end.to_send())
        if peer.end.over or peer.taken > _MAX_INPUT:
            self._close(address, Ended.BY_EOF)

    def _meet(self, datagram: bytes, address: tuple[str, int]) -> None:
        """Take a datagram of a client without a cookie, as far as we know."""
        end = self._parts.end_for(f"{address[0]} {address[1]}".encode())
        if not end.listen(datagram):
            self.without_cookie += 1
            self._send(address, end.to_send())
        elif len(self._peers) < MAX_PEERS or self._make_room():
            self._peers[address] = _Peer(end, time.monotonic() + self._deadline)
            self._send(address, end.to_send())
            if end.over:
                self._close(address, Ended.BY_EOF)

    def _look_at_timers(self) -> None:
        now = time.monotonic()
        for address, peer in tuple(self._peers.items()):
            with self._contained(address):
                self._look_at_timer(peer, address, now)

    def _look_at_timer(self, peer: _Peer, address: tuple[str, int], now: float) -> None:
        peer.end.tick()
        self._send(address, peer.end.to_send())
        if peer.end.over or peer.expires <= now:
            if peer.end.done:
                peer.end.shut_down()
            self._send(address, peer.end.to_send())
            self._close(address, Ended.BY_DEADLINE)

    def _make_room(self) -> bool:
        """Close whoever has been silent longest; False when nobody has been for long."""
        address, silent = min(self._peers.items(), key=lambda known: known[1].last_came)
        if time.monotonic() < silent.last_came + GRACE:
            return False
        self._close(address, Ended.TO_MAKE_ROOM)
        return True

    def _send(self, address: tuple[str, int], datagrams: list[bytes]) -> None:
        for datagram in datagrams:
            with contextlib.suppress(OSError):  # lost, as datagrams are
                self._socket.sendto(datagram, address)

    def _close(self, address: tuple[str, int], ended: Ended) -> None:
        peer = self._peers.pop(address, None)
        if peer is None:  # it raised before there was anything to keep
            return
        with contained(address[0]):
            peer.end.close(ended)
            self._log.enter(peer.end.record())


class _Peer:
    __slots__ = ("end", "expires", "last_came", "taken")

    def __init__(self, end: DatagramServerEnd, expires: float) -> None:
        self.end = end
        self.expires = expires
        self.last_came = time.monotonic()
        self.taken = 0
