from __future__ import annotations

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pki.report.markdown import escaped, verdicts_markdown
from pki.report.summary import Judged
from tests.report.verdicts import HOSTILE, hostile, kinds, spoiled, texts, zoo

OURS = re.compile(r"</?(?:code|details|summary|br)>|<!-- -->")


def read(text: str) -> str:
    """What a reader of escaped text sees."""
    return html.unescape(OURS.sub("", text))


def check(text: str) -> None:
    """Nothing but our own elements, and tables whose rows have one width."""
    assert "<" not in OURS.sub("", text)
    width = 0
    for line in text.splitlines():
        pipes = line.count("|")
        assert line.isprintable()
        if line.startswith("|"):
            assert line.endswith("|")
            width = width or pipes
            assert pipes == width, line
        else:
            assert pipes == 0, line
            width = 0


@pytest.mark.parametrize("kind", zoo())
def test_a_comment_says_what_matters_and_folds_the_rest(kind: str) -> None:
    verdict = zoo()[kind]
    text = verdicts_markdown([Judged("chain.pem", verdict)])
    check(text)
    in_sight, folded = text.split("<details>")
    assert in_sight.startswith("### <code>chain.pem</code>")
    assert ("not trusted" in in_sight) is not verdict.trusted
    for finding in verdict.findings:
        assert finding.rule_id in in_sight
        assert escaped(finding.rule.citation) in folded or finding.same_fact_as is not None
    for silence in verdict.not_checked:
        assert silence in read(folded)
    assert folded.count("</details>") == 1


def test_a_comment_fits_on_github() -> None:
    everything = [Judged(f"{kind}.pem", verdict) for kind, verdict in zoo().items()]
    assert len(verdicts_markdown(everything)) < 65_536


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        pytest.param("a|b", "a|b", id="a pipe does not end the cell"),
        pytest.param("one\ntwo\r\nthree", "one�two��three", id="a line break does not end the row"),
        pytest.param("**bold** _it_ `code` ~~gone~~", "**bold** _it_ `code` ~~gone~~", id="no formatting"),
        pytest.param(
            "[a](http://evil.test) ![b](c)", "[a](http://evil.test) ![b](c)", id="no link, no image"
        ),
        pytest.param("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>", id="no element"),
        pytest.param(
            "@org/team #12 GH-12", "@org/team #12 GH-12", id="nobody is mentioned, no issue is named"
        ),
    ],
)
def test_a_strangers_words_are_shown_as_they_are(text: str, seen: str) -> None:
    shown = escaped(text)
    assert read(shown) == seen
    assert not re.search(r"[|`*_\[\]~\n]", OURS.sub("", shown))
    for linked in ("http://", "@org", "#1", "GH-1", "www."):
        assert linked not in html.unescape(shown)


@given(texts)
def test_escaping_loses_nothing_that_can_be_printed(text: str) -> None:
    plain = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    assert read(escaped(text)) == " ".join(plain.split())


@given(st.text())
def test_escaped_text_is_one_line_without_structure(text: str) -> None:
    check(escaped(text))


def test_hostile_names_are_words_in_a_comment() -> None:
    for verdict in zoo().values():
        check(verdicts_markdown([Judged(HOSTILE, spoiled(verdict, HOSTILE))]))


@settings(max_examples=60)
@given(kinds, texts, texts)
def test_any_verdict_gives_whole_tables(kind: str, name: str, text: str) -> None:
    judged = hostile(kind, name, text)
    check(verdicts_markdown([judged, judged]))
