"""The key of a request as it stands there, and the signature that proves who holds it (RFC 2986, 4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import InvalidRequest, Unreadable
from pki.model import der
from pki.model.keys import EXPLICIT, RSA_PSS, SignatureAlgorithm, key_facts, signature_algorithm
from pki.model.verifying import verifier

if TYPE_CHECKING:
    from cryptography import x509


@dataclass(frozen=True, slots=True)
class Proof:
    """What our own reader finds in a request; the library's answers hide the key's type and the digest's age."""

    spki: bytes
    algorithm: SignatureAlgorithm
    signature: bytes
    signed: bytes

    @classmethod
    def of(cls, request: x509.CertificateSigningRequest) -> Self:
        """Read REQUEST.

        Raises:
            DerError: its frame does not read.
        """
        data = request.public_bytes(Encoding.DER)
        information, algorithm, *_ = der.children(data, *der.only(data, der.SEQUENCE))
        _, _, spki, *_ = der.children(data, information[2], information[3])
        named = signature_algorithm(data[algorithm[1] : algorithm[3]])
        return cls(data[spki[1] : spki[3]], named, request.signature, data[information[1] : information[3]])

    def check_key(self, *, hint: str) -> None:
        """Refuse a key that the certificate would name otherwise than the request does: it would not match any more.

        OpenSSL 3 loads a curve that is written out as the one it equals, and `cryptography` a key of the type RSASSA-PSS
        as plain RSA; neither says so afterwards. HINT is how to make another one.

        Raises:
            InvalidRequest: it is one of these. Apple's importers know neither.
        """
        try:
            facts = key_facts(self.spki)
        except der.DerError:
            return  # the library says what is wrong with it
        if facts.curve == EXPLICIT:
            raise InvalidRequest(
                "a certificate for an EC key with explicit parameters helps nobody: its curve is written out, not named",
                hint="If the curve is P-256, P-384 or P-521, the key can stay: openssl pkey -in key.pem -ec_param_enc "
                f"named_curve -out named.pem; openssl req -new -key named.pem. Else {hint[0].lower()}{hint[1:]}",
            )
        if facts.oid == RSA_PSS:
            raise InvalidRequest(
                "a certificate for a key of the kind RSASSA-PSS helps nobody: Apple imports no such key",
                hint=f"A plain RSA key signs by RSA-PSS in TLS as well (RFC 8446, 4.2.3). {hint}",
            )

    def check_signature(self) -> None:
        """Check that who made the request holds its key: MD5 and SHA-1 prove that too, and the library refuses them.

        Raises:
            Unreadable: the signature does not verify, or is of a kind that nobody here can verify.
        """
        verify = verifier(self.spki, self.algorithm.digest, self.algorithm.salt_length)
        if verify is None:
            raise Unreadable(
                f"the request's signature, {self.algorithm}, cannot be checked here",
                hint="Sign it again with SHA-256: openssl req -new -sha256 -key key.pem.",
            )
        if not verify(self.signature, self.signed):
            raise Unreadable("the request's signature does not match its key", hint="Make it again.")
