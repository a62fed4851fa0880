"""Any bytes give a value or a PkiError, and soon."""

from __future__ import annotations

import plistlib
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, pkcs7, pkcs12
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pki.errors import PkiError
from pki.export.signing import sign_profile
from pki.load import FileKind, load_certificates, load_identity, recognise
from pki.load.ber import to_der
from pki.load.inspection import inspect_bytes
from pki.load.profile.findings import ProfileFinding
from pki.model import der
from pki.report.inspection import inspection_json, inspection_text

PASSWORD = "pw"
SOON = timedelta(seconds=3)

relaxed = settings(
    deadline=SOON,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
passwords = st.sampled_from([None, "", PASSWORD, "other"])


def everything(data: bytes, password: str | None) -> None:
    """Whatever DATA is: values or PkiErrors, and the values can be shown."""
    assert isinstance(recognise(data).kind, FileKind)
    for read in (load_certificates, load_identity):
        try:
            read(data, name="x", password=password)
        except PkiError as error:
            assert str(error).strip()
    try:
        found = inspect_bytes(data, name="x", password=password)
    except PkiError as error:
        assert str(error).strip()
    else:
        assert all(isinstance(finding, ProfileFinding) for finding in found.findings)
        assert inspection_text(found)
        assert inspection_json(found)["schema"] == "trustrig.inspection/1"


@pytest.fixture(scope="session")
def samples(material: Any) -> list[bytes]:
    """One valid file of each form."""
    certificates = [made.cert for made in material.chain]
    weak = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(2)
    containers = [
        material.p12(weak.key_cert_algorithm(algorithm).hmac_hash(mac).build(PASSWORD.encode()))
        for algorithm, mac in (
            (pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC, hashes.SHA1()),
            (pkcs12.PBES.PBESv2SHA256AndAES256CBC, hashes.SHA256()),
        )
    ]
    payloads = [
        {"PayloadType": "com.apple.security.root", "PayloadContent": material.root.der},
        {"PayloadType": "com.apple.security.pkcs12", "PayloadContent": containers[0], "Password": PASSWORD},
    ]
    profile = {"PayloadType": "Configuration", "PayloadContent": payloads, "DurationUntilRemoval": 5.0}
    return [
        material.pem() + material.key() + material.request() + material.crl() + material.public_key(),
        b"".join(material.ders),
        material.key(encoding=Encoding.DER),
        material.locked_key,
        material.request(Encoding.DER),
        material.crl(Encoding.DER),
        pkcs7.serialize_certificates(certificates, Encoding.DER),
        pkcs7.serialize_certificates(certificates, Encoding.PEM),
        *containers,
        plistlib.dumps(profile),
        plistlib.dumps(profile, fmt=plistlib.FMT_BINARY),
        sign_profile(plistlib.dumps(profile), material.identity),
    ]


@given(st.binary(max_size=400), passwords)
@relaxed
def test_any_bytes(data: bytes, password: str | None) -> None:
    everything(data, password)


@given(
    st.sampled_from(
        [b"\x30", b"\x30\x80", b"\x30\x82\x01\x00", b"bplist00", b"<plist>", b"-----BEGIN CERTIFICATE-----\n"]
    ),
    st.binary(max_size=300),
)
@relaxed
def test_any_bytes_behind_a_familiar_beginning(beginning: bytes, rest: bytes) -> None:
    everything(beginning + rest, PASSWORD)


@given(st.data())
@relaxed
def test_valid_files_with_bytes_changed_cut_or_doubled(samples: list[bytes], data: st.DataObject) -> None:
    sample = bytearray(data.draw(st.sampled_from(samples)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(len(sample) - 1, 0)))
        match data.draw(st.sampled_from(["change", "cut", "insert", "truncate", "double"])):
            case "change":
                sample[at : at + 1] = data.draw(st.binary(min_size=1, max_size=1))
            case "cut":
                del sample[at : at + data.draw(st.integers(1, 40))]
            case "insert":
                sample[at:at] = data.draw(st.binary(max_size=8))
            case "truncate":
                del sample[at:]
            case "double":
                sample[at:at] = sample[at : at + 200]
    everything(bytes(sample), data.draw(passwords))


@given(st.binary(max_size=200))
@relaxed
def test_ber_is_rewritten_or_refused(data: bytes) -> None:
    try:
        rewritten = to_der(b"\x30\x80" + data)
    except der.DerError:
        return
    assert rewritten[0] == der.SEQUENCE
    der.element(rewritten, 0, len(rewritten))


def nested(levels: int) -> bytes:
    """Profiles within profiles."""
    payload = {"PayloadType": "com.apple.security.root", "PayloadContent": b"end"}
    for _ in range(levels):
        inner = plistlib.dumps(
            {"PayloadType": "Configuration", "PayloadContent": [payload]}, fmt=plistlib.FMT_BINARY
        )
        payload = {"PayloadType": "com.apple.security.root", "PayloadContent": inner}
    return inner


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x30\x80" * 200_000, id="nesting without end"),
        pytest.param(b"\x30\x80" + b"\x05\x00" * 300_000, id="more elements than anybody writes"),
        pytest.param(b"\n" * 8_000_000, id="blank lines"),
        pytest.param(b"-----BEGIN CERTIFICATE-----\n" * 100_000, id="beginnings without end"),
        pytest.param(
            b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n" * 50_000,
            id="a hundred thousand empty blocks",
        ),
        pytest.param(b"-----BEGIN X-----\nA: b\n-----END X-----\n" * 50_000, id="headers and nothing else"),
        pytest.param(b"-----BEGIN CERTIFICATE-----\n" + b"A: b\n" * 400_000, id="headers without end"),
        pytest.param(b"[" * 1_000_000, id="brackets"),
        pytest.param(nested(1500), id="profiles within profiles"),
        pytest.param(b"<plist>" + b"<array>" * 500_000 + b"PayloadContent", id="a deep property list"),
        pytest.param(b" " * 1_000_000 + b"<" * 1_000_000, id="blanks, then angle brackets"),
        pytest.param(b"x -----BEGIN A----- " * 100_000, id="beginnings inside lines"),
        pytest.param(b"x -----BEGIN A----- AAAA -----END A-----" * 40_000, id="blocks inside one line"),
        pytest.param(b"-----BEGIN A-----" + b"\\n" * 400_000 + b"-----END A-----", id="escaped line breaks"),
        pytest.param(b"-----END A-----\n" * 100_000, id="ends without beginning"),
        pytest.param(b"a:" * 1_000_000, id="keys without values"),
        pytest.param(b"k: |\n" + b"  A\n" * 250_000, id="a block scalar of short lines"),
        pytest.param(b"30 " * 400_000, id="hexadecimal digits"),
        pytest.param(b"<a>" * 500_000, id="tags"),
        pytest.param(b"[" + b"[]," * 250_000 + b"[]]", id="a JSON document of empty lists"),
        pytest.param(b"-----BEGIN%20" + b"%0A" * 100_000, id="percent signs"),
        pytest.param(
            b"MIME-Version: 1\n" + b"Content-Type: application/pkcs7-a\n" * 50_000, id="parts of a message"
        ),
        pytest.param(b"---- BEGIN SSH2 PUBLIC KEY ----\n" + b"a:\\\n" * 100_000, id="headers that go on"),
        pytest.param(b"PuTTY-User-Key-File-3: x\nPublic-Lines: 1\n" * 25_000, id="PuTTY's fields"),
    ],
)
def test_hostile_sizes_are_answered_soon(data: bytes) -> None:
    import time

    started = time.process_time()
    everything(data, PASSWORD)
    # CPU seconds: linear work takes one or two of them, quadratic work minutes.
    assert time.process_time() - started < 60
