"""EC private keys as GnuTLS writes them: a zero byte too many is no damage."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)

from pki.errors import Unreadable
from pki.load.keys import load_keys
from pki.model import der, foreign_keys
from pki.model.ec_private import of_full_length
from pki.model.foreign_keys import read_private_key
from tests.adopted import CERTTOOL

CURVES = [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()]


def lengthened(key: bytes, zeros: bytes, *, deep: bool) -> bytes:
    """KEY with ZEROS before its number, which is the second element of SEC 1, the third of PKCS #8 being that."""
    start, stop = der.only(key, der.SEQUENCE)
    parts = [
        (part[0], key[part[1] : part[3]], key[part[2] : part[3]]) for part in der.children(key, start, stop)
    ]
    if deep:
        inner = lengthened(parts[2][2], zeros, deep=False)
        return der.encode(der.SEQUENCE, parts[0][1], parts[1][1], der.encode(der.OCTET_STRING, inner))
    rest = [whole for _, whole, _ in parts[2:]]
    return der.encode(der.SEQUENCE, parts[0][1], der.encode(der.OCTET_STRING, zeros, parts[1][2]), *rest)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
@pytest.mark.parametrize(
    "form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL], ids=["PKCS #8", "SEC 1"]
)
def test_zeros_before_the_number_are_dropped_and_nothing_else(
    curve: ec.EllipticCurve, form: PrivateFormat
) -> None:
    key = ec.generate_private_key(curve)
    good = key.private_bytes(Encoding.DER, form, NoEncryption())
    assert of_full_length(good) is None
    odd = lengthened(good, b"\0", deep=form is PrivateFormat.PKCS8)
    assert of_full_length(odd) == good
    read = read_private_key(odd)
    assert isinstance(read, ec.EllipticCurvePrivateKey)
    assert read.private_numbers() == key.private_numbers()
    # A number that is too long is no key, and stays none.
    wrong = lengthened(good, b"\1", deep=form is PrivateFormat.PKCS8)
    assert of_full_length(wrong) is None
    with pytest.raises(Unreadable):
        read_private_key(wrong)
    for cut in range(0, len(odd), 7):
        with pytest.raises(Unreadable):
            read_private_key(odd[:cut])


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_a_number_whose_first_bytes_are_zero_may_be_short(curve: ec.EllipticCurve) -> None:
    """GnuTLS writes every 256th key of P-256 so, as measured with its certtool."""
    size = (curve.key_size + 7) // 8
    key = ec.derive_private_key((1 << 8 * (size - 2)) - 1, curve)  # two bytes of zeros
    good = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    start, stop = der.only(good, der.SEQUENCE)
    version, number, *rest = (
        (p[0], good[p[1] : p[3]], good[p[2] : p[3]]) for p in der.children(good, start, stop)
    )
    short = der.encode(der.OCTET_STRING, number[2].lstrip(b"\0"))
    odd = der.encode(der.SEQUENCE, version[1], short, *(whole for _, whole, _ in rest))
    assert of_full_length(odd) == good
    read = read_private_key(odd)
    assert isinstance(read, ec.EllipticCurvePrivateKey)
    assert read.private_numbers() == key.private_numbers()


@CERTTOOL
def test_keys_by_certtool_are_read(tmp_path: Path) -> None:
    """Of twelve some begin with a bit that is set, whatever the release does with them."""
    for number in range(12):
        file = tmp_path / f"{number}.pem"
        subprocess.run(
            [
                "certtool",
                "--generate-privkey",
                "--key-type",
                "ecdsa",
                "--curve",
                "secp256r1",
                "--outfile",
                str(file),
            ],
            check=True,
            capture_output=True,
        )
        (found,) = load_keys(file.read_bytes(), name=file.name)
        assert isinstance(found.key, ec.EllipticCurvePrivateKey)


@pytest.mark.parametrize(
    "curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda curve: curve.name
)
def test_a_public_key_in_its_usual_form_is_what_the_loader_makes_of_it(curve: ec.EllipticCurve) -> None:
    """It is loaded without `cryptography.hazmat.primitives.serialization`, and so are no others."""
    key = ec.generate_private_key(curve).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert (
        foreign_keys._plain_ec_key(spki)
        == key
        == load_der_public_key(spki)
        == foreign_keys.read_public_key(spki)
    )
    for other in (spki[:-1], spki + b"\0", spki[:-1] + bytes((spki[-1] ^ 1,)), b"\x31" + spki[1:]):
        assert foreign_keys._plain_ec_key(other) is None
        with pytest.raises(Unreadable, match="does not parse"):
            foreign_keys.read_public_key(other)
