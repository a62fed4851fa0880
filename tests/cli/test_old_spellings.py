"""What options were called before still works, with a note that has the new words; nothing shows it any more."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from pki_cli.old_spellings import OLD_SPELLINGS, Shape, renew
from tests.shell import Trustrig

TABLE = {
    "--seconds": "--for {}s",
    "--html": "--format html",
    "--only": "--admit list:{,}",
    "--anchors": "--output {}",
    "-x": "--expand {}",
    "DIR": "--output {}",
}
TAKES_VALUE = {"--for": True, "--client": True, "-o": True, "-v": False, "--json": False}


@pytest.mark.parametrize(
    ("written", "now"),
    [
        pytest.param(["--seconds", "90"], ["--for", "90s"], id="a value is translated"),
        pytest.param(["--seconds=90"], ["--for", "90s"], id="the same in one word"),
        pytest.param(["--seconds", "abc"], ["--for", "abc"], id="what is no number gets no unit"),
        pytest.param(["--seconds="], ["--for", ""], id="an empty one is left to the new option to refuse"),
        pytest.param(["--seconds"], ["--for"], id="one that is missing is left to the parser to miss"),
        pytest.param(["--html", "a"], ["--format", "html", "a"], id="a flag takes nothing with it"),
        pytest.param(["--html=1"], ["--html=1"], id="a flag with a value never was one"),
        pytest.param(
            ["--only", "a", "b", "--only=c"], ["--admit", "list:a,c", "b"], id="repeated values are one list"
        ),
        pytest.param(["-x1"], ["--expand", "1"], id="a short one with its value"),
        pytest.param(["-x", "1"], ["--expand", "1"], id="a short one and its value"),
        pytest.param(["--", "--seconds", "9"], ["--", "--seconds", "9"], id="behind -- nothing is an option"),
        pytest.param(
            ["--client", "--seconds", "9"],
            ["--client", "--seconds", "9"],
            id="a value that looks like an option",
        ),
        pytest.param(["-o", "--html"], ["-o", "--html"], id="a short option's value that looks like one"),
        pytest.param(["-vo", "--html"], ["-vo", "--html"], id="a bundle's value that looks like one"),
        pytest.param(
            ["-oa", "--html"], ["-oa", "--format", "html"], id="a value within the word takes no other"
        ),
        pytest.param(
            ["--client=a", "--html"], ["--client=a", "--format", "html"], id="nor does one behind ="
        ),
        pytest.param(["-v", "--html"], ["-v", "--format", "html"], id="a flag takes no value"),
        pytest.param(["a", "there"], ["a", "--output", "there"], id="an argument that has become an option"),
        pytest.param(["a", "-"], ["a", "--output", "-"], id="standard output is an argument"),
        pytest.param(["--unknown", "a"], ["--unknown", "a"], id="what nobody knows is left to the parser"),
    ],
)
def test_old_words_become_new_ones(written: list[str], now: list[str]) -> None:
    assert renew(written, TABLE, Shape(TAKES_VALUE, places=1)).arguments == now


@pytest.mark.parametrize("option", ["-o there", "--output there", "--output=there", "-othere"])
def test_an_argument_beside_its_own_option_is_one_too_many(option: str) -> None:
    """Which of the two is meant nobody can say."""
    for written in (["a", "here", *option.split()], [*option.split(), "a", "here"]):
        shape = Shape(TAKES_VALUE | {"--output": True}, places=1, short={"--output": "-o"})
        assert renew(written, TABLE, shape).arguments == written


def test_a_group_has_the_options_before_its_command_alone() -> None:
    written = ["--seconds", "1", "show", "--seconds", "2"]
    renewed = renew(written, TABLE, Shape({}, places=0, is_group=True))
    assert renewed.arguments == ["--for", "1s", "show", "--seconds", "2"]


@pytest.mark.parametrize(
    ("written", "changes"),
    [
        pytest.param(["--seconds=90"], [("--seconds 90", "--for 90s")], id="as it can be typed"),
        pytest.param(["--anchors", "my CA"], [("--anchors 'my CA'", "--output 'my CA'")], id="quoted"),
        pytest.param(["--html"], [("--html", "--format html")], id="a flag"),
        pytest.param(["a", "there"], [("there", "--output there")], id="an argument"),
        pytest.param(["--seconds"], [("--seconds", "--for")], id="a value that is missing"),
        pytest.param(
            ["--only", "a", "--only", "b"],
            [("--only a", "--admit list:a"), ("--only b", "--admit list:a,b")],
            id="one list",
        ),
    ],
)
def test_the_note_has_both(written: list[str], changes: list[tuple[str, str]]) -> None:
    assert renew(written, TABLE, Shape(TAKES_VALUE, places=1)).changes == changes


def test_a_command_that_takes_any_number_of_arguments_has_none_too_many() -> None:
    table = {"DIR": "--output {}"}
    assert renew(["a", "b", "c"], table, Shape({}, places=math.inf)).arguments == ["a", "b", "c"]


def test_a_row_names_one_new_option_for_each_old_one() -> None:
    for path, table in OLD_SPELLINGS.items():
        for old, new in table.items():
            assert new.startswith("--"), (path, old)
            assert new.count(" ") <= 1, (path, old)
        assert sum(not old.startswith("-") for old in table) <= 1, path


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(["psk", "handshake", "--identity", "a", "--key-file", "{key}"],
                     ["psk", "handshake", "--psk-identity", "a", "--psk-file", "{key}"], id="options with values"),
        pytest.param(["explain", "-9802", "--markdown"], ["explain", "-9802", "--format", "markdown"], id="a flag"),
        pytest.param(["psk", "handshake", "--identity=a", "--key-file={key}", "--json"],
                     ["psk", "handshake", "--psk-identity=a", "--psk-file={key}", "--json"], id="values in one word"),
    ],
)  # fmt: skip
def test_a_command_runs_by_its_old_words_and_says_the_new_ones(
    old: list[str], new: list[str], trustrig: Trustrig, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text("ab" * 32)
    key.chmod(0o600)
    by_old, by_new = (trustrig(*(word.format(key=key) for word in words)) for words in (old, new))
    at = r"20\d\d-\d\d-\d\dT[\d:]+Z"
    assert (by_old.code, re.sub(at, "", by_old.out)) == (0, re.sub(at, "", by_new.out))
    assert by_new.err == ""
    notes = by_old.err.splitlines()
    assert notes
    assert all(
        re.fullmatch(r"note: --\S.* is now --\S.*; the old spelling will go in 0\.2", note) for note in notes
    )


def test_help_knows_no_old_spelling(trustrig: Trustrig) -> None:
    for words in OLD_SPELLINGS:
        shown = trustrig(*words.split(), "--help").out
        for old in OLD_SPELLINGS[words]:
            assert not old.startswith("--") or not re.search(
                rf"^ +(-\w, )?{old}\b(?!-)", shown, re.MULTILINE
            ), (words, old)
