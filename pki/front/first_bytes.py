"""What comes first to a front's port: TLS, a proxy's CONNECT, a request for the PAC, or plain HTTP by mistake."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from pki.front.words import FRONT
from pki.handshake.ends.cleartext import is_plain_http, told_to_say_https
from pki.handshake.serving.http_messages import HttpRequest, HttpResponse, plain
from pki.handshake.serving.request_reader import RequestReader
from pki.model.hosts import in_url
from pki.model.stages import Ending
from pki.report.layout import printable

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_HEAD = 16 * 1024  # bytes of a CONNECT and its fields; ours
PAC_PATH = "/proxy.pac"
PAC_FETCHED = "pac-fetched"  # a code beside the causes: there was no handshake to have one
_PAC_TYPE = "application/x-ns-proxy-autoconfig"
_HTTP_PORT_SUFFIX = ":80"  # may be left out of Host: RFC 9110, 4.2.3
_END_OF_HEAD = b"\r\n\r\n"
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


@dataclass(frozen=True, slots=True)
class ConnectionStart:
    """What follows from a connection's first bytes.

    `reply` is sent in the clear. `rest` is what TLS gets, where it follows. `asked` is the name in a CONNECT.
    """

    follows: bool  # TLS
    reply: bytes = b""
    rest: bytes = b""
    remark: str = ""
    asked: str = ""
    ending: Ending | None = Ending.BROKEN  # None: TLS was not to come, and all is well
    code: str = "plain-http"  # one of `pki.model.causes.CAUSES`, or PAC_FETCHED


_TOLD = ConnectionStart(
    follows=False, reply=told_to_say_https(FRONT), remark="plain HTTP came, and this port speaks TLS"
)


@dataclass(frozen=True, slots=True)
class ProxyNames:
    """What a front is a proxy for: the `names` that lead to it, and its own `places`, each an address and a port."""

    names: frozenset[str]
    places: frozenset[str]


def connection_start(first: bytes, proxy: ProxyNames | None) -> ConnectionStart | None:
    """What the FIRST bytes come to; None while more have to come. PROXY None: this front is no proxy."""
    if not first[:1].isalpha() or (len(first) >= MAX_HEAD and not is_plain_http(first)):
        return ConnectionStart(follows=True, rest=first)
    head, found, rest = first.partition(_END_OF_HEAD)
    if not found:
        if len(first) < MAX_HEAD:
            return None
        return _TOLD
    if not is_plain_http(first):
        return ConnectionStart(follows=True, rest=first)
    asked = RequestReader(max_head=MAX_HEAD).receive(head + found)
    if isinstance(asked, HttpRequest) and asked.method == "CONNECT":
        return _tunnel(asked.path, rest, proxy)
    if isinstance(asked, HttpRequest) and proxy is not None and asked.path == PAC_PATH:
        return _pac(asked, proxy)
    return _TOLD


def _tunnel(target: str, rest: bytes, proxy: ProxyNames | None) -> ConnectionStart:
    """What CONNECT to TARGET, a name and a port, gets."""
    name = printable(target.rpartition(":")[0].strip("[]").removesuffix(".").lower())
    remark = ""
    if proxy is None:
        remark = f"asked for {name} by CONNECT, and this front is no proxy"
    elif name not in proxy.names:
        remark = f"asked for {name} by CONNECT, which this front does not serve"
    if not remark:
        return ConnectionStart(follows=True, reply=_ESTABLISHED, rest=rest, asked=name)
    answer = plain(HTTPStatus.FORBIDDEN, "This front is a proxy for the name it serves and for no other.")
    return _refused(answer.encoded(answer), remark, asked=name)


def _pac(asked: HttpRequest, proxy: ProxyNames) -> ConnectionStart:
    """The file that sends the names of PROXY here; to nobody who was led here by another name (DNS rebinding)."""
    host = asked.header(b"host").lower()
    place = next(
        (place for place in proxy.places if host in (place, place.removesuffix(_HTTP_PORT_SUFFIX))), None
    )
    if place is None:
        answer = plain(
            HTTPStatus.FORBIDDEN, "Ask for this file by the address and the port that this front listens on."
        )
        remark = f"the PAC was asked for as {printable(host) or 'nothing'}, which is no address of this front"
        return _refused(answer.encoded(asked), remark)
    response = HttpResponse(HTTPStatus.OK, pac_for(proxy.names, place).encode(), _PAC_TYPE)
    reply = response.encoded(asked)
    return ConnectionStart(
        follows=False, reply=reply, remark="the PAC was fetched", ending=None, code=PAC_FETCHED
    )


def no_proxy() -> None:
    """Inside a tunnel there is no other."""


def _refused(reply: bytes, remark: str, asked: str = "") -> ConnectionStart:
    return ConnectionStart(
        follows=False, reply=reply, remark=remark, asked=asked, ending=Ending.REFUSED, code="name-not-served"
    )


def pac_for(names: Collection[str], place: str) -> str:
    """The PAC file by which NAMES are asked for at PLACE, an address and a port, and all other names directly."""
    listed = ", ".join(f"{json.dumps(name)}: 1" for name in sorted(names))
    return (
        f"var names = {{{listed}}};\n"
        "function FindProxyForURL(url, host) {\n"
        f'  return names[host.toLowerCase()] === 1 ? {json.dumps(f"PROXY {place}")} : "DIRECT";\n'
        "}\n"
    )


def place_of(address: str, port: int) -> str:
    """ADDRESS and PORT as a URL and a PAC file have them."""
    return in_url(address, port)
