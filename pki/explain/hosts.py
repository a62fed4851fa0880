"""The host that a text is about: from its URLs and from the sentences that name one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pki.explain.scanning import key, line_around, places

_MOST = 400  # URLs of one text
_EACH = 20  # places of one sentence

_NAME = r"(?:[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62})\.){0,8}[A-Za-z0-9][A-Za-z0-9_-]{0,62}"
_HOST = rf"(?:\[[0-9A-Fa-f:.]{{2,45}}\]|{_NAME})"
_URL = re.compile(
    rf"\b(https|http|wss|ws|ftps|ldaps|mqtts|smtps|imaps|postgresql|postgres|mysql|rediss|grpcs)://"
    rf"(?:[^\s/@\"'<>]{{1,64}}@)?({_HOST})(?::(\d{{1,5}}))?",
    re.IGNORECASE,
)
_OF_HTTP = frozenset(
    {"http", "ws", "wss", "grpcs"}
)  # what is in TLS is HTTP, and commands take https:// for it
# Sentences, likeliest first: a marker in the normal form of texts, and the expression, whose first group is the host
# and whose second, where it has one, is the port.
_SENTENCES: tuple[tuple[str, str], ...] = (
    ("pretending to be", rf"pretending to be [\"\u201c\\]{{1,3}}({_HOST})"),
    ("impersonating", rf"impersonating [\"\u201c]({_HOST})"),
    ("blocked a cleartext", rf"cleartext HTTP connection to ({_HOST}) since"),
    ("cleartext communication to", rf"CLEARTEXT communication to ({_HOST}) not"),
    ("pinned certificates for", rf"Pinned certificates for ({_HOST}):"),
    ("the identity of", rf"identity of (?:the (?:website|server) )?[\"\u201c]({_HOST})[\"\u201d]"),
    ("the proxy's certificate for", rf"proxy's certificate for ({_HOST})[ .]"),
    ("if this happens consistently for", rf"consistently for ({_HOST}),"),
    ("trust with server at", rf"trust with server at \[({_HOST})\]"),
    ("attempted address", rf"attempted address(?:es)?: ({_HOST}):(\d{{1,5}})"),
    ("no certificate matching", rf"\"server_name\":\"({_HOST})\""),
    ("not valid for", rf"not valid for (?:name )?['\"\u2018\u201c\\]{{1,2}}({_HOST})['\"\u2019\u201d\\]"),
    ("not valid for", rf"not valid for ({_HOST})\.(?:\s|\Z)"),
    ("prove that it is", rf"prove that it is ({_HOST})"),
    ("during a connection to", rf"a connection to ({_HOST})"),
    ("did not continue to", rf"not continue to ({_HOST})"),
    ("unknownhostexception", rf"UnknownHostException: (?:Unable to resolve host \")?({_HOST})"),
    ("for hostname", rf"for hostname ({_HOST})"),
    ("provided via sni", rf"Hostname ({_HOST}) (?:provided|default)"),
    ("(server ", rf"\(server ({_HOST}):(\d{{1,5}})\)"),
    ("connect error to", rf"error to ({_HOST})\["),
    ("server on", rf"server on ['\"]({_HOST})(?::(\d{{1,5}}))?"),
    ("connection to node", rf"\(({_HOST})[/:]"),
    ("> host:", rf"> Host: ({_HOST})"),
    ("certificate is valid for", rf"certificate is valid for .{{0,400}}?, not ({_HOST})"),
    ("wanted to match", rf"wanted to match ({_HOST})"),
    ("cannot validate certificate", rf"cannot validate certificate for ({_HOST}) because"),
    ("does not match", rf"does not match [a-z ]{{0,30}}['\"\u2018\u201c]({_HOST})['\"\u2019\u201d]"),
    ("target host", rf"target host ?name ['\"\u2018\u201c]({_HOST})"),
    ("not verified", rf"Hostname ({_HOST}) not verified"),
    ("no subject alternative", rf"matching (?:IP address )?({_HOST}) found"),
    ("no name matching", rf"No name matching ({_HOST}) found"),
    ("is not in the cert", rf"Host: ({_HOST})\. is not"),
    ("is not in the cert", rf"IP: ({_HOST}) is not in"),
    ("cert altname", rf"Host: ({_HOST})\. is not"),
    ("doesn't match", rf"hostname ['\"\u2018\u201c]?({_HOST})['\"\u2019\u201d]? doesn['\u2019]t match"),
    ("certificate for <", rf"certificate for <({_HOST})>"),
    ("upstream: ", rf"upstream: \"https?://({_HOST})(?::(\d{{1,5}}))?"),
    ("server certificate for", rf"certificate for [\"\u201c]?https?://({_HOST})(?::(\d{{1,5}}))?"),
    ("connection to server at", rf"server at \"({_HOST})\"(?: \([^)]{{1,60}}\))?, port (\d{{1,5}})"),
    ("in connection to", rf"in connection to ({_HOST}):(\d{{1,5}})"),
    ("cannot connect to host", rf"Cannot connect to host ({_HOST}):(\d{{1,5}})"),
    ("(host=", rf"\(host=['\"]({_HOST})['\"], port=(\d{{1,5}})"),
    ("getaddrinfo", rf"getaddrinfo (?:ENOTFOUND|EAI_AGAIN) ({_HOST})"),
    ("resolve host", rf"resolve host(?:name|:)?(?: address)?:? [\u2018'\"\u201c]?({_HOST})"),
    ("failed host lookup", rf"Failed host lookup: '({_HOST})'"),
    ("failed to resolve", rf"resolve '({_HOST})'"),
    ("lookup ", rf"lookup ({_HOST})(?: on|:)"),
    ("validation failed for", rf"validation failed for ({_HOST})"),
    ("steal your information", rf"steal your information from ({_HOST})"),
    ("sent an invalid response", rf"^({_HOST}) sent"),
    ("didn't accept your", rf"^({_HOST}) didn"),
    ("uses an unsupported", rf"^({_HOST}) uses"),
    ("refused to connect", rf"^({_HOST}) refused"),
    ("unexpectedly closed", rf"^({_HOST}) unexpectedly"),
    ("took too long", rf"^({_HOST}) took"),
    ("normally uses encryption", rf"^({_HOST}) normally"),
    ("uses an invalid security", rf"({_HOST})(?::\d{{1,5}})? uses an invalid"),
    ("did not match", rf"expected CN=[`'\"]({_HOST})"),
    ("does not match the server certificate", rf"host ?name [\"'\u201c]?({_HOST})"),
    ("requested host name", rf"requested host name [\u2018'\"\u201c]({_HOST})"),
    ("in certificate from peer", rf"find ({_HOST}) in certificate"),
    ("target ip", rf"target ipv[46] address ['\"]({_HOST})"),
    ("connect to", rf"connect to ({_HOST}) insecurely"),
    ("can't connect to", rf"connect to ({_HOST}):(\d{{1,5}})"),
    ("secure connection to the server", rf"to the server [\"\u201c]({_HOST})[\"\u201d]"),
    ("identity of the website", rf"the website [\"\u201c]({_HOST})[\"\u201d]"),
    ("no certificate available", rf"available for ['\"]({_HOST})"),
    ("the certificate of", rf"certificate of [\u2018'\"\u201c]({_HOST})[\u2019'\"\u201d]"),
    ("cannot verify", rf"cannot verify ({_HOST})['\u2019]s certificate"),
    ('the server "', rf"The server [\"\u201c]({_HOST})[\"\u201d]"),
    ("trust", rf"Trust (?:Error|encountered error) \[\d+:0x[0-9a-f]+\]: \d:\d ({_HOST})"),
    ("for host", rf"for host:? [\"'\u201c]?({_HOST})\b"),
    ("hostname", rf"\bhostname[\"'\\]{{0,2}}\s?[:=]\s?[\\\"']{{1,2}}({_HOST})(?::(\d{{1,5}}))?"),
    ("host", rf"\bhost(?:name)?[\"'\\]{{0,2}}\s?[:=]\s?[\\\"']{{1,2}}({_HOST})(?::(\d{{1,5}}))?"),
    ("server name", rf"server_?name[\"'=: ]{{1,4}}({_HOST})"),
    ("servername", rf"serverName[\"'=: ]{{1,4}}({_HOST})"),
    ("server: ", rf"server: ({_HOST})(?:,|\s|\Z)"),
    ("sni", rf"\bSNI[\"'=: ]{{1,4}}({_HOST})"),
    ("peer name", rf"Peer name ({_HOST}) is not"),
    ("verification failed for", rf"verification failed for ({_HOST})\b"),
)
# Where a program connects to may be a proxy or an address: only where nothing names the host better.
_WEAK_SENTENCES: tuple[tuple[str, str], ...] = (
    ("resolving", rf"Resolving ({_HOST}) \("),
    ("failed to connect to", rf"connect to /?({_HOST})[/:](?:[\d.]{{1,15}}:)?(\d{{1,5}})?"),
    ("etimedout", rf"ETIMEDOUT ({_HOST}):(\d{{1,5}})"),
    ("443)", rf"\(({_HOST}):(\d{{1,5}})\)"),
    ("resolving '", rf"Resolving [\u2018'\"]({_HOST})(?::(\d{{1,5}}))?"),
    ("connected to", rf"Connected to ({_HOST}) \([^)]{{1,60}}\) port (\d{{1,5}})"),
    ("failed to connect to", rf"connect to ({_HOST}) port (\d{{1,5}})"),
    ("econnrefused", rf"ECONNREFUSED ({_HOST}):(\d{{1,5}})"),
    (" connect ", rf"-connect ({_HOST}):(\d{{1,5}})"),
    ("dial tcp", rf"dial tcp ({_HOST}):(\d{{1,5}})"),
    ("address = ", rf"address = ({_HOST}), port = (\d{{1,5}})"),
)
_SUBJECT = re.compile(rf"depth=0 .{{0,200}}?CN ?= ?({_NAME}\.{_NAME})", re.IGNORECASE)
# Pages that error messages point to, and names that are no host.
_HELP = (
    "curl.se",
    "curl.haxx.se",
    "github.com",
    "stackoverflow.com",
    "nodejs.org",
    "go.dev",
    "golang.org",
    "docs.",
    "developer.",
    "support.",
    "wiki.",
    "www.openssl.org",
    "www.w3.org",
    "schemas.",
    "xmlns",
    "aka.ms",
    "learn.microsoft.com",
    "go.microsoft.com",
    "pub.dev",
    "flutter.dev",
    "www.apple.com",
    "urllib3.readthedocs.io",
    "bugs.",
    "letsencrypt.org",
    "w3.org",
)
_NO_HOST = frozenset(
    [
        "null",
        "none",
        "undefined",
        "the",
        "a",
        "an",
        "this",
        "it",
        "host",
        "hostname",
        "server",
        "client",
        "unknown",
        "true",
        "false",
        "error",
        "name",
        "nil",
    ]
)


class FoundHost(NamedTuple):
    """The host, its port where the text has it, and the scheme that a command takes for it."""

    host: str
    port: int | None = None
    scheme: str = "https"

    @property
    def address(self) -> str:
        """Host and port as commands take them; of HTTPS 443 where the text has none, else PORT, to be filled in."""
        return f"{self.host}:{self.port or (443 if self.scheme == 'https' else 'PORT')}"

    @property
    def url(self) -> str:
        """What could be evaluated."""
        usual = self.scheme == "https" and self.port == 443
        return f"{self.scheme}://{self.host}{f':{self.port}' if self.port and not usual else ''}"


def host_in(
    text: str, folded: str, words: frozenset[str], spans: list[tuple[int, int]], *, about_name: bool
) -> FoundHost | None:
    """The host of TEXT; what stands in SPANS, the lines around what decided, goes first.

    ABOUT_NAME: the certificate's own names are not the host, so they are not read for one.
    """
    sentences, weak = (
        [(marker, expression) for marker, expression in table if key(marker) in words]
        for table in (_SENTENCES, _WEAK_SENTENCES)
    )
    for begin, end in (*spans, (0, len(text))):
        found = (
            _in_sentences(text, folded, sentences, begin, end)
            or _in_urls(text, folded, begin, end)
            or _in_sentences(text, folded, weak, begin, end)
        )
        if found is not None:
            return _with_port(found, text, folded)
    if about_name:
        return None
    for place in places(folded, "depth=0", whole=False, most=5):
        named = _SUBJECT.search(line_around(text, place)[0])
        if named is not None:
            return FoundHost(named[1])
    return None


def _in_sentences(
    text: str, folded: str, sentences: list[tuple[str, str]], begin: int, end: int
) -> FoundHost | None:
    for marker, expression in sentences:
        place, most = folded.find(marker, begin, end), _EACH
        while place >= 0 and most:
            found = re.search(expression, line_around(text, place)[0], re.IGNORECASE)
            if found is not None and _is_host(found[1]) and found.string[found.end(1) :][:3] != "://":
                port = found[2] if found.re.groups > 1 else None
                return FoundHost(found[1], int(port) if port else None)
            place, most = folded.find(marker, place + len(marker), end), most - 1
    return None


def _in_urls(text: str, folded: str, begin: int, end: int) -> FoundHost | None:
    return next((found for found in _urls(text, folded, begin, end) if not _is_help(found.host)), None)


def _urls(text: str, folded: str, begin: int, end: int) -> Iterator[FoundHost]:
    place, most = folded.find("://", begin, end), _MOST
    while place >= 0 and most:
        found = _URL.search(text, max(0, place - 12), place + 400)
        if found is not None and found.start(1) <= place and _is_host(found[2]):
            scheme = found[1].lower()
            yield FoundHost(
                found[2], int(found[3]) if found[3] else None, "https" if scheme in _OF_HTTP else scheme
            )
        place, most = folded.find("://", place + 3, end), most - 1


def _with_port(found: FoundHost, text: str, folded: str) -> FoundHost:
    """FOUND with the port of a URL of the same host, where the sentence had none."""
    if found.port is not None:
        return found
    return next((url for url in _urls(text, folded, 0, len(text)) if url.host == found.host), found)


def _is_help(host: str) -> bool:
    return host.lower().startswith(_HELP)


def _is_host(name: str) -> bool:
    bare = name.strip("[]")
    if bare.lower() in _NO_HOST or bare.lower().endswith(
        (".dart", ".java", ".js", ".py", ".go", ".c", ".cc", ".swift")
    ):
        return False
    return "." in bare or ":" in bare or bare.lower() == "localhost" or (bare.isalpha() and len(bare) > 2)
