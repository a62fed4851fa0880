"""Two ends and no wire: bytes are carried from one memory BIO to the other until both are through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.errors import HandshakeError
from pki.handshake.ends.end_record import Ended

if TYPE_CHECKING:
    from pki.handshake.ends.endpoint import Endpoint

MAX_ROUNDS = 50  # a TLS 1.2 handshake with question and answer takes 5
MAX_BYTES = 4 * 1024 * 1024  # chains are the largest thing; OpenSSL's own limit is 100 KiB a message


def pump(client: Endpoint, server: Endpoint) -> None:
    """Let both ends talk until each is over or has nothing left to say.

    Raises:
        HandshakeError: they would go on for ever, which no TLS implementation should.
    """
    carried = 0
    client.advance()
    for _ in range(MAX_ROUNDS):
        to_server = client.outgoing()
        if not to_server:  # neither will say anything more: an end speaks when something came
            break
        server.receive(to_server)
        to_client = server.outgoing()
        if not to_client:
            break
        client.receive(to_client)
        carried += len(to_server) + len(to_client)
        if carried > MAX_BYTES:
            raise HandshakeError(
                f"The two ends exchanged more than {MAX_BYTES:,} bytes", hint="Use shorter chains."
            )
    else:
        raise HandshakeError(f"The two ends were not through after {MAX_ROUNDS} rounds")
    # What is left open waits for bytes that cannot come: its peer is gone.
    client.close(Ended.STALLED if not server.over else Ended.BY_EOF)
    server.close(Ended.STALLED if not client.over else Ended.BY_EOF)
