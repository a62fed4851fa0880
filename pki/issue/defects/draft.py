"""A certificate taken apart, and put together again under a new signature: the escape hatch of the defects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import InvalidRequest
from pki.issue.keys import signature, signing_digest
from pki.model import der
from pki.model.foreign import read_certificate

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

_VERSION, _EXTENSIONS = der.context(0, constructed=True), der.context(3, constructed=True)  # RFC 5280, 4.1
_Digest = type[hashes.MD5 | hashes.SHA1 | hashes.SHA224 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512]
_DIGESTS: Final[dict[str, _Digest]] = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
# RFC 8017, A.2.4 (RSA, with NULL parameters) and RFC 5758, 3.2 (ECDSA, without any).
_RSA: Final = {
    "md5": "2a864886f70d010104",
    "sha1": "2a864886f70d010105",
    "sha224": "2a864886f70d01010e",
    "sha256": "2a864886f70d01010b",
    "sha384": "2a864886f70d01010c",
    "sha512": "2a864886f70d01010d",
}
_ECDSA: Final = {
    "sha1": "2a8648ce3d0401",
    "sha224": "2a8648ce3d040301",
    "sha256": "2a8648ce3d040302",
    "sha384": "2a8648ce3d040303",
    "sha512": "2a8648ce3d040304",
}
_ED25519: Final = "2b6570"  # RFC 8410, 3
# RFC 4055, 3.1: id-RSASSA-PSS with SHA-256, MGF1 over the same, and a salt of 32 octets.
_PSS: Final = bytes.fromhex(
    "304106092a864886f70d01010a3034a00f300d06096086480165030402010500"
    "a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The fields of a TBSCertificate (RFC 5280, 4.1), each as its DER element.

    `version` is empty where it is left out, `extensions` None. `digest` is what the signature is made with, None the
    one that suits the issuer's key; `pss` signs with RSASSA-PSS instead of PKCS #1 v1.5; `spoiled` flips the
    signature's last bit.
    """

    version: bytes
    serial: bytes
    issuer: bytes
    validity: bytes
    subject: bytes
    public_key: bytes
    extensions: tuple[bytes, ...] | None
    digest: str | None = None
    pss: bool = False
    spoiled: bool = False

    @classmethod
    def read(cls, certificate: bytes) -> Draft:
        """Take a DER certificate of this library apart; unique identifiers, which it never has, are not kept."""
        fields = der.parts_of(der.parts_of(certificate)[0])
        version = fields.pop(0) if fields[0][0] == _VERSION else b""
        serial, _, issuer, validity, subject, public_key, *rest = fields
        listed = next((field for field in rest if field[0] == _EXTENSIONS), None)
        return cls(
            version=version,
            serial=serial,
            issuer=issuer,
            validity=validity,
            subject=subject,
            public_key=public_key,
            extensions=tuple(der.parts_of(der.parts_of(listed)[0])) if listed is not None else None,
        )

    def signed(self, key: CertificateIssuerPrivateKeyTypes) -> bytes:
        """Put together and signed by the issuer's KEY without randomness, so that equal drafts stay equal."""
        tbs = self.to_be_signed(key)
        digest = _DIGESTS[self.digest]() if self.digest is not None else signing_digest(key)
        made = _sign_pss(key, tbs) if self.pss else signature(key, tbs, digest, repeatable=True)
        if self.spoiled:
            made = made[:-1] + bytes([made[-1] ^ 1])
        return der.encode(der.SEQUENCE, tbs, self._algorithm(key), der.encode(der.BIT_STRING, b"\0", made))

    def to_be_signed(self, key: CertificateIssuerPrivateKeyTypes) -> bytes:
        """The TBSCertificate: what the issuer's KEY signs, and what a log of Certificate Transparency is shown."""
        listed = b""
        if self.extensions is not None:
            listed = der.encode(_EXTENSIONS, der.encode(der.SEQUENCE, *self.extensions))
        return der.encode(
            der.SEQUENCE,
            self.version,
            self.serial,
            self._algorithm(key),
            self.issuer,
            self.validity,
            self.subject,
            self.public_key,
            listed,
        )

    def _algorithm(self, key: CertificateIssuerPrivateKeyTypes) -> bytes:
        return _PSS if self.pss else _algorithm(key, self.digest)


Defect = Callable[[Draft], Draft]
"""What makes one thing wrong."""


def sign_again(certificate: bytes, *defects: Defect, key: CertificateIssuerPrivateKeyTypes) -> bytes:
    """Take the DER CERTIFICATE apart, apply DEFECTS and sign it with its issuer's KEY: the escape hatch.

    What comes out need not be a certificate that any library reads.
    """
    draft = Draft.read(certificate)
    for defect in defects:
        draft = defect(draft)
    return draft.signed(key)


def with_defects(
    certificate: x509.Certificate, *defects: Defect, key: CertificateIssuerPrivateKeyTypes
) -> x509.Certificate:
    """The same for a certificate that `cryptography` has read, and reads afterwards."""
    return read_certificate(
        sign_again(certificate.public_bytes(Encoding.DER), *defects, key=key), whole=False
    )


def _algorithm(key: CertificateIssuerPrivateKeyTypes, digest: str | None) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        oid, parameters = _RSA[digest or _own_digest(key)], der.encode(der.NULL)
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        oid, parameters = _ECDSA[digest or _own_digest(key)], b""
    else:
        oid, parameters = _ED25519, b""
    return der.encode(der.SEQUENCE, der.encode(der.OID, bytes.fromhex(oid)), parameters)


def _sign_pss(key: CertificateIssuerPrivateKeyTypes, tbs: bytes) -> bytes:
    if not isinstance(key, rsa.RSAPrivateKey):
        raise InvalidRequest("RSASSA-PSS needs an RSA key", hint="Take an authority with RSA keys.")
    numbers = key.private_numbers()
    modulus = numbers.public_numbers.n
    encoded = _encoded_pss(tbs, modulus.bit_length() - 1)
    return pow(int.from_bytes(encoded), numbers.d, modulus).to_bytes((modulus.bit_length() + 7) // 8)


def _encoded_pss(message: bytes, bits: int) -> bytes:
    """EMSA-PSS (RFC 8017, 9.1.1) with a salt made of the message, where libraries draw one: equal drafts stay equal."""
    salt = sha256(b"salt" + message).digest()
    digest = sha256(bytes(8) + sha256(message).digest() + salt).digest()
    length = (bits + 7) // 8 - len(digest) - 1
    block = int.from_bytes(b"\1" + salt)
    mask = b"".join(sha256(digest + count.to_bytes(4)).digest() for count in range(length // len(digest) + 1))
    masked = (block ^ int.from_bytes(mask[:length])) & ((1 << (8 * length - -bits % 8)) - 1)
    return masked.to_bytes(length) + digest + b"\xbc"


def _own_digest(key: CertificateIssuerPrivateKeyTypes) -> str:
    digest = signing_digest(key)
    return digest.name if digest is not None else ""
