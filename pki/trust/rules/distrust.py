"""Is anything of the path refused by name, by a user or by Apple?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pki.model.verdict import Level
from pki.trust import catalogue
from pki.trust.catalogue import APPLE
from pki.trust.distrust import BLOCKED_ISSUER, BLOCKED_SERIALS
from pki.trust.path import Place
from pki.trust.scope import every, issuers, leaf, when

rule = partial(catalogue.rule, level=Level.X509, policies=APPLE)


def _settings_given(place: Place) -> bool:
    return bool(place.request.evidence.settings.by_certificate)


@rule(
    "trust-setting-deny",
    title="The user or an administrator denied this certificate",
    citation="Security-61901 SecPolicyServer.c, UsageConstraints",
    applies_to=every,
    apple_check="UsageConstraints",
    premise=_settings_given,
    fix="Remove the setting in Keychain Access (Never Trust), or the profile that brought it.",
)
def not_denied(place: Place) -> Iterator[str]:
    """A trust setting says Deny for a certificate of the path. It outranks everything that would trust it."""
    request = place.request
    if request.evidence.settings.denies(place.cert, request.policy.name, request.asked_host):
        yield f"{place.cert.subject.label} is set to Deny"


@rule(
    "leaf-not-blocked",
    title="Apple blocks this very certificate",
    citation="Security-61901 SecPolicyServer.c, BlackListedLeaf",
    applies_to=leaf,
    apple_check="BlackListedLeaf",
    fix="Use another certificate; this one was issued to an intruder in March 2011.",
)
def leaf_not_blocked(place: Place) -> Iterator[str]:
    """Nine certificates for well-known hosts that a broken-into reseller issued; fatal.

    They are known by their serial number and the whole name of their issuer.
    """
    serial, issuer = place.cert.serial, place.cert.issuer
    if -(1 << 127) <= serial < 0:  # some were issued with the sign bit set
        serial += 1 << 128
    if serial in BLOCKED_SERIALS and issuer.is_one_with(BLOCKED_ISSUER):
        yield f"serial {serial:032x} of {issuer.label}"


@rule(
    "ca-not-blocked",
    title="Apple distrusts what this root issued from a certain day on",
    citation="Security-61901 SecPolicyServer.c, SecPVCCheckIssuerDateConstraints (BlackListedKey)",
    applies_to=issuers & when(lambda place: place.cert.sha256 in place.request.evidence.distrusted_roots),
    apple_check="BlackListedKey",
    fix="Have it issued by another CA.",
)
def root_not_distrusted(place: Place) -> Iterator[str]:
    """Seven WoSign and StartCom roots: whatever was issued below them since December 2016 is refused; fatal."""
    since = place.request.evidence.distrusted_roots[place.cert.sha256]
    below = reversed(place.path.certs[: place.position])
    late = next((cert for cert in below if cert.not_before >= since), None)
    if late is not None:
        yield (
            f"{late.subject.label} was issued {late.not_before:%Y-%m-%d}; nothing below this root counts from "
            f"{since:%Y-%m-%d} on"
        )
