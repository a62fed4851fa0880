"""The names and addresses of a local network: nobody on the Internet can have one, so a leaked key harms no site."""

from __future__ import annotations

from typing import Final

# Reserved for good, so that no registry sells them. What routers hand out besides (.lan, .home, .box, .corp) is
# reserved by nobody: who uses it names it with --permit.
_DOMAINS: Final = (
    "test",  # RFC 6761, 6.2
    "local",  # RFC 6762, 3: multicast DNS, where a Mac and a phone are
    "localhost",  # RFC 6761, 6.3
    "home.arpa",  # RFC 8375
    "internal",  # ICANN board resolution 2024.07.29.06: never delegated
)
# Not 100.64.0.0/10 (RFC 6598): it is a carrier's, and shared by customers who do not know each other.
_NETWORKS: Final = (
    "10.0.0.0/8",  # RFC 1918, 3
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",  # RFC 3927, 2.1: link-local
    "127.0.0.0/8",  # RFC 1122, 3.2.1.3: loopback
    "fc00::/7",  # RFC 4193, 3.1: unique local
    "fe80::/10",  # RFC 4291, 2.5.6: link-local
    "::1/128",  # RFC 4291, 2.5.3: loopback
)

LAN_NAMES: Final = (*_DOMAINS, *_NETWORKS)
"""What `permit=` takes of an authority for a local network: reserved domains, and private, link-local and loopback
addresses. Below them nobody's site on the Internet can be certified."""
