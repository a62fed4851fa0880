"""A TLS client on a socket: one connection, one question, and a read before it calls itself accepted."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from pki.errors import HandshakeError
from pki.handshake.deadline import Deadline
from pki.handshake.ends.client_end import ClientEnd
from pki.handshake.ends.contexts import ClientContext
from pki.handshake.ends.drive import drive
from pki.handshake.ends.end_record import Ended, EndRecord

if TYPE_CHECKING:
    from datetime import datetime

    from pki.handshake.ends.settings import ClientSettings


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
        end.close(Ended.BY_RESET)
        return end.record()
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise HandshakeError(
            f"no connection to {address} port {port}: {reason}", hint="Start the server, or correct the port."
        ) from None
    with connected:
        drive(end, connected, over)
    return end.record()
