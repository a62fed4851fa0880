"""Each key of a TOML text has the line it stands on, and what is found is what the parser finds."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.manifest.lines import MAX_DEPTH, TooDeepError, find_lines
from tests.manifest.folders import WHOLE

Path = tuple[str | int, ...]


def flat(value: object, path: Path = ()) -> Iterator[Path]:
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from flat(inner, (*path, index))


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        pytest.param("a = 1\nb = 2", ("b",), 2, id="a key"),
        pytest.param("# one\n\n  [t] # two\na = 1", ("t", "a"), 4, id="comments and blank lines"),
        pytest.param("[a.b]\n[a]\nc = 1", ("a",), 2, id="a header after a longer one"),
        pytest.param("[a.b]\nc = 1", ("a",), 1, id="a table that only its inner one declares"),
        pytest.param('[a]\n"b.c".d = 1', ("a", "b.c", "d"), 2, id="a dot in quotes"),
        pytest.param('"\\u00e4" = 1', ("ä",), 1, id="an escape in a key"),
        pytest.param("a = [\n 1, # x ]\n [2,\n 3]]", ("a", 1, 1), 4, id="lists in lists"),
        pytest.param("a = { b = 1, c.d = [\n1] }", ("a", "c", "d", 0), 2, id="an inline table"),
        pytest.param('a = """\n[b]\n"""\nc = 1', ("c",), 4, id="a header in a text"),
        pytest.param("a = '''\nit''s\n'''\nc = 1", ("c",), 4, id="quotes in a literal text"),
        pytest.param('a = """x\\""""""\nc = 1', ("c",), 2, id="quotes at the end of a text"),
        pytest.param("a = 1979-05-27 07:32:00 # d\nb = 1", ("b",), 2, id="a date with a space"),
        pytest.param("[[a]]\nb = 1\n[[a]]\nb = 2", ("a", 1, "b"), 4, id="tables in a list"),
        pytest.param("[[a]]\n[a.b]\n[[a]]\n[a.b]", ("a", 1, "b"), 4, id="a table in the last of them"),
        pytest.param("a = 1\r\nb = 2", ("b",), 2, id="line ends of Windows"),
    ],
)
def test_a_path_has_its_line(text: str, path: Path, line: int) -> None:
    found = find_lines(text)
    assert found[path] == line
    assert set(found) == set(flat(tomllib.loads(text)))


def test_a_whole_manifest_is_found() -> None:
    assert set(find_lines(WHOLE)) == set(flat(tomllib.loads(WHOLE)))


BITS = ["a", "b = ", "1", '"x"', "'y'", '"""', "'''", "[", "]", "[[", "]]", "{", "}", ",", ".", "=", "#", "\n", " ", "\\"]  # fmt: skip


@given(st.lists(st.sampled_from(BITS), max_size=40).map("".join))
def test_whatever_parses_is_found_whole(text: str) -> None:
    found = find_lines(text)
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert set(found) == set(flat(parsed))
    assert all(1 <= line <= text.count("\n") + 1 for line in found.values())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x = 1\na = " + "[" * 100_000, id="lists"),
        pytest.param("x = 1\na = " + "{a=" * 100_000, id="inline tables"),
        pytest.param("x = 1\n" + "a." * 100_000, id="dots"),
        pytest.param("x = 1\n[" + "a." * 100_000, id="dots in a header"),
        pytest.param("x = 1\na = " + "[" * (MAX_DEPTH + 1), id="one more than allowed"),
    ],
)
def test_depth_is_bounded(text: str) -> None:
    with pytest.raises(TooDeepError) as caught:
        find_lines(text)
    assert caught.value.line == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 1_000_000, id="brackets"),
        pytest.param("'" * 1_000_000, id="quotes"),
        pytest.param('a = "' + "x" * 1_000_000, id="a text without an end"),
        pytest.param('a = """' + '\\"' * 500_000, id="escapes without an end"),
        pytest.param("a = '''" + "'" * 1_000_000, id="a literal of quotes"),
        pytest.param("a = [" + "1," * 300_000, id="a list without an end"),
        pytest.param("[a]\n" * 200_000, id="one table again and again"),
    ],
)
def test_a_megabyte_takes_seconds_at_most(text: str) -> None:
    start = time.process_time()
    find_lines(text)
    assert time.process_time() - start < 10
