"""`init --from`: authorities that other programs made, adopted, and what they sign put before programs we did not write."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pki.handshake import ClientCertificates, LoopbackServer, ServerSettings
from pki.issue import Authority
from pki.store import AuthorityFolder
from tests import adopted, clock
from tests.adopted import MAKERS, Files, Maker, run
from tests.handshake.programs import CURL, JAVA, OPENSSL, Program, Visit, curl, java, s_client
from tests.shell import Ran, Trustrig

DAY = timedelta(days=1)
CA = x509.BasicConstraints(ca=True, path_length=None)
USAGE_BITS = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


@pytest.fixture
def here(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CAROOT", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    return here


def everything_in(folder: Path) -> dict[Path, tuple[bytes, int, int]]:
    """Content, mode and time of every file: what must not change."""
    return {
        path: (path.read_bytes(), path.stat().st_mode, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def given(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Maker], Files]:
    """Make an authority outside the folder in which commands run."""
    return lambda make: make(tmp_path_factory.mktemp("theirs"))


PROGRAMS: list[tuple[Program, pytest.MarkDecorator]] = [(curl, CURL), (s_client, OPENSSL), (java, JAVA)]


@CURL
@OPENSSL
@JAVA
@pytest.mark.parametrize("make", MAKERS)
def test_what_it_signs_passes_evaluate_and_programs_that_others_wrote(
    make: Maker, trustrig: Trustrig, here: Path, given: Callable[[Maker], Files]
) -> None:
    files = given(make)
    before = everything_in(files.root.parent)
    options = files.options(here)
    ran = trustrig("init", *options)
    assert ran.code == 0, ran.err
    unlock = ("--ca-passphrase-file", "passphrase") if files.passphrase else ()
    ran = trustrig("issue", "server", "localhost", *unlock)
    # Caddy's intermediate lives for a week, and what is below it no longer.
    assert ran.code == 0, ran.err
    assert ran.err == "" or (make is adopted.caddy and "with its issuer" in ran.err)
    leaf = here / "trustrig-ca/issued/localhost"
    ran = trustrig("evaluate", leaf / "fullchain.pem", "--host", "localhost", "--anchor", "trustrig-ca")
    assert ran.code == 0, ran.out
    ran = trustrig("evaluate", leaf / "fullchain.pem", "--host", "localhost", "--anchor", files.root)
    assert ran.code == 0, ran.out
    identity = AuthorityFolder.open(here / "trustrig-ca").identity("localhost")
    with LoopbackServer(
        ServerSettings(identity=identity, client_certificates=ClientCertificates.NONE),
        at=clock.now(),
        deadline=clock.PATIENCE,
    ) as server:
        for program, _ in PROGRAMS:
            (said,) = program(Visit(port=server.port, trusting=files.root))
            assert said.let_in, f"{program.__name__}: {said.words}"
    assert everything_in(files.root.parent) == before  # the originals are as they were
    key = files.key.read_bytes()
    assert all(key not in data for data, _, _ in everything_in(here / "trustrig-ca").values())


# What is sent beside a leaf: the issuer where it is an intermediate, nothing where it is the root.
@pytest.mark.parametrize(
    ("make", "sent", "room"),
    [
        pytest.param(adopted.mkcert, 1, 0, id="mkcert's root", marks=adopted.MKCERT),
        pytest.param(adopted.openssl_ca, 2, 0, id="an intermediate by openssl ca", marks=adopted.OPENSSL),
        pytest.param(adopted.caddy, 2, 0, id="Caddy's intermediate", marks=adopted.CADDY),
        pytest.param(adopted.openssl_root, 1, None, id="a root without a path length", marks=adopted.OPENSSL),
        pytest.param(adopted.ours, 1, 2, id="a root of ours"),
    ],
)
def test_a_sub_ca_comes_only_where_a_path_length_leaves_room(
    make: Maker,
    sent: int,
    room: int | None,
    trustrig: Trustrig,
    here: Path,
    given: Callable[[Maker], Files],
) -> None:
    files = given(make)
    told = trustrig("init", *files.options(here)).out
    unlock = ("--ca-passphrase-file", "passphrase") if files.passphrase else ()
    assert trustrig("issue", "server", "api.test", *unlock).code == 0
    fullchain = (here / "trustrig-ca/issued/api.test/fullchain.pem").read_text()
    assert fullchain.count("BEGIN CERTIFICATE") == sent
    ran = trustrig("issue", "intermediate", "Below", *unlock)
    if room == 0:
        assert "no authority may stand below it" in told
        assert ran.code == 2
        assert "may have no authority below it: its path length is 0" in ran.err
        assert not (here / "trustrig-ca/issued/Below").exists()
        assert len(AuthorityFolder.open(here / "trustrig-ca").rows()) == 1
        return
    assert "of authorities may stand below it" in told
    assert ran.code == 0
    assert trustrig("issue", "server", "b.test", "--issuer", "Below", *unlock).code == 0
    chain = here / "trustrig-ca/issued/b.test/fullchain.pem"
    assert chain.read_text().count("BEGIN CERTIFICATE") == 2
    assert trustrig("evaluate", chain, "--host", "b.test", "--anchor", files.root).code == 0


@adopted.MKCERT
def test_mkcert_is_found_by_its_own_word_by_its_variables_and_at_home(
    trustrig: Trustrig, here: Path, monkeypatch: pytest.MonkeyPatch, given: Callable[[Maker], Files]
) -> None:
    files = given(adopted.mkcert)
    monkeypatch.setenv("CAROOT", str(files.root.parent))
    assert trustrig("init", "--from", "mkcert").code == 0
    assert trustrig("issue", "server", "api.test").code == 0

    monkeypatch.setenv("PATH", str(here))  # mkcert is not installed
    ran = trustrig("init", "--from", "mkcert", "--ca", "by-variable", "--json")
    assert json.loads(ran.out)["key_file"] == str(files.key)
    monkeypatch.delenv("CAROOT")
    monkeypatch.setenv("HOME", str(here / "home"))
    home = (
        here / "home" / ("Library/Application Support" if os.uname().sysname == "Darwin" else ".local/share")
    )
    shutil.copytree(files.root.parent, home / "mkcert")
    assert trustrig("init", "--from", "mkcert", "--ca", "at-home").code == 0
    (home / "mkcert" / "rootCA-key.pem").unlink()
    ran = trustrig("init", "--from", "mkcert", "--ca", "keyless")
    assert ran.code == 2
    assert "rootCA-key.pem is missing in" in ran.err
    assert "--key FILE" in ran.err
    assert not (here / "keyless").exists()
    assert trustrig("init", "--from", "mkcert", "--key", files.key, "--ca", "keyless").code == 0
    shutil.rmtree(home / "mkcert")
    ran = trustrig("init", "--from", "mkcert", "--ca", "nothing")
    assert ran.code == 2
    assert "mkcert -install" in ran.err


@adopted.MKCERT
def test_mkcerts_folder_may_be_named_itself(trustrig: Trustrig, given: Callable[[Maker], Files]) -> None:
    files = given(adopted.mkcert)
    assert trustrig("init", "--from", files.root.parent).code == 0
    assert trustrig("issue", "server", "api.test").code == 0


@adopted.MKCERT
def test_the_key_is_read_where_it_is_and_a_change_there_is_told_with_its_repair(
    trustrig: Trustrig, here: Path, given: Callable[[Maker], Files]
) -> None:
    files = given(adopted.mkcert)
    assert trustrig("init", *files.options(here)).code == 0
    assert trustrig("issue", "server", "api.test").code == 0
    moved = files.key.rename(here / "moved.pem")
    for args in (
        ("issue", "server", "b.test"),
        ("renew", "api.test"),
        ("ocsp", "answer", "api.test", "-o", "x"),
    ):
        ran = trustrig(*args)
        assert ran.code == 3
        assert f"is not at {files.key} any more" in ran.err
        assert "trustrig init --from trustrig-ca/root/fullchain.pem --key KEY.pem" in ran.err
    assert [row.name for row in AuthorityFolder.open(here / "trustrig-ca").rows()] == ["api.test"]
    ran = trustrig("doctor")
    assert "is not at" in ran.out

    ran = trustrig("init", "--from", files.root, "--key", moved)
    assert ran.code == 0
    assert "already, with all it issued" in ran.out
    assert trustrig("renew", "api.test").code == 0
    run("openssl", "genrsa", "-out", "other.pem", "2048", cwd=here)
    moved.chmod(0o600)
    moved.write_bytes((here / "other.pem").read_bytes())
    ran = trustrig("issue", "server", "c.test")
    assert ran.code == 3
    assert f"{moved} is no longer the key of 'mkcert" in ran.err
    moved.write_text("nothing at all")
    ran = trustrig("issue", "server", "c.test")
    assert (ran.code, "is no longer the key of" in ran.err) == (3, True)
    assert "Traceback" not in ran.err


@adopted.MKCERT
def test_a_key_is_copied_with_the_word_alone_and_stays_copied(
    trustrig: Trustrig, here: Path, given: Callable[[Maker], Files]
) -> None:
    files = given(adopted.mkcert)
    assert trustrig("init", *files.options(here), "--copy-key").code == 0
    copied = here / "trustrig-ca/root/key.pem"
    assert stat.S_IMODE(copied.stat().st_mode) == 0o600
    files.key.rename(here / "away.pem")
    assert trustrig("issue", "server", "api.test").code == 0
    # A second time, where the folder has the key: nothing is forgotten.
    assert trustrig("init", "--from", files.root, "--key", "away.pem").code == 0
    (here / "away.pem").unlink()
    assert trustrig("issue", "server", "b.test").code == 0


@adopted.OPENSSL
def test_an_encrypted_key_is_opened_each_time_and_copied_encrypted(
    trustrig: Trustrig, here: Path, monkeypatch: pytest.MonkeyPatch, given: Callable[[Maker], Files]
) -> None:
    files = given(adopted.openssl_root)
    ran = trustrig("init", "--from", files.root, "--key", files.key)
    assert ran.code == 3
    assert "--ca-passphrase-file" in ran.err
    assert not (here / "trustrig-ca").exists()
    (here / "wrong").write_text("battery staple")
    ran = trustrig("init", "--from", files.root, "--key", files.key, "--ca-passphrase-file", "wrong")
    assert ran.code == 3
    assert "battery" not in ran.err
    assert trustrig("init", *files.options(here)).code == 0
    for unlock in ((), ("--ca-passphrase-file", "wrong")):
        ran = trustrig("issue", "server", "api.test", *unlock)
        assert ran.code == 3
        assert "--ca-passphrase-file" in ran.err
    monkeypatch.setenv("TRUSTRIG_PASSPHRASE", adopted.PASSPHRASE)
    assert trustrig("issue", "server", "api.test").code == 0
    assert trustrig("init", "--from", files.root, "--key", files.key, "--copy-key").code == 0
    files.key.unlink()
    assert trustrig("issue", "server", "b.test").code == 0
    assert "ENCRYPTED" in (here / "trustrig-ca/root/key.pem").read_text()
    monkeypatch.delenv("TRUSTRIG_PASSPHRASE")
    assert trustrig("issue", "server", "c.test").code == 3


@adopted.OPENSSL
def test_an_intermediate_without_its_root_issues_and_says_what_waits(
    trustrig: Trustrig, here: Path, given: Callable[[Maker], Files]
) -> None:
    files = given(adopted.openssl_ca)
    theirs = files.root.parent
    options = ("--key", theirs / "issuing.key")
    ran = trustrig("init", "--from", theirs / "issuing.pem", *options)
    assert ran.code == 0
    assert "its root is not here: O=Acme GmbH" in ran.err.replace("CN=Acme Root,", "")
    ran = trustrig("issue", "server", "api.test")
    assert ran.code == 0, ran.err
    chain = here / "trustrig-ca/issued/api.test/fullchain.pem"
    assert chain.read_text().count("BEGIN CERTIFICATE") == 2
    assert trustrig("evaluate", chain, "--host", "api.test", "--anchor", files.root).code == 0
    assert trustrig("list").code == 0
    assert trustrig("renew", "api.test").code == 0
    assert trustrig("revoke", "api.test").code == 0
    assert trustrig("crl", "-o", "list.crl").code == 0
    ran = trustrig("crl", "-o", "root.crl", "--root")
    assert (ran.code, "the key of the root above 'Acme Issuing' is not here" in ran.err) == (2, True)
    ran = trustrig("revoke", "Acme Issuing")
    assert (ran.code, "Only who issued a certificate can revoke it" in ran.err) == (2, True)
    for waits in (
        ("evaluate", chain, "--host", "api.test", "--anchor", "trustrig-ca"),
        ("export", "profile", "-o", "x.mobileconfig"),
        ("install", "simulator"),
    ):
        ran = trustrig(*waits)
        assert ran.code == 3, ran.out
        assert "the root above 'Acme Issuing' is not in trustrig-ca" in ran.err
        assert "--from ROOT.pem" in ran.err
    assert "the root above the intermediate is not here" in trustrig("doctor").out.replace("\n         ", " ")

    ran = trustrig("init", "--from", theirs / "issuing.pem", "--from", files.root, *options)
    assert ran.code == 0
    assert (ran.err, "already, with all it issued" in ran.out) == ("", True)
    assert trustrig("renew", "api.test").code == 0
    assert trustrig("evaluate", chain, "--host", "api.test", "--anchor", "trustrig-ca").code == 0
    assert trustrig("export", "profile", "-o", "x.mobileconfig").code == 0


@adopted.CERTTOOL
def test_a_name_outside_its_constraints_is_refused_at_once_and_free_types_are_free(
    trustrig: Trustrig, here: Path, given: Callable[[Maker], Files]
) -> None:
    files = given(adopted.gnutls)
    ran = trustrig("init", *files.options(here))
    assert "certifies only acme.test, localhost, any address, any mailbox, any URI" in ran.out
    ran = trustrig("issue", "server", "api.test")
    assert ran.code == 2
    assert "api.test is outside what this authority may certify. Permitted: acme.test" in ran.err
    # RFC 5280, 4.2.1.10: a type of name that is not mentioned is not limited.
    assert trustrig("issue", "server", "api.acme.test", "192.168.1.20").code == 0
    leaf = here / "trustrig-ca/issued/api.acme.test"
    run("openssl", "verify", "-x509_strict", "-CAfile", str(files.root), str(leaf / "cert.pem"), cwd=here)
    ran = trustrig("evaluate", leaf / "fullchain.pem", "--host", "192.168.1.20", "--anchor", files.root)
    assert ran.code == 0


@adopted.MKCERT
def test_a_list_that_verifiers_would_refuse_is_not_signed(
    trustrig: Trustrig, here: Path, given: Callable[[Maker], Files]
) -> None:
    """mkcert's root has keyCertSign alone; OpenSSL says so of a list that it signed all the same."""
    files = given(adopted.mkcert)
    ran = trustrig("init", *files.options(here))
    assert "its keyUsage lacks cRLSign" in ran.err
    assert trustrig("issue", "server", "api.test").code == 0
    ran = trustrig("revoke", "api.test")
    assert (ran.code, "trustrig crl" in ran.out, "Next: trustrig ocsp serve" in ran.out) == (0, False, True)
    ran = trustrig("crl", "-o", "list.crl")
    assert (ran.code, "keyUsage lacks cRLSign" in ran.err) == (2, True)
    assert not (here / "list.crl").exists()
    assert trustrig("ocsp", "answer", "api.test", "-o", "answer.der").code == 0
    ran = trustrig("ocsp", "show", "answer.der")
    assert "revoked" in ran.out


