"""DTLS 1.2: the same mutual handshake and the same policies over datagrams that get lost.

(crossing,) = shake_hands_over_link(client, server, at=now, weather=Weather(loss=0.1))
"""

from pki.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__)
