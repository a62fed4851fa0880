"""An RSA key that is told by its first bytes is what taking it apart tells; one that is not usual is taken apart."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pki.model import der
from pki.model.apple_crypto import apple_key
from pki.model.keys import KeyAlgorithm, key_facts, usual_rsa_bits


def written(bits: int, exponent: int = 65537) -> bytes:
    key = RSAPublicNumbers(exponent, 1 << bits - 1 | 1).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    ("bits", "exponent", "usual"),
    [
        pytest.param(2048, 65537, True, id="2048 bits"),
        pytest.param(3072, 65537, True, id="3072 bits"),
        pytest.param(4096, 65537, True, id="4096 bits"),
        pytest.param(2047, 65537, False, id="a bit less in as many bytes"),
        pytest.param(2056, 65537, False, id="a byte more"),
        pytest.param(1024, 65537, False, id="1024 bits"),
        pytest.param(2048, 3, False, id="another exponent"),
    ],
)
def test_the_size_of_an_rsa_key(bits: int, exponent: int, usual: bool) -> None:
    spki = written(bits, exponent)
    assert usual_rsa_bits(spki) == (bits if usual else 0)
    facts, apples = key_facts(spki), apple_key(spki)
    assert (facts.algorithm, facts.bits, facts.problem) == (KeyAlgorithm.RSA, bits, "")
    assert (apples.algorithm, apples.size, apples.problem) == (KeyAlgorithm.RSA, (bits + 7) // 8, "")


@pytest.mark.parametrize("where", range(34))
def test_a_byte_that_is_another_before_the_modulus_makes_it_unusual(where: int) -> None:
    """Lengths, types, the OID, its NULL, the zero before the modulus, and the modulus's first bit."""
    spki = bytearray(written(2048))
    spki[where] ^= 0x80
    assert usual_rsa_bits(bytes(spki)) == 0


def test_what_follows_the_key_makes_it_unusual() -> None:
    assert usual_rsa_bits(written(2048) + b"\0") == 0
    with pytest.raises(der.DerError):
        key_facts(written(2048) + b"\0")
