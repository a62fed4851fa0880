"""The network below TLS: errno by name and by sentence, resolvers."""

from __future__ import annotations

from pki.explain.vocabulary import Vocabulary

NETWORK = Vocabulary(
    "network",
    "errno(3) of Linux and Darwin, gai_strerror(3), libuv",
    {
        "connection reset by peer": "reset",
        "econnreset": "reset",
        "connection refused": "refused",
        "econnrefused": "refused",
        "operation timed out": "timeout",
        "connection timed out": "timeout",
        "connect timed out": "timeout",
        "etimedout": "timeout",
        "err connect timeout": "timeout",
        "connect timeout error": "timeout",
        "network is unreachable": "no-route",
        "enetunreach": "no-route",
        "no route to host": "no-route",
        "ehostunreach": "no-route",
        "network is down": "offline",
        "enetdown": "offline",
        "broken pipe": "lost",
        "epipe": "lost",
        "software caused connection abort": "lost",
        "econnaborted": "lost",
        "transport endpoint is not connected": "closed",
        "socket is not connected": "closed",
        "enotconn": "closed",
        "enotfound": "dns",
        "eai again": "dns",
        "name does not resolve": "dns",
        "name resolution failed": "dns",
        "dns name does not exist": "dns",
        "unknown host": "dns",
        "connection was reset": "reset",
        "connection was aborted": "lost",
        "forcibly closed by the remote host": "reset",
        "protocol not available": "noise an option of a socket",
    },
)
