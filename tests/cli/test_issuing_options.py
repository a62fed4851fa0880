"""`issue` with subjects, purposes and names of every kind, and what is said where something else was meant."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from cryptography import x509

from pki.store import AuthorityFolder
from tests import clock
from tests.shell import Ran, Trustrig


@pytest.fixture
def ca(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRUSTRIG_PASSWORD", "secret")
    AuthorityFolder.create(here / "trustrig-ca", name="CLI CA", at=clock.now(), subject="O=Acme,C=DE")
    return here / "trustrig-ca"


def issued(ca: Path, name: str) -> x509.Certificate:
    return AuthorityFolder.open(ca).certificates(name)[0]


def test_a_subject_goes_beside_the_name(ca: Path, trustrig: Trustrig) -> None:
    assert trustrig("issue", "server", "api.test", "--subject", r"O=Acme\, Inc.,C=DE").code == 0
    assert issued(ca, "api.test").subject.rfc4514_string() == r"CN=api.test,O=Acme\, Inc.,C=DE"
    ran = trustrig("issue", "intermediate", "Sub", "--subject", "O=Acme")
    assert ran.code == 0
    assert issued(ca, "Sub").subject.rfc4514_string() == "CN=Sub,O=Acme"
    assert trustrig("init", "--ca", "other", "--name", "R", "--subject", "O=Acme").code == 0
    assert AuthorityFolder.open(Path("other")).root.subject.rfc4514_string() == "CN=R,O=Acme"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("client", "CN=Bob,O=Acme"), "Did you mean Bob --subject O=Acme?", id="a client"),
        pytest.param(("intermediate", "O=Acme"), "looks like a subject", id="an authority"),
        pytest.param(("client", "Bob = Alice"), "", id="no subject"),
    ],
)
def test_a_name_that_looks_like_a_subject_is_warned_of(
    ca: Path, trustrig: Trustrig, arguments: tuple[str, ...], words: str
) -> None:
    ran = trustrig("issue", *arguments)
    assert ran.code == 0
    assert ("looks like a subject" in ran.err) is bool(words)
    assert words in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(
            ("issue", "server", "https://api.test:8443/"), "Did you mean api.test?", id="a server by URL"
        ),
        pytest.param(
            ("issue", "server", "api.test:8443"), "Did you mean api.test?", id="a server and its port"
        ),
        pytest.param(
            ("issue", "server", "a.test", "b.test,c.test"), "Did you mean b.test c.test?", id="a list"
        ),
        pytest.param(("issue", "server", "CN=api.test"), "--subject", id="a server by its subject"),
        pytest.param(("issue", "server", "a@b.test"), "names a person", id="a server by a person's address"),
        pytest.param(("issue", "client", "https://api.test"), "Did you mean api.test?", id="a client by URL"),
        pytest.param(
            ("init", "--ca", "x", "--permit", "https://api.test"), "Did you mean api.test?", id="--permit URL"
        ),
        pytest.param(
            ("init", "--ca", "x", "--permit", "api.test:443"), "Did you mean api.test?", id="--permit port"
        ),
        pytest.param(
            ("init", "--ca", "x", "--permit", "upn:a@b"), "no constraint", id="--permit of another kind"
        ),
        pytest.param(
            ("issue", "server", "a.test", "--subject", "C=de"), "Did you mean C=DE?", id="a country"
        ),
        pytest.param(
            ("issue", "server", "a.test", "--eku", "codesign"), "Did you mean codeSigning?", id="a purpose"
        ),
        pytest.param(
            ("issue", "client", "a", "--eku", "tsa", "--eku", "any"), "RFC 3161", id="time stamping with more"
        ),
    ],
)
def test_what_is_refused_says_what_was_meant(
    ca: Path, trustrig: Trustrig, arguments: tuple[str, ...], words: str
) -> None:
    ran = trustrig(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert not list((ca / "issued").glob("*"))


def test_hosts_elsewhere_are_asked_after_alike(ca: Path, trustrig: Trustrig) -> None:
    assert trustrig("issue", "server", "api.test").code == 0
    chain = ca / "issued" / "api.test" / "fullchain.pem"
    for given in ("https://api.test/", "api.test:443", "api.test/"):
        for command in (
            ("evaluate", chain, "--anchor", ca, "--host", given),
            ("export", "snippets", "--host", given),
        ):
            ran = trustrig(*command)
            assert ran.code == 2
            assert "Did you mean api.test?" in ran.err


def test_inspect_shows_names_of_every_kind_as_text(ca: Path, trustrig: Trustrig) -> None:
    names = ("upn:a@corp.test", "srv:_imap.corp.test", "RID:1.2.3.4", "dirName:CN=Alice,O=Acme")
    assert trustrig("issue", "client", "alice", *names, "--subject", "title=Dr.,O=Acme").code == 0
    text = trustrig("inspect", ca / "issued" / "alice" / "cert.pem").out
    for words in (
        "a@corp.test",
        "_imap.corp.test",
        "1.2.3.4",
        "CN=Alice,O=Acme",
        "CN=alice,title=Dr.,O=Acme",
    ):
        assert words in " ".join(text.split())


def test_purposes_are_told_with_what_apple_asks(ca: Path, trustrig: Trustrig) -> None:
    ran = trustrig("issue", "client", "mail", "--eku", "smime", "--eku", "clientAuth")
    assert "for emailProtection: Apple's policy asks" in ran.out
    assert "SecPolicyCreateSMIME" in ran.out
    assert "no e-mail address" in ran.err
    ran = trustrig("issue", "server", "tsa.test", "--eku", "timestamping", "--json")
    document = json.loads(ran.out)
    assert [row["name"] for row in document["purposes"]] == ["timeStamping"]
    assert document["purposes"][0]["asked_by"] == "SecPolicyCreateAppleTimeStamping"
    assert document["findings"] == []  # not held against what is asked of servers of TLS
    assert document["left_out"] == []


def test_a_server_without_a_host_is_warned_of(ca: Path, trustrig: Trustrig) -> None:
    ran = trustrig("issue", "server", "spiffe://a/b")
    assert ran.code == 0
    assert "no host name and no IP address" in ran.err


def test_what_a_request_asked_for_in_vain_is_told(ca: Path, trustrig: Trustrig) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding

    from pki.issue import new_key

    usage = x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.5.5.7.3.3")])
    csr = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name.from_rfc4514_string("CN=a.test,O=Acme"))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("a.test")]), critical=False)
        .add_extension(usage, critical=False)
        .sign(new_key(), hashes.SHA256())
    )
    Path("a.csr").write_bytes(csr.public_bytes(Encoding.PEM))
    ran = trustrig("issue", "csr", "a.csr")
    assert "not taken over: extendedKeyUsage codeSigning (--eku codeSigning gives it)" in ran.out
    assert "not taken over: of the subject O=Acme" in ran.out
    client = trustrig("issue", "csr", "a.csr", "--kind", "client", "--force")
    assert "Next: give " in client.out  # there is no key here to shake hands with
    full: Ran = trustrig(
        *("issue", "csr", "a.csr", "--force", "--json", "--eku", "codeSigning"),
        *("--subject", "CN=a.test,O=Acme"),
    )
    assert json.loads(full.out)["left_out"] == []
    assert json.loads(full.out)["subject"] == "CN=a.test,O=Acme"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(
            ("evaluate", "CHAIN", "--host", "api.test", "--fetch-from", "https://x.test/"),
            "Did you mean x.test?",
            id="--fetch-from",
        ),
        pytest.param(
            ("evaluate", "https://api.test", "--connect", "https://x.test:8/"),
            "Did you mean x.test:8?",
            id="--connect",
        ),
        pytest.param(
            ("handshake", "--host", "api.test:443"), "Did you mean api.test?", id="handshake --host"
        ),
        pytest.param(
            (
                "export",
                "profile",
                "-o",
                "x",
                "--client",
                "alice",
                "--wifi",
                "S",
                "--wifi-server",
                "https://wpa.test",
            ),
            "Did you mean wpa.test?",
            id="--wifi-server",
        ),
        pytest.param(
            ("export", "profile", "-o", "x", "--ct-exempt", "x.test:443"),
            "Did you mean x.test?",
            id="--ct-exempt",
        ),
        pytest.param(
            ("psk", "connect", "https://a.test:44", "--psk-identity", "i", "--psk-file", "pw"),
            "a.test:44",
            id="psk",
        ),
    ],
)
def test_every_option_that_takes_a_host_asks_back(
    ca: Path, trustrig: Trustrig, arguments: tuple[str, ...], words: str
) -> None:
    assert trustrig("issue", "client", "alice").code == 0
    Path("pw").write_text("00112233445566778899aabbccddeeff")
    given = [str(ca / "issued" / "alice" / "fullchain.pem") if one == "CHAIN" else one for one in arguments]
    ran = trustrig(*given)
    assert ran.code == 2
    assert words in ran.err
    assert not Path("x").exists()


def test_snippets_are_for_the_host_issued_last_and_for_no_other_kind_of_name(
    ca: Path, trustrig: Trustrig
) -> None:
    trustrig("issue", "server", "srv:_imap.api.test", "api.test")
    trustrig("issue", "server", "spiffe://a/b")
    ran = trustrig("export", "snippets", "--json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["host"] == "api.test"


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("issue", "client", "bob", "--password-file", "pw"), id="a password"),
        pytest.param(("init", "--ca", "new", "--ca-passphrase-file", "pw"), id="a passphrase"),
    ],
)
def test_a_byte_order_mark_is_no_part_of_a_secret_and_is_named(
    ca: Path, trustrig: Trustrig, arguments: tuple[str, ...]
) -> None:
    """Notepad writes one; nobody could type what would be encrypted with it."""
    Path("pw").write_bytes(b"\xef\xbb\xbfcorrect horse\r\n")
    ran = trustrig(*arguments)
    assert (ran.code, "pw begins with a byte order mark" in ran.err) == (2, True)
    assert not Path("new").exists()


def test_the_next_step_can_be_pasted_where_the_folder_has_a_space(
    tmp_path: Path, trustrig: Trustrig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`init` leads to `issue`, and that to `evaluate`; a revoked one to a list."""
    monkeypatch.chdir(tmp_path)
    ran = trustrig("init", "--ca", "my ca")
    for _ in range(2):
        ran = trustrig(*shlex.split(ran.out.partition("Next: ")[2])[1:])
        assert (ran.code, ran.err) == (0, "")
    ran = trustrig("revoke", "api.test", "--ca", "my ca")
    step = ran.out.partition("Next: ")[2].partition(", or ")[0]
    assert trustrig(*shlex.split(step)[1:]).code == 0
