"""The page of manual steps: its words, its structure, and what Chromium makes of it on a desk, on a phone and at night."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pki.export.manual import ManualContents, manual_html
from pki.export.manual_drawings import STYLE as OWN_STYLE
from pki.model.certificate import CertFacts
from pki.report.stylesheet import DARK, LIGHT, STYLE
from tests import clock
from tests.chains import Made, root
from tests.handshake.browser import CHROMIUM, FLAGS
from tests.report.test_html_report import check

HOSTILE = "<script>alert(1)</script> & \"'\u202e\x1b[31m"


def contents(made: Made, **changes: Any) -> ManualContents:
    given: dict[str, Any] = {
        "profile": "test-ca.mobileconfig",
        "script": "install-simulator.sh",
        "der": "certificates/root.cer",
        "several": "certificates/chain.pem",
        "checksums": "SHA256SUMS",
        "snippet_folder": "snippets",
        "snippets": tuple((f"AppTransportSecurity{number}.plist", "One sentence.") for number in range(7)),
        "p12": "alice.p12",
    }
    return ManualContents(CertFacts.parse(made.der), **given | changes)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("Within 8 minutes", id="the limit of time"),
        pytest.param("Only one can wait: a second download replaces the first.", id="the limit of number"),
        pytest.param("Settings > Profile Downloaded > Install", id="the first switch"),
        pytest.param("About > Certificate Trust Settings: switch the root on.", id="the second switch"),
        pytest.param("drop certificates/root.cer on its window", id="what to drop"),
        pytest.param("A simulator takes one, and ignores this without a word.", id="why no chain"),
        pytest.param(
            "Is an identity: a certificate with its key. It makes no root trusted", id="why no .p12"
        ),
        pytest.param("sh install-simulator.sh", id="the script"),
        pytest.param("is not in this folder", id="where the password is"),
        pytest.param("other apps cannot see it and need alice.p12", id="whose the identity is"),
        pytest.param("Remove Profile", id="the way back"),
        pytest.param("shasum -a 256 -c SHA256SUMS", id="the check"),
    ],
)
def test_the_page_says(words: str, root_ca: Made) -> None:
    assert words in check(manual_html(contents(root_ca))).text


def test_the_fingerprint_reads_as_devices_show_it(root_ca: Made) -> None:
    text = check(manual_html(contents(root_ca))).text
    assert root_ca.der is not None
    digest = CertFacts.parse(root_ca.der).sha256.upper()
    assert " ".join(re.findall("..", digest)) in text


def test_without_an_identity_none_is_mentioned(root_ca: Made) -> None:
    text = check(manual_html(contents(root_ca, p12=None))).text
    for words in ("alice", "identity of", "password of the identity", "client identity as well"):
        assert words not in text


def test_a_password_in_the_folder_is_said_to_be_there(root_ca: Made) -> None:
    assert "is in password.txt" in check(manual_html(contents(root_ca, password="password.txt"))).text


def test_hostile_names_are_words_on_the_page() -> None:
    source = manual_html(contents(root(HOSTILE), p12=HOSTILE))
    read = check(source)
    assert "<script" not in source
    assert "alert(1)" in read.text
    assert "\x1b" not in source


def test_headings_do_not_skip_a_level_and_sections_are_named(root_ca: Made) -> None:
    read = check(manual_html(contents(root_ca)))
    levels = [int(name[1]) for name, _ in read.tags if re.fullmatch("h[1-6]", name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all("aria-labelledby" in section for section in read.named("section"))
    assert all(drawing["role"] == "img" for drawing in read.named("svg"))
    assert [a["content"] for a in read.named("meta") if a.get("http-equiv")] == [
        "default-src 'none'; style-src 'unsafe-inline'"
    ]


def test_every_class_has_a_style(root_ca: Made) -> None:
    read = check(manual_html(contents(root_ca)))
    used = {name for _, attributes in read.tags for name in (attributes.get("class") or "").split()}
    assert used - set(re.findall(r"\.([a-z]+)", STYLE + OWN_STYLE)) == set()


# The page lets no script run in it; one beside it, of the same origin, looks at it as the browser laid it out.
OBSERVER = """<!DOCTYPE html><meta charset="utf-8"><link rel="icon" href="data:,">
<iframe id="seen" src="README.html" style="border:0;width:{width}px;height:900px"></iframe><pre id="said"></pre>
<script>
document.getElementById("seen").onload = event => {{
  const page = event.target.contentDocument, view = event.target.contentWindow;
  const wide = [...page.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > {width} + 0.5);
  document.getElementById("said").textContent = "<<" + JSON.stringify({{
    scrolls: page.documentElement.scrollWidth > view.innerWidth,
    wide: wide.map(e => e.tagName + " " + e.textContent.slice(0, 30)),
    ground: view.getComputedStyle(page.body).backgroundColor,
    drawn: [...page.querySelectorAll("svg")].map(e => e.getBoundingClientRect().height > 100),
    cut: [...page.querySelectorAll("svg text")].filter(e => {{
      const box = e.ownerSVGElement.viewBox.baseVal, own = e.getBBox();
      return own.x < 0 || own.x + own.width > box.width;
    }}).map(e => e.textContent),
  }}) + ">>";
}};
</script>"""


@pytest.fixture
def seen(tmp_path: Path) -> Iterator[Callable[..., tuple[dict[str, Any], list[str]]]]:
    """Show a page in Chromium at a width; give what the observer saw, and what was asked of the server."""
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            asked.append(self.path)

    folder = tmp_path / "pages"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def show(source: str, width: int, *flags: str) -> tuple[dict[str, Any], list[str]]:
        (folder / "README.html").write_text(source, encoding="utf-8")
        (folder / "observer.html").write_text(OBSERVER.format(width=width), encoding="utf-8")
        done = subprocess.run(
            ["chromium", *FLAGS, *flags, f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=5000",
             "--window-size=1200,1000", "--dump-dom", f"http://127.0.0.1:{server.server_port}/observer.html"],
            capture_output=True, text=True, timeout=clock.PATIENCE, check=True, env={**os.environ, "HOME": str(tmp_path)},
        )  # fmt: skip
        said = re.search("&lt;&lt;(.*)&gt;&gt;", done.stdout)
        assert said, done.stdout + done.stderr
        found: dict[str, Any] = json.loads(
            said[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        )
        return found, asked

    yield show
    server.shutdown()
    thread.join()
    server.server_close()


@CHROMIUM
@pytest.mark.parametrize(
    ("width", "flags", "colours"),
    [
        pytest.param(1100, (), LIGHT, id="on a desk"),
        pytest.param(375, (), LIGHT, id="on a phone"),
        pytest.param(375, ("--blink-settings=preferredColorScheme=0",), DARK, id="on a phone, at night"),
    ],
)
def test_chromium_shows_all_of_it_and_loads_nothing_else(
    width: int,
    flags: tuple[str, ...],
    colours: dict[str, str],
    root_ca: Made,
    seen: Callable[..., tuple[dict[str, Any], list[str]]],
) -> None:
    unbreakable = f"{'aliceofthetestdepartment' * 4}.p12"
    found, asked = seen(manual_html(contents(root_ca, p12=unbreakable)), width, *flags)
    assert found["wide"] == []
    assert found["scrolls"] is False
    assert found["drawn"] == [True, True]
    assert found["cut"] == []
    ground = ", ".join(str(int(colours["ground"][at : at + 2], 16)) for at in (1, 3, 5))
    assert found["ground"] == f"rgb({ground})"
    assert sorted(asked) == ["/README.html", "/observer.html"]


@CHROMIUM
def test_it_prints_on_two_pages(root_ca: Made, tmp_path: Path) -> None:
    (tmp_path / "README.html").write_text(manual_html(contents(root_ca)), encoding="utf-8")
    paper = tmp_path / "README.pdf"
    subprocess.run(
        ["chromium", *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--no-pdf-header-footer",
         f"--print-to-pdf={paper}", (tmp_path / "README.html").as_uri()],
        capture_output=True, timeout=clock.PATIENCE, check=True, env={**os.environ, "HOME": str(tmp_path)},
    )  # fmt: skip
    assert len(re.findall(rb"/Type /Page\b", paper.read_bytes())) == 2
