"""What is spoken inside TLS, or before it: one row a protocol, for schemes, ports, STARTTLS and what a server says.

Ports are IANA's (Service Name and Transport Protocol Port Number Registry) unless a comment says otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_WEB = ("h2", "http/1.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """One protocol.

    `port` is where it begins in the clear, `secure_port` where TLS comes from the first byte, and `schemes` are those
    of the second. `opens` is how a server begins to speak in the clear.
    """

    name: str
    title: str  # as people write it
    port: int | None = None
    secure_port: int | None = None
    schemes: tuple[str, ...] = ()
    starttls: bool = False  # whether it can go on in TLS from the clear
    starttls_schemes: tuple[str, ...] = ()  # URLs of it that do so by default
    alpn: tuple[str, ...] = ()  # what a client offers where TLS comes from the first byte
    opens: re.Pattern[bytes] | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return self.name

    @property
    def ways(self) -> str:
        """What to write for TLS with it; empty where there is none."""
        found = [f"`trustrig evaluate HOST:PORT --starttls {self.name}`"] if self.starttls else []
        if self.schemes and self is not HTTP:
            found.append(f"{self.tls_first} where TLS comes first")
        return " or ".join(found)

    @property
    def tls_first(self) -> str:
        """What to write where TLS comes from the first byte."""
        return f"{(self.schemes or ('tls',))[0]}://HOST:PORT"

    @property
    def repair(self) -> str:
        """What to write where a server of it speaks in the clear."""
        off = " TLS is on another port, or off on this one." if self.schemes and not self.starttls else ""
        write = f" Ask by {self.ways}." if self.ways else ""
        return f"That is plain {self.title}.{off}{write}"


HTTP = Protocol(
    name="http",
    title="HTTP",
    port=80,
    secure_port=443,
    schemes=("https", "wss"),  # both are URLSession's, and both under ATS
    alpn=_WEB,
    opens=re.compile(rb"HTTP/\d"),
)
ANY = Protocol(name="tls", title="TLS", schemes=("tls",))
"""Whatever it is that is spoken inside."""

_ROWS = (
    HTTP,
    ANY,
    Protocol(  # RFC 3207; the ports of submission (RFC 6409) and submissions (RFC 8314)
        name="smtp",
        title="SMTP",
        port=587,
        secure_port=465,
        schemes=("smtps",),
        starttls=True,
        opens=re.compile(rb"220[ -][^\r\n]*SMTP", re.IGNORECASE),
    ),
    Protocol(  # RFC 9051, 6.2.1
        name="imap",
        title="IMAP",
        port=143,
        secure_port=993,
        schemes=("imaps",),
        starttls=True,
        opens=re.compile(rb"\* (OK|PREAUTH|BYE)\b", re.IGNORECASE),
    ),
    Protocol(  # RFC 2595, 4
        name="pop3",
        title="POP3",
        port=110,
        secure_port=995,
        schemes=("pop3s",),
        starttls=True,
        opens=re.compile(rb"\+OK\b"),
    ),
    Protocol(  # RFC 4217
        name="ftp",
        title="FTP",
        port=21,
        secure_port=990,
        schemes=("ftps",),
        starttls=True,
        opens=re.compile(rb"220[ -][^\r\n]*FTP", re.IGNORECASE),
    ),
    Protocol(  # RFC 4511, 4.14
        name="ldap",
        title="LDAP",
        port=389,
        secure_port=636,
        schemes=("ldaps",),
        starttls=True,
        opens=re.compile(rb"\x30(\x84....|\x81.|.)\x02\x01\x00", re.DOTALL),
    ),
    Protocol(  # PostgreSQL, Message Flow: SSL Session Encryption
        name="postgres",
        title="PostgreSQL",
        port=5432,
        secure_port=5432,
        starttls=True,
        starttls_schemes=("postgres", "postgresql"),  # libpq's two; sslnegotiation=postgres is its default
        alpn=("postgresql",),  # asked for by PostgreSQL 17, where TLS comes first (sslnegotiation=direct)
        opens=re.compile(rb"E\0\0..S", re.DOTALL),
    ),
    Protocol(  # MySQL, Connection Phase
        name="mysql",
        title="MySQL",
        port=3306,
        starttls=True,
        starttls_schemes=("mysql",),
        opens=re.compile(rb"...\0(\x0a[\x20-\x7e]+\0|\xff)", re.DOTALL),
    ),
    Protocol(  # RFC 6120, 5; TLS from the first byte is XEP-0368's, on a port that IANA gave to nobody for it
        name="xmpp",
        title="XMPP",
        port=5222,
        secure_port=5223,
        schemes=("xmpps",),
        starttls=True,
        alpn=("xmpp-client",),
        opens=re.compile(rb"<(\?xml[^>]*>\s*<)?stream:"),
    ),
    Protocol(  # RFC 5804, 2.2
        name="sieve",
        title="ManageSieve",
        port=4190,
        starttls=True,
        opens=re.compile(rb'"[A-Z]+"', re.IGNORECASE),
    ),
    Protocol(  # RFC 4642
        name="nntp",
        title="NNTP",
        port=119,
        secure_port=563,
        schemes=("nntps",),
        starttls=True,
        opens=re.compile(rb"20[01] "),
    ),
    Protocol(  # MQTT 3.1.1
        name="mqtt",
        title="MQTT",
        port=1883,
        secure_port=8883,
        schemes=("mqtts",),
        opens=re.compile(rb"\x20\x02"),
    ),
    Protocol(  # AMQP 0-9-1, 4.2.2
        name="amqp",
        title="AMQP",
        port=5672,
        secure_port=5671,
        schemes=("amqps",),
        opens=re.compile(rb"AMQP"),
    ),
    Protocol(  # Redis serialization protocol; one port for both, as is the custom
        name="redis",
        title="Redis",
        port=6379,
        secure_port=6379,
        schemes=("rediss",),
        opens=re.compile(rb"-(ERR|NOAUTH|DENIED)\b"),
    ),
    Protocol(name="ssh", title="SSH", port=22, opens=re.compile(rb"SSH-")),
    Protocol(name="vnc", title="VNC (RFB)", port=5900, opens=re.compile(rb"RFB \d")),
)
PROTOCOLS = {row.name: row for row in _ROWS}
"""The table, by name."""
UPGRADES = tuple(row.name for row in _ROWS if row.starttls)
"""What `--starttls` takes."""
_TWO_BEGIN_SO = re.compile(rb"220[ -]")


def of_scheme(scheme: str) -> tuple[Protocol, bool] | None:
    """The protocol of a URL's SCHEME, and whether it begins in the clear; None where no TLS of it is known here."""
    for row in _ROWS:
        if scheme in row.schemes:
            return row, False
        if scheme in row.starttls_schemes:
            return row, True
    return None


def schemes() -> tuple[str, ...]:
    """Every scheme there is a protocol for."""
    return tuple(scheme for row in _ROWS for scheme in (*row.schemes, *row.starttls_schemes))


def spoken_by(opening: bytes) -> tuple[Protocol, ...]:
    """Whose server begins with OPENING in the clear; two where it fits both, none where it fits nothing known."""
    for row in _ROWS:
        if row.opens is not None and row.opens.match(opening):
            return (row,)
    return (PROTOCOLS["smtp"], PROTOCOLS["ftp"]) if _TWO_BEGIN_SO.match(opening) else ()


def usual_at(port: int) -> Protocol | None:
    """The protocol that usually begins in the clear at PORT."""
    also = {25: "smtp", 5269: "xmpp"}  # between servers
    return next((row for row in _ROWS if row.port == port), PROTOCOLS.get(also.get(port, "")))


def clear_text_hint(opening: bytes) -> str:
    """Which protocol a server's first words in the clear are of, and what to write instead; empty when unknown."""
    found = spoken_by(opening)
    if len(found) == 1:
        return found[0].repair
    return " ".join(
        f"{row.title} servers say that: `trustrig evaluate HOST:PORT --starttls {row.name}`." for row in found
    )
