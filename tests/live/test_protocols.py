"""One table of protocols: what a server's first words are of, and what is written instead."""

from __future__ import annotations

import re

import pytest

from pki.live import Route, parse_target, route
from pki.live.end_causes import explained
from pki.live.protocols import PROTOCOLS, UPGRADES, clear_text_hint, of_scheme, schemes, spoken_by, usual_at
from pki.live.starttls import _STEPS
from pki_cli.options.span import DEFAULT_TIMEOUT

# As each program greets, or answers what it cannot read.
OPENINGS = {
    b"220 mail.test ESMTP Exim 4.96 Mon, 30 Nov 2026 12:00:00 +0000\r\n": "smtp",
    b"220-mail.test ESMTP\r\n220 ready\r\n": "smtp",
    b"220 (vsFTPd 3.0.3)\r\n": "ftp",
    b"220 ProFTPD Server (Debian) [127.0.0.1]\r\n": "ftp",
    b"* OK [CAPABILITY IMAP4rev1 STARTTLS] Dovecot ready.\r\n": "imap",
    b"* PREAUTH IMAP4rev1\r\n": "imap",
    b"+OK Dovecot ready.\r\n": "pop3",
    b"HTTP/1.1 400 Bad Request\r\n": "http",
    b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n": "ssh",
    b"d\0\0\0\x0a5.5.5-10.11.19-MariaDB-0+deb12u1\0\x04\0\0\0": "mysql",
    b"E\0\0\0\xffj\x04Host '192.0.2.1' is not allowed": "mysql",
    b"<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams'": "xmpp",
    b'"IMPLEMENTATION" "Dovecot Pigeonhole"\r\n': "sieve",
    b"200 news.test InterNetNews NNRP server INN 2.7.1 ready (posting ok)\r\n": "nntp",
    b"-ERR unknown command '\\x16\\x03\\x01'\r\n": "redis",
    b"AMQP\0\0\x09\x01": "amqp",
    b"RFB 003.008\n": "vnc",
    b"\x30\x24\x02\x01\x00\x78\x1f\x0a\x01\x02": "ldap",
}


@pytest.mark.parametrize("opening", OPENINGS, ids=OPENINGS.values())
def test_whose_words_they_are(opening: bytes) -> None:
    assert [row.name for row in spoken_by(opening)] == [OPENINGS[opening]]
    assert PROTOCOLS[OPENINGS[opening]].title in clear_text_hint(opening)


def test_where_two_protocols_begin_alike_both_are_said() -> None:
    assert [row.name for row in spoken_by(b"220 ready\r\n")] == ["smtp", "ftp"]
    assert "--starttls smtp" in clear_text_hint(b"220 ready\r\n")
    assert "--starttls ftp" in clear_text_hint(b"220 ready\r\n")


@pytest.mark.parametrize("opening", [b"", b"hello\r\n", b"22", b"\0\0\0\0", b"500 OOPS\r\n"])
def test_what_nobody_known_says(opening: bytes) -> None:
    assert clear_text_hint(opening) == ""


def test_every_upgrade_has_its_steps_and_every_scheme_its_protocol() -> None:
    assert set(_STEPS) == set(UPGRADES)
    assert all(of_scheme(scheme) is not None for scheme in schemes())
    assert len(set(schemes())) == len(schemes())


def test_a_repair_can_be_written() -> None:
    """Whatever is advised of another protocol, this command takes."""
    for row in PROTOCOLS.values():
        for protocol in re.findall(r"--starttls (\w+)", row.repair):
            assert parse_target("api.test", starttls=protocol).protocol is row
        for scheme in re.findall(r"(\w+)://HOST", row.repair):
            assert parse_target(f"{scheme}://api.test:1").protocol is row


@pytest.mark.parametrize(("port", "name"), [(389, "ldap"), (25, "smtp"), (5432, "postgres"), (443, None)])
def test_the_usual_protocol_of_a_port_is_named_where_nothing_was_heard(port: int, name: str | None) -> None:
    usual = usual_at(port)
    assert (usual.name if usual else None) == name
    words = explained("closed", Route(parse_target(f"https://api.test:{port}")), alert=None, received=0)
    assert (f"--starttls {name}" in words) is (name is not None)
    assert "PROXY protocol" in words  # the port's number alone settles nothing


def test_what_one_connection_may_take_is_written_once_for_help_and_once_for_the_library() -> None:
    """They are written twice, so that `--help` need not import the library."""
    assert route.TIMEOUT == DEFAULT_TIMEOUT
