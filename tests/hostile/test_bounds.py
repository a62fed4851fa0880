"""What is over a bound is refused in words with its numbers, and before anybody has waited for it."""

from __future__ import annotations

import base64
import plistlib
import time
from collections.abc import Callable
from datetime import datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from pki.errors import Unreadable
from pki.load import load_certificates
from pki.load.inspection import inspect_bytes
from pki.load.keys import load_keys
from pki.load.p12.kdf import MAX_ROUNDS
from pki.load.p12.reading import read_pfx
from pki.load.pem import MAX_BLOCKS, MAX_LINES
from pki.model import der, distinguished
from pki.model.certificate import CertFacts
from pki.model.distinguished import MAX_BYTES, DistinguishedName
from tests.hostile.odd import name, number, odd_certificate
from tests.hostile.servers import pem

GENEROUS = 20.0  # seconds of processor time, for what takes one here
_DATA = "06092a864886f70d010701"
_SHROUDED = "060b2a864886f70d010c0a0102"
_PBES2, _PBKDF2, _AES256 = "06092a864886f70d01050d", "06092a864886f70d01050c", "060960864801650304012a"
_CN = b"\x55\x04\x03"


@pytest.mark.slow
@pytest.mark.parametrize("read", [load_certificates, inspect_bytes, load_keys])
def test_a_file_of_too_many_pem_blocks_is_refused(read: Callable[..., object], at: datetime) -> None:
    good = pem(odd_certificate("a name of 100,000 letters", ec.generate_private_key(ec.SECP256R1()), at=at))
    blocks = b"".join(b"-----BEGIN X%d-----\nAAAA\n-----END X%d-----\n" % (i, i) for i in range(MAX_BLOCKS))
    started = time.process_time()
    with pytest.raises(Unreadable, match=rf"x\.pem holds more than {MAX_BLOCKS:,} PEM blocks.*cut the file"):
        read(good + blocks, name="x.pem")
    assert time.process_time() - started < GENEROUS


@pytest.mark.slow
def test_as_many_pem_blocks_as_are_read_are_read(at: datetime) -> None:
    good = pem(odd_certificate("X.509 v2", ec.generate_private_key(ec.SECP256R1()), at=at))
    assert len(load_certificates(good * MAX_BLOCKS, name="x.pem")) == 1


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_a_pem_block_of_too_many_lines_is_refused(end: bytes) -> None:
    text = b"-----BEGIN CERTIFICATE-----" + end * (MAX_LINES + 2) + b"-----END CERTIFICATE-----" + end
    with pytest.raises(Unreadable, match=f"more than {MAX_LINES:,} lines"):
        load_certificates(text, name="x.pem")


def _tlv(tag: int, *parts: str | bytes) -> bytes:
    return der.encode(tag, *(bytes.fromhex(part) if isinstance(part, str) else part for part in parts))


def _shrouded(rounds: int) -> bytes:
    """A bag with a key that no password opens."""
    salt = der.encode(der.OCTET_STRING, bytes(8))
    derivation = _tlv(der.SEQUENCE, _PBKDF2, _tlv(der.SEQUENCE, salt, number(rounds)))
    cipher = _tlv(der.SEQUENCE, _AES256, der.encode(der.OCTET_STRING, bytes(16)))
    method = _tlv(der.SEQUENCE, _PBES2, _tlv(der.SEQUENCE, derivation, cipher))
    encrypted = _tlv(der.SEQUENCE, method, der.encode(der.OCTET_STRING, bytes(48)))
    return _tlv(der.SEQUENCE, _SHROUDED, _tlv(0xA0, encrypted))


def container(bags: int, rounds: int) -> bytes:
    """A PKCS #12 file of BAGS keys, each under its own ROUNDS."""
    contents = der.encode(der.SEQUENCE, *[_shrouded(rounds)] * bags)
    safe = _tlv(der.SEQUENCE, _DATA, _tlv(0xA0, der.encode(der.OCTET_STRING, contents)))
    safes = der.encode(der.OCTET_STRING, der.encode(der.SEQUENCE, safe))
    return _tlv(der.SEQUENCE, number(3), _tlv(der.SEQUENCE, _DATA, _tlv(0xA0, safes)))


