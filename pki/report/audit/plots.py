"""Two pictures of an audit as SVG: when chains break, by week and cause, and how long their leaves are valid.

Each is drawn twice, for a phone and for a desk, since letters are not to be scaled; the page shows one of them. A cause
has a pattern as well as a colour. What a picture shows is told in its description, and in a table beside it.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element

from pki.report.audit.lifetimes import LIMITS, STEPS
from pki.report.elements import tag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pki.report.audit.summary import AuditDocument

Cell = tuple[str, int]
NARROW, WIDE = 340, 920  # user units, which are the page's pixels
_HEIGHT: Final = 210
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 10, 18, 24
SHOWN: Final = 4
"""Causes with a pattern of their own; further ones are one."""
OTHERS: Final = "other causes"


def timeline(
    document: AuditDocument, titled: Callable[[str, bool], str]
) -> tuple[list[str], list[list[int]]]:
    """The causes, the one with most rows first, and for each the rows that break in each week from `at` to `until`.

    TITLED names a cause by its rule and whether it is of the leaf.
    """
    first, last = (_monday(date.fromisoformat(document[end][:10])) for end in ("at", "until"))
    totals: Counter[str] = Counter()
    by_week: dict[int, Counter[str]] = {}
    for week in document["weeks"]:
        number = (date.fromisoformat(week["week"]) - first).days // 7
        for cause in week["causes"]:
            name = titled(cause["rule"], cause["leaf"])
            totals[name] += cause["rows"]
            by_week.setdefault(number, Counter())[name] += cause["rows"]
    order = sorted(totals, key=lambda name: (-totals[name], name))
    shown = order if len(order) <= SHOWN + 1 else order[:SHOWN]
    weeks = range((last - first).days // 7 + 1)
    counts = [[by_week[week][name] if week in by_week else 0 for week in weeks] for name in shown]
    if len(shown) < len(order):
        rest = order[SHOWN:]
        counts.append([sum(by_week[week][name] for name in rest) if week in by_week else 0 for week in weeks])
        shown = [*shown, OTHERS]
    return shown, counts


def week_of(document: AuditDocument, number: int) -> str:
    """The Monday of week NUMBER, counted from `at`."""
    return (_monday(date.fromisoformat(document["at"][:10])) + timedelta(weeks=number)).isoformat()


def timeline_plot(document: AuditDocument, causes: list[str], counts: list[list[int]], width: int) -> Element:
    """Stacked bars, one a week."""
    totals = [sum(column) for column in zip(*counts, strict=True)]
    scale = _Scale(width, len(totals), max(totals, default=0))
    bars, base = [], [0] * len(totals)
    for number, values in enumerate(counts):
        top = [low + value for low, value in zip(base, values, strict=True)]
        bars.append(_bars(scale, base, top, f"url(#cause-{number})", f"edge-{number}"))
        base = top
    first = date.fromisoformat(document["at"][:10])
    return _plot(
        f"timeline-{width}",
        width,
        "When chains break, by week and cause",
        timeline_words(document, causes, counts),
        [*_grid(scale), *bars, *_months(scale, _monday(first))],
    )


def timeline_words(document: AuditDocument, causes: list[str], counts: list[list[int]]) -> str:
    """What the picture shows, in words."""
    if not counts:
        return f"Nothing breaks until {document['until']}."
    totals = [sum(column) for column in zip(*counts, strict=True)]
    most = max(range(len(totals)), key=totals.__getitem__)
    by_cause = ", ".join(f"{name} {sum(values):,}" for name, values in zip(causes, counts, strict=True))
    return (
        f"{sum(totals):,} chains break until {document['until'][:10]}: {by_cause}. Most break in the week of "
        f"{week_of(document, most)}: {totals[most]:,}."
    )


def lifetime_plot(document: AuditDocument, width: int) -> Element:
    """A bar for each step of lifetimes, with lines where rules for public certificates draw them."""
    values = [step["rows"] for step in document["lifetimes"]]
    scale = _Scale(width, len(values), max(values, default=0))
    lines = [part for limit in LIMITS for part in _limit(scale, limit)]
    bars = _bars(scale, [0] * len(values), values, "url(#cause-0)", "edge-0")
    return _plot(
        f"lifetimes-{width}",
        width,
        "How long the chains' own certificates are valid",
        " ".join(f"{name}: {rows:,}." for name, rows in lifetime_cells(document)),
        [*_grid(scale), bars, *lines],
    )


def lifetime_cells(document: AuditDocument) -> list[Cell]:
    """How many leaves are valid for how long, between the lines of the picture."""
    edges: list[tuple[int, int | None]] = [*zip((0, *LIMITS), (*LIMITS, None), strict=True)]
    cells = []
    for lower, upper in edges:
        rows = sum(
            step["rows"]
            for step in document["lifetimes"]
            if step["over"] >= lower and (upper is None or step["over"] < upper)
        )
        name = f"over {lower} days" if upper is None else f"up to {upper} days"
        cells.append((name if lower == 0 or upper is None else f"over {lower}, {name}", rows))
    return cells


def patterns() -> Element:
    """The fills of the causes, once for the page: each a colour and a way of hatching."""
    marks = ("M0 0h8v8h-8z", "M-2 2l4-4M0 8l8-8M6 10l4-4", "M2 2h3v3h-3z", "M0 4h8M4 0v8", "")
    kinds = ("solid", "hatch", "solid", "hatch", "solid")
    return tag(
        "svg",
        tag(
            "defs",
            *(
                tag(
                    "pattern",
                    tag("rect", width="8", height="8", class_="ground"),
                    tag("path", d=mark, class_=f"{kind} edge-{number}"),
                    id=f"cause-{number}",
                    width="8",
                    height="8",
                    patternUnits="userSpaceOnUse",
                )
                for number, (mark, kind) in enumerate(zip(marks, kinds, strict=True))
            ),
        ),
        width="0",
        height="0",
        aria_hidden="true",
        class_="defs",
    )


def swatch(number: int) -> Element:
    """The fill of cause NUMBER, for the legend."""
    box = tag(
        "rect", x="1", y="1", width="22", height="14", fill=f"url(#cause-{number})", class_=f"edge-{number}"
    )
    return tag("svg", box, width="24", height="16", aria_hidden="true", class_="swatch")


class _Scale:
    """Where columns and numbers are."""

    def __init__(self, width: int, columns: int, most: int) -> None:
        self.step = (width - _LEFT - _RIGHT) / max(columns, 1)
        self.width = width
        self.top = _round_up(most)

    def x(self, column: float) -> float:
        return round(_LEFT + self.step * column, 2)

    def y(self, value: float) -> float:
        return round(_HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * value / self.top, 2)


def _round_up(most: int) -> int:
    """The end of the axis: 1, 2 or 5 with zeros, with two equal halves where it is more than 1."""
    power = int(f"1{'0' * (len(str(most)) - 1)}")
    return next(top for top in (2 * power, 4 * power, 6 * power, 10 * power) if top >= most)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _bars(scale: _Scale, low: list[int], high: list[int], fill: str, edge: str) -> Element:
    """All columns of one cause as one path; between wide ones is a gap."""
    gap = 1 if scale.step > 4 else 0
    wide = round(scale.step - gap, 2)
    parts = [
        f"M{scale.x(column)} {scale.y(begin)}h{wide}V{scale.y(end)}h{-wide}z"
        for column, (begin, end) in enumerate(zip(low, high, strict=True))
        if end > begin
    ]
    return tag("path", d="".join(parts), fill=fill, class_=f"bar {edge}")


def _grid(scale: _Scale) -> Iterable[Element]:
    for value in (0, scale.top // 2, scale.top):
        y = str(scale.y(value))
        yield tag("path", d=f"M{_LEFT} {y}H{scale.width - _RIGHT}", class_="grid")
        yield tag("text", f"{value:,}", x=str(_LEFT - 6), y=str(scale.y(value) + 4), text_anchor="end")


def _months(scale: _Scale, first: date) -> Iterable[Element]:
    """A mark where a year begins, with the year; where there is room, each quarter with its month."""
    weeks = round((scale.width - _LEFT - _RIGHT) / scale.step)
    after = -100.0
    for week in range(weeks):
        day = first + timedelta(weeks=week)
        begins = next((one for one in (day + timedelta(days=n) for n in range(7)) if one.day == 1), None)
        if begins is None or begins.month % 3 != 1:
            continue
        x = scale.x(week)
        yield tag("path", d=f"M{x} {_HEIGHT - _BOTTOM}v5", class_="grid")
        text = str(begins.year) if begins.month == 1 else f"{begins:%m}"
        room = 40 if begins.month == 1 else 26
        if x - after >= room and (begins.month == 1 or scale.width > NARROW) and x + room < scale.width:
            yield tag(
                "text", text, x=str(x), y=str(_HEIGHT - 6), class_="year" if begins.month == 1 else None
            )
            after = x + (12 if begins.month == 1 else 0)


def _limit(scale: _Scale, limit: int) -> Iterable[Element]:
    """A line with its number of days, above and through the bars."""
    x = scale.x(STEPS.index(limit))
    yield tag("path", d=f"M{x} {_TOP - 4}V{_HEIGHT - _BOTTOM}", class_="limit")
    yield tag("text", str(limit), x=str(x), y=str(_HEIGHT - 6), text_anchor="middle")


def _plot(id: str, width: int, title: str, words: str, parts: list[Element]) -> Element:
    return tag(
        "svg",
        tag("title", title, id=f"{id}-title"),
        tag("desc", words, id=f"{id}-desc"),
        *parts,
        class_=f"plot {'narrow' if width == NARROW else 'wide'}",
        viewBox=f"0 0 {width} {_HEIGHT}",
        width=str(width),
        height=str(_HEIGHT),
        role="img",
        aria_labelledby=f"{id}-title {id}-desc",
    )
