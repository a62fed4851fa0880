"""Filling in Swift: values become literals, so that no name can end a string, a line or a comment."""

from __future__ import annotations

import base64
import re
import textwrap
from collections.abc import Mapping
from importlib import resources

_PLACE = re.compile("(?m)^( *)(.*?)«(\\w+)»")
_BASE64_LINE = 76


def filled(file: str, values: Mapping[str, str], *, folder: str = "swift") -> str:
    """The template FILE in a FOLDER of `pki/export` with each «name» replaced; a value's further lines are indented.

    VALUES are Swift already, see `literal`; Python's for the folder `python`, which are `ascii(text)`.
    """
    template = resources.files("pki.export").joinpath(folder, file).read_text(encoding="utf-8")

    def put(found: re.Match[str]) -> str:
        indent, before, name = found.groups()
        return f"{indent}{before}{values[name]}".replace("\n", f"\n{indent}")

    return _PLACE.sub(put, template)


def literal(text: str) -> str:
    """TEXT as a Swift string literal. Source: The Swift Programming Language, "Lexical Structure", String Literals."""
    return f'"{"".join(map(_character, text))}"'


def base64_lines(data: bytes) -> str:
    """DATA as lines for a multi-line string literal; base64 has no character that would need an escape."""
    return "\n".join(textwrap.wrap(base64.b64encode(data).decode(), _BASE64_LINE))


def _character(character: str) -> str:
    if character in '"\\':  # the backslash also begins an interpolation
        return f"\\{character}"
    if "\ud800" <= character <= "\udfff":  # no Unicode scalar: an undecodable byte of the command line
        return "\N{REPLACEMENT CHARACTER}"
    return character if character.isprintable() else f"\\u{{{ord(character):X}}}"
