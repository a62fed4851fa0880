"""Which Apple releases open a PKCS #12 file: the rows of Apple's importers in the table of readers, in a few words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pki.load.p12.apple_readers import MACOS, NEW_APPLE_ROWS, OLD_APPLE_ROWS, SECURITY_IMPORT
from pki.load.p12.readers import Opening, ReaderAnswer
from pki.load.p12.traits import Trait

ANY, NEW, NONE = "every iOS and macOS release", "iOS 18 and macOS 15, and later", "no Apple release"


@dataclass(frozen=True, slots=True)
class AppleSupport:
    """What each of Apple's importers makes of a file.

    `new` are those of iOS 18, macOS 15 and everything since; `old` those of before, and `security import` without a
    format on any macOS.
    """

    new: tuple[Opening, ...]
    old: tuple[Opening, ...]

    @property
    def older(self) -> tuple[str, ...]:
        """Why importers of before refuse it; no reasons mean that none is known to."""
        return _reasons(self.old, ReaderAnswer.NO)

    @property
    def newer(self) -> tuple[str, ...]:
        """The same of iOS 18, macOS 15 and everything since."""
        return _reasons(self.new, ReaderAnswer.NO)

    @property
    def doubts(self) -> tuple[str, ...]:
        """What nobody has tried or published, where it decides."""
        return _reasons((*self.new, *self.old), ReaderAnswer.UNKNOWN)

    @property
    def needs_format(self) -> bool:
        """Whether `security import` imports it on a Mac of today with `-f pkcs12`, and not without."""
        answers = {opening.reader.id: opening.answer for opening in (*self.new, *self.old)}
        return answers[MACOS.id] is ReaderAnswer.YES and answers[SECURITY_IMPORT.id] is ReaderAnswer.NO

    @property
    def opens_on(self) -> str:
        """The releases that open it, in words; where that is not known, so."""
        new, old = ({opening.answer for opening in found} for found in (self.new, self.old))
        if new == {ReaderAnswer.YES}:
            if old == {ReaderAnswer.YES}:
                return ANY
            if old == {ReaderAnswer.NO}:
                return NEW
        if new | old == {ReaderAnswer.NO}:
            return NONE
        said = {
            answer: [o.reader.title for o in (*self.new, *self.old) if o.answer is answer]
            for answer in ReaderAnswer
        }
        parts = [", ".join(said[ReaderAnswer.YES])] if said[ReaderAnswer.YES] else []
        if said[ReaderAnswer.UNKNOWN]:
            parts.append(f"not known: {', '.join(said[ReaderAnswer.UNKNOWN])}")
        if said[ReaderAnswer.NO]:
            parts.append(f"not {', '.join(said[ReaderAnswer.NO])}")
        return "; ".join(parts)

    @property
    def oldest(self) -> str | None:
        """`any`, `iOS 18, macOS 15`, or None: the oldest release from which all open it, for JSON."""
        everywhere = all(opening.answer is ReaderAnswer.YES for opening in (*self.new, *self.old))
        newest = all(opening.answer is ReaderAnswer.YES for opening in self.new)
        return "any" if everywhere else "iOS 18, macOS 15" if newest else None


def apple_support(traits: Iterable[Trait]) -> AppleSupport:
    """Judge a file by its TRAITS, among them those of what could be seen inside."""
    known = tuple(traits)
    new, old = (tuple(row.opens(known) for row in rows) for rows in (NEW_APPLE_ROWS, OLD_APPLE_ROWS))
    return AppleSupport(new, old)


def _reasons(found: Iterable[Opening], answer: ReaderAnswer) -> tuple[str, ...]:
    """Every reason for ANSWER once."""
    return tuple(
        dict.fromkeys(why for opening in found if opening.answer is answer for why in opening.reasons)
    )
