"""An audit's input cut into parts by position: what one worker is given at a time, as bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from pki.audit.inputs import AuditInput

ROWS: Final = (
    2_000  # a second or two of work: little is lost with one, and handing it over costs nothing beside it
)
# Of chains in base64, however long those are that somebody sent; Dask warns of tasks above 10 MB.
MOST_BYTES: Final = 8 * 1024 * 1024


class Part(NamedTuple):
    """Some rows of the input that follow one another: a line of `AuditInput.encode` each."""

    number: int  # from 0
    first: int  # the number of its first row, from 1
    rows: int
    data: bytes

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of its bytes, lower-case hex."""
        return sha256(self.data).hexdigest()

    @property
    def last(self) -> int:
        """The number of its last row."""
        return self.first + self.rows - 1


def cut(inputs: Iterable[AuditInput], *, rows: int = ROWS, most_bytes: int = MOST_BYTES) -> Iterator[Part]:
    """The parts of INPUTS: ROWS rows each, fewer where those would be above MOST_BYTES; the last has what is left.

    Equal inputs are cut alike, whoever judges them.
    """
    number, first, weight = 0, 1, 0
    lines: list[bytes] = []
    for line in (one.encode() for one in inputs):
        if lines and (len(lines) == rows or weight + len(line) > most_bytes):
            yield Part(number, first, len(lines), b"".join(lines))
            number, first, weight, lines = number + 1, first + len(lines), 0, []
        lines.append(line)
        weight += len(line)
    if lines:
        yield Part(number, first, len(lines), b"".join(lines))
