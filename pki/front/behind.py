"""Where the server behind a front is, and what it was found to speak."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from pki.errors import InvalidRequest
from pki.model.hosts import in_url, parse_host

if TYPE_CHECKING:
    from pki.front.away import Away

_HTTP_PORT = 80  # RFC 9110, 4.2.1
_LAST_PORT = 65535
_BRACKETS = "an address of IPv6 stands in brackets, as in [::1]:3000"
_UNIX_SOCKET = re.compile(
    r"(?i)(?:https?\+)?unix:(?://)?|(?=[.~]{0,2}/)"
)  # as Docker and nginx write one, or a path
_HINT = "Write http://localhost:3000, localhost:3000 or :3000."


class Speaks(StrEnum):
    """What a server behind was found to speak."""

    NOTHING = "nothing, as it is not reached"
    HTTP1 = "HTTP/1.1"
    HTTP2 = "HTTP/2"
    BOTH = "HTTP/1.1 and HTTP/2"
    TLS = "TLS"
    FRONT = "TLS, as a front does"
    SILENT = "nothing until it is asked something else"
    OTHER = "nothing that was recognised"

    @property
    def alpn(self) -> tuple[bytes, ...]:
        """What a front offers in its place: bytes pass as they are, so never what the server does not speak."""
        return {Speaks.HTTP2: (b"h2",), Speaks.BOTH: (b"h2", b"http/1.1")}.get(self, (b"http/1.1",))


@dataclass(frozen=True, slots=True)
class ServerBehind:
    """A server that speaks in the clear; `host` is a name or an address, without brackets."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `http://HOST[:PORT]`, `HOST:PORT`, or `:PORT` and `PORT`, which are on this machine.

        Raises:
            InvalidRequest: another scheme, TLS too; a path, a login, no host, or a port that is none.
        """
        if text.isascii() and text.isdigit():
            text = f":{text}"
        if _UNIX_SOCKET.match(text):
            raise InvalidRequest(
                f"{text!r} is a Unix socket, and a front reaches the server behind it by TCP",
                hint="Let the server listen on a port as well, or lead one to the socket: "
                f"socat TCP-LISTEN:3000,bind=127.0.0.1,fork,reuseaddr UNIX-CONNECT:{_UNIX_SOCKET.sub('', text)}",
            )
        written = text if "://" in text else f"http://{'localhost' if text.startswith(':') else ''}{text}"
        told = text.rpartition("@")[2]  # what it logs in with is told to nobody
        try:
            url = urlsplit(written)
        except ValueError:  # a bracket without its other
            raise InvalidRequest(f"{told!r} names no server: {_BRACKETS}", hint=_HINT) from None
        place = url.netloc.rpartition("@")[2]
        if place.count(":") > 1 and not place.startswith("["):
            raise InvalidRequest(f"{place!r} names no server: {_BRACKETS}", hint=_HINT)
        try:
            port = url.port
        except ValueError:
            raise InvalidRequest(
                f"{place!r} names no server: its port is not a number from 1 to {_LAST_PORT}", hint=_HINT
            ) from None
        if url.scheme in ("https", "wss"):
            raise InvalidRequest(
                f"{told!r} speaks TLS itself, and a front speaks in the clear to the server behind it",
                hint="Let the server listen in the clear as well and name that port; its own TLS is for evaluate.",
                commands=(f"trustrig evaluate https://{place}",),
            )
        if url.scheme not in ("http", "ws"):
            raise InvalidRequest(f"{told!r} has no scheme that a front passes on", hint=_HINT)
        if url.username is not None or url.path not in ("", "/") or url.query or url.fragment:
            raise InvalidRequest(
                f"{place!r} was given with more than a host and a port: a front passes bytes on, and adds no path "
                "and no field",
                hint=_HINT,
            )
        if not url.hostname or ("://" not in text and port is None):
            raise InvalidRequest(f"{told!r} names no {'port' if url.hostname else 'host'}", hint=_HINT)
        if port == 0:
            raise InvalidRequest(f"{told!r} has port 0, where nobody listens", hint=_HINT)
        return cls(parse_host(url.hostname).text, port if port is not None else _HTTP_PORT)

    def __post_init__(self) -> None:
        if not 0 < self.port <= _LAST_PORT:
            raise InvalidRequest(f"{self.port} is no port", hint=f"Choose one from 1 to {_LAST_PORT}.")

    @property
    def place(self) -> str:
        """Host and port, as a URL has them."""
        return in_url(self.host, self.port)

    def __str__(self) -> str:
        return f"http://{self.place}"

    def text(self, speaks: Speaks, away: Away) -> str:
        """One sentence on what it SPEAKS, or why it is AWAY, and what follows from that for whoever comes."""
        match speaks:
            case Speaks.NOTHING:
                return away.at_the_start(self.place)
            case Speaks.TLS:
                return (
                    f"{self.place} speaks TLS, and a front speaks in the clear to the server behind it: who comes gets "
                    "a 502. Name the port on which it speaks plain HTTP."
                )
            case Speaks.FRONT:
                return (
                    f"{self.place} is a trustrig front itself, and speaks TLS: who comes gets a 502. Name the server "
                    "behind that one; it may stand behind several fronts."
                )
            case Speaks.SILENT:
                return (
                    f"{self.place} takes connections, and answered nothing when it was asked what it speaks: it is "
                    "busy, or waits for something else. Bytes pass as they are, HTTP/2 is not offered."
                )
            case Speaks.OTHER:
                return f"What {self.place} speaks was not recognised: bytes pass as they are, HTTP/2 is not offered."
            case Speaks.HTTP2:
                return (
                    f"{self.place} speaks HTTP/2 alone: a client that does not is refused with the alert 120."
                )
        return f"{self.place} speaks {speaks}."
