"""The page without a browser: what is on it, and that nothing of a stranger's is more than text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from pki.report.audit import html_rows, search
from pki.report.audit.formats import FORMATS
from pki.report.audit.plots import timeline
from pki.report.audit.row import AuditRow
from pki.report.page import hash_source
from pki.report.stylesheet import DARK, LIGHT, STYLE
from tests.report.audit.rows import audited, breaking, hostile, mixed, row, summary, unread, untrusted
from tests.report.test_html_report import luminance

VOID = {"meta", "input"}


class Page(HTMLParser):
    """Elements in their order with their attributes; every one that is opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for kind, attributes in self.elements if kind == tag]


def page(*rows: AuditRow) -> str:
    return b"".join(FORMATS["html"].pieces(audited(*rows))).decode()


@pytest.mark.parametrize("rows", [[], mixed(40), hostile()], ids=["nothing", "of every kind", "hostile"])
def test_elements_close_ids_are_unique_and_references_lead_somewhere(rows: list[AuditRow]) -> None:
    read = Page(page(*rows))
    ids = [attributes["id"] for _, attributes in read.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    for _, attributes in read.elements:
        for id in (attributes.get("aria-labelledby") or "").split():
            assert id in ids
        assert (attributes.get("data-cause") or ids[0]) in ids


def test_every_row_stands_once_below_its_cause() -> None:
    rows = mixed(40)
    text = page(*rows)
    for one in rows:
        assert text.count(f"<li>{one['host']} ") == 1
    order = ["The one change that mends most", "When they break", "Causes, the largest first", "Not checked"]
    assert sorted(order, key=text.index) == order


def test_what_breaks_first_comes_first() -> None:
    days = ["2027-05-01", "2027-01-01", "2027-03-01"]
    text = page(*(breaking(n, f"{day}T00:00:00Z") for n, day in enumerate(days)))
    listed = re.findall(r"<li>host-0000([0-9])\.", text)
    assert listed == ["1", "2", "0"]


def test_a_stranger_s_words_are_text_and_the_page_may_run_its_own_script_alone() -> None:
    text = page(*hostile())
    assert "<script>alert" not in text
    read = Page(text)
    assert len(read.all("script")) == 1
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    (policy,) = [one["content"] or "" for one in read.all("meta") if one.get("http-equiv")]
    assert policy == f"default-src 'none'; style-src 'unsafe-inline'; script-src '{hash_source(script)}'"
    for _, attributes in read.elements:
        assert not any(name.startswith("on") or name in ("src", "style") for name in attributes)


def test_many_rows_of_a_cause_open_in_parts() -> None:
    text = page(*(breaking(n) for n in range(450)))
    parts = re.findall(r"<summary>([0-9]+ to [0-9]+), 2027-02-01</summary>", text)
    assert parts == [
        "1 to 200",
        "201 to 400",
        "401 to 450",
    ]
    assert '<ol class="rows" start="401">' in text


def test_of_too_many_rows_the_most_urgent_are_listed_and_the_others_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(html_rows, "MAX_ROWS", 2)
    text = page(row(1), breaking(2), untrusted(3), unread(4))
    assert "The 2 chains listed are the most urgent; 2 are left out." in text
    assert text.count("<li>host-") == 2
    assert "<li>host-00003" in text
    assert "<li>host-00004" in text


def test_causes_without_a_fold_of_their_own_share_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_rows, "MAX_CAUSES", 1)
    text = page(breaking(1), breaking(2), untrusted(3))
    assert "further causes: not trusted now" in text
    assert text.count("<li>host-") == 3


def test_five_causes_have_patterns_of_their_own_and_more_share_the_last() -> None:
    rules = ["cert-not-expired", "cert-not-before", "ca-not-blocked", "leaf-not-blocked", "san-dns-match"]
    rows = [breaking(n, breaks_by=rule) for n, rule in enumerate(rules)]
    causes, counts = timeline(summary(*rows), lambda rule, leaf: rule)
    assert sorted(causes) == sorted(rules)
    causes, counts = timeline(
        summary(*rows, breaking(9, breaks_by="ca-path-length")), lambda rule, leaf: rule
    )
    assert (len(causes), causes[-1], sum(counts[-1])) == (5, "other causes", 2)


def test_a_bar_stands_on_the_one_below_it() -> None:
    leaf = {"breaks_position": 0, "breaks_certificate": row(1)["leaf_sha256"]}
    text = page(breaking(1), breaking(2), breaking(3, **leaf))
    (drawing,) = re.findall(
        r'<svg class="plot wide" .*?aria-labelledby="timeline-920.*?</svg>', text, re.DOTALL
    )
    bars = re.findall(r'd="M([0-9.]+) ([0-9.]+)h[0-9.]+V([0-9.]+)h', drawing)
    assert len(bars) == 2
    for (x, _, top), (other_x, bottom, _) in pairwise(bars):
        assert (x, top) == (other_x, bottom)
    assert "Most break in the week of 2027-02-01: 3." in drawing


def test_twenty_thousand_rows_are_a_few_megabytes() -> None:
    assert len(page(*(breaking(n) for n in range(20_000)))) < 4_000_000


@pytest.mark.parametrize(("colours", "ground"), [(search.CAUSES_LIGHT, LIGHT), (search.CAUSES_DARK, DARK)])
def test_bars_stand_out_from_the_ground(colours: dict[int, str], ground: dict[str, str]) -> None:
    """WCAG 2.2, 1.4.11: graphics have a contrast of 3."""
    for colour in colours.values():
        lighter, darker = sorted((luminance(colour), luminance(ground["ground"])), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 3


def test_every_class_on_the_page_has_a_style() -> None:
    read = Page(page(*mixed(40)))
    used = {name for _, one in read.elements for name in (one.get("class") or "").split()}
    assert used - set(re.findall(r"\.([a-z0-9-]+)", STYLE + search.STYLE)) == set()
