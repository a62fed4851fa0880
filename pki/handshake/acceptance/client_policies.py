"""How a server decides about client certificates: Apple's post names two ways, by issuer and by list."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Protocol

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pki.errors import Unreadable
from pki.handshake.acceptance.verify_codes import NO_PATH
from pki.model.alerts import ACCESS_DENIED, BAD_CERTIFICATE
from pki.model.common_names import common_names_in
from pki.model.foreign import public_key_of, read_certificate, reading
from pki.renamed import Renamed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography.x509 import Certificate


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an end says no, and what the other end can do about it.

    `alert` is the alert the RFC has for it; what really goes on the wire is in the transcript.
    """

    reason: str
    repair: str
    alert: int
    rule: str = ""  # the evaluator's, where one refused
    cause: str = "client-not-allowed"  # the code in `pki.model.causes`


class ClientTrust(Protocol):
    """A server's policy. OpenSSL verifies first, with `roots` as its anchors; then the policy has its say."""

    @property
    def roots(self) -> tuple[Certificate, ...]:
        """Where OpenSSL's path may end, and the default list of acceptable CAs."""

    @property
    def description(self) -> str:
        """The policy in a few words, for reports."""

    def waives(self, errno: int) -> bool:
        """Whether the policy does not mind this verification error (an X509_V_ERR number)."""

    def judge(self, leaf: bytes) -> Refusal | None:
        """None to accept the client whose certificate (DER) OpenSSL has verified."""


@dataclass(frozen=True, slots=True)
class ChainsTo:
    """Accept whoever has a valid certificate under one of these CAs, roots or intermediates."""

    roots: tuple[Certificate, ...]

    words = Renamed("description")

    @property
    def description(self) -> str:
        """The policy in a few words."""
        return "chains to " + " or ".join(cert.subject.rfc4514_string() for cert in self.roots)

    def waives(self, errno: int) -> bool:
        """Nothing is waived: OpenSSL's path is the policy."""
        return False

    def judge(self, leaf: bytes) -> Refusal | None:
        """OpenSSL found a path to one of the CAs; there is nothing to add."""
        return None


@dataclass(frozen=True, slots=True)
class AllowList:
    """Accept exactly these certificates, by the SHA-256 of their DER (lower-case hex), whoever issued them.

    The list replaces the question "who issued it"; dates and purpose still count. `roots` only fill the list
    of acceptable CAs.
    """

    fingerprints: frozenset[str]
    roots: tuple[Certificate, ...] = ()

    @classmethod
    def of(cls, certificates: Iterable[Certificate], *, roots: tuple[Certificate, ...] = ()) -> AllowList:
        """The list of these certificates."""
        return cls(frozenset(fingerprint(cert.public_bytes(Encoding.DER)) for cert in certificates), roots)

    words = Renamed("description")

    @property
    def description(self) -> str:
        """The policy in a few words."""
        return f"on the list of {self._size}"

    @property
    def _size(self) -> str:
        return f"{len(self.fingerprints)} certificate{'s' if len(self.fingerprints) != 1 else ''}"

    def waives(self, errno: int) -> bool:
        """A missing path is nothing to a list."""
        return errno in NO_PATH

    def judge(self, leaf: bytes) -> Refusal | None:
        """Accept when the leaf's fingerprint is on the list."""
        found = fingerprint(leaf)
        if found in self.fingerprints:
            return None
        return Refusal(
            f"the client's certificate, SHA-256 {found[:16]}..., is not on the server's list of {self._size}",
            "Put this client's certificate on the server's list, or present one that is on it.",
            ACCESS_DENIED,
        )


@dataclass(frozen=True, slots=True)
class BySpki:
    """Accept whoever holds one of these keys, by the SHA-256 of the public key info (lower-case hex).

    A key outlives its certificate: a renewal for the same key is still accepted. Dates and purpose still count.
    """

    keys: frozenset[str]
    roots: tuple[Certificate, ...] = ()

    @classmethod
    def of(cls, certificates: Iterable[Certificate], *, roots: tuple[Certificate, ...] = ()) -> BySpki:
        """The keys of these certificates."""
        return cls(frozenset(map(_spki, certificates)), roots)

    words = Renamed("description")

    @property
    def description(self) -> str:
        """The policy in a few words."""
        return f"holds one of {len(self.keys)} key{'s' if len(self.keys) != 1 else ''}"

    def waives(self, errno: int) -> bool:
        """A missing path is nothing to a list of keys."""
        return errno in NO_PATH

    def judge(self, leaf: bytes) -> Refusal | None:
        """Accept when the leaf's public key is one of the keys."""
        try:
            found = _spki(read_certificate(leaf, whole=False))
        except Unreadable as error:
            return _unreadable(error)
        if found in self.keys:
            return None
        return Refusal(
            f"the client's public key, SHA-256 {found[:16]}..., is none of those the server accepts",
            "Put this client's key on the server's list, or present an identity whose key is on it.",
            ACCESS_DENIED,
        )


@dataclass(frozen=True, slots=True)
class ByName:
    """Accept whoever has a valid certificate under one of `roots` that carries one of these names.

    A name is an entry of the subjectAltName, the subject's CommonName where there is none (RFC 6125, B.2); `*` and `?`
    stand for any characters. A name without a trusted issuer proves nothing, so the path always counts.
    """

    names: tuple[str, ...]
    roots: tuple[Certificate, ...]

    words = Renamed("description")

    @property
    def description(self) -> str:
        """The policy in a few words."""
        return f"is called {' or '.join(self.names)}"

    def waives(self, errno: int) -> bool:
        """Nothing is waived: anybody can write a name into a certificate."""
        return False

    def judge(self, leaf: bytes) -> Refusal | None:
        """Accept when one of the leaf's names is one of ours; case does not count."""
        try:
            carried = _names(leaf)
        except Unreadable as error:
            return _unreadable(error)
        if any(fnmatchcase(name.lower(), ours.lower()) for name in carried for ours in self.names):
            return None
        found = "; ".join(carried) or "nothing at all"
        return Refusal(
            f"the client's certificate is for {found}, and the server accepts {' or '.join(self.names)}",
            "Present an identity of that name, or add this one's to the server's names.",
            ACCESS_DENIED,
        )


def _names(leaf: bytes) -> list[str]:
    from pki.issue.alternative_names import subject_names_in

    cert = read_certificate(leaf, whole=False)
    with reading("this is a certificate with names"):
        return [name.value for name in subject_names_in(cert)] or common_names_in(cert.subject)


def _unreadable(error: Unreadable) -> Refusal:
    return Refusal(
        f"whose the client's certificate is cannot be told: {error.problem}",
        "Present an identity whose certificate is X.509 version 3, as issued today.",
        BAD_CERTIFICATE,
    )


def _spki(cert: Certificate) -> str:
    info = public_key_of(cert).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(info).hexdigest()


def fingerprint(der: bytes) -> str:
    """SHA-256 of a certificate, lower-case hex."""
    return hashlib.sha256(der).hexdigest()
