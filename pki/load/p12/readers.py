"""Whether something opens a PKCS #12 file: for each reader what it takes, and what it is known to refuse.

A reader opens a file when it takes every trait of it. What it refuses, with `complete` everything it does not take,
makes the answer no; a trait nobody has tried or published makes it unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pki.load.p12.traits import UNDECRYPTABLE, Aspect, Trait


class ReaderAnswer(StrEnum):
    """Whether a reader opens a file."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reader:
    """Something that opens PKCS #12 files, and how we know."""

    id: str
    title: str
    evidence: str  # the version it was measured with, or what was read
    takes: Mapping[Aspect, frozenset[str]]
    refuses: Mapping[Aspect, frozenset[str]] = field(default_factory=dict)
    # In words: what it takes instead, by the trait's value or else by its aspect.
    limits: Mapping[str, str] = field(default_factory=dict)
    measured: bool = False
    where: str = ""  # it was measured, and when
    complete: bool = False  # its whole source was read: what it does not take, it refuses
    untried: Mapping[Aspect, frozenset[str]] = field(default_factory=dict)  # for all that

    def opens(self, traits: Iterable[Trait]) -> Opening:
        """Whether this reader opens a file with TRAITS."""
        left = [trait for trait in traits if trait.value not in self.takes.get(trait.aspect, ())]
        refused = [trait for trait in left if self.refuses_value(trait.aspect, trait.value)]
        answer = ReaderAnswer.NO if refused else ReaderAnswer.UNKNOWN if left else ReaderAnswer.YES
        return Opening(self, answer, tuple(refused or left))

    def refuses_value(self, aspect: Aspect, value: str) -> bool:
        """Whether it is known to refuse what it does not take."""
        if value in self.untried.get(aspect, ()):
            return False
        return self.complete or value == UNDECRYPTABLE or value in self.refuses.get(aspect, ())


@dataclass(frozen=True, slots=True)
class Opening:
    """A reader's answer, and the traits that decided a no or an unknown."""

    reader: Reader
    answer: ReaderAnswer
    because: tuple[Trait, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """A sentence for each trait, with what the reader takes instead where that is known."""
        limits = self.reader.limits
        said = ((trait, limits.get(trait.value, limits.get(trait.aspect, ""))) for trait in self.because)
        return tuple(f"{trait.text}{f': {limit}' if limit else ''}" for trait, limit in said)
