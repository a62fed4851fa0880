"""What a look at somebody's environment finds: a remark about each thing, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How much it will get in the way."""

    PROBLEM = "problem"  # something fails today
    WARNING = "warning"  # it will fail soon, or a part of it does
    NOTE = "note"  # good to know
    OK = "ok"  # looked at, and in order


@dataclass(frozen=True, slots=True)
class DoctorRemark:
    """One thing that was looked at."""

    id: str  # a stable word for programs
    grade: Grade
    text: str
    next_step: str = ""  # a sentence
    command: str = ""  # whole, and ready to be copied


def healthy(remarks: Iterable[DoctorRemark]) -> bool:
    """Whether no remark is a problem."""
    return all(remark.grade is not Grade.PROBLEM for remark in remarks)
