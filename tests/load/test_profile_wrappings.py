"""What stands in a profile in place of its payloads, and signatures around signatures."""

from __future__ import annotations

import base64
import plistlib
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from pki.errors import Unreadable
from pki.export.pkcs12 import P12Encryption, write_p12
from pki.load.inspection import inspect_bytes
from tests.load.every_kind import enveloped, pem

TOP = {
    "PayloadType": "Configuration",
    "PayloadVersion": 1,
    "PayloadIdentifier": "test.top",
    "PayloadUUID": "2C4DE3F5-6A3A-4F0C-9A9B-0C1E0F6A4B11",
}


def encrypted(content: bytes) -> bytes:
    return plistlib.dumps({**TOP, "IsEncrypted": True, "EncryptedPayloadContent": content})


@pytest.mark.parametrize(
    ("wrap", "faulty", "finding"),
    [
        pytest.param(lambda message: message, False, "", id="EnvelopedData in DER"),
        pytest.param(lambda message: pem("CMS", message), False, "encrypted-not-der", id="as PEM"),
        pytest.param(base64.b64encode, False, "encrypted-not-der", id="as base64"),
        pytest.param(lambda message: b"junk", True, "not-encrypted", id="no CMS at all"),
        pytest.param(lambda message: b"<plist/>" * 9, True, "not-encrypted", id="the payloads in the clear"),
        pytest.param(lambda message: message[:-9], True, "not-encrypted", id="cut short"),
    ],
)
def test_what_stands_in_place_of_the_payloads_is_looked_at(
    wrap: Any, faulty: bool, finding: str, material: Any
) -> None:
    found = inspect_bytes(encrypted(wrap(enveloped(material))), name="given")
    assert found.faulty is faulty
    assert [one.id for one in found.findings] == ([finding] if finding else [])
    assert any("encrypted to a certificate" in note for note in found.notes) is not faulty
    if not faulty:
        assert "recipient" in dict(found.parts[0].others[0].details)


def test_a_signature_around_a_signed_profile_is_called_that(material: Any) -> None:
    data = plistlib.dumps(TOP | {"PayloadContent": []})
    for _ in range(2):
        builder = pkcs7.PKCS7SignatureBuilder().set_data(data)
        builder = builder.add_signer(material.leaf.cert, material.leaf.key, hashes.SHA256())
        data = builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary])
    with pytest.raises(Unreadable, match="a signed profile inside of another signature"):
        inspect_bytes(data, name="given")


def test_a_container_of_certificates_alone_is_one_finding(material: Any) -> None:
    """That it has no identity says all: what its encryption opens on would change nothing of it."""
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
    from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

    secret = b"correct-horse"
    store = serialize_key_and_certificates(
        None, None, None, [material.root.cert], BestAvailableEncryption(secret)
    )
    payload = {
        **TOP,
        "PayloadType": "com.apple.security.pkcs12",
        "PayloadIdentifier": "test.id",
        "PayloadUUID": "9B1DE3F5-6A3A-4F0C-9A9B-0C1E0F6A4B22",
        "PayloadContent": store,
        "Password": secret.decode(),
    }
    found = inspect_bytes(plistlib.dumps({**TOP, "PayloadContent": [payload]}), name="given")
    assert [one.id for one in found.findings if one.severity.fails] == ["no-identity"]


def test_a_locked_container_is_promised_nothing_that_is_locked(material: Any) -> None:
    """The same encryption is around an RSA key, a key that Apple does not import, and certificates alone."""
    packed = write_p12(material.identity, password="correct-horse", encryption=P12Encryption.APPLE_ANY)
    locked = inspect_bytes(packed, name="given").container
    opened = inspect_bytes(packed, name="given", password="correct-horse").container
    assert locked is not None
    assert opened is not None
    assert opened.opens_on == "every iOS and macOS release"
    assert locked.opens_on.startswith("every iOS and macOS release, by its encryption")
