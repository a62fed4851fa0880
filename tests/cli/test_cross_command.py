"""`issue cross`: a second way up, judged by our evaluator and by programs that others wrote."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from pki.issue.path_length import path_length
from pki.store import AuthorityFolder
from pki.store.pem import read_certificates
from tests import adopted
from tests.foreign import made
from tests.openssl import OPENSSL
from tests.shell import Trustrig

CERTTOOL = adopted.CERTTOOL


@pytest.fixture
def two(trustrig: Trustrig) -> Trustrig:
    """`trustrig`, with the authorities A and B, and a server of A's."""
    for name in "AB":
        assert trustrig("init", "--ca", name, "--name", f"Team {name}").code == 0
    assert trustrig("issue", "server", "api.test", "--ca", "A").code == 0
    return trustrig


def place(ca: str, name: str, by: str) -> Path:
    return Path(ca) / "cross" / quote(name, safe="@+") / quote(by, safe="@+")


def openssl_verifies(sent: Path, root: str) -> bool:
    words = [
        "openssl",
        "verify",
        "-x509_strict",
        "-CAfile",
        str(Path(root, "root", "cert.pem")),
        "-untrusted",
        str(sent),
        str(sent),
    ]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def gnutls_verifies(sent: Path, root: str) -> bool:
    words = [
        "certtool",
        "--verify",
        "--infile",
        str(sent),
        "--load-ca-certificate",
        str(Path(root, "root", "cert.pem")),
    ]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


@OPENSSL
@CERTTOOL
def test_with_the_root_across_one_chain_serves_who_trusts_either(two: Trustrig, here: Path) -> None:
    ran = two("issue", "cross", "root", "--by", "B", "--ca", "A")
    assert (ran.code, ran.err) == (0, "")
    across = place("A", "Team A", "Team B")
    assert sorted(file.name for file in across.iterdir()) == ["cert.pem", "fullchain.pem", "root.pem"]
    sent = Path("both.pem")
    sent.write_bytes(
        Path("A/issued/api.test/fullchain.pem").read_bytes() + (across / "fullchain.pem").read_bytes()
    )
    for root in "AB":
        assert two("evaluate", sent, "--host", "api.test", "--anchor", root).code == 0
        assert two("evaluate", sent, "--host", "api.test", "--anchor", root, "--policy", "rfc5280").code == 0
        assert openssl_verifies(sent, root)
        assert gnutls_verifies(sent, root)
    # What a person without the cross-certificate is sent leads to one root alone.
    assert two("evaluate", "A/issued/api.test/fullchain.pem", "--host", "api.test", "--anchor", "B").code == 1


@OPENSSL
@CERTTOOL
def test_with_an_intermediate_across_apple_tries_both_and_others_at_least_the_first(two: Trustrig) -> None:
    """What the command says of it: our evaluator follows Apple's builder; OpenSSL and GnuTLS are asked here.

    Whether they try the second as well is a release's own affair: OpenSSL 3.0 and GnuTLS 3.7 do not.
    """
    ran = two("issue", "cross", "intermediate", "--by", "B", "--ca", "A")
    assert ran.code == 0
    assert "Apple's clients try" in ran.out
    assert "trustrig issue cross root --by B --ca A" in ran.out
    across = place("A", "Team A Intermediate", "Team B Intermediate") / "fullchain.pem"
    leaf, own = (
        Path("A/issued/api.test/cert.pem").read_bytes(),
        Path("A/issued/api.test/chain.pem").read_bytes(),
    )
    other = across.read_bytes()
    for first, chain in {"A": leaf + own + other, "B": leaf + other + own}.items():
        sent = Path(f"{first}-first.pem")
        sent.write_bytes(chain)
        for root in "AB":
            assert two("evaluate", sent, "--host", "api.test", "--anchor", root).code == 0
        assert openssl_verifies(sent, first)
        assert gnutls_verifies(sent, first)
    # In place of the other, it serves who trusts B.
    alone = Path("alone.pem")
    alone.write_bytes(leaf + other)
    assert openssl_verifies(alone, "B")


