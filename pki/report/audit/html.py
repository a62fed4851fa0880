"""An audit as one self-contained page: counts, the one change, two pictures, causes that open, and a search.

It reads without its script, which only searches. The rows are written one after the other into the page's frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, cast
from xml.etree.ElementTree import Comment, Element

from pki.report.audit.html_rows import ListedGroup, lines, listed
from pki.report.audit.plots import (
    NARROW,
    WIDE,
    lifetime_cells,
    lifetime_plot,
    patterns,
    swatch,
    timeline,
    timeline_plot,
    timeline_words,
    week_of,
)
from pki.report.audit.search import KINDS, SCRIPT, STYLE, search
from pki.report.audit.summary_text import RENEWALS_TAKEN, change_text, when_text, who_text
from pki.report.elements import tag
from pki.report.html_parts import folded
from pki.report.layout import harmless, printable
from pki.report.page import page, policy_with
from pki.version import __version__

if TYPE_CHECKING:
    from pki.report.audit.audited import Audited
    from pki.report.audit.summary import AuditDocument, GroupJson, RuleCountJson

_ROWS: Final = "rows"  # in a comment, where a fold's rows go; no text of a stranger's is one


def html_pieces(audited: Audited) -> Iterator[bytes]:
    """The page, at most 20,000 rows of it listed: the most urgent ones."""
    folds, left_out = listed(audited)
    summary = audited.summary
    title = _title(summary)
    frame = page(
        title,
        tag("header", tag("p", "trustrig audit", class_="brand"), tag("h1", title)),
        tag(
            "main",
            patterns(),
            _counts(summary),
            _change(summary),
            _timeline(audited),
            _lifetimes(summary),
            search(),
            _causes(folds, left_out, summary),
            _renewals(audited),
            _not_checked(summary),
        ),
        tag(
            "footer",
            tag(
                "p",
                f"trustrig {__version__}. It follows Apple's published rules and sources; it is not an Apple client. "
                "Warnings of public programmes are no breaks.",
            ),
        ),
        tag("script", SCRIPT),
        style=STYLE,
        policy=policy_with(SCRIPT),
    )
    parts = frame.split(f"<!--{_ROWS}-->")
    yield parts[0].encode()
    for fold, after in zip(folds, parts[1:], strict=True):
        yield from lines(fold)
        yield after.encode()


def _title(summary: AuditDocument) -> str:
    wrong = [
        f"{summary[field]:,} {words}"  # type: ignore[literal-required]
        for field, words in (
            ("untrusted", "not trusted"),
            ("errors", "without an answer"),
            ("breaking", f"break by {summary['until'][:10]}"),
        )
        if summary[field]  # type: ignore[literal-required]
    ]
    return f"{_chains(summary['rows'])}: {', '.join(wrong) or 'all trusted, and nothing breaks them'}"


def _chains(number: int) -> str:
    return f"{number:,} chain{'' if number == 1 else 's'}"


def _section(title: str, *children: Element | str | None) -> Element:
    id = title.split(",")[0].replace(" ", "-").lower()
    return tag("section", tag("h2", title, id=id), *children, aria_labelledby=id)


def _table(caption: str, head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Element:
    return tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *(tag("th", cell, scope="col") for cell in head))),
        tag(
            "tbody",
            *(
                tag("tr", tag("th", first, scope="row"), *(tag("td", one) for one in others))
                for first, *others in rows
            ),
        ),
    )


def _counts(summary: AuditDocument) -> Element:
    facts = [
        ("trusted now", summary["trusted"]),
        ("not trusted now", summary["untrusted"]),
        ("without an answer", summary["errors"]),
        *((f"break within {one['days']} days", one["rows"]) for one in summary["breaks_within"]),
    ]
    return _section(
        "Summary",
        tag("p", f"Judged at {summary['at']}, and looked ahead until {summary['until']}.", class_="quiet"),
        tag(
            "dl",
            *(tag("div", tag("dt", name), tag("dd", f"{number:,}")) for name, number in facts),
            class_="counts",
        ),
    )


def _change(summary: AuditDocument) -> Element | None:
    group = summary["first_change"]
    if group is None:
        return None
    return tag(
        "div",
        tag("h2", f"The one change that mends most: {_chains(group['mends'])}"),
        tag("p", f"{who_text(group)}, {when_text(group)}: {group['title']} ", tag("code", group["rule"])),
        tag("p", tag("strong", "Fix: "), group["fix"], class_="fix"),
        tag("p", change_text(group), class_="quiet"),
        class_="headline",
    )


def _timeline(audited: Audited) -> Element:
    summary = audited.summary

    def titled(rule: str, leaf: bool) -> str:
        title = audited.rules[rule].title if rule in audited.rules else rule
        return f"{title}: {'the leaf' if leaf else 'above the leaf'}"

    causes, counts = timeline(summary, titled)
    if not counts:
        return _section("When they break", tag("p", timeline_words(summary, causes, counts)))
    legend = (
        tag("li", swatch(number), f"{name}: {sum(counts[number]):,}") for number, name in enumerate(causes)
    )
    rows = (
        (week_of(summary, week), *(f"{column[week]:,}" for column in counts))
        for week in range(len(counts[0]))
        if any(column[week] for column in counts)
    )
    return _section(
        "When they break, by week",
        *(timeline_plot(summary, causes, counts, width) for width in (NARROW, WIDE)),
        tag("ul", *legend, class_="legend"),
        folded("The same as a table", _table("Chains that break, by week", ("week of", *causes), rows)),
    )


def _lifetimes(summary: AuditDocument) -> Element:
    steps = (
        (f"over {one['over']}" + (f" to {one['up_to']}" if one["up_to"] else ""), f"{one['rows']:,}")
        for one in summary["lifetimes"]
    )
    legend = (tag("li", f"{name}: {rows:,}") for name, rows in lifetime_cells(summary))
    return _section(
        "How long leaves are valid",
        tag(
            "p",
            "In steps of days, not to scale; the lines are where rules for public certificates draw them.",
        ),
        *(lifetime_plot(summary, width) for width in (NARROW, WIDE)),
        tag("ul", *legend, class_="legend"),
        folded("The same as a table", _table("Leaves by lifetime", ("days", "leaves"), steps)),
    )


def _causes(folds: list[ListedGroup], left_out: int, summary: AuditDocument) -> Element:
    left = f"The {_chains(summary['rows'] - left_out)} listed are the most urgent; {left_out:,} are left out."
    return _section(
        "Causes, the largest first",
        tag("p", left) if left_out else None,
        *(_fold(fold, f"cause-{number}-rows") for number, fold in enumerate(folds)),
    )


def _fold(fold: ListedGroup, id: str) -> Element:
    group = fold.group
    count = f"{group['rows'] if group is not None else len(fold.rows):,}"
    state = {"now": "bad", "error": "bad", "later": "warn"}.get(fold.kind, "good")
    head: list[Element | str] = [tag("span", count, class_="count"), " "]
    if group is None:
        further = "further causes: " if fold.kind in ("now", "later") else ""
        head.append(tag("span", f"{further}{KINDS[fold.kind]}", class_=state))
    else:
        head += [tag("span", when_text(group), class_=state), f" {who_text(group)}: {group['title']}"]
    return tag(
        "details",
        tag("summary", *head),
        tag("div", *_about(group), _place(), id=id),
        class_="group",
        data_kind=fold.kind,
        data_cause=id,
    )


def _place() -> Element:
    """Where a fold's rows go."""
    return cast("Element", Comment(_ROWS))


