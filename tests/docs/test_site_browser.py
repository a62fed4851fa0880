"""The built site as people meet it in Chromium: no barrier, no other address, nothing cut off, and found by searching."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.built_site import ZENSICAL, served
from tests.handshake.browser import CHROMIUM
from tests.install.devtools import DESKTOP, IPHONE, MAC, PHONE, Tab, axe, chromium

pytestmark = [CHROMIUM, ZENSICAL]
MAIN = ["", "codes/9802/", "rules/chain-complete/", "symptoms/", "guides/device/", "explanation/neighbours/"]
LONG = [
    "rules/",
    "scenarios/",
    "json/",
    "library/",
    "p12-readers/",
]  # looked at by axe-core once: it takes its time


# The search's own box keeps what it finds away from the page around it.
FOUND = """
[...document.querySelectorAll('body > div')].filter(d => d.shadowRoot)
    .flatMap(d => [...d.shadowRoot.querySelectorAll('a')].map(a => a.href))
"""


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    with served(site) as found:
        yield found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("screen", "agent", "dark", "pages"),
    [
        pytest.param(PHONE, IPHONE, False, MAIN, id="phone, light"),
        pytest.param(PHONE, IPHONE, True, MAIN, id="phone, dark"),
        pytest.param(DESKTOP, MAC, False, [*MAIN, *LONG], id="desktop, light"),
        pytest.param(DESKTOP, MAC, True, MAIN, id="desktop, dark"),
    ],
)
def test_main_pages_have_no_barrier_and_load_nothing_else(
    screen: dict[str, Any], agent: str, dark: bool, pages: list[str], address: str, tmp_path: Path
) -> None:
    with chromium(tmp_path, screen=screen, agent=agent, dark=dark) as tab:
        for page in pages:
            tab.open(f"{address}{page}")
            assert fits(tab), page
            tab.evaluate(axe())
            found = tab.evaluate("axe.run()")
            assert len(found["passes"]) >= 10
            barriers = [f"{v['id']}: {node['html']}" for v in found["violations"] for node in v["nodes"]]
            assert barriers == [], page
        assert [one for one in tab.asked if not one.startswith((address, "data:", "blob:"))] == []
        assert tab.complaints == []


def test_long_pages_fit_a_phone(address: str, tmp_path: Path) -> None:
    with chromium(tmp_path) as tab:
        for page in LONG:
            tab.open(f"{address}{page}")
            assert fits(tab), page


def fits(tab: Tab) -> bool:
    """Whether nothing lies beyond the right edge, and the page has one heading of the first order."""
    found: bool = tab.evaluate(
        "document.documentElement.scrollWidth <= innerWidth && document.querySelectorAll('h1').length === 1"
    )
    return found


@pytest.mark.parametrize(
    ("words", "page"),
    [
        pytest.param("-9802", "codes/9802/", id="a code as it stands in a log"),
        pytest.param("wrong password", "symptoms/p12/", id="what an importer says"),
        pytest.param("simulator", "guides/simulator/", id="a word"),
        pytest.param("errSecItemNotFound", "codes/25300/", id="a symbol"),
        pytest.param("unknown ca", "codes/alert-48/", id="an alert"),
    ],
)
def test_typing_into_the_search_finds(words: str, page: str, address: str, tmp_path: Path) -> None:
    with chromium(tmp_path, screen=DESKTOP, agent=MAC) as tab:
        tab.open(address)
        tab.wait_until(
            lambda: tab.evaluate("[...document.querySelectorAll('body > div')].some(d => d.shadowRoot)")
        )
        tab.evaluate("document.querySelector('.md-search__button').click()")
        tab.wait_until(lambda: tab.evaluate("!!document.activeElement?.shadowRoot?.activeElement"))
        for letter in words:
            tab.call("Input.dispatchKeyEvent", type="char", text=letter)
        tab.wait_until(lambda: any(page in one for one in tab.evaluate(FOUND)))
