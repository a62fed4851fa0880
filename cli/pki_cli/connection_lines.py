"""A line for each connection of a server of ours as it ends: text or JSON on stdout, and JSON in a file."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Generic, TypeVar

from pki_cli.shell import note, now, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from pki_fixtures.connection_report import ConnectionDocument

    Tell = Callable[[ConnectionDocument], None]

Record = TypeVar("Record")


class ConnectionLines(Generic[Record]):
    """Tells of what FINISHED gives (`finished_since` of a server), each as DESCRIBED has it, to all of TELLERS."""

    def __init__(
        self,
        finished: Callable[[int, float], tuple[int, tuple[Record, ...]]],
        described: Callable[[Record, datetime], ConnectionDocument],
        tellers: tuple[Tell, ...],
    ) -> None:
        self._finished = finished
        self._described = described
        self._tellers = tellers
        self.told = 0

    def tell(self, *, timeout: float) -> None:
        """Tell of each connection that ended since the last time; where there is none, wait so many seconds for one."""
        count, records = self._finished(self.told, timeout)
        if forgotten := count - self.told - len(records):
            note(f"{forgotten} connections came and went faster than they could be told")
        self.told = count - len(records)
        for record in records:
            document = self._described(record, now())
            for teller in self._tellers:
                teller(document)
            self.told += 1  # each by itself: Ctrl-C may come between two of them

    def stop(self) -> None:
        """Tell of who was there at the end, or had just left, and how many came."""
        self.tell(timeout=0)
        note(f"Stopped; {self.told} connection{'s' if self.told != 1 else ''}.")


@contextlib.contextmanager
def connection_tellers(path: Path | None, *, as_json: bool) -> Iterator[tuple[Tell, ...]]:
    """What tells of one connection on stdout, and with PATH adds a line of JSON to that file."""
    from pki_fixtures.connection_report import connection_line

    def tell_json(document: ConnectionDocument) -> None:
        say(json.dumps(document, ensure_ascii=False))

    def tell_text(document: ConnectionDocument) -> None:
        say(connection_line(document))

    shown = tell_json if as_json else tell_text
    if path is None:
        yield (shown,)
        return
    with path.open("a", encoding="utf-8", buffering=1) as file:
        yield shown, lambda document: print(json.dumps(document, ensure_ascii=False), file=file)
