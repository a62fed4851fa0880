"""The three screens on the way, drawn: what to look for, not what a certain release looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.report.elements import tag
from pki.report.layout import shortened

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_WIDTH = 320
_LETTERS = 27  # of a name, at 15 px and system-ui's usual widths


def downloaded_row() -> Element:
    """Settings, with the row that appears after the download."""
    return _screen(
        "The top of Settings: a row says Profile Downloaded. Tap it.",
        150,
        _text("Settings", _WIDTH // 2, 28, "bold", anchor="middle"),
        _row(48),
        tag("rect", x="26", y="58", width="28", height="28", rx="6", class_="gear"),
        _text("Profile Downloaded", 66, 77, "bold"),
        tag("path", d="M288 66l7 7-7 7", class_="chevron"),
        _row(100, height=38),
        _text("General", 66, 124),
        tag("rect", x="26", y="105", width="28", height="28", rx="6", class_="gear"),
        tag("path", d="M288 112l7 7-7 7", class_="chevron"),
        _here(14, 44, 292, 56),
    )


def install_sheet(name: str) -> Element:
    """The sheet about the profile called NAME, with Install at its top right."""
    return _screen(
        "The sheet about the profile, with Install at its top right. Tap Install.",
        150,
        _text("Cancel", 24, 33, "press"),
        _text("Install Profile", _WIDTH // 2, 33, "bold", anchor="middle"),
        _text("Install", 296, 33, "press bold", anchor="end"),
        _row(58, height=76),
        tag("rect", x="26", y="72", width="44", height="48", rx="8", class_="gear"),
        _text(shortened(name, _LETTERS - 4), 84, 94, "bold"),
        _text("Test certificates", 84, 116, "small"),
        _here(234, 12, 72, 32),
    )


def trust_switch(name: str) -> Element:
    """Certificate Trust Settings, with the switch of the root called NAME on."""
    return _screen(
        f"Certificate Trust Settings: the switch beside {name} is on.",
        136,
        _text("Certificate Trust Settings", _WIDTH // 2, 28, "bold", anchor="middle"),
        _text("ENABLE FULL TRUST FOR ROOT CERTIFICATES", 24, 60, "small"),
        _row(72),
        _text(shortened(name, _LETTERS), 28, 103),
        tag("rect", x="242", y="83", width="50", height="30", rx="15", class_="on"),
        tag("circle", cx="277", cy="98", r="12", class_="knob"),
        _here(234, 76, 66, 44),
    )


def _screen(description: str, height: int, *parts: Element) -> Element:
    ground = tag(
        "rect", x="1", y="1", width=str(_WIDTH - 2), height=str(height - 2), rx="14", class_="screen"
    )
    return tag(
        "svg",
        ground,
        *parts,
        viewBox=f"0 0 {_WIDTH} {height}",
        class_="picture",
        role="img",
        aria_label=description,
    )


def _row(top: int, *, height: int = 48) -> Element:
    return tag("rect", x="16", y=str(top), width="288", height=str(height), rx="10", class_="row")


def _here(x: int, y: int, width: int, height: int) -> Element:
    return tag("rect", x=str(x), y=str(y), width=str(width), height=str(height), rx="10", class_="here")


def _text(text: str, x: int, y: int, kind: str = "", *, anchor: str | None = None) -> Element:
    return tag("text", text, x=str(x), y=str(y), text_anchor=anchor, class_=kind or None)