# --- What cannot be adopted, and what is told of what can ---


def _made(
    folder: Path,
    *,
    constraints: x509.BasicConstraints | None = CA,
    usage: str | None = "sign",
    subject: str = "Odd CA",
    begins: timedelta = -DAY,
    ends: timedelta = 900 * DAY,
    key: Any = None,
    purposes: ExtendedKeyUsageOID | None = None,
    limits: x509.NameConstraints | None = None,
) -> None:
    """Write ca.pem and ca.key: a self-signed certificate that is a good root but for what is said."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)] if subject.startswith("Odd") else [])
    if subject and not subject.startswith("Odd"):
        name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, subject)])
    now = clock.now()
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
    )
    if constraints is not None:
        builder = builder.add_extension(constraints, critical=True)
    key_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = builder.add_extension(key_id, critical=False)
    if usage is not None:
        bits = dict.fromkeys(USAGE_BITS, False) | {"key_cert_sign": usage == "sign", "crl_sign": True}
        builder = builder.add_extension(x509.KeyUsage(**bits), critical=True)
    if purposes is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purposes]), critical=False)
    if limits is not None:
        builder = builder.add_extension(limits, critical=True)
    made = builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    (folder / "ca.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "ca.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        pytest.param({"constraints": None, "usage": None}, "is no authority: its certificate has no basicConstraints", id="no basicConstraints"),
        pytest.param({"constraints": x509.BasicConstraints(ca=False, path_length=None)}, "says CA:FALSE", id="CA:FALSE"),
        pytest.param({"usage": "other"}, "its keyUsage lacks keyCertSign", id="keyUsage without keyCertSign"),
        pytest.param({"begins": -9 * DAY, "ends": -DAY}, "'Odd CA' ended on", id="ended"),
        pytest.param({"subject": ""}, "the certificate's subject is empty", id="no name at all"),
        pytest.param({"subject": "Odd \x1b[31mCA"}, "characters that no terminal shows", id="a terminal's commands"),
        pytest.param({"subject": "Acme\n"}, "characters that no terminal shows", id="a line break, and no CommonName"),
    ],
)  # fmt: skip
def test_what_nothing_could_be_trusted_under_is_refused_and_nothing_is_left(
    odd: dict[str, Any], words: str, trustrig: Trustrig, here: Path
) -> None:
    _made(here, **odd)
    ran = trustrig("init", "--from", "ca.pem", "--key", "ca.key")
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert ran.err.count("trustrig:") == 1
    assert not (here / "trustrig-ca").exists()


@pytest.mark.parametrize(
    ("odd", "rule"),
    [
        pytest.param({"subject": "Acme"}, "anchor-not-listed", id="no CommonName"),
        pytest.param({"key": rsa.generate_private_key(65537, 1024)}, "tls-rsa-2048", id="RSA-1024"),
        pytest.param({"key": ed25519.Ed25519PrivateKey.generate()}, "tls-key-type", id="Ed25519"),
        pytest.param({"begins": 2 * DAY}, "cert-not-before", id="not yet valid"),
        pytest.param(
            {"constraints": None}, "ca-basic-constraints", id="no basicConstraints, which OpenSSL takes"
        ),
        pytest.param(
            {"key": ec.generate_private_key(ec.BrainpoolP256R1())},
            "signature-verifiable",
            id="a curve that Apple lacks",
        ),
        pytest.param(
            {"purposes": ExtendedKeyUsageOID.CLIENT_AUTH},
            "rfc5280-anchor-purposes",
            id="purposes without serverAuth",
        ),
    ],
)
def test_what_apple_holds_against_it_is_told_at_once_and_it_is_adopted(
    odd: dict[str, Any], rule: str, trustrig: Trustrig, here: Path
) -> None:
    _made(here, **odd)
    ran = trustrig("init", "--from", "ca.pem", "--key", "ca.key", "--json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)["findings"]
    assert any(rule in one["rule_id"] for one in found), found
    ran = trustrig("init", "--from", "ca.pem", "--key", "ca.key", "--ca", "told")
    # Not its evidence, which counts the seconds of another run.
    assert all(f"[{one['rule_id']}]. {one['fix']}" in ran.err for one in found)


def test_what_is_asked_of_a_root_is_not_told_of_an_authority_whose_root_is_not_at_hand(
    trustrig: Trustrig, here: Path
) -> None:
    """Who trusts that root is not known: neither `init` nor `issue` says what Apple will make of it."""
    (here / "other.pem").write_bytes(_intermediate(here)[1])
    issuing, root = _intermediate(here)
    (here / "ca.pem").write_bytes(issuing)
    ran = trustrig("init", "--from", "ca.pem", "--from", "other.pem", "--key", "ca.key")
    assert ran.code == 0
    assert "Apple" not in ran.err
    assert "warning: other.pem has neither its certificate nor an issuer's, and was left out" in ran.err
    add = ran.err.partition("no key is needed: ")[2].splitlines()[0]
    ran = trustrig("issue", "server", "api.test")
    assert (ran.code, ran.err) == (0, "")
    assert trustrig(*shlex.split(ran.out.partition("Next: ")[2])[1:]).code == 0
    # The command that is printed is one that works: only the root's file is the reader's.
    (here / "ROOT.pem").write_bytes(root)
    ran = trustrig(*shlex.split(add)[1:])
    assert (ran.code, ran.err, "with all it issued" in ran.out) == (0, "", True)
    ran = trustrig("issue", "server", "b.test")
    assert (ran.code, ran.err) == (0, "")
    assert trustrig(*shlex.split(ran.out.partition("Next: ")[2])[1:]).code == 0


def _intermediate(folder: Path) -> tuple[bytes, bytes]:
    """An authority below a root, and the root, as PEM; its key in ca.key."""
    whole = Authority.create(name="Odd", at=clock.now()).issuing
    (folder / "ca.key").write_bytes(
        whole.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return whole.certificate.public_bytes(Encoding.PEM), whole.issuers[-1].public_bytes(Encoding.PEM)


@OPENSSL
def test_a_library_has_no_word_of_its_own_in_an_answer(here: Path) -> None:
    """A serial number below zero: OpenSSL makes one, and the library warns its programmers of it."""
    line = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=neg", "-set_serial", "-5")
    run("openssl", *line, "-days", "90", "-keyout", "ca.key", "-out", "ca.pem", cwd=here)
    for words in (("init", "--from", "ca.pem", "--key", "ca.key"), ("issue", "server", "api.test")):
        done = subprocess.run(
            [sys.executable, "-m", "pki_cli", *words], cwd=here, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0
        assert "cryptography" not in done.stderr.lower()
        assert all(one.startswith("warning: ") for one in done.stderr.splitlines())


@OPENSSL
def test_a_container_of_certificates_alone_and_a_key_file_without_one_are_asked_for_the_key(
    trustrig: Trustrig, here: Path
) -> None:
    _made(here)
    run(
        "openssl",
        "pkcs12",
        "-export",
        "-nokeys",
        "-in",
        "ca.pem",
        "-passout",
        "pass:x",
        "-out",
        "ca.p12",
        cwd=here,
    )
    (here / "pw").write_text("x")
    ran = trustrig("init", "--from", "ca.p12", "--ca-passphrase-file", "pw")
    assert (ran.code, ran.err) == (
        2, "trustrig: ca.p12 holds no private key. Name its file with --key. Is it this one? --key ca.key.\n",
    )  # fmt: skip
    assert trustrig("init", "--from", "ca.p12", "--ca-passphrase-file", "pw", "--key", "ca.key").code == 0
    ran = trustrig("init", "--from", "ca.pem", "--key", "ca.pem", "--ca", "again")
    assert (ran.code, "ca.pem holds no private key. Name its file with --key." in ran.err) == (2, True)
    ran = trustrig("init", "--from", "https://a.test/ca.pem", "--key", "ca.key", "--ca", "again")
    assert (ran.code, "curl -fo CERT.pem https://a.test/ca.pem" in ran.err) == (2, True)


def test_a_good_one_is_told_nothing(trustrig: Trustrig, here: Path) -> None:
    _made(here)
    ran = trustrig("init", "--from", "ca.pem", "--key", "ca.key", "--json")
    assert (ran.code, ran.err) == (0, "")
    document = json.loads(ran.out)
    assert document["findings"] == []
    assert (document["signs"], document["adopted"], document["intermediate"]) == ("root", True, None)
    assert document["key_file"] == str(here / "ca.key")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        pytest.param(("--key", "p255"), "'p255' is no type of key. Did you mean p256?", id="neither a type nor a file"),
        pytest.param(("--key", "ca.key"), "is a file, and no authority was named", id="a file without --from"),
        pytest.param(("--from", "ca.pem", "--key", "p256"), "p256: No such file or directory", id="a type with --from"),
        pytest.param(("--from", "ca.pem"), "ca.pem holds no private key. Name its file with --key. Is it this one? --key ca.key", id="no key"),
        pytest.param(("--from", "-", "--key", "-"), "standard input can be read once only", id="two from one stream"),
        pytest.param(("--from", "-", "--key", "ca.key", "--ca-passphrase-file", "-"), "standard input can be read once only", id="a third from it"),
        pytest.param(("--from", "none.pem"), "none.pem: No such file or directory", id="no such file"),
        pytest.param(("--from", "ca.pem", "--key", "other.key"), "is of no certificate in ca.pem", id="another key"),
        pytest.param(("--from", "there"), "Use an authority made here as it is: --ca there", id="a folder of ours"),
        pytest.param(("--from", "empty"), "is a folder, and an authority's certificate is a file", id="a folder"),
        pytest.param(("--from", "ca.pem", "--key", "ca.key", "--permit", "a.test"), "\n  trustrig issue intermediate Limited --permit a.test\n", id="--permit"),
        pytest.param(("--from", "ca.pem", "--key", "ca.key", "--root-only"), "--root-only says how", id="--root-only"),
        pytest.param(("--from", "ca.pem", "--key", "ca.key", "--name", "X"), "--name says how", id="--name"),
        pytest.param(("--copy-key",), "--copy-key is about an authority that is adopted", id="--copy-key alone"),
        pytest.param(("--from", "ca.pem", "--key", "ca.key", "--ca", "there"), "there is an authority in there already", id="a folder that is taken"),
    ],
)  # fmt: skip
def test_wrong_use_gets_one_error_and_leaves_everything_as_it_was(
    args: tuple[str, ...], words: str, trustrig: Trustrig, here: Path
) -> None:
    _made(here)
    (here / "other.key").write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
    )
    (here / "empty").mkdir()
    assert trustrig("init", "--ca", "there").code == 0
    before = everything_in(here)
    ran = trustrig("init", *args)
    assert ran.code in (2, 3)
    assert ran.out == ""
    assert words in ran.err
    assert ran.err.count("trustrig:") == 1
    assert everything_in(here) == before


def test_certificate_and_key_in_one_file_are_enough(trustrig: Trustrig, here: Path) -> None:
    _made(here)
    (here / "both.pem").write_bytes((here / "ca.key").read_bytes() + (here / "ca.pem").read_bytes())
    (here / "both.pem").chmod(0o600)
    assert trustrig("init", "--from", "both.pem").code == 0
    assert trustrig("issue", "server", "api.test").code == 0


# --- Every command that works with a folder, in every shape a folder may have ---


def _root_only(trustrig: Trustrig, here: Path, given: Callable[[Maker], Files]) -> None:
    ran = trustrig("init", "--root-only", "--name", "Lone Root")
    assert ran.code == 0
    assert "the root signs servers and clients itself" in ran.out


def _adopted_intermediate(trustrig: Trustrig, here: Path, given: Callable[[Maker], Files]) -> None:
    assert trustrig("init", "--ca", "upper", "--name", "Upper").code == 0
    upper = here / "upper"
    assert trustrig(
        "init", "--from", upper / "intermediate/cert.pem", "--from", upper / "root/cert.pem", "--key",
        upper / "intermediate/key.pem",
    ).code == 0  # fmt: skip


def _constrained(trustrig: Trustrig, here: Path, given: Callable[[Maker], Files]) -> None:
    assert (
        trustrig(
            "init", "--root-only", "--permit", "api.test", "--permit", "127.0.0.1", "--permit", "localhost"
        ).code
        == 0
    )


SHAPES = [
    pytest.param(_root_only, id="a root alone"),
    pytest.param(_adopted_intermediate, id="an adopted intermediate"),
    pytest.param(_constrained, id="a root alone with constraints"),
]


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_every_command_works_with_a_folder_of_another_shape(
    shape: Callable[..., None], trustrig: Trustrig, here: Path, given: Callable[[Maker], Files]
) -> None:
    shape(trustrig, here, given)
    (here / "pw").write_text("correct horse")
    below = shape is _adopted_intermediate
    root = "trustrig-ca/root/cert.pem"

    def works(*args: str | Path, code: int = 0) -> Ran:
        ran = trustrig(*args)
        assert ran.code == code, (args, ran.out, ran.err)
        return ran

    works("issue", "server", "api.test", "localhost", "127.0.0.1")
    works("issue", "client", "alice", "--password-file", "pw")
    _request(here)
    works("issue", "csr", "leaf.csr")
    works("issue", "intermediate", "Lower", code=0 if below else 2)
    works("renew", "api.test")
    works("renew", "alice", "--password-file", "pw")
    rows = json.loads(works("list", "--json").out)
    assert rows["signs"] == ("intermediate" if below else "root")
    works("list")
    leaf = here / "trustrig-ca/issued/api.test/fullchain.pem"
    assert leaf.read_text().count("BEGIN CERTIFICATE") == 1 + below
    works("evaluate", leaf, "--host", "api.test", "--anchor", "trustrig-ca")
    works("evaluate", leaf, "--host", "api.test", "--anchor", root)
    works("export", "pem", "api.test", "-o", "pem")
    works("export", "p12", "alice", "-o", "alice.p12", "--password-file", "pw")
    inspected = json.loads(works("inspect", "alice.p12", "--password-file", "pw", "--json").out)
    assert len(inspected["certificates"]) == 2 + below
    works("export", "profile", "-o", "a.mobileconfig", "--client", "alice", "--password-file", "pw")
    works("inspect", "--check", "a.mobileconfig")
    works("export", "snippets", "-o", "swift", "--client", "alice")
    works("export", "bundle", "-o", "bundle", "--client", "alice", "--password-file", "pw")
    works("install", "simulator")
    works("install", "mac")
    works("handshake", "--client", "alice", "--sockets")
    works("dtls", "handshake", "--client", "alice")
    works("crl", "-o", "own.crl")
    works("crl", "-o", "root.crl", "--root", code=2 if below else 0)
    works("ocsp", "answer", "alice", "-o", "good.der")
    works("ocsp", "serve", "--for", "0")
    works("revoke", "alice")
    refused = trustrig("handshake", "--client", "alice")
    assert (refused.code, "revoked" in refused.out) == (1, True)
    works("ocsp", "answer", "alice", "-o", "revoked.der")
    works("crl", "-o", "second.crl")
    _lists_hold(here, below=below)
    ran = works("doctor")
    assert "PROBLEM" not in ran.out


def _lists_hold(here: Path, *, below: bool) -> None:
    """OpenSSL takes the list of who signs leaves: alice is revoked by it, and the server is not."""
    (here / "chain.pem").write_bytes(
        b"".join(file.read_bytes() for file in (here / "trustrig-ca/intermediate/cert.pem",) if below)
    )
    for who, code in (("alice", 2), ("api.test", 0)):
        words = [
            "openssl",
            "verify",
            "-crl_check",
            "-CRLfile",
            "second.crl",
            "-CAfile",
            "trustrig-ca/root/cert.pem",
        ]
        words += ["-untrusted", "chain.pem"] if below else []
        done = subprocess.run(
            [*words, f"trustrig-ca/issued/{who}/cert.pem"],
            cwd=here,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) == (code == 0), done.stdout + done.stderr


def _request(here: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "csr.api.test")])
    names = x509.SubjectAlternativeName([x509.DNSName("csr.api.test")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).add_extension(names, critical=False)
    (here / "leaf.csr").write_bytes(request.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))


def test_a_manifest_goes_on_with_a_root_alone_and_asks_for_no_authority_below_it(
    trustrig: Trustrig, here: Path
) -> None:
    assert trustrig("init", "--root-only", "--name", "Lone Root", "--ca", "ca").code == 0
    manifest = '[ca.dev]\nname = "Lone Root"\nfolder = "ca"\n'
    (here / "pki.toml").write_text(
        f'{manifest}[server.api]\nca = "dev"\nnames = ["api.test"]\n'
        '[[export.pem]]\nleaf = "api"\nto = "out/api.pem"\n[[export.crl]]\nca = "dev"\nto = "out/dev.crl"\n'
    )
    ran = trustrig("apply", "pki.toml")
    assert ran.code == 0, ran.err
    assert (
        "0 changes" in trustrig("apply", "pki.toml").out or trustrig("apply", "pki.toml", "--check").code == 0
    )
    assert (here / "out/api.pem").read_text().count("BEGIN CERTIFICATE") == 1
    (here / "below.toml").write_text(f'{manifest}[intermediate.Lower]\nca = "dev"\n')
    ran = trustrig("apply", "below.toml")
    assert ran.code == 2
    assert "may have none below it" in ran.err


def test_an_older_version_names_a_shape_it_does_not_know(trustrig: Trustrig, here: Path) -> None:
    """What a version before reads of these folders is the schema, and it refuses that by name."""
    assert trustrig("init").code == 0
    assert json.loads((here / "trustrig-ca/authority.json").read_text())["schema"] == "trustrig.authority/1"
    assert trustrig("init", "--root-only", "--ca", "lone").code == 0
    marker = here / "lone/authority.json"
    assert json.loads(marker.read_text())["schema"] == "trustrig.authority/2"
    for damaged in (
        '{"schema": "trustrig.authority/3"}',
        '{"schema": "trustrig.authority/2", "members": ["x"]}',
        "[]",
        "{",
    ):
        marker.write_text(damaged)
        ran = trustrig("list", "--ca", "lone")
        assert (ran.code, ran.out) == (3, "")
        assert "authority.json" in ran.err


def test_doctor_looks_after_a_key_that_stayed_outside(trustrig: Trustrig, here: Path) -> None:
    _made(here)
    (here / "ca.key").chmod(0o644)
    assert trustrig("init", "--from", "ca.pem", "--key", "ca.key").code == 0
    ran = trustrig("doctor", "--json")
    found = {one["id"]: one for one in json.loads(ran.out)["remarks"] if one["grade"] == "problem"}
    assert f"chmod 600 {here / 'ca.key'}" in found["secret-mode"]["command"]
    (here / "ca.key").chmod(0o600)
    assert trustrig("doctor").code == 0
    (here / "ca.key").unlink()
    found = {one["id"]: one for one in json.loads(trustrig("doctor", "--json").out)["remarks"]}
    assert found["authority-key"]["grade"] == "warning"
    assert f"is not at {here / 'ca.key'} any more" in found["authority-key"]["says"]
    assert "--key of the `trustrig init --from` that adopted it" in found["authority-key"]["next_step"]
    assert found["authority-key"]["command"] is None  # nobody knows where the key is now


def test_doctor_misses_the_key_of_a_root_that_signs_itself(trustrig: Trustrig, here: Path) -> None:
    assert trustrig("init", "--root-only").code == 0
    (here / "trustrig-ca/root/key.pem").unlink()
    found = {one["id"]: one for one in json.loads(trustrig("doctor", "--json").out)["remarks"]}
    assert found["authority-key"]["grade"] == "warning"
    assert found["authority-key"]["next_step"] == "Put it back from a copy."


@pytest.mark.parametrize("missing", ["root/cert.pem", "root/key.pem"])
def test_a_file_that_is_gone_is_named(missing: str, trustrig: Trustrig, here: Path) -> None:
    assert trustrig("init", "--root-only").code == 0
    (here / "trustrig-ca" / missing).unlink()
    ran = trustrig("issue", "server", "api.test")
    assert (ran.code, ran.out) == (3, "")
    assert f"trustrig-ca/{missing} is missing" in ran.err


def test_the_key_goes_by_what_was_said_and_the_passphrase_never_shows(
    trustrig: Trustrig, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--key` has two meanings, and TRUSTRIG_PASSPHRASE that nobody needs is no obstacle."""
    _made(here)
    monkeypatch.setenv("TRUSTRIG_PASSPHRASE", "not-needed-here")
    ran = trustrig("init", "--from", "ca.pem", "--key", "ca.key")
    assert ran.code == 0
    assert trustrig("issue", "server", "api.test").code == 0
    ran = trustrig("init", "--key", "p384", "--ca", "made")
    assert ran.code == 0
    assert "not-needed-here" not in ran.out + ran.err + (here / "trustrig-ca/authority.json").read_text()


