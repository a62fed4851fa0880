"""The smallest Info.plist change that lets one server through, its price, and what would make it unnecessary.

Source of what each key gives up: Apple, NSExceptionDomains and the pages of its keys; Apple, "Preventing Insecure
Network Connections" (fix the server first; make an exception as narrow as possible).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from pki.ats.addresses import is_local
from pki.ats.decision import AtsPolicy, deciding_key, policy_for
from pki.ats.keys import EXCEPTION_KEYS, LEGACY_TLS
from pki.ats.settings import TLS_VERSIONS, AtsSettings, NiapPackage, read_settings
from pki.ats.systems import NEWEST, OsVersion
from pki.errors import InvalidRequest
from pki.model.hosts import Host
from pki.model.suggestion import one_of

_INSECURE = "NSExceptionAllowsInsecureHTTPLoads"
_MINIMUM = "NSExceptionMinimumTLSVersion"
_SECRECY = "NSExceptionRequiresForwardSecrecy"
_PACKAGE = "NSExceptionRequiresNIAPTLSPackageVersion"
_LOCAL = "NSAllowsLocalNetworking"
_SPELLINGS = {version: spelling for spelling, version in TLS_VERSIONS.items()}


@dataclass(frozen=True, slots=True)
class Needs:
    """What a server cannot do without. `highest_tls` is the best version it speaks, None where that is no trouble.

    Raises:
        InvalidRequest: `highest_tls` is no version from 1.0 to 1.3.
    """

    insecure_trust: bool = False  # trusted by the app's own code alone: its anchor, another name
    highest_tls: str | None = None
    no_forward_secrecy: bool = False  # static RSA suites only
    http: bool = False  # no TLS at all
    lacks_fcp: bool = False  # no AES-GCM or no Extended Master Secret: fails NIAP's functional package

    def __post_init__(self) -> None:
        if self.highest_tls is not None and self.highest_tls not in _SPELLINGS:
            raise InvalidRequest(
                f"{self.highest_tls!r} is no TLS version", hint=one_of(self.highest_tls, _SPELLINGS)
            )


@dataclass(frozen=True, slots=True)
class Advice:
    """A change to NSAppTransportSecurity and what comes with it.

    `unmet`: what ATS holds against the server now. `fragment`: the keys to merge in, empty where no key short of
    NSAllowsArbitraryLoads would help. `justified`: the keys App Review asks about. `alternatives`: what needs no
    exception.
    """

    host: Host
    unmet: tuple[str, ...]
    fragment: Mapping[str, Any]
    price: tuple[str, ...]
    justified: tuple[str, ...]
    alternatives: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def xml(self) -> str:
        """The fragment as it stands in an Info.plist, empty where there is none."""
        if not self.fragment:
            return ""
        import plistlib

        document = plistlib.dumps({"NSAppTransportSecurity": self.fragment}).decode()
        inner = document.partition("<dict>\n")[2].rpartition("</dict>")[0]
        return "\n".join(line.removeprefix("\t") for line in inner.splitlines())


def admits(policy: AtsPolicy, needs: Needs) -> bool:
    """Whether ATS under POLICY takes a server with these needs."""
    return not _unmet(policy, needs)


def _unmet(policy: AtsPolicy, needs: Needs) -> tuple[str, ...]:
    """Which fields of NEEDS the policy refuses."""
    floor = policy.minimum_tls or "1.0"
    refused = {
        "http": needs.http and policy.tls_required,
        "insecure_trust": needs.insecure_trust and policy.trust_required,
        "highest_tls": needs.highest_tls is not None and needs.highest_tls < floor,
        "no_forward_secrecy": needs.no_forward_secrecy and policy.forward_secrecy,
        "lacks_fcp": needs.lacks_fcp and policy.fcp,
    }
    return tuple(need for need, is_refused in refused.items() if is_refused)


def advise(
    host: Host,
    settings: AtsSettings,
    needs: Needs,
    *,
    local: bool | None = None,
    os: OsVersion = NEWEST,
) -> Advice | None:
    """The smallest change that lets HOST through, None when the settings do already.

    SETTINGS come from `read_settings`, `read_info_plist` or `AtsSettings()`. `local` overrides our own reading of the
    host. An exception is made for HOST and no wider; NSAllowsArbitraryLoads is never part of it.
    """
    # Keys are compared with case, and Apple asks for lower case: advise for the URL as it should be written.
    asked = Host(host.text.lower(), host.address)
    here = is_local(asked, os=os) if local is None else local
    now = policy_for(asked, settings, local=here, os=os)
    unmet = _unmet(now, needs)
    if not unmet:
        return None
    fragment: Mapping[str, Any] = {}
    changed = settings
    for candidate in _candidates(asked, needs, here):
        changed = read_settings(merged(settings.raw, candidate))
        if admits(policy_for(asked, changed, local=here, os=os), needs):
            fragment = candidate
            break
    keys = fragment.get("NSExceptionDomains", {}).get(asked.text, {})
    return Advice(
        host=asked,
        unmet=tuple(_COMPLAINTS[need] for need in unmet),
        fragment=fragment,
        price=tuple(_price(asked, fragment, keys, before=settings, after=changed)),
        justified=tuple(name for name, value in keys.items() if EXCEPTION_KEYS[name].asks_why(value)),
        alternatives=tuple(
            _ALTERNATIVES[need].format(floor=max(now.minimum_tls or "", "1.2")) for need in unmet
        ),
        notes=tuple(_notes(host, asked, fragment, keys, os)),
    )


def merged(ats: object, fragment: Mapping[str, Any]) -> dict[str, Any]:
    """The value of NSAppTransportSecurity with FRAGMENT merged in: dictionaries join, other values are replaced."""
    whole: dict[str, Any] = dict(ats) if isinstance(ats, Mapping) else {}
    for key, value in fragment.items():
        whole[key] = merged(whole.get(key), value) if isinstance(value, Mapping) else value
    return whole


def _candidates(host: Host, needs: Needs, local: bool) -> Iterator[Mapping[str, Any]]:
    """Every change worth trying, the smallest first; so what is found cannot do without any of its keys."""
    if local:
        yield {_LOCAL: True}
    keys: dict[str, object] = {_INSECURE: True}
    if needs.highest_tls is not None:
        keys[_MINIMUM] = _SPELLINGS[needs.highest_tls]
    keys |= {_SECRECY: False, _PACKAGE: str(NiapPackage.NONE)}
    for size in range(len(keys) + 1):
        for chosen in combinations(keys, size):
            yield {"NSExceptionDomains": {host.text: {key: keys[key] for key in chosen}}}


_COMPLAINTS = {
    "http": "it is loaded over http, and ATS wants https",
    "insecure_trust": "it is trusted by the app's own code only, and ATS wants the default evaluation to succeed",
    "highest_tls": "its TLS version is below the floor",
    "no_forward_secrecy": "it offers no forward secrecy",
    "lacks_fcp": "it does not do what NIAP's functional package FCP_v2.1 asks",
}
_ALTERNATIVES = {
    "http": "Serve https; a test server gets its certificate from a test CA whose root the device trusts.",
    "insecure_trust": (
        "Install the CA's root on the devices and switch its trust on, and give the server a certificate for its own "
        "name; or use a certificate from a public CA. Neither needs a key, nor code."
    ),
    "highest_tls": "Enable TLS {floor} or later on the server.",
    "no_forward_secrecy": (
        "Offer ECDHE with AES-GCM on the server: ECDHE-ECDSA-AES128-GCM-SHA256 or ECDHE-RSA-AES128-GCM-SHA256, by the "
        "kind of its key."
    ),
    "lacks_fcp": "Offer TLS 1.3, or ECDHE with AES-GCM and Extended Master Secret under TLS 1.2.",
}
_PRICES = {
    _INSECURE: (
        "For {whom}, http:// is allowed, and over https the app's own code has the last word: whoever is on the "
        "path can read and change what that code does not check."
    ),
    _MINIMUM: "For {whom}, TLS {version} is enough.",
    _SECRECY: (
        "For {whom}, whoever gets the server's key later can read the traffic recorded today; ATS's own floor "
        "for key sizes falls, too."
    ),
    _PACKAGE: "For {whom}, the app is outside the NIAP functional package.",
}
_LOCAL_PRICE = (
    "ATS is off for every unqualified name, every .local name and every local address; https still gets normal trust "
    "evaluation. It declares an intent, and App Review does not ask why."
)


def _price(
    host: Host,
    fragment: Mapping[str, Any],
    keys: Mapping[str, object],
    *,
    before: AtsSettings,
    after: AtsSettings,
) -> Iterator[str]:
    if _LOCAL in fragment:
        yield _LOCAL_PRICE
    if "NSExceptionDomains" not in fragment:
        return
    # An entry that is there already may reach further than the host in question.
    wide = after.exceptions[host.text].includes_subdomains and not host.is_address
    whom = f"{host} and every name below it" if wide else f"{host} alone"
    for key, value in keys.items():
        yield _PRICES[key].format(whom=whom, version=TLS_VERSIONS.get(str(value)))
    decided = deciding_key(host, before.exceptions)
    if decided not in (None, host.text):
        yield f"{host} gets an entry of its own, and the one for {decided} no longer reaches it."


def _notes(
    host: Host, asked: Host, fragment: Mapping[str, Any], keys: Mapping[str, object], os: OsVersion
) -> Iterator[str]:
    if not fragment:
        yield (
            f"On {os} no key short of NSAllowsArbitraryLoads reaches this host, and that one is not advised: it "
            "turns ATS off for every host."
        )
        return
    if asked.text != host.text:
        yield f"Write {asked} in lower case in URLs, too: entries are compared as text."
    if asked.text.endswith("."):
        yield "The entry ends in a dot as the URL does; it does not cover the name without."
    if asked.is_address and _LOCAL not in fragment:
        yield "The entry is read since iOS 17 and macOS 14, and covers the address alone, not a name that leads there."
    if keys.get(_MINIMUM) in LEGACY_TLS:
        yield (
            "TLS 1.0 and 1.1 are deprecated since iOS 15, and captured clients of OS 26 no longer offer them: there "
            "the key may not help."
        )
