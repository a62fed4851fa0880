"""A PKCS #12 file whose salts are given: equal arguments, equal bytes. `cryptography` draws salts and takes none.

RFC 7292 with one choice of everything, that of `P12Encryption.APPLE_ANY`: PBES1 with 3-key 3DES and a SHA-1 MAC.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pki.load.p12.kdf import FOR_IV, FOR_KEY, FOR_MAC, Pkcs12Kdf, Secret, Work
from pki.model import der

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

ROUNDS: Final = 2048  # OpenSSL's PKCS12_DEFAULT_ITER (pkcs12.h); a password that is published guards nothing
_SALT_OCTETS: Final = 8  # of the PBES1 schemes: PKCS5_SALT_LEN
_BLOCK: Final = 8  # 3DES
_EXPLICIT: Final = der.context(0, constructed=True)


def _oid(hexadecimal: str) -> bytes:
    return der.encode(der.OID, bytes.fromhex(hexadecimal))


# RFC 2315, 14 and RFC 2985, 5.5; then RFC 7292, 4.2, 4.2.3 and appendix C.
_DATA, _ENCRYPTED_DATA = _oid("2a864886f70d010701"), _oid("2a864886f70d010706")
_FRIENDLY_NAME, _LOCAL_KEY_ID = _oid("2a864886f70d010914"), _oid("2a864886f70d010915")
_SHROUDED_KEY_BAG, _CERT_BAG = _oid("2a864886f70d010c0a0102"), _oid("2a864886f70d010c0a0103")
_X509 = _oid("2a864886f70d01091601")
_3DES_BY_SHA1 = _oid("2a864886f70d010c0103")
_SHA1 = der.encode(der.SEQUENCE, _oid("2b0e03021a"), der.encode(der.NULL))  # RFC 3370, 2.1


def repeatable_p12(
    key: CertificateIssuerPrivateKeyTypes,
    certificate: x509.Certificate,
    issuers: Iterable[x509.Certificate],
    *,
    name: str,
    password: str,
    octets: Callable[[int], bytes],
) -> bytes:
    """KEY and CERTIFICATE, both called NAME, and then ISSUERS without a name; OCTETS gives the salts."""
    secret = Secret.of(password)
    own = _attributes(name, hashlib.sha1(_der(certificate), usedforsecurity=False).digest())
    bags = [_certificate_bag(certificate, own), *(_certificate_bag(issuer, b"") for issuer in issuers)]
    scheme, hidden = _encrypted(der.encode(der.SEQUENCE, *bags), secret, octets)
    certificates = der.encode(
        der.SEQUENCE,
        _integer(0),
        der.encode(der.SEQUENCE, _DATA, scheme, der.encode(der.context(0, constructed=False), hidden)),
    )
    scheme, hidden = _encrypted(_pkcs8(key), secret, octets)
    shrouded = der.encode(der.SEQUENCE, scheme, der.encode(der.OCTET_STRING, hidden))
    key_bag = der.encode(der.SEQUENCE, _SHROUDED_KEY_BAG, der.encode(_EXPLICIT, shrouded), own)
    safe = der.encode(
        der.SEQUENCE,
        der.encode(der.SEQUENCE, _ENCRYPTED_DATA, der.encode(_EXPLICIT, certificates)),
        _plain(der.encode(der.SEQUENCE, key_bag)),
    )
    return der.encode(der.SEQUENCE, _integer(3), _plain(safe), _mac(safe, secret, octets))


def _certificate_bag(certificate: x509.Certificate, attributes: bytes) -> bytes:
    value = der.encode(_EXPLICIT, der.encode(der.OCTET_STRING, _der(certificate)))
    held = der.encode(_EXPLICIT, der.encode(der.SEQUENCE, _X509, value))
    return der.encode(der.SEQUENCE, _CERT_BAG, held, attributes)


def _attributes(name: str, key_id: bytes) -> bytes:
    """The PKCS12Attributes by which key and certificate find each other; in DER's order, X.690 11.6."""
    found = [_attribute(_LOCAL_KEY_ID, der.encode(der.OCTET_STRING, key_id))]
    if name:
        found.append(_attribute(_FRIENDLY_NAME, der.encode(der.BMP_STRING, name.encode("utf-16-be"))))
    return der.encode(der.SET, *sorted(found))


def _attribute(kind: bytes, value: bytes) -> bytes:
    return der.encode(der.SEQUENCE, kind, der.encode(der.SET, value))


def _plain(content: bytes) -> bytes:
    return der.encode(der.SEQUENCE, _DATA, der.encode(_EXPLICIT, der.encode(der.OCTET_STRING, content)))


def _encrypted(content: bytes, secret: Secret, octets: Callable[[int], bytes]) -> tuple[bytes, bytes]:
    """The AlgorithmIdentifier, and CONTENT in PKCS #7 padding (RFC 8018, 6.1.1) under what it says."""
    salt = octets(_SALT_OCTETS)
    kdf, work = Pkcs12Kdf("sha1", salt, ROUNDS), Work()
    key = kdf.stretch(secret, size=24, work=work, purpose=FOR_KEY)
    iv = kdf.stretch(secret, size=_BLOCK, work=work, purpose=FOR_IV)
    padding = _BLOCK - len(content) % _BLOCK
    encryptor = Cipher(TripleDES(key), modes.CBC(iv)).encryptor()
    hidden = encryptor.update(content + bytes((padding,)) * padding) + encryptor.finalize()
    parameters = der.encode(der.SEQUENCE, der.encode(der.OCTET_STRING, salt), _integer(ROUNDS))
    return der.encode(der.SEQUENCE, _3DES_BY_SHA1, parameters), hidden


def _mac(safe: bytes, secret: Secret, octets: Callable[[int], bytes]) -> bytes:
    salt = octets(_SALT_OCTETS)
    key = Pkcs12Kdf("sha1", salt, ROUNDS).stretch(secret, size=20, work=Work(), purpose=FOR_MAC)
    value = hmac.digest(key, safe, "sha1")
    digest = der.encode(der.SEQUENCE, _SHA1, der.encode(der.OCTET_STRING, value))
    return der.encode(der.SEQUENCE, digest, der.encode(der.OCTET_STRING, salt), _integer(ROUNDS))


def _integer(value: int) -> bytes:
    return der.encode(der.INTEGER, value.to_bytes(value.bit_length() // 8 + 1))


def _pkcs8(key: CertificateIssuerPrivateKeyTypes) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
