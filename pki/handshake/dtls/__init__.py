"""DTLS 1.2: the same mutual handshake and the same policies over datagrams that get lost.

(result,) = shake_hands_over_link(client, server, at=now, conditions=LinkConditions(loss=0.1))
"""

from pki.handshake.dtls.client import DatagramConnection, connect
from pki.handshake.dtls.diagnosis import DTLS13, diagnose_datagrams
from pki.handshake.dtls.link import LinkConditions, shake_hands_over_link
from pki.handshake.dtls.records import DEFAULT_MTU, MAX_MTU, MIN_MTU
from pki.handshake.dtls.server import DatagramServer
from pki.model.datagrams import LinkResult

__all__ = [
    "DEFAULT_MTU",
    "DTLS13",
    "MAX_MTU",
    "MIN_MTU",
    "DatagramConnection",
    "DatagramServer",
    "LinkConditions",
    "LinkResult",
    "connect",
    "diagnose_datagrams",
    "shake_hands_over_link",
]
