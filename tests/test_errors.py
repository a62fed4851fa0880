"""The tree of errors at the top of `pki.errors` is the tree there is, and a stranger can catch every one of them."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pki
import pki.errors
from pki.errors import PkiError

PACKAGE = Path(pki.errors.__file__).parent
_ROW = re.compile(
    r"^ {4}(?P<depth>(?:│   |    )*)(?:[├└]── )?(?P<name>[A-Z]\w+)(?: \((?P<home>[\w.]+)\))?", re.MULTILINE
)


def drawn() -> dict[str, tuple[str, str]]:
    """Each error of the drawing: the module it names, and the error it hangs on."""
    found: dict[str, tuple[str, str]] = {}
    above: list[str] = []
    for row in _ROW.finditer(pki.errors.__doc__ or ""):
        depth = len(row["depth"]) // 4 + ("── " in row[0])
        above[depth:] = [row["name"]]
        found[row["name"]] = (row["home"] or "pki.errors", above[depth - 1] if depth else "Exception")
    return found


def written() -> dict[str, tuple[str, str]]:
    """Each public error of the library's source: its module, and what it derives from."""
    classes = {
        node.name: (".".join(("pki", *path.relative_to(PACKAGE).with_suffix("").parts)), node.bases[0].id)
        for path in PACKAGE.rglob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and node.bases and isinstance(node.bases[0], ast.Name)
    }
    found = {PkiError.__name__: classes[PkiError.__name__]}
    while grown := {name: row for name, row in classes.items() if row[1] in found and name not in found}:
        found |= grown
    return {name: row for name, row in found.items() if not name.startswith("_")}


def test_the_drawing_is_the_truth() -> None:
    assert drawn() == written()


def test_every_error_is_at_the_front_door() -> None:
    for name, (home, parent) in drawn().items():
        error = getattr(import_module(home), name)
        assert getattr(pki, name) is error
        assert error.__bases__[0].__name__ == parent
        assert issubclass(error, PkiError)
