"""One connection's exception ends that connection and no other: what a server's loop wraps around its ends.

Ends foresee what peers do. What one of them did not foresee is our mistake; it must not shut a server that others use,
nor pass unseen. So it becomes one line in the log `trustrig`, which Python writes to standard error where nobody
configured logging.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

LOG = "trustrig"


class ContainedError:
    """Whether there was one; false until then."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found = False

    def __bool__(self) -> bool:
        return self.found


@contextmanager
def contained(client: str) -> Iterator[ContainedError]:
    """Let no Exception of the block out: log it for the connection of CLIENT, an address, and say so in the value."""
    contained_error = ContainedError()
    try:
        yield contained_error
    except Exception as error:  # whatever it is: the next unforeseen one included
        contained_error.found = True
        log_mistake(client, error)


def log_mistake(client: str, error: Exception) -> None:
    """Type and place, for a report of the mistake; not the message, which may quote the client or a secret."""
    import logging

    logging.getLogger(LOG).error(
        "the connection of %s was closed by a mistake in trustrig (%s in %s); the server goes on: please report it",
        client,
        type(error).__name__,
        _place(error.__traceback__),
    )


def _place(trace: TracebackType | None) -> str:
    """The innermost line that it passed through, of our own if there is one."""
    from traceback import walk_tb

    places = [f"{frame.f_globals.get('__name__')} line {line}" for frame, line in walk_tb(trace)]
    return [place for place in places if place.startswith("pki")][-1]  # this module's own at least
