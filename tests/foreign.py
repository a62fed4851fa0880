"""Authorities as others might make them, one extension at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pki.model.identity import Identity

DAY = timedelta(days=1)


def made(
    at: datetime,
    *extensions: x509.ExtensionType,
    name: x509.Name | None = None,
    path_length: int | None = None,
    below: Identity | None = None,
    key: ec.EllipticCurvePrivateKey | None = None,
) -> Identity:
    """A CA with these extensions beside basicConstraints and keyUsage; self-signed unless BELOW another."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = name or x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, f"Foreign {x509.random_serial_number():x}"[:40])]
    )
    usage = x509.KeyUsage(
        **dict.fromkeys(
            ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "encipher_only", "decipher_only"), False,
        ), key_cert_sign=True, crl_sign=True,
    )  # fmt: skip
    builder = x509.CertificateBuilder(
        issuer_name=below.certificate.subject if below else name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=(at - DAY).replace(tzinfo=None),
        not_valid_after=(at + 900 * DAY).replace(tzinfo=None),
    )
    for extension in (x509.BasicConstraints(ca=True, path_length=path_length), usage, *extensions):
        builder = builder.add_extension(
            extension, critical=not isinstance(extension, x509.SubjectKeyIdentifier)
        )
    signed = builder.sign(below.key if below else key, hashes.SHA256())  # type: ignore[arg-type] # EC, here
    return Identity(signed, key, (below.certificate, *below.issuers) if below else ())
