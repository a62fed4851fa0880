"""LDAP, PostgreSQL and MQTT inside TLS: the first message of a client, and what the answer is about."""

from __future__ import annotations

from collections.abc import Generator

from pki.handshake.server_text import names_certificates, quoted
from pki.live.conversations.conversation import MAX_RECEIVED, Inbox, Script, ServerAnswer, unreadable
from pki.live.ldap import BIND_RESPONSE, EXTENDED_RESPONSE, SUCCESS, read_answer
from pki.model.transport import IdentityAnswer

# LDAPMessage 2 with BindRequest [APPLICATION 0], version 3, no name, simple [0] no password (RFC 4511, 4.2).
_ANONYMOUS_BIND = bytes.fromhex("300c020102600702010304008000")


def ldap() -> Script:
    """An anonymous bind."""
    inbox = Inbox()
    inbox.send(_ANONYMOUS_BIND)
    body = yield from _ldap_message(inbox)
    try:
        answer = read_answer(body)
    except ValueError:
        return unreadable("LDAP", inbox.opening)
    text = quoted(answer.text)
    evidence = f"LDAP resultCode {answer.result}" + (f' "{text}"' if text else "")
    if names_certificates(text):
        return ServerAnswer(IdentityAnswer.REFUSED, evidence)
    if (answer.operation, answer.result) == (BIND_RESPONSE, SUCCESS):
        return ServerAnswer(IdentityAnswer.ACCEPTED, "an anonymous bind was answered with success")
    if answer.operation == EXTENDED_RESPONSE:  # Notice of Disconnection (RFC 4511, 4.4.1)
        return ServerAnswer(
            IdentityAnswer.UNKNOWN,
            f"{evidence}: the server ended it, and does not say that it is about the identity",
        )
    return ServerAnswer(
        IdentityAnswer.UNKNOWN,
        f"{evidence}: TLS was gone through, and the answer is about an anonymous bind, not about the identity",
    )


def _ldap_message(inbox: Inbox) -> Generator[bytes, bytes, bytes]:
    """What is inside one LDAPMessage; empty where none is."""
    head = yield from inbox.exactly(2)
    length = head[1]
    if length & 0x80:
        octets = yield from inbox.exactly(min(length & 0x7F, 4))
        length = int.from_bytes(octets, "big")
    if head[0] != 0x30 or length > MAX_RECEIVED:
        return b""
    return (yield from inbox.exactly(length))


def postgres(who: str) -> Script:
    """StartupMessage 3.0 of WHO, whom `clientcert=verify-full` and `cert` compare with the certificate's CommonName.

    Source: PostgreSQL, Message Formats and Error Message Fields; src/backend/libpq/auth.c, ClientAuthentication: the
    certificate is asked for first, its name is compared after a password.
    """
    inbox, user = Inbox(), who or "nobody"
    start = b"user\0" + user.encode().replace(b"\0", b"") + b"\0\0"
    inbox.send((len(start) + 8).to_bytes(4, "big") + (196608).to_bytes(4, "big") + start)
    while True:
        kind = yield from inbox.exactly(1)
        length = int.from_bytes((yield from inbox.exactly(4)), "big") - 4
        if kind not in b"RENSKv" or not 0 <= length <= MAX_RECEIVED:
            return unreadable("PostgreSQL", inbox.opening)
        body = yield from inbox.exactly(length)
        if kind == b"E":
            return _postgres_error(body)
        if kind == b"R":
            method = int.from_bytes(body[:4], "big")
            if method == 0:
                return ServerAnswer(IdentityAnswer.ACCEPTED, f'logged in as "{user}" (AuthenticationOk)')
            return ServerAnswer(
                IdentityAnswer.ACCEPTED,
                f"it asks for \"{user}\"'s password next; a certificate's name is compared after it",
            )


def _postgres_error(body: bytes) -> ServerAnswer:
    fields = {field[:1]: quoted(field[1:]) for field in body.split(b"\0") if field}
    text = fields.get(b"M", "")
    evidence = f'PostgreSQL: {fields.get(b"S", "ERROR")} {fields.get(b"C", "")} "{text}"'
    if names_certificates(text):
        return ServerAnswer(IdentityAnswer.REFUSED, evidence)
    return ServerAnswer(
        IdentityAnswer.UNKNOWN, f"{evidence}: TLS was gone through, and the answer does not name the identity"
    )


def mqtt() -> Script:
    """CONNECT of MQTT 3.1.1 with a clean session and no name (MQTT 3.1.1, 3.1); 5.0's brokers take it, too."""
    inbox = Inbox()
    variable = b"\x00\x04MQTT\x04\x02\x00\x0a" + b"\x00\x00"
    inbox.send(b"\x10" + bytes((len(variable),)) + variable)
    head = yield from inbox.exactly(4)
    if head[:2] != b"\x20\x02":  # CONNACK (3.2)
        return unreadable("MQTT", inbox.opening)
    if head[3] == 0:
        return ServerAnswer(IdentityAnswer.ACCEPTED, "CONNACK: connection accepted")
    text = {2: "identifier rejected", 4: "bad user name or password", 5: "not authorized"}.get(
        head[3], str(head[3])
    )
    return ServerAnswer(
        IdentityAnswer.UNKNOWN,
        f"CONNACK {head[3]}, {text}: the broker wants a login besides, or does not let this identity in",
    )
