"""`make site`: every page reached, no link broken, nothing loaded from elsewhere; and faults are found where they are."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.docs.built_site import TOP, ZENSICAL

DOCS = TOP / "docs"


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """A module of docs/ by its name, as `build_site.py` imports it."""
    monkeypatch.syspath_prepend(str(DOCS))
    before = set(sys.modules)
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if str(DOCS) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@ZENSICAL
def test_every_page_of_docs_is_on_the_site(site: Path) -> None:
    """The build has checked links, anchors, the navigation and what is loaded; here, that it left nothing out."""
    pages = [page.relative_to(DOCS).with_suffix("") for page in DOCS.rglob("*.md")]
    missing = [
        page
        for page in pages
        if not (site / (page.parent if page.name == "README" else page) / "index.html").is_file()
    ]
    assert missing == []
    assert len(pages) > 180
    assert not list(site.rglob("*.py"))


@ZENSICAL
def test_schemas_are_served_as_they_are(site: Path) -> None:
    schemas = sorted(DOCS.glob("schemas/*.json"))
    assert schemas
    assert [(site / "schemas" / one.name).read_bytes() for one in schemas] == [
        one.read_bytes() for one in schemas
    ]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param('<a href="gone/">x</a>', "gone/ leads nowhere", id="a link to no page"),
        pytest.param('<a href="there/#gone">x</a>', "there/#gone: no such anchor there", id="to no anchor"),
        pytest.param('<a href="#gone">x</a>', "#gone: no such anchor there", id="to no anchor of its own"),
        pytest.param('<a href="/there/">x</a>', "/there/ begins at the server's top", id="from the top"),
        pytest.param('<img src="gone.png">', "gone.png leads nowhere", id="a picture that is missing"),
        pytest.param('<p id="a"></p><p id="a"></p>', "the id a twice", id="an id given twice"),
        pytest.param(
            '<script src="https://cdn.example/x.js"></script>',
            "loads https://cdn.example/x.js from outside",
            id="a script from outside",
        ),
        pytest.param(
            '<link rel="stylesheet" href="//cdn.example/x.css">',
            "loads //cdn.example/x.css from outside",
            id="a stylesheet from outside",
        ),
    ],
)
def test_the_check_of_links_finds(body: str, says: str, tmp_path: Path, module: object) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "index.html").write_text('<h1 id="top">there</h1>')
    (tmp_path / "index.html").write_text(f'<a href="there/#top">fine</a>{body}')
    (fault,) = _imported(module, "site_links").problems(tmp_path)
    assert fault.startswith(f"index.html: {says}")


def test_the_check_of_links_finds_a_font_from_outside(tmp_path: Path, module: object) -> None:
    (tmp_path / "x.css").write_text(
        "a{background:url(data:,x)}@font-face{src:url('https://fonts.example/x')}"
    )
    assert list(_imported(module, "site_links").problems(tmp_path)) == [
        "x.css: loads https://fonts.example/x from outside"
    ]


def test_a_page_without_a_line_in_the_navigation_is_named(module: object) -> None:
    faults = _imported(module, "build_site").navigation_faults
    nav = {"nav": [{"Start": ["a.md", {"B": "b.md"}]}, {"More": [{"Deep": ["b.md", {"C": "c.md"}]}]}]}
    assert list(faults(nav, ["a.md", "b.md", "new/d.md"])) == [
        "new/d.md is in no `nav` of mkdocs.yml: add a line",
        "mkdocs.yml names c.md, and there is none",
        "mkdocs.yml names b.md twice",
    ]


def test_links_are_those_of_where_a_page_is_staged(tmp_path: Path, module: object) -> None:
    pages = _imported(module, "site_pages")
    (tmp_path / "docs" / "guides").mkdir(parents=True)
    (tmp_path / "README.md").write_text("[a](docs/guides/a.md#b)\n\n```\n[a](docs/guides/a.md)\n```\n")
    (tmp_path / "CHANGELOG.md").write_text("[readme](README.md)")
    (tmp_path / "docs" / "guides" / "a.md").write_text(
        "# A\n\n[out](https://x.test) [up](../../CHANGELOG.md)"
    )
    pages.stage(tmp_path, tmp_path / "out")
    read = {path.name: path.read_text() for path in (tmp_path / "out").rglob("*.md")}
    assert read == {
        "README.md": "[a](guides/a.md#b)\n\n```\n[a](docs/guides/a.md)\n```\n",
        "changes.md": "[readme](../README.md)",
        "a.md": "# A\n\n[out](https://x.test) [up](../project/changes.md)",
    }
    (tmp_path / "README.md").write_text("[code](pki/x.py)")
    with pytest.raises(pages.NotOnTheSite, match=r"README.md links to pki/x.py"):
        pages.stage(tmp_path, tmp_path / "out")


def _imported(module: object, name: str) -> ModuleType:
    assert callable(module)
    found = module(name)
    assert isinstance(found, ModuleType)
    return found
