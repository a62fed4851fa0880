"""Which end prints a line: a client's log and a server's say the same words about different chains."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container

from pki.explain.scanning import Hit, key, line_around, places

CLIENT, SERVER, EITHER = "client", "server", "either"

# In the normal form of texts. What stands on the line itself decides; else what stands nearest.
_CLIENT_MARKS = (
    "to upstream",
    "upstream ssl",
    "upstream connect error",
    "ssl connect",
    "tls connect",
    "statem clnt",
    "tls post process server certificate",
    "tls process server certificate",
    "tls process server hello",
    "tls process ske",
    "ssl3 get server certificate",
    "ssl3 get server hello",
    "ssl23 get server hello",
    "ssl proxy",
    "handshake error in client",
    "connection to server at",
    "psql:",
    "postfix/smtp[",
    "ctrl event eap",
    "wpa supplicant",
    "client log",
    "checkservertrusted",
    "checkservercerts",
    "kcfstreamerrordomainssl",
    "server certificate verification failed",
    "verification of server certificate",
    "authentication of server cert failed",
    "certificate chain\n 0 s:",
    "reading response header from upstream",
    "is down, reason",
    "[remote ",
    "no client certificate ca names sent",
    "ssl handshake has read",
    "connected(0",
    "a tls error occurred",
    "mosquitto sub",
    "mosquitto pub",
    "tls client: in state",
    "onconnectsecure",
    "urllib",
    "requests.exceptions",
    "aiohttp.client",
    "httpcore",
    "server tls handshake failed",  # mitmproxy, towards the server
    "curl: (",
    "ldap start tls",
)
_SERVER_MARKS = (
    "tls handshake error from",
    "client ssl certificate",
    "client sent",
    "while ssl handshaking, client:",
    "while reading client request",
    "ssl accept",
    "tls accept",
    "statem srvr",
    "tls process client certificate",
    "tls post process client hello",
    "tls early post process client hello",
    "tls process client hello",
    "tls process cert verify",
    "ssl3 get client certificate",
    "ssl3 get client hello",
    "ssl23 get client hello",
    "[client ",
    "client tls handshake failed",  # mitmproxy, towards the client
    "charles root certificate",
    *(
        f"[ssl:{level}]" for level in ("error", "warn", "info", "debug")
    ),  # Apache; a proxy's lines have "[remote "
    "httpsconnectionmiddleware",  # Kestrel
    "could not accept ssl connection",
    "eap tls:",
    "eap ttls:",
    "eap peap:",
    "rlm eap",
    "(tls) eap",
    "(tls) peap",
    "(tls) recv",
    "(tls) send",
    "(tls) server",
    "login incorrect",
    "radiusd:",
    "(from client",
    "postfix/smtpd",
    "imap login",
    "pop3 login",
    "dovecot",
    "socket error on client",
    "new connection from",
    "client <unknown> disconnected",
    "handshake error in server",
    "checkclienttrusted",
    "checkclientcerts",
    "serverhandshake",
    "server log",
    "remote address:",
    "client authentication failed",
    "ssl library error",
    "/1: ssl",
    "/2: ssl",
    "hostapd",
    "tlsclienterror",
    "server side=true",
    "chttp2 server",
    "unable to authenticate the request",
    "rejected connection",
    "error accepting a client connection",
    "tls server: in state",
    "tls: can't accept",
    "s server",
    "accept: ",
)
# Frames of servers. An alert that comes under one came from a client; a verification that fails there may be of a call
# that the server's own code makes.
_SERVER_FRAMES = (
    "processing of request from",  # Python socketserver
    "socketserver",
    "uvicorn",
    "hypercorn",
    "gunicorn",
    "werkzeug",
    "puma::minissl",
    "secureniochannel",  # Tomcat; the rest of its frames stands under every call that an app makes
    "securenio2channel",
)
_STRONG_CLIENT = ("to upstream", "upstream ssl", "[remote ", "ssl proxy")  # a server as the client of another
_EITHER_MARKS = (
    *(f"log{level}[" for level in range(3, 8)),
    "service [",
    "mosquitto",
    "openssl error[",
    "openvpn",
    "verify error: depth=",
)
_FRAGMENT = 200  # characters of a text that can be an alert and nothing else
# What the libraries put beside an alert's name, at either end.
_LIBRARY = re.compile(
    r"error:[0-9a-f]{8}|ssl routines|(?:tls|ssl)v[0-9.]+|openssl|remote error|tls|ssl|alert|number|fatal"
)
_NEAR = 3_000  # characters to the nearest line that says which end it is


def ends(folded: str, words: frozenset[str], hits: list[Hit], *, about: Container[int]) -> list[str]:
    """The end that prints each of HITS; the alerts ABOUT certificates are those that both ends send."""
    client, server = _marked(folded, words, _CLIENT_MARKS), _marked(folded, words, _SERVER_MARKS)
    either = any(mark in folded for mark in _EITHER_MARKS) or _are_alerts_alone(folded, hits, about)
    received = sorted((*server, *_marked(folded, words, _SERVER_FRAMES)))
    return [
        hit.prints
        or _end(folded, hit, client, received if hit.value.startswith("in ") else server, either=either)
        for hit in hits
    ]


def _are_alerts_alone(folded: str, hits: list[Hit], about: Container[int]) -> bool:
    """Whether nothing but alerts ABOUT certificates came: either end logs them, and whose this is is not said."""
    if len(folded) > _FRAGMENT:
        return False
    for hit in hits:
        kind, _, number = hit.value.rpartition(" ")
        if kind != "in alert" or int(number) not in about:
            return False
    beside = list(folded)
    for hit in hits:
        beside[hit.start : hit.end] = " " * (hit.end - hit.start)
    return not any(map(str.isalpha, _LIBRARY.sub("", "".join(beside))))


def _marked(folded: str, words: frozenset[str], marks: tuple[str, ...]) -> list[int]:
    return sorted(place for mark in marks if key(mark) in words for place in places(folded, mark))


def _end(folded: str, hit: Hit, client: list[int], server: list[int], *, either: bool) -> str:
    line, begin = line_around(folded, hit.start)
    on_line = [
        end
        for end, found in ((CLIENT, client), (SERVER, server))
        if bisect_left(found, begin) < bisect_left(found, begin + len(line))
    ]
    if len(on_line) == 1:
        return on_line[0]
    if on_line and any(mark in line for mark in _STRONG_CLIENT):
        return CLIENT
    near = [
        (_distance(found, hit.start), end) for end, found in ((CLIENT, client), (SERVER, server)) if found
    ]
    near = [(distance, end) for distance, end in near if distance < _NEAR]
    if near:
        return min(near)[1]
    return EITHER if either else CLIENT


def _distance(found: list[int], place: int) -> int:
    after = bisect_left(found, place)
    return min(abs(place - near) for near in found[max(0, after - 1) : after + 1])
