"""What a server answers over HTTP, besides what it saw of the client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Page:
    """A document; with FILE_NAME browsers save it instead of showing it."""

    media_type: str
    body: bytes
    file_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A server among several: its name in records, and what it says.

    `preface` comes before what is told of the client. `pages` is asked for the page at a path and gives None where
    there is none; with it, the client is not told about itself.
    """

    name: str = ""
    preface: str = ""
    pages: Callable[[str], Page | None] | None = None


NAMELESS = Site()
