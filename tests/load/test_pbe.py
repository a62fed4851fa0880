"""Password-based encryption is undone here as OpenSSL does it, and bounded where a file asks for the absurd."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from pki.errors import Unreadable
from pki.load import load_certificates, load_identity
from pki.load.inspection import inspect_bytes
from pki.load.p12.kdf import MAX_SCRYPT_MEMORY, Pkcs12Kdf, Scrypt, Secret, Work
from pki.load.p12.pbe import content, decrypt, fields, read_scheme
from pki.model import der
from pki.model.der import encode as tlv
from tests import clock

PASSWORD = "correct-horse-battery"
SECRET = Secret.of(PASSWORD)
OPENSSL = ("openssl", "apt-get install openssl")


def encrypted_key(material: Any, *arguments: str) -> bytes:
    command = ["openssl", "pkcs8", "-topk8", "-outform", "DER", "-passout", f"pass:{PASSWORD}", *arguments]
    return subprocess.run(
        command, input=material.key(), capture_output=True, check=True, timeout=clock.PATIENCE
    ).stdout


@pytest.mark.peer(*OPENSSL)
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["-v2", "aes-128-cbc"], "PBES2, AES-128-CBC, PBKDF2 hmacWithSHA256", id="AES-128"),
        pytest.param(["-v2", "aes-192-cbc"], "PBES2, AES-192-CBC, PBKDF2 hmacWithSHA256", id="AES-192"),
        pytest.param(["-v2", "des3"], "PBES2, DES-EDE3-CBC, PBKDF2 hmacWithSHA256", id="3DES by PBES2"),
        pytest.param(
            ["-v2prf", "hmacWithSHA1"],
            "PBES2, AES-256-CBC, PBKDF2 hmacWithSHA1",
            id="HMAC-SHA-1, the default",
        ),
        pytest.param(
            ["-v2prf", "hmacWithSHA512"], "PBES2, AES-256-CBC, PBKDF2 hmacWithSHA512", id="HMAC-SHA-512"
        ),
        pytest.param(["-scrypt"], "PBES2, AES-256-CBC, scrypt N=16,384", id="scrypt"),
        pytest.param(
            ["-v1", "PBE-SHA1-3DES"], "pbeWithSHA1And3-KeyTripleDES-CBC, 2,048 rounds", id="3DES by PBES1"
        ),
    ],
)
def test_what_openssl_encrypts_is_described_and_undone(
    arguments: list[str], told: str, material: Any
) -> None:
    data = encrypted_key(material, *arguments)
    method, octets = fields(data, der.element(data, 0, len(data)), least=2)
    scheme = read_scheme(data, method)
    plain = decrypt(scheme, content(data, octets), SECRET, Work())
    assert plain is not None
    key = inspect_bytes(plain, name="plain").keys[0]
    assert (str(key.facts), key.encryption) == ("EC P-256", "")
    assert inspect_bytes(data, name="x").keys[0].encryption.startswith(told)
    assert str(inspect_bytes(data, name="x", password=PASSWORD).keys[0].facts) == "EC P-256"
    wrong = decrypt(scheme, content(data, octets), Secret.of("wrong"), Work())
    assert wrong != plain


def test_the_derivation_of_pkcs12_matches_a_published_vector() -> None:
    """Bouncy Castle's and OpenSSL's test vector: password smeg, iteration 1, a 24-byte key."""
    kdf = Pkcs12Kdf("sha1", bytes.fromhex("0a58cf64530d823f"), 1)
    derived = kdf.stretch(Secret.of("smeg"), size=24, work=Work())
    assert derived.hex() == "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3"


@pytest.mark.parametrize(
    ("n", "r", "p"),
    [
        pytest.param(1 << 20, 8, 1, id="a gigabyte"),
        pytest.param(3, 8, 1, id="no power of two"),
        pytest.param(0, 8, 1, id="nothing"),
        pytest.param(1 << 14, -1, 1, id="less than nothing"),
    ],
)
def test_scrypt_is_bounded_by_its_memory(n: int, r: int, p: int) -> None:
    with pytest.raises(Unreadable, match="asks for scrypt"):
        Scrypt(b"salt", n, r, p).stretch(SECRET, size=32, work=Work())
    assert MAX_SCRYPT_MEMORY < 128 * (1 << 20) * 8


def test_a_key_that_asks_for_absurd_rounds_is_refused_by_name() -> None:
    parameters = tlv(der.SEQUENCE, tlv(der.OCTET_STRING, b"saltsalt"), b"\x02\x04\x7f\xff\xff\xff")
    method = tlv(der.SEQUENCE, bytes.fromhex("060a2a864886f70d010c0103"), parameters)
    data = tlv(der.SEQUENCE, method, tlv(der.OCTET_STRING, bytes(160)))
    with pytest.raises(
        Unreadable, match=r"key.der is a private key, and its key derivation comes to 4,294,967,294"
    ):
        inspect_bytes(data, name="key.der", password=PASSWORD)


def test_absurd_rounds_of_an_old_encryption_are_refused_too() -> None:
    parameters = tlv(der.SEQUENCE, tlv(der.OCTET_STRING, b"saltsalt"), b"\x02\x04\x7f\xff\xff\xff")
    rc2 = tlv(der.SEQUENCE, bytes.fromhex("060a2a864886f70d010c0106"), parameters)
    data = _container(_encrypted(rc2))
    with pytest.raises(
        Unreadable, match=r"x.p12 is a PKCS #12 container, and its key derivation comes to 4,294,967,294"
    ):
        inspect_bytes(data, name="x.p12", password=PASSWORD)


def _encrypted(method: bytes) -> bytes:
    """A ContentInfo of EncryptedData by METHOD."""
    content_info = tlv(der.SEQUENCE, bytes.fromhex("06092a864886f70d010701"), method, b"\x80\x08" + bytes(8))
    body = tlv(der.SEQUENCE, b"\x02\x01\x00", content_info)
    return tlv(der.SEQUENCE, bytes.fromhex("06092a864886f70d010706"), tlv(0xA0, body))


def _container(*safes: bytes, wrapper: str = "06092a864886f70d010701", mac: bytes = b"") -> bytes:
    """A PFX around SAFES, the ContentInfos of its AuthenticatedSafe."""
    inside = tlv(0xA0, tlv(0x04, tlv(der.SEQUENCE, *safes)))
    return tlv(der.SEQUENCE, b"\x02\x01\x03", tlv(der.SEQUENCE, bytes.fromhex(wrapper), inside), mac)


ENVELOPED = tlv(der.SEQUENCE, bytes.fromhex("06092a864886f70d010703"), tlv(0xA0, b"\x30\x00"))
UNKNOWN = _encrypted(tlv(der.SEQUENCE, b"\x06\x03\x2a\x03\x04"))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(
            _container(ENVELOPED), "an encryption that cannot be undone here", id="encrypted to a certificate"
        ),
        pytest.param(
            _container(UNKNOWN), "an encryption that cannot be undone here", id="an unknown algorithm"
        ),
        pytest.param(_container(), "without certificates", id="nothing inside"),
        pytest.param(
            tlv(der.SEQUENCE, b"\x02\x01\x04", tlv(der.SEQUENCE, b"\x06\x01\x2a", b"\xa0\x00")),
            "does not parse: the version is not 3",
            id="another version",
        ),
        pytest.param(
            tlv(der.SEQUENCE, b"\x02\x01\x03", tlv(der.SEQUENCE)), "does not parse", id="an empty shell"
        ),
    ],
)
def test_strange_containers_say_what_is_wrong(data: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        load_certificates(data, name="x.p12", password=PASSWORD)
    if "cannot be undone" in words:
        with pytest.raises(Unreadable, match=words):
            load_identity(data, name="x.p12", password=PASSWORD)


@pytest.mark.peer(*OPENSSL)
def test_a_container_under_a_signature_is_no_container_for_apple(material: Any, tmp_path: Any) -> None:
    (tmp_path / "key.pem").write_bytes(material.key())
    (tmp_path / "leaf.pem").write_bytes(material.pem(material.leaf))
    command = ["openssl", "cms", "-sign", "-nodetach", "-binary", "-outform", "DER", "-signer", "leaf.pem"]
    signed = subprocess.run(
        [*command, "-inkey", "key.pem"],
        input=tlv(der.SEQUENCE),
        capture_output=True,
        check=True,
        cwd=tmp_path,
        timeout=clock.PATIENCE,
    ).stdout
    container = inspect_bytes(tlv(der.SEQUENCE, b"\x02\x01\x03", signed), name="x.p12").container
    assert container is not None
    assert container.pfx.signed
    assert any("public-key signature" in reason for reason in container.apple.newer)
