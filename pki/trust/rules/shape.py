"""Is each certificate put together the way Apple asks, whoever issued it?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pki.model import oids
from pki.model.certificate import CertFacts
from pki.model.der import DerError
from pki.model.extensions import access_descriptions
from pki.model.signatures import self_signed
from pki.model.verdict import BoundParty, Level, Observation
from pki.trust import catalogue
from pki.trust.path import Place
from pki.trust.scope import below_anchor, every

rule = partial(catalogue.rule, level=Level.X509)


@rule(
    "unknown-critical-extension",
    title="A critical extension is unknown to Apple",
    citation="RFC 5280, 4.2; Security-61901 SecCertificate.c, CriticalExtensions",
    applies_to=below_anchor,
    apple_check="CriticalExtensions",
    fix="Issue it again with the extension marked non-critical, or without it.",
    of_profile=True,
)
def no_unknown_critical_extension(place: Place) -> Iterator[str]:
    """Critical means: refuse me if you do not know this. Apple does not, and refuses. Not asked of an anchor.

    A few it lets pass without reading them, which the book does not: Microsoft's application policies, those of two
    industry bodies, and its own.
    """
    by_rfc5280 = place.request.policy.by_rfc5280
    known = oids.CRITICAL_KNOWN_TO_APPLE.__contains__ if by_rfc5280 else oids.critical_known_to_apple
    for extension in place.cert.extensions:
        if extension.critical and not known(extension.oid):
            yield f"critical {oids.extension_name(extension.oid)}"


def _extensions_at_fault(place: Place) -> bool:
    return bool(place.cert.unparseable or place.cert.duplicates)


@rule(
    "unparseable-extension",
    title="An extension does not parse",
    citation="Security-61901 SecCertificate.c, UnparseableExtension",
    applies_to=every,
    apple_check="UnparseableExtension",
    premise=_extensions_at_fault,
    fix="Issue it again with the extension encoded as RFC 5280 says.",
)
def extensions_parse(place: Place) -> Iterator[str]:
    """A known, non-critical extension is not what its OID promises; a critical one makes all unreadable."""
    for oid in place.cert.unparseable:
        if not (place.request.policy.by_rfc5280 and _reads_by_rfc5280(place.cert, oid)):
            yield f"{oids.extension_name(oid)} does not read"


def _reads_by_rfc5280(cert: CertFacts, oid: str) -> bool:
    """Apple wants a URI for caIssuers and OCSP, where RFC 5280, 4.2.2.1, allows other names."""
    extension = cert.extension(oid)
    if extension is None or oid != oids.AUTHORITY_INFO_ACCESS:
        return False
    try:
        access_descriptions(extension.value)
    except DerError:
        return False
    return True


@rule(
    "duplicate-extension",
    title="An extension occurs twice",
    citation="RFC 5280, 4.2; Security-61901 SecCertificate.c, DuplicateExtension",
    applies_to=every,
    apple_check="DuplicateExtension",
    premise=_extensions_at_fault,
    fix="Issue it again with one extension of each kind; several names go into one subjectAltName.",
)
def no_duplicate_extension(place: Place) -> Iterator[str]:
    """The same extension twice, typically two subjectAltNames from a hand-written OpenSSL configuration."""
    for oid in place.cert.duplicates:
        yield f"{oids.extension_name(oid)} occurs more than once"


@rule(
    "subject-non-empty",
    title="The subject is empty",
    citation="RFC 5280, 4.1.2.6; Security-61901 SecPolicyServer.c, NonEmptySubject",
    applies_to=every,
    apple_check="NonEmptySubject",
    binds=BoundParty.CA,
    fix="Give it a subject such as CN=api.test, or mark subjectAltName critical.",
)
def subject_present(place: Place) -> Iterator[str | Observation]:
    """A CA needs a name to be found by. A leaf may do without, if its subjectAltName is critical."""
    if not place.cert.subject.empty:
        return
    names = place.cert.extension(oids.SUBJECT_ALT_NAME)
    if _is_ca(place.cert):
        yield Observation("a CA with an empty subject", "Issue the CA's certificate again with a subject.")
    elif names is None or not names.critical:
        yield "an empty subject, and no critical subjectAltName instead"


def _is_ca(cert: CertFacts) -> bool:
    """Apple's SecCertificateIsCA: before version 3 a CA is what signed itself, whatever its extensions say."""
    constraints = cert.basic_constraints
    return self_signed(cert) if cert.version < 3 else constraints is not None and constraints.ca