def test_key_derivation_is_bounded_by_its_sum_and_both_numbers_are_told() -> None:
    """Many small ones cost what a large one does: 9,999 bags of 1,000 rounds took 7 s."""
    started = time.process_time()
    with pytest.raises(Unreadable) as caught:
        read_pfx(container(9_000, 1_000), name="x.p12", password="pw")
    assert time.process_time() - started < GENEROUS
    assert "comes to 18,000,000 rounds:" in str(caught.value)
    assert f"At most {MAX_ROUNDS:,} are done for one file" in str(caught.value)


@pytest.mark.parametrize("rounds", [0, -1])
def test_no_rounds_at_all_are_refused_in_their_own_words(rounds: int) -> None:
    with pytest.raises(Unreadable, match=f"asks for {rounds} rounds"):
        read_pfx(container(1, rounds), name="x.p12", password="pw")


def test_the_containers_of_one_profile_share_one_bound() -> None:
    payloads = [
        {
            "PayloadType": "com.apple.security.pkcs12",
            "PayloadContent": container(1, MAX_ROUNDS // 2),
            "Password": "x",
        }
        for _ in range(4)
    ]
    profile = plistlib.dumps({"PayloadType": "Configuration", "PayloadContent": payloads})
    with pytest.raises(
        Unreadable, match=r"payload [23] is a PKCS #12 container, and its key derivation comes to"
    ):
        load_certificates(profile, name="x.mobileconfig")


def test_the_keys_of_one_file_share_one_bound() -> None:
    bag = _shrouded(MAX_ROUNDS // 4)  # derived twice: a key of AES-256 takes two digests of SHA-1
    _, wrapped = der.children(bag, *der.only(bag, der.SEQUENCE))
    block = (
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
        + base64.encodebytes(bag[wrapped[2] : wrapped[3]])
        + b"-----END ENCRYPTED PRIVATE KEY-----\n"
    )
    with pytest.raises(Unreadable, match=r"PEM block 3 .*comes to"):
        load_keys(block * 3, name="x.pem")


def test_a_name_is_read_up_to_its_bound_and_not_beyond(at: datetime) -> None:
    value = der.encode(der.UTF8_STRING, b"x" * MAX_BYTES)
    long = DistinguishedName(name(_CN, value))
    assert long.problem == f"a name of {len(long.raw):,} bytes, of which at most {MAX_BYTES:,} are read"
    assert (long.label, long.attributes, long.normalized) == ("(unreadable)", (), None)
    short = DistinguishedName(name(_CN, der.encode(der.UTF8_STRING, b"x" * (MAX_BYTES - 64))))
    assert not short.problem
    odd = odd_certificate("a name of 100,000 letters", ec.generate_private_key(ec.SECP256R1()), at=at)
    assert f"at most {MAX_BYTES:,} are read" in CertFacts.parse(odd).subject.problem


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(name(_CN, b"\x0c\x81\x0c" + b"x" * 12), id="a length that is not in its shortest form"),
        pytest.param(b"\xff" * 9, id="no DER"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_a_name_that_is_none_is_called_unreadable(raw: bytes) -> None:
    """OpenSSL hands such a one on from a server's CertificateRequest."""
    assert DistinguishedName(raw).label == "(unreadable)"


def test_what_long_names_come_to_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    real = distinguished.check

    def check(raw: bytes) -> None:
        asked.append(len(raw))
        real(raw)

    monkeypatch.setattr(distinguished, "check", check)
    long = DistinguishedName(name(_CN, der.encode(der.UTF8_STRING, b"x" * 5_000)))
    for _ in range(5):
        assert long.label
        assert long.key
        assert long.is_one_with(long)
    assert len(asked) <= 4  # once for each thing that is asked of it
