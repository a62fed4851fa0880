"""SMTP, IMAP and POP3 inside TLS: the first command that a server answers differently to who showed what.

Nobody is logged in: a login is begun without a name, and left.
"""

from __future__ import annotations

from collections.abc import Generator

from pki.live.asking.script import MAX_LINES, Inbox, Said, Script, names_certificates
from pki.model.transport import IdentityAnswer


def smtp(*, greeted: bool) -> Script:
    """EHLO. GREETED: the greeting came in the clear already, before STARTTLS (RFC 3207, 4.2)."""
    inbox = Inbox()
    if not greeted:
        reply = yield from _smtp_reply(inbox)
        if not reply.startswith("220"):
            return _turned_away(reply)
    inbox.say(b"EHLO trustrig.invalid\r\n")
    reply = yield from _smtp_reply(inbox)
    if not reply.startswith("250"):
        return _turned_away(reply)
    return Said(IdentityAnswer.ACCEPTED, f'EHLO was answered "{reply}"')


def _smtp_reply(inbox: Inbox) -> Generator[bytes, bytes, str]:
    """The last line of a reply (RFC 5321, 4.2.1), which has the code of all."""
    line = ""
    for _ in range(MAX_LINES):
        line = yield from inbox.line()
        if line[3:4] != "-":
            break
    return line


def imap(*, greeted: bool) -> Script:
    """AUTHENTICATE PLAIN, and no more: Dovecot greets everybody, and tells who has no good certificate at a login.

    Source: dovecot 2.3, src/login-common/sasl-server.c: auth_ssl_require_client_cert.
    """
    inbox = Inbox()
    if not greeted:
        greeting = yield from inbox.line()
        if not greeting.upper().startswith(("* OK", "* PREAUTH")):
            return _turned_away(greeting)
        if greeting.upper().startswith("* PREAUTH"):  # RFC 9051, 7.1.4: logged in by what TLS showed
            return Said(IdentityAnswer.ACCEPTED, f'greeted with "{greeting}"')
    inbox.say(b"a2 AUTHENTICATE PLAIN\r\n")
    for _ in range(MAX_LINES):
        line = yield from inbox.line()
        if line.startswith("+"):
            return Said(
                IdentityAnswer.ACCEPTED, "it goes on to a login (AUTHENTICATE PLAIN, not gone through)"
            )
        if line.startswith("a2 ") or line.upper().startswith("* BYE"):
            return _login(line)
    return Said(IdentityAnswer.UNKNOWN, f"more than {MAX_LINES} lines came before an answer")


def pop3(*, greeted: bool) -> Script:
    """AUTH PLAIN (RFC 5034), and no more."""
    inbox = Inbox()
    if not greeted:
        greeting = yield from inbox.line()
        if not greeting.startswith("+OK"):
            return _turned_away(greeting)
    inbox.say(b"AUTH PLAIN\r\n")
    line = yield from inbox.line()
    if line.startswith("+"):
        return Said(IdentityAnswer.ACCEPTED, "it goes on to a login (AUTH PLAIN, not gone through)")
    return _login(line)


def _login(line: str) -> Said:
    """A login that was not even begun: for the want of a certificate, or because this way is not offered."""
    if names_certificates(line):
        return Said(IdentityAnswer.REFUSED, f'"{line}"')
    return Said(
        IdentityAnswer.UNKNOWN,
        f'"{line}": TLS was gone through, and what the server makes of the identity shows at a login of another kind',
    )


def _turned_away(line: str) -> Said:
    """The server ends it in words before it has heard anything."""
    if names_certificates(line):
        return Said(IdentityAnswer.REFUSED, f'"{line}"')
    return Said(IdentityAnswer.UNKNOWN, f'"{line}": the answer does not say that it is about the identity')
