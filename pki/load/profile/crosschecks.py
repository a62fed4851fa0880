"""What a profile's parts owe each other: the rules that one key alone cannot break.

Sources: the texts of github.com/apple/device-management, release iOS 18.1 / macOS 15.1, commit b6202ca, in the file of
each payload type and in `TopLevel.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pki.load.profile.findings import ProfileFinding, brief, described, inside, refused
from pki.model.codes import Severity
from pki.model.payloads import PREFERENCE_PAYLOADS, PayloadType, Scope
from pki.model.suffixes import is_top_level

EAP_TLS = 13  # RFC 5216; of AcceptEAPTypes
_TLS_VERSIONS = ("1.0", "1.1", "1.2", "1.3")
_LONGEST_SSID = 32  # octets: IEEE 802.11-2020, 9.4.2.2
_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


@dataclass(frozen=True, slots=True)
class Given:
    """A profile as a property list. Its values may be of any type: the checks look before they use one."""

    top: dict[str, Any]
    payloads: Sequence[tuple[str, dict[str, Any]]]  # with their paths
    system: str | None  # the one it is meant for
    at: datetime | None

    def of(self, *types: PayloadType) -> Iterator[tuple[str, dict[str, Any]]]:
        """The payloads of these types."""
        return ((path, payload) for path, payload in self.payloads if payload.get("PayloadType") in types)


def cross_check(given: Given) -> Iterator[ProfileFinding]:
    """Every check, one after the other."""
    for check in CHECKS:
        yield from check(given)


def names_are_unique(given: Given) -> Iterator[ProfileFinding]:
    """PayloadUUID over profile and payloads, PayloadIdentifier over the payloads."""
    everything = [("", given.top), *given.payloads]
    for key, where, code in (
        ("PayloadUUID", everything, 1007),
        ("PayloadIdentifier", given.payloads, 1008),
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


def removal_is_consistent(given: Given) -> Iterator[ProfileFinding]:
    """When and how the profile leaves."""
    top = given.top
    removal, expiry, span = (
        top.get(key) for key in ("RemovalDate", "PayloadExpirationDate", "DurationUntilRemoval")
    )
    if given.at is not None and isinstance(removal, datetime) and removal.replace(tzinfo=UTC) <= given.at:
        yield ProfileFinding(
            "in-the-past", _ERROR, "RemovalDate", described(removal), "a date to come", refused(4006)
        )
    if given.at is not None and isinstance(expiry, datetime) and expiry.replace(tzinfo=UTC) <= given.at:
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
            _ERROR,
            "DurationUntilRemoval",
            described(span),
            "more than 0 seconds",
            "The profile leaves at once, or is refused",
        )
    removers = list(given.of(PayloadType.REMOVAL_PASSWORD))
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
    if removers and given.system in ("iOS", "tvOS"):
        yield ProfileFinding(
            "not-on-this-system",
            _WARNING,
            removers[0][0],
            "a removal password",
            "a supervised device",
            f"{given.system} heeds it on supervised devices only",
        )


def scope_fits(given: Given) -> Iterator[ProfileFinding]:
    """On a Mac, preferences are for a user's profile and Certificate Transparency for the system's."""
    scope = given.top.get("PayloadScope")
    said = f"PayloadScope {described(scope)}" if scope is not None else "no PayloadScope"
    for types, wanted in ((PREFERENCE_PAYLOADS, Scope.USER), ((PayloadType.TRANSPARENCY,), Scope.SYSTEM)):
        for path, payload in given.of(*types):
            if scope == wanted or (wanted is Scope.SYSTEM and given.system != "macOS"):
                continue
            yield ProfileFinding(
                "wrong-scope",
                _WARNING if scope is None else _ERROR,
                path,
                f"{payload['PayloadType']} with {said}",
                f"PayloadScope {wanted}",
                f"macOS takes this payload in a profile of the scope {wanted} only",
            )


def consent_is_for_everybody(given: Given) -> Iterator[ProfileFinding]:
    """The texts to agree to: Apple recommends one for those whose language has none."""
    texts = given.top.get("ConsentText")
    if isinstance(texts, dict) and texts and "default" not in texts:
        yield ProfileFinding(
            "no-default-text",
            _WARNING,
            "ConsentText",
            f"texts for {brief(', '.join(texts))} alone",
            "a text under `default`, too",
            "Whoever has another language reads the English text, or else the first, without a word about it",
        )


def networks_work(given: Given) -> Iterator[ProfileFinding]:
    """Wi-Fi: the name, and what EAP needs."""
    for path, wifi in given.of(PayloadType.WIFI):
        ssid = wifi.get("SSID_STR")
        if not isinstance(ssid, str) and "DomainName" not in wifi:
            yield ProfileFinding(
                "missing-key",
                _ERROR,
                inside(path, "SSID_STR"),
                "neither SSID_STR nor DomainName",
                "the network's name",
                refused(2002),
            )
        elif isinstance(ssid, str) and not 1 <= len(ssid.encode("utf-8", "replace")) <= _LONGEST_SSID:
            yield ProfileFinding(
                "wrong-value",
                _ERROR,
                inside(path, "SSID_STR"),
                described(ssid),
                f"1 to {_LONGEST_SSID} bytes of UTF-8 (IEEE 802.11)",
                "No network has this name",
            )
        eap = wifi.get("EAPClientConfiguration")
        if isinstance(eap, dict):
            yield from _eap(wifi, eap, inside(path, "EAPClientConfiguration"), path)


def _eap(wifi: dict[str, Any], eap: dict[str, Any], path: str, above: str) -> Iterator[ProfileFinding]:
    accepted = eap.get("AcceptEAPTypes")
    tls = isinstance(accepted, list) and EAP_TLS in accepted
    if tls and "PayloadCertificateUUID" not in wifi:
        yield ProfileFinding(
            "no-identity",
            _WARNING,
            inside(above, "PayloadCertificateUUID"),
            "no identity for EAP-TLS",
            "the PayloadUUID of an identity's payload",
            "The user has to choose an identity at the first connection",
        )
    if wifi.get("EncryptionType") == "None":
        yield ProfileFinding(
            "wrong-value",
            _ERROR,
            inside(above, "EncryptionType"),
            "None beside EAPClientConfiguration",
            "WPA2, WPA3 or Any",
            "An open network asks for no authentication: the EAP settings are for nothing",
        )
    anchored, named = bool(eap.get("PayloadCertificateAnchorUUID")), bool(eap.get("TLSTrustedServerNames"))
    if not anchored and not named and not eap.get("TLSTrustedCertificates"):
        yield ProfileFinding(
            "no-server-trust",
            _WARNING,
            path,
            "neither anchors nor server names",
            "PayloadCertificateAnchorUUID and TLSTrustedServerNames",
            "The user is asked whether to trust whatever certificate the RADIUS server shows",
        )
    elif anchored and not named:
        yield ProfileFinding(
            "no-server-names",
            _WARNING,
            inside(path, "TLSTrustedServerNames"),
            "no server names",
            "the names in the RADIUS servers' certificates",
            "Every server with a certificate below the anchors passes for the RADIUS server",
        )
    lowest, highest = eap.get("TLSMinimumVersion", "1.0"), eap.get("TLSMaximumVersion", "1.2")
    if lowest in _TLS_VERSIONS and highest in _TLS_VERSIONS and lowest > highest:
        what = "the key's default" if "TLSMaximumVersion" not in eap else "TLSMaximumVersion"
        yield ProfileFinding(
            "wrong-value",
            _ERROR,
            inside(path, "TLSMinimumVersion"),
            f"{lowest}, above {highest}, {what}",
            "a minimum that is no higher than the maximum",
            "No version is left to connect with",
        )
    if lowest == "1.3" and not eap.get("OuterIdentity"):
        yield ProfileFinding(
            "missing-key",
            _ERROR,
            inside(path, "OuterIdentity"),
            "nothing, with TLSMinimumVersion 1.3",
            "<string>: a name that hides the user's, such as anonymous",
            refused(2002),
        )


def transparency_makes_sense(given: Given) -> Iterator[ProfileFinding]:
    """Domains are written as Apple reads them; and private roots are not concerned at all."""
    for path, payload in given.of(PayloadType.TRANSPARENCY):
        yield ProfileFinding(
            "public-chains-only",
            _WARNING,
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


def hardware_keys_are_possible(given: Given) -> Iterator[ProfileFinding]:
    """ACME: what the Secure Enclave makes and attests."""
    for path, acme in given.of(PayloadType.ACME):
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


Check = Callable[[Given], Iterator[ProfileFinding]]
CHECKS: tuple[Check, ...] = (
    names_are_unique,
    removal_is_consistent,
    scope_fits,
    consent_is_for_everybody,
    networks_work,
    transparency_makes_sense,
    hardware_keys_are_possible,
)
