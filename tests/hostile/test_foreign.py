"""One module loads what strangers wrote; what it does with bytes that nobody reads, and with keys that cost much."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

import pki
import pki_cli
import pki_fixtures
from pki.errors import PkiError, Unreadable
from pki.model import foreign, foreign_keys
from tests.hostile.odd import ODD, diffie_hellman, diffie_hellman_key, odd_certificate

# Loaders of `cryptography` (x509, ocsp, pkcs7, pkcs12, serialization) and of pyOpenSSL.
LOADER = re.compile(
    r"load_(der|pem|ssh)_\w+|load_pkcs12|load_(certificate|certificate_request|crl|privatekey|publickey)\Z"
)
READERS: tuple[Callable[[bytes], object], ...] = (
    foreign.read_certificate,
    lambda data: foreign.read_certificate(data, whole=False),
    foreign.read_pem_certificates,
    foreign.read_openssl_certificate,
    foreign.read_request,
    lambda data: foreign.read_request(data, pem=True),
    foreign.read_crl,
    lambda data: foreign.read_crl(data, pem=True),
    foreign.read_ocsp_request,
    foreign.read_ocsp_response,
    foreign_keys.read_public_key,
    foreign_keys.read_private_key,
    lambda data: foreign_keys.read_private_key(data, pem=True),
)


def _sources() -> Iterator[Path]:
    for package in (pki, pki_cli, pki_fixtures):
        assert package.__file__
        yield from Path(package.__file__).parent.rglob("*.py")


def test_nobody_else_calls_a_loader_of_strangers_bytes() -> None:
    found = set()
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_bytes())):
            names = [node.id] if isinstance(node, ast.Name) else []
            names += [node.attr] if isinstance(node, ast.Attribute) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) else []
            if any(map(LOADER.match, names)):
                found.add(path.name)
    assert found == {"foreign.py", "foreign_keys.py"}


@given(st.one_of(st.binary(max_size=200), st.binary(max_size=200).map(lambda data: b"\x30\x81" + data)))
def test_any_bytes_are_a_value_or_unreadable(data: bytes) -> None:
    for read in READERS:
        try:
            read(data)
        except Unreadable as error:
            assert error.hint


@pytest.mark.parametrize("oddity", ["X.509 v2", "X.509 v9", "every extension twice"])
def test_an_odd_certificate_is_unreadable_in_our_words(oddity: str, at: datetime) -> None:
    data = odd_certificate(oddity, ec.generate_private_key(ec.SECP256R1()), at=at)
    with pytest.raises(Unreadable, match=r"^x\.pem holds a certificate that does not parse \(.+\)\."):
        foreign.read_certificate(data, what="x.pem holds a certificate")


def test_the_frame_of_a_certificate_is_read_whatever_its_extensions_are(at: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    data = odd_certificate("every extension twice", key, at=at)
    assert foreign.read_certificate(data, whole=False).public_bytes(Encoding.DER) == data


def test_a_parsers_words_are_fit_to_be_shown() -> None:
    words = foreign.parser_text(ValueError("a\x1b[2Jb\n" + "c" * 1000))
    assert words.isprintable()
    assert len(words) < 200


def _refusals(at: datetime) -> Iterator[Callable[[], object]]:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = foreign.read_certificate(odd_certificate("a Diffie-Hellman key", key, at=at))
    yield lambda: foreign_keys.read_public_key(diffie_hellman())
    yield lambda: foreign_keys.read_private_key(diffie_hellman_key())
    yield lambda: foreign.public_key_of(certificate)


def test_a_diffie_hellman_key_is_refused_before_its_prime_is_proven(at: datetime) -> None:
    """24 s of processor time for 8,192 bits; one of 30,000 bits raised InternalError."""
    for read in _refusals(at):
        with pytest.raises(Unreadable, match="of Diffie-Hellman, which signs nothing"):
            read()
    certificate = foreign.read_certificate(
        odd_certificate("a Diffie-Hellman key", ec.generate_private_key(ec.SECP256R1()), at=at)
    )
    assert not foreign.is_issued_by(certificate, certificate)
    with pytest.raises(Unreadable):
        foreign_keys.read_private_key(diffie_hellman_key(prime=(1 << 30_000) - 24_691))


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _pkcs8(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def test_a_good_rsa_key_is_read_without_proving_its_primes(rsa_key: rsa.RSAPrivateKey) -> None:
    started = time.process_time()
    for _ in range(20):
        read = foreign_keys.read_private_key(_pkcs8(rsa_key))
    assert isinstance(read, rsa.RSAPrivateKey)
    assert read.private_numbers() == rsa_key.private_numbers()
    assert (
        time.process_time() - started < 2
    )  # 20 proofs of 2,048 bits take longer than 20 loads by a hundred times


@pytest.mark.parametrize("part", ["p", "q", "d", "dmp1", "dmq1", "iqmp"])
def test_an_rsa_key_whose_numbers_do_not_belong_together_is_none(
    part: str, rsa_key: rsa.RSAPrivateKey
) -> None:
    numbers = rsa_key.private_numbers()
    parts = {known: getattr(numbers, known) for known in ("p", "q", "d", "dmp1", "dmq1", "iqmp")}
    parts[part] += 2
    damaged = rsa.RSAPrivateNumbers(**parts, public_numbers=numbers.public_numbers)
    try:
        data = _pkcs8(damaged.private_key(unsafe_skip_rsa_key_validation=True))
    except ValueError:  # OpenSSL refuses that one whatever it is told to skip
        return
    with pytest.raises(Unreadable, match="does not parse"):
        foreign_keys.read_private_key(data)


def test_nothing_of_a_private_key_is_in_the_error() -> None:
    with pytest.raises(PkiError) as caught:
        foreign_keys.read_private_key(b"\x30\x03SECRET")
    assert "SECRET" not in str(caught.value)


def test_the_oddities_differ() -> None:
    assert len(ODD) == 5
