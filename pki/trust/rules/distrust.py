"""Is anything of the path refused by name, by a user or by Apple?"""

from __future__ import annotations

from collections.abc import Iterator

from pki.model.verdict import Level
from pki.trust.catalogue import rule
from pki.trust.distrust import BLOCKED_ISSUER, BLOCKED_SERIALS
from pki.trust.path import Place
from pki.trust.scope import below_anchor, every, leaf
from pki.trust.trust_settings import TrustResult


@rule(
    "trust-setting-deny",
    level=Level.X509,
    title="The user or an administrator denied this certificate",
    citation="Security-61901 SecPolicyServer.c, UsageConstraints",
    applies_to=every,
    apple_check="UsageConstraints",
    fix="Remove the setting in Keychain Access (Never Trust), or the profile that brought it.",
)
def not_denied(place: Place) -> Iterator[str]:
    """A trust setting says Deny for a certificate of the path. It outranks everything that would trust it."""
    setting = place.request.evidence.settings.deciding(
        place.cert, place.request.policy.name, place.request.host
    )
    if setting is not None and setting.result is TrustResult.DENY:
        yield f"{place.cert.subject.label} is set to Deny"


@rule(
    "leaf-not-blocked",
    level=Level.X509,
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
    if serial in BLOCKED_SERIALS and not issuer.problem and issuer.key == BLOCKED_ISSUER.key:
        yield f"serial {serial:032x} of {issuer.label}"


@rule(
    "ca-not-blocked",
    level=Level.X509,
    title="Apple distrusts what this root issued from a certain day on",
    citation="Security-61901 SecPolicyServer.c, SecPVCCheckIssuerDateConstraints (BlackListedKey)",
    applies_to=below_anchor,
    apple_check="BlackListedKey",
    fix="Have it issued by another CA.",
)
def root_not_distrusted(place: Place) -> Iterator[str]:
    """Seven WoSign and StartCom roots: whatever was issued below them since December 2016 is refused; fatal."""
    since = place.request.evidence.distrusted_roots.get(place.path.certs[-1].sha256)
    if since is not None and place.cert.not_before >= since:
        yield f"issued {place.cert.not_before:%Y-%m-%d}; nothing below this root counts from {since:%Y-%m-%d} on"
