"""Every .p12 we write is opened by OpenSSL, Java and NSS, with key and chain inside; and by our own reader."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from pki.errors import InvalidRequest, NotExportable
from pki.export.pkcs12 import P12Encryption, generate_password, write_p12
from pki.issue.seeded import SeededRandomness
from pki.load import load_certificates, load_identity
from pki.load.p12.reading import read_pfx
from pki.model.identity import Identity
from tests import clock
from tests.chains import Made, leaf

PASSWORD = "correct-horse-battery"
OPENSSL = ("openssl", "apt-get install openssl")
KEYTOOL = ("keytool", "apt-get install default-jre-headless")
JAVAC = ("javac", "apt-get install default-jdk-headless")
# keytool's own main, once for each line of its input: sixty starts of a JVM would take half a minute of processor time.
_KEYTOOL = """
public class Keytool {
  public static void main(String[] none) throws Exception {
    java.util.Scanner lines = new java.util.Scanner(System.in);
    while (lines.hasNextLine()) {
      sun.security.tools.keytool.Main.main(lines.nextLine().split("\\t"));
      System.out.println("---");
    }
  }
}
"""
PK12UTIL = ("pk12util", "apt-get install libnss3-tools")

How = dict[str, Any]
every_way = pytest.mark.parametrize(
    "how",
    [
        *(pytest.param({"encryption": one}, id=str(one)) for one in P12Encryption),
        pytest.param({"octets": SeededRandomness(1).octets}, id="with salts of its own"),
    ],
)
every_key = pytest.mark.parametrize("kind", ["rsa2048", "rsa3072", "p256", "p384", "p521"])
with_and_without = pytest.mark.parametrize("root", [True, False], ids=["with the root", "without the root"])


def run(*command: str, stdin: bytes | None = None) -> str:
    done = subprocess.run(command, input=stdin, capture_output=True, check=True, timeout=clock.PATIENCE)
    return done.stdout.decode() + done.stderr.decode()


Write = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path, identity_of: Callable[[str], Identity]) -> Write:
    def write(kind: str, how: How, *, root: bool = True) -> Path:
        path = tmp_path / "alice.p12"
        identity = identity_of(kind)
        path.write_bytes(write_p12(identity, password=PASSWORD, **how, include_root=root))
        return path

    return write


@every_way
@every_key
def test_our_reader_finds_the_same_identity(
    kind: str, how: How, identity_of: Callable[[str], Identity]
) -> None:
    identity = identity_of(kind)
    data = write_p12(identity, password=PASSWORD, **how)
    found = load_identity(data, name="alice.p12", password=PASSWORD)
    assert found.certificate == identity.certificate
    assert found.issuers == identity.issuers
    assert found.key.public_key() == identity.key.public_key()
    chain = (identity.certificate, *identity.issuers)
    expected = tuple(cert.public_bytes(Encoding.DER) for cert in chain)
    assert load_certificates(data, name="alice.p12", password=PASSWORD) == expected


@pytest.mark.peer(*OPENSSL)
@every_way
@every_key
@with_and_without
def test_openssl_hands_out_key_and_chain(kind: str, how: How, root: bool, written: Write) -> None:
    path = written(kind, how, root=root)
    out = run("openssl", "pkcs12", "-in", str(path), "-passin", f"pass:{PASSWORD}", "-nodes")
    assert out.count("BEGIN CERTIFICATE") == 2 + root
    key = load_pem_private_key(out.encode()[out.index("-----BEGIN PRIVATE KEY") :], None)
    assert key.public_key() == load_identity(path.read_bytes(), name="a", password=PASSWORD).key.public_key()


@pytest.fixture(scope="module")
def keytool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Runs `keytool ARGS` and answers what it wrote."""
    folder = tmp_path_factory.mktemp("keytool")
    (folder / "Keytool.java").write_text(_KEYTOOL)
    internal = ("--add-exports", "java.base/sun.security.tools.keytool=ALL-UNNAMED")
    run("javac", *internal, "-d", str(folder), str(folder / "Keytool.java"))
    with subprocess.Popen(
        ["java", *internal, "-cp", folder, "Keytool"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as java:

        def call(*args: str) -> str:
            assert java.stdin is not None
            assert java.stdout is not None
            java.stdin.write("\t".join(args) + "\n")
            java.stdin.flush()
            return "".join(takewhile(lambda line: line != "---\n", java.stdout))

        yield call
        java.kill()


@pytest.mark.peer(*KEYTOOL)
@pytest.mark.peer(*JAVAC)
@every_way
@every_key
@with_and_without
def test_java_decrypts_the_private_key_and_sees_the_chain(
    kind: str, how: How, root: bool, written: Write, keytool: Callable[..., str], tmp_path: Path
) -> None:
    """Into another store, because that decrypts the key; `-list` shows an entry it never opened."""
    path, other = str(written(kind, how, root=root)), str(tmp_path / "other.p12")
    store = ("-srckeystore", path, "-srcstoretype", "PKCS12", "-srcstorepass", PASSWORD)
    out = keytool("-importkeystore", *store, "-destkeystore", other, "-deststorepass", PASSWORD)
    assert "Entry for alias alice successfully imported" in out
    listed = keytool("-list", "-v", "-keystore", other, "-storepass", PASSWORD)
    assert "Entry type: PrivateKeyEntry" in listed
    assert f"Certificate chain length: {2 + root}" in listed


@pytest.mark.peer(*PK12UTIL)
@every_way
@every_key
@with_and_without
def test_nss_imports_the_identity(kind: str, how: How, root: bool, written: Write, tmp_path: Path) -> None:
    path, database = written(kind, how, root=root), tmp_path / "nss"
    database.mkdir()
    run("certutil", "-N", "-d", f"sql:{database}", "--empty-password")
    out = run("pk12util", "-i", str(path), "-d", f"sql:{database}", "-W", PASSWORD)
    assert "IMPORT SUCCESSFUL" in out
    listed = run("certutil", "-L", "-d", f"sql:{database}")
    assert re.search(r"^alice\s+u,u,u", listed, re.MULTILINE), listed  # u: the private key is there as well


def test_the_output_is_salted(alice: Identity) -> None:
    assert write_p12(alice, password=PASSWORD) != write_p12(alice, password=PASSWORD)


def test_equal_salts_give_equal_bytes(alice: Identity) -> None:
    def write(seed: int, **more: Any) -> bytes:
        return write_p12(alice, password=PASSWORD, octets=SeededRandomness(seed).octets, **more)

    assert write(1) == write(1)
    assert write(1) != write(2)
    assert write(1) != write(1, friendly_name="bob")
    assert len(write(1, include_root=False)) < len(write(1))


def test_with_salts_of_its_own_a_file_is_what_every_apple_release_opens(alice: Identity) -> None:
    data = write_p12(alice, password=PASSWORD, octets=SeededRandomness(1).octets, friendly_name="Ålice")
    read = read_pfx(data, name="it", password=PASSWORD)
    assert {scheme.name for scheme in read.schemes} == {"pbeWithSHA1And3-KeyTripleDES-CBC"}
    assert read.mac is not None
    assert (read.mac.digest, read.mac.rounds) == ("SHA-1", 2048)
    key, *others = read.keys
    assert others == []
    own, *issuers = read.certificates
    assert (
        (own.friendly_name, own.local_key_id)
        == (key.friendly_name, key.local_key_id)
        == (
            "Ålice",
            alice.certificate.fingerprint(SHA1()),
        )
    )
    assert [(bag.friendly_name, bag.local_key_id) for bag in issuers] == [(None, None)] * 2
    theirs = read_pfx(
        write_p12(alice, password=PASSWORD, friendly_name="Ålice"), name="theirs", password=PASSWORD
    )
    layout = [[(bag.kind, bag.friendly_name, bag.local_key_id) for bag in one.bags] for one in (read, theirs)]
    assert layout[0] == layout[1]  # as `cryptography` writes it


def test_salts_of_its_own_are_for_one_encryption(alice: Identity) -> None:
    with pytest.raises(InvalidRequest, match="there is apple-any alone, and not modern"):
        write_p12(
            alice, password=PASSWORD, encryption=P12Encryption.MODERN, octets=SeededRandomness(1).octets
        )


@pytest.mark.parametrize(
    ("password", "complaint"),
    [
        pytest.param("", "empty password", id="nothing"),
        pytest.param("two\nlines", "line break", id="a line break, which no field takes"),
        pytest.param("tab\there", "line break", id="a control character"),
        pytest.param(
            "undecodable\udcff", "another character", id="bytes of the environment that are no UTF-8"
        ),
    ],
)
def test_a_password_that_cannot_be_typed_is_refused_and_not_repeated(
    password: str, complaint: str, alice: Identity
) -> None:
    with pytest.raises(InvalidRequest, match=complaint) as refused:
        write_p12(alice, password=password)
    assert not password or password not in str(refused.value)


def test_a_key_of_another_certificate_is_refused(alice: Identity, issuing_ca: Made) -> None:
    other = leaf(issuing_ca, "bob")
    for octets in (None, SeededRandomness(1).octets):
        with pytest.raises(InvalidRequest, match="'alice' cannot be packed"):
            write_p12(Identity(alice.certificate, other.key), password=PASSWORD, octets=octets)


def test_an_odd_curve_is_named_in_the_refusal(issuing_ca: Made) -> None:
    odd = leaf(issuing_ca, "odd", kind="p224")
    with pytest.raises(NotExportable, match=r"EC P-224.*P-256, P-384 and P-521.*not known"):
        write_p12(Identity(odd.cert, odd.key), password=PASSWORD)


def test_an_identity_without_a_common_name_or_issuers_is_still_an_identity(issuing_ca: Made) -> None:
    bare = leaf(issuing_ca, None)
    found = load_identity(
        write_p12(Identity(bare.cert, bare.key), password=PASSWORD), name="x", password=PASSWORD
    )
    assert (found.certificate, found.issuers) == (bare.cert, ())


def test_generated_passwords_are_long_typeable_and_never_the_same() -> None:
    made = {generate_password() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        # 16 of 32 characters: 80 bits; nothing a shell expands, no 0/o and 1/l.
        assert re.fullmatch(r"([2-9a-kmnp-z]{4}-){3}[2-9a-kmnp-z]{4}", password)
