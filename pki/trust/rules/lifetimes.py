"""How long Apple lets TLS server certificates live, by anchor class and date of issue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from pki.model.verdict import AnchorClass, Level, Observation
from pki.trust import catalogue
from pki.trust.catalogue import APPLE
from pki.trust.no_server import AS_WHAT_IT_IS, no_servers
from pki.trust.path import Place
from pki.trust.rules.server import JULY_2019
from pki.trust.scope import leaf, servers_at_large, under, when

rule = partial(catalogue.rule, level=Level.TLS)

MARCH_2018 = datetime(2018, 3, 1, tzinfo=UTC)
SEPTEMBER_2020 = datetime(2020, 9, 1, tzinfo=UTC)
DAY = timedelta(days=1)
DAYS_825 = timedelta(days=825, hours=1)  # Apple's code allows an hour more than its article
DAYS_398 = timedelta(days=398)  # and here nothing more


def _too_long(place: Place, limit: timedelta, words: str) -> Iterator[str]:
    lifetime = place.cert.not_after - place.cert.not_before
    if lifetime > limit:
        near = lifetime < timedelta(days=limit.days + 1)  # a day's worth of rounding would hide the excess
        days = f"{lifetime.days} days {_clock(lifetime)}" if near else f"{lifetime / DAY:.0f} days"
        yield f"valid for {days}; {words}"


def _clock(lifetime: timedelta) -> str:
    """What LIFETIME has beyond whole days: `1 h 0 min 1 s`."""
    minutes, seconds = divmod(lifetime.seconds, 60)
    return f"{minutes // 60} h {minutes % 60} min {seconds} s"


@rule(
    "tls-validity-825",
    title="The certificate lives longer than 825 days",
    citation="Apple support article 103769; Security-61901 SecPolicyServer.c, OtherTrustValidityPeriod",
    applies_to=servers_at_large & leaf,
    apple_check="OtherTrustValidityPeriod",
    effective_from=JULY_2019,
    fix="Issue it again for 825 days or fewer.",
    fact="lifetime",
    policies=APPLE,
)
def validity_825(place: Place) -> Iterator[str | Observation]:
    """A TLS server certificate issued since July 2019 may not be valid for more than 825 days.

    This binds roots you install yourself too: a leaf that lasts ten years is happy in curl and refused by
    URLSession. Apple's code allows one hour more than its article says.
    """
    for found in _too_long(place, DAYS_825, "825 are allowed"):
        if no_servers(place):
            yield Observation(f"{found} of a server's certificate, and this is an authority's", AS_WHAT_IT_IS)
        else:
            yield found


@rule(
    "tls-validity-825-system",
    title="The certificate lives longer than 825 days under a preinstalled root",
    citation="Security-61901 SecPolicyServer.c, SystemTrustValidityPeriod",
    applies_to=servers_at_large
    & leaf
    & under(AnchorClass.SYSTEM)
    & when(lambda place: place.cert.not_before < SEPTEMBER_2020),
    apple_check="SystemTrustValidityPeriod",
    effective_from=MARCH_2018,
    fix="Have it issued again for 397 days.",
    fact="lifetime",
    policies=APPLE,
)
def validity_825_system(place: Place) -> Iterator[str]:
    """Under preinstalled roots the 825 days bind from March 2018; from September 2020 the 398-day rule replaces it."""
    yield from _too_long(place, DAYS_825, "825 are allowed")


@rule(
    "tls-validity-398",
    title="The certificate lives longer than 398 days under a preinstalled root",
    citation="Apple support article 102028; Security-61901 SecPolicyServer.c, SystemTrustValidityPeriod",
    applies_to=servers_at_large & leaf & under(AnchorClass.SYSTEM),
    apple_check="SystemTrustValidityPeriod",
    effective_from=SEPTEMBER_2020,
    fix="Have it issued again for 397 days.",
    fact="lifetime",
    policies=APPLE,
)
def validity_398(place: Place) -> Iterator[str]:
    """Public certificates issued since September 2020 may live 398 days, to the second. Your own roots are exempt."""
    yield from _too_long(place, DAYS_398, "398 are allowed under a preinstalled root")
