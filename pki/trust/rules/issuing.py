"""May the issuers issue?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pki.model import oids
from pki.model.extension_values import KeyUsage
from pki.model.verdict import Level
from pki.trust import catalogue
from pki.trust.path import Place
from pki.trust.scope import intermediates, issuers, when

rule = partial(catalogue.rule, level=Level.X509)


@rule(
    "ca-basic-constraints",
    title="An issuer does not say that it is a CA",
    citation="RFC 5280, 4.2.1.9; Security-61901 SecPolicyServer.c, BasicConstraints",
    applies_to=issuers & when(lambda place: place.cert.version == 3),
    apple_check="BasicConstraints",
    fix=(
        "If it is meant as a CA, issue its certificate again with critical basicConstraints, cA TRUE; if not, issue "
        "what is below it from a CA."
    ),
    fact="ca",
    of_profile=True,
)
def issuer_has_basic_constraints(place: Place) -> Iterator[str]:
    """A version 3 certificate that issues others must carry basicConstraints; a trusted root is not excused."""
    if place.cert.basic_constraints is None:
        yield f"{place.cert.subject.label} has no basicConstraints"


@rule(
    "ca-not-a-ca",
    title="An issuer is not a CA",
    citation="RFC 5280, 4.2.1.9; Security-61901 SecPolicyServer.c, BasicConstraintsCA",
    applies_to=issuers
    & when(lambda place: place.cert.version == 3 and place.cert.basic_constraints is not None),
    apple_check="BasicConstraintsCA",
    fix=(
        "If it is meant as a CA, issue its certificate again with cA TRUE; if not, issue what is below it from a CA."
    ),
    fact="ca",
    of_profile=True,
)
def issuer_is_ca(place: Place) -> Iterator[str]:
    """CA FALSE, and yet it signed a certificate: a leaf key used as a CA, or a CA made from a leaf's template."""
    constraints = place.cert.basic_constraints
    if constraints is not None and not constraints.ca:
        yield f"{place.cert.subject.label} says cA FALSE"


@rule(
    "ca-v1-intermediate",
    title="A version 1 certificate in the middle of the path",
    citation="RFC 5280, 6.1.4 (k); Security-61901 SecPolicyServer.c, BasicConstraints",
    applies_to=intermediates & when(lambda place: place.cert.version < 3),
    apple_check="BasicConstraints",
    fix="Issue the intermediate again as version 3 with basicConstraints.",
)
def no_old_intermediate(place: Place) -> Iterator[str]:
    """Versions 1 and 2 cannot say whether they are a CA.

    Such a root is tolerated; such an intermediate under a version 3 root is not, and by the book under no root.
    """
    if place.path.certs[-1].version == 3:
        yield f"{place.cert.subject.label} is version {place.cert.version} under a version 3 root"
    elif place.request.policy.by_rfc5280:
        yield f"{place.cert.subject.label} is version {place.cert.version}"


@rule(
    "ca-key-cert-sign",
    title="An issuer's keyUsage does not allow signing certificates",
    citation="RFC 5280, 4.2.1.3; Security-61901 SecPolicyServer.c, KeyUsage",
    applies_to=issuers & when(lambda place: place.cert.key_usage is not None),
    apple_check="KeyUsage",
    fix="Issue the CA's certificate again with keyCertSign in keyUsage.",
)
def issuer_may_sign(place: Place) -> Iterator[str]:
    """Where keyUsage is present on an issuer, keyCertSign must be in it.

    Apple takes a keyUsage without any bit for none, unless it is critical (SecCEPKeyUsage keeps one number for both).
    """
    usage = place.cert.key_usage
    if usage == KeyUsage(0) and not place.request.policy.by_rfc5280:
        extension = place.cert.extension(oids.KEY_USAGE)
        usage = usage if extension is not None and extension.critical else None
    if usage is not None and KeyUsage.KEY_CERT_SIGN not in usage:
        yield f"{place.cert.subject.label} lacks keyCertSign"


@rule(
    "ca-path-length",
    title="The path is longer than a CA allows",
    citation="RFC 5280, 6.1.4 (l, m); Security-61901 SecPolicyServer.c, BasicConstraintsPathLen",
    applies_to=intermediates,
    apple_check="BasicConstraintsPathLen",
    fix="Raise pathLenConstraint in the CA's certificate, or issue the leaf from a CA higher up.",
)
def path_length_kept(place: Place) -> Iterator[str]:
    """PathLenConstraint counts the intermediates below a CA (self-issued ones are free). A root's own limit counts."""
    problem = place.path.facts.too_deep.get(place.position)
    if problem:
        yield problem
