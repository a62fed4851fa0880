"""What is asked inside TLS and what answers are taken for, from bytes: real servers are in the tests beside this one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.live import parse_target
from pki.live.conversations import Conversation, ServerAnswer, conversation_for
from pki.live.conversations.conversation import MAX_RECEIVED
from pki.live.conversations.http2 import http2
from pki.live.conversations.statuses import read_status
from pki.live.protocols import PROTOCOLS, UPGRADES
from pki.model.transport import IdentityAnswer

ACCEPTED, REFUSED, UNKNOWN = IdentityAnswer.ACCEPTED, IdentityAnswer.REFUSED, IdentityAnswer.UNKNOWN
_SETTINGS = bytes.fromhex("000000040000000000")


def frame(kind: int, payload: bytes, *, flags: int = 0, stream: int = 1) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def talked(conversation: Conversation, *pieces: bytes, ends: bool = True) -> ServerAnswer | None:
    conversation.start()
    for piece in pieces:
        if not conversation.over:
            conversation.receive(piece)
    if ends:
        conversation.end()
    return conversation.answer


def web(alpn: str | None = None) -> Conversation:
    return conversation_for(parse_target("https://api.test/a?b=c"), alpn=alpn)


def by_starttls(protocol: str, who: str = "alice") -> Conversation:
    return conversation_for(parse_target("api.test:1", starttls=protocol), alpn=None, who=who)


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        pytest.param(200, b"no certificate, and welcome", ACCEPTED, id="what is served is served"),
        pytest.param(302, b"", UNKNOWN, id="redirects: to a login, or to the page that refuses"),
        pytest.param(304, b"", ACCEPTED, id="not modified"),
        pytest.param(429, b"", UNKNOWN, id="not now, to anybody"),
        pytest.param(404, b"", ACCEPTED, id="not found: somebody looked"),
        pytest.param(400, b"<title>400 The SSL certificate error</title>", REFUSED, id="nginx"),
        pytest.param(400, b"Bad Request", UNKNOWN, id="400 for whatever reason"),
        pytest.param(401, b"", UNKNOWN, id="401: a login besides, or in its place"),
        pytest.param(403, b"<h1>Forbidden</h1>", UNKNOWN, id="403 of whoever"),
        pytest.param(403, b"<p>A client <b>certificate</b></p> is required", REFUSED, id="403 in words"),
        pytest.param(403, b"<!-- certificate --><p>No</p>", UNKNOWN, id="words in a comment are none"),
        pytest.param(421, b"", UNKNOWN, id="misdirected"),
        pytest.param(495, b"", REFUSED, id="SSL Certificate Error"),
        pytest.param(496, b"", REFUSED, id="SSL Certificate Required"),
        pytest.param(500, b"certificate", UNKNOWN, id="a server that fails says nothing of anybody"),
        pytest.param(799, b"", UNKNOWN, id="no status that anybody knows"),
    ],
)
def test_what_a_status_says(status: int, body: bytes, answer: IdentityAnswer) -> None:
    said = read_status(status, body)
    assert (said.outcome, said.status) == (answer, status)
    assert str(status) in said.evidence


def test_the_request_names_path_and_host() -> None:
    assert web().start().startswith(b"GET /a?b=c HTTP/1.1\r\nHost: api.test\r\n")
    request = web("h2").start()
    assert request.startswith(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    assert b"/a?b=c" in request
    assert b"api.test" in request


@pytest.mark.parametrize(
    ("pieces", "answer", "words"),
    [
        pytest.param([b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n"], ACCEPTED, "HTTP 200 OK", id="at once"),
        pytest.param([b"HT", b"TP/1.1 2", b"04 No\r\n", b"\r\n"], ACCEPTED, "HTTP 204", id="in pieces"),
        pytest.param([b"HTTP/1.1 103 Early\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"], ACCEPTED, "HTTP 200", id="an interim one"),
        pytest.param(
            [b"HTTP/1.1 400 No\r\nContent-Length: 16\r\n\r\n", b"SSL certificate!"], REFUSED, "SSL certificate!", id="a body"
        ),
        pytest.param([b"HTTP/1.0 400 No\r\n\r\nwant a certificate"], REFUSED, "want a", id="a body until the end"),
        pytest.param([b"HTTP/1.1 200 OK\r\n"], ACCEPTED, "HTTP 200", id="a head that never ends"),
        pytest.param([b"-ERR unknown command\r\n"], UNKNOWN, "not HTTP", id="another protocol"),
        pytest.param([b"hello, whoever was let in\n"], ACCEPTED, 'not HTTP: "hello', id="data of no protocol known"),
        pytest.param([b"* OK [CAPABILITY] ready\r\n"], UNKNOWN, "write imaps://", id="a greeting is for everybody"),
        pytest.param([b"HTTP/1.1 302 F\r\nLocation: /no-cert\r\n\r\n"], UNKNOWN, 'to "/no-cert"', id="leads on"),
    ],
)  # fmt: skip
def test_http_1(pieces: list[bytes], answer: IdentityAnswer, words: str) -> None:
    said = talked(web(), *pieces)
    assert said is not None
    assert said.outcome is answer
    assert words in said.evidence


@pytest.mark.parametrize(
    ("pieces", "answer", "words"),
    [
        pytest.param([_SETTINGS + frame(1, b"\x88", flags=5)], ACCEPTED, "HTTP 200", id="all at once"),
        pytest.param([_SETTINGS, frame(1, b"\x89", flags=4)], ACCEPTED, "HTTP 204", id="indexed"),
        pytest.param([frame(1, b"\x48\x03403", flags=4), frame(0, b"a certificate", flags=1)], REFUSED, "HTTP 403", id="literal"),
        # 401 by RFC 7541's code: 011010 00000 00001
        pytest.param([frame(1, b"\x48\x82\x68\x01", flags=5)], UNKNOWN, "HTTP 401", id="by Huffman's code"),
        pytest.param([frame(1, b"\x3f\xe1\x1f\x88", flags=5)], ACCEPTED, "HTTP 200", id="after a change of the table's size"),
        pytest.param([frame(1, b"\x02\x00\x00\x00\x00\x10\x88\x00\x00", flags=0x2D)], ACCEPTED, "HTTP 200", id="padded, with priority"),
        pytest.param([frame(1, b"\x48\x03103", flags=4) + frame(1, b"\x88", flags=5)], ACCEPTED, "HTTP 200", id="an interim one"),
        pytest.param([frame(1, b"\x7f", flags=5)], UNKNOWN, "does not read", id="no status"),
        pytest.param([frame(7, bytes(7) + b"\x0cweak", stream=0)], UNKNOWN, 'GOAWAY INADEQUATE_SECURITY "weak"', id="goes away"),
        pytest.param([frame(3, b"\0\0\0\x0d")], UNKNOWN, "HTTP_1_1_REQUIRED", id="wants HTTP/1.1"),
        pytest.param([b"HTTP/1.1 400 Bad Request\r\n"], UNKNOWN, 'not HTTP/2: "HTTP/1.1 400', id="another protocol"),
        pytest.param(
            [frame(7, b"\0\0\0\x01" + bytes(4), stream=0), frame(1, b"\x88", flags=5)], ACCEPTED, "HTTP 200", id="its last answer"
        ),
        pytest.param([frame(7, bytes(8), stream=0)], UNKNOWN, "GOAWAY NO_ERROR", id="goes away in peace"),
    ],
)  # fmt: skip
def test_http_2(pieces: list[bytes], answer: IdentityAnswer, words: str) -> None:
    said = talked(web("h2"), *pieces)
    assert said is not None
    assert said.outcome is answer
    assert words in said.evidence
    assert said.http11_wanted is ("HTTP_1_1" in words)


def pg(kind: bytes, body: bytes) -> bytes:
    return kind + (len(body) + 4).to_bytes(4, "big") + body


@pytest.mark.parametrize(
    ("protocol", "pieces", "answer"),
    [
        ("smtp", [b"250-mx\r\n", b"250 HELP\r\n"], ACCEPTED),
        ("smtp", [b"530 5.7.0 A client certificate is needed\r\n"], REFUSED),
        ("smtp", [b"421 4.3.2 too busy\r\n"], UNKNOWN),
        ("imap", [b"+ \r\n"], ACCEPTED),
        ("imap", [b"* CAPABILITY X\r\na2 NO [ALERT] Client didn't present valid SSL certificate\r\n"], REFUSED),
        ("imap", [b"a2 NO no such mechanism\r\n"], UNKNOWN),
        ("imap", [b"a2 NO no such mechanism\r\n", b"+ \r\n"], ACCEPTED),  # where the certificate is the login
        ("imap", [b"a2 NO no such mechanism\r\n", b"a3 NO valid SSL certificate\r\n"], REFUSED),
        ("imap", [b"* BYE going down\r\n"], UNKNOWN),
        ("pop3", [b"+ \r\n"], ACCEPTED),
        ("pop3", [b"-ERR Client didn't present valid SSL certificate\r\n"], REFUSED),
        ("pop3", [b"-ERR no such mechanism\r\n", b"-ERR valid SSL certificate\r\n"], REFUSED),
        ("sieve", [b'"SASL" "PLAIN"\r\nOK\r\n', b'""\r\n'], ACCEPTED),
        ("sieve", [b"OK\r\n", b'NO "valid SSL certificate"\r\n'], REFUSED),
        ("nntp", [b"101 capabilities\r\n"], ACCEPTED),
        ("ftp", [b"200 ok\r\n"], ACCEPTED),
        ("ftp", [b"522 certificate\r\n"], REFUSED),
        ("xmpp", [b"<?xml version='1.0'?><stream:stream>"], ACCEPTED),
        ("ldap", [bytes.fromhex("300c02010261070a010004000400")], ACCEPTED),
        ("ldap", [bytes.fromhex("300c02010261070a013004000400")], UNKNOWN),  # inappropriateAuthentication
        ("ldap", [bytes.fromhex("301602010261110a010804000a") + b"\x04\x0aA certific"], UNKNOWN),  # no LDAPResult
        ("postgres", [pg(b"R", b"\0\0\0\0")], ACCEPTED),
        ("postgres", [pg(b"R", b"\0\0\0\x0aSCRAM-SHA-256\0\0")], ACCEPTED),
        ("postgres", [pg(b"N", b"SNOTICE\0\0") + pg(b"E", b"SFATAL\0C28000\0Mconnection requires a valid client certificate\0\0")], REFUSED),
        ("postgres", [pg(b"E", b"SFATAL\0C28000\0Mno pg_hba.conf entry\0\0")], UNKNOWN),
    ],
)  # fmt: skip
def test_other_protocols(protocol: str, pieces: list[bytes], answer: IdentityAnswer) -> None:
    said = talked(by_starttls(protocol), *pieces)
    assert said is not None
    assert said.outcome is answer


@pytest.mark.parametrize(
    ("url", "pieces", "answer"),
    [
        ("smtps://api.test", [b"220 mx ESMTP\r\n", b"250 ok\r\n"], ACCEPTED),
        ("smtps://api.test", [b"554 no valid certificate\r\n"], REFUSED),
        ("imaps://api.test", [b"* PREAUTH welcome alice\r\n"], ACCEPTED),
        ("imaps://api.test", [b"* OK ready\r\n"], None),  # a greeting is for everybody
        ("mqtts://api.test", [b"\x20\x02\x00\x00"], ACCEPTED),
        ("mqtts://api.test", [b"\x20\x02\x00\x05"], UNKNOWN),
        ("rediss://api.test", [b"-NOAUTH Authentication required.\r\n"], ACCEPTED),
        ("tls://api.test:1", [b"* OK ready\r\n"], UNKNOWN),
        ("tls://api.test:1", [b"hello\n"], ACCEPTED),
        ("tls://api.test:1", [b"go away: no certificate\n"], REFUSED),
        ("tls://api.test:1", [], None),
    ],
)
def test_where_tls_comes_first(url: str, pieces: list[bytes], answer: IdentityAnswer | None) -> None:
    said = talked(conversation_for(parse_target(url), alpn=None), *pieces)
    assert (said and said.outcome) == answer


def test_nobody_is_logged_in_and_the_name_alone_is_said() -> None:
    for protocol in UPGRADES:
        said = by_starttls(protocol, who="al\0ice").start()
        assert (b"alice" in said) is (protocol == "postgres")


def test_half_an_answer_is_none_and_is_told() -> None:
    conversation = web()
    assert talked(conversation, b"HTTP/1") is None
    assert conversation.stray == '6 bytes came that are no answer ("HTTP/1")'
    assert not web().stray


def test_silence_is_no_answer() -> None:
    for protocol in UPGRADES:
        assert talked(by_starttls(protocol)) is None
    assert talked(web()) is None
    assert talked(web("h2"), _SETTINGS) is None


@given(
    st.sampled_from(sorted(PROTOCOLS)),
    st.sampled_from([None, "h2"]),
    st.lists(st.binary(max_size=400), max_size=8),
)
def test_any_answer_is_read(protocol: str, alpn: str | None, pieces: list[bytes]) -> None:
    row = PROTOCOLS[protocol]
    scheme = (*row.schemes, *row.starttls_schemes, "tls")[0]
    talked(conversation_for(parse_target(f"{scheme}://api.test:1"), alpn=alpn), *pieces)
    talked(Conversation(http2(parse_target("https://api.test"))), _SETTINGS, *pieces)


@pytest.mark.parametrize("alpn", [None, "h2"])
def test_an_endless_answer_is_given_up(alpn: str | None) -> None:
    conversation = web(alpn)
    conversation.start()
    heard = 0
    while not conversation.over:
        conversation.receive(frame(0, b"x" * 1000) if alpn else b"HTTP/1.1 103 Early\r\n\r\n" * 40)
        heard += 1000
        assert heard <= 2 * MAX_RECEIVED
    assert conversation.answer is not None
    assert conversation.answer.outcome is UNKNOWN
    assert "this end left" in conversation.answer.evidence
