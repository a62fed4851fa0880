"""How a lint is declared, and the walk through the dictionary that asks each one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from pki.ats.outside import strays
from pki.ats.settings import AtsSettings
from pki.ats.systems import OsVersion
from pki.errors import Unreadable
from pki.model.codes import Severity
from pki.model.hosts import Host
from pki.model.verdict import Level, Rule

FILE = "Info.plist"  # the first step to what lies outside the dictionary
MAX_ENTRIES = 10_000  # ours: keys in one dictionary; real ones hold a few dozen


class AtsPart(StrEnum):
    """Where in the dictionary an entry stands."""

    WHOLE = "NSAppTransportSecurity"
    GLOBAL = "a global key"
    DOMAIN = "a domain of NSExceptionDomains"
    EXCEPTION = "a key of such a domain"
    PINNED_DOMAIN = "a domain of NSPinnedDomains"
    PIN = "a key of such a pinned domain"
    IDENTITY = "one pinned identity"
    OUTSIDE = "a key of Info.plist outside NSAppTransportSecurity"


@dataclass(frozen=True, slots=True)
class LintContext:
    """What every lint may look at: the settings as read, the host in question, the oldest OS the app runs on.

    `beside` is the rest of the Info.plist, None where it is not known.
    """

    settings: AtsSettings
    host: Host | None
    os: OsVersion
    beside: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class AtsEntry:
    """One value of the dictionary in its place; `path` leads there from the top, which is the empty path."""

    part: AtsPart
    path: tuple[str, ...]
    value: object
    asked: LintContext

    @property
    def name(self) -> str:
        """Its own key."""
        return self.path[-1] if self.path else AtsPart.WHOLE


Check = Callable[[AtsEntry], Iterator[str]]
Applies = Callable[[AtsEntry], bool]

LINTS: dict[str, Rule] = {}
"""Every lint by id, in the order they are asked; filled by importing `pki.ats.lints`."""


def lint_rule(
    id: str,
    *,
    title: str,
    citation: str,
    fix: str,
    applies_to: Applies,
    severity: Severity = Severity.WARNING,
) -> Callable[[Check], Check]:
    """Register a check of one entry under ID; its docstring is its page."""

    def register(check: Check) -> Check:
        if id in LINTS:
            raise ValueError(f"two lints are called {id}")
        LINTS[id] = Rule(
            id=id,
            level=Level.ATS,
            title=title,
            doc=inspect.cleandoc(check.__doc__ or ""),
            fix=fix,
            citation=citation,
            severity=severity,
            check=check,
            applies_to=applies_to,
        )
        return check

    return register


def part(*parts: AtsPart) -> Applies:
    """Entries that stand in one of PARTS."""
    return lambda entry: entry.part in parts


def key(name: str, *parts: AtsPart) -> Applies:
    """The entry called NAME in one of PARTS."""
    return lambda entry: entry.name == name and entry.part in parts


def domain(entry: AtsEntry) -> bool:
    """A host name or address of NSExceptionDomains or NSPinnedDomains."""
    return entry.part in (AtsPart.DOMAIN, AtsPart.PINNED_DOMAIN)


def shown(value: object) -> str:
    """A value in a few words. Containers are named, not printed: a binary plist can hold itself."""
    match value:
        case bool():
            return f"the boolean {str(value).lower()}"
        case str():
            return f"the string {clipped(value)!r}"
        case int() | float():
            return f"the number {value}" if abs(value) < 2**64 else "a large number"
        case bytes():
            return "data"
        case list():
            return "an array"
        case dict():
            return "a dictionary"
        case _:
            return "of another type"


def clipped(text: str) -> str:
    """TEXT, cut where it would flood a report."""
    return text if len(text) <= 64 else text[:63] + "…"


def entries(ats: object, asked: LintContext) -> Iterator[AtsEntry]:
    """Every entry of the dictionary, in its own order.

    Raises:
        Unreadable: more entries than any Info.plist holds.
    """
    outside = ((AtsPart.OUTSIDE, (FILE, *path), value) for path, value in strays(asked.beside or {}))
    for number, (where, path, value) in enumerate(chain(outside, _walk(ats))):
        if number >= MAX_ENTRIES:
            raise Unreadable(
                f"NSAppTransportSecurity holds more than {MAX_ENTRIES:,} keys",
                hint="Give the Info.plist of an app.",
            )
        yield AtsEntry(where, path, value, asked)


_Found = tuple[AtsPart, tuple[str, ...], object]


def _walk(ats: object) -> Iterator[_Found]:
    yield AtsPart.WHOLE, (), ats
    yield from _keys(AtsPart.GLOBAL, (), ats)
    whole = ats if isinstance(ats, Mapping) else {}
    yield from _domains("NSExceptionDomains", whole, AtsPart.DOMAIN, AtsPart.EXCEPTION)
    for found in _domains("NSPinnedDomains", whole, AtsPart.PINNED_DOMAIN, AtsPart.PIN):
        yield found
        where, path, value = found
        if where is AtsPart.PIN and isinstance(value, list):
            yield from ((AtsPart.IDENTITY, (*path, f"Item {n}"), item) for n, item in enumerate(value))


def _domains(name: str, ats: Mapping[object, object], domain: AtsPart, inner: AtsPart) -> Iterator[_Found]:
    for entry in _keys(domain, (name,), ats.get(name)):
        yield entry
        yield from _keys(inner, entry[1], entry[2])


def _keys(where: AtsPart, path: tuple[str, ...], value: object) -> Iterator[_Found]:
    if isinstance(value, Mapping):
        yield from ((where, (*path, str(name)), inner) for name, inner in value.items())