def _about(group: GroupJson | None) -> Iterator[Element]:
    if group is None:
        return
    yield tag("p", tag("strong", "Fix: "), group["fix"], " ", tag("code", group["rule"]))
    if group["certificate"] is not None:
        yield tag("p", "SHA-256 ", tag("code", group["certificate"]))


def _renewals(audited: Audited) -> Element | None:
    renewals = audited.summary["renewals"]
    if not renewals:
        return None

    def met(rows: int, by: list[RuleCountJson]) -> str:
        return "; ".join((f"{rows:,}", *(f"{one['rows']:,} {audited.title(one['rule'])}" for one in by[:5])))

    rows = (
        (
            one["on"],
            f"{one['rows']:,}",
            met(one["refused"], one["refused_by"]),
            met(one["warned"], one["warned_by"]),
        )
        for one in renewals
    )
    return _section(
        "The same certificates, issued again",
        _table(
            "What a renewal with the same lifetime, names and key would meet",
            ("issued on", "asked about", "refused", "warned about"),
            rows,
        ),
        tag("p", RENEWALS_TAKEN, class_="quiet"),
    )


def _not_checked(summary: AuditDocument) -> Element:
    """Always in sight: silence must not pass for a pass."""
    said = [(one["text"] or "further sentences", one["rows"]) for one in summary["not_checked"]]
    return _section(
        "Not checked",
        tag("ul", *(tag("li", f"{harmless(text)} ({printable(_chains(rows))})") for text, rows in said))
        if said
        else tag("p", "No row says of anything that it was not looked at."),
    )
