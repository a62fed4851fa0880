"""What certificates are for: purposes by name and OID, the key usages with them, and what OpenSSL makes of each."""

from __future__ import annotations

import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import InvalidRequest
from pki.issue import Authority, KeyType
from pki.issue.purposes import KNOWN, is_for_tls, parse_purposes, purposes_in, remarks
from pki.model import oids
from pki.model.names import parse_subject_name
from tests.openssl import OPENSSL, openssl_refusal


@pytest.fixture(scope="module")
def authority(at: datetime) -> Authority:
    return Authority.create(name="Purpose CA", at=at)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["codeSigning"], (oids.CODE_SIGNING,)),
        (["code-signing", "CODE_SIGNING", "1.3.6.1.5.5.7.3.3"], (oids.CODE_SIGNING,)),
        (["smime", "clientAuth"], (oids.EMAIL_PROTECTION, oids.CLIENT_AUTH)),
        (["ikev2"], (oids.IPSEC_IKE,)),
        (["ike-intermediate"], (oids.IKE_INTERMEDIATE,)),
        (["eap", "eapOverPPP"], (oids.EAP_OVER_LAN, oids.EAP_OVER_PPP)),
        (["smartcard-logon"], (oids.SMARTCARD_LOGON,)),
        (["1.2.3.4"], ("1.2.3.4",)),
        (["timeStamping", "tsa"], (oids.TIME_STAMPING,)),
    ],
)
def test_words_for_purposes(words: list[str], found: tuple[str, ...]) -> None:
    assert parse_purposes(words) == found


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["codesigner"], "Did you mean codeSigning?"),
        (["nonsense"], "written as its OID"),
        (["3.1"], "written as its OID"),
        (["timeStamping", "codeSigning"], "RFC 3161, 2.3"),
    ],
)
def test_what_is_no_purpose(words: list[str], says: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_purposes(words)
    assert says in str(refused.value)


def test_every_row_has_a_name_and_says_which_policy_of_apples_asks() -> None:
    assert len({row.oid for row in KNOWN}) == len(KNOWN)
    for row in KNOWN:
        assert row.name != row.oid
        assert row.asked_by.startswith(("SecPolicyCreate", "set_ssl_ekus")) or "no policy" in row.apple


@OPENSSL
@pytest.mark.parametrize(
    ("purpose", "key", "asked"),
    [
        pytest.param("codeSigning", KeyType.P256, "codesign", id="code signing"),
        pytest.param("timeStamping", KeyType.P256, "timestampsign", id="time stamping: alone, and critical"),
        pytest.param("smime", KeyType.P256, "smimesign", id="mail, signed with EC"),
        pytest.param("smime", KeyType.RSA2048, "smimeencrypt", id="mail, encrypted to RSA"),
        pytest.param("ocsp", KeyType.P256, "ocsphelper", id="OCSP"),
        pytest.param("clientAuth", KeyType.P256, "sslclient", id="a client of TLS"),
    ],
)
def test_openssl_takes_it_for_its_purpose_and_for_no_other(
    tmp_path: Path, authority: Authority, at: datetime, purpose: str, key: KeyType, asked: str
) -> None:
    made = authority.issue_client("a@corp.test", at=at, key_type=key, purposes=[purpose])
    chain = (made.certificate, *made.issuers)
    if _knows(asked):
        assert openssl_refusal(tmp_path, chain, "-purpose", asked) == ""
    wrong = "sslserver"
    assert "purpose" in openssl_refusal(tmp_path, chain, "-purpose", wrong)


def _knows(purpose: str) -> bool:
    """Whether this OpenSSL has PURPOSE: codesign came with 3.2, and Debian 12 has 3.0."""
    words = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True).stdout.split()
    return purpose != "codesign" or tuple(map(int, words[1].split(".")[:2])) >= (3, 2)


def test_a_time_stamping_certificate_has_its_purpose_alone_and_critical(
    authority: Authority, at: datetime
) -> None:
    found = authority.issue_server("tsa.test", at=at, purposes=["timestamping"]).certificate
    usage = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert usage.critical
    assert purposes_in(found) == (oids.TIME_STAMPING,)


