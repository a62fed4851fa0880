"""One end and a socket: bytes are carried between the two until the end is over, or time is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.handshake.deadline import Deadline
from pki.handshake.ends.end_record import Ended

if TYPE_CHECKING:
    import socket

    from pki.handshake.ends.endpoint import Endpoint

_CHUNK = 64 * 1024


def drive(
    end: Endpoint,
    connected: socket.socket,
    deadline: Deadline,
    *,
    keep: int = 0,
    linger: float | None = None,
) -> bytes:
    """Carry bytes between END and CONNECTED until END is over; the first KEEP bytes that came in, or some more.

    With LINGER, who waits for an answer waits so many seconds from the end of the handshake on, and then leaves.
    """
    received, lingering = b"", False
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
                end.close(Ended.BY_EOF)
                break
            if len(received) < keep:
                received += data
            end.receive(data)
    except TimeoutError:
        end.close(Ended.IN_ORDER if lingering else Ended.BY_DEADLINE)
    except OSError:  # a reset or a broken pipe
        end.close(Ended.BY_RESET)
    return received
