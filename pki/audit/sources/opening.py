"""All that was named, as one stream of inputs in the order it was named; each file is read once."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from pki.audit.inputs import AuditInput
from pki.audit.sources.byte_reader import STDIN, ByteReader
from pki.audit.sources.certificate_file import certificate_file
from pki.audit.sources.columns import Columns
from pki.audit.sources.content import SourceKind, told_apart
from pki.audit.sources.delimited import delimited
from pki.audit.sources.hosts_file import hosts_file
from pki.audit.sources.kubernetes_yaml import kubernetes_yaml
from pki.audit.sources.objects import json_lines, json_values
from pki.audit.sources.parquet import parquet
from pki.audit.sources.rows import PassedOver, Remark, failed
from pki.audit.sources.tree_files import tree_files
from pki.errors import InvalidRequest, PkiError, Unreadable
from pki.load import texts
from pki.load.paths import opened
from pki.load.tree import is_folder, is_read_once, same_file
from pki.model.name_input import server_named

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def comes_once(place: str) -> bool:
    """Whether PLACE can be read but once, so that its inputs have to be kept: standard input, a pipe."""
    return place == STDIN or is_read_once(Path(place))


def ignore(_: str) -> None:
    """Take a remark that nobody wants."""


def open_sources(
    places: Sequence[str],
    *,
    stdin: BinaryIO | None = None,
    host_column: str = "",
    chain_column: str = "",
    remark: Remark = ignore,
) -> Iterator[AuditInput]:
    """The inputs of all PLACES (files, folders, `-` for STDIN), in the order in which they stand there.

    What a place is, its content tells: certificates in any form that `pki.load` recognises, a list of hosts, CSV,
    NDJSON, Parquet, Secrets of Kubernetes, or what an audit wrote. In a folder, certificates and Secrets are read and
    lists are not. Columns are by name, or by number from 1. Whatever its length, no source is held in memory. REMARK is
    told what was passed over and how a source is read, a sentence at a time, while the inputs come.

    Each certificate, line, row or Secret is an input; where it cannot be read it is one with an error.

    Raises:
        Unreadable: at once, a place is not there or cannot be read. With the first input: the only place has nothing.
        InvalidRequest: at once, no place was named, or `-` without a stream. With the first input: no such column.
    """
    if not places:
        raise InvalidRequest("no source was named", hint="Name a file, a folder, or - for standard input.")
    if STDIN in places and stdin is None:
        raise InvalidRequest("- is standard input, and there is none", hint="Name a file.")
    if "" in places:  # of a shell's variable that is not set; a Path of it would be the working directory
        raise InvalidRequest(
            "the name of a source is empty", hint="Name a file, a folder, or - for standard input."
        )
    once = list(dict.fromkeys(places))
    for place in once:
        _check(place)
    return _inputs(once, stdin, Columns(host_column, chain_column), remark, given=len(places))


def _check(place: str) -> None:
    """Open what is named, so that a mistake in it is told before anything is done."""
    if place == STDIN:
        return
    path = Path(place)
    try:
        if same_file(path) is not None:
            with opened(path):
                pass
    except Unreadable as error:
        if server := server_named(place):
            problem = "a URL stands where a file is due" if "://" in place else error.problem
            raise Unreadable(
                problem,
                hint="Servers are asked that stand in a list, one a line; one alone is judged by evaluate:",
                commands=(
                    f"echo {shlex.quote(server)} | trustrig audit -",
                    f"trustrig evaluate {shlex.quote(f'https://{server}')}",
                ),
                path=error.path,
            ) from None
        raise error


def _inputs(
    places: Sequence[str], stdin: BinaryIO | None, columns: Columns, remark: Remark, *, given: int
) -> Iterator[AuditInput]:
    if given > len(places):
        remark("A source that was named twice is read once.")
    met: set[tuple[int, int]] = set()
    for place in places:
        path = Path(place)
        same = None if place == STDIN else same_file(path)
        if same is not None and same in met:
            remark(f"{place} was read before, by another name.")
            continue
        if same is not None:
            met.add(same)
        found = False
        try:
            for one in _place(place, path, stdin, columns, remark, met):
                found = True
                yield one
            if not found:
                raise _nothing(place, path)
        except PkiError as error:
            if found or len(places) > 1:
                yield failed(place, "the rest" if found else "", error)
            else:
                raise


def _nothing(place: str, path: Path) -> Unreadable:
    if place != STDIN and is_folder(path):
        hint = "A list of hosts, CSV, NDJSON or Parquet is read where it is named itself."
        return Unreadable(f"{place} has no certificate in it", hint=hint, path=place)
    called = "standard input" if place == STDIN else place
    return Unreadable(
        f"{called} has no certificate and no host in it", hint="Name another source.", path=place
    )


def _place(
    place: str,
    path: Path,
    stdin: BinaryIO | None,
    columns: Columns,
    remark: Remark,
    met: set[tuple[int, int]],
) -> Iterator[AuditInput]:
    passed = PassedOver(place)
    if place == STDIN and stdin is not None:
        yield from read_source(stdin, place, columns, remark, passed)
    elif is_folder(path):
        yield from tree_files(path, passed, remark, met)
    else:
        with opened(path) as file:
            yield from read_source(file, place, columns, remark, passed)
    for words in passed.sentences():
        remark(words)


def read_source(
    stream: BinaryIO, name: str, columns: Columns, remark: Remark, passed: PassedOver
) -> Iterator[AuditInput]:
    """The inputs of one STREAM called NAME, by what it holds.

    Raises:
        Unreadable: it holds nothing that is read, or the system refuses.
        InvalidRequest: a column that was asked for is not there.
    """
    reader = _decoded(ByteReader(stream, name))
    match told_apart(reader, columns):
        case SourceKind.HOSTS:
            yield from hosts_file(reader)
        case SourceKind.DELIMITED:
            yield from delimited(reader, columns, remark, passed)
        case SourceKind.JSON_LINES:
            yield from json_lines(reader, columns, passed)
        case SourceKind.JSON_VALUES:
            yield from json_values(reader, columns, passed)
        case SourceKind.KUBERNETES_YAML:
            yield from kubernetes_yaml(reader, passed)
        case SourceKind.PARQUET:
            yield from parquet(reader, columns, remark)
        case SourceKind.CERTIFICATES:
            yield from certificate_file(reader, remark)


def _decoded(reader: ByteReader) -> ByteReader:
    """READER, or one of the same text in UTF-8 where it says that it is UTF-16: as Excel and PowerShell write lists."""
    if reader.head()[:2] not in _UTF16:
        return reader
    text, _ = texts.as_text(reader.whole())
    return ByteReader(BytesIO(text), reader.name)
