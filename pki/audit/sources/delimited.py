"""CSV and its kin (RFC 4180; semicolons and tabs too): a record at a time, and a broken one costs no other."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import islice

from pki.audit.inputs import MAX_LINE, AuditInput
from pki.audit.sources.byte_reader import ByteReader
from pki.audit.sources.cells import is_certificate
from pki.audit.sources.columns import Columns, Places, places_of, unknown_columns
from pki.audit.sources.records import record_input
from pki.audit.sources.rows import PassedOver, Remark, failed, shown

_DELIMITERS = (",", ";", "\t", "|")
_ANY = Columns()
_FIRST = 16 * 1024  # octets of a first line that tell what parts its cells
# How Excel is told of the delimiter, in a line of its own that it does not show; and rows without anything.
_SAID = re.compile(rb"(?:\xef\xbb\xbf)?sep=([,;|\t])[ \t]*\r?\n", re.IGNORECASE)
_NOTHING = re.compile(rb"(?:\xef\xbb\xbf)?(?:[,;|\t \"]*\r?\n)*")
_LONGEST_NAME = 100
_LOOKED_AT = 20  # rows in which a column of certificates is looked for


@dataclass(frozen=True, slots=True)
class FirstRow:
    """The first record of a text: its cells, what parts them, and where among them host, chain and port are."""

    cells: list[str]
    delimiter: str
    places: Places
    before: int = 0  # records before it: empty ones, and Excel's word on the delimiter
    hidden: int = 0  # of them, what Excel does not count


def first_row(head: bytes, columns: Columns, *, source: str) -> FirstRow | None:
    """What the HEAD of a text begins with, where that is a row of cells; None where it is something else.

    Raises:
        InvalidRequest: it is a row, and a column that was asked for is none of it.
    """
    said = _SAID.match(head)
    start = said.end() if said is not None else _NOTHING.match(head).end()  # type: ignore[union-attr]  # matches nothing, too
    line = head[start : start + _FIRST].partition(b"\n")[0].decode("utf-8", "replace")
    delimiter = said[1].decode() if said is not None else max(_DELIMITERS, key=line.count)
    if not line.strip() or (delimiter not in line and not places_of([line.strip()], _ANY, source=source).any):
        return None
    before, head = head.count(b"\n", 0, start), head[start:]
    cells = next(_records(ByteReader(BytesIO(head), source), delimiter), "")
    if isinstance(cells, str) or not cells:
        return None
    places = places_of(cells, columns, source=source)
    if places.chain is None and not columns.chain:  # before anybody is asked over the network: is it at hand?
        places = replace(places, chain=_holding(head, delimiter, len(cells), source))
    return FirstRow(cells, delimiter, places, before, int(said is not None))


def _holding(head: bytes, delimiter: str, due: int, source: str) -> int | None:
    """The column of DUE in which certificates stand, whatever it is called; None where the first rows have none."""
    for row in islice(_records(ByteReader(BytesIO(head), source), delimiter), 1, _LOOKED_AT):
        if not isinstance(row, str) and 1 < len(row) == due:
            found = next((at for at, cell in enumerate(row) if is_certificate(cell)), None)
            if found is not None:
                return found
    return None


def delimited(
    reader: ByteReader, columns: Columns, remark: Remark, passed: PassedOver
) -> Iterator[AuditInput]:
    """An input for each record; a record counts as a spreadsheet counts it, the header being row 1.

    A row without anything in its cells is none: spreadsheets write such ones behind the last. PASSED counts them.

    Raises:
        InvalidRequest: a column that was asked for is not there, or none is known.
    """
    first = first_row(reader.head(), columns, source=reader.name)
    names, places = (first.cells, first.places) if first is not None else ([], Places())
    if first is None or not places.any:
        raise unknown_columns(names, reader.name)
    headless = columns.numbered and _is_data(names, places)
    called = [f"number {at}" if headless else shown(name) for at, name in enumerate(names, start=1)]
    remark(_told(called, places, reader.name))
    for number, cells in enumerate(_records(reader, first.delimiter), start=1 - first.hidden):
        if number + first.hidden <= first.before + (not headless):
            continue
        locator = f"row {number}"
        if isinstance(cells, str):
            yield failed(reader.name, locator, f"{reader.name}, {locator} is broken: {cells}.")
        elif any(cell.strip() for cell in cells):
            yield _input(cells, len(names), places, reader.name, locator)
        elif len(cells) > 1:  # a blank line is no row of a spreadsheet's
            passed.count("row with nothing in it", "rows with nothing in them")


def has_chains(row: FirstRow) -> bool:
    """Whether a cell of a ROW without names is the base64 of a certificate: a table that has no header."""
    return any(map(is_certificate, row.cells))


def _is_data(cells: list[str], places: Places) -> bool:
    """Whether a first row is no header: its chain is longer than a name, or its host has a dot."""
    if places.chain is not None:
        return len(cells[places.chain]) > _LONGEST_NAME
    return places.host is not None and "." in cells[places.host]


def _input(cells: list[str], due: int, places: Places, source: str, locator: str) -> AuditInput:
    wanted = [at for at in (places.host, places.chain, places.leaf) if at is not None]
    if len(cells) != due and (max(wanted) >= len(cells) or len(cells) > due):
        return failed(
            source, locator, f"{source}, {locator} has {len(cells)} cells, where the first row has {due}."
        )

    def cell(at: int | None) -> str:
        return cells[at] if at is not None and at < len(cells) else ""

    return record_input(
        source,
        locator,
        host=cell(places.host),
        chain=cell(places.chain),
        leaf=cell(places.leaf),
        has_leaf=places.leaf is not None,
        port=cell(places.port),
        has_chain=places.chain is not None,
    )


def _told(names: list[str], places: Places, source: str) -> str:
    if places.chain is None:
        return f"{source}: hosts are read from the column {names[places.host or 0]}, and each is asked."
    host = (
        f"hosts from {names[places.host]}" if places.host is not None else "no hosts, so no name is checked"
    )
    own = f"{names[places.leaf]} and " if places.leaf is not None else ""
    return (
        f"{source}: chains are read from the column{'s' if own else ''} {own}{names[places.chain]}, {host}."
    )


class _Lines:
    """The text lines of a reader, of which those of a broken record can be given back."""

    def __init__(self, reader: ByteReader) -> None:
        self._lines = reader.lines()
        self._back: deque[str] = deque()
        self._taken: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self._back:
            text = self._back.popleft()
        else:
            line = next(self._lines)
            text = line.text.decode("utf-8", "replace") + "\n"
            if not line.whole:
                raise csv.Error(f"its line {line.number} is longer than {MAX_LINE >> 20} MiB")
        self._taken.append(text)
        return text

    def next_record(self) -> None:
        """Forget the lines of the record before."""
        self._taken.clear()

    def give_back(self) -> None:
        """Have all lines of this record but its first read again."""
        self._back.extendleft(reversed(self._taken[1:]))


def _records(reader: ByteReader, delimiter: str) -> Iterator[list[str] | str]:
    """The cells of each record, or in words why it does not read; then its second line begins the next."""
    lines = _Lines(reader)
    while True:
        lines.next_record()
        try:
            # Anew for each: what a broken record leaves behind is no part of the next.
            yield next(csv.reader(lines, delimiter=delimiter, strict=True))
        except StopIteration:
            return
        except csv.Error as error:
            lines.give_back()
            yield str(error)
