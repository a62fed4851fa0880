"""What an engine is: parts in, their rows out as they are done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from pki.errors import PkiError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from pki.audit.parts import Part

MOST_TRIES: Final = (
    3  # of one part: a worker killed by chance is no reason to stop, one part that kills them all is
)


class EngineFailed(PkiError):
    """Nobody is left who judges; what was judged so far stays."""


class JudgedPart(NamedTuple):
    """The rows of one part, as `judge_part` gives them."""

    number: int
    rows: bytes


class Engine(Protocol):
    """Judges parts. Closing the generator ends what it started."""

    def judge(self, settings: bytes, parts: Iterable[Part]) -> Generator[JudgedPart]:
        """The rows of each of PARTS, in whatever order; PARTS are taken no faster than they are judged.

        Raises:
            EngineFailed: a part could not be judged.
        """
        ...
