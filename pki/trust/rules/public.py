"""What root programmes ask of public certificates and Apple's code does not check: warnings, under preinstalled roots.

A CA that ignores these rules loses its place in the root stores, so its certificates are on borrowed time; your own
roots are never concerned. Sources: CA/Browser Forum ballot SC-081v3, Chrome Root Program Policy 1.8, Apple Root
Program Policy 2.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from pki.model import oids
from pki.model.codes import Severity
from pki.model.verdict import AnchorClass, Level
from pki.trust import catalogue
from pki.trust.catalogue import URL_SESSION
from pki.trust.path import Place
from pki.trust.scope import Scope, intermediates, leaf, under, when

rule = partial(catalogue.rule, level=Level.TLS, severity=Severity.WARNING, policies=URL_SESSION)

MARCH_2026 = datetime(2026, 3, 15, tzinfo=UTC)
AUGUST_2026 = datetime(2026, 8, 1, tzinfo=UTC)
MARCH_2027 = datetime(2027, 3, 15, tzinfo=UTC)
MARCH_2029 = datetime(2029, 3, 15, tzinfo=UTC)
DAY = timedelta(days=1)  # 86,400 s, and any excess counts as another day

# Baseline Requirements, 1.6.1: a validity period goes "from notBefore through notAfter, inclusive" (RFC 5280, 4.1.2.5).
# So it has a second more than lies between the two. Apple's code, with 825 and 398 days of its own, does not add it.
_LAST_SECOND = timedelta(seconds=1)

_SC081 = "CA/Browser Forum ballot SC-081v3; Baseline Requirements, 1.6.1 and 6.3.2"
_SHORTER = "Have it issued again for {} days, and let ACME renew it: the limits keep shrinking."
_LEGACY_TLS = frozenset(
    {oids.SERVER_AUTH, oids.CLIENT_AUTH}
)  # one purpose in Apple's policy, named "Legacy TLS"

public_leaf = leaf & under(AnchorClass.SYSTEM)


def _issued_before(moment: datetime) -> Scope:
    """Later ones have a stricter rule, which speaks instead."""
    return when(lambda place: place.cert.not_before < moment)


def _longer_than(place: Place, days: int) -> Iterator[str]:
    lifetime = place.cert.not_after - place.cert.not_before + _LAST_SECOND
    if lifetime > days * DAY:
        yield f"valid for {-(-lifetime // DAY)} days; {days} are allowed when issued {place.cert.not_before:%Y-%m-%d}"


@rule(
    "tls-validity-200",
    title="The public certificate lives longer than 200 days",
    citation=_SC081,
    applies_to=public_leaf & _issued_before(MARCH_2027),
    effective_from=MARCH_2026,
    fix=_SHORTER.format(199),
    fact="lifetime",
)
def validity_200(place: Place) -> Iterator[str]:
    """Public CAs may not issue for more than 200 days from 15 March 2026 on; a day is 86,400 seconds.

    The second that notAfter names is counted: with exactly 200 days between its dates a certificate is too long.
    Apple's own code knows 825 and 398 days only, so this one still connects. Your own roots are exempt.
    """
    yield from _longer_than(place, 200)


@rule(
    "tls-validity-100",
    title="The public certificate lives longer than 100 days",
    citation=_SC081,
    applies_to=public_leaf & _issued_before(MARCH_2029),
    effective_from=MARCH_2027,
    fix=_SHORTER.format(99),
    fact="lifetime",
)
def validity_100(place: Place) -> Iterator[str]:
    """Public CAs may not issue for more than 100 days from 15 March 2027 on; a day is 86,400 seconds.

    The second that notAfter names is counted: with exactly 100 days between its dates a certificate is too long.
    Apple's own code knows 825 and 398 days only, so this one still connects. Your own roots are exempt.
    """
    yield from _longer_than(place, 100)


@rule(
    "tls-validity-47",
    title="The public certificate lives longer than 47 days",
    citation=_SC081,
    applies_to=public_leaf,
    effective_from=MARCH_2029,
    fix="Have it issued again for 46 days, and let ACME renew it every month.",
    fact="lifetime",
)
def validity_47(place: Place) -> Iterator[str]:
    """Public CAs may not issue for more than 47 days from 15 March 2029 on; a day is 86,400 seconds.

    The second that notAfter names is counted: with exactly 47 days between its dates a certificate is too long.
    Apple's own code knows 825 and 398 days only, so this one still connects. Your own roots are exempt.
    """
    yield from _longer_than(place, 47)


@rule(
    "public-client-auth-eku",
    title="A public server certificate is a client identity too",
    citation="Chrome Root Program Policy 1.8",
    applies_to=public_leaf,
    effective_from=MARCH_2027,
    fix="Have it issued with serverAuth alone; issue client identities from a CA of your own.",
    of_profile=True,
)
def public_leaf_is_no_client(place: Place) -> Iterator[str]:
    """Chrome wants public leaf certificates issued since 15 March 2027 to name serverAuth and nothing else.

    The date is disputed in older articles: policy 1.6 had said 15 June 2026, which now binds new intermediates.
    Apple's own code accepts clientAuth beside serverAuth.
    """
    purposes = place.cert.extended_key_usage
    if purposes is not None and oids.CLIENT_AUTH in purposes:
        yield f"extendedKeyUsage is {_named(purposes)}"


@rule(
    "root-subca-eku",
    title="A new public intermediate is not limited to one purpose",
    citation="Apple Root Program Policy 2.0, section 1.7",
    applies_to=intermediates & under(AnchorClass.SYSTEM),
    effective_from=AUGUST_2026,
    fix="Have the leaf issued below an intermediate whose extendedKeyUsage is serverAuth alone.",
    fact="issuer purposes",
    of_profile=True,
)
def public_intermediate_has_one_purpose(place: Place) -> Iterator[str]:
    """Below Apple's roots, intermediates issued since 1 August 2026 name one purpose, never anyExtendedKeyUsage.

    serverAuth with clientAuth counts as one: the policy calls it Legacy TLS. Apple's own code asks less: where there
    are purposes, serverAuth or anyExtendedKeyUsage among them.
    """
    purposes = place.cert.extended_key_usage
    if purposes is None:
        yield f"{place.cert.subject.label} names no purpose"
    elif oids.ANY_EXTENDED_KEY_USAGE in purposes:
        yield f"{place.cert.subject.label} allows every purpose: {_named(purposes)}"
    elif len(set(purposes)) > 1 and set(purposes) != _LEGACY_TLS:
        yield f"{place.cert.subject.label} has several purposes: {_named(purposes)}"


def _named(purposes: tuple[str, ...]) -> str:
    return ", ".join(map(oids.purpose_name, purposes))
