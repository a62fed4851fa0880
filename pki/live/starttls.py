"""From the clear into TLS: what each protocol says before the handshake."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from pki.handshake.dialling import Unreachable
from pki.live.bounded_reads import MAX_LINE, MAX_LINES, Wire, shown
from pki.live.protocols import clear_text_hint, spoken_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from pki.live.target import Target

_POSTGRES_SSL_REQUEST = struct.pack(">II", 8, 80877103)  # PostgreSQL, Message Formats: SSLRequest
# LDAPMessage 1 with ExtendedRequest [APPLICATION 23], requestName [0] 1.3.6.1.4.1.1466.20037 (RFC 4511, 4.12 and 4.14)
_OID = b"1.3.6.1.4.1.1466.20037"
_LDAP_REQUEST = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x16" + _OID
_LDAP_ANSWER_MOST = 4096  # bytes
_LDAP_WHOLE = 0x30
_MYSQL_SSL, _MYSQL_ERROR, _MYSQL_GREETING = 0x0800, 0xFF, 0x0A  # MySQL, Capabilities Flags; Connection Phase
# The capabilities LONG_PASSWORD, PROTOCOL_41, SSL and SECURE_CONNECTION; 16 MiB packets; utf8mb3 (MySQL, SSLRequest).
_MYSQL_REQUEST = b"\x20\0\0\x01" + bytes.fromhex("018a0000 00000001 21") + bytes(23)
MAX_ELEMENT = 16 * 1024  # bytes of XMPP's stream features; ours
_XMPP_TLS = "urn:ietf:params:xml:ns:xmpp-tls"  # RFC 6120, 5.4
_FEATURES = re.compile(rb"(</stream:features\s*>|<stream:features\s*/>|</stream:stream\s*>)\Z")
_PROCEED = re.compile(rb"(<(proceed|failure)\s[^>]*/>|</(proceed|failure)\s*>|</stream:stream\s*>)\Z")


class NoUpgrade(Unreachable):
    """The server is there and does not go on in TLS."""

    def __init__(self, target: Target, answer: str) -> None:
        protocol = target.protocol
        super().__init__(
            f"the {protocol.name} server offers no TLS ({answer[:80]!r})",
            hint=f"Enable STARTTLS on it; where TLS comes from the first byte, write {protocol.tls_first} instead.",
            cause="no-starttls",
        )


def upgrade(wire: Wire, target: Target) -> None:
    """Bring WIRE to where the ClientHello comes next.

    Raises:
        NoUpgrade: the server will not.
        Unreachable: it does not speak the protocol.
        TimeoutError: the wire's deadline is over.
    """
    name = target.protocol.name
    _STEPS[name](wire, target)
    # What a server says after "go ahead" and before our ClientHello was sent in the clear, by whomever (CVE-2011-0411).
    wire.connected.setblocking(False)
    try:
        if wire.connected.recv(1, 0x2):  # MSG_PEEK
            raise Unreachable(
                f"the {name} server went on in the clear after it had agreed to TLS", cause="no-starttls"
            )
    except BlockingIOError:
        pass


def _refused(wire: Wire, target: Target, answer: str) -> Unreachable:
    """It will not go on in TLS, or what answers is another protocol's server, as its first words tell."""
    _more(wire)
    others = spoken_by(bytes(wire.opening))
    return _foreign(wire, target) if others and target.protocol not in others else NoUpgrade(target, answer)


def _foreign(wire: Wire, target: Target) -> Unreachable:
    """What answers is no server of the protocol."""
    _more(wire)
    return Unreachable(
        f"what answers does not speak {target.protocol.title}: it says {shown(wire.opening)[:80]!r}",
        hint=clear_text_hint(bytes(wire.opening)) or "Is it the right port?",
        cause="not-tls",
    )


def _coded(wire: Wire, target: Target, code: str) -> list[str]:
    """One reply that begins with three digits, all its lines (RFC 5321, 4.2.1; RFC 959, 4.2)."""
    lines = [wire.line()]
    if not lines[0].startswith(code):
        raise _refused(wire, target, lines[0])
    if lines[0][3:4] != "-":
        return lines
    for _ in range(MAX_LINES):
        lines.append(wire.line())
        if lines[-1].startswith(f"{code} "):  # FTP's lines between may begin with anything
            return lines
    raise _too_long(target)


def _too_long(target: Target) -> Unreachable:
    name = target.protocol.name
    return Unreachable(f"the {name} server's answer has more than {MAX_LINES} lines", cause="not-tls")


def _begins(wire: Wire, target: Target, *starts: str) -> None:
    line = wire.line()
    if not line.upper().startswith(starts):
        raise _refused(wire, target, line)


def _until(wire: Wire, target: Target, start: str) -> list[str]:
    """The lines up to the one that begins with START, this one last."""
    lines = []
    for _ in range(MAX_LINES):
        lines.append(wire.line())
        if lines[-1].upper().startswith(start):
            return lines
    raise _too_long(target)


def _smtp(wire: Wire, target: Target) -> None:
    _coded(wire, target, "220")
    wire.send(b"EHLO trustrig.invalid\r\n")
    if not any(line[4:].strip().upper() == "STARTTLS" for line in _coded(wire, target, "250")):
        raise NoUpgrade(target, "EHLO lists no STARTTLS")
    wire.send(b"STARTTLS\r\n")
    _coded(wire, target, "220")


