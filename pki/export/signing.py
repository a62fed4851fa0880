"""Signing a profile: the property list inside CMS, byte for byte.

A signature changes the label that the installer shows, and nothing else: "Verified" where the device trusts the
signer's root already, "Not Verified" elsewhere (Apple Platform Deployment). The root inside is not trusted for it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from pki.errors import InvalidRequest, NotExportable

if TYPE_CHECKING:
    from pki.model.identity import Identity


def sign_profile(profile: bytes, signer: Identity) -> bytes:
    """Wrap PROFILE in a CMS SignedData (RFC 5652), DER, with the signer's certificate and its intermediates inside.

    The content is embedded and stays as it is, and the digest is SHA-256. `cryptography` writes the clock's own
    time into the signed attributes, so two runs differ.

    Raises:
        NotExportable: the signer's key is neither RSA nor EC.
        InvalidRequest: PROFILE is signed already.
    """
    if profile[:1] == b"\x30":
        raise InvalidRequest("The profile is signed already", hint="Sign the property list that is inside.")
    key = signer.key
    if not isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
        found = type(key).__name__.removesuffix("PrivateKey")
        raise NotExportable(
            f"The key of the signer {signer.common_name!r} is {found}; profiles are signed with RSA and EC keys",
            hint="Choose a signer with such a key.",
        )
    builder = pkcs7.PKCS7SignatureBuilder().set_data(profile)
    builder = builder.add_signer(signer.certificate, key, hashes.SHA256())
    for issuer in signer.intermediates:
        builder = builder.add_certificate(issuer)
    # Without Binary every line feed of the content would become a carriage return and a line feed (S/MIME's form).
    return builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary])


def label_promise(signer: Identity) -> str:
    """Say which label the installer will show: it depends on the device, so no more than that is promised."""
    top = (signer.certificate, *signer.issuers)[-1]
    root = top.issuer.rfc4514_string() or "the signer's root"
    return f"The installer says Not Verified (a Mac: Unverified), unless the device trusts {root} before the install."


def signing_warnings(signer: Identity, *, at: datetime) -> tuple[str, ...]:
    """Say what will make the signature worthless, one sentence each."""
    starts, ends = signer.certificate.not_valid_before_utc, signer.certificate.not_valid_after_utc
    if starts <= at <= ends:
        return ()
    return (
        f"The signer's certificate is valid from {starts:%Y-%m-%d} to {ends:%Y-%m-%d}, and not now: a new install "
        "counts as unsigned.",
    )
