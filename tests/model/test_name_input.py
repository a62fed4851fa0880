"""What people write where one name is due: what it is, and which name they meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.errors import InvalidRequest, PkiError
from pki.issue.constraints import parse_permitted
from pki.issue.subjects import own_names
from pki.live.protocols import schemes
from pki.model.hosts import parse_host
from pki.model.name_input import SERVER_SCHEMES, mistaken_name, server_named
from pki.model.names import parse_subject_name

SLIPS = [
    pytest.param("https://api.test", "a URL", "api.test", None, id="a URL"),
    pytest.param("https://api.test:8443/path?q#f", "a URL", "api.test", 8443, id="with a port and a path"),
    pytest.param("https://me:pw@api.test/", "a URL", "api.test", None, id="with a user"),
    pytest.param("https://[fd00::1]:8443/", "a URL", "fd00::1", 8443, id="of an IPv6 address"),
    pytest.param("https:/api.test", "a URL", "api.test", None, id="with one slash"),
    pytest.param("WSS://api.test", "a URL", "api.test", None, id="in capitals"),
    pytest.param("api.test:8443", "a host and a port", "api.test", 8443, id="a port"),
    pytest.param("localhost:8443", "a host and a port", "localhost", 8443, id="a port of localhost"),
    pytest.param("192.168.1.20:80", "a host and a port", "192.168.1.20", 80, id="a port of an address"),
    pytest.param("[::1]:443", "a host and a port", "::1", 443, id="a port of an IPv6 address"),
    pytest.param("*.api.test:443", "a host and a port", "*.api.test", 443, id="a port of a wildcard"),
    pytest.param("api.test/", "a host and a path", "api.test", None, id="a slash"),
    pytest.param("api.test:8443/x", "a host and a path", "api.test", 8443, id="a port and a path"),
    pytest.param("a.test,b.test", "several names in one", "a.test b.test", None, id="a list"),
    pytest.param("müller.test:443", "a host and a port", "müller.test", 443, id="not ASCII"),
]


@pytest.mark.parametrize(("text", "what", "host", "port"), SLIPS)
def test_what_was_meant(text: str, what: str, host: str, port: int | None) -> None:
    found = mistaken_name(text)
    assert found is not None
    assert (found.what, found.host, found.port) == (what, host, port)


@pytest.mark.parametrize(("text", "what", "host", "port"), SLIPS)
def test_every_reader_of_names_refuses_it_and_offers_the_name(
    text: str, what: str, host: str, port: int | None
) -> None:
    for read in (parse_subject_name, parse_host, lambda given: parse_permitted([given])):
        with pytest.raises(InvalidRequest) as refused:
            read(text)
        assert f"Did you mean {host}?" in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "api.test",
        "*.api.test",
        "::1",
        "192.168.1.1",
        "a b",
        "",
        "..",
        "urn:uuid:1",
        "https://",
        "fe80::1%en0",
        "alice",
        "a,",
    ],
)
def test_nothing_else_is_guessed_at(text: str) -> None:
    assert mistaken_name(text) is None


def test_the_dot_of_the_root_and_a_range_have_hints_of_their_own() -> None:
    with pytest.raises(InvalidRequest, match=r"dot of the DNS root.*Did you mean api\.test\?"):
        parse_subject_name("api.test.")
    with pytest.raises(InvalidRequest, match=r"range of addresses.*name constraints"):
        parse_subject_name("10.0.0.0/8")
    assert parse_host("api.test.").name == "api.test"  # a client may ask for it so


def test_every_scheme_a_server_is_judged_by_is_one_of_a_server() -> None:
    assert {word.removesuffix("://") for word in schemes()} <= SERVER_SCHEMES


@pytest.mark.parametrize(
    ("name", "sans"),
    [
        ("Alice: 7", ()),
        ("team:1", ()),
        ("a/b", ()),
        ("a@corp.test", ("a@corp.test",)),
        ("spiffe://a/b", ("spiffe://a/b",)),
        ("upn:a@corp.test", ("upn:a@corp.test",)),
        ("IP: a plan", ()),
    ],
)
def test_a_clients_name_may_be_any_text(name: str, sans: tuple[str, ...]) -> None:
    assert own_names(name) == sans


@pytest.mark.parametrize("name", ["https://api.test", "api.test:443", "localhost:8080", "10.0.0.1:80"])
def test_but_no_server_read_off_an_address_bar(name: str) -> None:
    with pytest.raises(InvalidRequest, match="Did you mean"):
        own_names(name)


@given(st.text(max_size=60) | st.from_regex(r"[a-z]{1,6}:/{0,2}[\[\]a-z0-9.:@/,;#?-]{0,30}", fullmatch=True))
def test_any_text_is_a_name_or_an_error_of_ours(text: str) -> None:
    found = mistaken_name(text)
    assert found is None or found.host
    try:
        name = parse_subject_name(text)
    except PkiError:
        return
    assert parse_subject_name(str(name)) == name


@pytest.mark.parametrize(
    ("text", "server"),
    [
        pytest.param("example.com", "example.com", id="a name"),
        pytest.param("example.com:8443", "example.com:8443", id="with a port"),
        pytest.param("https://example.com/page", "example.com", id="a URL"),
        pytest.param(
            "https://me:pw@[fd00::1]:8443/", "[fd00::1]:8443", id="of an address, without the login"
        ),
        pytest.param("192.0.2.1", "192.0.2.1", id="an address"),
        pytest.param("::1", "[::1]", id="an IPv6 address"),
        pytest.param("localhost", "localhost", id="localhost"),
        pytest.param("hosts.txt", "", id="a list"),
        pytest.param("CHAIN.PEM", "", id="a certificate, in capitals"),
        pytest.param("certs/api.test", "", id="a path"),
        pytest.param("./example.com", "", id="a path of this folder"),
        pytest.param("certs", "", id="a word"),
        pytest.param("s3://bucket/key", "", id="a URL of no server"),
        pytest.param("", "", id="nothing"),
        pytest.param(".", "", id="this folder"),
    ],
)
def test_a_server_where_a_file_is_due(text: str, server: str) -> None:
    assert server_named(text) == server
