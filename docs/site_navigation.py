"""The navigation of mkdocs.yml with its generated pages in: rules by level, error codes by whom they come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from code_page import FAMILIES, code_pages

from pki.model.verdict import Level
from pki.trust import all_rules


def expanded(nav: list[Any], pages: list[str]) -> list[Any]:
    """NAV with each path that ends in a slash in place of the PAGES it stands for."""
    return [_entry(entry, pages) for entry in nav]


def _entry(entry: Any, pages: list[str]) -> Any:
    if not isinstance(entry, dict):
        return entry
    (title, below) = next(iter(entry.items()))
    if isinstance(below, str) and below.endswith("/"):
        return {title: list(_GROUPED.get(below, _all)(below, pages))}
    return {title: expanded(below, pages) if isinstance(below, list) else below}


def _all(folder: str, pages: list[str]) -> Iterator[Any]:
    """The folder's index and its other pages under their own titles."""
    yield f"{folder}README.md"
    yield from (page for page in pages if page.startswith(folder) and not page.endswith("/README.md"))


def _rules(folder: str, pages: list[str]) -> Iterator[Any]:
    yield f"{folder}README.md"
    for level in Level:
        of_level = [rule for rule in all_rules().values() if rule.level is level]
        yield {level.title: [{rule.id: f"{folder}{rule.id}.md"} for rule in of_level]}


def _codes(folder: str, pages: list[str]) -> Iterator[Any]:
    yield f"{folder}README.md"
    found = code_pages()
    for family, (title, _) in FAMILIES.items():
        yield {title: [{page.title: f"{folder}{page.file}"} for page in found if page.family is family]}


_GROUPED = {"rules/": _rules, "codes/": _codes}
