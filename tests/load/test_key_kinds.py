"""One key has one name, wherever it stands: bare, public, in PKCS #12; and a kind nobody here loads is no damage."""

from __future__ import annotations

import subprocess

import pytest

from pki.load.inspection import inspect_bytes
from pki.report.inspection import inspection_text
from tests.openssl import OPENSSL

pytestmark = OPENSSL

KINDS = [
    pytest.param(["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"], "RSA-PSS 2048", id="RSA-PSS"),
    pytest.param(
        ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit"],
        "EC explicit parameters",
        id="a curve that is written out",
    ),
    pytest.param(
        ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"], "EC secp256k1", id="secp256k1"
    ),
    pytest.param(
        ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:sect283k1"], "EC sect283k1", id="sect283k1"
    ),
    pytest.param(["-algorithm", "X25519"], "X25519", id="X25519"),
    pytest.param(["-algorithm", "ED448"], "Ed448", id="Ed448"),
]


def openssl(*arguments: str, given: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True).stdout


@pytest.mark.parametrize("form", ["PEM", "DER"])
@pytest.mark.parametrize(("options", "named"), KINDS)
def test_a_private_and_its_public_half_are_of_one_kind(options: list[str], named: str, form: str) -> None:
    private = openssl("genpkey", *options)
    public = openssl("pkey", "-pubout", "-outform", form, given=private)
    private = openssl("pkey", "-outform", form, given=private)
    for data in (private, public):
        text = inspection_text(inspect_bytes(data, name="key"))
        assert named in text
        assert "does not parse" not in text


@pytest.mark.parametrize("form", ["PEM", "DER"])
def test_public_keys_in_pkcs1_are_read(form: str) -> None:
    """RFC 8017, A.1.1: `openssl rsa -RSAPublicKey_out`, `ssh-keygen -e -m PEM`, Go's x509.MarshalPKCS1PublicKey."""
    private = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
    public = openssl("rsa", "-RSAPublicKey_out", "-outform", form, given=private)
    assert "RSA 2048" in inspection_text(inspect_bytes(public, name="key"))


@pytest.mark.parametrize(
    ("options", "named"),
    [
        pytest.param(
            ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", "rsa_keygen_primes:3"],
            "RSA with more than two primes, of a kind that is not known here",
            id="three primes",
        ),
        pytest.param(["-algorithm", "SM2"], "EC SM2, of a kind that is not known here", id="SM2"),
    ],
)
def test_what_nobody_here_loads_is_named_and_not_called_damaged(options: list[str], named: str) -> None:
    try:
        private = openssl("genpkey", *options)
    except subprocess.CalledProcessError:
        pytest.skip("this openssl makes no such key")
    assert named in inspection_text(inspect_bytes(private, name="key"))


def test_sec1_with_its_parameters_written_out_is_told_as_in_pkcs8() -> None:
    key = openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-param_enc", "explicit")
    assert b"EC PRIVATE KEY" in key
    assert "EC explicit parameters" in inspection_text(inspect_bytes(key, name="key"))
