from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings

from pki.report.html import verdicts_html
from pki.report.stylesheet import DARK, LIGHT, STYLE
from pki.report.summary import Judged
from tests.report.verdicts import HOSTILE, hostile, kinds, spoiled, texts, zoo

VOID = {"meta", "br", "link", "img", "input", "hr", "base", "col", "embed", "source", "track", "wbr", "area"}
PAGE = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "header",
    "main",
    "footer",
    "nav",
    "article",
    "section",
}
TEXT = {"div", "span", "p", "h1", "h2", "h3", "h4", "ol", "ul", "li", "dl", "dt", "dd", "strong", "code", "a"}
PARTS = {"details", "summary", "pre", "figure", "table", "caption", "thead", "tbody", "tr", "th", "td"}
LINK = re.compile(r"#[a-z0-9-]+|https://www\.rfc-editor\.org/rfc/rfc[0-9]+")
DRAWING = {"svg", "desc", "g", "rect", "circle", "path", "text"}


class Page(HTMLParser):
    """Reads a page and checks its nesting; what it holds is collected."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)
        self.close()
        assert self.open == [], "unclosed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page(*kinds: str) -> Page:
    return Page(verdicts_html([Judged(f"{kind}.pem", zoo()[kind]) for kind in kinds]))


def check(source: str) -> Page:
    """A page holds our elements only, nothing of it is fetched or run, and no id is there twice."""
    read = Page(source)
    assert {name for name, _ in read.tags} <= PAGE | TEXT | PARTS | DRAWING
    names = {name for _, attributes in read.tags for name in attributes}
    assert not {name for name in names if name.startswith("on")}
    assert not names & {"src", "srcset", "style", "action", "formaction", "data", "xlink:href"}
    assert all(LINK.fullmatch(a["href"] or "") for a in read.named("a"))
    assert "@import" not in STYLE
    assert "url(" not in STYLE
    ids = [attributes["id"] for _, attributes in read.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    inner = [(a["href"] or "")[1:] for a in read.named("a") if (a["href"] or "").startswith("#")]
    assert set(inner) <= set(ids), "a link leads nowhere"
    for _, attributes in read.tags:
        for reference in (attributes.get("aria-labelledby") or "").split():
            assert reference in ids
    return read


@pytest.mark.parametrize("kind", zoo())
def test_a_page_says_all_of_the_verdict(kind: str) -> None:
    verdict = zoo()[kind]
    read = check(verdicts_html([Judged("chain.pem", verdict)]))
    for finding in verdict.findings:
        assert finding.rule_id in read.text
        for words in (finding.fix, finding.rule.citation):
            assert words in read.text or finding.same_fact_as is not None
    for cert in verdict.chain:
        assert cert.sha256 in read.text
    for silence in verdict.not_checked:
        assert silence in read.text
    for level in verdict.levels:
        assert level.title in read.text
    assert ("not trusted" in read.text.split("Levels")[0]) is not verdict.trusted


@pytest.mark.parametrize("kind", zoo())
def test_what_is_wrong_and_its_repair_come_before_all_else(kind: str) -> None:
    verdict = zoo()[kind]
    read = page(kind)
    opening = read.text.split("Levels")[0]
    worst = verdict.headline
    assert ("Fix: " in opening) is (worst is not None)
    if worst is not None:
        assert f"{worst.rule.title} {worst.rule_id}" in opening
        assert worst.fix in opening
        assert f"#v1-{worst.rule_id}" in [a["href"] for a in read.named("a")]


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        pytest.param("another name", "test.example ✗ not trusted", id="the host that was asked for"),
        pytest.param("no host", "no host.pem ✓ trusted, name not checked", id="no host"),
        pytest.param("a client", "a client.pem ✗ not trusted", id="a client's identity"),
    ],
)
def test_the_title_is_what_was_asked_for(kind: str, title: str) -> None:
    text = page(kind).text
    assert title in text
    assert f"{kind}.pem" in text


def test_levels_that_were_not_reached_are_grey() -> None:
    source = verdicts_html([Judged("chain.pem", zoo()["an untrusted root"])])
    assert source.count('<li class="off">') == 2
    assert '<li class="off">' not in verdicts_html([Judged("chain.pem", zoo()["trusted"])])


def test_the_list_of_several_says_what_is_wrong_with_each() -> None:
    opening = page("trusted", "another name").text.split("trusted.pem, judged")[0]
    assert "✗ not trustedanother name.pemThe certificate is for another name" in opening


def test_a_rule_is_explained_in_its_finding() -> None:
    verdict = zoo()["another name"]
    assert verdict.headline is not None
    assert verdict.headline.rule.doc.split("\n\n")[0] in page("another name").text.split("About this rule")[1]


def test_a_rule_leads_to_its_page_where_there_is_a_site(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "https://docs.example/trustrig/"
    assert address not in verdicts_html([Judged("chain.pem", zoo()["another name"])])
    monkeypatch.setattr("pki.report.html.DOCUMENTATION_URL", address)
    assert f"{address}rules/san-dns-match/" in [a["href"] for a in page("another name").named("a")]


def test_paper_has_dark_ink_and_what_was_folded() -> None:
    paper = STYLE.split("@media print")[1]
    assert LIGHT["text"] in paper
    assert "details-content" in paper


def test_all_four_answers_are_told_apart() -> None:
    text = page("older than the rules").text
    for words in ("0 failed", " passed", " not in force", " do not apply"):
        assert words in text
    assert "does not apply" in text


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("trusted", ["signed by", "installed by the user"]),
        (
            "no intermediate",
            ["The path breaks off: its next issuer is neither sent nor trusted", "missing: Intermediate"],
        ),
        ("an untrusted root", ["The chain ends in a root nobody trusts", "no trusted anchor"]),
        ("two CAs of one name", ["A signature does not verify"]),
        ("another key identifier", ["The key identifiers of certificate and", "installed by the user"]),
        ("a trusted leaf", ["trusted itself by the user"]),
        ("an app's anchor", ["An anchor set by the app does not count", "✗ set by the app's own code"]),
        ("excepted from ATS", ["✓ set by the app's own code"]),
    ],
)
def test_the_drawing_shows_where_the_chain_breaks(kind: str, words: list[str]) -> None:
    read = page(kind)
    drawing = read.text.split("The chain, leaf first")[1]
    for word in words:
        assert word in drawing
    torn = [a for a in read.named("path") if a.get("class") == "link bad"]
    whole = kind in ("trusted", "a trusted leaf", "excepted from ATS")
    assert len(torn) == (0 if whole else 2)


def test_the_failing_certificate_is_marked_in_words_and_in_colour() -> None:
    read = page("another name")
    boxes = [a["class"] for a in read.named("rect")]
    assert boxes == ["box bad", "box good", "box good", "end good"]
    assert "✗ 1 failure" in read.text


def test_the_drawing_is_told_to_those_who_cannot_see_it() -> None:
    read = page("no intermediate")
    (drawing,) = (a for a in read.named("svg") if a.get("class") == "chain")
    assert drawing["role"] == "img"
    assert (
        "0, leaf: test.example, 1 failure; broken here: The path breaks off: its next issuer is neither sent nor trusted."
        in read.text
    )


def test_a_page_has_landmarks_a_language_and_one_heading_on_top() -> None:
    read = page("trusted", "another name")
    for landmark in ("header", "nav", "main", "footer"):
        assert len(read.named(landmark)) == 1
    assert read.named("html")[0]["lang"] == "en"
    assert len(read.named("h1")) == 1
    assert len(read.named("article")) == 2
    assert all(a["scope"] in ("row", "col") for a in read.named("th"))
    assert len(page("trusted").named("h1")) == 1


def test_nothing_may_load_even_if_markup_slipped_through() -> None:
    (policy,) = (a for a in page("trusted").named("meta") if a.get("http-equiv"))
    assert (policy["content"] or "").startswith("default-src 'none'")


def test_hostile_names_are_words_on_the_page() -> None:
    for kind, verdict in zoo().items():
        source = verdicts_html([Judged(HOSTILE, spoiled(verdict, HOSTILE))])
        read = check(source)
        assert "<script" not in source, kind
        assert "alert(1)" in read.text
        assert "\x1b" not in source


@pytest.mark.slow
@settings(max_examples=60)
@given(kinds, texts, texts)
def test_any_verdict_gives_a_balanced_page(kind: str, name: str, text: str) -> None:
    judged = hostile(kind, name, text)
    check(verdicts_html([judged, judged])).text.encode()


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance of #rrggbb."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["ground", "panel"])
@pytest.mark.parametrize("text", ["text", "quiet", "good", "bad", "warn"])
def test_text_has_contrast(colours: dict[str, str], ground: str, text: str) -> None:
    lighter, darker = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_every_class_on_a_page_has_a_style() -> None:
    used = {name for kind in zoo() for _, a in page(kind).tags for name in (a.get("class") or "").split()}
    styled = set(re.findall(r"\.([a-z]+)", STYLE))
    assert used - styled == set()
