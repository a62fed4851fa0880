"""A checkup as text for people and as JSON for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pki.model.remarks import DoctorRemark, Grade, healthy
from pki.model.time_format import moment_text
from pki.report.document import TypedDict
from pki.report.layout import harmless, wrapped
from pki.report.marks import padded
from pki.report.style import PLAIN, Style

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Literal

    from pki.report.fields import Text, Time

_LABEL = 9  # columns
_SHOWN = {Grade.PROBLEM: "PROBLEM", Grade.WARNING: "WARNING", Grade.NOTE: "note", Grade.OK: "ok"}


class DoctorDocument(TypedDict):
    """What in this environment will get in the way."""

    schema: Literal["trustrig.doctor/1"]
    at: Time
    healthy: bool  # Whether no remark is a problem.
    remarks: list[RemarkJson]  # Problems, warnings, what is in order, and notes.


class RemarkJson(TypedDict):
    """One thing that was looked at."""

    id: Text  # A stable word for it.
    grade: Grade
    says: Text
    next_step: Text | None  # A sentence.
    command: Text | None  # What to type, whole.


def checkup_text(remarks: Sequence[DoctorRemark], *, style: Style = PLAIN) -> str:
    """Every remark, 80 columns wide; commands stay on a line of their own."""
    return "\n".join(_lines(remarks, style))


def checkup_json(remarks: Sequence[DoctorRemark], *, at: datetime) -> DoctorDocument:
    """The same as one JSON document."""
    return {
        "schema": "trustrig.doctor/1",
        "at": moment_text(at),
        "healthy": healthy(remarks),
        "remarks": [
            {
                "id": remark.id,
                "grade": remark.grade,
                "says": harmless(remark.text),
                "next_step": remark.next_step or None,
                "command": remark.command or None,
            }
            for remark in remarks
        ],
    }


def _lines(remarks: Sequence[DoctorRemark], style: Style) -> Iterator[str]:
    for remark in remarks:
        shown = _SHOWN[remark.grade]
        grade = style.good(shown) if remark.grade is Grade.OK else style.graded(shown, remark.grade)
        text = f"{padded(grade, _LABEL)}{harmless(remark.text)}"
        yield from wrapped(text, hanging=" " * _LABEL)
        if remark.next_step:
            yield from wrapped(f"-> {remark.next_step}", indent=" " * _LABEL, hanging=" " * (_LABEL + 3))
        if remark.command:  # left whole: a command that is broken into lines is another one
            yield f"{'':<{_LABEL}}{'  ' if remark.next_step else '->'} {remark.command}"
    yield ""
    yield _summary(remarks)


def _summary(remarks: Sequence[DoctorRemark]) -> str:
    counts = Counter(remark.grade for remark in remarks)
    counted = [
        f"{counts[grade]} {grade}{'s' if counts[grade] != 1 else ''}"
        for grade in (Grade.PROBLEM, Grade.WARNING, Grade.NOTE)
        if counts[grade]
    ]
    return f"{', '.join(counted) or 'Nothing to say'}; {counts[Grade.OK]} in order."
