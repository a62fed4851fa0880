"""What is wrong in a built site: links that lead nowhere, ids given twice, and what a page loads from outside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADS = {
    "script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "video": "src", "object": "data",
    "use": "href",
}  # fmt: skip
_IN_CSS = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")


@dataclass
class Page(HTMLParser):
    """What one page has of ids and links."""

    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin as a parser."""
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in one element."""
        found = {name: value or "" for name, value in attrs}
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        elif found.get(_LOADS.get(tag, "")):
            self.loads.append(found[_LOADS[tag]])


def problems(site: Path) -> Iterator[str]:
    """Each fault of the site below the folder SITE in a sentence."""
    pages = {}
    for path in sorted(site.rglob("*.html")):
        pages[path.resolve()] = page = Page()
        page.feed(path.read_text(encoding="utf-8"))
    for path, page in pages.items():
        name = path.relative_to(site.resolve())
        yield from (f"{name}: the id {one} twice" for one in sorted(set(page.ids)) if page.ids.count(one) > 1)
        for link in dict.fromkeys((*page.links, *page.loads)):
            loaded = link in page.loads
            if why := _wrong(link, path, pages, site.resolve(), loaded=loaded):
                yield f"{name}: {why}"
    for path in sorted(site.rglob("*.css")):
        for found in _IN_CSS.finditer(path.read_text(encoding="utf-8")):
            address = found[1] or found[2]
            if not address.startswith(("data:", "#")) and urlsplit(address).netloc:
                yield f"{path.relative_to(site)}: loads {address} from outside"


def _wrong(link: str, path: Path, pages: dict[Path, Page], site: Path, *, loaded: bool) -> str:
    """What is wrong with LINK on the page at PATH; "" for nothing."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        outside = loaded and parts.scheme != "data"
        return f"loads {link} from outside" if outside else ""
    if parts.path.startswith("/"):
        # An error page is shown at any depth, so that its links begin at the top.
        target = site / unquote(parts.path[1:]) if path.name == "404.html" else None
        if target is None:
            return f"{link} begins at the server's top, where the site need not be"
    else:
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        return f"{link} leads nowhere"
    anchor = unquote(parts.fragment)
    if anchor and target in pages and anchor not in pages[target].ids:
        return f"{link}: no such anchor there"
    return ""
