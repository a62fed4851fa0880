"""IMAP, POP3 and ManageSieve inside TLS: a login is begun without a name, and left.

Dovecot greets everybody and answers what needs no login, whatever certificate came; only at a login it says that it
wants a good one (dovecot 2.3, src/login-common/sasl-server.c, auth_ssl_require_client_cert): a greeting is no answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from pki.live.bounded_reads import MAX_LINES
from pki.live.conversations.conversation import Inbox, Over, Script, ServerAnswer, not_about_identity
from pki.model.transport import IdentityAnswer


@dataclass(frozen=True, slots=True)
class Login:
    """How a protocol greets and logs in: beginnings of lines, in capitals, and the commands.

    `greeting` is when a greeting ends well, `ready` begins a line that asks for the name and password, `answers` one
    that ends the login. `logged_in` is a greeting for whom TLS has shown already. Where the server has not the
    mechanism of the first command, the next is asked: EXTERNAL (RFC 4422, A) is where the certificate is the login.
    """

    greeting: tuple[str, ...]
    commands: tuple[bytes, ...]
    ready: tuple[str, ...]
    answers: tuple[str, ...]
    logged_in: tuple[str, ...] = ()
    greets_again: bool = False  # after STARTTLS, too


LOGINS = {
    # RFC 9051, 7.1.4 and 6.2.2
    "imap": Login(
        ("* OK",),
        (b"a2 AUTHENTICATE PLAIN\r\n", b"a3 AUTHENTICATE EXTERNAL\r\n"),
        ("+",),
        ("A2 ", "A3 ", "* BYE"),
        ("* PREAUTH",),
    ),
    # RFC 1939, 4; RFC 5034
    "pop3": Login(("+OK",), (b"AUTH PLAIN\r\n", b"AUTH EXTERNAL\r\n"), ("+ ", "+\r"), ("-ERR", "+OK")),
    # RFC 5804, 1.3 and 2.1; its capabilities are listed again in TLS (2.2)
    "sieve": Login(
        ("OK",),
        (b'AUTHENTICATE "PLAIN"\r\n', b'AUTHENTICATE "EXTERNAL"\r\n'),
        ('"', "{"),
        ("NO", "BYE", "OK"),
        greets_again=True,
    ),
}


def log_in(login: Login, *, greeted: bool) -> Script:
    """Wait for the greeting, unless it came in the clear already (GREETED), and begin."""
    inbox = Inbox()
    if not greeted or login.greets_again:
        for _ in range(MAX_LINES):
            line = yield from inbox.line()
            known = line.upper()
            if known.startswith(login.logged_in) and login.logged_in:
                return ServerAnswer(IdentityAnswer.ACCEPTED, f'greeted with "{line}"')
            if known.startswith(login.greeting):
                break
            if login.greets_again and known.startswith('"'):  # a line of capabilities
                continue
            return not_about_identity(line)
    answer = yield from _begin(inbox, login, login.commands[0])
    for command in login.commands[1:]:
        if answer.outcome is IdentityAnswer.UNKNOWN:
            try:
                answer = yield from _begin(inbox, login, command)
            except Over:  # it left, or keeps silent: what it said before stands
                break
    return answer


def _begin(inbox: Inbox, login: Login, command: bytes) -> Script:
    """Begin a login by COMMAND."""
    inbox.send(command)
    name = command.decode("ascii").strip()
    for _ in range(MAX_LINES):
        line = yield from inbox.line()
        known = line.upper()
        if known.startswith(login.answers):
            return not_about_identity(line)
        if known.startswith(login.ready) or known == "+":
            return ServerAnswer(IdentityAnswer.ACCEPTED, f"it goes on to a login ({name}, not gone through)")
    return ServerAnswer(
        IdentityAnswer.UNKNOWN, f"more than {MAX_LINES} lines came before an answer to {name}"
    )
