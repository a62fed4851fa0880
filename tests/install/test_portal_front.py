"""The page with a front: the device goes to the developer's own server, and the page tells what the front saw."""

from __future__ import annotations

import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pki.errors import InvalidRequest
from pki.front import ServerBehind
from pki.install.portal import FrontCheck, Portal
from tests import clock
from tests.clock import until
from tests.front.fronts import HOST, pages
from tests.handshake.browser import CERTUTIL, CHROMIUM, Browser
from tests.handshake.programs import CURL
from tests.install.asking import ask, connect
from tests.install.devtools import PHONE, chromium
from tests.install.portals import HERE, Cast, Open
from tests.install.test_portal_browser import press

PROFILE = "test-ca.mobileconfig"
NODE = pytest.mark.peer("node", "apt-get install nodejs")
Opened = Callable[..., Open]


@pytest.fixture
def fronted(cast: Cast, opened: Opened, at: datetime) -> Callable[..., Open]:
    """Opens a page with a front before the port of a server, for HOST unless told otherwise."""
    identity = cast.authority.issue_server(HOST, HERE, at=at)

    def open_one(behind: int, *, with_alice: bool = False, host: str = HOST) -> Open:
        alice: dict[str, Any] = {} if with_alice else {"client": None, "expected": None}
        device_check = cast.device_check(identity=identity, called="front", **alice)
        handout = cast.with_alice if with_alice else cast.without_key
        check = FrontCheck(behind=ServerBehind(HERE, behind), host=host, device_check=device_check)
        return opened(handout, device_check=check)

    return open_one


