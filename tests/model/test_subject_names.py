"""The kinds of names a certificate can carry, and how each is written."""

from __future__ import annotations

import pytest

from pki.errors import InvalidRequest
from pki.model.names import NameKind, SubjectName, parse_subject_name


@pytest.mark.parametrize(
    ("text", "kind", "value", "written"),
    [
        pytest.param("api.test", NameKind.DNS, "api.test", "api.test", id="a host"),
        pytest.param("DNS:API.test", NameKind.DNS, "api.test", "api.test", id="a host, its kind said"),
        pytest.param("IP:[::1]", NameKind.IP, "::1", "::1", id="an address, its kind said"),
        pytest.param("email:a@b.test", NameKind.EMAIL, "a@b.test", "a@b.test", id="a mailbox, its kind said"),
        pytest.param(
            "spiffe://a/b", NameKind.URI, "spiffe://a/b", "spiffe://a/b", id="a URI that leads to no server"
        ),
        pytest.param(
            "URI:https://a.test/",
            NameKind.URI,
            "https://a.test/",
            "URI:https://a.test/",
            id="a server's URL on purpose",
        ),
        pytest.param(
            "uri:urn:uuid:1", NameKind.URI, "urn:uuid:1", "URI:urn:uuid:1", id="a URI without slashes"
        ),
        pytest.param(
            "UPN:Alice@corp.test",
            NameKind.UPN,
            "Alice@corp.test",
            "upn:Alice@corp.test",
            id="a UPN keeps its case",
        ),
        pytest.param(
            "srv:_IMAP.Example.test",
            NameKind.SRV,
            "_imap.example.test",
            "srv:_imap.example.test",
            id="a service",
        ),
        pytest.param("rid:1.2.840.1", NameKind.REGISTERED_ID, "1.2.840.1", "RID:1.2.840.1", id="an OID"),
        pytest.param(
            r"dirName:CN=Alice,O=Acme\, Inc.",
            NameKind.DIRECTORY,
            r"CN=Alice,O=Acme\, Inc.",
            r"dirName:CN=Alice,O=Acme\, Inc.",
            id="a directory name",
        ),
        pytest.param(
            "otherName:msUPN;UTF8:a@b", NameKind.UPN, "a@b", "upn:a@b", id="a UPN in OpenSSL's words"
        ),
        pytest.param(
            "otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_a.b.test",
            NameKind.SRV,
            "_a.b.test",
            "srv:_a.b.test",
            id="a service in OpenSSL's words",
        ),
        pytest.param(
            "otherName:1.2.3.4;utf8:x;y",
            NameKind.OTHER,
            "1.2.3.4;UTF8:x;y",
            "otherName:1.2.3.4;UTF8:x;y",
            id="any other",
        ),
    ],
)
def test_kinds(text: str, kind: NameKind, value: str, written: str) -> None:
    name = parse_subject_name(text)
    assert name == SubjectName(kind, value)
    assert str(name) == written


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("upn:alice", "upn:alice@corp.test"),
        ("srv:imap.example.test", "srv:_imap.example.test"),
        ("srv:_imap._tcp.example.test", "Did you mean srv:_imap.example.test?"),
        ("srv:_imap.https://a", "a URL"),
        ("RID:3.1", "object identifier"),
        ("RID:1", "object identifier"),
        ("rid:443", "a host and a port"),
        ("upn:", "'upn:' names nothing"),
        ("URI:", "'URI:' names nothing"),
        ("dirName:", "'dirName:' names nothing"),
        ("RID:1.40", "object identifier"),
        (f"RID:2{'.999999999999999999' * 8}", "object identifier"),
        ("RID:x", "object identifier"),
        ("dirName:Alice", "TYPE=VALUE"),
        ("dirName:C=de", "C=DE"),
        ("otherName:1.2.3;INT:7", "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:"),
        ("otherName:1.2.3;IA5:ü", "no otherName"),
        ("otherName:1.40;UTF8:x", "no otherName"),
        ("otherName:1.40;#0C0178", "no otherName"),
        ("IP:api.test", "is not an IP address"),
        ("DNS:192.168.1.1", "is not a host name"),
        ("urn:uuid:1", "URI:urn:uuid:1"),
        ("mailto:a@b.test", "Did you mean a@b.test?"),
        ("CN=api.test", "--subject"),
        ("a@b.test:25", "Did you mean a@b.test?"),
        ("DNS:8443", "a host and a port"),
    ],
)
def test_what_is_refused_says_how_it_is_written(text: str, words: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_subject_name(text)
    assert words in str(refused.value)
