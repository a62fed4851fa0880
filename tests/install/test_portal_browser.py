"""The page as people meet it: on a screen like a phone's, in Chromium, with its test server and real identities."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.clock import until
from tests.handshake.browser import CERTUTIL, CHROMIUM, Browser
from tests.install.devtools import DESKTOP, IPHONE, MAC, PHONE, Tab, chromium
from tests.install.portals import Cast, Open

pytestmark = [CHROMIUM, CERTUTIL]
ZBAR = pytest.mark.peer("zbarimg", "apt-get install zbar-tools")
IN_SIGHT = (
    "(box => box.top >= 0 && box.bottom <= innerHeight)(document.querySelector('{}').getBoundingClientRect())"
)
Opened = Callable[..., Open]


@pytest.fixture
def here(cast: Cast, opened: Opened) -> Open:
    return opened(cast.with_alice, device_check=cast.device_check())


def device(tmp_path: Path, files: Path, *, trusting: str = "alice", holding: str | None = None) -> Path:
    """A home with an NSS database: whose root it trusts, whose identity it holds."""
    p12 = files / holding / "apple-any.p12" if holding else None
    return Browser.create(tmp_path / "device", trusting=files / trusting / "root.pem", holding=p12).home


def check_port(here: Open) -> int:
    return int(str(here.portal.check_url).split("/")[2].rpartition(":")[2])


def press(tab: Tab, selector: str) -> None:
    """Tap the middle of what SELECTOR finds, as a finger does."""
    tab.evaluate(f"document.querySelector({selector!r}).scrollIntoView({{block: 'center'}})")
    box = tab.evaluate(
        f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])"
        f"(document.querySelector({selector!r}).getBoundingClientRect())"
    )
    for kind in ("mousePressed", "mouseReleased"):
        tab.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)


def assert_nothing_else_was_asked(tab: Tab, here: Open) -> None:
    """Only this page and the test server: DevTools may lose some where a page makes way for another, never invent."""
    known = {here.url, here.portal.check_url, f"{here.portal.check_url}probe"}
    assert here.url in tab.asked
    assert set(tab.asked) <= known


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("screen", "agent"), [pytest.param(PHONE, IPHONE, id="phone"), pytest.param(DESKTOP, MAC, id="desktop")]
)
def test_it_fits_the_screen_and_loads_nothing_else(
    screen: dict[str, Any], agent: str, dark: bool, here: Open, files: Path, tmp_path: Path
) -> None:
    with chromium(device(tmp_path, files), screen=screen, agent=agent, dark=dark) as tab:
        tab.open(here.url)
        assert tab.evaluate("document.querySelector('h1').innerText") == "Install Our CA"
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == (
            "rgb(20, 23, 27)" if dark else "rgb(255, 255, 255)"
        )
        assert tab.asked == [here.url]
        assert tab.complaints == []  # a breach of the page's own policy would be one
        assert tab.evaluate(IN_SIGHT.format("a.action"))  # the next step
        smallest = "Math.min(...[...document.querySelectorAll('a.action,summary')].map(e => e.getBoundingClientRect().height))"
        assert tab.evaluate(smallest) >= 44  # Apple's Human Interface Guidelines: what a finger meets
        assert tab.evaluate("parseFloat(getComputedStyle(document.querySelector('main p')).fontSize)") >= 16


def test_the_download_is_the_profile_itself(cast: Cast, opened: Opened, files: Path, tmp_path: Path) -> None:
    handout = cast.with_alice
    here = opened(handout, device_check=cast.device_check())
    home = device(tmp_path, files)
    with chromium(home) as tab:
        tab.open(here.url)
        types = tab.evaluate(
            "fetch(document.querySelector('#download ~ a').href, {method: 'HEAD'})"
            ".then(r => [r.status, r.headers.get('content-type'), r.headers.get('content-length'), r.redirected])"
        )
        assert types == [200, "application/x-apple-aspen-config", str(len(handout.profile)), False]
        press(tab, "#download ~ a")
        tab.wait_until(lambda: any(d.get("state") == "completed" for d in tab.downloads.values()))
        (told,) = tab.downloads.values()
        assert told["suggestedFilename"] == "test-ca.mobileconfig"
        assert (
            Path(told.get("filePath") or home / "downloads" / "test-ca.mobileconfig").read_bytes()
            == handout.profile
        )
        tab.open(here.url)
        assert "The profile was given out. Go on in Settings" in tab.text()
        assert not tab.evaluate("document.querySelector('#download ~ a')")
        tab.open(f"{here.url}test-ca.mobileconfig")
        assert "This profile was given out already" in tab.text()
    until(lambda: here.portal.given == 1)


@ZBAR
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_camera_reads_the_address_off_the_screen(
    dark: bool, here: Open, files: Path, tmp_path: Path
) -> None:
    with chromium(device(tmp_path, files), dark=dark) as tab:
        tab.open(here.url)
        tab.picture(tmp_path / "page.png")
    read = subprocess.run(
        ["zbarimg", "--quiet", "--raw", str(tmp_path / "page.png")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert read.stdout.splitlines() == [here.url]


@pytest.mark.parametrize(
    ("holding", "headline"),
    [
        pytest.param("alice", "✓ It works: hello alice.", id="the right one"),
        pytest.param("mallory", "✗ The wrong one: mallory is another CA's identity.", id="the wrong one"),
        pytest.param(
            None, "✗ No certificate: the device trusts the test CA, but showed no identity.", id="none"
        ),
    ],
)
def test_the_button_tells_what_the_test_server_saw(
    holding: str | None, headline: str, here: Open, files: Path, tmp_path: Path
) -> None:
    with chromium(device(tmp_path, files, holding=holding), certificates=check_port(here)) as tab:
        tab.open(here.url)
        press(tab, "#ask")
        tab.wait_until(lambda: tab.loaded == 2)
        assert tab.evaluate("location.href") == here.portal.check_url
        assert headline in tab.text()
        assert_nothing_else_was_asked(tab, here)
        assert tab.complaints == []
        press(tab, "main a")  # and back
        tab.wait_until(lambda: tab.loaded == 3)
        assert tab.evaluate("location.href") == here.url
        assert tab.evaluate("document.getElementById('said').innerText").startswith(headline[2:])
    until(lambda: here.portal.works is headline.startswith("✓"))


def test_the_button_says_when_the_root_is_not_trusted_yet(here: Open, files: Path, tmp_path: Path) -> None:
    with chromium(device(tmp_path, files, trusting="mallory")) as tab:
        tab.open(here.url)
        press(tab, "#ask")
        tab.wait_until(lambda: "Not trusted yet" in tab.evaluate("document.getElementById('said').innerText"))
        assert tab.evaluate("location.href") == here.url
        assert tab.loaded == 1
        assert tab.evaluate("document.getElementById('said').className") == "said bad"
    assert set(here.log[1:]) == {
        "test server: Not trusted yet: the device refused the test server's certificate."
    }


def test_the_button_says_when_the_command_has_ended(
    cast: Cast, opened: Opened, files: Path, tmp_path: Path
) -> None:
    here = opened(cast.with_alice, device_check=cast.device_check())
    with chromium(device(tmp_path, files)) as tab:
        tab.open(here.url)
        here.portal.__exit__(None, None, None)
        press(tab, "#ask")
        tab.wait_until(
            lambda: (
                "Nobody answers here any more" in tab.evaluate("document.getElementById('said').innerText")
            )
        )


@pytest.mark.parametrize(
    ("holding", "headline"),
    [("alice", "It works: hello alice."), (None, "No certificate: the device trusts the test CA")],
)
def test_without_its_script_the_page_does_the_same(
    holding: str | None, headline: str, here: Open, files: Path, tmp_path: Path
) -> None:
    with chromium(device(tmp_path, files, holding=holding), certificates=check_port(here)) as tab:
        tab.call("Emulation.setScriptExecutionDisabled", value=True)
        tab.open(here.url)
        assert tab.evaluate("document.getElementById('iphone').open")
        press(tab, "#ask")
        tab.wait_until(lambda: tab.loaded == 2)
        assert tab.evaluate("location.href") == here.portal.check_url
        assert headline in tab.text()
        assert_nothing_else_was_asked(tab, here)


def test_without_its_script_the_browser_warns_and_the_page_explains(
    here: Open, files: Path, tmp_path: Path
) -> None:
    with chromium(device(tmp_path, files, trusting="mallory")) as tab:
        tab.call("Emulation.setScriptExecutionDisabled", value=True)
        tab.open(here.url)
        press(tab, "#ask")
        tab.wait_until(lambda: tab.loaded == 2)  # the browser's own page, which warns
        assert tab.evaluate("location.href").startswith("chrome-error:")
        tab.open(here.url)
        assert "Not trusted yet" in tab.text()
        assert tab.evaluate(IN_SIGHT.format("#said"))  # what is to be known first, without a finger's touch


@pytest.mark.parametrize(("touch", "shown"), [(False, "mac"), (True, "iphone")], ids=["a Mac", "an iPad"])
def test_an_ipad_that_says_it_is_a_mac_is_known_by_its_screen(
    touch: bool, shown: str, here: Open, files: Path, tmp_path: Path
) -> None:
    with chromium(device(tmp_path, files), agent=MAC, screen={**DESKTOP, "mobile": touch}) as tab:
        tab.open(here.url)
        assert tab.evaluate("[...document.querySelectorAll('details[open]')].map(d => d.id)") == [shown]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_no_barrier_on_any_page(dark: bool, here: Open, files: Path, tmp_path: Path) -> None:
    with chromium(device(tmp_path, files, holding="alice"), certificates=check_port(here), dark=dark) as tab:
        tab.call("Page.setBypassCSP", enabled=True)  # for axe, which is nobody's script here

        def barriers(address: str, words: str) -> list[str]:
            tab.open(address)
            assert words in tab.text()
            return tab.barriers()

        assert barriers(here.url, "Download the profile") == []
        assert barriers(str(here.portal.check_url), "It works") == []
        until(lambda: here.portal.works)
        assert barriers(here.url, "It works") == []
        press(tab, "#download ~ a")
        tab.wait_until(lambda: any(d.get("state") == "completed" for d in tab.downloads.values()))
        assert barriers(here.url, "The profile was given out") == []
        assert barriers(f"{here.url}test-ca.mobileconfig", "given out already") == []


def test_it_can_be_used_by_keyboard_and_by_ear(here: Open, files: Path, tmp_path: Path) -> None:
    with chromium(device(tmp_path, files), screen=DESKTOP, agent=MAC) as tab:
        tab.open(here.url)
        assert tab.evaluate("document.documentElement.lang") == "en"
        levels = tab.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => +h.tagName[1])")
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        reached = []
        for _ in range(12):
            tab.call("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
            tab.call("Input.dispatchKeyEvent", type="keyUp", key="Tab", code="Tab", windowsVirtualKeyCode=9)
            if not tab.evaluate("document.activeElement.matches('a, summary')"):  # once round
                break
            name, outline = tab.evaluate(
                "[document.activeElement.innerText, getComputedStyle(document.activeElement).outlineStyle]"
            )
            assert outline == "solid", name
            reached.append(name)
        assert reached == [
            "Download the profile",
            "On an iPhone or iPad",
            "On a Mac",
            "On something else",
            "Does it work now?",
            "the root certificate (DER)",
        ]
        tree = tab.call("Accessibility.getFullAXTree")["nodes"]
        named = [(n["role"]["value"], n.get("name", {}).get("value", "")) for n in tree if not n["ignored"]]
        assert not [
            role
            for role, name in named
            if role in ("link", "button", "image", "DisclosureTriangle") and not name
        ]
        pictures = [name for role, name in named if role in ("image", "img", "graphics-document")]
        assert any("QR code" in name for name in pictures)
