"""The page of an audit as people meet it: on a phone and a desk, in light, in dark and on paper, in Chromium."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pki.report.audit.formats import FORMATS
from pki.report.audit.row import AuditRow
from tests.handshake.browser import CHROMIUM
from tests.install.devtools import DESKTOP, PHONE, chromium
from tests.report.audit.rows import audited, breaking, hostile, mixed, row

pytestmark = CHROMIUM
RENEWAL = {"on": "2027-03-15", "refused_by": ["tls-validity-398"], "warned_by": ["tls-validity-100"]}
FLEET = [
    *mixed(40),
    row(50, renewals=[RENEWAL]),
    *(breaking(n, "2027-06-01T00:00:00Z") for n in range(60, 300)),
]
SEARCH = "(()=>{const f=document.getElementById('search');f.value=%r;f.dispatchEvent(new Event('input'))})()"
FOUND = "document.getElementById('found').textContent"


def written(folder: Path, *rows: AuditRow) -> str:
    file = folder / "report.html"
    file.write_bytes(b"".join(FORMATS["html"].pieces(audited(*rows))))
    return file.as_uri()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_it_fits_and_has_no_barrier(screen: dict[str, Any], dark: bool, tmp_path: Path) -> None:
    with chromium(tmp_path, screen=screen, dark=dark) as tab:
        address = written(tmp_path, *FLEET, *hostile())
        tab.open(address)
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        shown = "[...document.querySelectorAll('svg.plot')].filter(one => one.checkVisibility()).length"
        assert tab.evaluate(shown) == 2
        tab.evaluate(SEARCH % "host-0000")
        assert tab.barriers() == []
        assert (tab.asked, tab.complaints) == ([address], [])


def test_the_search_finds_twenty_thousand_rows_by_host_and_by_cause(tmp_path: Path) -> None:
    with chromium(tmp_path, screen=DESKTOP) as tab:
        tab.open(written(tmp_path, *(row(n) if n % 2 else breaking(n) for n in range(20_000))))
        tab.evaluate(SEARCH % "host-0012 ISSUING")
        assert tab.evaluate(FOUND) == "5 of 20000 chains match."
        tab.evaluate(SEARCH % "nothing breaks")
        assert tab.evaluate(FOUND) == "10000 of 20000 chains match; the first 100 are listed."
        assert tab.evaluate("document.querySelectorAll('#matches>li').length") == 100
        tab.evaluate("document.querySelector('#matches a').click()")
        tab.wait_until(lambda: tab.evaluate("document.querySelector('details[data-kind=steady]').open"))
        assert tab.complaints == []


def test_it_reads_without_its_script(tmp_path: Path) -> None:
    with chromium(tmp_path, screen=DESKTOP) as tab:
        tab.call("Emulation.setScriptExecutionDisabled", value=True)
        tab.open(written(tmp_path, *FLEET))
        tab.call("Emulation.setScriptExecutionDisabled", value=False)
        assert not tab.evaluate("document.getElementById('searching').checkVisibility()")
        tab.evaluate("document.querySelector('details.group summary').click()")
        assert tab.evaluate("document.querySelector('details.group code').checkVisibility()")


def test_paper_has_dark_ink_and_leaves_folded_what_is_folded(tmp_path: Path) -> None:
    with chromium(tmp_path, screen=DESKTOP, dark=True) as tab:
        tab.open(written(tmp_path, *FLEET))
        tab.call("Emulation.setEmulatedMedia", media="print")
        assert tab.evaluate("getComputedStyle(document.body).color") == "rgb(27, 31, 36)"
        ink = "getComputedStyle(document.querySelector('.bar.edge-0')).stroke"
        assert tab.evaluate(ink) == "rgb(31, 95, 168)"
        assert not tab.evaluate("document.querySelector('details .rows').checkVisibility()")
        assert not tab.evaluate("document.getElementById('search').checkVisibility()")
