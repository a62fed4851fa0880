"""A TLS front: one server's plain bytes behind whatever certificate is to be shown, switched while clients come.

with Relay(ServerBehind.parse(":3000"), Shown("good-ec", settings, "api.test"), at=now) as relay:
    ...  # https://api.test on relay.port
    relay.show(Shown("expired-leaf", others, "api.test"))
relay.connections
"""

from pki.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__)
