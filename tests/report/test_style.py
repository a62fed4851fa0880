"""Words stand out on a terminal, and the text is the same without it: width, lines and characters."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.report.layout import WIDTH, clipped, table, wrapped
from pki.report.marks import columns, padded, unmarked
from pki.report.style import PLAIN, Style
from pki.trust import all_rules

COLOR = Style(color=True)
LINKED = Style(color=True, key="123456;", links="https://docs.test/")
WAYS = ("good", "bad", "warning", "headline", "aside", "rule_id")
WORD = st.text("abAB-,.é…", min_size=1, max_size=30)
PHRASE = st.lists(WORD, min_size=1, max_size=6).map(" ".join)


@st.composite
def marked(draw: st.DrawFn) -> str:
    """A text some of whose parts are marked, one in the other at times."""
    style = draw(st.sampled_from([COLOR, LINKED]))
    parts = []
    for phrase in draw(st.lists(PHRASE, min_size=1, max_size=6)):
        way = draw(st.sampled_from((*WAYS, "")))
        parts.append(getattr(style, way)(phrase) if way else phrase)
    return draw(st.sampled_from([" ", ": ", ""])).join(parts)


@given(marked(), st.sampled_from(["", "  ", "      "]), st.sampled_from([None, "", "        "]))
def test_marked_text_is_broken_where_plain_text_is(text: str, indent: str, hanging: str | None) -> None:
    plain = wrapped(unmarked(text), indent=indent, hanging=hanging)
    lines = wrapped(text, indent=indent, hanging=hanging)
    assert [unmarked(line) for line in lines] == plain
    for line in lines:  # each stands alone: what begins in it ends in it
        assert_balanced(line)
    assert painted("\n".join(lines)) == painted(text)


def assert_balanced(line: str) -> None:
    depth = 0
    for mark in re.findall(r"\x1b\[([0-9;]*)m", line):
        depth += -1 if mark.split(";")[-1] == "0" else 1
        assert depth >= 0
    assert depth == 0
    assert line.count("\x1b]8;") % 2 == 0


def painted(text: str) -> list[tuple[str, str]]:
    """Each character but blanks with how it looks."""
    found, now, link = [], [""], ""
    for mark, address, character in re.findall(
        r"\x1b\[([0-9;]*)m|\x1b\]8;([^\x1b]*)\x1b\\|(.)", text, re.DOTALL
    ):
        if mark.split(";")[-1] == "0":
            now.pop()
        elif mark:
            now.append(mark)
        elif character:
            if not character.isspace():
                found.append((character, now[-1] + link))
        else:
            link = address.partition("https")[2]
    return found


def test_a_table_counts_what_is_seen() -> None:
    rows = [("x", COLOR.bad("FAIL"), "why"), ("longer", COLOR.good("pass"), LINKED.rule_id("chain-complete"))]
    assert [unmarked(line) for line in table(rows)] == table([tuple(map(unmarked, row)) for row in rows])
    assert columns(padded(COLOR.bad("FAIL"), 10)) == 10


@given(marked(), st.integers(0, 100))
def test_marked_text_is_cut_where_plain_text_is(text: str, width: int) -> None:
    cut = clipped(text, width)
    assert unmarked(cut) == clipped(unmarked(text), width)
    assert_balanced(cut)


def test_plain_is_the_text_itself() -> None:
    assert {getattr(PLAIN, way)("FAIL") for way in WAYS} == {"FAIL"}
    assert PLAIN.graded("error", "error") == "error"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        pytest.param(COLOR.good("pass"), "\x1b[32mpass\x1b[0m", id="green"),
        pytest.param(COLOR.judged("FAIL", well=False), "\x1b[1;31mFAIL\x1b[0m", id="red"),
        pytest.param(COLOR.graded("warning", "warning"), "\x1b[33mwarning\x1b[0m", id="yellow"),
        pytest.param(COLOR.graded("info", "info"), "info", id="a remark stands out in nothing"),
        pytest.param(COLOR.aside(""), "", id="nothing"),
        pytest.param(COLOR.rule_id("a-b"), "\x1b[2ma-b\x1b[0m", id="no link without an address"),
        pytest.param(
            Style(color=True, links="https://docs.test/").rule_id("a-b"),
            "\x1b]8;;https://docs.test/rules/a-b/\x1b\\\x1b[2ma-b\x1b[0m\x1b]8;;\x1b\\",
            id="a link",
        ),
        pytest.param(
            Style(color=False, links="https://docs.test/").rule_id("a-b"), "a-b", id="no link without colour"
        ),
    ],
)
def test_what_a_terminal_is_told(written: str, said: str) -> None:
    assert written == said


def test_a_rule_is_called_as_everywhere() -> None:
    for rule in all_rules().values():
        assert unmarked(LINKED.rule(rule)) == PLAIN.rule(rule) == rule.named


def test_a_link_within_a_headline_takes_nothing_from_it() -> None:
    text = LINKED.headline(f"Apple reports {LINKED.code('-67901')} and more")
    assert {look for _, look in painted(text) if look} == {look for _, look in painted(text)}


def test_lines_stay_in_their_columns() -> None:
    text = f"{COLOR.bad('FAIL')} " + " ".join(LINKED.rule_id("chain-complete") for _ in range(40))
    assert max(map(columns, wrapped(text))) <= WIDTH
