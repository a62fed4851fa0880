"""The server's first words, as OpenSSL really says them and as nobody should."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.handshake import ClientCertificates, Offer, TlsVersion
from pki.handshake.ends.client_end import ClientEnd
from pki.handshake.ends.contexts import ClientContext, ServerContext
from pki.handshake.ends.settings import ClientSettings, ServerSettings
from pki.handshake.serving.https_end import HttpsEnd
from pki.live.bounded_reads import shown
from pki.live.protocols import clear_text_hint
from pki.live.server_hello import ServerHello, begins_as_tls, first_hello
from tests.live.stage import Stage


def spoken(stage: Stage, server: Offer, client: Offer | None = None) -> bytes:
    """Everything a server with this offer sends until it waits, told to one client."""
    settings = ServerSettings(
        identity=stage.server, client_certificates=ClientCertificates.NONE, offer=replace(server, weak=True)
    )
    visitor = ClientSettings(
        host="api.example.test",
        trusted_roots=(stage.authority.root,),
        offer=client or replace(server, weak=True),
    )
    ends = (
        ClientEnd(ClientContext.prepare(visitor, at=stage.at)),
        HttpsEnd(ServerContext.prepare(settings, at=stage.at)),
    )
    said = b""
    for _ in range(2):  # a second time after a HelloRetryRequest
        ends[0].advance()
        ends[1].receive(ends[0].outgoing())
        answer = ends[1].outgoing()
        said += answer
        ends[0].receive(answer)
    return said


@pytest.mark.parametrize(
    ("offer", "expected"),
    [
        (Offer.only(TlsVersion.TLS10), ServerHello("1.0", 0xC00A, True, None)),
        (Offer.only(TlsVersion.TLS11), ServerHello("1.1", 0xC00A, True, None)),
        (Offer.only(TlsVersion.TLS12), ServerHello("1.2", 0xC02C, True, None)),
        (
            replace(Offer.only(TlsVersion.TLS12), extended_master_secret=False, alpn=("h2",)),
            ServerHello("1.2", 0xC02C, False, "h2"),
        ),
        (Offer.only(TlsVersion.TLS13), ServerHello("1.3", 0x1302, False, None)),
    ],
)
def test_what_openssl_says(offer: Offer, expected: ServerHello, stage: Stage) -> None:
    said = spoken(stage, offer)
    assert first_hello(said) == expected
    assert begins_as_tls(said)


def test_a_retry_is_no_hello_and_the_one_after_it_is(stage: Stage) -> None:
    wide = Offer(lowest=TlsVersion.TLS13, groups=("X25519", "P-521"))
    said = spoken(stage, Offer(lowest=TlsVersion.TLS13, groups=("P-521",)), wide)
    assert bytes.fromhex("cf21ad74e59a6111") in said  # RFC 8446, 4.1.3
    found = first_hello(said)
    assert found is not None
    assert found.version == "1.3"


def test_a_part_of_a_hello_is_none_yet(stage: Stage) -> None:
    said = spoken(stage, Offer.only(TlsVersion.TLS12))
    whole = first_hello(said)
    end = 5 + int.from_bytes(said[3:5], "big")
    answers = [first_hello(said[:length]) for length in range(end)]
    assert set(answers) <= {None, whole}
    assert answers[0] is None


@given(st.binary(max_size=400))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    first_hello(data)
    first_hello(b"\x16\x03\x03" + len(data).to_bytes(2, "big") + data)
    body = b"\x02" + len(data).to_bytes(3, "big") + data
    first_hello(b"\x16\x03\x03" + len(body).to_bytes(2, "big") + body)
    assert len(shown(data)) <= 4 * 400
    assert clear_text_hint(data).isprintable()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", None),
        (b"\x15\x03\x03\x00\x02\x02\x28", None),
        (b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n", "HTTP/1.1 400 Bad Request"),
        (b"\x16\x01", "??"),
        (b"\x1b[2J\xff", "?[2J\\xff"),
    ],
)
def test_what_does_not_begin_as_tls_is_quoted(data: bytes, words: str | None) -> None:
    assert (None if begins_as_tls(data) else shown(data)) == words


def test_the_binding_is_what_the_tests_think(stage: Stage) -> None:
    """The hello that OpenSSL itself reports at the end says the same as the one read off the wire."""
    with stage.serving(Offer.only(TlsVersion.TLS12)) as route:
        from pki.ats import NEWEST, AtsSettings, policy_for
        from pki.live import offers_for
        from pki.live.probe import probe
        from pki.model.suites import find_suite

        result = probe(route, offers_for(policy_for(route.target.host, AtsSettings()), NEWEST)[0])
    assert result.hello is not None
    suite = find_suite(f"0x{result.hello.suite:04X}")
    assert suite is not None
    assert (result.record.suite, result.extended_master_secret) == (suite.openssl, True)
