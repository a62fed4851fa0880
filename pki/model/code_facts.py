"""What is known of a code beside its meaning: who says it to whom, how it stands in a log, what it is taken for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CodeFamily(StrEnum):
    """Whose number it is."""

    URL = "NSURLErrorDomain"
    STREAM = "stream code"
    OS_STATUS = "OSStatus"
    ALERT = "TLS alert"


class Certainty(StrEnum):
    """How sure a statement about an Apple system is."""

    DOCUMENTED = "documented"  # in a header or an article of Apple's, or in an RFC
    READ = "read in source"
    EXPECTED = "expected"  # from public logs
    MEASURED = "measured"  # on a device or a Mac, by us


@dataclass(frozen=True, slots=True)
class OtherCode:
    """A code that is often confused with another one: how one asks about it, its name, what it says."""

    asked: str
    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """What is known of a code beside its meaning.

    `log_forms` are the shapes it has in logs; NAME, NAMES and HOST in them stand for what varies. `page` is its page
    below docs/. A grade that nothing is known of has no row in `evidence`.
    """

    number: int
    family: CodeFamily
    said_by: str
    log_forms: tuple[str, ...]
    confused_with: tuple[OtherCode, ...]
    evidence: tuple[tuple[Certainty, str], ...]
    page: str

    @property
    def asked(self) -> str:
        """What `explain` is asked for it."""
        return f"alert {self.number}" if self.family is CodeFamily.ALERT else str(self.number)
