"""DTLS 1.2: the same mutual handshake and the same policies over datagrams that get lost.

(result,) = shake_hands_over_link(client, server, at=now, conditions=LinkConditions(loss=0.1))
"""

from pki.lazy import lazy_names

__getattr__, __dir__ = lazy_names(
    __name__,
    renamed={
        "Crossing": "LinkResult",
        "Visit": "DatagramConnection",
        "Weather": "LinkConditions",
        "visit": "connect",
    },
)
