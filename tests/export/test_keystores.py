"""Key stores and trust stores as Java loads them, JKS by keytool's own words, and .pfx by the encryption of each Windows."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from pki.errors import InvalidRequest, NotExportable
from pki.export.keystore import (
    WINDOWS,
    java_alias,
    windows_named,
    write_keystore,
    write_pfx,
    write_truststore,
)
from pki.export.pkcs12 import P12Encryption, encryption_by
from pki.issue import KeyType
from pki.load.p12.reading import read_pfx
from pki.model.identity import Identity
from pki.store import AuthorityFolder
from tests import clock
from tests.shell import Ran, Trustrig

PASSWORD = "correct-horse-battery"
JAVA = pytest.mark.peer("javac", "apt-get install default-jdk-headless")
KEYTOOL = pytest.mark.peer("keytool", "apt-get install default-jre-headless")
OPENSSL = pytest.mark.peer("openssl", "apt-get install openssl")

# What a Java program finds in a store: its entries, and whether a TrustManager comes of it.
_PROGRAM = """
import java.io.*; import java.security.*; import java.util.*; import javax.net.ssl.*;
public class Store {
  public static void main(String[] a) throws Exception {
    char[] password = new BufferedReader(new InputStreamReader(System.in)).readLine().toCharArray();
    KeyStore store = KeyStore.getInstance(new File(a[0]), password);
    for (String alias : Collections.list(store.aliases())) {
      boolean key = store.isKeyEntry(alias);
      if (key && store.getKey(alias, password) == null) throw new Exception("no key");
      System.out.println(alias + " " + (key ? "key " + store.getCertificateChain(alias).length : "trusted"));
    }
    try {
      TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      System.out.println("anchors " + ((X509TrustManager) factory.getTrustManagers()[0]).getAcceptedIssuers().length);
    } catch (Exception e) { System.out.println(e.getMessage()); }
  }
}
"""

Looked = Callable[[Path], list[str]]


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Looked:
    """What Java finds in a store. Compiled once: starting from source costs ten times what the program does."""
    folder = tmp_path_factory.mktemp("java")
    (folder / "Store.java").write_text(_PROGRAM)
    subprocess.run(["javac", folder / "Store.java"], check=True, timeout=clock.PATIENCE)

    def look(store: Path) -> list[str]:
        done = subprocess.run(
            ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", folder, "Store", store],
            input=f"{PASSWORD}\n",
            capture_output=True,
            text=True,
            timeout=clock.PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return look


@pytest.fixture
def trustrig(trustrig: Trustrig, here: Path) -> Trustrig:
    """The command in a folder with an authority, and the password in a file."""
    folder = AuthorityFolder.create(here / "trustrig-ca", name="Store CA", at=clock.now())
    folder.issue_server("api.test", at=clock.now())
    folder.issue_server("ed.test", at=clock.now(), key_type=KeyType.ED25519)
    (here / "pw").write_text(f"{PASSWORD}\n")

    def command(*arguments: str) -> Ran:
        ran = trustrig(*arguments)
        assert PASSWORD not in ran.out + ran.err
        return ran

    return command


@JAVA
@KEYTOOL
@pytest.mark.parametrize("encryption", list(P12Encryption))
def test_java_opens_the_key_store_and_keytool_turns_it_into_a_jks(
    tmp_path: Path, trustrig: Trustrig, looked: Looked, encryption: str
) -> None:
    given = ("--password-file", "pw", "--p12-encryption", encryption)
    ran = trustrig("export", "keystore", "api.test", "-o", "ks.p12", *given)
    assert ran.code == 0, ran.err
    assert (tmp_path / "ks.p12").stat().st_mode & 0o777 == 0o600
    assert looked(tmp_path / "ks.p12")[0] == "api.test key 2"  # the root stays out
    for line in (line.strip() for line in ran.out.splitlines()):
        if line.startswith("keytool"):  # as printed
            subprocess.run(shlex.split(line), check=True, capture_output=True, timeout=clock.PATIENCE)
    assert looked(tmp_path / "ks.jks")[0] == "api.test key 2"


@JAVA
@pytest.mark.parametrize("encryption", list(P12Encryption))
def test_java_trusts_the_root_of_a_trust_store(
    tmp_path: Path, trustrig: Trustrig, looked: Looked, encryption: str
) -> None:
    given = ("--password-file", "pw", "--p12-encryption", encryption)
    ran = trustrig("export", "keystore", "--trust", "-o", "ts.p12", *given)
    assert ran.code == 0, ran.err
    assert looked(tmp_path / "ts.p12") == ["store-ca trusted", "anchors 1"]


@JAVA
def test_and_would_not_without_its_attribute(tmp_path: Path, trustrig: Trustrig, looked: Looked) -> None:
    root = AuthorityFolder.open(tmp_path / "trustrig-ca").root
    plain = pkcs12.serialize_key_and_certificates(
        b"root", None, None, [root], encryption_by(PASSWORD, P12Encryption.APPLE_ANY)
    )
    (tmp_path / "plain.p12").write_bytes(plain)
    assert not any("trusted" in line or line == "anchors 1" for line in looked(tmp_path / "plain.p12"))


@JAVA
def test_an_ed25519_key_and_an_alias_of_ones_own(tmp_path: Path, trustrig: Trustrig, looked: Looked) -> None:
    ran = trustrig(
        "export", "keystore", "ed.test", "-o", "ed.p12", "--password-file", "pw", "--alias", "My Server"
    )
    assert "Java reads Ed25519 keys from version 15" in ran.err
    assert looked(tmp_path / "ed.p12")[0] == "my-server key 2"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("keystore", "-o", "x"), "--trust", id="nothing to store"),
        pytest.param(
            ("keystore", "api.test", "--trust", "-o", "x"), "Leave --trust out", id="a name for a trust store"
        ),
        pytest.param(
            ("keystore", "api.test", "-o", "x", "--password-file", "umlaut"), "not ASCII", id="a password"
        ),
        pytest.param(
            ("keystore", "api.test", "-o", "x", "--p12-encryption", "aes"), "modern", id="an encryption"
        ),
        pytest.param(
            ("pfx", "ed.test", "-o", "x", "--password-file", "pw"), "RSA or EC", id="a key Windows lacks"
        ),
        pytest.param(
            ("pfx", "api.test", "-o", "x", "--windows", "95"), "There is any", id="a Windows nobody knows"
        ),
    ],
)
def test_what_is_refused(tmp_path: Path, trustrig: Trustrig, arguments: tuple[str, ...], words: str) -> None:
    (tmp_path / "umlaut").write_text("pässwörd")
    ran = trustrig("export", *arguments)
    assert ran.code in (2, 3)
    assert words in ran.err
    assert not (tmp_path / "x").exists()


def test_a_short_password_is_warned_of(tmp_path: Path, trustrig: Trustrig) -> None:
    (tmp_path / "short").write_text("abc")
    assert (
        "keytool makes no store"
        in trustrig("export", "keystore", "api.test", "-o", "x", "--password-file", "short").err
    )


@OPENSSL
@pytest.mark.parametrize(
    ("release", "scheme", "mac"),
    [
        ("any", "pbeWithSHA1And3-KeyTripleDES-CBC", "sha1"),
        ("2012", "pbeWithSHA1And3-KeyTripleDES-CBC", "sha1"),
        ("Windows Server 2016", "pbeWithSHA1And3-KeyTripleDES-CBC", "sha1"),
        ("2019", "PBES2, PBKDF2, AES-256-CBC, Iteration 20000, PRF hmacWithSHA256", "sha256"),
        ("windows-11", "PBES2, PBKDF2, AES-256-CBC, Iteration 20000, PRF hmacWithSHA256", "sha256"),
    ],
)
def test_a_pfx_has_the_encryption_its_windows_opens(
    tmp_path: Path, trustrig: Trustrig, release: str, scheme: str, mac: str
) -> None:
    given = ("--windows", release, "--password-file", "pw")
    ran = trustrig("export", "pfx", "api.test", "-o", "api's.pfx", *given)
    assert ran.code == 0, ran.err
    assert "Import-PfxCertificate -FilePath 'api''s.pfx'" in ran.out
    said = subprocess.run(
        ["openssl", "pkcs12", "-in", "api's.pfx", "-info", "-noout", "-passin", "file:pw"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    words = said.stdout + said.stderr
    assert re.search(rf"MAC: {mac}\b", words)
    assert words.count(scheme.split(",")[0]) >= 2  # the key and the certificates
    assert scheme in words
    pfx = read_pfx((tmp_path / "api's.pfx").read_bytes(), name="it", password=PASSWORD)
    assert len(pfx.certificates) == 3


def test_windows_by_its_names() -> None:
    assert windows_named("Server 2022") is windows_named("11") is WINDOWS[2]
    assert windows_named("8.1").encryption is P12Encryption.APPLE_ANY


def test_the_library_refuses_alike(identity_of: Callable[[str], Identity]) -> None:
    alice = identity_of("p256")
    with pytest.raises(InvalidRequest, match="no alias"):
        write_keystore(alice, password=PASSWORD, alias="")
    with pytest.raises(InvalidRequest, match="no root"):
        write_truststore([], password=PASSWORD, alias="x")
    with pytest.raises(InvalidRequest, match="empty password"):
        write_keystore(alice, password="", alias="x")
    with pytest.raises(NotExportable, match="Windows"):
        write_pfx(identity_of("ed25519"), password=PASSWORD, windows=WINDOWS[0])
    assert java_alias(" Alice  Smith ") == "alice-smith"
