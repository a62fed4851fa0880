"""The two drawings of the manual page: what to drop on a simulator, and the two switches of a device."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from pki.report.elements import tag
from pki.report.layout import shortened

WIDTH = 340  # as wide as a phone; never scaled below
_PHONE, _TALL = 150, 190

STYLE = """
section>h2{font-size:1.25rem;margin-top:1.75rem}
section>h3{font-size:1rem;margin:1rem 0 .25rem}
.steps{margin:.5rem 0;padding-left:1.5rem}
.steps li{padding:.15rem 0}
pre{background:var(--panel);border-radius:.5rem;padding:.6rem .9rem;margin:.5rem 0;white-space:pre-wrap}
figure{margin:1rem 0}
figure svg{display:block;max-width:100%}
svg .on{fill:var(--good)}
svg .knob{fill:var(--ground)}
@media print{:root{--ground:#fff;--panel:#fff;--text:#000;--quiet:#333;--line:#999;--good:#000;--bad:#000}
@page{margin:12mm}
body{max-width:none;padding:0;font-size:9.5pt}h2,h3{break-after:avoid}figure,ol,ul,pre{break-inside:avoid}
dl{grid-template-columns:max-content minmax(0,1fr)}dt{font-size:inherit;margin:0}
section>h2{margin-top:.7rem}figure{margin:.3rem 0}figure svg{width:17rem;height:auto}
pre{border:1px solid var(--line)}}
"""


def dropping(der: str, several: str, p12: str | None) -> Element:
    """Files beside a simulator's window: one goes in, the others do not."""
    files = [(der, True), (several, False), *([(p12, False)] if p12 is not None else [])]
    left = WIDTH - _PHONE
    parts = _phone(left, "Simulator")
    for row, step in enumerate(("Safari: Allow", "Settings: Install", "Trust: switch on")):
        top = 50 + row * 42
        parts += [
            tag("rect", x=str(left + 12), y=str(top), width="126", height="32", rx="6", class_="box"),
            tag("text", step, x=str(left + 22), y=str(top + 21), class_="small"),
        ]
    for row, (path, good) in enumerate(files):
        top = 10 + row * 60
        state, words = ("good", "✓ drop this") if good else ("bad", "✗ not this")
        name = shortened(path.rpartition("/")[2], 14)
        parts += [
            tag("rect", x="2", y=str(top), width="124", height="44", rx="6", class_=f"box {state}"),
            tag("text", name, x="12", y=str(top + 20), class_="small name"),
            tag("text", words, x="12", y=str(top + 37), class_=f"mark {state}"),
        ]
        if good:
            parts += [
                tag("path", d=f"M132 {top + 22} H176", class_="link"),
                tag("path", d=f"M174 {top + 16} l12 6 l-12 6 z", class_="arrow"),
            ]
    said = f"Drop {der} on the simulator's window. Do not drop {' or '.join(path for path, good in files if not good)}."
    return _figure("dropping", "What to drop on a simulator", said, parts, height=_TALL + 4)


def switches(authority: str) -> Element:
    """The two screens of a device: the profile is installed, then its root is switched on."""
    name = shortened(authority, 15)
    right = WIDTH - _PHONE
    parts = [
        *_phone(0, "1  Profile"),
        tag("rect", x="14", y="52", width="122", height="44", rx="6", class_="box"),
        tag("text", name, x="22", y="70", class_="small name"),
        tag("text", "test CA", x="22", y="87", class_="small"),
        tag("rect", x="36", y="120", width="78", height="30", rx="15", class_="on"),
        tag("text", "Install", x="75", y="140", text_anchor="middle", class_="knob"),
        tag("path", d=f"M{_PHONE + 4} 95 H{right - 14}", class_="link"),
        tag("path", d=f"M{right - 16} 89 l12 6 l-12 6 z", class_="arrow"),
        *_phone(right, "2  Trust"),
        tag("text", "Enable full trust", x=str(right + 14), y="66", class_="small"),
        tag("rect", x=str(right + 14), y="76", width="122", height="58", rx="6", class_="box"),
        tag("text", name, x=str(right + 22), y="95", class_="small name"),
        tag("rect", x=str(right + 88), y="102", width="40", height="24", rx="12", class_="on"),
        tag("circle", cx=str(right + 116), cy="114", r="9", class_="knob"),
    ]
    said = (
        f"First the profile is installed, then {authority} is switched on under Certificate Trust Settings."
    )
    return _figure("switches", "The two switches", said, parts, height=_TALL + 4)


def _phone(left: int, title: str) -> list[Element]:
    wide, tall = str(_PHONE - 4), str(_TALL - 4)
    return [
        tag("rect", x=str(left + 2), y="2", width=wide, height=tall, rx="18", class_="box"),
        tag("text", title, x=str(left + _PHONE // 2), y="32", text_anchor="middle", class_="name"),
    ]


def _figure(id: str, title: str, said: str, parts: list[Element], *, height: int) -> Element:
    drawing = tag(
        "svg",
        tag("title", title, id=f"{id}-title"),
        tag("desc", said, id=f"{id}-desc"),
        *parts,
        viewBox=f"0 0 {WIDTH} {height}",
        width=str(WIDTH),
        height=str(height),
        role="img",
        aria_labelledby=f"{id}-title {id}-desc",
    )
    return tag("figure", drawing)
