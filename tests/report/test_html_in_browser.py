"""The report as people meet it: on a phone and a desk, in light, in dark and on paper, in Chromium."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pki.report.html import verdicts_html
from pki.report.summary import Judged
from tests.handshake.browser import CHROMIUM
from tests.install.devtools import DESKTOP, PHONE, chromium
from tests.report.verdicts import zoo

pytestmark = CHROMIUM


def written(folder: Path, *kinds: str) -> str:
    file = folder / "report.html"
    file.write_text(verdicts_html([Judged(f"{kind}.pem", zoo()[kind]) for kind in kinds]), encoding="utf-8")
    return file.as_uri()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("screen", "kinds"),
    [
        pytest.param(PHONE, ("everything wrong",), id="phone"),
        pytest.param(DESKTOP, ("another name", "trusted", "no intermediate", "10,000 names"), id="desktop"),
    ],
)
def test_it_fits_and_has_no_barrier(
    screen: dict[str, Any], kinds: tuple[str, ...], dark: bool, tmp_path: Path
) -> None:
    with chromium(tmp_path, screen=screen, dark=dark) as tab:
        address = written(tmp_path, *kinds)
        tab.open(address)
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert tab.barriers() == []
        assert (tab.asked, tab.complaints) == ([address], [])


def test_the_repair_is_in_sight_on_a_phone_at_once(tmp_path: Path) -> None:
    with chromium(tmp_path, screen=PHONE) as tab:
        tab.open(written(tmp_path, "another name"))
        assert tab.evaluate("document.querySelector('.fix').getBoundingClientRect().bottom < innerHeight")


def test_a_rule_leads_to_its_finding(tmp_path: Path) -> None:
    with chromium(tmp_path, screen=PHONE) as tab:
        tab.open(written(tmp_path, "another name"))
        tab.evaluate("document.querySelector('.levels a').click()")
        assert tab.evaluate("document.querySelector('.finding:target') !== null")
        assert tab.evaluate("document.querySelector('.finding').getBoundingClientRect().top < innerHeight")


def test_paper_shows_what_was_folded_in_dark_ink(tmp_path: Path) -> None:
    with chromium(tmp_path, screen=DESKTOP, dark=True) as tab:
        tab.open(written(tmp_path, "another name"))
        folded = "document.querySelector('details table').checkVisibility()"
        assert not tab.evaluate(folded)
        tab.call("Emulation.setEmulatedMedia", media="print")
        assert tab.evaluate("getComputedStyle(document.body).color") == "rgb(27, 31, 36)"
        assert tab.evaluate(folded)
