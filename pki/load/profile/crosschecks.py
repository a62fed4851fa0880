"""What a profile's parts owe each other: the rules that one key alone cannot break.

Sources: the texts of github.com/apple/device-management, release iOS 18.1 / macOS 15.1, commit b6202ca, in the file of
each payload type and in `TopLevel.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from pki.load.profile.findings import ProfileFinding, brief, described, inside, refused
from pki.load.profile.networks import networks_work
from pki.load.profile.reading import ConfigurationProfile
from pki.load.profile.services import services_work
from pki.model.codes import Severity
from pki.model.payloads import PREFERENCE_PAYLOADS, PayloadScope, PayloadType
from pki.model.public_suffixes import is_top_level

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING


def cross_check(profile: ConfigurationProfile, at: datetime | None) -> Iterator[ProfileFinding]:
    """Every check, one after the other; dates are judged at AT, and not at all without it."""
    yield from names_are_unique(profile)
    yield from removal_is_consistent(profile, at)
    for check in CHECKS:
        yield from check(profile)


def names_are_unique(profile: ConfigurationProfile) -> Iterator[ProfileFinding]:
    """PayloadUUID over profile and payloads, PayloadIdentifier over the payloads."""
    payloads = [(payload.path, payload.raw) for payload in profile.payloads]
    everything = [("", profile.raw), *payloads]
    for key, where, code in (
        ("PayloadUUID", everything, 1007),
        ("PayloadIdentifier", payloads, 1008),
    ):
        seen: dict[str, str] = {}
        for path, part in where:
            name = part.get(key)
            if not isinstance(name, str):
                continue
            first = seen.setdefault(name, path)
            if first != path:
                yield ProfileFinding(
                    "not-unique",
                    _ERROR,
                    inside(path, key),
                    f"{described(name)}, as in {first or 'the profile itself'}",
                    "one that no other part has",
                    refused(code),
                )


def removal_is_consistent(profile: ConfigurationProfile, at: datetime | None) -> Iterator[ProfileFinding]:
    """When and how the profile leaves."""
    top = profile.raw
    removal, expiry, span = (
        top.get(key) for key in ("RemovalDate", "PayloadExpirationDate", "DurationUntilRemoval")
    )
    if at is not None and isinstance(removal, datetime) and removal.replace(tzinfo=UTC) <= at:
        yield ProfileFinding(
            "in-the-past", _ERROR, "RemovalDate", described(removal), "a date to come", refused(4006)
        )
    if at is not None and isinstance(expiry, datetime) and expiry.replace(tzinfo=UTC) <= at:
        yield ProfileFinding(
            "in-the-past",
            _WARNING,
            "PayloadExpirationDate",
            described(expiry),
            "a date to come",
            "The device offers an update of the profile from the first day; it stays installed",
        )
    if isinstance(span, (int, float)) and not isinstance(span, bool) and not span > 0:
        yield ProfileFinding(
            "wrong-value",
            _WARNING,
            "DurationUntilRemoval",
            described(span),
            "more than 0 seconds",
            "Whether the profile leaves at once or is refused is not published",
        )
    removers = list(profile.of(PayloadType.REMOVAL_PASSWORD))
    for path, _ in removers[1:]:
        yield ProfileFinding(
            "too-many", _ERROR, path, "another removal password", "one at most", refused(2004)
        )
    if bool(removers) != (top.get("HasRemovalPasscode") is True):
        found = "a removal password" if removers else "no payload with a removal password"
        yield ProfileFinding(
            "removal-passcode",
            _WARNING,
            "HasRemovalPasscode",
            found,
            "the key and the payload com.apple.profileRemovalPassword together",
            "Whether the password is asked for is not published",
        )
    if removers and profile.system in ("iOS", "tvOS"):
        yield ProfileFinding(
            "not-on-this-system",
            _WARNING,
            removers[0][0],
            "a removal password",
            "a supervised device",
            f"{profile.system} heeds it on supervised devices only",
        )


def scope_fits(profile: ConfigurationProfile) -> Iterator[ProfileFinding]:
    """On a Mac, preferences are for a user's profile and Certificate Transparency for the system's."""
    scope = profile.raw.get("PayloadScope")
    said = f"PayloadScope {described(scope)}" if scope is not None else "no PayloadScope"
    for types, wanted in (
        (PREFERENCE_PAYLOADS, PayloadScope.USER),
        ((PayloadType.TRANSPARENCY,), PayloadScope.SYSTEM),
    ):
        for path, payload in profile.of(*types):
            if scope == wanted or (wanted is PayloadScope.SYSTEM and profile.system != "macOS"):
                continue
            yield ProfileFinding(
                "wrong-scope",
                _WARNING if scope is None else _ERROR,
                path,
                f"{payload['PayloadType']} with {said}",
                f"PayloadScope {wanted}",
                f"macOS takes this payload in a profile of the scope {wanted} only",
            )


def consent_is_for_everybody(profile: ConfigurationProfile) -> Iterator[ProfileFinding]:
    """The texts to agree to: Apple recommends one for those whose language has none."""
    texts = profile.raw.get("ConsentText")
    if isinstance(texts, dict) and texts and "default" not in texts:
        yield ProfileFinding(
            "no-default-text",
            _WARNING,
            "ConsentText",
            f"texts for {brief(', '.join(texts))} alone",
            "a text under `default`, too",
            "Whoever has another language reads the English text, or else the first, without a word about it",
        )


def transparency_makes_sense(profile: ConfigurationProfile) -> Iterator[ProfileFinding]:
    """Domains are written as Apple reads them; and private roots are not concerned at all."""
    for path, payload in profile.of(PayloadType.TRANSPARENCY):
        yield ProfileFinding(
            "public-chains-only",
            Severity.INFO,
            path,
            "an exemption from Certificate Transparency",
            "one for hosts whose certificate a public CA issued",
            "It matters for chains to a root that the system brings; for others CT is not asked",
        )
        domains = payload.get("DisabledForDomains")
        for at, domain in enumerate(domains if isinstance(domains, list) else ()):
            problem = domain_problem(domain) if isinstance(domain, str) else None
            if problem is not None:
                yield ProfileFinding(
                    "wrong-value",
                    _ERROR,
                    inside(inside(path, "DisabledForDomains"), at),
                    described(domain),
                    problem,
                    "The domain matches no host, or the payload is refused",
                )


def domain_problem(domain: str) -> str | None:
    """Say how DOMAIN has to be written for `DisabledForDomains`; None when it may stay as it is."""
    name = domain.removeprefix(".")
    if not name or ".." in domain or any(c in "*/:@" or c.isspace() or not c.isprintable() for c in name):
        return "a host, or .example.com for what is below example.com: there are no wildcards"
    if domain.startswith(".") and ("." not in name or is_top_level(name)):
        return "a name below one that registries sell under, such as .com or .co.uk"
    return None


def hardware_keys_are_possible(profile: ConfigurationProfile) -> Iterator[ProfileFinding]:
    """ACME: what the Secure Enclave makes and attests."""
    for path, acme in profile.of(PayloadType.ACME):
        bound = acme.get("HardwareBound")
        elliptic = acme.get("KeyType") == "ECSECPrimeRandom" and acme.get("KeySize") in (256, 384)
        if bound is True and not elliptic:
            yield ProfileFinding(
                "wrong-value",
                _ERROR,
                inside(path, "HardwareBound"),
                f"a hardware-bound key, {described(acme.get('KeyType'))} {described(acme.get('KeySize'))}",
                "KeyType ECSECPrimeRandom and KeySize 256 or 384",
                "No such key can be made in hardware",
            )
        if acme.get("Attest") is True and bound is not True:
            yield ProfileFinding(
                "wrong-value",
                _ERROR,
                inside(path, "Attest"),
                "an attestation of a key that is not hardware-bound",
                "HardwareBound true",
                "Only keys made in hardware are attested",
            )


Check = Callable[[ConfigurationProfile], Iterator[ProfileFinding]]
CHECKS: tuple[Check, ...] = (
    scope_fits,
    consent_is_for_everybody,
    networks_work,
    services_work,
    transparency_makes_sense,
    hardware_keys_are_possible,
)
