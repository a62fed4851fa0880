"""Protocols whose first command is answered to whoever was let in: SMTP, FTP, NNTP, Redis and others."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from pki.handshake.server_text import names_certificates, quoted
from pki.live.bounded_reads import MAX_LINES
from pki.live.conversations.conversation import Inbox, Script, ServerAnswer, not_about_identity, unreadable
from pki.live.protocols import spoken_by
from pki.model.transport import IdentityAnswer


@dataclass(frozen=True, slots=True)
class Command:
    """What is said, and how an answer begins that deals with it: empty, whatever comes is one.

    `greeting` is how the server begins where it speaks first; empty: it does not.
    """

    data: bytes
    good: tuple[str, ...] = ()
    greeting: tuple[str, ...] = ()


COMMANDS = {
    # RFC 3207, 4.2: after STARTTLS a client begins again with EHLO
    "smtp": Command(b"EHLO trustrig.invalid\r\n", ("250",), ("220",)),
    # RFC 959, 5.4: 530, not logged in, is said to everybody
    "ftp": Command(b"NOOP\r\n", ("2", "530"), ("220",)),
    "nntp": Command(b"CAPABILITIES\r\n", ("101",), ("200", "201")),  # RFC 3977, 5.2
    # NOAUTH: a password is asked for besides, of everybody
    "redis": Command(b"PING\r\n", ("+PONG", "-NOAUTH")),
    "amqp": Command(b"AMQP\x00\x00\x09\x01"),  # AMQP 0-9-1, 4.2.2: Connection.Start follows
    "xmpp": Command(  # RFC 6120, 4.3: the features of the stream follow
        b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
    ),
}
UNKNOWN = Command(b"")
"""Of a protocol that is not known nothing can be asked: what the server says first is its answer, silence is none."""


def ask(command: Command, *, greeted: bool) -> Script:
    """Wait for the greeting, unless there is none or it came in the clear already (GREETED), and ask."""
    inbox = Inbox()
    if command.greeting and not greeted:
        line = yield from _reply(inbox)
        if not line.startswith(command.greeting):
            return not_about_identity(line)
    inbox.send(command.data)
    if command.good:
        line = yield from _reply(inbox)
        if not line.startswith(command.good):
            return not_about_identity(line)
        return ServerAnswer(
            IdentityAnswer.ACCEPTED, f'{command.data.decode("ascii").strip()} was answered "{line}"'
        )
    yield from inbox.more()
    text = quoted(inbox.data)
    if names_certificates(text):
        return ServerAnswer(IdentityAnswer.REFUSED, f'"{text}"')
    if command is UNKNOWN and any(row.schemes for row in spoken_by(inbox.data)):
        return unreadable("", inbox.opening)
    return ServerAnswer(IdentityAnswer.ACCEPTED, f'it said "{text}"')


def _reply(inbox: Inbox) -> Generator[bytes, bytes, str]:
    """A reply of one line or, with a hyphen after its code, of several: the last (RFC 5321, 4.2.1)."""
    line = ""
    for _ in range(MAX_LINES):
        line = yield from inbox.line()
        if not (line[:3].isdigit() and line[3:4] == "-"):
            break
    return line
