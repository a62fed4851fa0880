"""What issuers ask of what they issue: their key's identifier, the names they may sign for, certificate policies."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pki.model.codes import Severity
from pki.model.verdict import BoundParty, Level
from pki.trust import catalogue
from pki.trust.catalogue import APPLE
from pki.trust.constraints import ignored
from pki.trust.path import Place
from pki.trust.processing import IN_ORDER
from pki.trust.scope import below_anchor, issuers, when, where

rule = partial(catalogue.rule, level=Level.X509)


def _both_named(place: Place) -> bool:
    """Whether the certificate names its issuer's key, and the issuer its own."""
    issuer = place.issuer
    return (
        issuer is not None
        and place.cert.authority_key_identifier is not None
        and issuer.subject_key_identifier is not None
    )


@rule(
    "aki-ski-linkage",
    title="The key identifiers of certificate and issuer differ",
    citation="Security-61901 SecPolicyServer.c, IdLinkage; RFC 5280, 4.2.1.1",
    applies_to=where(lambda c: not c.is_top) & when(_both_named),
    apple_check="IdLinkage",
    binds=BoundParty.CA,
    fix=(
        "If the issuer was made again with another identifier: send, or install, the one that is named. Else issue the "
        "certificate again with authorityKeyIdentifier equal to the issuer's subjectKeyIdentifier."
    ),
)
def key_identifiers_link(place: Place) -> Iterator[str]:
    """The signature is right, and yet Apple refuses: authorityKeyIdentifier names another key.

    OpenSSL uses the identifiers as a hint only, and RFC 5280, 6.1, does not ask. SecTrust insists on them.
    """
    issuer = place.issuer
    wanted = place.cert.authority_key_identifier
    has = issuer.subject_key_identifier if issuer is not None else None
    if wanted is not None and has is not None and wanted != has:
        yield f"authorityKeyIdentifier {wanted.hex()[:24]}, the issuer's subjectKeyIdentifier {has.hex()[:24]}"


def _inherits_a_fault(place: Place) -> bool:
    return place.path.facts is not IN_ORDER


@rule(
    "name-constraints",
    title="A CA above may not issue for this name",
    citation="RFC 5280, 4.2.1.10; Security-61901 nameconstraints.c and SecPolicyServer.c (1225 ff.)",
    applies_to=below_anchor,
    apple_check="NameConstraints",
    premise=_inherits_a_fault,
    fix="Issue for a name inside the permitted tree, or from a CA that is not constrained.",
)
def within_name_constraints(place: Place) -> Iterator[str]:
    """A CA of the path is limited to some names, and this certificate carries another one.

    The limits of a trusted root count too, however it came to be trusted. Each kind of name (DNS name, address,
    subject) is limited by the subtrees of its own kind alone. `example.com` permits that name and all below it,
    `.example.com` on Apple only what is below it. What one CA permits is a union. A second CA below it should narrow
    that; where the lists have nothing in common, Apple takes both and every other validator refuses all.

    A CA's own certificate is refused with from 1,024 subtrees of one half on, or when its critical constraints name a
    kind that Apple cannot compare, such as otherName.
    """
    yield from place.path.facts.name_violations.get(place.position, ())


@rule(
    "name-constraints-ignored",
    title="Apple ignores a name constraint",
    citation="Security-61901 SecCertificate.c, parseGeneralSubtrees; nameconstraints.c",
    applies_to=issuers & when(lambda place: place.cert.name_constraints is not None),
    policies=APPLE,
    severity=Severity.WARNING,
    fix="Issue the CA again: without minimum and maximum, with permitted subtrees for what may be, not excluded ones.",
)
def no_name_constraint_is_ignored(place: Place) -> Iterator[str]:
    """The CA's certificate says what it may not issue, and Apple's clients take it from the CA all the same.

    A subtree with `maximum`, or with a `minimum` other than 0, makes Apple drop all permitted (or all excluded)
    subtrees of that CA without a word. An excluded empty dNSName, by which CAs exclude every host name, excludes none.
    Excluded names of kinds that Apple cannot compare exclude nothing. Other validators refuse what such a CA issues.
    """
    yield from ignored(place.cert)


@rule(
    "policy-constraints",
    title="The certificate policies do not work out",
    citation="RFC 5280, 6.1; Security-61901 SecPolicyServer.c, PolicyConstraints",
    applies_to=below_anchor,
    apple_check="PolicyConstraints",
    premise=_inherits_a_fault,
    fix="Give every certificate below the constraint one of the required policies.",
)
def policies_hold(place: Place) -> Iterator[str]:
    """A CA requires an explicit certificate policy, and the path does not carry one all the way down.

    Apple reports it once, at the leaf. It applies none of a certificate's policy mappings when there are ten or more,
    and has no policies left in a path of sixteen certificates below the anchor.
    """
    violation = place.path.facts.policy_violations.get(place.position)
    if violation:
        yield violation
