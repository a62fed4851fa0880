"""The ledger: one line of JSON for each certificate issued, appended and never changed."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pki.errors import StoreError
from pki.model.time_format import utc_text
from pki.report.document import TypedDict
from pki.store.atomic import read_file, reading_file, refusals_about
from pki.store.layout import is_serial

if TYPE_CHECKING:
    from pathlib import Path

    from pki.report.fields import LedgerKind, Serial, Sha256, Text, Time

_BLOCK = 16 * 1024  # bytes read from the end to look at the last line; a row has about 600
_TIMES = ("not_before", "not_after", "issued_at")
_TEXTS = ("serial", "name", "kind", "subject", "sha256", "issuer", "path")


class LedgerRowJson(TypedDict):
    """One certificate that was issued: a line of ledger.jsonl."""

    serial: Serial
    name: Text  # What it is called: its first name.
    kind: LedgerKind
    subject: str  # RFC 4514.
    names: list[Text]
    not_before: Time
    not_after: Time
    sha256: Sha256
    issuer: Text  # RFC 4514.
    path: Text  # Relative to the authority's folder.
    issued_at: Time
    renewed_from: Serial | None  # The serial of the certificate it took over from.
    declared: Text | None  # What a manifest asked for, as JSON; null: a command issued it.


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One certificate that was issued."""

    serial: str  # lower-case hexadecimal
    name: str  # what it is called here: its first name
    kind: str  # server, client, intermediate or cross
    subject: str  # RFC 4514
    names: tuple[str, ...]  # its subject alternative names
    not_before: datetime
    not_after: datetime
    sha256: str  # of the DER, lower-case hexadecimal
    issuer: str  # RFC 4514
    path: str  # relative to the authority's folder
    issued_at: datetime
    renewed_from: str | None = None  # the serial of the certificate it took over from
    declared: str | None = None  # what a manifest asked for, as JSON; None when a command issued it

    @property
    def defect(self) -> str | None:
        """What a manifest made wrong on purpose; None where nothing is, or a command issued it."""
        try:
            found = json.loads(self.declared or "{}")
        except ValueError:
            return None
        defect = found.get("defect") if isinstance(found, dict) else None
        return defect if isinstance(defect, str) else None

    def as_json(self) -> LedgerRowJson:
        """Return the row as JSON values."""
        return {
            "serial": self.serial,
            "name": self.name,
            "kind": self.kind,
            "subject": self.subject,
            "names": list(self.names),
            "not_before": utc_text(self.not_before),
            "not_after": utc_text(self.not_after),
            "sha256": self.sha256,
            "issuer": self.issuer,
            "path": self.path,
            "issued_at": utc_text(self.issued_at),
            "renewed_from": self.renewed_from,
            "declared": self.declared,
        }


def append(ledger: Path, row: LedgerRow) -> int:
    """Add ROW and flush it to disk: the certificate counts as issued from here. Return the size before.

    Raises:
        StoreError: the system refused; the ledger is as it was.
    """
    line = json.dumps(row.as_json(), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    with refusals_about(ledger):
        handle = os.open(ledger, os.O_WRONLY | os.O_APPEND)
        try:
            size = os.fstat(handle).st_size
            try:
                _write_all(handle, line)
                os.fsync(handle)
            except BaseException:
                os.ftruncate(handle, size)
                raise
        finally:
            os.close(handle)
    return size


def cut(ledger: Path, size: int) -> None:
    """Take back what was appended beyond SIZE."""
    with refusals_about(ledger):
        os.truncate(ledger, size)


def read_rows(ledger: Path) -> tuple[LedgerRow, ...]:
    """Read every row, the oldest first; a last line that was never finished is none.

    Raises:
        StoreError: the ledger cannot be read, or a line is no row; the message names file and line.
    """
    *lines, rest = read_file(ledger, missing=_missing(ledger)).split(b"\n")
    rows = [_row(line, ledger, number) for number, line in enumerate(lines, start=1)]
    if (last := _parsed(rest)) is not None:
        rows.append(last)  # complete but for the newline, as an editor may leave it
    return tuple(rows)


def mend(ledger: Path, *, interrupted: bool) -> None:
    """Make the ledger end with a complete row; the caller holds the lock.

    A line that a killed process began is removed, since its certificate was never issued. That is believed
    only when the process left something in the staging folder too (`interrupted`); else the file was cut.

    Raises:
        StoreError: the last line is no row, or no process of ours was interrupted in it.
    """
    if _ends_well(ledger):
        return
    data = read_file(ledger, missing=_missing(ledger))
    if data.endswith(b"\n"):
        raise _corrupt(ledger, data.count(b"\n"), "it is no row")
    kept = data.rfind(b"\n") + 1
    if _parsed(data[kept:]) is not None:
        with refusals_about(ledger), ledger.open("ab") as file:
            file.write(b"\n")
    elif interrupted:
        cut(ledger, kept)
    else:
        raise _corrupt(ledger, data.count(b"\n") + 1, "it ends in the middle of a row")


def _ends_well(ledger: Path) -> bool:
    """Whether the last line is a whole row, without reading the others: every writer asks."""
    with reading_file(ledger, missing=_missing(ledger)), ledger.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _BLOCK))
        tail = file.read()
    if not tail:
        return True
    lines = tail.split(b"\n")
    # A line longer than the block is taken on trust: that is a certificate with a thousand names.
    return not lines[-1] and ((len(lines) == 2 and size > _BLOCK) or _parsed(lines[-2]) is not None)


def _row(line: bytes, ledger: Path, number: int) -> LedgerRow:
    row = _parsed(line)
    if row is None:
        raise _corrupt(ledger, number, "it is no row" if line else "it is empty")
    return row


def _parsed(line: bytes) -> LedgerRow | None:
    try:
        values = json.loads(line)
        times = {key: datetime.fromisoformat(values[key]) for key in _TIMES}
        row = LedgerRow(**(values | times | {"names": tuple(values["names"])}))
    except (ValueError, KeyError, TypeError, RecursionError):  # the last for JSON nested without end
        return None
    texts = (*(getattr(row, key) for key in _TEXTS), *row.names, row.renewed_from or "", row.declared or "")
    sound = all(isinstance(text, str) for text in texts) and all(time.tzinfo for time in times.values())
    return row if sound and is_serial(row.serial) else None


def _write_all(handle: int, data: bytes) -> None:
    while data:  # a full disk may take a part first and say so at the next call
        data = data[os.write(handle, data) :]


def _corrupt(ledger: Path, number: int, what: str) -> StoreError:
    return StoreError(
        f"{ledger}, line {number}: {what}, so the ledger is damaged",
        hint="Put the file back from a copy, or remove that line: no certificate or key is touched by that.",
    )


def _missing(ledger: Path) -> StoreError:
    return StoreError(
        f"{ledger} is missing", hint="Put it back from a copy, or create it empty to start a new ledger."
    )
