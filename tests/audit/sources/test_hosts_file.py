"""Lists of hosts, as people keep them."""

from __future__ import annotations

import pytest

from pki.audit.sources.hosts_file import target_of
from pki.errors import Unreadable
from tests.audit.conftest import Read

GOOD = "one.test\n"


@pytest.mark.parametrize(
    ("line", "host", "endpoint"),
    [
        pytest.param("api.test", "api.test", "api.test:443", id="a name"),
        pytest.param("api.test:8443", "api.test", "api.test:8443", id="host and port"),
        pytest.param("  api.test  # ours", "api.test", "api.test:443", id="blanks and a comment behind"),
        pytest.param("https://api.test/path?x#y", "api.test", "api.test:443", id="a URL"),
        pytest.param("https://api.test:8443", "api.test", "api.test:8443", id="a URL with a port"),
        pytest.param("wss://api.test", "api.test", "api.test:443", id="a websocket"),
        pytest.param("imaps://mail.test", "mail.test", "imaps://mail.test:993", id="another protocol"),
        pytest.param(
            "postgres://db.test", "db.test", "postgres://db.test:5432", id="one that begins in the clear"
        ),
        pytest.param("192.0.2.7:443", "192.0.2.7", "192.0.2.7:443", id="an address"),
        pytest.param("[2001:db8::1]:8443", "2001:db8::1", "[2001:db8::1]:8443", id="IPv6 in brackets"),
        pytest.param(
            "[2001:db8::1]", "2001:db8::1", "[2001:db8::1]:443", id="IPv6 in brackets without a port"
        ),
        pytest.param("2001:db8::1", "2001:db8::1", "[2001:db8::1]:443", id="IPv6 without brackets"),
        pytest.param("bücher.test", "xn--bcher-kva.test", "xn--bcher-kva.test:443", id="not ASCII"),
        pytest.param("api.test\r", "api.test", "api.test:443", id="CRLF"),
        pytest.param("localhost", "localhost", "localhost:443", id="one label"),
    ],
)
def test_a_line_names_a_server(read: Read, line: str, host: str, endpoint: str) -> None:
    found = read(f"{GOOD}{line}\n")[1]
    assert (found.host, found.endpoint, found.error) == (host, endpoint, "")
    assert found.to_be_asked
    assert found.locator == "line 2"
    target = target_of(endpoint)
    assert target.host.text == host


@pytest.mark.parametrize(
    ("line", "says"),
    [
        pytest.param("two words", "there are blanks in it", id="two words"),
        pytest.param("a.test, b.test", "there are blanks in it", id="a list"),
        pytest.param("*.api.test", "is a pattern", id="a wildcard"),
        pytest.param("api.test:99999", "port out of range", id="no port"),
        pytest.param("api.test:0", "names no port", id="port 0"),
        pytest.param("10.0.0.0/8", "is a range of addresses", id="a range"),
        pytest.param("http://api.test", "http:// has no TLS", id="no TLS"),
        pytest.param("gopher://api.test", "no scheme of TLS", id="another scheme"),
        pytest.param("https://", "names no host", id="nothing behind the scheme"),
        pytest.param("x" * 70, "is not a host name", id="too long a label"),
        pytest.param("ftp://", "no host", id="a scheme alone"),
    ],
)
def test_a_line_that_names_none_is_an_error(read: Read, line: str, says: str) -> None:
    found = read(f"{GOOD}{line}\n{GOOD}")
    assert [bool(one.error) for one in found] == [False, True, False]
    assert says in found[1].error
    assert found[1].endpoint is None


@pytest.mark.parametrize("line", ["https://me:pass4word@api.test", "me:pass4word@api.test"])
def test_no_password_is_told_back(read: Read, line: str) -> None:
    found = read(f"{GOOD}{line}\n")[1]
    assert "user name" in found.error
    assert "pass4word" not in found.error


def test_comments_and_empty_lines_are_no_rows_and_are_counted(read: Read) -> None:
    found = read("\ufeff# our servers\n\na.test\n   \n# b.test\nc.test")
    assert [(one.locator, one.host) for one in found] == [("line 3", "a.test"), ("line 6", "c.test")]


def test_a_host_twice_is_a_row_twice(read: Read) -> None:
    assert [one.locator for one in read("a.test\na.test\n")] == ["line 1", "line 2"]


def test_utf_16_as_powershell_writes_it(read: Read) -> None:
    assert [one.host for one in read("a.test\r\nb.test\r\n".encode("utf-16"))] == ["a.test", "b.test"]


def test_a_line_without_end_is_one_error(read: Read) -> None:
    found = read(GOOD + "x" * 3_000_000 + "\n" + GOOD)
    assert [bool(one.error) for one in found] == [False, True, False]
    assert len(found[1].error) < 500


@pytest.mark.parametrize(
    ("line", "endpoint"),
    [
        pytest.param("a.test 8443", "a.test:8443", id="a blank before the port"),
        pytest.param("a.test\t8443", "a.test:8443", id="a tab"),
        pytest.param("a.test; 8443", "a.test:8443", id="a semicolon"),
        pytest.param("a.test,8443", "a.test:8443", id="a comma"),
        pytest.param("2001:db8::1 8443", "[2001:db8::1]:8443", id="behind IPv6"),
        pytest.param('"a.test"', "a.test:443", id="quotes"),
        pytest.param("https://a.test/443", "a.test:443", id="a URL"),
    ],
)
def test_a_host_as_lists_without_a_header_have_it(read: Read, line: str, endpoint: str) -> None:
    found = read(f"; first\n// second\n{line}\n")
    assert [(one.endpoint, one.locator) for one in found] == [(endpoint, "line 3")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(
            "127.0.0.1\tlocalhost\n", "there are blanks in it", id="what the system's resolver reads"
        ),
        pytest.param(
            "1\n2\n3\n", "line 1: '1' is a number, and no host", id="numbers, which the system resolves"
        ),
        pytest.param("a.test,b.test,c.test\n", "is several names in one", id="all in one line"),
        pytest.param("# ours\na.test:99999\n", "line 2: .*port out of range", id="a port that is none"),
    ],
)
def test_what_is_nearly_a_list_is_told_why_it_is_none(read: Read, text: str, why: str) -> None:
    with pytest.raises(
        Unreadable, match=f"is text without a certificate, and no list of hosts .*{why}"
    ) as caught:
        read(text)
    assert "Write one host a line; of a table say which column it is" in caught.value.hint
