"""One part after the other, in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.audit.engines.engine import JudgedPart
from pki.audit.judging import judge_part

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from pki.audit.parts import Part


class Loop:
    """The engine that needs nothing: for few rows, and where processes cannot be started."""

    def judge(self, settings: bytes, parts: Iterable[Part]) -> Generator[JudgedPart]:
        """The rows of each of PARTS, in their order."""
        for part in parts:
            yield JudgedPart(part.number, judge_part(settings, part.data))
