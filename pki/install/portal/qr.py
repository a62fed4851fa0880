"""A web address as a QR code (ISO/IEC 18004), for the terminal and for the page; `segno` comes in when one is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.report.elements import tag

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

QUIET = 4  # modules of light ground on each side: ISO/IEC 18004, 6.3.8
# Black on white whatever the terminal's colours are: cameras want the dark modules dark. Two modules to a character.
_BLOCKS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
_BLACK_ON_WHITE, _BACK = "\x1b[30;107m", "\x1b[0m"


def qr_text(address: str) -> str:
    """ADDRESS for a terminal that knows ANSI colours, a line for two rows of modules."""
    rows = _modules(address)
    if len(rows) % 2:
        rows = (*rows, (False,) * len(rows))
    return "\n".join(
        _BLACK_ON_WHITE + "".join(_BLOCKS[pair] for pair in zip(upper, lower, strict=True)) + _BACK
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    )


def qr_drawing(address: str) -> Element:
    """ADDRESS as an SVG element, black on white in the dark, too."""
    rows = _modules(address)
    size = str(len(rows))
    dark = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark
    )
    return tag(
        "svg",
        tag("rect", width=size, height=size, fill="#fff"),
        tag("path", d=dark, fill="#000"),
        viewBox=f"0 0 {size} {size}",
        shape_rendering="crispEdges",
        class_="qr",
        role="img",
        aria_label="QR code of this page's address",
    )


def _modules(address: str) -> tuple[tuple[bool, ...], ...]:
    import segno

    code = segno.make_qr(address, error="m")
    return tuple(tuple(map(bool, row)) for row in code.matrix_iter(border=QUIET))
