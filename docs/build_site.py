"""Builds the site of the documentation into build/site, without network: `make site`.

docs/ is staged beside the pages of the top folder (`site_pages`), Zensical makes HTML of it by mkdocs.yml, and what it
made is checked (`site_links`): a page that the navigation does not reach, a link or an anchor that leads nowhere and a
script, style or font from outside are faults. Exit code 1 with a fault.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from site_links import problems
from site_navigation import expanded
from site_pages import NotOnTheSite, stage

TOP = Path(__file__).parents[1]
CONFIGURATION = "mkdocs.yml"
_PAGES = "site-pages"
_MOST = 40  # of the faults, as many are shown
_PATIENCE = 600  # seconds


def main() -> int:
    """Build the site; 1 with a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--into", type=Path, default=TOP / "build", help="the folder for pages and site")
    into = parser.parse_args().into.resolve()
    site = into / "site"
    configuration = yaml.safe_load((TOP / CONFIGURATION).read_text(encoding="utf-8"))
    try:
        pages = stage(TOP, into / _PAGES)
    except NotOnTheSite as found:
        return _told([str(found)])
    configuration["nav"] = expanded(configuration["nav"], pages)
    if faults := list(navigation_faults(configuration, pages)):
        return _told(faults)
    configuration |= {"docs_dir": _PAGES, "site_dir": site.name}  # Zensical takes no absolute paths
    written = into / CONFIGURATION
    written.write_text(yaml.safe_dump(configuration, sort_keys=False, allow_unicode=True), encoding="utf-8")
    built = subprocess.run(  # noqa: S603 - Zensical of this very environment
        [Path(sys.executable).with_name("zensical"), "build", "--clean", "-f", written],
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    if built.returncode or not (site / "index.html").is_file():
        sys.stderr.write(built.stdout + built.stderr)
        return 1
    if faults := list(problems(site)):
        return _told(faults)
    sys.stdout.write(f"{len(pages)} pages, no link or anchor broken: {site / 'index.html'}\n")
    return 0


def navigation_faults(configuration: dict[str, Any], pages: list[str]) -> Iterator[str]:
    """Pages that the navigation does not reach, and entries of it without a page."""
    named = list(_entries(configuration["nav"]))
    yield from (
        f"{page} is in no `nav` of {CONFIGURATION}: add a line" for page in sorted(set(pages) - set(named))
    )
    yield from (
        f"{CONFIGURATION} names {page}, and there is none" for page in sorted(set(named) - set(pages))
    )
    yield from (f"{CONFIGURATION} names {page} twice" for page in sorted(set(named)) if named.count(page) > 1)


def _entries(nav: object) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    elif isinstance(nav, dict):
        for below in nav.values():
            yield from _entries(below)
    elif isinstance(nav, list):
        for below in nav:
            yield from _entries(below)


def _told(faults: list[str]) -> int:
    for fault in faults[:_MOST]:
        sys.stderr.write(f"{fault}\n")
    if len(faults) > _MOST:
        sys.stderr.write(f"and {len(faults) - _MOST} more\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