@OPENSSL
def test_a_root_of_version_1_goes_on_as_apple_and_openssl_take_it(trustrig: Trustrig, here: Path) -> None:
    """Security-61901 SecCertificate.c, SecCertificateIsCA; v3_purp.c, check_ca: old companies have such roots."""
    subject = ("-subj", "/CN=Old Root")
    run("openssl", "genrsa", "-out", "old.key", "2048", cwd=here)
    run("openssl", "req", "-new", "-key", "old.key", *subject, "-out", "old.csr", cwd=here)
    run(
        "openssl",
        "x509",
        "-req",
        "-in",
        "old.csr",
        "-signkey",
        "old.key",
        "-days",
        "900",
        "-out",
        "old.pem",
        cwd=here,
    )
    if x509.load_pem_x509_certificate((here / "old.pem").read_bytes()).version is not x509.Version.v1:
        pytest.skip("this OpenSSL makes version 3 of a request without extensions")
    ran = trustrig("init", "--from", "old.pem", "--key", "old.key")
    assert ran.code == 0, ran.err
    assert trustrig("issue", "server", "localhost").code == 0
    leaf = "trustrig-ca/issued/localhost/fullchain.pem"
    assert trustrig("evaluate", leaf, "--host", "localhost", "--anchor", "trustrig-ca").code == 0
    run("openssl", "verify", "-CAfile", "old.pem", leaf, cwd=here)


