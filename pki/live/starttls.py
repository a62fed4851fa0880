"""From the clear into TLS: what smtp, imap, ldap and postgres say before the handshake."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

from pki.handshake.dialling import Unreachable
from pki.live.lines import read_exactly, read_line
from pki.live.target import Upgrade

if TYPE_CHECKING:
    from pki.handshake.deadline import Deadline

MAX_LINES = 100  # of a greeting or of EHLO's answer; ours
_POSTGRES_SSL_REQUEST = struct.pack(">II", 8, 80877103)  # PostgreSQL, Message Formats: SSLRequest
# LDAPMessage 1 with ExtendedRequest [APPLICATION 23], requestName [0] 1.3.6.1.4.1.1466.20037 (RFC 4511, 4.12 and 4.14)
_OID = b"1.3.6.1.4.1.1466.20037"
_LDAP_REQUEST = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x16" + _OID
_LDAP_ANSWER_MOST = 4096  # bytes
_LDAP_WHOLE, _LDAP_ANSWER, _LDAP_ENUMERATED = 0x30, 0x78, 0x0A


class NoUpgrade(Unreachable):
    """The server is there and does not go on in TLS."""

    def __init__(self, protocol: Upgrade, said: str) -> None:
        super().__init__(
            f"the {protocol} server offers no TLS ({said[:80]!r})",
            hint="Enable STARTTLS on it; where TLS comes from the first byte, write https://HOST:PORT instead.",
        )


def upgrade(connected: socket.socket, protocol: Upgrade, *, deadline: Deadline) -> None:
    """Bring CONNECTED to where the ClientHello comes next.

    Raises:
        NoUpgrade: the server will not.
        Unreachable: it does not speak the protocol.
    """
    _STEPS[protocol](connected, deadline)
    # What a server says after "go ahead" and before our ClientHello was said in the clear, by whomever (CVE-2011-0411).
    connected.setblocking(False)
    try:
        if connected.recv(1, socket.MSG_PEEK):
            raise Unreachable(f"the {protocol} server went on in the clear after it had agreed to TLS")
    except BlockingIOError:
        pass


def _smtp(connected: socket.socket, deadline: Deadline) -> None:
    _reply(connected, deadline, "220")
    connected.sendall(b"EHLO trustrig.invalid\r\n")
    if not any(line[4:].strip().upper() == "STARTTLS" for line in _reply(connected, deadline, "250")):
        raise NoUpgrade(Upgrade.SMTP, "EHLO lists no STARTTLS")
    connected.sendall(b"STARTTLS\r\n")
    _reply(connected, deadline, "220")


def _reply(connected: socket.socket, deadline: Deadline, code: str) -> list[str]:
    """One reply of SMTP, all its lines (RFC 5321, 4.2.1)."""
    lines = []
    for _ in range(MAX_LINES):
        lines.append(read_line(connected, deadline, "the smtp server"))
        if not lines[-1].startswith(code):
            raise NoUpgrade(Upgrade.SMTP, lines[-1])
        if lines[-1][3:4] != "-":
            return lines
    raise Unreachable(f"the smtp server's reply has more than {MAX_LINES} lines")


def _imap(connected: socket.socket, deadline: Deadline) -> None:
    greeting = read_line(connected, deadline, "the imap server")
    if not greeting.upper().startswith("* OK"):
        raise NoUpgrade(Upgrade.IMAP, greeting)
    connected.sendall(b"a1 STARTTLS\r\n")
    for _ in range(MAX_LINES):
        line = read_line(connected, deadline, "the imap server")
        if line.startswith("a1 "):
            if line[3:].upper().startswith("OK"):
                return
            raise NoUpgrade(Upgrade.IMAP, line)
    raise Unreachable(f"the imap server's answer has more than {MAX_LINES} lines")


def _ldap(connected: socket.socket, deadline: Deadline) -> None:
    from pki.model import der

    connected.sendall(_LDAP_REQUEST)
    head = read_exactly(connected, 2, deadline, "the ldap server")
    if head[0] != _LDAP_WHOLE:
        raise Unreachable("what answers does not speak LDAP", hint="Is it the right port?")
    if head[1] & 0x80:
        head += read_exactly(connected, min(head[1] & 0x7F, 4), deadline, "the ldap server")
    length = head[1] if head[1] < 0x80 else int.from_bytes(head[2:], "big")
    if length > _LDAP_ANSWER_MOST:
        raise Unreachable(f"the ldap server's answer is longer than {_LDAP_ANSWER_MOST} bytes")
    body = read_exactly(connected, length, deadline, "the ldap server")
    try:
        _, answer = list(der.children(body, 0, len(body)))[:2]
        result = next(der.children(body, answer[2], answer[3]))
    except (der.DerError, StopIteration, ValueError):
        raise Unreachable("the ldap server's answer does not read") from None
    if answer[0] != _LDAP_ANSWER or result[0] != _LDAP_ENUMERATED or any(body[result[2] : result[3]]):
        raise NoUpgrade(Upgrade.LDAP, f"resultCode {int.from_bytes(body[result[2] : result[3]], 'big')}")


def _postgres(connected: socket.socket, deadline: Deadline) -> None:
    connected.sendall(_POSTGRES_SSL_REQUEST)
    answer = read_exactly(connected, 1, deadline, "the postgres server")
    if answer != b"S":
        raise NoUpgrade(Upgrade.POSTGRES, f"SSLRequest was answered with {answer.decode('ascii', 'replace')}")


_STEPS: dict[Upgrade, Callable[[socket.socket, Deadline], None]] = {
    Upgrade.SMTP: _smtp,
    Upgrade.IMAP: _imap,
    Upgrade.LDAP: _ldap,
    Upgrade.POSTGRES: _postgres,
}
