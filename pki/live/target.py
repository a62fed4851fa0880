"""What people write for a live server, read into a host and a port; nothing is looked up here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import SplitResult, quote, urlsplit

from pki.errors import InvalidRequest
from pki.model.hosts import Host, parse_host

_PATH_SAFE = "%/?:@!$&'()*+,;=-._~"  # RFC 3986, 3.3 and 3.4, and what is percent-encoded already
_MAX_PATH = 8000  # bytes; RFC 9110, 4.1: recipients take so many
_SCHEMES = ("https", "wss")  # both are URLSession's, both are under ATS


class Upgrade(StrEnum):
    """Protocols that begin in the clear and are asked to go on in TLS."""

    SMTP = "smtp"  # RFC 3207
    IMAP = "imap"  # RFC 9051, 6.2.1
    LDAP = "ldap"  # RFC 4511, 4.14
    POSTGRES = "postgres"  # PostgreSQL, Message Flow: SSL Session Encryption

    @property
    def port(self) -> int:
        """Where this protocol is usually found (IANA; for smtp the submission port)."""
        return {Upgrade.SMTP: 587, Upgrade.IMAP: 143, Upgrade.LDAP: 389, Upgrade.POSTGRES: 5432}[self]


@dataclass(frozen=True, slots=True)
class Target:
    """One server: `host` is what SNI and the certificate are about; `upgrade` None means TLS from the first byte.

    `path` is the URL's, with its query, as a request line has it: some servers ask for a client certificate by path.
    """

    host: Host
    port: int
    upgrade: Upgrade | None = None
    path: str = "/"

    @property
    def is_http(self) -> bool:
        """Whether HTTP is spoken inside the TLS: what ATS is about."""
        return self.upgrade is None

    def __str__(self) -> str:
        name = f"[{self.host}]" if ":" in self.host.text else self.host.text
        return f"{name}:{self.port}"


def is_live(text: str) -> bool:
    """Whether TEXT names a server rather than a file."""
    return "://" in text


def parse_target(text: str, *, starttls: str | None = None) -> Target:
    """Read `https://host[:port]`; with STARTTLS also `host[:port]`. The fragment stays with the client.

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
    if upgrade is None:
        _check_scheme(parts.scheme, parts.hostname)
    if parts.username is not None or parts.password is not None:
        raise InvalidRequest(
            "there is a user name in the URL", hint="Leave it out: nothing is logged in to here."
        )
    if not parts.hostname or port == 0:
        raise InvalidRequest(
            f"{text!r} names no {'port' if port == 0 else 'host'}", hint="Write https://HOST:PORT."
        )
    # urlsplit lowers the case, and keys of NSExceptionDomains are compared with case: take the text as written.
    written = parts.netloc.rpartition("@")[2]
    name = written[1 : written.index("]")] if written.startswith("[") else written.partition(":")[0]
    return Target(parse_host(name), port or (443 if upgrade is None else upgrade.port), upgrade, _path(parts))


def _path(parts: SplitResult) -> str:
    """Path and query for a request line (RFC 9112, 3.2.1); what may not stand there is percent-encoded."""
    path = quote(parts.path or "/", safe=_PATH_SAFE)
    path += f"?{quote(parts.query, safe=_PATH_SAFE)}" if parts.query else ""
    if len(path) > _MAX_PATH:
        raise InvalidRequest(f"the path of the URL has more than {_MAX_PATH} bytes", hint="Shorten it.")
    return path


def _upgrade(starttls: str | None) -> Upgrade | None:
    if starttls is None:
        return None
    try:
        return Upgrade(starttls.lower())
    except ValueError:
        raise InvalidRequest(
            f"--starttls does not know {starttls!r}", hint=f"Choose one of {', '.join(Upgrade)}."
        ) from None


def _check_scheme(scheme: str, host: str | None) -> None:
    if scheme in _SCHEMES:
        return
    if scheme == "http":
        raise InvalidRequest(
            "http:// has no TLS to judge, and ATS blocks it with NSURLError -1022 unless an exception admits it",
            hint=f"Try https://, or ask about the exception: trustrig ats Info.plist --host {host} --needs-http",
        )
    raise InvalidRequest(
        f"{scheme}:// is no scheme of TLS known here",
        hint="Write https://HOST:PORT; for smtp, imap, ldap and postgres HOST:PORT with --starttls.",
    )
