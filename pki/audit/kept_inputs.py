"""Inputs that cannot be had a second time, kept as they came: what servers sent, and what came on standard input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pki.audit.inputs import AuditInput
from pki.audit.manifest import ChangedRun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pki.audit.places import RunPlace

CHAINS: Final = "chains.ndjson"
ASKED: Final = "asked"
_AT_A_TIME: Final = (
    50  # inputs in a file of their own until all are there: what is asked again after a killed process
)


class KeptInputs:
    """The inputs in PLACE, which the caller holds: some of them, or all in one file, which can be audited itself."""

    def __init__(self, place: RunPlace) -> None:
        self._place = place

    @property
    def complete(self) -> bool:
        """Whether all are there."""
        return CHAINS in self._place.names()

    def fill(
        self, inputs: Iterable[AuditInput], ask: Callable[[Iterator[AuditInput]], Iterable[AuditInput]]
    ) -> Iterator[AuditInput]:
        """Keep what ASK makes of INPUTS, which are in the same order, and hand each on; what is there stays.

        Raises:
            ChangedRun: what is there came of other inputs.
            StoreError: something cannot be written.
        """
        rest = iter(inputs)
        done = 0
        for kept in self._kept():
            self._check(kept, next(rest, None))
            done += 1
            yield kept
        for some in self._taken(ask(rest), done):
            yield from some
        self._put_together()

    def check(self, inputs: Iterable[AuditInput]) -> None:
        """Refuse to go on with what is there, all of it, where it came of other INPUTS.

        Raises:
            ChangedRun: it did.
        """
        rest = iter(inputs)
        for kept in self.read():
            self._check(kept, next(rest, None))
        if (more := next(rest, None)) is not None:
            raise self._changed(f"{more.id} is new")

    def _taken(self, answers: Iterable[AuditInput], done: int) -> Iterator[list[AuditInput]]:
        """ANSWERS, some at a time, each in a file by then; DONE are there. What came before an interruption, too."""
        some: list[AuditInput] = []
        try:
            for one in answers:
                some.append(one)
                if len(some) == _AT_A_TIME:
                    self._write(done, some)
                    yield some
                    done, some = done + len(some), []
        except KeyboardInterrupt:
            self._write(done, some)
            raise
        self._write(done, some)
        yield some

    def _write(self, first: int, some: list[AuditInput]) -> None:
        if some:
            self._place.write(f"{ASKED}/{first:09}.ndjson", b"".join(one.encode() for one in some))

    def _check(self, kept: AuditInput, now: AuditInput | None) -> None:
        if not _same(kept, now):
            raise self._changed(f"{kept.id} is another one, or gone")

    def _changed(self, how: str) -> ChangedRun:
        return ChangedRun(
            f"the input has changed since {self._place.shown} was begun: {how}", hint="Ask everything again"
        )

    def read(self) -> Iterator[AuditInput]:
        """All of them, when they are complete."""
        with self._place.reading(CHAINS) as file:
            for number, line in enumerate(file, start=1):
                yield AuditInput.decode(line, name=f"{self._place.shown}/{CHAINS}, line {number}")

    def _kept(self) -> Iterator[AuditInput]:
        for name in self._place.names(ASKED):
            data = self._place.read(f"{ASKED}/{name}") or b""
            for line in data.splitlines():
                yield AuditInput.decode(line, name=f"{self._place.shown}/{ASKED}/{name}")

    def _put_together(self) -> None:
        names = self._place.names(ASKED)
        with self._place.writing(CHAINS) as whole:
            for name in names:
                whole.write(self._place.read(f"{ASKED}/{name}") or b"")
        for name in names:
            self._place.remove(f"{ASKED}/{name}")


def _same(kept: AuditInput, now: AuditInput | None) -> bool:
    """Whether KEPT came of NOW: a host that was asked, or the very same input."""
    if now is None or not now.to_be_asked:
        return kept == now
    return (kept.source, kept.locator, kept.host, kept.endpoint) == (
        now.source,
        now.locator,
        now.host,
        now.endpoint,
    )
