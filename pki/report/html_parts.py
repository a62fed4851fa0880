"""What pages are put together from: labelled facts, folded parts, citations with links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element

from pki.report.elements import tag

Words = str | Sequence[Element | str]
"""Text, and what stands in it."""
_RFC = re.compile(r"(RFC (\d{3,5}))")


def facts_list(facts: Iterable[tuple[str, Words]]) -> Element:
    """Labels, and what is beside them."""
    parts: list[Element] = []
    for label, value in facts:
        parts += [tag("dt", label), tag("dd", *([value] if isinstance(value, str) else value))]
    return tag("dl", *parts)


def folded(summary: str, *children: Element) -> Element:
    """What is in sight only after a click."""
    return tag("details", tag("summary", summary), *children)


def linked(citation: str) -> Words:
    """CITATION with each RFC as a link to where it stands for good."""
    words = _RFC.split(citation)
    parts: list[Element | str] = [words[0]]
    for name, number, after in zip(words[1::3], words[2::3], words[3::3], strict=True):
        parts += [tag("a", name, href=f"https://www.rfc-editor.org/rfc/rfc{number}"), after]
    return parts
