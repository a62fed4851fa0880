"""What comes near a name that is not known."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pki.model.suggestion import did_you_mean, near_words

KNOWN = ("server", "client", "Intermediate")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        pytest.param("sever", "Did you mean server? ", id="a letter is missing"),
        pytest.param("CLIENT", "Did you mean client? ", id="case is noise"),
        pytest.param("intermediat", "Did you mean Intermediate? ", id="a name is told as it is written"),
        pytest.param("root", "", id="nothing comes near"),
        pytest.param("", "", id="nothing was written"),
        pytest.param("server" * 10_000, "", id="a word that no name is half as long as"),
    ],
)
def test_what_comes_near_is_offered(word: str, said: str) -> None:
    assert did_you_mean(word, KNOWN) == said


def test_of_several_the_likeliest_comes_first() -> None:
    assert did_you_mean("dats", ["ats", "dates", "names"], most=3) == "Did you mean dates, ats? "
    assert near_words("dats", ["ats", "dates", "names"]) == ["dates"]
    assert near_words("dats", []) == []


def test_what_compares_is_loaded_for_a_mistake_alone() -> None:
    """A command that ends well does not pay for it."""
    code = "import pki.model.suggestion, pki.model.rfc4514, pki.ats.rules.keys, pki.issue.purposes, sys; assert 'difflib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
