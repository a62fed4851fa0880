"""Parquet (pyarrow, the extra `audit`): an input for each row, read in batches."""

from __future__ import annotations

from collections.abc import Iterator

from pki.audit.inputs import AuditInput
from pki.audit.sources.byte_reader import ByteReader
from pki.audit.sources.columns import Columns, places_of, unknown_columns
from pki.audit.sources.extra import needed
from pki.audit.sources.records import record_input
from pki.audit.sources.rows import Remark, failed
from pki.errors import Unreadable

_BATCH = 256  # rows
_BUFFER = 1024 * 1024  # octets that are read ahead of one column


def parquet(reader: ByteReader, columns: Columns, remark: Remark) -> Iterator[AuditInput]:
    """An input for each row: rows count from 1.

    Raises:
        Unreadable: pyarrow is not installed, it comes from a pipe, or it is damaged.
        InvalidRequest: a column that was asked for is not there, or none is known.
    """
    module = needed(
        "pyarrow.parquet", f"{reader.name} is Parquet", instead="CSV and NDJSON are read without it."
    )
    arrow = needed("pyarrow", f"{reader.name} is Parquet")
    if not reader.stream.seekable():
        raise Unreadable(
            f"{reader.name} is Parquet, which is read from its end, and comes from a pipe",
            hint="Name the file itself.",
        )
    reader.stream.seek(0)
    row = 0
    try:
        file = module.ParquetFile(reader.stream, buffer_size=_BUFFER, pre_buffer=False)
        names = list(file.schema_arrow.names)
        places = places_of(names, columns, source=reader.name)
        if not places.any:
            raise unknown_columns(names, reader.name)
        wanted = [names[at] for at in (places.host, places.leaf, places.chain, places.port) if at is not None]
        remark(f"{reader.name}: the columns {', '.join(map(repr, wanted))} are read.")
        host, leaf, chain, port = (
            None if at is None else names[at] for at in (places.host, places.leaf, places.chain, places.port)
        )
        for batch in file.iter_batches(batch_size=_BATCH, columns=list(dict.fromkeys(wanted))):
            for record in batch.to_pylist():
                row += 1
                yield record_input(
                    reader.name,
                    f"row {row}",
                    host=record[host] if host else None,
                    chain=record[chain] if chain else None,
                    leaf=record[leaf] if leaf else None,
                    has_leaf=leaf is not None,
                    port=record[port] if port else None,
                    has_chain=chain is not None,
                )
    except (arrow.ArrowException, OSError, ValueError) as error:
        words = f"{reader.name} is Parquet that does not read ({str(error).splitlines()[0]:.200})"
        if not row:
            raise Unreadable(words, hint="Write it anew.", path=reader.name) from None
        yield failed(reader.name, f"row {row + 1}", f"{words}, and no row behind was read.")
