"""JSON Schemas (2020-12) of the documents in the code: a schema for each class that declares a `schema`.

`pydantic.TypeAdapter` would do half of it: below Python 3.12 it refuses `typing.TypedDict`, which needs no dependency
at run time, and it knows nothing of comments.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
import types
import typing
from collections.abc import Iterator
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import pki
import pki_fixtures
from pki.report.document import TypedDict
from pki.store.ledger import LedgerRowJson

# As they are imported: the wheel's, where that is what is checked.
PACKAGES = tuple(Path(str(package.__file__)).parent for package in (pki, pki_fixtures))
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_KINDS = {str: "string", int: "integer", bool: "boolean", float: "number", type(None): "null"}
_FIELD = re.compile(r"    (?:(?P<name>\w+):[^#]*)?(?:# (?P<comment>.*))?")


def documents() -> dict[str, type]:
    """Every document of the code by its name, such as `trustrig.verdict/1`."""
    found: dict[str, type] = {"trustrig.ledger/1": LedgerRowJson}  # a line of it has no field for its schema
    for package in PACKAGES:
        for path in sorted(package.rglob("*.py")):
            if "schema: Literal[" in path.read_text(encoding="utf-8"):
                module = importlib.import_module(
                    ".".join(path.relative_to(package.parent).with_suffix("").parts)
                )
                for kind in [*vars(module).values()]:
                    if _is_record(kind) and kind.__module__ == module.__name__ and "schema" in _hints(kind):
                        found |= dict.fromkeys(get_args(_hints(kind)["schema"]), kind)
    return found


def schemas() -> dict[str, dict[str, Any]]:
    """Every document's schema by its name."""
    return {name: document_schema(name, kind) for name, kind in sorted(documents().items())}


def document_schema(name: str, document: type) -> dict[str, Any]:
    """The schema of DOCUMENT, called NAME."""
    inner: dict[str, type] = {}
    whole = _record(document, inner)
    if "schema" in whole["properties"]:
        whole["properties"]["schema"] = {"const": name}
    definitions: dict[str, Any] = {}
    while waiting := inner.keys() - definitions.keys():
        definitions |= {one: _record(inner[one], inner) for one in sorted(waiting)}
    return {
        "$schema": _DIALECT,
        "$id": f"urn:{name.replace('.', ':').replace('/', ':')}",
        "title": name,
        **whole,
        "$defs": definitions,
    }


def file_name(name: str) -> str:
    """Where a document's schema is published: `trustrig.verdict/1` in `trustrig.verdict-1.schema.json`."""
    return f"{name.replace('/', '-')}.schema.json"


def _record(kind: type, inner: dict[str, type]) -> dict[str, Any]:
    """An object with the fields of KIND; the objects in it are added to INNER. Fields may be added within a version."""
    properties, required = {}, []
    comments = _comments(kind)
    for name, hint in _hints(kind).items():
        if get_origin(hint) is typing.NotRequired:
            (hint,) = get_args(hint)
        else:
            required.append(name)
        said = {"description": comments[name]} if name in comments else {}
        properties[name.rstrip("_")] = _value(hint, inner) | said  # `for_`, as `for` is a keyword
    return {
        "description": " ".join((inspect.getdoc(kind) or "").split()),
        "type": "object",
        "properties": properties,
        "required": required,
    }


def _value(hint: Any, inner: dict[str, type]) -> dict[str, Any]:
    """The schema of one value."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _value(arguments[0], inner) | arguments[1].keywords
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [_value(one, inner) for one in arguments]}
    if origin is Literal:
        return {"enum": list(arguments)} if len(arguments) > 1 else {"const": arguments[0]}
    if origin is list:
        return {"type": "array", "items": _value(arguments[0], inner)}
    if origin is dict:
        names = {"propertyNames": _value(arguments[0], inner)} if arguments[0] is not str else {}
        return {"type": "object", **names, "additionalProperties": _value(arguments[1], inner)}
    if hint is Any:
        return {}
    if _is_record(hint):
        inner[hint.__name__] = hint
        return {"$ref": f"#/$defs/{hint.__name__}"}
    if issubclass(hint, Enum):
        return {"enum": [str(member) for member in hint]}
    return {"type": _KINDS[hint]}


def _is_record(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, TypedDict) and kind is not TypedDict


@cache
def _hints(kind: type) -> dict[str, Any]:
    """The fields of KIND with their types, those of its bases first."""
    for base in kind.__mro__[:-1]:
        _import_for_types(base.__module__)
    return typing.get_type_hints(kind, include_extras=True)


@cache
def _import_for_types(name: str) -> None:
    """Do in the module called NAME what it imports for the type checker alone."""
    module = sys.modules[name]
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING" and not node.orelse:
            for line in node.body:
                if isinstance(line, ast.ImportFrom) and line.module:
                    home = importlib.import_module(line.module)
                    vars(module).update(
                        {one.asname or one.name: getattr(home, one.name) for one in line.names}
                    )


def _comments(kind: type) -> dict[str, str]:
    """What is said of each field of KIND, above it or beside it."""
    return {name: said for base in reversed(kind.__mro__[:-2]) for name, said in _commented(base)}


def _commented(kind: type) -> Iterator[tuple[str, str]]:
    above: list[str] = []
    for line in inspect.getsource(kind).splitlines():
        match = _FIELD.fullmatch(line)
        if match is None:
            above = []
            continue
        if match["comment"]:
            above.append(match["comment"])
        if match["name"]:
            if above:
                yield match["name"], " ".join(above)
            above = []
