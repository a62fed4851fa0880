"""What is wrong with single keys: types, spellings, values that are not read, keys that App Review asks about."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping

from pki.ats.catalogue import Entry, Part, clipped, domain, key, lint_rule, part, shown
from pki.ats.keys import (
    EXCEPTION_KEYS,
    GLOBAL_KEYS,
    LEGACY_TLS,
    NARROWER_KEYS,
    NARROWER_SINCE,
    PIN_KEYS,
    KeySpec,
    Kind,
    is_key,
)
from pki.ats.settings import DTLS_VERSIONS, TLS_VERSIONS, NiapPackage, ats_boolean
from pki.model.codes import Severity
from pki.model.hosts import is_dns_name, packed_address
from pki.model.sources import BY_THE_CODE

_PARSER = "Security-61901 SecProtocolConfiguration.m and its unit tests"
_TABLES: Mapping[Part, Mapping[str, KeySpec]] = {
    Part.GLOBAL: GLOBAL_KEYS,
    Part.EXCEPTION: EXCEPTION_KEYS,
    Part.PIN: PIN_KEYS,
}
_HOMES = {
    Part.GLOBAL: "at the top of NSAppTransportSecurity",
    Part.EXCEPTION: "in a domain's dictionary in NSExceptionDomains",
    Part.PIN: "in a domain's dictionary in NSPinnedDomains",
}
_MINOR = re.compile(r"(?<!\d)1(?:[._ ]?([0-3]))?\s*\Z", re.ASCII)  # of what somebody wrote for a version
_LEGACY_PREFIXES = ("NSTemporaryException", "NSThirdPartyException")


def _home(name: str) -> str:
    return " or ".join(_HOMES[home] for home, table in _TABLES.items() if name in table)


def _is_host(name: str) -> bool:
    return packed_address(name) is not None or ("." in name and is_dns_name(name.removesuffix(".")))


def _spec(entry: Entry) -> KeySpec | None:
    return _TABLES.get(entry.part, {}).get(entry.name)


def _is_known(entry: Entry) -> bool:
    return _spec(entry) is not None


def _kind(entry: Entry) -> Kind | None:
    """The type that is read here, None where nothing is."""
    if entry.part in _TABLES:
        spec = _spec(entry)
        return spec.kind if spec is not None else None
    if entry.part is Part.WHOLE:
        return Kind.DICTIONARY if entry.value is not None else None
    # A key that stands for a domain is ats-key-unknown's, a pin that is no dictionary ats-pin-unusable's.
    return Kind.DICTIONARY if domain(entry) and not is_key(entry.name) else None


@lint_rule(
    "ats-key-type",
    title="A key has a value of the wrong type",
    citation=_PARSER,
    applies_to=lambda entry: _kind(entry) is not None,
    fix="Give the key the type it wants: <true/> or <false/> for a boolean, not the string YES.",
)
def wrong_type(entry: Entry) -> Iterator[str]:
    """A value of another type counts as absent: the string "YES" says nothing.

    For NSExceptionRequiresForwardSecrecy absent means YES. A domain whose value is no dictionary has no entry at all.
    Numbers are another matter (ats-key-number), save in NSPinnedDomains, where a boolean is compared with true itself.
    """
    kind = _kind(entry)
    if kind is not None and not kind.fits(entry.value):
        yield f"it is {shown(entry.value)} where a {kind} is read, and counts as absent"


@lint_rule(
    "ats-key-number",
    title="A number stands where a boolean belongs",
    citation="Security-61901 SecProtocolConfiguration.m, sec_protocol_configuration_set_ats_overrides",
    applies_to=lambda entry: (
        _kind(entry) is Kind.BOOLEAN
        and isinstance(entry.value, (int, float))
        and not isinstance(entry.value, bool)
    ),
    fix="Write <true/> or <false/>.",
)
def number_for_boolean(entry: Entry) -> Iterator[str]:
    """The code of macOS 26.0 takes any number and asks whether it is YES: 1 works like true, every other like false.

    That 1 is YES is Foundation's doing. A narrower global key counts as present with any number, and so switches
    NSAllowsArbitraryLoads off. Apple documents booleans alone, so write one.
    """
    counts = str(ats_boolean(entry.value)).lower()
    narrower = entry.part is Part.GLOBAL and entry.name in NARROWER_KEYS
    also = ", and it is there, which switches NSAllowsArbitraryLoads off" if narrower else ""
    yield f"{shown(entry.value)} counts as {counts} {BY_THE_CODE}{also}"


@lint_rule(
    "ats-key-unknown",
    title="Nothing reads this key",
    citation=f"{_PARSER}; Apple, NSAppTransportSecurity",
    applies_to=lambda entry: (
        (entry.part in _TABLES and not _is_known(entry)) or (domain(entry) and is_key(entry.name))
    ),
    fix="Remove the key, or write the one that is meant, where it is read.",
)
def unknown_key(entry: Entry) -> Iterator[str]:
    """Misspelled and misplaced keys are skipped in silence, and the exception is not made.

    Spellings from the time of iOS 9, NSTemporaryException... and NSThirdPartyException..., still stand in tutorials;
    the current parser does not know them.
    """
    if domain(entry):
        yield f"it stands where a domain is expected; it belongs {_home(entry.name)}"
        return
    for prefix in _LEGACY_PREFIXES:
        if entry.name.startswith(prefix):
            modern = f"NSException{entry.name.removeprefix(prefix)}"
            instead = f"; the key is {modern}" if modern in EXCEPTION_KEYS else ""
            yield f"a spelling from the time of iOS 9{instead}"
            return
    if is_key(entry.name):
        yield f"it does nothing here: it belongs {_home(entry.name)}"
        return
    if entry.part is Part.GLOBAL and isinstance(entry.value, Mapping) and _is_host(entry.name):
        yield "it is a host: it belongs in NSExceptionDomains"
        return
    near = difflib.get_close_matches(clipped(entry.name), _TABLES[entry.part], n=1, cutoff=0.7)
    yield "no such key" + (f"; there is {near[0]}" if near else "")


@lint_rule(
    "ats-key-too-new",
    title="The oldest system does not read this key",
    citation="Apple, NSAppTransportSecurity and the pages of its keys (availability)",
    applies_to=lambda entry: entry.part in (Part.GLOBAL, Part.EXCEPTION) and _is_known(entry),
    fix="Raise the deployment target, or settle what older systems do without the key.",
    severity=Severity.INFO,
)
def too_new(entry: Entry) -> Iterator[str]:
    """A system skips the keys it does not know: a pin or a tightening is then silently missing."""
    spec = _spec(entry)
    if spec is not None and entry.asked.os < spec.since:
        yield f"read since {spec.since}, and the app runs on {entry.asked.os}"


@lint_rule(
    "ats-key-tls-version",
    title="This TLS version is not read",
    citation=_PARSER,
    applies_to=lambda entry: (
        key("NSExceptionMinimumTLSVersion", Part.EXCEPTION)(entry) and isinstance(entry.value, str)
    ),
    fix="Write TLSv1.2 or TLSv1.3, in exactly this spelling.",
)
def tls_version(entry: Entry) -> Iterator[str]:
    """The version is compared as a string, with case; anything else leaves the floor at TLS 1.2.

    TLSv1.0, TLSv1.1, TLSv1.2 and TLSv1.3 are read. DTLSv1.0 and DTLSv1.2 are read, too, and ask nothing of TLS.
    """
    if entry.value in DTLS_VERSIONS:
        yield f"{entry.value} says nothing about TLS, so the floor stays at TLS 1.2"
    elif entry.value not in TLS_VERSIONS:
        digit = _MINOR.search(clipped(str(entry.value)))
        meant = f"; TLS 1.{digit[1] or 0} is written TLSv1.{digit[1] or 0}" if digit else ""
        yield f"{shown(entry.value)} is no version, so the floor stays at TLS 1.2{meant}"


@lint_rule(
    "ats-tls-legacy",
    title="The exception asks for a TLS version on its way out",
    citation="Apple, deprecation of TLS 1.0 and 1.1 (2021, iOS 15); curl-impersonate, captures of Safari 26.0",
    applies_to=key("NSExceptionMinimumTLSVersion", Part.EXCEPTION),
    fix="Enable TLS 1.2 or 1.3 on the server and remove the key.",
)
def legacy_tls(entry: Entry) -> Iterator[str]:
    """TLS 1.0 and 1.1 are deprecated since iOS 15, with removal announced.

    Captures of Safari 26.0 no longer offer them. Whether URLSession still does where an exception asks for it is not
    documented by Apple; do not count on it.
    """
    if entry.value in LEGACY_TLS:
        yield f"{entry.value} is deprecated since iOS 15, and captured clients of OS 26 do not offer it"


@lint_rule(
    "ats-key-niap-version",
    title="This NIAP package is not known",
    citation="Apple, NSRequiresNIAPTLSPackageVersion",
    applies_to=lambda entry: (
        _is_known(entry) and "NIAPTLSPackage" in entry.name and isinstance(entry.value, str)
    ),
    fix="Write none, FCP_v2.1 or recommended, in exactly this spelling.",
)
def niap_version(entry: Entry) -> Iterator[str]:
    """Three words are documented. What the system makes of another is not, so nothing should rest on it."""
    if entry.value not in tuple(NiapPackage):
        yield f"{shown(entry.value)} is none of {', '.join(NiapPackage)}"


@lint_rule(
    "ats-ct-key-obsolete",
    title="Certificate Transparency is not the app's to require",
    citation="Apple, NSRequiresCertificateTransparency",
    applies_to=key("NSRequiresCertificateTransparency", Part.EXCEPTION),
    fix="Remove the key.",
)
def ct_obsolete(entry: Entry) -> Iterator[str]:
    """Certificates under preinstalled roots are held to Certificate Transparency in any case, others never.

    The key changes neither, whatever its value; the current parser does not read it.
    """
    yield "obsolete: the system decides by the certificate's root"


@lint_rule(
    "ats-arbitrary-ignored",
    title="NSAllowsArbitraryLoads is ignored beside a narrower key",
    citation="Apple, NSAppTransportSecurity (Versioning); Security-61901 SecProtocolConfiguration.m",
    applies_to=key("NSAllowsArbitraryLoads", Part.GLOBAL),
    fix="Remove NSAllowsArbitraryLoads, or the narrower keys if arbitrary loads are what you want.",
)
def arbitrary_ignored(entry: Entry) -> Iterator[str]:
    """From iOS 10 on the presence of a narrower global key, even as NO, switches NSAllowsArbitraryLoads off.

    The narrower keys are NSAllowsLocalNetworking, NSAllowsArbitraryLoadsInWebContent and
    NSAllowsArbitraryLoadsForMedia. The pair makes sense only for apps that still run on iOS 9 or macOS 10.11, which
    know no other key; App Review asks why all the same.
    """
    if (
        ats_boolean(entry.value)
        and entry.asked.settings.has_narrower_key
        and entry.asked.os >= NARROWER_SINCE
    ):
        yield "ignored, as a narrower global key is present"


@lint_rule(
    "ats-justification",
    title="App Review asks why",
    citation="Apple, Preventing Insecure Network Connections (Provide Justification for Exceptions)",
    applies_to=part(Part.GLOBAL, Part.EXCEPTION),
    fix="Have the reason ready for App Review, or remove the key.",
    severity=Severity.INFO,
)
def justification(entry: Entry) -> Iterator[str]:
    """Five exceptions need a justification, and may bring additional review.

    They are NSAllowsArbitraryLoads, its ForMedia and InWebContent forms, NSExceptionAllowsInsecureHTTPLoads, and
    NSExceptionMinimumTLSVersion below 1.2. Reasons that Apple names: a server of somebody else without secure
    connections; devices that cannot be upgraded and need public host names; web content from many sources that the
    web-content key does not cover; media that is encrypted and not personal.
    """
    spec = _spec(entry)
    if spec is not None and spec.asks_why(entry.value):
        yield f"it is {shown(entry.value)}, which needs a justification"