@OPENSSL
@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param(("-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"), "is for RSA-PSS alone", id="RSA-PSS"),
        pytest.param(("-algorithm", "ED448"), "has a key of the kind Ed448", id="Ed448"),
    ],
)  # fmt: skip
def test_a_key_that_signs_no_certificates_here_is_refused(
    options: tuple[str, ...], words: str, trustrig: Trustrig, here: Path
) -> None:
    run("openssl", "genpkey", *options, "-out", "odd.key", cwd=here)
    run(
        "openssl",
        "req",
        "-x509",
        "-key",
        "odd.key",
        "-subj",
        "/CN=Odd",
        "-days",
        "900",
        "-out",
        "odd.pem",
        cwd=here,
    )
    ran = trustrig("init", "--from", "odd.pem", "--key", "odd.key")
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert not (here / "trustrig-ca").exists()


def test_an_authority_is_never_replaced_by_itself(trustrig: Trustrig, here: Path) -> None:
    """With --force the folder would go with the very key that is to be adopted."""
    assert trustrig("init").code == 0
    before = everything_in(here)
    root = ("--from", "trustrig-ca/root/cert.pem", "--key", "trustrig-ca/root/key.pem", "--force")
    for more in ((), ("--copy-key",)):
        ran = trustrig("init", *root, *more)
        assert (ran.code, ran.out) == (2, "")
        assert "--force would replace with everything in it" in ran.err
    assert everything_in(here) == before
    assert trustrig("init", *root[:-1], "--ca", "beside").code == 0


