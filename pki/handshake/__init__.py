"""Shaking hands: mutual TLS in memory and over loopback sockets, told from both ends in one transcript.

transcript = shake_hands(
    ClientSettings(host="localhost", trusted_roots=(root,), identity=alice),
    ServerSettings(identity=server, policy=ChainsTo((root,))),
    at=now,
)
"""

from pki.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__)
