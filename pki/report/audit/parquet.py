"""Rows as Parquet, typed: moments are timestamps in UTC, lists are lists. Written by pyarrow, of `trustrig[audit]`.

Row group by row group, so that memory does not grow with the rows. One release of pyarrow writes equal bytes of equal
rows; its number is in the file.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from pki.model.extras import extra_module
from pki.model.time_format import moment_of
from pki.report.audit.row import FIELDS, SCHEMA, whole

if TYPE_CHECKING:
    from pki.report.audit.row import AuditRow

COLUMNS: Final = tuple(name for name in FIELDS if name != "schema")
GROUP: Final = 20_000
"""Rows of a row group: some 20 MB on the way."""
_MOMENTS: Final = frozenset({"not_before", "not_after", "breaks_at", "trusted_from", "followed_until"})
_SMALL: Final = frozenset({"apple_code", "position", "breaks_position"})
_LISTS: Final = frozenset({"failed", "warned", "not_checked"})


def parquet_pieces(rows: Iterable[AuditRow]) -> Iterator[bytes]:
    """ROWS in one file.

    Raises:
        InvalidRequest: pyarrow is not installed.
    """
    arrow = extra_module("pyarrow", extra="audit", purpose="Parquet")
    parquet = extra_module("pyarrow.parquet", extra="audit", purpose="Parquet")
    schema = _schema(arrow)
    sink = _Sink()
    # zstd: what Arrow, DuckDB, Spark and pandas all read, and half of what snappy leaves.
    with parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        left = iter(rows)
        while group := list(islice(left, GROUP)):
            values = [{name: _value(row[name], name) for name in COLUMNS} for row in group]  # type: ignore[literal-required]
            writer.write_table(arrow.Table.from_pylist(values, schema=schema), row_group_size=GROUP)
            yield sink.taken()
    yield sink.taken()


class _Sink(io.RawIOBase):
    """A file that only goes on: what was written is taken out and forgotten."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._written += len(piece)
        return len(piece)

    def taken(self) -> bytes:
        """What came since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _schema(arrow: Any) -> Any:
    text = arrow.string()
    ids = arrow.list_(text)
    renewal = arrow.struct([("on", arrow.date32()), ("refused_by", ids), ("warned_by", ids)])
    failure = arrow.struct([("rule", text), ("position", arrow.int32()), ("certificate", text)])
    kinds = {
        **dict.fromkeys(_MOMENTS, arrow.timestamp("ms", tz="UTC")),  # Parquet has no whole seconds
        **dict.fromkeys(_SMALL, arrow.int32()),
        **dict.fromkeys(_LISTS, ids),
        "trusted": arrow.bool_(),
        "lifetime_days": arrow.float64(),
        "also": arrow.list_(failure),
        "renewals": arrow.list_(renewal),
    }
    # In the metadata at the end of the file: what it is.
    return arrow.schema([(name, kinds.get(name, text)) for name in COLUMNS], metadata={"schema": SCHEMA})


def _value(value: Any, name: str) -> Any:
    if value is not None and name in _MOMENTS:
        return moment_of(value)
    if name == "renewals":
        return [{**renewal, "on": date.fromisoformat(renewal["on"])} for renewal in value]
    return whole(value) if isinstance(value, str) else value
