"""One audit in its folder: begun, gone on with after an interruption, and put together in input order."""

from __future__ import annotations

import contextlib
from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from pki.audit.kept_inputs import CHAINS
from pki.audit.manifest import ChangedRun, Manifest
from pki.audit.own_files import PARTS, own_files
from pki.audit.parts import ROWS as PART_ROWS
from pki.audit.parts import cut
from pki.errors import InvalidRequest, StoreError, Unreadable
from pki.report.audit.row import read_rows
from pki.store.atomic import AlreadyExists

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pki.audit.engines.engine import Engine
    from pki.audit.inputs import AuditInput
    from pki.audit.parts import Part
    from pki.audit.places import RunPlace
    from pki.report.audit.row import AuditRow

ROWS: Final = "rows.ndjson"
_CHUNK: Final = 1024 * 1024  # bytes


class Progress(NamedTuple):
    """How far a run is: rows with an answer, of how many, and of those how many are not trusted or have an error."""

    done: int
    rows: int
    failures: int


class Run:
    """An audit in PLACE, which the caller holds (`RunPlace.held`).

    `inputs` gives the same input again at each call; `rows` is how many of them are a part.
    """

    def __init__(
        self,
        place: RunPlace,
        settings: bytes,
        inputs: Callable[[], Iterable[AuditInput]],
        *,
        rows: int = PART_ROWS,
    ) -> None:
        self._place = place
        self._settings = settings
        self._inputs = inputs
        self._part_rows = rows
        self._manifest: Manifest | None = None

    @property
    def begun(self) -> Manifest:
        """The manifest of a run that was begun."""
        if self._manifest is None:
            raise RuntimeError("a run is begun before it is judged")
        return self._manifest

    def begin(self, asked: Manifest, *, resume: bool, kept: bool = False) -> None:
        """Begin the run that ASKED describes, in place of an earlier one; or with RESUME go on with that.

        KEPT inputs are in the place already, and stay.

        Raises:
            ChangedRun: what is there was begun with another input or question, or by another version.
            InvalidRequest: there is no input.
            StoreError: the folder cannot be used.
        """
        if not asked.rows:
            raise InvalidRequest(
                "there is nothing to audit: the sources hold no certificates and no hosts",
                hint="Name others.",
            )
        before = Manifest.read(self._place) if resume else None
        if before is not None:
            before.check_question(asked, shown=self._place.shown)
            before.check_input(asked, shown=self._place.shown)
        else:
            clear(self._place, kept=kept)
            asked.write(self._place)
        self._manifest = before or asked

    def judge(self, engine: Engine) -> Iterator[Progress]:
        """Let ENGINE judge what has no rows yet, and keep each part as it comes; then put `rows.ndjson` together.

        Raises:
            ChangedRun: a source changed while it was read.
            StoreError: something cannot be written; what is there can be gone on with.
            PkiError: the engine came to its end.
        """
        manifest = self.begun
        if manifest.rows_sha256 is not None:
            return
        done = failures = 0
        there = set(self._place.names(PARTS)) & {_name(number) for number in range(len(manifest.parts))}
        for name in sorted(there):
            rows, bad = _counted(self._place.read(f"{PARTS}/{name}") or b"")
            done, failures = done + rows, failures + bad
        yield Progress(done, manifest.rows, failures)
        missing = (
            part for part in cut(self._inputs(), rows=self._part_rows) if self._is_missing(part, there)
        )
        with contextlib.closing(engine.judge(self._settings, missing)) as judged:
            for number, data in judged:
                self._place.write(f"{PARTS}/{_name(number)}", data)
                rows, bad = _counted(data)
                done, failures = done + rows, failures + bad
                yield Progress(done, manifest.rows, failures)
        self._put_together()

    def rows(self) -> Iterator[AuditRow]:
        """The rows of a finished run, in input order.

        Raises:
            StoreError: they cannot be read. ChangedRun: somebody changed them.
        """
        with self._place.reading(ROWS) as file:
            try:
                yield from read_rows(file)
            except Unreadable as error:
                raise ChangedRun(
                    f"{self._place.shown}/{ROWS} is not as the audit left it: {error.problem}",
                    hint="Judge everything again",
                ) from None

    def _is_missing(self, part: Part, there: set[str]) -> bool:
        expected = self.begun.parts
        if part.number >= len(expected) or part.fingerprint != expected[part.number]:
            raise ChangedRun(
                f"the input changed while it was read, in rows {part.first:,} to {part.last:,}",
                hint="Judge everything again",
            )
        return _name(part.number) not in there

    def _put_together(self) -> None:
        """Make one file of the parts, say so in the manifest, and only then take the parts away."""
        manifest, digest = self.begun, sha256()
        names = [_name(number) for number in range(len(manifest.parts))]
        with self._place.writing(ROWS) as whole:
            for name in names:
                with self._part(name) as file:
                    while data := file.read(_CHUNK):
                        digest.update(data)
                        whole.write(data)
        self._manifest = manifest.finished(digest.hexdigest())
        self._manifest.write(self._place)
        for name in names:
            self._place.remove(f"{PARTS}/{name}")

    @contextlib.contextmanager
    def _part(self, name: str) -> Iterator[BinaryIO]:
        try:
            with self._place.reading(f"{PARTS}/{name}") as file:
                yield file
        except FileNotFoundError:
            raise StoreError(
                f"{self._place.shown} has lost {PARTS}/{name} while the audit ran",
                hint="Another process took it away; go on with --resume",
            ) from None


def check_free(place: RunPlace) -> None:
    """Refuse a PLACE that has an audit in it.

    Raises:
        AlreadyExists: it has.
    """
    if own_files(place):
        raise AlreadyExists(
            f"{place.shown} has an audit in it", hint="Choose another folder, or replace it", path=place.shown
        )


def is_begun(place: RunPlace) -> bool:
    """Whether PLACE has something to go on with; False where it cannot even be looked into."""
    try:
        return bool(own_files(place))
    except StoreError:
        return False


def clear(place: RunPlace, *, kept: bool = False) -> None:
    """Take an earlier audit's files out of PLACE, and nothing else; KEPT inputs stay.

    Raises:
        StoreError: the system refused.
    """
    for name in own_files(place):
        if not (kept and name == CHAINS):
            place.remove(name)


def _counted(rows: bytes) -> tuple[int, int]:
    """How many ROWS there are, and how many of them are not trusted or have an error."""
    found = list(read_rows(rows.splitlines()))
    return len(found), sum(row["trusted"] is not True for row in found)


def _name(number: int) -> str:
    return f"{number:06}.ndjson"
