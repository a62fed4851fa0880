"""What RFC 5280's path validation, section 6, asks of a relying party beyond what Apple asks; asked by the book."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pki.model import oids
from pki.model.der import DerError
from pki.model.extensions import MAX_NAMES, policy_qualifiers
from pki.model.verdict import Level
from pki.trust import catalogue
from pki.trust.catalogue import BOOK
from pki.trust.path import Place
from pki.trust.scope import below_anchor, every, when, where

rule = partial(catalogue.rule, policies=BOOK)

KNOWN_QUALIFIERS = frozenset({"1.3.6.1.5.5.7.2.1", "1.3.6.1.5.5.7.2.2"})  # cPSuri and userNotice


@rule(
    "rfc5280-anchor-purposes",
    level=Level.TLS,
    title="The anchor's purposes exclude the leaf's use",
    citation="RFC 5280, 4.2.1.12; RFC 5914, 2.6 (an anchor may carry what limits its use)",
    applies_to=where(lambda c: c.is_anchor and not c.is_leaf and c.setting.has_purposes),
    fix="Use an anchor without extendedKeyUsage, or with the purpose in it.",
)
def anchor_purposes_allow(place: Place) -> Iterator[str]:
    """ExtendedKeyUsage on an anchor limits what is below it, so OpenSSL and Go. Apple does not ask an anchor."""
    purposes = place.cert.extended_key_usage
    if purposes is not None and not set(purposes).intersection(place.request.policy.purposes):
        yield f"{place.cert.subject.label} is limited to {', '.join(map(oids.purpose_name, purposes))}"


@rule(
    "rfc5280-critical-policy-qualifier",
    level=Level.X509,
    title="Critical certificate policies have a qualifier nobody knows",
    citation="RFC 5280, 4.2.1.4",
    applies_to=below_anchor & when(lambda place: place.cert.policies is not None),
    fix="Issue it again with certificatePolicies not critical, or without the qualifier.",
)
def policy_qualifiers_known(place: Place) -> Iterator[str]:
    """Who takes a critical certificatePolicies must know its qualifiers; two are defined. Apple looks at none."""
    extension = place.cert.extension(oids.CERTIFICATE_POLICIES)
    if extension is None or not extension.critical:
        return
    try:
        unknown = [
            qualifier for qualifier in policy_qualifiers(extension.value) if qualifier not in KNOWN_QUALIFIERS
        ]
    except DerError:
        yield f"{place.cert.subject.label} has a qualifier that does not read"
        return
    for qualifier in unknown:
        yield f"{place.cert.subject.label} has the qualifier {qualifier}"


@rule(
    "rfc5280-names-unread",
    level=Level.X509,
    title="A list of names is longer than what is read of it",
    citation="RFC 5280, 6.1.3 (b, c) and 6.1.4 (g); Security-61901 SecCertificate.c (names behind are skipped)",
    applies_to=every,
    fix="Issue it again with fewer names.",
)
def every_name_read(place: Place) -> Iterator[str]:
    """A name or a subtree that nobody read may be the one that forbids. Apple skips those behind; the book refuses."""
    constraints = place.cert.name_constraints
    halves = (constraints.permitted, constraints.excluded) if constraints is not None else ()
    for words, names in (("names", place.cert.subject_alt_names), *(("subtrees", half) for half in halves)):
        if names is not None and len(names) >= MAX_NAMES:
            yield f"{place.cert.subject.label} holds {MAX_NAMES:,} {words} or more"
