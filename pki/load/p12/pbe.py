"""Password-based encryption as PKCS #12 files use it: which was chosen, and undoing it.

The parameters can be read without a password, and they decide which importer opens a file. Undoing it is done
here because the loader of `cryptography` shows one key, no localKeyID, and none of the parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pki.errors import Unreadable
from pki.load.p12.kdf import FOR_IV, Kdf, Pbkdf2, Pkcs12Kdf, Scrypt, Secret, Work
from pki.load.p12.rc2 import MAX_BYTES as MAX_RC2_BYTES
from pki.load.p12.rc2 import ROUNDS as RC2_ROUNDS
from pki.load.p12.rc2 import rc2_cbc_decrypt
from pki.model import der

# RFC 7292, appendix C, by the names `openssl pkcs12 -info` prints: name, cipher, bytes of its key.
_PBES1 = {
    "1.2.840.113549.1.12.1.1": ("pbeWithSHA1And128BitRC4", "RC4-128", 16),
    "1.2.840.113549.1.12.1.2": ("pbeWithSHA1And40BitRC4", "RC4-40", 5),
    "1.2.840.113549.1.12.1.3": ("pbeWithSHA1And3-KeyTripleDES-CBC", "3DES", 24),
    "1.2.840.113549.1.12.1.4": ("pbeWithSHA1And2-KeyTripleDES-CBC", "2-key 3DES", 16),
    "1.2.840.113549.1.12.1.5": ("pbeWithSHA1And128BitRC2-CBC", "RC2-128", 16),
    "1.2.840.113549.1.12.1.6": ("pbeWithSHA1And40BitRC2-CBC", "RC2-40", 5),
}
_PBES1_IV = 8  # bytes; it is derived as the key is
_PBES2 = "1.2.840.113549.1.5.13"  # RFC 8018, appendix A.4
_PBKDF2 = "1.2.840.113549.1.5.12"
_SCRYPT = "1.3.6.1.4.1.11591.4.11"  # RFC 7914, 7
_CIPHERS = {  # NIST and RFC 8018, B.2: name, key bytes
    "2.16.840.1.101.3.4.1.2": ("AES-128-CBC", 16),
    "2.16.840.1.101.3.4.1.22": ("AES-192-CBC", 24),
    "2.16.840.1.101.3.4.1.42": ("AES-256-CBC", 32),
    "1.2.840.113549.3.7": ("DES-EDE3-CBC", 24),
}
HMACS = {  # RFC 8018, B.1.2: name, hashlib's name of the hash
    "1.2.840.113549.2.7": ("hmacWithSHA1", "sha1"),
    "1.2.840.113549.2.8": ("hmacWithSHA224", "sha224"),
    "1.2.840.113549.2.9": ("hmacWithSHA256", "sha256"),
    "1.2.840.113549.2.10": ("hmacWithSHA384", "sha384"),
    "1.2.840.113549.2.11": ("hmacWithSHA512", "sha512"),
}
_DEFAULT_PRF = "1.2.840.113549.2.7"  # RFC 8018, A.2: no prf means HMAC-SHA-1


class UnknownSchemeError(Exception):
    """An algorithm that is not undone here; it stays inside this room."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """How something is encrypted. `kdf` is None, or `key_size` 0, where the algorithm is not known here."""

    name: str  # of the whole, or PBES2
    cipher: str
    kdf: Kdf | None = None
    iv: bytes = field(default=b"", repr=False)
    key_size: int = 0  # bytes

    @property
    def pbes2(self) -> bool:
        """Whether cipher and derivation were chosen one by one (RFC 8018), not as a pair (RFC 7292)."""
        return self.name == "PBES2"

    @property
    def prf(self) -> str:
        """The pseudo-random function of PBES2's derivation; empty elsewhere."""
        return (
            self.kdf.prf if isinstance(self.kdf, Pbkdf2) else "scrypt" if isinstance(self.kdf, Scrypt) else ""
        )

    @property
    def stream(self) -> bool:
        """Whether it is a stream cipher: no IV, and no padding that could tell a wrong password."""
        return self.cipher.startswith("RC4")

    @property
    def known(self) -> bool:
        """Whether it is undone here."""
        return (
            self.kdf is not None
            and bool(self.key_size)
            and not (isinstance(self.kdf, Pbkdf2) and not self.kdf.digest)
        )

    @property
    def work(self) -> int:
        """Rounds of derivation that undoing it takes; 0 where it is not undone here."""
        if self.kdf is None or not self.known:
            return 0
        own_iv = 0 if self.pbes2 or self.stream else self.kdf.work(_PBES1_IV)
        return self.kdf.work(self.key_size) + own_iv

    def __str__(self) -> str:
        parts = (self.name, self.cipher if self.pbes2 else "", str(self.kdf or ""))
        return ", ".join(part for part in parts if part)


