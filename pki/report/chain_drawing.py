"""The chain as SVG: leaf first, each certificate signed by the one below it, down to what makes it trusted or not."""

from __future__ import annotations

import textwrap
from xml.etree.ElementTree import Element

from pki.model.signatures import self_signed
from pki.model.verdict import AnchorClass, Verdict
from pki.report.elements import tag
from pki.report.layout import shortened
from pki.report.summary import TRUSTED_AS, broken_link, place_name

# User units; the drawing is as wide as a phone and never scaled below it.
WIDTH, BOX, LINK, END, MARGIN = 340, 86, 62, 46, 6
_LINE = 18
_COLUMNS = 34  # of a subject's line; letters wider than usual are cut off by the box


def chain_drawing(verdict: Verdict, *, id: str) -> Element:
    """The SVG element; ID makes the ids inside it unique to the page. Colours come from the page's classes."""
    parts: list[Element] = []
    top = MARGIN
    for position in range(len(verdict.chain)):
        parts.append(_box(verdict, position, top))
        top += BOX
        parts.append(_link(verdict, position, top))
        top += LINK
    parts.append(_end(verdict, top))
    top += END + MARGIN
    title = tag("title", "The chain, leaf first", id=f"{id}-title")
    description = tag("desc", _description(verdict), id=f"{id}-desc")
    return tag(
        "svg",
        title,
        description,
        *parts,
        class_="chain",
        viewBox=f"0 0 {WIDTH} {top}",
        width=str(WIDTH),
        height=str(top),
        role="img",
        aria_labelledby=f"{id}-title {id}-desc",
    )


def _marks(verdict: Verdict, position: int) -> tuple[str, str]:
    """The class of a certificate's box and the words on it: failures, else warnings, else nothing wrong."""
    here = [f for f in verdict.findings if f.position == position and f.same_fact_as is None]
    failures = len({finding.rule_id for finding in here if finding.fails})
    others = len({finding.rule_id for finding in here if not finding.fails})
    if failures:
        return "bad", f"✗ {failures} failure{'s' * (failures > 1)}"
    if others:
        return "warn", f"! {others} note{'s' * (others > 1)}"
    return "good", "✓"


def _box(verdict: Verdict, position: int, top: int) -> Element:
    cert = verdict.chain[position]
    state, mark = _marks(verdict, position)
    return tag(
        "g",
        tag("title", f"{cert.subject}"),
        tag(
            "rect",
            x=str(MARGIN),
            y=str(top),
            width=str(WIDTH - 2 * MARGIN),
            height=str(BOX),
            rx="10",
            class_=f"box {state}",
        ),
        _text(f"[{position}] {place_name(verdict, position)}", MARGIN + 12, top + 24, "small"),
        tag(
            "text",
            mark,
            x=str(WIDTH - MARGIN - 12),
            y=str(top + 24),
            class_=f"mark {state}",
            text_anchor="end",
        ),
        _clipped(_text(shortened(cert.subject.label, _COLUMNS), 0, 17, "name"), MARGIN + 12, top + 32),
        _text(f"{cert.key} · until {cert.not_after:%Y-%m-%d}", MARGIN + 12, top + 71, "small"),
    )


def _torn(verdict: Verdict, position: int) -> str:
    """Why nothing leads on from the certificate at POSITION; empty where its issuer, or its trust, is there."""
    broken = broken_link(verdict, position)
    if broken is not None:
        return broken.rule.title
    lost = position == len(verdict.chain) - 1 and verdict.anchor_class is AnchorClass.NONE
    return "leads on to nothing" if lost else ""


def _link(verdict: Verdict, position: int, top: int) -> Element:
    """The line from a certificate to its issuer or to its trust: whole, or torn with the reason beside it."""
    torn = _torn(verdict, position)
    at_top = position == len(verdict.chain) - 1
    x, bottom = MARGIN + 24, top + LINK
    if not torn:
        return tag(
            "g",
            tag("path", d=f"M{x} {top}V{bottom - 9}", class_="link"),
            tag("path", d=f"M{x - 6} {bottom - 10}h12l-6 9z", class_="arrow"),
            _text("trusted" if at_top else "signed by", x + 20, top + LINK // 2 + 5, "small"),
        )
    text = textwrap.wrap(torn, 40)
    first = top + LINK // 2 + 5 - _LINE * (len(text) - 1) // 2
    return tag(
        "g",
        tag("path", d=f"M{x} {top}v13l-8 5", class_="link bad"),
        tag("path", d=f"M{x} {bottom}v-13l8 -5", class_="link bad"),
        tag("text", "✗", x=str(x), y=str(top + LINK // 2 + 6), text_anchor="middle", class_="name bad"),
        *(_text(line, x + 20, first + _LINE * number, "small bad") for number, line in enumerate(text)),
    )


def _end(verdict: Verdict, top: int) -> Element:
    """Below the last certificate: how it is trusted, or what is missing there."""
    torn = _torn(verdict, len(verdict.chain) - 1)
    text = shortened(_end_text(verdict), _COLUMNS)
    centred = len(text) < _COLUMNS - 5  # longer ones start at the left, and lose their end if anything
    return tag(
        "g",
        tag(
            "rect",
            x=str(MARGIN),
            y=str(top),
            width=str(WIDTH - 2 * MARGIN),
            height=str(END),
            rx=str(END // 2),
            class_="end lost" if torn else "end good",
        ),
        _clipped(
            tag(
                "text",
                text,
                x=str(WIDTH // 2 - MARGIN - 12) if centred else "0",
                y="17",
                text_anchor="middle" if centred else None,
                class_="name lost" if torn else "name",
            ),
            MARGIN + 12,
            top + END // 2 - 12,
        ),
    )


def _end_text(verdict: Verdict) -> str:
    top = len(verdict.chain) - 1
    if verdict.anchor_class is not AnchorClass.NONE:
        return f"{'✗' if _torn(verdict, top) else '✓'} {TRUSTED_AS[verdict.anchor_class]}"
    last = verdict.chain[top]
    return "no trusted anchor" if self_signed(last) else f"missing: {last.issuer.label}"


def _text(text: str, x: int, y: int, kind: str) -> Element:
    return tag("text", text, x=str(x), y=str(y), class_=kind)


def _clipped(text: Element, x: int, y: int) -> Element:
    """TEXT cut off at the border of a box; no measure of ours knows how wide the reader's letters are."""
    return tag(
        "svg", text, x=str(x), y=str(y), width=str(WIDTH - 2 * MARGIN - 24), height="24", overflow="hidden"
    )


def _description(verdict: Verdict) -> str:
    """The drawing in words, for those who cannot see it."""
    parts = []
    for position, cert in enumerate(verdict.chain):
        _, mark = _marks(verdict, position)
        torn = _torn(verdict, position)
        onward = f"; broken here: {torn}" if torn else ""
        parts.append(
            f"{position}, {place_name(verdict, position)}: {cert.subject.label}, {mark[2:] or 'nothing wrong'}{onward}."
        )
    return " ".join([*parts, f"End: {_end_text(verdict).lstrip('✓✗ ')}."])
