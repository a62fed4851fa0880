"""What was meant by somebody who wrote a URL, a host with its port or a list where one name is due.

Every reader of names and hosts asks here, so that one slip is told in the same words wherever it is made; nothing is
guessed: the name is offered, and it stays with the person to write it.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

SERVER_SCHEMES = frozenset(
    (
        *("http", "https", "ws", "wss", "grpc", "grpcs", "quic", "tls", "ssl", "dtls", "tcp", "udp"),
        *("ftp", "ftps", "sftp", "ssh", "telnet", "telnets", "stun", "turn", "turns", "rtsp", "rtsps"),
        *("smtp", "smtps", "submission", "submissions", "imap", "imaps", "pop3", "pop3s", "sieve"),
        *("ldap", "ldaps", "nntp", "nntps", "xmpp", "xmpps", "mqtt", "mqtts", "amqp", "amqps"),
        *("redis", "rediss", "postgres", "postgresql", "mysql", "mongodb"),
    )
)
"""Schemes of URLs that lead to a server. Others, such as spiffe, name somebody and lead nowhere."""

_FILE_ENDINGS = frozenset(
    (
        *(
            "pem",
            "crt",
            "cer",
            "cert",
            "der",
            "key",
            "csr",
            "req",
            "crl",
            "p12",
            "pfx",
            "p7b",
            "p7c",
            "jks",
            "bks",
        ),
        *(
            "txt",
            "list",
            "csv",
            "tsv",
            "json",
            "jsonl",
            "ndjson",
            "yaml",
            "yml",
            "toml",
            "parquet",
            "xml",
            "plist",
        ),
        *(
            "mobileconfig",
            "mobileprovision",
            "log",
            "conf",
            "cfg",
            "ini",
            "html",
            "gz",
            "bz2",
            "xz",
            "tar",
            "bak",
        ),
    )
)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?://|(?=/[^/]))")
_PORT = re.compile(r":[0-9]{1,5}\Z")
# A name as people write it, before anything is asked of it: labels, perhaps a wildcard, perhaps not ASCII.
_LABEL = r"(?:[^\W_][\w-]*|\*)"
_LABELS = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\Z")
_RANGE = "a range of addresses"
_LISTED = re.compile(r"[,;]\s*")


@dataclass(frozen=True, slots=True)
class MistakenName:
    """What TEXT is instead of a name, and the name in it."""

    what: str  # "a URL", "a host and a port"
    host: str
    port: int | None = None

    @property
    def suggestion(self) -> str:
        """The next step, as a sentence."""
        if self.what == _RANGE:
            return "Ranges stand in name constraints (--permit) alone."
        return f"Did you mean {self.host}?"


def mistaken_name(text: str) -> MistakenName | None:
    """Say what TEXT is instead of a host name or an address, where a host can be found in it; else None.

    A URL, `host:port`, `host/path`, a range of addresses, a name with the dot of the DNS root, several names in one.
    """
    text = text.strip()
    scheme = _SCHEME.match(text)
    rest = text[scheme.end() :].lstrip("/") if scheme else text
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if scheme:
        authority = authority.rpartition("@")[2]
    host, port = _without_port(authority)
    if scheme:
        what = "a URL"
    elif authority != rest:
        what = _RANGE if _is_range(text) else "a host and a path"
    elif port is not None:
        what = "a host and a port"
    else:
        return _listed(text) or _rooted(text)
    return MistakenName(what, _bare(host), port) if _is_host(host.removesuffix(".")) else None


def host_suggestion(text: str) -> str:
    """`Did you mean api.test? ` where TEXT is more than a name; else empty. It goes in front of a hint."""
    found = mistaken_name(text)
    return f"{found.suggestion} " if found is not None else ""


def server_named(text: str) -> str:
    """HOST or HOST:PORT in TEXT, the name of a file that is not there, where it reads as a server's; else empty.

    A URL of a server, a host with its port, an address, localhost, and a name whose last label is no file's ending.
    """
    found = mistaken_name(text)
    if found is not None and (found.what == "a host and a port" or scheme_of(text) in SERVER_SCHEMES):
        host, port = found.host, "" if found.port is None else f":{found.port}"
        return f"[{host}]{port}" if ":" in host else f"{host}{port}"
    _, dot, ending = text.rpartition(".")
    if not _is_host(text) or not (dot or ":" in text or text == "localhost"):
        return ""
    if ":" in text:
        return f"[{text.strip('[]')}]"
    return "" if ending.lower() in _FILE_ENDINGS else text


def scheme_of(text: str) -> str:
    """The scheme of TEXT in lower case, where it begins with one and `//` or `/`; else empty."""
    found = _SCHEME.match(text)
    return found[1].lower() if found else ""


def _without_port(authority: str) -> tuple[str, int | None]:
    found = _PORT.search(authority)
    if found is None:
        return authority, None
    host = authority[: found.start()]
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        return authority, None  # an IPv6 address without brackets
    return host, int(found[0][1:])


def _is_range(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _rooted(text: str) -> MistakenName | None:
    bare = text.removesuffix(".")
    return (
        MistakenName("a name with the dot of the DNS root", bare) if bare != text and _is_host(bare) else None
    )


def _listed(text: str) -> MistakenName | None:
    parts = [part for part in _LISTED.split(text) if part]
    if len(parts) < 2 or not all(_is_host(part) or mistaken_name(part) for part in parts):
        return None
    names = ((found.host if (found := mistaken_name(part)) else part) for part in parts)
    return MistakenName("several names in one", " ".join(names))


def _bare(host: str) -> str:
    return host.removesuffix(".").strip("[]")


def _is_host(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return len(text) <= 253 and _LABELS.match(text) is not None
    return True
