"""Rows counted as they go by, in memory that does not grow with them beyond a bound.

Rows with one cause belong together where one certificate is behind several of them. Leaves that nobody shares, each a
cause of its own, are counted by their rule alone: a fleet's leaves all end some day. Whether anybody shares a leaf is
known once it comes again, so each has an entry of some 600 bytes; behind the first 100,000 of them, a leaf that is met
for the first time has none, and counts as one that nobody shares.
"""

from __future__ import annotations

import re
from bisect import insort
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from pki.model.time_format import later, moment_text
from pki.report.audit.cause import RowCause, cause_of
from pki.report.audit.row_name import server_of

if TYPE_CHECKING:
    from datetime import datetime

    from pki.report.audit.row import AuditRow

WINDOWS: Final = (7, 30, 90, 365)  # days
EXAMPLES: Final = 5  # of the rows of a group
NEXT: Final = 10  # rows that break first
MAX_LONE: Final = 100_000  # leaves that are waited for to come again: 60 MB
# The row's own names, with a port, where they only introduce the sentence.
_NAMES_FIRST: Final = re.compile(r"^(?:…(?::[0-9]+)?[ ,:]+)+")
_SHORTEST: Final = 4  # characters of a name that is looked for in an error: shorter ones stand in other words
MAX_TEXTS: Final = 200  # different sentences that are counted apart; strangers' names stand in some


class Example(NamedTuple):
    """A row that is named: its id, and its server where it has one (`server_of`)."""

    id: str
    server: str | None


@dataclass(slots=True)
class Counted:
    """The rows of one cause."""

    cause: RowCause  # the first row's
    rows: int = 0
    alone: int = 0  # of them, what nothing else is wrong with
    first: str | None = None  # moments, where nothing is wrong now
    last: str | None = None
    certificates: int = 1
    examples: list[Example] = field(default_factory=list)

    def count(self, at: str | None, alone: bool, row: Example) -> None:
        """Add one row, which breaks AT."""
        self.rows += 1
        self.alone += alone
        if at is not None:
            self.first = min(self.first or at, at)
            self.last = max(self.last or at, at)
        if len(self.examples) < EXAMPLES:
            self.examples.append(row)

    def take(self, more: Counted) -> None:
        """Add the rows of MORE, which are others."""
        self.rows += more.rows
        self.alone += more.alone
        self.certificates += more.certificates
        self.first = min(filter(None, (self.first, more.first)), default=None)
        self.last = max(filter(None, (self.last, more.last)), default=None)
        self.examples = [*self.examples, *more.examples][:EXAMPLES]


@dataclass(slots=True)
class CountedTexts:
    """Sentences with how many rows say them; of too many different ones the rest is one number."""

    texts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[Example]] = field(default_factory=dict)  # by sentence
    others: int = 0

    def count(self, text: str, row: Example) -> None:
        """Add the row."""
        if text not in self.texts and len(self.texts) >= MAX_TEXTS:
            self.others += 1
            return
        self.texts[text] += 1
        if len(examples := self.examples.setdefault(text, [])) < EXAMPLES:
            examples.append(row)


@dataclass(slots=True)
class RenewedOn:
    """What renewals on one day would meet."""

    rows: int = 0
    refused: int = 0
    warned: int = 0  # refused ones among them
    refused_by: Counter[str] = field(default_factory=Counter)
    warned_by: Counter[str] = field(default_factory=Counter)


# A row, whether nothing else is wrong with it, when it breaks, the certificate's subject and position.
_Once = tuple[Example, bool, str | None, str | None, int | None]


class BreaksNext(NamedTuple):
    """A row among those that break first."""

    at: str
    id: str
    host: str | None
    server: str | None
    rule: str


def _order(one: BreaksNext) -> tuple[str, str]:
    return one.at, one.id  # and of two with one id, the first in the input: a host that is None has no order


