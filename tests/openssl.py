"""OpenSSL's opinion of a chain, for the tests of everything that issues."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

OPENSSL = pytest.mark.peer("openssl", "apt-get install openssl")


def openssl_refusal(folder: Path, chain: tuple[x509.Certificate, ...], *options: str) -> str:
    """What `openssl verify -x509_strict` holds against CHAIN, its root last; nothing when it is accepted."""
    files = {"leaf.pem": chain[:1], "between.pem": chain[1:-1], "root.pem": chain[-1:]}
    for name, certificates in files.items():
        (folder / name).write_bytes(b"".join(c.public_bytes(Encoding.PEM) for c in certificates))
    trusted = ["-CAfile", folder / "root.pem"]
    if chain[1:-1]:  # OpenSSL refuses a file without certificates
        trusted += ["-untrusted", folder / "between.pem"]
    done = subprocess.run(
        ["openssl", "verify", "-x509_strict", *options, *map(str, trusted), folder / "leaf.pem"],
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else done.stderr


def explicit_p256() -> bytes:
    """A public key of P-256 whose curve is written out, as a SubjectPublicKeyInfo."""
    made = subprocess.run(
        [
            *("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-pkeyopt", "ec_param_enc:explicit", "-outform", "DER"),
        ],
        capture_output=True,
        check=True,
    ).stdout
    return subprocess.run(
        ["openssl", "pkey", "-inform", "DER", "-pubout", "-outform", "DER"],
        input=made,
        capture_output=True,
        check=True,
    ).stdout
