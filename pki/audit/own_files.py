"""Which files of a place an audit wrote: told by what stands in them, so that nobody else's is replaced or removed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pki.audit.inputs import SCHEMA as INPUT
from pki.audit.kept_inputs import ASKED, CHAINS
from pki.audit.manifest import NAME as MANIFEST
from pki.audit.manifest import SCHEMA as RUN
from pki.errors import InvalidRequest, StoreError
from pki.report.audit.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pki.audit.places import RunPlace

PARTS: Final = "parts"
_ROWS: Final = FORMATS["ndjson"]
_INPUTS: Final = f'{{"schema":"{INPUT}"'.encode()
# The manifest first, without which nothing is gone on with.
_MARKS: Final = {
    MANIFEST: f'"schema": "{RUN}"'.encode(),
    CHAINS: _INPUTS,
    **{form.file: form.mark for form in FORMATS.values()},
}
_LOOKED_AT: Final = (
    64 * 1024
)  # octets at the beginning and at the end of a file: Parquet says at its end what it is


def own_files(place: RunPlace) -> list[str]:
    """The names of what an audit wrote into PLACE, the manifest first.

    Raises:
        StoreError: a file of such a name cannot be read.
    """
    there = set(place.names())
    own = [name for name, mark in _MARKS.items() if name in there and _says(place, name, mark)]
    for folder, mark in ((PARTS, _ROWS.mark), (ASKED, _INPUTS)):
        names = (f"{folder}/{name}" for name in place.names(folder))
        own += [name for name in names if _says(place, name, mark)]
    return own


def check_replaceable(place: RunPlace, forms: Iterable[str]) -> None:
    """Refuse a PLACE in which a file of somebody else's has the name of one that FORMS would write.

    Raises:
        StoreError: it has, or such a file cannot be read.
    """
    written = {MANIFEST, CHAINS, *(FORMATS[form].file for form in forms)}
    for name in sorted(written & set(place.names())):
        if not _says(place, name, _MARKS[name]):
            raise StoreError(
                f"{place.shown} has a {name} that no audit wrote, and it is not replaced",
                hint="Move it away, or give another folder.",
                path=place.shown,
            )


def check_apart(place: RunPlace, sources: Iterable[str]) -> None:
    """Refuse SOURCES of which one is a file that an audit wrote into PLACE: beginning anew takes it away.

    Raises:
        InvalidRequest: one is.
        StoreError: a file cannot be read.
    """
    own = [f"{place.shown}/{name}" for name in own_files(place)]
    for source in sources:
        if any(_is_same(source, file) for file in own):
            raise InvalidRequest(
                f"{source} is a file of the audit in {place.shown}, and would be replaced with it",
                hint="Give another folder with -o.",
            )


def _is_same(source: str, file: str) -> bool:
    if "://" in file:
        return source.rstrip("/") == file
    try:
        return Path(source).samefile(file)
    except (OSError, ValueError):  # no such file: standard input, a URL
        return False


def _says(place: RunPlace, name: str, mark: bytes) -> bool:
    try:
        with place.reading(name) as file:
            if mark in file.read(_LOOKED_AT):
                return True
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LOOKED_AT))
            return mark in file.read(_LOOKED_AT)
    except FileNotFoundError:  # taken away since it was listed
        return False