def _ftp(wire: Wire, target: Target) -> None:
    _coded(wire, target, "220")
    wire.send(b"AUTH TLS\r\n")
    _coded(wire, target, "234")  # RFC 4217, 4


def _nntp(wire: Wire, target: Target) -> None:
    _begins(wire, target, "200", "201")
    wire.send(b"STARTTLS\r\n")
    _begins(wire, target, "382")  # RFC 4642, 2.2.1


def _pop3(wire: Wire, target: Target) -> None:
    _begins(wire, target, "+OK")
    wire.send(b"STLS\r\n")
    _begins(wire, target, "+OK")


def _imap(wire: Wire, target: Target) -> None:
    _begins(wire, target, "* OK")
    wire.send(b"a1 STARTTLS\r\n")
    answer = _until(wire, target, "A1 ")[-1]
    if not answer[3:].upper().startswith("OK"):
        raise NoUpgrade(target, answer)


def _sieve(wire: Wire, target: Target) -> None:
    first = wire.line()
    if not first.startswith('"'):
        raise _refused(wire, target, first)
    if not any(line.upper().startswith('"STARTTLS"') for line in (first, *_until(wire, target, "OK"))):
        raise NoUpgrade(target, "its capabilities list no STARTTLS")
    wire.send(b"STARTTLS\r\n")
    _begins(wire, target, "OK")


def _xmpp(wire: Wire, target: Target) -> None:
    host = target.host.text.removesuffix(".")  # a host's letters, digits, dots and hyphens need no escape
    wire.send(
        f"<?xml version='1.0'?><stream:stream to='{host}' version='1.0' xml:lang='en' xmlns='jabber:client' "
        "xmlns:stream='http://etherx.jabber.org/streams'>".encode("ascii")
    )
    if not re.search(rb"<starttls[\s/>]", _element(wire, target, _FEATURES)):
        raise NoUpgrade(target, "its stream features list no starttls")
    wire.send(f"<starttls xmlns='{_XMPP_TLS}'/>".encode("ascii"))
    answer = _element(wire, target, _PROCEED)
    if b"<proceed" not in answer:
        raise NoUpgrade(target, shown(answer))


def _element(wire: Wire, target: Target, end: re.Pattern[bytes]) -> bytes:
    """What comes, up to a match of END."""
    text = wire.exactly(1)
    if text != b"<":
        raise _foreign(wire, target)
    while not (text.endswith(b">") and end.search(text)):
        if len(text) > MAX_ELEMENT:
            raise Unreachable(f"the xmpp server's answer is longer than {MAX_ELEMENT} bytes", cause="not-tls")
        text += wire.exactly(1)
    return text


def _ldap(wire: Wire, target: Target) -> None:
    from pki.live.ldap import EXTENDED_RESPONSE, SUCCESS, read_answer

    wire.send(_LDAP_REQUEST)
    head = wire.exactly(2)
    if head[0] != _LDAP_WHOLE:
        raise _foreign(wire, target)
    if head[1] & 0x80:
        head += wire.exactly(min(head[1] & 0x7F, 4))
    length = head[1] if head[1] < 0x80 else int.from_bytes(head[2:], "big")
    if length > _LDAP_ANSWER_MOST:
        raise Unreachable(
            f"the ldap server's answer is longer than {_LDAP_ANSWER_MOST} bytes", cause="not-tls"
        )
    body = wire.exactly(length)
    try:
        answer = read_answer(body)
    except ValueError:
        raise Unreachable("the ldap server's answer does not read", cause="not-tls") from None
    if (answer.operation, answer.result) != (EXTENDED_RESPONSE, SUCCESS):
        raise NoUpgrade(target, f"resultCode {answer.result}")


def _postgres(wire: Wire, target: Target) -> None:
    wire.send(_POSTGRES_SSL_REQUEST)
    answer = wire.exactly(1)
    if answer not in (b"S", b"N", b"E"):
        raise _foreign(wire, target)
    if answer != b"S":
        raise NoUpgrade(target, f"SSLRequest was answered with {answer.decode('ascii', 'replace')}")


def _mysql(wire: Wire, target: Target) -> None:
    head = wire.exactly(4)  # length of three bytes, the lowest first, and the number of the packet
    length = int.from_bytes(head[:3], "little")
    if head[3] or not 1 <= length <= MAX_LINE:
        raise _foreign(wire, target)
    body = wire.exactly(length)
    if body[0] == _MYSQL_ERROR:
        raise NoUpgrade(target, shown(body[3:]))
    version, _, rest = body[1:].partition(b"\0")
    if body[0] != _MYSQL_GREETING or len(rest) < 15:
        raise _foreign(wire, target)
    capabilities = int.from_bytes(rest[13:15], "little")  # behind thread id, eight bytes of salt and a zero
    if not capabilities & _MYSQL_SSL:
        raise NoUpgrade(target, f"MySQL {shown(version)} without the capability CLIENT_SSL")
    wire.send(_MYSQL_REQUEST)


def _more(wire: Wire) -> None:
    """What else is there by now, for a message."""
    wire.connected.setblocking(False)
    try:
        found = wire.connected.recv(MAX_LINE)
    except OSError:
        return
    wire.opening += found


_STEPS: dict[str, Callable[[Wire, Target], None]] = {
    "smtp": _smtp,
    "imap": _imap,
    "pop3": _pop3,
    "ftp": _ftp,
    "ldap": _ldap,
    "postgres": _postgres,
    "mysql": _mysql,
    "xmpp": _xmpp,
    "sieve": _sieve,
    "nntp": _nntp,
}
