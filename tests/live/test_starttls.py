"""Protocols that go into TLS from the clear: scripted word by word, TLS by a real server behind the words."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pki.live import Route, Unreachable, evaluate_live, parse_target
from pki.live.protocols import UPGRADES
from pki.live.starttls import NoUpgrade
from tests import clock
from tests.live.stage import Stage, scripted

LDAP_REQUEST = bytes.fromhex("301d02010177188016") + b"1.3.6.1.4.1.1466.20037"
LDAP_YES = bytes.fromhex("300c02010178070a010004000400")
POSTGRES_REQUEST = bytes.fromhex("0000000804d2162f")


def lines(guest: socket.socket, *turns: tuple[bytes, bytes]) -> None:
    """Say the first of each turn, then wait for the second."""
    for said, awaited in turns:
        guest.sendall(said)
        heard = b""
        while len(heard) < len(awaited):
            piece = guest.recv(1)
            if not piece:
                return
            heard += piece
        assert heard == awaited


def smtp(guest: socket.socket) -> None:
    features = b"250-mail.test\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 HELP\r\n"
    lines(
        guest,
        (b"220-mail.test\r\n220 ESMTP\r\n", b"EHLO trustrig.invalid\r\n"),
        (features, b"STARTTLS\r\n"),
        (b"220 go ahead\r\n", b""),
    )


def imap(guest: socket.socket) -> None:
    lines(
        guest,
        (b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n", b"a1 STARTTLS\r\n"),
        (b"* CAPABILITY IMAP4rev1\r\na1 OK begin\r\n", b""),
    )


def ldap(guest: socket.socket) -> None:
    lines(guest, (b"", LDAP_REQUEST), (LDAP_YES, b""))


def postgres(guest: socket.socket) -> None:
    lines(guest, (b"", POSTGRES_REQUEST), (b"S", b""))


def pop3(guest: socket.socket) -> None:
    lines(guest, (b"+OK ready <1@mail.test>\r\n", b"STLS\r\n"), (b"+OK begin\r\n", b""))


def ftp(guest: socket.socket) -> None:
    """RFC 959, 4.2: what stands between the first and the last line of a reply may begin with anything."""
    greeting = b"220-files.test FTP\r\nWelcome.\r\n  220 files\r\n220 ready\r\n"
    lines(guest, (greeting, b"AUTH TLS\r\n"), (b"234 go ahead\r\n", b""))


def nntp(guest: socket.socket) -> None:
    lines(guest, (b"201 news.test\r\n", b"STARTTLS\r\n"), (b"382 go on\r\n", b""))


def sieve(guest: socket.socket) -> None:
    features = b'"IMPLEMENTATION" "x"\r\n"SIEVE" "fileinto"\r\n"STARTTLS"\r\n"VERSION" "1.0"\r\nOK\r\n'
    lines(guest, (features, b"STARTTLS\r\n"), (b'OK "begin"\r\n', b""))


def xmpp(guest: socket.socket) -> None:
    heard = b""
    while not heard.endswith(b">") or b"<stream:stream" not in heard:
        heard += guest.recv(1)
    assert (
        b"to='api.example.test'" in heard or b'to="' in heard
    )  # RFC 6120, 4.7.2: the initiating entity says to whom
    lines(
        guest,
        (
            b"<?xml version='1.0'?><stream:stream id='1' from='api.example.test' version='1.0' xmlns='jabber:client' "
            b"xmlns:stream='http://etherx.jabber.org/streams'><stream:features>"
            b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>",
            b"<starttls ",
        ),
    )
    while guest.recv(1) != b">":
        pass
    guest.sendall(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")


def mysql(guest: socket.socket) -> None:
    guest.sendall(mysql_greeting(0xFFFF))
    asked = b""
    while len(asked) < 4 + 32:  # SSLRequest: the head, four bytes of capabilities, and 28 more
        asked += guest.recv(4 + 32 - len(asked))
    assert asked[:4] == b"\x20\0\0\x01"
    assert int.from_bytes(asked[4:8], "little") & 0x0A00 == 0x0A00  # CLIENT_PROTOCOL_41 and CLIENT_SSL


def mysql_greeting(capabilities: int) -> bytes:
    """MySQL, Protocol::HandshakeV10: version, thread id, salt, capabilities (lower half), and what follows."""
    body = b"\x0a8.0.36\0" + b"\x08\0\0\0" + b"saltsalt\0" + capabilities.to_bytes(2, "little")
    body += b"\x21\x02\0\xff\xff\x15" + bytes(10) + b"saltsaltsalt\0" + b"mysql_native_password\0"
    return len(body).to_bytes(3, "little") + b"\0" + body


SCRIPTS = {
    "smtp": smtp,
    "imap": imap,
    "pop3": pop3,
    "ftp": ftp,
    "ldap": ldap,
    "postgres": postgres,
    "mysql": mysql,
    "xmpp": xmpp,
    "sieve": sieve,
    "nntp": nntp,
}


@pytest.fixture
def server_context(stage: Stage, tmp_path: Path) -> ssl.SSLContext:
    pem = tmp_path / "server.pem"
    key = stage.server.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(key + b"".join(cert.public_bytes(Encoding.PEM) for cert in stage.server.sent_chain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def test_every_protocol_is_played() -> None:
    assert set(SCRIPTS) == set(UPGRADES)


@pytest.mark.parametrize(("protocol", "play"), SCRIPTS.items())
def test_a_server_is_judged_behind_its_protocol(
    protocol: str, play: Callable[[socket.socket], None], stage: Stage, server_context: ssl.SSLContext
) -> None:
    def serve(guest: socket.socket) -> None:
        play(guest)
        with server_context.wrap_socket(guest, server_side=True) as secured:
            secured.recv(1)

    with scripted(serve) as port:
        target = parse_target("api.example.test", starttls=protocol)
        route = Route(target, via=("127.0.0.1", port), timeout=clock.PATIENCE)
        verdict, _ = evaluate_live(route, at=stage.at, anchors=stage.anchors())
    assert verdict.trusted
    assert not verdict.ats_applies  # no URLSession speaks these
    assert verdict.transport is not None
    assert verdict.transport.version == "1.3"


def says(words: bytes, *, after: int = 0) -> Callable[[socket.socket], None]:
    def play(guest: socket.socket) -> None:
        heard = b""
        while len(heard) < after:
            heard += guest.recv(after - len(heard)) or b" " * after
        guest.sendall(words)
        guest.recv(4096)

    return play


@pytest.mark.parametrize(
    ("protocol", "play", "told"),
    [
        ("smtp", says(b"554 go away\r\n"), "554 go away"),
        (
            "smtp",
            lambda g: lines(g, (b"220 hi\r\n", b"EHLO trustrig.invalid\r\n"), (b"250 HELP\r\n", b"")),
            "lists no",
        ),
        ("imap", says(b"* BYE\r\n"), "BYE"),
        (
            "imap",
            lambda g: lines(g, (b"* OK\r\n", b"a1 STARTTLS\r\n"), (b"a1 NO never\r\n", b"")),
            "a1 NO never",
        ),
        ("ldap", says(LDAP_YES.replace(b"\n\1\0", b"\n\1\2"), after=len(LDAP_REQUEST)), "resultCode 2"),
        ("postgres", says(b"N", after=8), "answered with N"),
        ("pop3", lambda g: lines(g, (b"+OK\r\n", b"STLS\r\n"), (b"-ERR no\r\n", b"")), "-ERR no"),
        ("ftp", lambda g: lines(g, (b"220 hi\r\n", b"AUTH TLS\r\n"), (b"500 what?\r\n", b"")), "500 what?"),
        ("ftp", says(b"421 closing down\r\n"), "421 closing down"),
        ("nntp", lambda g: lines(g, (b"200 hi\r\n", b"STARTTLS\r\n"), (b"580 no\r\n", b"")), "580 no"),
        ("sieve", says(b'"SIEVE" "x"\r\nOK\r\n'), "list no STARTTLS"),
        (
            "xmpp",
            says(b"<stream:stream><stream:features><x/></stream:features>", after=9),
            "list no starttls",
        ),
        ("xmpp", says(b"<stream:stream><stream:features/>", after=9), "list no starttls"),
        ("mysql", says(mysql_greeting(0xF7FF)), "MySQL 8.0.36 without the capability CLIENT_SSL"),
        ("mysql", says(b"\x16\0\0\0\xff\x69\x04Host is not allowed"), "Host is not allowed"),
    ],
)
def test_a_server_without_tls(protocol: str, play: Callable[[socket.socket], None], told: str) -> None:
    with scripted(play) as port, pytest.raises(NoUpgrade) as refused:
        reach(protocol, port)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("protocol", "play", "told"),
    [
        ("smtp", says(b"2" * 10_000), "line of more than 4096 bytes"),
        ("smtp", says(b"220-more\r\n" * 200), "more than 100 lines"),
        (
            "imap",
            lambda g: lines(g, (b"* OK\r\n", b"a1 STARTTLS\r\n"), (b"* x\r\n" * 200, b"")),
            "more than 100 lines",
        ),
        ("ldap", says(b"\x30\x84\x7f\xff\xff\xff", after=len(LDAP_REQUEST)), "longer than 4096 bytes"),
        ("ldap", says(b"HTTP/1.1 400", after=len(LDAP_REQUEST)), "does not speak LDAP"),
        (
            "imap",
            says(b"220 mail.test ESMTP\r\n"),
            "That is plain SMTP. Ask by `trustrig evaluate HOST:PORT --starttls smtp`",
        ),
        ("smtp", says(b"* OK IMAP4rev1\r\n"), "That is plain IMAP"),
        ("smtp", says(b"SSH-2.0-x\r\n"), "That is plain SSH"),
        ("smtp", says(mysql_greeting(0xFFFF)), "That is plain MySQL"),
        (
            "ftp",
            lambda g: lines(g, (b"220 m ESMTP\r\n", b"AUTH TLS\r\n"), (b"502 no\r\n", b"")),
            "plain SMTP",
        ),
        ("nntp", says(b"+OK\r\n"), "That is plain POP3"),
        ("sieve", says(b"HTTP/1.1 400 Bad\r\n"), "That is plain HTTP"),
        ("xmpp", says(b"HTTP/1.1 400 Bad\r\n", after=9), "does not speak XMPP"),
        ("xmpp", says(b"<" + b"a" * 20_000, after=9), "longer than 16384 bytes"),
        ("mysql", says(b"220 files.test FTP\r\n"), "does not speak MySQL"),
        ("mysql", says(b"\0\0\0\0"), "does not speak MySQL"),
        ("postgres", says(b"HTTP/1.1 400 Bad\r\n", after=8), "That is plain HTTP"),
        ("ftp", says(b"220-x\r\n" * 200), "more than 100 lines"),
        ("sieve", says(b'"X"\r\n' * 200), "more than 100 lines"),
        ("ldap", says(b"\x30\x03\x02\x05\x00", after=len(LDAP_REQUEST)), "does not read"),
        ("postgres", says(b"SX", after=8), "in the clear"),
        ("imap", lambda g: None, "closed the connection"),
        ("postgres", lambda g: g.recv(9) and g.recv(1), "nothing came in"),
    ],
)
def test_what_does_not_speak_the_protocol(
    protocol: str, play: Callable[[socket.socket], None], told: str
) -> None:
    with scripted(play) as port, pytest.raises(Unreachable) as failed:
        reach(protocol, port, timeout=0.5 if told == "nothing came in" else clock.PATIENCE)
    assert told in str(failed.value)


def reach(protocol: str, port: int, *, timeout: float = clock.PATIENCE) -> None:
    target = parse_target("api.example.test", starttls=protocol)
    with Route(target, via=("127.0.0.1", port), timeout=timeout).open():
        pass
