"""What is wrong with single keys: types, spellings, values that are not read, keys that App Review asks about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pki.ats.catalogue import AtsEntry, AtsPart, clipped, domain, lint_rule, part, shown
from pki.ats.keys import (
    EXCEPTION_KEYS,
    GLOBAL_KEYS,
    NARROWER_KEYS,
    PIN_KEYS,
    KeySpec,
    ValueType,
    is_key,
)
from pki.ats.outside import DICTIONARY
from pki.ats.settings import ats_boolean
from pki.model.codes import Severity
from pki.model.hosts import is_dns_name, packed_address
from pki.model.sources import BY_THE_CODE
from pki.model.suggestion import near_words

_PARSER = "Security-61901 SecProtocolConfiguration.m and its unit tests"
_TABLES: Mapping[AtsPart, Mapping[str, KeySpec]] = {
    AtsPart.GLOBAL: GLOBAL_KEYS,
    AtsPart.EXCEPTION: EXCEPTION_KEYS,
    AtsPart.PIN: PIN_KEYS,
}
_HOMES = {
    AtsPart.GLOBAL: "at the top of NSAppTransportSecurity",
    AtsPart.EXCEPTION: "in a domain's dictionary in NSExceptionDomains",
    AtsPart.PIN: "in a domain's dictionary in NSPinnedDomains",
}
_LEGACY_PREFIXES = ("NSTemporaryException", "NSThirdPartyException")


def _home(name: str) -> str:
    return " or ".join(_HOMES[home] for home, table in _TABLES.items() if name in table)


def _is_host(name: str) -> bool:
    return packed_address(name) is not None or ("." in name and is_dns_name(name.removesuffix(".")))


def _spec(entry: AtsEntry) -> KeySpec | None:
    return _TABLES.get(entry.part, {}).get(entry.name)


def _is_known(entry: AtsEntry) -> bool:
    return _spec(entry) is not None


def _kind(entry: AtsEntry) -> ValueType | None:
    """The type that is read here, None where nothing is."""
    if entry.part in _TABLES:
        spec = _spec(entry)
        return spec.kind if spec is not None else None
    if entry.part is AtsPart.WHOLE:
        return ValueType.DICTIONARY if entry.value is not None else None
    # A key that stands for a domain is ats-key-unknown's, a pin that is no dictionary ats-pin-unusable's.
    return ValueType.DICTIONARY if domain(entry) and not is_key(entry.name) else None


@lint_rule(
    "ats-key-type",
    title="A key has a value of the wrong type",
    citation=_PARSER,
    applies_to=lambda entry: _kind(entry) is not None,
    fix="Give the key the type it wants: <true/> or <false/> for a boolean, not the string YES.",
)
def wrong_type(entry: AtsEntry) -> Iterator[str]:
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
        _kind(entry) is ValueType.BOOLEAN
        and isinstance(entry.value, (int, float))
        and not isinstance(entry.value, bool)
    ),
    fix="Write <true/> or <false/>.",
)
def number_for_boolean(entry: AtsEntry) -> Iterator[str]:
    """The code of macOS 26.0 takes any number and asks whether it is YES: 1 works like true, every other like false.

    That 1 is YES is Foundation's doing. A narrower global key counts as present with any number, and so switches
    NSAllowsArbitraryLoads off. Apple documents booleans alone, so write one.
    """
    counts = str(ats_boolean(entry.value)).lower()
    narrower = entry.part is AtsPart.GLOBAL and entry.name in NARROWER_KEYS
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
def unknown_key(entry: AtsEntry) -> Iterator[str]:
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
    if entry.part is AtsPart.GLOBAL and isinstance(entry.value, Mapping) and _is_host(entry.name):
        yield "it is a host: it belongs in NSExceptionDomains"
        return
    if entry.name == DICTIONARY:
        yield "it belongs at the top of Info.plist, once"
        return
    near = near_words(clipped(entry.name), _TABLES[entry.part])
    yield "no such key" + (f"; there is {near[0]}" if near else "")


@lint_rule(
    "ats-key-too-new",
    title="The oldest system does not read this key",
    citation="Apple, NSAppTransportSecurity and the pages of its keys (availability)",
    applies_to=lambda entry: entry.part in (AtsPart.GLOBAL, AtsPart.EXCEPTION) and _is_known(entry),
    fix="Raise the deployment target, or settle what older systems do without the key.",
    severity=Severity.INFO,
)
def too_new(entry: AtsEntry) -> Iterator[str]:
    """A system skips the keys it does not know: a pin or a tightening is then silently missing."""
    spec = _spec(entry)
    if spec is not None and entry.asked.os < spec.since:
        yield f"read since {spec.since}, and the app runs on {entry.asked.os}"


@lint_rule(
    "ats-justification",
    title="App Review asks why",
    citation="Apple, Preventing Insecure Network Connections (Provide Justification for Exceptions)",
    applies_to=part(AtsPart.GLOBAL, AtsPart.EXCEPTION),
    fix="Have the reason ready for App Review, or remove the key.",
    severity=Severity.INFO,
)
def justification(entry: AtsEntry) -> Iterator[str]:
    """Five exceptions need a justification, and may bring additional review.

    They are NSAllowsArbitraryLoads, its ForMedia and InWebContent forms, NSExceptionAllowsInsecureHTTPLoads, and
    NSExceptionMinimumTLSVersion below 1.2. Reasons that Apple names: a server of somebody else without secure
    connections; devices that cannot be upgraded and need public host names; web content from many sources that the
    web-content key does not cover; media that is encrypted and not personal.
    """
    spec = _spec(entry)
    if spec is not None and spec.asks_why(entry.value):
        yield f"it is {shown(entry.value)}, which needs a justification"