@OPENSSL
def test_openssls_own_form_of_an_encrypted_key_is_opened(trustrig: Trustrig, here: Path) -> None:
    _made(here)
    (here / "pw").write_text("correct horse")
    run("openssl", "ec", "-aes128", "-in", "ca.key", "-passout", "file:pw", "-out", "own.key", cwd=here)
    assert "ENCRYPTED" in (here / "own.key").read_text()
    assert trustrig("init", "--from", "ca.pem", "--key", "own.key", "--ca-passphrase-file", "pw").code == 0
    assert trustrig("issue", "server", "api.test", "--ca-passphrase-file", "pw").code == 0
    assert trustrig("issue", "server", "b.test").code == 3


@adopted.MKCERT
def test_a_manifest_goes_on_with_mkcerts_authority_and_says_beforehand_what_it_cannot(
    trustrig: Trustrig, here: Path, given: Callable[[Maker], Files]
) -> None:
    files = given(adopted.mkcert)
    assert trustrig("init", *files.options(here), "--ca", "dev").code == 0
    name = json.loads(trustrig("list", "--ca", "dev", "--json").out)["root"]["common_name"]
    manifest = (
        f'[ca.dev]\nname = "{name}"\nkey = "rsa3072"\n[server.api]\nnames = ["api.test"]\n[client.alice]\n'
    )
    manifest += '[revoke.alice]\n[[export.pem]]\nleaf = "api"\nto = "out/api.pem"\n'
    manifest += '[[export.ocsp]]\nleaf = "alice"\nto = "out/alice.ocsp"\n'
    (here / "pki.toml").write_text(manifest)
    assert trustrig("apply", "pki.toml").code == 0
    assert trustrig("apply", "pki.toml", "--check").code == 0
    before = everything_in(here)
    for more, words in (
        ('[[export.crl]]\nca = "dev"\nto = "out/dev.crl"\n', "its keyUsage lacks cRLSign"),
        ("[intermediate.Lower]\n", "may have none below it"),
    ):
        (here / "more.toml").write_text(f'{manifest}[server.new]\nnames = ["new.test"]\n{more}')
        ran = trustrig("apply", "more.toml")
        assert (ran.code, words in ran.err) == (2, True), ran.err
        (here / "more.toml").unlink()
    assert everything_in(here) == before


