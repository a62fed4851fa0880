"""A DTLS client on a UDP socket of its own: one handshake, one question, and what came back first."""

from __future__ import annotations

import secrets
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki.errors import HandshakeError
from pki.handshake.deadline import Deadline
from pki.handshake.dialling import Unreachable, addresses_of
from pki.handshake.dtls.ends import DatagramClientEnd
from pki.handshake.dtls.received import ReceivedDatagrams
from pki.handshake.dtls.records import DEFAULT_MTU
from pki.handshake.ends.end_record import Ended, EndRecord

if TYPE_CHECKING:
    from datetime import datetime

    from pki.handshake.ends.settings import ClientSettings

DEADLINE = 5.0  # seconds: OpenSSL sends again after 1 and 3
ECHO_WAIT = 1.0
LOOK_UP = 5.0  # for an address, before an echo is asked
LINGER = 0.5  # for the server's answer, once the handshake is done
_CHUNK = 64 * 1024
_MAX_INPUT = 4 * 1024 * 1024
_COOKIES = 10  # HelloVerifyRequests that are answered; RFC 6347 knows one
_PROBE = b"trustrig echo "


@dataclass(frozen=True, slots=True, kw_only=True)
class DatagramConnection:
    """What one client saw of a server over UDP."""

    record: EndRecord
    arrivals: ReceivedDatagrams
    refused_port: bool  # ICMP port unreachable (RFC 1122, 4.1.3.3)
    resent: int
    largest_sent: int  # bytes of UDP payload
    answer: bytes

    @property
    def cookie_asked(self) -> bool:
        """Whether a HelloVerifyRequest came."""
        return self.arrivals.cookies > 0


def connect_udp(host: str, port: int, *, deadline: Deadline) -> socket.socket:
    """A UDP socket connected to HOST, so that the ICMP errors for it are reported to us.

    Raises:
        Unreachable: HOST has no address, or no answer came in time about it. HandshakeError: there is no way there.
    """
    try:
        family, address = addresses_of(host, port, deadline=deadline)[0]
    except Unreachable as error:  # whose hint is about connections
        raise Unreachable(
            error.problem, hint="Check its spelling and the resolver.", cause=error.cause
        ) from None
    peer = socket.socket(family, socket.SOCK_DGRAM)
    try:
        peer.connect(address)
    except (OSError, OverflowError) as error:
        peer.close()
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise HandshakeError(
            f"no way to {host} port {port}: {reason}", hint="Check the network and the port."
        ) from None
    return peer


def echoes(host: str, port: int, *, wait: float = ECHO_WAIT, size: int = 0) -> bool | None:
    """Whether a UDP echo answers there; None when the port is refused. Asked thrice, as datagrams get lost.

    What it is asked to send back has SIZE bytes, or a few.

    Raises:
        Unreachable: HOST has no address.
    """
    probe = (_PROBE + secrets.token_hex(8).encode()).ljust(size, b".")
    with connect_udp(host, port, deadline=Deadline.after(LOOK_UP)) as peer:
        try:
            for _ in range(3):
                peer.send(probe)
                expires = time.monotonic() + wait / 3
                with suppress(TimeoutError):
                    while (left := expires - time.monotonic()) > 0:
                        peer.settimeout(left)
                        if peer.recv(_CHUNK) == probe:
                            return True
        except ConnectionRefusedError:
            return None
        except OSError:
            return False
    return False


def connect(
    settings: ClientSettings,
    host: str,
    port: int,
    *,
    at: datetime,
    mtu: int = DEFAULT_MTU,
    deadline: float = DEADLINE,
) -> DatagramConnection:
    """Shake hands with the DTLS server at HOST and PORT, and tell what the client knows; `deadline` in seconds.

    Raises:
        InvalidRequest: AT has no time zone, MTU is none, or OpenSSL will not use the identity.
        Unreachable: HOST has no address.
    """
    end = DatagramClientEnd.prepare(settings, at=at, mtu=mtu)
    expires = Deadline.after(deadline)
    with connect_udp(host, port, deadline=expires) as peer:
        talk = _Exchange(end, peer, expires)
        talk.run()
    return DatagramConnection(
        record=end.record(),
        arrivals=talk.arrivals,
        refused_port=talk.refused_port,
        resent=end.resent,
        largest_sent=end.largest,
        answer=end.answer,
    )


class _Exchange:
    def __init__(self, end: DatagramClientEnd, peer: socket.socket, deadline: Deadline) -> None:
        self.arrivals = ReceivedDatagrams()
        self.refused_port = False
        self._end, self._peer, self._deadline = end, peer, deadline
        self._input = 0
        self._lingering = False

    def run(self) -> None:
        end = self._end
        end.advance()
        try:
            while True:
                self._send()
                if end.over:
                    return
                if end.done and not self._lingering:
                    self._lingering = True
                    self._deadline = min(self._deadline, Deadline.after(LINGER))
                if end.answer or self._input > _MAX_INPUT or self._in_circles or self._deadline.passed:
                    break
                self._receive()
                end.tick()
            if end.done:
                end.shut_down()
                self._send()
            else:
                end.close(Ended.STALLED if self._in_circles else Ended.BY_DEADLINE)
        except ConnectionRefusedError:
            self.refused_port = True
            end.close(Ended.BY_RESET)
        except OSError as error:
            end.error = end.error or (error.strerror or str(error))
            end.close(Ended.BY_RESET)

    def _send(self) -> None:
        for datagram in self._end.to_send():
            self._peer.send(datagram)

    def _receive(self) -> None:
        with suppress(TimeoutError):
            timeout = self._end.timeout
            waits = [self._deadline.remaining(), *([] if timeout is None else [timeout])]
            self._peer.settimeout(max(0.001, min(waits)))
            datagram = self._peer.recv(_CHUNK)
            self._input += max(1, len(datagram))
            self.arrivals.take(datagram)
            self._end.receive(datagram)

    @property
    def _in_circles(self) -> bool:
        """Whether the server only ever asks for a cookie: OpenSSL answers each time, as fast as they come."""
        return self.arrivals.cookies >= _COOKIES and not self.arrivals.begun
