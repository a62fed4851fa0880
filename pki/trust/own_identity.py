"""What is wrong with an identity of ours, before a server says so: with what is at hand, its dates first.

A server's alert tells what the server chose to say; which of several reasons it had is often in the certificate we
hold. The rules are those of Apple's policy for client certificates, which asks what every server asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import Unreadable
from pki.model.certificate import CertFacts
from pki.model.distinguished import DistinguishedName
from pki.model.keys import KeyAlgorithm
from pki.model.time_format import moment_text
from pki.model.transport import IdentityFault, acceptable_cas_text
from pki.model.verdict import AnchorClass
from pki.trust.evaluation import Evaluator
from pki.trust.request import Anchor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from pki.issue.revoked import Revocation, RevocationLedger
    from pki.model.identity import Identity
    from pki.model.verdict import Finding

_AGAIN = "Issue the identity again (`trustrig renew NAME`)."
# Causes of which a client has a code of its own in `pki.model.causes`, and what its owner does about it.
_KINDS = {
    "server-expired": ("client-certificate-expired", "has expired", _AGAIN),
    "server-not-yet-valid": (
        "client-certificate-not-yet-valid",
        "is not valid yet",
        "Check the clocks of both machines; else issue it again with an earlier notBefore.",
    ),
    "client-certificate-purpose": (
        "client-certificate-purpose",
        "is not for clients",
        "Show an identity with clientAuth in extendedKeyUsage: trustrig issue client NAME.",
    ),
}
_OTHER_CA = "Use an identity issued under one of the acceptable CAs."
_RSA_BITS = 2048  # 112 bits of security by NIST SP 800-57 part 1, table 2


def identity_faults(
    identity: Identity,
    *,
    at: datetime,
    acceptable: Sequence[bytes] = (),
    revoked: RevocationLedger | None = None,
) -> tuple[IdentityFault, ...]:
    """What a server could hold against IDENTITY at AT; empty where nothing is known, which is no promise.

    ACCEPTABLE is the list of the server's CertificateRequest, names in DER; an empty list names any CA. REVOKED is
    what authorities are known to have taken back. Whether the server trusts the CA at all, only the server knows.

    Raises:
        InvalidRequest: AT has no time zone.
    """
    return tuple(_faults(identity, at, acceptable, revoked))


def unusable_key(identity: Identity) -> IdentityFault:
    """What is wrong with IDENTITY where the request of a server left OpenSSL nothing that its key could sign with."""
    chain = _ders(identity)
    return IdentityFault(
        "no-shared-signature-algorithm",
        f"{_whose(chain, 0)} has a key ({CertFacts.parse(chain[0]).key}) for which this server and an Apple "
        "client have no signature algorithm or certificate type in common",
        "Issue the identity with another key: trustrig issue client NAME --key p256, or rsa2048.",
    )


def identity_listed(identity: Identity, acceptable: Sequence[bytes]) -> bool | None:
    """Whether ACCEPTABLE, names in DER, has one of IDENTITY's issuers; None where it has no name that reads."""
    listed = (DistinguishedName(name) for name in acceptable)
    named = {name.key for name in listed if not name.problem}
    try:
        own = [CertFacts.parse(der) for der in _ders(identity)]
    except Unreadable:
        return None
    return any(cert.issuer.key in named for cert in own) if named else None


def _faults(
    identity: Identity, at: datetime, acceptable: Sequence[bytes], revoked: RevocationLedger | None
) -> Iterator[IdentityFault]:
    chain = _ders(identity)
    for position, der in enumerate(chain):
        taken = _taken_back(der, revoked, at)
        if taken is not None:
            yield IdentityFault(
                "client-certificate-revoked",
                f"{_whose(chain, position)} was revoked on {moment_text(taken.at)} ({taken.reason})",
                _AGAIN,
            )
    try:
        # Its own last certificate stands in for the server's anchor: who trusts it is the server's affair.
        anchor = Anchor.parse(chain[-1], AnchorClass.APP)
        verdict = Evaluator(at=at, anchors=[anchor], policy="ssl-client").evaluate(chain, host=None)
    except Unreadable as error:
        yield IdentityFault("client-certificate-refused", error.problem, _AGAIN)
        return
    yield from (_fault(finding, chain) for finding in verdict.failures)
    yield from _too_weak(chain)
    if identity_listed(identity, acceptable) is False:
        yield _not_listed(chain, acceptable)


def _too_weak(chain: Sequence[bytes]) -> Iterator[IdentityFault]:
    """What servers on OpenSSL refuse and no rule of Apple's policy for clients minds.

    SSL_CTX_set_security_level(3): level 2, the default from OpenSSL 3.2 on and Debian's before, wants 112 bits.
    """
    for position, der in enumerate(chain):
        cert = CertFacts.parse(der)
        if cert.key.algorithm is KeyAlgorithm.RSA and cert.key.bits < _RSA_BITS:
            yield IdentityFault(
                "client-certificate-weak-key",
                f"{_whose(chain, position)} has a key ({cert.key}) under the {_RSA_BITS} bits that OpenSSL wants",
                "Issue the identity with P-256, or RSA of 2048 bits or more.",
            )


def _not_listed(chain: Sequence[bytes], acceptable: Sequence[bytes]) -> IdentityFault:
    """A chain that leads to none of ACCEPTABLE: of another CA, or too short to show that it is of one of them."""
    names = acceptable_cas_text([DistinguishedName(name).label for name in acceptable])
    words = f"{_whose(chain, 0)} has no issuer among the acceptable CAs: {names}"
    last = CertFacts.parse(chain[-1])
    if len(chain) > 1 or last.issuer.key == last.subject.key:  # with issuers in it, taken for whole
        return IdentityFault("client-certificate-wrong-ca", words, _OTHER_CA)
    return IdentityFault(
        "client-certificate-issuer-not-sent",
        f'{words}. It may be of another CA, or of one of these by way of "{last.issuer.label}", whose certificate is '
        "not in the identity",
        f"Put the intermediates into the identity's file, or show another. {_OTHER_CA}",
    )


def _taken_back(der: bytes, revoked: RevocationLedger | None, at: datetime) -> Revocation | None:
    try:
        return revoked.about(CertFacts.parse(der), at=at) if revoked is not None else None
    except Unreadable:
        return None


def _fault(finding: Finding, chain: Sequence[bytes]) -> IdentityFault:
    other = ("client-certificate-refused", f"fails {finding.rule_id}", finding.fix)
    code, words, repair = _KINDS.get(finding.rule.cause, other)
    return IdentityFault(code, f"{_whose(chain, finding.position)} {words}: {finding.evidence}", repair)


def _whose(chain: Sequence[bytes], position: int) -> str:
    """The certificate at POSITION by name."""
    if position >= len(chain):
        return "its chain"
    return f'"{CertFacts.parse(chain[position]).subject.label}"'


def _ders(identity: Identity) -> list[bytes]:
    return [cert.public_bytes(Encoding.DER) for cert in (identity.certificate, *identity.issuers)]