def test_a_manifest_knows_whose_list_an_adopted_intermediate_can_sign(
    trustrig: Trustrig, here: Path, given: Callable[[Maker], Files]
) -> None:
    _adopted_intermediate(trustrig, here, given)
    manifest = '[ca.trustrig-ca]\nname = "Upper"\n[[export.crl]]\nca = "trustrig-ca"\nto = "out/own.crl"\n'
    (here / "pki.toml").write_text(manifest)
    ran = trustrig("apply", "pki.toml")
    assert ran.code == 0, ran.err
    (here / "pki.toml").write_text(
        f'{manifest}[[export.crl]]\nca = "trustrig-ca"\nroot = true\nto = "out/root.crl"\n'
    )
    ran = trustrig("apply", "pki.toml")
    assert ran.code == 2
    assert "the key of the root above 'Upper Intermediate' is not in trustrig-ca" in ran.err


def test_a_root_is_not_revoked_and_a_leaf_of_its_name_is(trustrig: Trustrig, here: Path) -> None:
    assert trustrig("init", "--root-only", "--name", "Lone").code == 0
    ran = trustrig("revoke", "Lone")
    assert (ran.code, "is a root: nobody revokes a root" in ran.err) == (2, True)
    (here / "pw").write_text("correct horse")
    assert trustrig("issue", "client", "Lone", "--password-file", "pw").code == 0
    assert trustrig("revoke", "Lone").code == 0


@OPENSSL
def test_a_name_that_only_clients_read_is_told_without_a_librarys_words(
    trustrig: Trustrig, here: Path
) -> None:
    """TeletexString beyond ASCII: OpenSSL writes it (string_mask), Apple and `inspect` read it."""
    (here / "c.cnf").write_bytes(
        b"[req]\nstring_mask=MASK:0x4\ndistinguished_name=d\nprompt=no\n[d]\nCN=R\xe9seau\n"
    )
    line = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-config", "c.cnf", "-days", "90")
    run("openssl", *line, "-keyout", "ca.key", "-out", "ca.pem", cwd=here)
    ran = trustrig("init", "--from", "ca.pem", "--key", "ca.key")
    assert (ran.code, "the certificate of 'CN=Réseau'" in ran.err, "ParseError" in ran.err) == (
        2,
        True,
        False,
    )
