"""Mutual TLS handshakes in memory and over loopback sockets: one transcript from both ends.

transcript = shake_hands(
    ClientSettings(host="localhost", trusted_roots=(root,), identity=alice),
    ServerSettings(identity=server, policy=ChainsTo((root,))),
    at=now,
)
"""

from pki.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__, renamed={"OnTheList": "AllowList"})
