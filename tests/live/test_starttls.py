"""Protocols that go into TLS from the clear: scripted word by word, TLS by a real server behind the words."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pki.live import Route, Unreachable, evaluate_live, parse_target
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


@pytest.fixture
def server_context(stage: Stage, tmp_path: Path) -> ssl.SSLContext:
    pem = tmp_path / "server.pem"
    key = stage.server.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(key + b"".join(cert.public_bytes(Encoding.PEM) for cert in stage.server.sent_chain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


@pytest.mark.parametrize(
    ("protocol", "play"), [("smtp", smtp), ("imap", imap), ("ldap", ldap), ("postgres", postgres)]
)
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
        (verdict,), _ = evaluate_live(route, at=[stage.at], anchors=stage.anchors())
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
        reach(protocol, port)
    assert told in str(failed.value)


def reach(protocol: str, port: int) -> None:
    target = parse_target("api.example.test", starttls=protocol)
    with Route(target, via=("127.0.0.1", port), timeout=0.5).open():
        pass
