"""What pydantic found, in our words: what was found, what was expected, the next step."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, Final

from pki.manifest.errors import Mistake, key_text
from pki.manifest.model import table_at
from pki.manifest.values import OURS
from pki.model.suggestion import one_of

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from pki.manifest.errors import Mistakes
    from pki.manifest.lines import KeyPath

_LONGEST: Final = 40  # characters of a value that is shown
# By pydantic's name for the error: what was expected, and the next step.
_EXPECTED: Final = {
    "string_type": ("a text", "Put it in quotes."),
    "int_type": ("a whole number", "Write it without quotes."),
    "bool_type": ("true or false", "Write it without quotes."),
    "list_type": ("a list", 'Write it as ["one", "two"].'),
    "dict_type": ("a table", "Give it keys and values of its own."),
    "model_type": ("a table", "Give it keys and values of its own."),
}


def as_mistake(error: ErrorDetails, path: KeyPath, mistakes: Mistakes) -> Mistake:
    """Return the mistake that ERROR is about, at PATH."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return Mistake(mistakes.line(path), key_text(path[:-1]), *_unknown(path))
    if kind == "missing":
        key = str(path[-1])
        about = table_at(path).model_fields[key].description
        return Mistake(
            mistakes.line(path), key_text(path[:-1]), f"{key} is missing", about or f"Add {key} = ..."
        )
    if kind == OURS:
        problem, hint = context["problem"], context["hint"]
    elif kind == "enum":
        problem, hint = _no_such_word(error["input"], context["expected"])
    elif kind in _EXPECTED:
        expected, hint = _EXPECTED[kind]
        problem = f"found {_shown(error['input'])}, expected {expected}"
    elif kind == "string_pattern_mismatch":
        problem = f"found {_shown(error['input'])}, expected a span of time"
        hint = "Write a number and one of s, m, h, d, w, y, as in 30d."
    else:  # a number out of bounds, an empty list
        problem, hint = f"found {_shown(error['input'])}", f"{error['msg']}."
    return Mistake(mistakes.line(path), key_text(path), problem, hint)


def _unknown(path: KeyPath) -> tuple[str, str]:
    """Name the key and never its value, which may be a secret."""
    key, known = str(path[-1]), list(table_at(path).model_fields)
    if "password" in key and key not in known:
        return (
            f"no key is called {key!r}",
            "A manifest holds no password: give password_file or password_env.",
        )
    return f"no key is called {key!r} here", one_of(key, known)


def _no_such_word(found: Any, expected: str) -> tuple[str, str]:
    known = [word.strip("' ") for word in expected.replace(" or ", ", ").split(",")]
    return f"found {_shown(found)}", one_of(str(found), known)


def _shown(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "a table"
        case list():
            return "an empty list" if not value else "a list"
        case datetime() | date() | time():
            return value.isoformat()
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
