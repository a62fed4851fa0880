"""A TLS client on a socket: one connection, one question, and a read before it calls itself accepted."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from pki.errors import HandshakeError
from pki.handshake.deadline import Deadline
from pki.handshake.ends.client_and_server import ClientEnd
from pki.handshake.ends.contexts import ClientContext
from pki.handshake.ends.end_record import Ended, EndRecord

if TYPE_CHECKING:
    from datetime import datetime

    from pki.handshake.ends.endpoint import Endpoint
    from pki.handshake.ends.settings import ClientSettings

_CHUNK = 64 * 1024


def connect(settings: ClientSettings, port: int, *, at: datetime, address: str, deadline: float) -> EndRecord:
    """Connect to PORT at ADDRESS, shake hands, ask for `/`, and tell what the client knows; `deadline` in seconds.

    Raises:
        InvalidRequest: AT has no time zone, or OpenSSL will not use the identity.
        HandshakeError: nobody listens there.
    """
    end = ClientEnd(ClientContext.prepare(settings, at=at))
    over = Deadline.after(deadline)
    try:
        connected = socket.create_connection((address, port), timeout=deadline)
    except ConnectionResetError:  # accepted, and reset before we could turn round
        end.hang_up(Ended.BY_RESET)
        return end.account()
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise HandshakeError(
            f"no connection to {address} port {port}: {reason}", hint="Start the server, or correct the port."
        ) from None
    with connected:
        talk(end, connected, over)
    return end.account()


def talk(
    end: Endpoint,
    connected: socket.socket,
    deadline: Deadline,
    *,
    keep: int = 0,
    linger: float | None = None,
) -> bytes:
    """Carry bytes between END and the wire until END is over; the first KEEP bytes of what came in, or some more.

    With LINGER, who waits for an answer waits so many seconds from the end of the handshake on, and then leaves.
    """
    heard, lingering = b"", False
    end.advance()
    try:
        while True:
            outgoing = end.outgoing()
            deadline.bound(connected)
            if outgoing:
                connected.sendall(outgoing)
            if end.over:
                break
            if linger is not None and end.done and not lingering:
                lingering, deadline = True, min(deadline, Deadline.after(linger))
            deadline.bound(connected)
            data = connected.recv(_CHUNK)
            if not data:
                end.hang_up(Ended.BY_EOF)
                break
            if len(heard) < keep:
                heard += data
            end.receive(data)
    except TimeoutError:
        end.hang_up(Ended.IN_ORDER if lingering else Ended.BY_DEADLINE)
    except OSError:  # a reset or a broken pipe
        end.hang_up(Ended.BY_RESET)
    return heard
