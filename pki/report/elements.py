"""Elements for HTML, SVG and XML: whatever a certificate says becomes text, never markup."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

# XML 1.0, 2.2: what no XML document may hold, escaped or not. Lone surrogates come from file names.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legal(text: str) -> str:
    """TEXT with a replacement character for what XML cannot hold."""
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)


def tag(kind: str, /, *children: Element | str | None, **attributes: str | None) -> Element:
    """An element of KIND; strings among its children are text, None is left out.

    Attributes whose value is None are left out. `class_` is class; in other names `_` stands for `-`.
    """
    named = {_attribute(key): legal(value) for key, value in attributes.items() if value is not None}
    element = Element(kind, named)
    last: Element | None = None
    for child in children:
        if isinstance(child, Element):
            element.append(child)
            last = child
        elif child and last is None:
            element.text = (element.text or "") + legal(child)
        elif child and last is not None:
            last.tail = (last.tail or "") + legal(child)
    return element


def _attribute(key: str) -> str:
    return key if key in ("viewBox", "preserveAspectRatio") else key.rstrip("_").replace("_", "-")
