"""Whatever comes first to a front's port, or is written for its server, is an answer or one clear error."""

from __future__ import annotations

import contextlib
from http import HTTPStatus

from hypothesis import given
from hypothesis import strategies as st

from pki.errors import InvalidRequest
from pki.front import ServerBehind
from pki.front.first_bytes import ConnectionStart, ProxyNames, connection_start
from pki.front.http2_words import spoken_http2
from pki.front.words import status_line, wants_tls

PROXY = ProxyNames(frozenset({"api.test"}), frozenset({"127.0.0.1:8443"}))
REQUESTS = st.tuples(
    st.sampled_from([b"CONNECT ", b"GET /proxy.pac", b"GET ", b"PRI * ", b"\x16\x03\x01", b""]),
    st.binary(max_size=60),
    st.sampled_from([b" HTTP/1.1\r\n", b"\r\n", b""]),
    st.sampled_from([b"Host: 127.0.0.1:8443\r\n", b"Host: evil.test\r\n", b""]),
    st.sampled_from([b"\r\n", b"\r\n\x16\x03\x01", b""]),
).map(b"".join)


@given(REQUESTS, st.sampled_from([PROXY, None]))
def test_first_bytes(first: bytes, proxy: ProxyNames | None) -> None:
    found = connection_start(first, proxy)
    assert found is None or isinstance(found, ConnectionStart)
    if found is not None and found.asked:
        assert found.asked.isprintable()
    if found is not None and found.follows and not found.reply:
        assert found.rest == first


@given(st.binary(max_size=200))
def test_a_server_behind_may_say_anything(data: bytes) -> None:
    status_line(data)
    wants_tls(data)
    assert spoken_http2(HTTPStatus.BAD_GATEWAY, "no", data)


@given(st.text(max_size=40), st.sampled_from(["", "http://", ":", "http://[", "//", "https://a:b@"]))
def test_a_server_behind_may_be_written_in_any_way(text: str, before: str) -> None:
    with contextlib.suppress(InvalidRequest):
        found = ServerBehind.parse(before + text)
        assert 0 < found.port < 65536
        assert ServerBehind.parse(str(found)) == found
