"""From the bytes of a manifest to what it declares, or to everything that is wrong with it."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from pki.manifest.checking import check
from pki.manifest.errors import ManifestError, Mistake, Mistakes
from pki.manifest.lines import MAX_DEPTH, TooDeepError, find_lines
from pki.manifest.model import Document
from pki.manifest.value_errors import as_mistake

if TYPE_CHECKING:
    from pki.manifest.declaration import Declaration
    from pki.manifest.lines import KeyPath

MAX_SIZE: Final = 1024 * 1024  # bytes; a thousand leaves take a sixth of it
_MOST_REPAIRS: Final = 100  # mistakes in values beyond which the references are not looked at
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)\Z")


def read_manifest(data: bytes, *, name: str) -> Declaration:
    """Read a manifest called NAME, without looking at any folder.

    Raises:
        ManifestError: it is no TOML, or says what cannot be; all mistakes are in it, each with its line.
    """
    text = _text(data, name)
    try:
        lines = dict(find_lines(text))
        raw = tomllib.loads(text)
    except TooDeepError as error:
        raise _refusal(
            name,
            error.line,
            f"more than {MAX_DEPTH} keys or brackets are nested here",
            "A manifest needs four.",
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise _no_toml(name, text, str(error)) from None
    except ValueError as error:  # a whole number of more than 4,300 digits
        raise _refusal(name, 1, f"a number cannot be read: {error}", "Write a shorter one.") from None
    mistakes = Mistakes(name, lines)
    # Before repairs: what is broken is declared all the same.
    ids = {section: tuple(tables) for section, tables in raw.items() if isinstance(tables, dict)}
    document = _validated(raw, lines, mistakes)
    declaration = check(document, mistakes, ids)
    mistakes.refuse()
    return declaration


def _text(data: bytes, name: str) -> str:
    if len(data) > MAX_SIZE:
        raise _refusal(
            name,
            1,
            f"the file has {len(data):,} bytes, and a manifest at most {MAX_SIZE:,}",
            "Give the manifest, or several smaller ones.",
        )
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _refusal(
            name, line, f"byte {data[error.start]:#04x} is not UTF-8", "Save the file as UTF-8."
        ) from None


def _no_toml(name: str, text: str, words: str) -> ManifestError:
    place = _PLACE.search(words)
    line = int(place[1]) if place is not None and place[1] else text.count("\n") + 1
    column = f" (column {place[2]})" if place is not None and place[2] else ""
    problem = _PLACE.sub("", words).rstrip(".")
    return _refusal(name, line, f"this is no TOML: {problem}{column}", "See https://toml.io/en/v1.0.0.")


def _refusal(name: str, line: int, problem: str, hint: str) -> ManifestError:
    return ManifestError(name, [Mistake(line, "", problem, hint)])


def _validated(raw: dict[str, Any], lines: dict[KeyPath, int], mistakes: Mistakes) -> Document:
    """Validate RAW, taking out what is wrong until the rest is right: its references are checked as well."""
    removed: list[KeyPath] = []
    while True:
        try:
            return Document.model_validate(raw)
        except ValidationError as error:
            # The path of a key that is no id ends in "[key]".
            found = {tuple(part for part in one["loc"] if part != "[key]"): one for one in error.errors()}
        for path, one in found.items():
            if not any(gone[: len(path)] == path for gone in removed):  # missing because it was taken out
                mistakes.found.append(as_mistake(one, path, mistakes))
        if len(mistakes.found) > _MOST_REPAIRS:
            mistakes.refuse()
        for path in sorted(found, key=_last_first, reverse=True):
            # What is missing cannot be taken out: the table is.
            gone = path[:-1] if found[path]["type"] == "missing" else path
            _take_out(raw, gone, lines)
            removed.append(path)


def _last_first(path: KeyPath) -> tuple[tuple[str, int], ...]:
    """Sort texts and numbers together: the last element of a list comes out first, with `reverse`."""
    return tuple(("", part) if isinstance(part, int) else (part, 0) for part in path)


def _take_out(raw: dict[str, Any], path: KeyPath, lines: dict[KeyPath, int]) -> None:
    """Delete what is at PATH; behind it in a list, elements move up, and their lines with them."""
    holder: Any = raw
    for part in path[:-1]:
        try:
            holder = holder[part]
        except (KeyError, IndexError, TypeError):  # it went with its table
            return
    last = path[-1]
    if isinstance(holder, dict):
        holder.pop(last, None)
    elif isinstance(holder, list) and isinstance(last, int) and last < len(holder):
        del holder[last]
        above = path[:-1]
        for old in sorted((old for old in lines if _is_behind(old, above, last)), key=_last_first):
            line = lines.pop(old)
            index = old[len(above)]
            if isinstance(index, int) and index > last:
                lines[*above, index - 1, *old[len(path) :]] = line


def _is_behind(path: KeyPath, above: KeyPath, index: int) -> bool:
    part = path[len(above)] if len(path) > len(above) else None
    return path[: len(above)] == above and isinstance(part, int) and part >= index
