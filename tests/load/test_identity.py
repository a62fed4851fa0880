"""An identity out of one file or two; the key picks its certificate."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pki.errors import InvalidRequest, PkiError, Unreadable, WrongPassword
from pki.load import load_identity
from tests.chains import Made, leaf

PASSWORD = "correct-horse-battery"


def second(material: Any) -> Made:
    return leaf(material.intermediate, "second")


def pem_key(made: Made) -> bytes:
    return bytes(made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@pytest.mark.parametrize(
    ("which", "found"),
    [
        pytest.param("second", "second", id="a CommonName"),
        pytest.param("CN=load.test", "load.test", id="a subject"),
        pytest.param("SHA-256", "second", id="a fingerprint"),
        pytest.param("SHA-1, as macOS shows it", "second", id="a fingerprint with colons"),
    ],
)
def test_one_of_several_is_chosen(which: str, found: str, material: Any) -> None:
    other = second(material)
    known = {
        "SHA-256": other.cert.fingerprint(hashes.SHA256()).hex(),
        "SHA-1, as macOS shows it": other.cert.fingerprint(hashes.SHA1()).hex(":").upper(),
    }
    source = material.pem() + material.pem(other) + material.key() + pem_key(other)
    chosen = load_identity(source, name="two.pem", identity=known.get(which, which))
    assert chosen.common_name == found
    assert chosen.issuers == (material.intermediate.cert, material.root.cert)
    with pytest.raises(InvalidRequest, match=r"two.pem holds no identity that answers to 'third'.*load.test"):
        load_identity(source, name="two.pem", identity="third")


def test_a_key_that_is_there_twice_is_one_identity(material: Any) -> None:
    assert load_identity(material.pem() + material.key() * 2, name="x").common_name == "load.test"


@pytest.mark.parametrize(
    ("source", "password"),
    [
        pytest.param(lambda m: m.locked_p12, PASSWORD, id="PKCS #12"),
        pytest.param(lambda m: m.p12(NoEncryption()), None, id="PKCS #12 without encryption"),
        pytest.param(lambda m: m.key() + m.pem(), None, id="key and chain in one PEM file"),
        pytest.param(
            lambda m: m.pem() + m.key(PrivateFormat.TraditionalOpenSSL), None, id="chain first, old-style key"
        ),
        pytest.param(lambda m: m.pem() + m.locked_key, PASSWORD, id="an encrypted key"),
        pytest.param(
            lambda m: m.pem(m.root, m.intermediate, m.leaf) + m.key(), None, id="the chain upside down"
        ),
    ],
)
def test_one_file(source: Any, password: str | None, material: Any) -> None:
    found = load_identity(source(material), name="id", password=password)
    assert found.certificate == material.leaf.cert
    assert found.issuers == (material.intermediate.cert, material.root.cert)
    assert found.key.public_key() == material.leaf.key.public_key()


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_certificate_and_key_apart(encoding: Encoding, material: Any) -> None:
    source = material.leaf.cert.public_bytes(encoding)
    found = load_identity(source, name="cert", key_source=material.key(encoding=encoding), key_name="key")
    assert (found.certificate, found.issuers) == (material.leaf.cert, ())


def test_certificates_that_issued_nothing_here_are_left_out(material: Any) -> None:
    stranger = leaf(material.intermediate, "stranger.test")
    found = load_identity(
        material.pem(material.leaf, stranger, material.intermediate) + material.key(), name="x"
    )
    assert found.issuers == (material.intermediate.cert,)


def test_an_old_style_encrypted_key_opens_too(material: Any) -> None:
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption

    locked = material.leaf.key.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(PASSWORD.encode())
    )
    assert b"Proc-Type: 4,ENCRYPTED" in locked
    found = load_identity(material.pem(), name="x", key_source=locked, password=PASSWORD)
    assert found.key.public_key() == material.leaf.key.public_key()


@pytest.mark.parametrize(
    ("source", "key_source", "password", "error", "words"),
    [
        pytest.param(
            lambda m: m.pem(m.intermediate, m.root),
            lambda m: m.key(),
            None,
            InvalidRequest,
            r"private key \(EC P-256\) is of no certificate in chain.pem, which has CN=Load Intermediate, CN=Load Root",
            id="a key of another certificate",
        ),
        pytest.param(lambda m: m.pem(), None, None, Unreadable, "holds no private key", id="no key at all"),
        pytest.param(
            lambda m: m.key(), None, None, Unreadable, "a private key, where a certificate", id="only a key"
        ),
        pytest.param(
            lambda m: m.pem() + m.pem(second(m)),
            lambda m: m.key() + pem_key(second(m)),
            None,
            Unreadable,
            r"key.pem holds 2 identities.*CN=load.test \(SHA-256 [0-9a-f]{64}\); CN=second.*--identity",
            id="two identities",
        ),
        pytest.param(
            lambda m: m.pem(),
            lambda m: m.pem(),
            None,
            Unreadable,
            "key.pem holds no private key",
            id="no key in the key file",
        ),
        pytest.param(
            lambda m: m.pem(),
            lambda m: m.locked_key,
            None,
            WrongPassword,
            "its password is missing",
            id="a locked key",
        ),
        pytest.param(
            lambda m: m.pem(),
            lambda m: m.locked_key,
            "guessed-wrong-2077",
            WrongPassword,
            "encrypted private key that the given password does not open",
            id="a locked key and a wrong password",
        ),
        pytest.param(
            lambda m: m.locked_p12,
            None,
            None,
            WrongPassword,
            "its password is missing",
            id="a locked container",
        ),
        pytest.param(
            lambda m: m.locked_p12,
            None,
            "guessed-wrong-2077",
            WrongPassword,
            "does not open",
            id="a wrong password",
        ),
        pytest.param(
            lambda m: m.pem(),
            lambda m: m.key().replace(b"MIG", b"MIH", 1),
            None,
            Unreadable,
            "a private key that does not parse",
            id="a damaged key",
        ),
    ],
)
def test_what_is_no_identity_says_why(
    source: Any, key_source: Any, password: str | None, error: type[PkiError], words: str, material: Any
) -> None:
    apart = key_source(material) if key_source is not None else None
    with pytest.raises(error, match=words) as refused:
        load_identity(
            source(material), name="chain.pem", password=password, key_source=apart, key_name="key.pem"
        )
    assert "guessed" not in str(refused.value)
    assert "PRIVATE KEY-----" not in str(refused.value)
