"""The way through an HTTP proxy: the settings of the environment or the system, and CONNECT (RFC 9110, 9.3.6)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pki.errors import InvalidRequest
from pki.handshake.dialling import Unreachable
from pki.model.hosts import packed_address
from pki.model.local_names import below_localhost

if TYPE_CHECKING:
    from pki.live.bounded_reads import Wire
    from pki.live.target import Target

MAX_HEADERS = 100  # lines of a proxy's answer; ours


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where the proxy is; `credentials` is the value of Proxy-Authorization, never shown."""

    host: str
    port: int
    credentials: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def proxy_for(target: Target) -> Proxy | None:
    """The proxy for TARGET by https_proxy, all_proxy and no_proxy, or by the settings of macOS and Windows.

    Hosts on this machine are always reached directly.

    Raises:
        InvalidRequest: the setting names a kind of proxy that is not spoken here.
    """
    host = target.host.text
    if _is_here(host):
        return None
    from urllib.request import getproxies, proxy_bypass

    found = getproxies()
    setting = found.get("https") if target.is_http else None
    setting = setting or found.get("all")
    if not setting or proxy_bypass(f"{host}:{target.port}"):
        return None
    return parse_proxy(setting)


def parse_proxy(setting: str) -> Proxy:
    """Read `http://[user:password@]host[:port]`.

    Raises:
        InvalidRequest: it is none of an HTTP proxy's; the setting itself is not repeated, it may hold a password.
    """
    parts = urlsplit(setting if "://" in setting else f"http://{setting}")
    try:
        port = parts.port or 80
    except ValueError:
        port = 0
    if parts.scheme.startswith("socks"):
        raise InvalidRequest(
            f"the proxy setting ({parts.scheme}://) is a SOCKS proxy's, and HTTP proxies alone are spoken here",
            hint="Set https_proxy to http://HOST:PORT; or forward a port (`ssh -L 8443:HOST:443 GATEWAY`) and ask "
            "there (`trustrig evaluate https://HOST --connect 127.0.0.1:8443`); or leave the proxy out for this "
            "host with no_proxy.",
        )
    if parts.scheme != "http" or not parts.hostname or not port:
        raise InvalidRequest(
            f"the proxy setting ({parts.scheme}://) is none of a plain HTTP proxy's",
            hint="Set https_proxy to http://HOST:PORT, or leave it out for this host with no_proxy.",
        )
    if parts.username is None:
        return Proxy(parts.hostname, port)
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return Proxy(parts.hostname, port, f"Basic {base64.b64encode(pair).decode('ascii')}")


def tunnel(wire: Wire, proxy: Proxy, place: str) -> None:
    """Ask the proxy at the other end of WIRE for a tunnel to PLACE (host:port).

    Raises:
        Unreachable: it refuses, or does not speak HTTP. TimeoutError: the wire's deadline is over.
    """
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    if proxy.credentials is not None:
        lines.append(f"Proxy-Authorization: {proxy.credentials}")
    wire.send("\r\n".join([*lines, "", ""]).encode("ascii"))
    status = wire.line()
    parts = status.split(" ", 2)
    if not status.startswith("HTTP/1.") or len(parts) < 2 or not parts[1].isdigit():
        raise Unreachable(
            f"what answers at the proxy {proxy} is no HTTP proxy: it says {status[:80]!r}",
            hint="Correct https_proxy.",
            cause="proxy",
        )
    # 502 and 504 by RFC 9110, 15.6; Squid says 503, and 500 where a name has no address.
    if parts[1].startswith("5"):
        raise Unreachable(
            f"the proxy {proxy} opened no way to {place}: {' '.join(parts[1:])}",
            hint=f"It did not reach {place}, or failed itself: is the server up, and its name known, where the proxy "
            "is? The proxy's log tells which.",
            cause="proxy",
        )
    if not 200 <= int(parts[1]) < 300:
        login = " Give user and password in https_proxy." if parts[1] == "407" else ""
        raise Unreachable(
            f"the proxy {proxy} refused the way to {place}: {' '.join(parts[1:])}",
            hint=f"Ask who runs the proxy, or leave it out for this host with no_proxy.{login}",
            cause="proxy",
        )
    for _ in range(MAX_HEADERS):
        if not wire.line():
            wire.received.clear()
            return
    raise Unreachable(f"the proxy {proxy} answered with more than {MAX_HEADERS} header lines", cause="proxy")


def _is_here(host: str) -> bool:
    packed = packed_address(host)
    if packed is not None:
        return packed[:1] == b"\x7f" if len(packed) == 4 else packed == bytes(15) + b"\x01"
    return below_localhost(host)
