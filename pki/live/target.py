"""What people write for a live server, read into a host and a port; nothing is looked up here."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, quote, urlsplit

from pki.errors import InvalidRequest
from pki.live.protocols import HTTP, PROTOCOLS, UPGRADES, Protocol, of_scheme, schemes
from pki.model.hosts import Host, in_url, parse_host
from pki.model.suggestion import one_of

_PATH_SAFE = "%/?:@!$&'()*+,;=-._~"  # RFC 3986, 3.3 and 3.4, and what is percent-encoded already
_MAX_PATH = 8000  # bytes; RFC 9110, 4.1: recipients take so many


@dataclass(frozen=True, slots=True)
class Target:
    """One server: `host` is what SNI and the certificate are about, `protocol` what is spoken there.

    `starttls`: it begins in the clear and is asked to go on in TLS; else TLS comes from the first byte. `path` is the
    URL's, with its query, as a request line has it: some servers ask for a client certificate by path.
    """

    host: Host
    port: int
    protocol: Protocol = HTTP
    starttls: bool = False
    path: str = "/"

    @property
    def is_http(self) -> bool:
        """Whether HTTP is spoken inside the TLS: URLSession's, and what ATS is about."""
        return self.protocol is HTTP

    @property
    def alpn(self) -> tuple[str, ...]:
        """What a client of it offers in ALPN."""
        return () if self.starttls else self.protocol.alpn

    def __str__(self) -> str:
        return in_url(self.host.text, self.port)


def is_live(text: str) -> bool:
    """Whether TEXT names a server rather than a file."""
    return "://" in text


def parse_target(text: str, *, starttls: str | None = None) -> Target:
    """Read `https://host[:port]` or another scheme of `pki.live.protocols`; with STARTTLS also `host[:port]`.

    Raises:
        InvalidRequest: another scheme, a user name in the URL, no host, a port that is none, no such protocol.
    """
    upgrade = _upgrade(starttls)
    if upgrade is None and not is_live(text):
        raise InvalidRequest(
            f"{text!r} is no URL",
            hint=f"Write https://{text} for a live server; a file is for `trustrig evaluate`.",
        )
    if upgrade is not None and is_live(text):
        raise InvalidRequest(
            f"{text} is a URL, and --starttls takes a host and a port", hint="Write HOST:PORT."
        )
    try:
        parts = urlsplit(text if upgrade is None else f"//{text}")
        port = parts.port
    except ValueError as error:
        raise InvalidRequest(
            f"{text!r} does not read: {str(error).lower()}", hint="Write https://HOST:PORT."
        ) from None
    protocol, begins_in_the_clear = (upgrade, True) if upgrade is not None else _spoken(parts)
    if parts.username is not None or parts.password is not None:
        raise InvalidRequest(
            "there is a user name in the URL", hint="Leave it out: nothing is logged in to here."
        )
    usual = protocol.port if begins_in_the_clear else protocol.secure_port
    if not parts.hostname or port == 0 or (port is None and usual is None):
        lacking = "host" if not parts.hostname else "port"
        raise InvalidRequest(
            f"{text!r} names no {lacking}", hint=f"Write {parts.scheme or 'https'}://HOST:PORT."
        )
    # urlsplit lowers the case, and keys of NSExceptionDomains are compared with case: take the text as written.
    written = parts.netloc.rpartition("@")[2]
    name = written[1 : written.index("]")] if written.startswith("[") else written.partition(":")[0]
    return Target(parse_host(name), port or usual or 0, protocol, begins_in_the_clear, _path(parts))


def _path(parts: SplitResult) -> str:
    """Path and query for a request line (RFC 9112, 3.2.1); what may not stand there is percent-encoded."""
    path = quote(parts.path or "/", safe=_PATH_SAFE)
    path += f"?{quote(parts.query, safe=_PATH_SAFE)}" if parts.query else ""
    if len(path) > _MAX_PATH:
        raise InvalidRequest(f"the path of the URL has more than {_MAX_PATH} bytes", hint="Shorten it.")
    return path


def _upgrade(starttls: str | None) -> Protocol | None:
    if starttls is None:
        return None
    if starttls.lower() not in UPGRADES:
        raise InvalidRequest(f"--starttls does not know {starttls!r}", hint=one_of(starttls, UPGRADES))
    return PROTOCOLS[starttls.lower()]


def _spoken(parts: SplitResult) -> tuple[Protocol, bool]:
    """The protocol of a URL, and whether it begins in the clear.

    `postgres://HOST/?sslnegotiation=direct` is libpq's way to say that TLS comes first (PostgreSQL 17 and later).
    """
    if parts.scheme == "http":
        raise InvalidRequest(
            "http:// has no TLS to judge, and ATS blocks it with NSURLError -1022 unless an exception admits it",
            hint="Try https://, or ask about the exception:",
            commands=[f"trustrig ats Info.plist --host {parts.hostname} --needs-http"],
        )
    found = of_scheme(parts.scheme)
    if found is None:
        raise InvalidRequest(
            f"{parts.scheme}:// is no scheme of TLS known here",
            hint=f"Known are {', '.join(schemes())}. Any other protocol in TLS is tls://HOST:PORT, and "
            f"`trustrig evaluate HOST:PORT --starttls NAME` is for {', '.join(UPGRADES)}.",
        )
    protocol, begins_in_the_clear = found
    if begins_in_the_clear and parse_qs(parts.query).get("sslnegotiation") == ["direct"]:
        return protocol, False
    return found
