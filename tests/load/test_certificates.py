"""Certificates come out as their bytes, in the order found, from every container."""

from __future__ import annotations

import base64
import plistlib
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, pkcs7

from pki.errors import Unreadable, WrongPassword
from pki.load import leaf_first, load_certificates
from pki.load.certificates import MAX_CERTIFICATES
from pki.load.recognition import MAX_FILE_BYTES
from tests import clock
from tests.chains import make

PASSWORD = "correct-horse-battery"
OPENSSL = ("openssl", "apt-get install openssl")


def pem_block(label: str, data: bytes) -> bytes:
    return f"-----BEGIN {label}-----\n{base64.encodebytes(data).decode()}-----END {label}-----\n".encode()


def _yaml(pem: bytes) -> bytes:
    return b"ca: |\n" + b"".join(b"    " + line for line in pem.splitlines(keepends=True))


def _profile(*payloads: dict[str, Any]) -> bytes:
    return plistlib.dumps({"PayloadType": "Configuration", "PayloadContent": list(payloads)})


def _payload(kind: str, content: bytes, **more: Any) -> dict[str, Any]:
    return {"PayloadType": f"com.apple.security.{kind}", "PayloadContent": content, **more}


@pytest.mark.parametrize(
    "encode",
    [
        pytest.param(lambda m: m.pem(), id="PEM"),
        pytest.param(lambda m: m.pem().replace(b"\n", b"\r\n"), id="PEM with CRLF"),
        pytest.param(lambda m: m.pem().replace(b"\n", b"\r"), id="PEM with CR alone"),
        pytest.param(lambda m: b"\xef\xbb\xbf" + m.pem(), id="PEM behind a byte order mark"),
        pytest.param(lambda m: m.pem().rstrip(b"\n"), id="PEM without a last newline"),
        pytest.param(
            lambda m: m.pem().replace(b"-----\n-----", b"-----\nsubject=x\n\n-----"),
            id="PEM with text around",
        ),
        pytest.param(lambda m: b"0 s:CN = x\n" + m.pem(), id="PEM behind text that begins like DER"),
        pytest.param(lambda m: _yaml(m.pem()), id="PEM indented in YAML"),
        pytest.param(lambda m: m.pem().replace(b"\n", b" \t\n"), id="PEM with trailing blanks"),
        pytest.param(
            lambda m: m.pem().replace(b" CERTIFICATE", b" X509 CERTIFICATE"),
            id="PEM with OpenSSL's old label",
        ),
        pytest.param(lambda m: m.key() + m.pem(), id="PEM with the key before"),
        pytest.param(lambda m: m.pem() + m.request() + m.crl(), id="PEM with a CSR and a CRL behind"),
        pytest.param(lambda m: m.pem() + m.pem(m.root, m.leaf), id="PEM with duplicates"),
        pytest.param(lambda m: b"".join(m.ders), id="DER, one behind the other"),
        pytest.param(lambda m: m.locked_p12, id="PKCS #12"),
        pytest.param(lambda m: m.p12(NoEncryption()), id="PKCS #12 without encryption"),
    ],
)
def test_every_form_gives_the_chain_in_order(encode: Any, material: Any) -> None:
    data = encode(material)
    password = PASSWORD if data == material.locked_p12 else None
    assert load_certificates(data, name="chain", password=password) == material.ders


def test_der_of_one_certificate(material: Any) -> None:
    assert load_certificates(material.leaf.der, name="leaf.cer") == (material.leaf.der,)


def test_openssl_trusted_certificate_loses_the_trust_settings_behind_it(
    material: Any, tmp_path: Path
) -> None:
    trailing = b"\x30\x0c\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01"
    block = pem_block("TRUSTED CERTIFICATE", material.leaf.der + trailing)
    assert load_certificates(block, name="x") == (material.leaf.der,)


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_pkcs7_is_a_set_so_the_leaf_comes_first(encoding: Encoding, material: Any) -> None:
    bundle = pkcs7.serialize_certificates([made.cert for made in reversed(material.chain)], encoding)
    found = load_certificates(bundle, name="x.p7b")
    assert found[0] == material.leaf.der
    assert set(found) == set(material.ders)


@pytest.mark.peer(*OPENSSL)
@pytest.mark.parametrize("form", ["DER", "PEM"])
@pytest.mark.parametrize("streamed", [False, True], ids=["in one piece", "streamed, which is BER"])
def test_openssl_bundles_and_signed_messages(
    form: str, streamed: bool, material: Any, tmp_path: Path
) -> None:
    (tmp_path / "key.pem").write_bytes(material.key())
    (tmp_path / "leaf.pem").write_bytes(material.pem(material.leaf))
    (tmp_path / "rest.pem").write_bytes(material.pem(material.intermediate, material.root))
    command = ["openssl", "cms", "-sign", "-nodetach", "-binary", "-signer", "leaf.pem", "-inkey", "key.pem"]
    command += ["-certfile", "rest.pem", "-outform", form, *(["-stream"] if streamed else [])]
    done = subprocess.run(
        command, input=b"x" * 9000, capture_output=True, check=True, cwd=tmp_path, timeout=clock.PATIENCE
    )
    found = load_certificates(done.stdout, name="signed")
    assert found[0] == material.leaf.der
    assert set(found) == set(material.ders)