def read_scheme(data: bytes, found: der.Element) -> Scheme:
    """Read an AlgorithmIdentifier that names an encryption.

    Raises:
        DerError: it is malformed.
    """
    oid, parameters = algorithm(data, found)
    if oid in _PBES1:
        name, cipher, size = _PBES1[oid]
        salt, rounds = fields(data, parameters, least=2)[:2]
        kdf = Pkcs12Kdf("sha1", content(data, salt), integer(data, rounds))
        return Scheme(name, cipher, kdf, key_size=size)
    if oid != _PBES2:
        return Scheme(oid, oid)
    derivation, encryption = fields(data, parameters, least=2)[:2]
    cipher_oid, iv = algorithm(data, encryption)
    cipher, key_size = _CIPHERS.get(cipher_oid, (cipher_oid, 0))
    try:
        kdf2 = read_derivation(data, derivation)
    except UnknownSchemeError:
        return Scheme("PBES2", cipher)
    return Scheme("PBES2", cipher, kdf2, content(data, iv) if iv else b"", key_size)


def read_derivation(data: bytes, found: der.Element) -> Pbkdf2 | Scrypt:
    """Read the AlgorithmIdentifier of PBES2's or PBMAC1's key derivation.

    Raises:
        UnknownSchemeError: it is neither PBKDF2 nor scrypt.
        DerError: it is malformed.
    """
    oid, parameters = algorithm(data, found)
    if oid == _SCRYPT:
        salt, *costs = fields(data, parameters, least=4)
        n, r, p = (integer(data, cost) for cost in costs[:3])
        return Scrypt(content(data, salt), n, r, p)
    if oid != _PBKDF2:
        raise UnknownSchemeError(oid)
    salt, rounds, *optional = fields(data, parameters, least=2)
    prf = next((algorithm(data, item)[0] for item in optional if item[0] == der.SEQUENCE), _DEFAULT_PRF)
    name, digest = HMACS.get(prf, (prf, ""))
    return Pbkdf2(name, digest, content(data, salt), integer(data, rounds))


def decrypt(scheme: Scheme, data: bytes, secret: Secret, work: Work) -> bytes | None:
    """Undo SCHEME; None when the secret is wrong, as far as the padding tells.

    Raises:
        UnknownSchemeError: an algorithm that is not undone here.
        Unreadable: it asks for too much work.
        DerError: what is encrypted is not whole blocks.
    """
    kdf = scheme.kdf
    if kdf is None or not scheme.known:
        raise UnknownSchemeError(str(scheme))
    key = kdf.stretch(secret, size=scheme.key_size, work=work)
    if scheme.stream:
        return _rc4(key, data)
    iv = scheme.iv if scheme.pbes2 else kdf.stretch(secret, size=_PBES1_IV, work=work, purpose=FOR_IV)
    block = 16 if scheme.cipher.startswith("AES") else 8
    if len(iv) != block or not data or len(data) % block:
        raise der.DerError(f"{len(data)} encrypted bytes are no whole blocks of {scheme.cipher}")
    if scheme.cipher.startswith("RC2"):
        if len(data) > MAX_RC2_BYTES:
            raise Unreadable(
                f"a part of it has {len(data):,} bytes under RC2",
                hint=f"At most {MAX_RC2_BYTES:,} are decrypted here: convert it with `openssl pkcs12 -legacy`.",
            )
        work.spend(len(data) // block * RC2_ROUNDS)
        plain = rc2_cbc_decrypt(key, iv, data)
    else:
        plain = _blocks(scheme.cipher, key, iv, data)
    padding = plain[-1]
    if not 1 <= padding <= block or plain[-padding:] != bytes((padding,)) * padding:
        return None
    return plain[:-padding]


def _blocks(cipher: str, key: bytes, iv: bytes, data: bytes) -> bytes:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    made = algorithms.AES(key) if cipher.startswith("AES") else TripleDES((key + key)[:24])
    decryptor = Cipher(made, modes.CBC(iv)).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def _rc4(key: bytes, data: bytes) -> bytes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
    from cryptography.hazmat.primitives.ciphers import Cipher

    try:
        return Cipher(ARC4(key), mode=None).decryptor().update(data)
    except UnsupportedAlgorithm:  # an OpenSSL without its legacy provider
        raise UnknownSchemeError("RC4") from None


def algorithm(data: bytes, found: der.Element) -> tuple[str, der.Element | None]:
    """Read an AlgorithmIdentifier into its OID and its parameters, RFC 5280 4.1.1.2."""
    name, *parameters = fields(data, found, least=1)
    if name[0] != der.OID:
        raise der.DerError(f"an algorithm is due at offset {name[1]}")
    return der.oid(data, name[2], name[3]), parameters[0] if parameters else None


def fields(data: bytes, found: der.Element | None, *, least: int) -> list[der.Element]:
    """Read the elements of the SEQUENCE at FOUND, LEAST or more of them."""
    if found is None or found[0] != der.SEQUENCE:
        raise der.DerError(
            "a SEQUENCE is missing" if found is None else f"a SEQUENCE is due at offset {found[1]}"
        )
    inside = list(der.children(data, found[2], found[3]))
    if len(inside) < least:
        raise der.DerError(f"{len(inside)} fields at offset {found[1]} where {least} are due")
    return inside


def content(data: bytes, found: der.Element) -> bytes:
    """Copy the element's content."""
    return data[found[2] : found[3]]


def integer(data: bytes, found: der.Element) -> int:
    """Read the INTEGER at FOUND."""
    if found[0] != der.INTEGER:
        raise der.DerError(f"an INTEGER is due at offset {found[1]}")
    return der.integer(data, found[2], found[3])