class Tally:
    """What rows come to, judged `at` one moment and looked ahead `until` another. `add` each, then read."""

    def __init__(self, *, at: datetime, until: datetime) -> None:
        self.at, self.until = at, until
        self._until = moment_text(until)
        self.within = dict.fromkeys(WINDOWS, 0)  # rows that break, by days
        self._ends = [(days, moment_text(later(at, timedelta(days=days)))) for days in WINDOWS]
        self.rows = self.trusted = self.untrusted = self.errors = self.cut_short = 0
        self.headlines: Counter[str] = Counter()
        self.warned: Counter[str] = Counter()
        self.days: Counter[tuple[str, str, bool]] = Counter()  # day of breaking, rule, whether of a leaf
        self.lifetimes: Counter[int] = Counter()  # whole days, begun ones counted
        self.renewals: dict[str, RenewedOn] = {}
        self.not_checked = CountedTexts()
        self.error_texts = CountedTexts()
        self.next: list[BreaksNext] = []
        self._shared: dict[tuple[bool, str, str | None], Counted] = {}
        self._once: dict[tuple[bool, str], dict[str, _Once]] = {}
        self._waiting = 0  # entries of leaves
        self._unwatched: dict[tuple[bool, str], Counted] = {}  # leaves that have none

    def add(self, row: AuditRow) -> None:
        """Count ROW."""
        self.rows += 1
        for text in row["not_checked"]:
            self.not_checked.count(text, _example(row))
        if row["trusted"] is None:
            self.errors += 1
            self.error_texts.count(error_kind(row), _example(row))
            return
        self.trusted += row["trusted"]
        self.untrusted += not row["trusted"]
        if row["trusted"] and row["breaks_at"] is None:
            self.cut_short += (row["followed_until"] or self._until) < self._until
        self.warned.update(row["warned"])
        if row["lifetime_days"] is not None:
            self.lifetimes[int(-(-row["lifetime_days"] // 1))] += 1
        for renewal in row["renewals"]:
            counted = self.renewals.setdefault(renewal["on"], RenewedOn())
            counted.rows += 1
            counted.refused += bool(renewal["refused_by"])
            counted.warned += bool(renewal["warned_by"])
            counted.refused_by.update(renewal["refused_by"])
            counted.warned_by.update(renewal["warned_by"])
        cause = cause_of(row)
        if cause is not None:
            self._count(cause, row)

    def _count(self, cause: RowCause, row: AuditRow) -> None:
        if cause.now:
            self.headlines[cause.rule] += 1
        elif cause.at is not None:
            self.days[cause.at[:10], cause.rule, cause.position == 0] += 1
            insort(
                self.next,
                BreaksNext(cause.at, row["id"], row["host"], server_of(row), cause.rule),
                key=_order,
            )
            del self.next[NEXT:]
            for days, end in self._ends:
                self.within[days] += cause.at <= end
        alone = not row["also"]
        key = (cause.now, cause.rule, cause.certificate)
        if cause.certificate is None:
            self._shared.setdefault(key, Counted(cause, certificates=0)).count(cause.at, alone, _example(row))
            return
        group = self._shared.get(key)
        if group is None:
            once = self._once.setdefault((cause.now, cause.rule), {})
            before = once.pop(cause.certificate, None)
            if before is None:
                if cause.position == 0 and self._waiting >= MAX_LONE:
                    self._unwatched_leaf(cause, alone, _example(row))
                    return
                self._waiting += cause.position == 0
                once[cause.certificate] = (_example(row), alone, cause.at, cause.subject, cause.position)
                return
            self._waiting -= cause.position == 0
            example, its_alone, at, subject, position = before
            first = RowCause(cause.now, cause.rule, cause.certificate, position, subject, at)
            group = self._shared[key] = Counted(first)
            group.count(at, its_alone, example)
        group.count(cause.at, alone, _example(row))

    def _unwatched_leaf(self, cause: RowCause, alone: bool, row: Example) -> None:
        """Count a leaf without an entry."""
        nobody = cause._replace(certificate=None, subject=None, at=None)
        group = self._unwatched.setdefault((cause.now, cause.rule), Counted(nobody, certificates=0))
        group.certificates += 1
        group.count(cause.at, alone, row)

    def groups(self) -> list[Counted]:
        """Rows by cause, the largest first; what one certificate is behind, and the leaves that stand alone."""
        found = [*self._shared.values()]
        for key in dict.fromkeys((*self._once, *self._unwatched)):
            once = self._once.get(key, {})
            leaves = {name: one for name, one in once.items() if one[-1] == 0}
            others = ({name: one} for name, one in once.items() if one[-1] != 0)
            found += [_collected(*key, members) for members in others]
            if leaves or key in self._unwatched:
                found.append(_collected(*key, leaves, self._unwatched.get(key)))
        return sorted(found, key=_largest_first)


def _collected(now: bool, rule: str, members: dict[str, _Once], more: Counted | None = None) -> Counted:
    """One group of MEMBERS, certificates that are behind one row each, and of MORE such ones."""
    if len(members) == 1 and more is None:
        ((name, (_, _, at, subject, position)),) = members.items()
        group = Counted(RowCause(now, rule, name, position, subject, at))
    else:
        group = Counted(RowCause(now, rule, None, 0, None, None), certificates=len(members))
    for row, alone, at, _, _ in sorted(members.values(), key=lambda one: (one[2] or "", one[0].id)):
        group.count(at, alone, row)
    if more is not None:
        group.take(more)
    return group


def _example(row: AuditRow) -> Example:
    return Example(row["id"], server_of(row))


def _largest_first(group: Counted) -> tuple[int, bool, str, str, str]:
    cause = group.cause
    return -group.rows, not cause.now, group.first or "", cause.rule, cause.certificate or ""


def error_kind(row: AuditRow) -> str:
    """What ROW's error says, without whom it says it of: equal causes are to be counted together."""
    text = row["error"] or "no answer"
    for name in filter(None, (row["id"], row["source"], row["locator"], row["host"])):
        if len(name) >= _SHORTEST:
            text = text.replace(name, "…")
    return _NAMES_FIRST.sub("", text) or text
