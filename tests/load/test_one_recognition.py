"""Each input is recognised once and handed on: what is named or taken apart twice was recognised twice."""

from __future__ import annotations

import base64
import importlib
import json
import plistlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import PkiError
from pki.load import load_certificates, load_identity
from pki.load.inspection import inspect_bytes
from pki.load.kinds import FileKind
from pki.store.adoption import SourceFile, load_authority
from tests.load.conftest import PASSWORD
from tests.load.every_kind import EVERY, enveloped, signed_data, tlv

# Where the readers that recognition rests on are called: by shape, of a text, and of a signature's parts.
CALLERS = {
    "scan": ("recognition",),
    "named": ("labels", "recognition"),
    "read_signed_data": ("pkcs7", "provisioning", "profile.reading", "p12.reading"),
}


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, bytes]]:
    """How often one of these readers was given the same bytes."""
    counts: Counter[tuple[str, bytes]] = Counter()
    for function, modules in CALLERS.items():
        for module in modules:
            home = importlib.import_module(f"pki.load.{module}")
            monkeypatch.setattr(home, function, counting(function, getattr(home, function), counts))
    return counts


def counting(
    name: str, reader: Callable[[bytes], Any], counts: Counter[tuple[str, bytes]]
) -> Callable[[bytes], Any]:
    def counted(data: bytes) -> Any:
        counts[name, data] += 1
        return reader(data)

    return counted


def block(label: str, data: bytes) -> bytes:
    return (
        f"-----BEGIN {label}-----\n".encode() + base64.encodebytes(data) + f"-----END {label}-----\n".encode()
    )


def bundle(material: Any) -> bytes:
    return signed_data("2a864886f70d010701", b"\4\0", *material.ders)


def profile(material: Any, **keys: Any) -> bytes:
    payloads = [
        {"PayloadType": "com.apple.security.pkcs1", "PayloadContent": material.leaf.der},
        {"PayloadType": "com.apple.security.pem", "PayloadContent": material.pem(material.root)},
        {
            "PayloadType": "com.apple.security.pkcs12",
            "PayloadContent": material.locked_p12,
            "Password": PASSWORD,
        },
    ]
    return plistlib.dumps({"PayloadType": "Configuration", "PayloadContent": payloads, **keys})


MIXED: dict[str, Callable[[Any], bytes]] = {
    "a chain and its key as PEM": lambda m: m.pem() + m.key(),
    "a bundle as PEM": lambda m: block("PKCS7", bundle(m)),
    "a bundle, a key and a certificate as PEM": lambda m: block("CMS", bundle(m)) + m.key() + m.pem(m.leaf),
    "a container as PEM": lambda m: block("PKCS12", m.locked_p12),
    "what its label does not say": lambda m: block("CERTIFICATE", m.locked_p12) + block("PRIVATE KEY", m.leaf.der),
    "a profile": profile,
    "a signed profile": lambda m: signed_data("2a864886f70d010701", tlv(4, profile(m)), *m.ders),
    "an encrypted profile": lambda m: profile(m, IsEncrypted=True, EncryptedPayloadContent=enveloped(m)),
    "a JSON document": lambda m: json.dumps({"cert": m.pem(m.leaf).decode(), "key": m.key().decode()}).encode(),
    "base64 of a container": lambda m: base64.b64encode(m.locked_p12),
}  # fmt: skip
FILES = {**{str(kind): EVERY[kind] for kind in FileKind}, **MIXED}


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in FILES])
@pytest.mark.parametrize(
    "verb", [inspect_bytes, load_certificates, load_identity], ids=lambda verb: verb.__name__
)
def test_a_file_is_recognised_once(
    name: str, verb: Callable[..., object], material: Any, seen: Counter[tuple[str, bytes]]
) -> None:
    data = FILES[name](material)
    seen.clear()  # what making the file asked

    with suppress(PkiError):
        verb(data, name=name, password=PASSWORD)

    assert {(reader, len(given)): count for (reader, given), count in seen.items() if count > 1} == {}


def test_an_authority_that_is_adopted_is_recognised_once(
    material: Any, seen: Counter[tuple[str, bytes]], tmp_path: Path
) -> None:
    file = SourceFile(tmp_path / "leaf.pem", material.pem() + material.key())

    found = load_authority([file], key=None, passphrase=None)

    assert found.key_file == file.path
    assert seen["scan", file.data] == 1
    assert seen["named", material.key(encoding=Encoding.DER)] == 1