def test_it_repeats_name_key_and_limits_and_cuts_the_path_length_to_the_room_there_is(two: Trustrig) -> None:
    assert two("init", "--ca", "P", "--name", "Permitted", "--permit", "p.test").code == 0
    for ca, name in (("A", "Team A"), ("P", "Permitted")):
        assert two("issue", "cross", name, "--by", "B", "--ca", ca).code == 0
        (own,), (cross,) = (
            read_certificates(Path(ca, "root/cert.pem")),
            read_certificates(place(ca, name, "Team B") / "cert.pem"),
        )
        assert cross.subject.public_bytes() == own.subject.public_bytes()
        assert cross.public_key() == own.public_key()
        assert (path_length(own), path_length(cross)) == (2, 1)  # the root of B has room for 2
        for kind in (x509.SubjectKeyIdentifier, x509.NameConstraints):
            has = [one.value for one in own.extensions if isinstance(one.value, kind)]
            assert [one.value for one in cross.extensions if isinstance(one.value, kind)] == has
        assert cross.not_valid_after_utc <= own.not_valid_after_utc


def test_what_stands_below_needs_room_and_a_root_alone_has_none(two: Trustrig) -> None:
    assert two("init", "--ca", "C", "--name", "Lone", "--root-only").code == 0
    before = Path("C/ledger.jsonl").read_bytes()
    for name in ("root", "intermediate"):
        ran = two("issue", "cross", name, "--by", "C", "--ca", "A")
        assert (ran.code, ran.out) == (2, "")
        assert "'Lone' has room for 0" in ran.err
    assert Path("C/ledger.jsonl").read_bytes() == before
    assert not Path("A/cross").exists()
    # The other way round it may: nothing stands below it.
    ran = two("issue", "cross", "root", "--by", "A", "--ca", "C")
    assert ran.code == 0
    (cross,) = read_certificates(place("C", "Lone", "Team A Intermediate") / "cert.pem")
    assert path_length(cross) == 0
    # Three levels below the root: B's root has room for two.
    assert two("issue", "intermediate", "Lower", "--ca", "A").code == 0
    ran = two("issue", "cross", "root", "--by", "B", "--ca", "A")
    assert ran.code == 2
    assert "'Team A' needs room for 3 authorities, itself included" in ran.err
    assert two("issue", "cross", "Lower", "--by", "B", "--ca", "A").code == 0


def test_a_narrower_signer_is_told(two: Trustrig) -> None:
    assert two("init", "--ca", "N", "--name", "Narrow", "--permit", "n.test").code == 0
    ran = two("issue", "cross", "root", "--by", "N", "--ca", "A")
    assert ran.code == 0
    assert "this way up certifies only n.test" in ran.err
    sent = Path("both.pem")
    sent.write_bytes(
        Path("A/issued/api.test/fullchain.pem").read_bytes()
        + (place("A", "Team A", "Narrow") / "fullchain.pem").read_bytes()
    )
    assert two("evaluate", sent, "--host", "api.test", "--anchor", "N").code == 1
    assert two("evaluate", sent, "--host", "api.test", "--anchor", "A").code == 0
    document = json.loads(two("issue", "cross", "root", "--by", "N", "--ca", "A", "--force", "--json").out)
    assert (document["schema"], document["kind"], document["permits"]) == (
        "trustrig.cross/1",
        "cross",
        ["n.test"],
    )


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        pytest.param(("nobody", "--by", "B"), 3, "no authority in A is called 'nobody'", id="no such authority"),
        pytest.param(("api.test", "--by", "B"), 3, "no authority in A is called 'api.test'", id="a leaf"),
        pytest.param(("root", "--by", "A"), 2, "A is the authority's own folder", id="by itself"),
        pytest.param(("root", "--by", "none"), 3, "there is no authority in none", id="by nobody"),
        pytest.param(("root", "--by", "twin"), 2, "is the name of an authority in the chain", id="by one of the same name"),
    ],
)  # fmt: skip
def test_wrong_use_gets_one_error(
    args: tuple[str, ...], code: int, words: str, two: Trustrig, here: Path
) -> None:
    assert two("init", "--ca", "twin", "--name", "Team A").code == 0
    ran = two("issue", "cross", *args, "--ca", "A")
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert not (here / "A/cross").exists()


