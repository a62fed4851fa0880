"""What people write for a server."""

from __future__ import annotations

import pytest

from pki.errors import InvalidRequest
from pki.live import parse_target


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("https://api.test", "api.test", 443),
        ("https://api.test:8443/path?query=1#part", "api.test", 8443),
        ("https://API.test", "API.test", 443),
        ("https://192.0.2.1", "192.0.2.1", 443),
        ("https://[2001:db8::1]:8443/", "2001:db8::1", 8443),
        ("https://[::1]", "::1", 443),
        ("https://bücher.example", "xn--bcher-kva.example", 443),
        ("wss://api.test/socket", "api.test", 443),
    ],
)
def test_a_url(text: str, host: str, port: int) -> None:
    target = parse_target(text)
    assert (target.host.text, target.port, target.is_http) == (host, port, True)


@pytest.mark.parametrize(
    ("text", "protocol", "port"),
    [
        ("mail.test", "smtp", 587),
        ("mail.test:25", "SMTP", 25),
        ("mail.test", "imap", 143),
        ("directory.test", "ldap", 389),
        ("[::1]:5433", "postgres", 5433),
    ],
)
def test_a_host_and_a_protocol(text: str, protocol: str, port: int) -> None:
    target = parse_target(text, starttls=protocol)
    assert (target.port, target.protocol.name, target.starttls, target.is_http) == (
        port,
        protocol.lower(),
        True,
        False,
    )


@pytest.mark.parametrize(
    ("text", "protocol", "port", "starttls"),
    [
        ("tls://api.test:4433", "tls", 4433, False),
        ("smtps://mail.test", "smtp", 465, False),
        ("imaps://mail.test", "imap", 993, False),
        ("pop3s://mail.test", "pop3", 995, False),
        ("ftps://files.test", "ftp", 990, False),
        ("ldaps://directory.test", "ldap", 636, False),
        ("nntps://news.test", "nntp", 563, False),
        ("xmpps://chat.test", "xmpp", 5223, False),
        ("mqtts://broker.test", "mqtt", 8883, False),
        ("amqps://broker.test", "amqp", 5671, False),
        ("rediss://cache.test", "redis", 6379, False),
        ("postgres://db.test/name", "postgres", 5432, True),
        ("postgresql://db.test", "postgres", 5432, True),
        ("postgres://db.test/?sslnegotiation=direct", "postgres", 5432, False),
        ("mysql://db.test", "mysql", 3306, True),
    ],
)
def test_a_url_of_another_protocol(text: str, protocol: str, port: int, starttls: bool) -> None:
    target = parse_target(text)
    assert (target.protocol.name, target.port, target.starttls) == (protocol, port, starttls)
    assert not target.is_http
    assert not {"h2", "http/1.1"} & set(target.alpn)


@pytest.mark.parametrize(
    ("text", "starttls", "told"),
    [
        ("http://api.test", None, "-1022"),
        ("ftp://api.test", None, "no scheme of TLS"),
        ("tls://api.test", None, "names no port"),
        ("https://user:secret@api.test", None, "user name"),
        ("https://", None, "no host"),
        ("https://api.test:0", None, "no port"),
        ("https://api.test:99999", None, "out of range"),
        ("https://api.test:https", None, "does not read"),
        ("https://[::1", None, "does not read"),
        ("https://under score.test", None, "not a host name"),
        ("api.test:443", None, "https://api.test:443"),
        ("https://api.test", "smtp", "HOST:PORT"),
        ("api.test", "gopher", "smtp, imap, pop3, ftp, ldap, postgres"),
    ],
)
def test_what_is_no_target(text: str, starttls: str | None, told: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_target(text, starttls=starttls)
    assert told in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_target_is_written_with_its_port() -> None:
    assert str(parse_target("https://[::1]:8443")) == "[::1]:8443"
    assert str(parse_target("https://api.test")) == "api.test:443"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://a.test", "/"),
        ("https://a.test/members/?a=b&c#part", "/members/?a=b&c"),
        ("https://a.test?x=1", "/?x=1"),
        ("https://a.test/a b/ü%20", "/a%20b/%C3%BC%20"),
        ('https://a.test/"<>\\^`{|}', "/%22%3C%3E%5C%5E%60%7B%7C%7D"),
    ],
)
def test_the_path_is_kept_as_a_request_line_has_it(url: str, path: str) -> None:
    assert parse_target(url).path == path


def test_a_path_without_end_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="more than 8000 bytes"):
        parse_target(f"https://a.test/{'x' * 8000}")