def test_pkcs7_passes_odd_certificates_on_untouched(material: Any) -> None:
    """A certificate that strict parsers refuse must not take its bundle with it; what is wrong is said later."""
    bundle = pkcs7.serialize_certificates([material.root.cert], Encoding.DER)
    odd = material.root.der.replace(b"\x55\x04\x03", b"\x55\x04\xff", 1)  # an OID that never ends
    assert len(odd) == len(material.root.der)
    assert load_certificates(bundle.replace(material.root.der, odd), name="x") == (odd,)


def test_pkcs7_without_certificates_says_so(material: Any) -> None:
    empty = bytes.fromhex(
        "302306092a864886f70d010702a0163014020101310030 0b06092a864886f70d010701 3100".replace(" ", "")
    )
    with pytest.raises(Unreadable, match="bundle without certificates"):
        load_certificates(empty, name="x")


@pytest.mark.parametrize(
    "wrap",
    [lambda p: p, lambda p: plistlib.dumps(plistlib.loads(p), fmt=plistlib.FMT_BINARY)],
    ids=["XML", "binary"],
)
def test_a_profile_gives_what_it_would_install(wrap: Any, material: Any) -> None:
    data = _profile(
        _payload("root", material.root.der),
        _payload("pem", material.pem(material.intermediate)),
        _payload("pkcs12", material.locked_p12, Password=PASSWORD),
    )
    expected = (material.root.der, material.intermediate.der, material.leaf.der)
    assert load_certificates(wrap(data), name="x.mobileconfig") == expected


@pytest.mark.peer(*OPENSSL)
def test_a_signed_profile_gives_its_payloads_and_not_its_signer(material: Any, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(material.key())
    (tmp_path / "leaf.pem").write_bytes(material.pem(material.leaf))
    command = [
        "openssl",
        "cms",
        "-sign",
        "-nodetach",
        "-binary",
        "-signer",
        "leaf.pem",
        "-inkey",
        "key.pem",
        "-outform",
        "DER",
    ]
    plain = _profile(_payload("root", material.root.der))
    done = subprocess.run(
        command, input=plain, capture_output=True, check=True, cwd=tmp_path, timeout=clock.PATIENCE
    )
    assert load_certificates(done.stdout, name="x.mobileconfig") == (material.root.der,)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(_profile(), "profile without certificates", id="nothing in it"),
        pytest.param(
            _profile({"PayloadType": "com.apple.wifi.managed"}),
            "profile without certificates",
            id="only Wi-Fi",
        ),
        pytest.param(
            _profile(_payload("root", b"rubbish")),
            "payload 1 is text without a PEM block",
            id="rubbish in a payload",
        ),
        pytest.param(
            _profile(_payload("pkcs12", b"\x30\x80")),
            "payload 1 is a PKCS #12 container that does not parse",
            id="a broken identity",
        ),
        pytest.param(b"<plist><dict><key>PayloadContent</key>", "does not parse", id="XML that breaks off"),
        pytest.param(b"bplist00PayloadContent", "does not parse", id="binary rubbish"),
        pytest.param(
            plistlib.dumps({"PayloadType": "Other", "PayloadContent": []}),
            "no configuration profile",
            id="another type",
        ),
    ],
)
def test_profiles_that_give_nothing_say_why(data: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        load_certificates(data, name="x.mobileconfig")


def test_an_identity_in_a_profile_without_its_password_is_missed_only_when_there_is_nothing_else(
    material: Any,
) -> None:
    locked = _payload("pkcs12", material.locked_p12)
    assert load_certificates(_profile(locked, _payload("root", material.root.der)), name="x") == (
        material.root.der,
    )
    with pytest.raises(WrongPassword, match="payload 1 is a PKCS #12 container, and its password is missing"):
        load_certificates(_profile(locked), name="x")


@pytest.mark.parametrize(
    ("password", "words"),
    [
        pytest.param(None, "its password is missing", id="no password"),
        pytest.param("", "the given password does not open", id="an empty one"),
        pytest.param("guessed-wrong-2077", "the given password does not open", id="a wrong one"),
    ],
)
def test_a_container_that_stays_closed_says_why_and_repeats_no_password(
    password: str | None, words: str, material: Any
) -> None:
    with pytest.raises(WrongPassword, match=words) as refused:
        load_certificates(material.locked_p12, name="x.p12", password=password)
    assert "guessed" not in str(refused.value)


def test_too_large_and_too_many_are_refused_quickly(material: Any) -> None:
    started = time.process_time()
    with pytest.raises(Unreadable, match="larger than 16 MiB"):
        load_certificates(b"x" * (MAX_FILE_BYTES + 1), name="x")
    many = b"".join(
        b"\x30\x0c\x30\x04\x02\x02" + n.to_bytes(2, "big") + b"\x30\x00\x03\x02\x00\x00"
        for n in range(MAX_CERTIFICATES + 1)
    )
    with pytest.raises(Unreadable, match="10,001 certificates"):
        load_certificates(many, name="x")
    assert time.process_time() - started < 60  # CPU seconds, see test_load_properties.py


def test_leaf_first_moves_only_the_leaf(material: Any) -> None:
    leaf, middle, top = material.ders
    assert leaf_first((middle, leaf, top)) == (leaf, middle, top)
    assert leaf_first((top, middle, leaf)) == (leaf, top, middle)
    assert leaf_first((top,)) == (top,)
    assert leaf_first((b"odd", middle)) == (middle, b"odd")
    assert leaf_first(()) == ()


def test_a_self_signed_certificate_alone_with_strangers_is_no_leaf_of_theirs(material: Any) -> None:
    own = make("lonely")
    assert leaf_first((own.der, *material.ders))[0] == own.der
