"""Chromium driven through its DevTools protocol, over the pipe it offers for that: no port, no library."""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import select
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import clock
from tests.clock import PATIENCE
from tests.handshake.browser import FLAGS

PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}  # an iPhone's CSS pixels
DESKTOP = {"width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": False}
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Safari/605.1.15"
)


@dataclass
class Tab:
    """One page of a running Chromium. `asked` are the addresses it requested, `complaints` what its console said."""

    process: subprocess.Popen[bytes]
    to: int
    back: int
    session: str = ""
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    downloads: dict[str, dict[str, Any]] = field(default_factory=dict)
    loads: list[str] = field(default_factory=list)
    blank: str = ""  # the empty page it starts with, whose load event may come late
    _number: int = 0
    _buffer: bytes = b""

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call METHOD and give its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        expires = time.monotonic() + PATIENCE
        while time.monotonic() < expires:
            for answer in self._heard(expires - time.monotonic()):
                if answer.get("id") == self._number:
                    assert "error" not in answer, answer
                    result: dict[str, Any] = answer["result"]
                    return result
        raise AssertionError(f"no answer to {method}")

    def wait_until(self, done: Callable[[], object]) -> None:
        """Take events in until DONE."""
        expires = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < expires, (self.asked, self.complaints)
            list(self._heard(0.1))

    def evaluate(self, script: str) -> Any:
        """The value of SCRIPT in the page; a promise is waited for."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def open(self, address: str) -> None:
        """Go to ADDRESS and wait until it is loaded, or its error page is."""
        loader = self.call("Page.navigate", url=address)["loaderId"]
        self.wait_until(lambda: loader in self.loads)

    @property
    def loaded(self) -> int:
        """How many pages have been loaded."""
        return len(self.loads)

    def text(self) -> str:
        """What can be read on the page."""
        found: str = self.evaluate("document.body.innerText")
        return found

    def barriers(self) -> list[str]:
        """What axe holds against the page with everything unfolded."""
        self.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
        self.evaluate(axe())
        found = self.evaluate("axe.run()")
        assert len(found["passes"]) >= 10
        return [f"{v['id']}: {node['html']}" for v in found["violations"] for node in v["nodes"]]

    def picture(self, file: Path) -> None:
        """Write the whole page to FILE as PNG."""
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(shot["data"]))

    def _heard(self, timeout: float) -> Iterator[dict[str, Any]]:
        if select.select([self.back], [], [], max(0.0, timeout))[0]:
            data = os.read(self.back, 1 << 20)
            assert data, "Chromium is gone"
            self._buffer += data
        *whole, self._buffer = self._buffer.split(b"\0")
        for message in map(json.loads, whole):
            self._note(message.get("method", ""), message.get("params", {}))
            yield message

    def _note(self, event: str, said: dict[str, Any]) -> None:
        if event == "Network.requestWillBeSent":
            self.asked.append(said["request"]["url"])
        elif event == "Log.entryAdded":
            self.complaints.append(said["entry"]["text"])
        elif event == "Runtime.exceptionThrown":
            self.complaints.append(str(said["exceptionDetails"]))
        elif event == "Page.lifecycleEvent" and said["name"] == "load" and said["loaderId"] != self.blank:
            self.loads.append(said["loaderId"])
        elif event.startswith("Browser.download"):
            self.downloads.setdefault(said["guid"], {}).update(said)


def axe() -> str:
    """axe-core's own script; the package that brings it is not imported."""
    spec = importlib.util.find_spec("axe_core_python")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).with_name("axe.min.js").read_text(encoding="utf-8")


@contextmanager
def chromium(
    home: Path,
    *,
    screen: dict[str, Any] = PHONE,
    agent: str = IPHONE,
    dark: bool = False,
    certificates: int | None = None,
    pac: str | None = None,
) -> Iterator[Tab]:
    """Chromium below HOME (see `Browser.create`); at 127.0.0.1:CERTIFICATES it shows the first that it holds.

    PAC is the address of its proxy's settings.
    """
    profile = home / "profile"
    (profile / "Default").mkdir(parents=True, exist_ok=True)
    downloads = home / "downloads"
    downloads.mkdir(exist_ok=True)
    if certificates is not None:
        choose = {f"https://127.0.0.1:{certificates},*": {"setting": {"filters": [{}]}}}
        exceptions = {"content_settings": {"exceptions": {"auto_select_certificate": choose}}}
        (profile / "Default" / "Preferences").write_text(json.dumps({"profile": exceptions}))
    read_end, to = os.pipe()
    back, write_end = os.pipe()
    flags = [flag for flag in FLAGS if not pac or flag != "--no-proxy-server"]
    command = ["chromium", *flags, f"--user-data-dir={profile}", "--remote-debugging-pipe"]
    command += [*([f"--proxy-pac-url={pac}"] if pac else ()), "about:blank"]
    # Chromium reads its commands from descriptor 3 and answers on 4; the shell puts ours there.
    shell = f'exec "$@" 3<&{read_end} 4>&{write_end}'
    process = subprocess.Popen(
        ["bash", "-c", shell, "bash", *command],
        pass_fds=(read_end, write_end), env={**os.environ, "HOME": str(home)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(read_end)
    os.close(write_end)
    tab = Tab(process, to, back)
    try:
        tab.call(
            "Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads), eventsEnabled=True
        )
        pages = [t for t in tab.call("Target.getTargets")["targetInfos"] if t["type"] == "page"]
        tab.session = tab.call("Target.attachToTarget", targetId=pages[0]["targetId"], flatten=True)[
            "sessionId"
        ]
        tab.blank = tab.call("Page.getFrameTree")["frameTree"]["frame"]["loaderId"]
        tab.call("Page.setLifecycleEventsEnabled", enabled=True)
        for domain in ("Page", "Network", "Log", "Runtime"):
            tab.call(f"{domain}.enable")
        tab.call("Emulation.setDeviceMetricsOverride", **screen)
        tab.call("Emulation.setUserAgentOverride", userAgent=agent)
        tab.call(
            "Emulation.setTouchEmulationEnabled",
            enabled=screen["mobile"],
            maxTouchPoints=5 if screen["mobile"] else 1,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        tab.call("Emulation.setEmulatedMedia", features=[scheme])
        yield tab
    finally:
        tab.session = ""
        with_grace(tab)
        os.close(to)
        os.close(back)


def with_grace(tab: Tab) -> None:
    """Ask Chromium to leave, and make it."""
    try:
        tab.call("Browser.close")
        tab.process.wait(clock.PATIENCE)
    except (AssertionError, OSError, subprocess.TimeoutExpired):
        tab.process.kill()
        tab.process.wait(clock.PATIENCE)
