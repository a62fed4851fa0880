"""The name in a ClientHello, however it arrives, and bytes that are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL

from pki.handshake.serving.client_hello import MAX_HELLO, asked_name


def hello(name: str | None, version: int = SSL.TLS1_3_VERSION) -> bytes:
    """What OpenSSL sends first."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_max_proto_version(version)
    connection = SSL.Connection(context)
    connection.set_connect_state()
    if name is not None:
        connection.set_tlsext_host_name(name.encode())
    with pytest.raises(SSL.WantReadError):
        connection.do_handshake()
    return connection.bio_read(MAX_HELLO)


def in_records(message: bytes, size: int) -> bytes:
    """The message of one record cut into records of SIZE bytes (RFC 8446, 5.1)."""
    body = message[5:]
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(message[:3] + len(part).to_bytes(2) + part for part in parts)


@pytest.mark.parametrize(
    ("stream", "name"),
    [
        pytest.param(hello("expired-leaf.localhost"), "expired-leaf.localhost", id="a name"),
        pytest.param(hello("Expired-Leaf.LOCALHOST"), "expired-leaf.localhost", id="case is noise"),
        pytest.param(hello("old.localhost", SSL.TLS1_2_VERSION), "old.localhost", id="TLS 1.2"),
        pytest.param(hello("a.b.localhost").replace(b"a.b.", b"a\0b."), "", id="a name that is none"),
        pytest.param(hello("a.b.localhost").replace(b"a.b.", b"a\xffb."), "", id="a name beyond ASCII"),
        pytest.param(hello(None), "", id="no name, as for an address"),
        pytest.param(in_records(hello("a.localhost"), 100), "a.localhost", id="spread over many records"),
        pytest.param(in_records(hello("a.localhost"), 1), "a.localhost", id="a byte in each record"),
        pytest.param(hello("a.localhost") + b"more", "a.localhost", id="something follows"),
        pytest.param(b"", None, id="nothing yet"),
        pytest.param(b"\x16\x03", None, id="the beginning of a record"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01", None, id="the beginning of a hello"),
        pytest.param(b"GET / HTTP/1.1\r\n", "", id="plain HTTP"),
        pytest.param(b"\x15\x03\x01\x00\x02\x02\x28", "", id="an alert"),
        pytest.param(b"\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00", "", id="another handshake message"),
        pytest.param(b"\x16\x03\x01\x00\x00", "", id="an empty record"),
        pytest.param(b"\x16\x03\x01\xff\xff\x01", "", id="a record too long"),
        pytest.param(b"\x16\x03\x01\x00\x04\x01\xff\xff\xff", "", id="a hello too long"),
        pytest.param(b"\x16\x03\x01\x00\x04\x01\x00\x00\x00", "", id="an empty hello"),
        pytest.param(b"\x16\x03\x01\x00\x04\x01\x00\x10\x00GET /", "", id="something else follows the first record"),
    ],
)  # fmt: skip
def test_the_name(stream: bytes, name: str | None) -> None:
    assert asked_name(stream) == name


def test_it_is_the_same_however_it_arrives() -> None:
    stream = hello("expired-leaf.localhost")
    assert {asked_name(stream[:end]) for end in range(len(stream))} == {None}


@given(st.binary(max_size=400), st.integers(0, 399))
def test_any_bytes_give_an_answer(noise: bytes, at: int) -> None:
    good = hello("a.localhost")
    for stream in (noise, good[:at] + noise, good[:at] + noise + good[at + len(noise) :]):
        answer = asked_name(stream)
        assert answer is None or isinstance(answer, str)


def test_what_never_ends_is_given_up() -> None:
    assert (
        asked_name(in_records(b"\x16\x03\x01" + bytes(2) + b"\x01\x00\xff\xff" + bytes(MAX_HELLO), 1)) == ""
    )
