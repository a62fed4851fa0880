"""Strangers' keys, as `cryptography` loads them: only here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.errors import Unreadable
from pki.model.ec_private import of_full_length
from pki.model.foreign import parser_errors, reading, refuse_diffie_hellman
from pki.model.keys import key_facts

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

# By length, SubjectPublicKeyInfo up to the 4 of an uncompressed point (RFC 5480, 2; SEC 1, 2.3.3).
_EC_HEADS = {
    91: ("SECP256R1", bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")),
    120: ("SECP384R1", bytes.fromhex("3076301006072a8648ce3d020106052b8104002203620004")),
    158: ("SECP521R1", bytes.fromhex("30819b301006072a8648ce3d020106052b810400230381860004")),
}
_DH_OIDS = (
    bytes.fromhex("06092a864886f70d010301"),
    bytes.fromhex("06072a8648ce3e0201"),
)  # Diffie-Hellman's, encoded


def read_public_key(spki: bytes, *, what: str = "this is a public key") -> PublicKeyTypes:
    """Load a SubjectPublicKeyInfo.

    Raises:
        Unreadable: it does not parse, `cryptography` has no such algorithm or curve, or it is of Diffie-Hellman.
    """
    plain = _plain_ec_key(spki)
    if plain is not None:
        return plain
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    with reading(what):  # a DerError is a ValueError
        refuse_diffie_hellman(key_facts(spki).oid, what)
        return load_der_public_key(spki)


def _plain_ec_key(spki: bytes) -> ec.EllipticCurvePublicKey | None:
    """The key, where it is an uncompressed point on a curve of NIST's, as nearly all of EC are; else None.

    `cryptography.hazmat.primitives.serialization` would say the same, and takes longer to import than a chain to judge.
    """
    curve, head = _EC_HEADS.get(len(spki), ("", b""))
    if not curve or not spki.startswith(head):
        return None
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(getattr(ec, curve)(), spki[len(head) - 1 :])
    except ValueError:  # not on the curve: for the loader to say
        return None


def read_private_key(
    data: bytes, password: bytes | None = None, *, what: str = "this is a private key", pem: bool = False
) -> PrivateKeyTypes:
    """Load a private key, encrypted if there is a PASSWORD; a wrong one and a damaged file look the same.

    Raises:
        Unreadable: it does not parse. No word of the parser's is repeated: it has seen a secret.
    """
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

    if any(oid in data for oid in _DH_OIDS):
        raise Unreadable(f"{what} of Diffie-Hellman, which signs nothing", hint="Use an EC or RSA key.")
    try:
        # OpenSSL's proof that the factors are primes takes 26 s for 16,384 bits. Damage shows without it.
        key = (load_pem_private_key if pem else load_der_private_key)(
            data, password, unsafe_skip_rsa_key_validation=True
        )
        if isinstance(key, rsa.RSAPrivateKey):
            _check_rsa(key.private_numbers())
        return key
    except parser_errors():
        if not pem and password is None and (again := of_full_length(data)) is not None:
            return read_private_key(again, what=what)
        raise Unreadable(
            f"{what} that does not parse", hint="Compare with `openssl pkey -noout -text`."
        ) from None


def _check_rsa(key: rsa.RSAPrivateNumbers) -> None:
    """RFC 8017, 3.2: its numbers belong together.

    Raises:
        ValueError: they do not.
    """
    p, q, d, e = key.p, key.q, key.d, key.public_numbers.e
    halves = p % 2 and q % 2 and p * q == key.public_numbers.n
    exponents = halves and p > 1 < q and e * d % (p - 1) == 1 == e * d % (q - 1)
    if not exponents or (key.dmp1, key.dmq1, key.iqmp * q % p) != (d % (p - 1), d % (q - 1), 1):
        raise ValueError("numbers that do not belong together")
