"""Who writes into a place that knows no locks: an object that its holder renews, and whose like others look at first.

Clocks are not compared (as in Kubernetes' leader election): who finds such an object watches it for a while, and takes
one that nobody renews for a killed process's. A holder looks before it renews, and ends where another one has taken
its place. Two that begin at the same moment, or a process that was stopped for longer than others watch, both write
until the earlier one looks again; each object is whole all the same, and equal questions write equal objects.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import secrets
import threading
import time
from typing import TYPE_CHECKING, Any, Final, Protocol

from pki.errors import PkiError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME: Final = ".lock"
BEAT = 15.0
"""Seconds between two renewals; ours."""
WATCHED = 45.0
"""Seconds for which an object is watched before it is taken for nobody's: three renewals, of which two may be lost."""


class Objects(Protocol):
    """Where the object is kept."""

    @property
    def shown(self) -> str:
        """What the user calls it."""
        ...

    def read(self, name: str) -> bytes | None:
        """What the object NAME holds; None where there is none."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Let the object NAME be DATA."""
        ...

    def remove(self, name: str) -> None:
        """Take the object NAME away, if it is there."""
        ...


class Lease:
    """The claim of one process to PLACE."""

    def __init__(self, place: Objects, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._place = place
        self._clock = clock
        self._id = secrets.token_hex(8)
        self._beats = 0
        self._ended = threading.Event()
        self._lost_to: str | None = None

    @contextlib.contextmanager
    def held(self, remark: Callable[[str], None]) -> Iterator[None]:
        """Hold it within the block; REMARK is told where that has to wait.

        Raises:
            StoreError: another process holds it, or the store refuses.
        """
        self._wait(remark)
        self._write()
        if self._other() is not None:
            raise self._taken()
        beating = threading.Thread(target=self._beat, name="trustrig:lease", daemon=True)
        beating.start()
        try:
            yield
        finally:
            self._ended.set()
            beating.join()
            with contextlib.suppress(PkiError):  # it is watched for a while then, and taken for nobody's
                if self._other() is None:
                    self._place.remove(NAME)

    def check(self) -> None:
        """Refuse to write where another process has taken the place.

        Raises:
            StoreError: one has.
        """
        if self._lost_to is not None:
            raise self._taken()

    def _wait(self, remark: Callable[[str], None]) -> None:
        """Watch what is there, until it is known to be nobody's."""
        first = self._place.read(NAME)
        if first is None:
            return
        self._lost_to = _owner(first)
        remark(
            f"{self._place.shown} is held by {self._lost_to}: looking for {WATCHED:.0f} seconds whether that still runs"
        )
        until = self._clock() + WATCHED
        while self._clock() < until:
            self._ended.wait(min(BEAT, WATCHED) / 5)
            now = self._place.read(NAME)
            if now is None:
                break
            if now != first:
                raise self._taken()
        self._lost_to = None

    def _beat(self) -> None:
        while not self._ended.wait(BEAT):
            with contextlib.suppress(PkiError):  # whoever writes meets it, too
                self._lost_to = self._other()
                if self._lost_to is not None:
                    return
                self._write()

    def _write(self) -> None:
        self._beats += 1
        document = {
            "run": self._id,
            "host": platform.node(),
            "process": os.getpid(),
            "renewed": self._beats,
        }
        self._place.write(NAME, json.dumps(document).encode() + b"\n")

    def _other(self) -> str | None:
        """Who has taken the place; None where it is this one's, or nobody's."""
        found = self._place.read(NAME)
        return None if found is None or _read(found).get("run") == self._id else _owner(found)

    def _taken(self) -> StoreError:
        who = self._lost_to or "one that began just now"
        return StoreError(
            f"another process is writing an audit into {self._place.shown}: {who}",
            hint="Wait for it to end, or give another folder.",
            path=self._place.shown,
        )


def _read(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _owner(data: bytes) -> str:
    found = _read(data)
    return f"process {found.get('process', '?')!s:.20} on {found.get('host', 'an unknown machine')!s:.100}"
