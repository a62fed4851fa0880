"""What tells that sources changed: names and contents, as an audit goes through them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from pki.audit.sources.byte_reader import STDIN, ByteReader
from pki.errors import Unreadable
from pki.load.paths import opened
from pki.load.tree import Tree, is_folder


def fingerprint(places: Sequence[str], *, host_column: str = "", chain_column: str = "") -> str:
    """SHA-256, in hexadecimal, over how PLACES are read, and over the names and octets of all files in them.

    Standard input counts by its name alone. A file that cannot be read counts by that.

    Raises:
        Unreadable: a place that is named is not there, or cannot be read.
    """
    whole = hashlib.sha256(repr((host_column, chain_column)).encode())
    for place in dict.fromkeys(places):
        path = Path(place)
        whole.update(b"place\0" + _name(place))
        if place == STDIN:
            continue
        if not is_folder(path):
            whole.update(_content(path))
            continue
        for file in Tree(path).files():
            whole.update(b"file\0" + _name(str(file.path)))
            try:
                whole.update(_content(file.path) if file.problem is None else b"unread")
            except Unreadable:
                whole.update(b"unread")
    return whole.hexdigest()


def _name(text: str) -> bytes:
    encoded = text.encode("utf-8", "surrogateescape")
    return len(encoded).to_bytes(4, "big") + encoded


def _content(path: Path) -> bytes:
    digest = hashlib.sha256()
    with opened(path) as file:
        for piece in ByteReader(file, str(path)).pieces():
            digest.update(piece)
    return digest.digest()