def curl(here: Open, *options: str, root: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Ask for the front by its name, through the proxy that it is."""
    front = here.portal.front
    assert front is not None
    trusting = ("--cacert", str(root)) if root is not None else ()
    return subprocess.run(
        ["curl", "-q", "-sS", "-x", f"http://{HERE}:{front.port}", *trusting, *options, front.url],
        capture_output=True, text=True, check=False, timeout=clock.PATIENCE,
    )  # fmt: skip


def seen(here: Open) -> str:
    return ask(here.port, f"/{here.token}/seen").body.decode()


def fetch_pac(here: Open) -> str:
    front = here.portal.front
    assert front is not None
    assert front.pac_url == f"http://{HERE}:{front.port}/proxy.pac"
    return ask(front.port, "/proxy.pac", host=f"{HERE}:{front.port}").body.decode()


@CURL
def test_a_device_that_comes_is_told_what_the_server_behind_said(
    fronted: Callable[..., Open], files: Path
) -> None:
    with pages() as behind:
        here = fronted(behind)
        front = here.portal.front
        assert front is not None
        assert here.portal.check_url == f"https://{HOST}:{front.port}/"
        assert "the proxy's address was not asked for" in seen(here)
        assert f"PROXY {HERE}:{front.port}" in fetch_pac(here)
        until(lambda: "asked for the proxy's address, and no connection came" in seen(here))
        assert here.log == ["front: the PAC was fetched"]
        ran = curl(here, root=files / "alice/root.pem")
        assert (ran.returncode, ran.stdout) == (0, f"hello from {HOST}:{front.port}")
        said = f"It works: the device trusts the test CA. The server behind, {HERE}:{behind}, said HTTP/1.1 200 OK."
        until(lambda: here.portal.works)
        assert seen(here).startswith(said)
        assert here.log == ["front: the PAC was fetched", f"front: {said}"]
        page = ask(here.port, f"/{here.token}/").body.decode()
        assert said in page
        assert f">{front.pac_url}<" in page
        assert "Configure Proxy, Automatic" in page
        assert "Configure Proxy, Off" in page


def test_it_is_told_while_the_connection_is_still_open(fronted: Callable[..., Open], files: Path) -> None:
    """Browsers keep theirs for minutes, and so may the server behind."""
    context = ssl.create_default_context(cafile=str(files / "alice/root.pem"))
    with pages() as behind:
        here = fronted(behind)
        front = here.portal.front
        assert front is not None
        with connect(front.port) as bare, context.wrap_socket(bare, server_hostname=HOST) as secured:
            secured.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
            assert secured.recv(65536).startswith(b"HTTP/1.1 200 OK")
            assert "said HTTP/1.1 200 OK." in seen(here)
        until(lambda: front.connections)
    assert len(here.log) == 1  # and not again at its end


@CURL
def test_a_root_that_is_not_trusted_is_told_apart(fronted: Callable[..., Open]) -> None:
    with pages() as behind:
        here = fronted(behind)
        assert curl(here).returncode == 60
        until(lambda: here.log)
    assert here.log == ["front: Not trusted yet: the device refused the front's certificate."]
    assert "Certificate Trust Settings" in seen(here)
    assert not here.portal.works


@CURL
def test_a_server_behind_that_is_away_is_not_the_devices_fault(
    fronted: Callable[..., Open], files: Path
) -> None:
    with pages() as behind:
        pass
    here = fronted(behind)
    ran = curl(here, root=files / "alice/root.pem")
    assert "trustrig front: " in ran.stdout
    until(lambda: here.log)
    assert seen(here).startswith(
        "The device trusts the test CA and came to the front, but the server behind, "
    )
    assert f"Look whether the server behind, at http://{HERE}:{behind}, is up and answers, and try" in seen(
        here
    )
    assert not here.portal.works


@CURL
@pytest.mark.parametrize(
    ("showing", "words", "works"),
    [
        pytest.param("alice", "It works: hello alice.", True, id="the right one"),
        pytest.param("mallory", "The wrong one: mallory is another CA's identity.", False, id="another CA's"),
        pytest.param(None, "No certificate: the device trusts the test CA", False, id="none"),
    ],
)
def test_an_identity_is_asked_for_and_judged_while_the_server_behind_answers(
    showing: str | None, words: str, works: bool, fronted: Callable[..., Open], files: Path
) -> None:
    with pages() as behind:
        here = fronted(behind, with_alice=True)
        shown = (
            ("--cert", str(files / showing / "fullchain.pem"), "--key", str(files / showing / "key.pem"))
            if showing
            else ()
        )
        ran = curl(here, *shown, root=files / "alice/root.pem")
        assert ran.stdout.startswith("hello from")
        until(lambda: here.log)
    assert seen(here).startswith(words)
    assert "said HTTP/1.1 200 OK." in seen(here)
    assert here.portal.works is works
    page = ask(here.port, f"/{here.token}/").body.decode()
    assert "data-probe" not in page.partition("<script")[0]  # the script's question would show no identity


def test_an_address_needs_no_proxy(fronted: Callable[..., Open]) -> None:
    here = fronted(9, host=HERE)
    front = here.portal.front
    assert front is not None
    assert front.pac_url is None
    assert front.url == f"https://{HERE}:{front.port}/"
    page = ask(here.port, f"/{here.token}/").body.decode()
    assert "Configure Proxy" not in page
    assert "in the same network" in seen(here)


@CURL
def test_a_front_stays_when_all_is_given_out_and_works(fronted: Callable[..., Open], files: Path) -> None:
    """A device whose proxy is gone goes to the name's other server, if there is one."""
    with pages() as behind:
        here = fronted(behind, with_alice=True)
        waiting = threading.Thread(target=here.portal.wait, args=(clock.PATIENCE,), daemon=True)
        waiting.start()
        assert ask(here.port, f"/{here.token}/{PROFILE}").status == 200
        alice = ("--cert", str(files / "alice/fullchain.pem"), "--key", str(files / "alice/key.pem"))
        curl(here, *alice, root=files / "alice/root.pem")
        until(lambda: here.portal.works and here.portal.given == 1)
        waiting.join(0.3)
        assert waiting.is_alive()
        assert curl(here, root=files / "alice/root.pem").stdout.startswith("hello from")


def test_the_page_is_no_server_behind_itself(cast: Cast, at: datetime) -> None:
    with connect_to_nobody() as port:
        behind = ServerBehind(HERE, port)
    check = FrontCheck(behind=behind, host=HERE, device_check=cast.device_check(called="front"))
    portal = Portal(cast.with_alice, address=HERE, port=port, device_check=check, clock=lambda: at)
    with pytest.raises(InvalidRequest, match="would be this page and the server behind"), portal:
        pass
    with pages(port=port):  # and what had been opened is closed again
        pass


@contextmanager
def connect_to_nobody() -> Iterator[int]:
    """A port that was free just now."""
    with pages() as port:
        yield port


@NODE
@CURL
def test_a_server_behind_that_speaks_http2_is_told_of(fronted: Callable[..., Open], files: Path) -> None:
    script = (
        "const s=require('http2').createServer((q,r)=>{r.writeHead(418);r.end('hello')});"
        "s.listen(0,'127.0.0.1',()=>console.log(s.address().port))"
    )
    with subprocess.Popen(["node", "-e", script], stdout=subprocess.PIPE, text=True) as node:
        try:
            assert node.stdout is not None
            here = fronted(int(node.stdout.readline()))
            ran = curl(here, "--http2", root=files / "alice/root.pem")
            assert ran.stdout == "hello"
            until(lambda: here.portal.works)
            assert "said HTTP/2 418." in seen(here)
        finally:
            node.kill()


@CHROMIUM
@CERTUTIL
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_button_asks_the_server_behind_and_the_page_says_what_came(
    dark: bool, fronted: Callable[..., Open], files: Path, tmp_path: Path
) -> None:
    home = Browser.create(tmp_path / "device", trusting=files / "alice/root.pem", holding=None).home
    with pages() as behind:
        here = fronted(behind)
        front = here.portal.front
        assert front is not None
        with chromium(home, screen=PHONE, dark=dark, pac=front.pac_url) as tab:
            tab.open(here.url)
            assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
            press(tab, "#ask")
            tab.wait_until(lambda: tab.loaded == 2)
            assert tab.evaluate("location.href") == here.url
            said = tab.evaluate("document.getElementById('said').innerText")
            assert said.startswith("It works: the device trusts the test CA.")
            assert f"{HERE}:{behind}, said HTTP/1.1 200 OK." in said
            assert tab.evaluate("document.getElementById('said').className") == "said good"
            assert here.url in tab.asked
            assert set(tab.asked) <= {here.url, front.url}  # DevTools may lose some, never invent
            assert tab.complaints == []
            tab.picture(tmp_path / "page.png")
            press(tab, "section a:not(.action)")
            tab.wait_until(lambda: tab.loaded == 3)
            assert tab.text() == f"hello from {HOST}:{front.port}"
            tab.open(here.url)
            tab.call("Page.setBypassCSP", enabled=True)  # for axe, which is nobody's script here
            tab.open(here.url)
            assert tab.barriers() == []
    assert here.portal.works


@CHROMIUM
@CERTUTIL
def test_the_button_says_when_the_root_is_not_trusted_yet(
    fronted: Callable[..., Open], files: Path, tmp_path: Path
) -> None:
    home = Browser.create(tmp_path / "device", trusting=files / "mallory/root.pem", holding=None).home
    with pages() as behind:
        here = fronted(behind)
        front = here.portal.front
        assert front is not None
        with chromium(home, pac=front.pac_url) as tab:
            tab.open(here.url)
            press(tab, "#ask")
            tab.wait_until(
                lambda: "Not trusted yet" in tab.evaluate("document.getElementById('said').innerText")
            )
            assert tab.evaluate("document.getElementById('said').className") == "said bad"
            assert tab.loaded == 1
