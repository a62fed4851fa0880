"""Subjects beside the CommonName: encoded as RFC 4514 says, and as OpenSSL shows them."""

from __future__ import annotations

import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import InvalidRequest
from pki.issue import Authority
from pki.issue.profiles import CertificateKind
from pki.model.common_names import common_name_in
from pki.store import AuthorityFolder
from tests.openssl import OPENSSL, openssl_refusal


@pytest.fixture(scope="module")
def authority(at: datetime) -> Authority:
    return Authority.create(name="Subject CA", at=at, subject="O=Acme,C=DE")


def shown(certificate: x509.Certificate) -> str:
    """As `openssl x509 -nameopt RFC2253` shows it, which is RFC 4514's order."""
    return (
        subprocess.run(
            ["openssl", "x509", "-noout", "-subject", "-nameopt", "RFC2253,utf8,-esc_msb"],
            input=certificate.public_bytes(Encoding.PEM),
            capture_output=True,
            check=True,
        )
        .stdout.decode()
        .removeprefix("subject=")
        .strip()
    )


@OPENSSL
@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("O=Acme,C=DE", "CN=api.test,O=Acme,C=DE"),
        (r"O=Acme\, Inc.,L=Köln,C=DE", r"CN=api.test,O=Acme\, Inc.,L=Köln,C=DE"),
        ("CN=api.test,O=Acme", "CN=api.test,O=Acme"),
        ("CN=Another,O=Acme", "CN=Another,O=Acme"),
        (
            "OU=a+O=b",
            "CN=api.test,OU=a+O=b",
        ),  # a SET is sorted (X.690, 11.6), and OpenSSL shows it from its end
        ("O=b+OU=a", "CN=api.test,OU=a+O=b"),
        ("DC=corp,DC=test", "CN=api.test,DC=corp,DC=test"),
    ],
)
def test_a_servers_subject(
    tmp_path: Path, authority: Authority, at: datetime, subject: str, text: str
) -> None:
    made = authority.issue_server("api.test", at=at, subject=subject)
    assert shown(made.certificate) == text
    assert openssl_refusal(tmp_path, (made.certificate, *made.issuers)) == ""


@OPENSSL
def test_root_and_intermediate_say_it_both(authority: Authority) -> None:
    issuing, root = authority.chain
    assert shown(root) == "CN=Subject CA,O=Acme,C=DE"
    assert shown(issuing) == "CN=Subject CA Intermediate,O=Acme,C=DE"


def test_types_of_strings_follow_rfc_5280(authority: Authority, at: datetime) -> None:
    found = authority.issue_client(
        "alice", at=at, subject="serialNumber=A1,DC=corp,emailAddress=a@corp.test,O=Acme,C=DE"
    ).certificate
    kinds = {one.oid.dotted_string: one._type.name for one in found.subject}
    assert kinds == {
        "2.5.4.6": "PrintableString",
        "2.5.4.10": "UTF8String",
        "1.2.840.113549.1.9.1": "IA5String",
        "0.9.2342.19200300.100.1.25": "IA5String",
        "2.5.4.5": "PrintableString",
        "2.5.4.3": "UTF8String",
    }


def test_an_authority_is_called_by_its_common_name(authority: Authority, at: datetime) -> None:
    with pytest.raises(InvalidRequest, match="authority is called 'Below'"):
        authority.issue_intermediate("Below", at=at, subject="CN=Other,O=Acme")
    below = authority.issue_intermediate("Below", at=at, subject="CN=Below,O=Acme")
    assert below.issuing.certificate.subject.rfc4514_string() == "CN=Below,O=Acme"


def test_an_address_in_the_subject_is_bound_by_name_constraints(at: datetime) -> None:
    bound = Authority.create(name="Bound", at=at, permit=["@corp.test"])
    bound.issue_client("alice", at=at, subject="emailAddress=a@corp.test")
    with pytest.raises(InvalidRequest, match="outside what this authority may certify"):
        bound.issue_client("alice", at=at, subject="emailAddress=a@evil.test")


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("upn:a@corp.test", True),
        ("upn:a@sub.corp.test", True),
        ("upn:a@evil.test", False),
        ("srv:_imap.corp.test", True),
        ("srv:_imap.evil.test", False),
        ("RID:1.2.3", True),
        ("dirName:O=Acme", True),
    ],
)
def test_names_with_a_domain_in_them_are_held_to_what_is_permitted(
    at: datetime, name: str, allowed: bool
) -> None:
    bound = Authority.create(name="Bound", at=at, permit=["corp.test"])
    if allowed:
        bound.issue_client("alice", name, at=at)
        return
    with pytest.raises(InvalidRequest, match="outside what this authority may certify"):
        bound.issue_client("alice", name, at=at)


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("upn:a@evil.test", False),
        ("srv:_imap.evil.test", False),
        ("RID:1.2.3", True),
        ("upn:a@corp.test", True),
    ],
)
def test_and_to_what_is_excluded(at: datetime, name: str, allowed: bool) -> None:
    bound = Authority.create(name="Bound", at=at, exclude=["evil.test"])
    if allowed:
        bound.issue_client("alice", name, at=at)
        return
    with pytest.raises(InvalidRequest, match="is excluded"):
        bound.issue_client("alice", name, at=at)


def test_what_takes_over_has_the_same_subject_names_and_purposes(tmp_path: Path, at: datetime) -> None:
    folder = AuthorityFolder.create(tmp_path / "ca", name="Folder CA", at=at, subject="O=Acme")
    names = ("upn:a@corp.test", "URI:https://a.test/", "dirName:CN=Alice,O=Acme")
    old = folder.issue_client(
        "alice", *names, at=at, subject="CN=Alice Smith+UID=a,O=Acme,C=DE", purposes=["smime"]
    )
    new = folder.renew("alice", at=at)
    before, after = old.chain[0], new.chain[0]
    assert before.subject == after.subject
    assert common_name_in(after.subject) == "Alice Smith"
    for kind in (x509.SubjectAlternativeName, x509.ExtendedKeyUsage, x509.KeyUsage):
        assert before.extensions.get_extension_for_class(kind) == after.extensions.get_extension_for_class(
            kind
        )
    assert old.row.names == new.row.names == names
    assert folder.identity("alice").certificate == after
    below = folder.issue_intermediate("Below", at=at, subject="O=Acme Below")
    assert below.row.subject == "CN=Below,O=Acme Below"
    assert folder.issue_server("b.test", at=at, issuer="Below").chain[1] == below.chain[0]
    assert CertificateKind(below.row.kind) is CertificateKind.INTERMEDIATE