def test_who_signed_it_can_take_it_back_and_knows_it_is_none_of_its_own(two: Trustrig) -> None:
    assert two("issue", "cross", "root", "--by", "B", "--ca", "A").code == 0
    ran = two("issue", "cross", "root", "--by", "B", "--ca", "A")
    assert (ran.code, "--force" in ran.err) == (3, True)
    rows = json.loads(two("list", "--ca", "B", "--json").out)["issued"]
    assert [(row["name"], row["kind"]) for row in rows] == [("Team A", "cross")]
    ran = two("renew", "Team A", "--ca", "B")
    assert (ran.code, "trustrig issue cross 'Team A' --by " in ran.err) == (2, True)
    ran = two("issue", "server", "x.test", "--issuer", "Team A", "--ca", "B")
    assert (ran.code, "signs in its own folder" in ran.err) == (2, True)
    ran = two("export", "pem", "Team A", "-o", "x", "--ca", "B")
    assert (ran.code, "its key is not here" in ran.err) == (3, True)
    assert "PROBLEM" not in two("doctor", "--ca", "B").out
    assert "PROBLEM" not in two("doctor", "--ca", "A").out
    assert two("ocsp", "serve", "--for", "0", "--ca", "B").code == 0
    assert two("revoke", "Team A", "--ca", "B").code == 0
    assert two("crl", "--root", "-o", "b.crl", "--ca", "B").code == 0
    (cross,) = read_certificates(place("A", "Team A", "Team B") / "cert.pem")
    listed = x509.load_pem_x509_crl(Path("b.crl").read_bytes())
    assert listed.get_revoked_certificate_by_serial_number(cross.serial_number) is not None


@adopted.MKCERT
@OPENSSL
def test_a_companys_authority_certifies_mkcerts_and_the_other_way_is_refused(
    trustrig: Trustrig, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = adopted.mkcert(tmp_path_factory.mktemp("theirs"))
    assert trustrig("init", "--ca", "M", "--from", files.root, "--key", files.key).code == 0
    assert trustrig("init", "--ca", "Company", "--name", "Company").code == 0
    assert trustrig("issue", "server", "api.test", "--ca", "M").code == 0
    ran = trustrig("issue", "cross", "root", "--by", "M", "--ca", "Company")
    assert (ran.code, "has room for 0" in ran.err) == (2, True)
    assert trustrig("issue", "cross", "root", "--by", "Company", "--ca", "M").code == 0
    folder = AuthorityFolder.open(Path("M"))
    (across,) = Path("M/cross").glob("*/*/fullchain.pem")
    sent = Path("both.pem")
    sent.write_bytes(Path("M/issued/api.test/fullchain.pem").read_bytes() + across.read_bytes())
    for root in ("M", "Company"):
        assert trustrig("evaluate", sent, "--host", "api.test", "--anchor", root).code == 0
        assert openssl_verifies(sent, root)
    assert folder.issuers == (folder.root,)


def test_an_authority_without_a_common_name_is_called_by_its_whole_name(
    two: Trustrig, here: Path, at: datetime
) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Acme, Inc.")])
    nameless = made(at, x509.SubjectKeyIdentifier(bytes(20)), name=name)
    (here / "acme.pem").write_bytes(nameless.certificate.public_bytes(Encoding.PEM))
    (here / "acme.key").write_bytes(
        nameless.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    assert two("init", "--ca", "acme", "--from", "acme.pem", "--key", "acme.key").code == 0
    assert two("issue", "cross", "root", "--by", "B", "--ca", "acme").code == 0
    (row,) = json.loads(two("list", "--ca", "B", "--json").out)["issued"]
    assert row["name"] == "O=Acme\\, Inc."
    assert two("revoke", row["name"], "--ca", "B").code == 0
