"""No test may depend on when it runs or how long the run takes: where a moment comes from, by reading the tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
# The clock itself; a corpus without a date is judged today; and a user's code, which is only type-checked.
EXCUSED = {"clock.py", "conformance/corpora.py", "typing/consumer.py"}
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.localtime"}


def complaints(source: str) -> Iterator[str]:
    """Calls that ask another clock than `tests.clock`, that ask it at import, or make a day that not every year has."""
    if not any(f"{name}(" in source for name in (*CLOCKS, "clock.now", ".replace")):
        return  # most say nothing of time, and parsing them all takes seconds
    tree = ast.parse(source)
    later = {
        inner
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for statement in (function.body if isinstance(function.body, list) else [function.body])
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ".".join(ast.unparse(node.func).split(".")[-2:])
        if called.endswith(".replace") and any(
            word.arg in ("year", "month", "day") and not isinstance(word.value, ast.Constant)
            for word in node.keywords
        ):
            yield f"line {node.lineno}: there may be no such day, as on 29 February; add a timedelta"
        if called in CLOCKS:
            yield f"line {node.lineno}: {called}() is asked; ask tests.clock.now()"
        elif called == "clock.now" and node not in later:
            yield f"line {node.lineno}: the moment of the import is kept; ask in the test"


def test_no_test_asks_another_clock_or_keeps_the_moment_of_its_import() -> None:
    found = {
        name: said
        for path in TESTS.rglob("*.py")
        if (name := path.relative_to(TESTS).as_posix()) not in EXCUSED
        and (said := list(complaints(path.read_text(encoding="utf-8"))))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        pytest.param("NOW = clock.now()", True, id="a constant of the module"),
        pytest.param("def f(at=clock.now()): pass", True, id="a default"),
        pytest.param("@mark(clock.now())\ndef f(): pass", True, id="a row of a table"),
        pytest.param("def f(): return datetime.datetime.now(UTC)", True, id="another clock"),
        pytest.param("def f(at): return at.replace(year=at.year + 1)", True, id="a day that may not be"),
        pytest.param("def f(): return clock.now()", False, id="in a function"),
        pytest.param("ROWS = [lambda: clock.now() - DAY]", False, id="a row that asks when it is used"),
    ],
)
def test_what_is_complained_of(source: str, kept: bool) -> None:
    assert bool(list(complaints(source))) is kept
