"""Whether a CRL's scope covers a certificate, and for which reasons (RFC 5280, 6.3.3 (b) and (d))."""

from __future__ import annotations

from pki.model.certificate import CertFacts
from pki.model.distinguished import DistinguishedName, name_text
from pki.model.extension_values import GeneralName, NameType
from pki.trust.revocation.crl import Crl
from pki.trust.revocation.distribution import (
    ALL_REASONS,
    DistributionPoint,
    PointName,
    points_of,
)

_NONE: frozenset[int] = frozenset()
_NO_NAMES: frozenset[bytes] = frozenset()


def concerns(crl: Crl, cert: CertFacts) -> bool:
    """Whether CERT's issuer, or somebody CERT names as cRLIssuer, issued CRL: others are not worth a word."""
    return crl.issuer.key in list_issuers(cert)


def list_issuers(cert: CertFacts) -> frozenset[bytes]:
    """Who may issue a list that concerns CERT, as names by RFC 5280, 7.1."""
    return _NO_NAMES.union(*(_issuers(point, cert) for point in points_of(cert)))


def reasons_covered(crl: Crl, cert: CertFacts) -> tuple[frozenset[int], str]:
    """The reasons for which CRL speaks of CERT, over all its distribution points; or none, and why."""
    why = _wrong_kind(crl, cert)
    if why:
        return _NONE, why
    covered = _NONE
    for point in points_of(cert):
        outside = _outside(crl, point, cert)
        if outside:
            why = why or outside
        else:
            covered |= crl.scope.reasons & point.reasons
    if covered:
        return covered, ""
    return _NONE, why or "covers none of the reasons that the certificate's distribution point is for"


def _wrong_kind(crl: Crl, cert: CertFacts) -> str:
    scope, constraints = crl.scope, cert.basic_constraints
    is_ca = constraints is not None and constraints.ca
    if scope.only_attribute:
        return "covers other certificates (onlyContainsAttributeCerts)"
    if scope.only_user and is_ca:
        return "covers other certificates (onlyContainsUserCerts)"
    if scope.only_ca and not is_ca:
        return "covers other certificates (onlyContainsCACerts)"
    if (scope.only_user or scope.only_ca) and cert.version != 3:
        return f"covers other certificates (this one is version {cert.version}; RFC 5280, 5.2.5)"
    return ""


def _issuers(point: DistributionPoint, cert: CertFacts) -> frozenset[bytes]:
    named = point.crl_issuers if point.crl_issuers is not None else (cert.issuer.raw,)
    return frozenset(DistinguishedName(raw).key for raw in named)


def _outside(crl: Crl, point: DistributionPoint, cert: CertFacts) -> str:
    """Why CRL does not belong to POINT: (b)(1) and (b)(2)(i)."""
    if crl.issuer.key not in _issuers(point, cert):
        return "is issued by another than the certificate's distribution point names"
    if point.crl_issuers is not None and not crl.scope.indirect:
        return "is no indirect CRL, and the certificate's distribution point names its issuer as cRLIssuer"
    if crl.scope.name is None:
        return ""
    relative_to = point.crl_issuers if point.crl_issuers is not None else (cert.issuer.raw,)
    # Without a distribution point's own name, the names in cRLIssuer are what is compared.
    name = point.name or PointName(
        tuple(GeneralName(NameType.DIRECTORY, raw) for raw in point.crl_issuers or ())
    )
    if crl.scope.name.keys((crl.issuer.raw,)) & name.keys(relative_to):
        return ""
    return f"covers another distribution point ({point_text(crl.scope.name)})"


def point_text(name: PointName) -> str:
    """A distribution point's name in words."""
    if name.relative is not None:
        return "relative to its issuer's name"
    return ", ".join(_text(one) for one in name.names[:3])


def _text(name: GeneralName) -> str:
    if name.type is NameType.DIRECTORY:
        return name_text(name.value)
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name.text)[:100]


def missing(covered: frozenset[int]) -> frozenset[int]:
    """The reasons of which nothing is known yet."""
    return ALL_REASONS - covered
