"""What the architecture page promises of every module: no import circle, one class of a name, a size one can read."""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGES = ("pki", "pki_cli", "pki_fixtures")
MAX_MODULE, MAX_FUNCTION = 300, 60  # lines
# Longer for a reason that stands beside them.
REASON = "# Long because "


@cache
def modules() -> dict[str, tuple[Path, ast.Module, list[str]]]:
    """Every module of the three packages by its dotted name: file, tree and lines."""
    found = {}
    for package in PACKAGES:
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        root = Path(spec.origin).parent
        for path in sorted(root.rglob("*.py")):
            parts = [package, *path.relative_to(root).with_suffix("").parts]
            text = path.read_text(encoding="utf-8")
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = (path, ast.parse(text), text.splitlines())
    return found


@cache
def faces() -> dict[str, str]:
    """Where each name that a package's list (`__init__.pyi`) has comes from: `pki.trust.evaluate` is of `evaluation`."""
    found: dict[str, str] = {}
    for package, (path, _, _) in modules().items():
        names = path.with_name("__init__.pyi")
        if path.name == "__init__.py" and names.exists():
            for node in ast.walk(ast.parse(names.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module:
                    found |= {f"{package}.{alias.asname or alias.name}": node.module for alias in node.names}
    return found


def home(name: str) -> str:
    """The module that defines NAME, through as many lists as there are."""
    for _ in range(5):
        if name not in faces():
            return name
        name = f"{faces()[name]}.{name.rpartition('.')[2]}"
    raise AssertionError(f"{name} goes round in circles")


def imports() -> dict[str, set[str]]:
    """Who imports whom, wherever the statement stands: in a function and under TYPE_CHECKING, too.

    A package's lazy name is an import of the module where it lives.
    """
    known = modules()
    graph: dict[str, set[str]] = {name: set() for name in known}
    for name, (_, tree, _) in known.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                for alias in node.names:
                    whole = home(f"{node.module}.{alias.name}")
                    graph[name].add(whole if whole in known else whole.rpartition(".")[0])
            elif isinstance(node, ast.Import):
                graph[name].update(alias.name for alias in node.names)
        graph[name] = {other for other in graph[name] if other in known and other != name}
    return graph


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The sets of modules that reach each other: what is left when those without a way in or out are taken away."""
    left = {name: set(others) for name, others in graph.items()}
    while True:
        needed = set().union(*left.values()) if left else set()
        idle = {name for name, others in left.items() if not others or name not in needed}
        if not idle:
            break
        left = {name: others - idle for name, others in left.items() if name not in idle}

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            for other in left[waiting.pop()] - seen:
                seen.add(other)
                waiting.append(other)
        return seen

    reach = {name: reached(name) for name in left}
    together = {frozenset(o for o in reach[name] if name in reach[o]) for name in left if name in reach[name]}
    return sorted(sorted(each) for each in together)


def test_circles_are_found():
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": {"e"}, "e": set(), "f": {"a"}}
    assert circles(graph) == [["b", "c"]]


def test_no_module_imports_itself_by_a_detour():
    assert circles(imports()) == []


def test_no_two_classes_share_a_name():
    where: dict[str, list[str]] = defaultdict(list)
    for name, (_, tree, _) in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                where[node.name].append(name)
    assert {name: homes for name, homes in where.items() if len(homes) > 1} == {}


def test_no_module_is_longer_than_one_reads():
    long = {name: len(lines) for name, (_, _, lines) in modules().items() if len(lines) > MAX_MODULE}
    assert {n: size for n, size in long.items() if not modules()[n][2][0].startswith(REASON)} == {}


def _functions() -> list[tuple[str, int, str]]:
    return [
        (f"{name}.{node.name}", (node.end_lineno or 0) - node.lineno + 1, lines[node.lineno - 2])
        for name, (_, tree, lines) in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_no_function_is_longer_than_a_screen():
    long = {name: size for name, size, above in _functions() if size > MAX_FUNCTION and REASON not in above}
    assert long == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_says_what_it_is(package):
    silent = [
        name
        for name, (_, tree, _) in modules().items()
        if name.split(".")[0] == package and not ast.get_docstring(tree)
    ]
    assert silent == []