@pytest.mark.parametrize(
    ("key", "bits"),
    [
        (KeyType.RSA2048, {"digital_signature", "key_encipherment"}),
        (KeyType.P256, {"digital_signature", "key_agreement"}),
    ],
)
def test_mail_is_encrypted_to_a_key_by_its_kind(
    authority: Authority, at: datetime, key: KeyType, bits: set[str]
) -> None:
    found = authority.issue_client("a@corp.test", at=at, key_type=key, purposes=["smime"]).certificate
    usage = found.extensions.get_extension_for_class(x509.KeyUsage).value
    assert {
        bit for bit in ("digital_signature", "key_encipherment", "key_agreement") if getattr(usage, bit)
    } == bits


def test_without_one_nothing_changes(authority: Authority, at: datetime) -> None:
    plain, said = (
        authority.issue_server("a.test", at=at, purposes=p).certificate for p in ([], ["serverAuth"])
    )
    assert [(e.oid, e.critical) for e in plain.extensions] == [(e.oid, e.critical) for e in said.extensions]
    assert purposes_in(plain) == purposes_in(said) == (oids.SERVER_AUTH,)


@pytest.mark.parametrize(
    ("purposes", "names", "server", "words"),
    [
        pytest.param(["eap"], ["a.test"], True, "--eku serverAuth", id="EAP alone, which Apple refuses"),
        pytest.param(["eap", "serverAuth"], ["a.test"], True, "", id="EAP with what Apple asks"),
        pytest.param(["smime"], ["a.test"], False, "no e-mail address", id="mail without an address"),
        pytest.param(["smime"], ["a@b.test"], False, "", id="mail with one"),
        pytest.param(["smartcard"], ["a@b.test"], False, "upn:user@domain", id="a smart card without a UPN"),
        pytest.param(["smartcard"], ["upn:a@b.test"], False, "", id="a smart card with one"),
        pytest.param(["ike"], ["a.test"], True, "--eku serverAuth", id="a gateway Windows refuses"),
        pytest.param(["serverAuth"], ["spiffe://a/b"], True, "no host name", id="a server nobody finds"),
        pytest.param(["serverAuth"], ["spiffe://a/b", "::1"], True, "", id="a server with an address"),
    ],
)
def test_remarks(purposes: list[str], names: list[str], server: bool, words: str) -> None:
    found = remarks(parse_purposes(purposes), tuple(map(parse_subject_name, names)), server=server)
    assert words in " ".join(found)
    assert bool(found) is bool(words)


def test_for_tls() -> None:
    assert is_for_tls((), server=True)
    assert is_for_tls((oids.ANY_EXTENDED_KEY_USAGE,), server=True)
    assert not is_for_tls((oids.CLIENT_AUTH,), server=True)
    assert not is_for_tls((oids.CODE_SIGNING,), server=False)


def test_a_server_named_after_people_alone_is_a_mistake(authority: Authority, at: datetime) -> None:
    with pytest.raises(InvalidRequest, match="names a person"):
        authority.issue_server("a@corp.test", "upn:a@corp.test", at=at)
    authority.issue_server("a@corp.test", at=at, purposes=["smime"])  # no server of TLS


@OPENSSL
def test_openssl_reads_every_kind_of_name(authority: Authority, at: datetime) -> None:
    names = (
        *("api.test", "192.168.1.1", "a@corp.test", "spiffe://a/b", "URI:https://a.test/"),
        *(
            "upn:a@corp.test",
            "srv:_imap.corp.test",
            "RID:1.2.3.4",
            "dirName:CN=Alice,O=Acme",
            "otherName:1.2.3.5;IA5:x",
        ),
    )
    found = authority.issue_server(*names, at=at).certificate
    text = subprocess.run(
        ["openssl", "x509", "-noout", "-ext", "subjectAltName"],
        input=found.public_bytes(Encoding.PEM),
        capture_output=True,
        check=True,
    ).stdout.decode()
    for words in (
        "DNS:api.test",
        "email:a@corp.test",
        "URI:https://a.test/",
        "Registered ID:1.2.3.4",
        "UPN",
        "CN",
    ):
        assert words in text
    from pki.issue.alternative_names import subject_names_in

    assert tuple(map(str, subject_names_in(found))) == names
