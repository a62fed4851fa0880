"""What an audit comes to, and its rows where they are few, for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from pki.report.audit.few_rows import few_rows
from pki.report.layout import WIDTH, harmless, labelled, printable, shortened, wrapped
from pki.report.marks import columns
from pki.report.style import PLAIN, Style

if TYPE_CHECKING:
    from pki.report.audit.row import AuditRow
    from pki.report.audit.summary import AuditDocument, GroupJson, RenewedJson, SaidJson

SHOWN: Final = 10  # causes; the document has all
RENEWALS_TAKEN: Final = (
    "Taken for granted: issuers that are in force as long as the new certificate, which nobody has revoked, and which "
    "logs have stamped anew where they stamped this one."
)
_SUBJECT: Final = 50  # columns of a certificate's subject
_COUNT: Final = 9  # columns of a number of rows
_NAMED: Final = 2  # rows of a cause that are named


def summary_text(document: AuditDocument, *, style: Style = PLAIN) -> str:
    """Counts, the one change that mends most, causes with the largest first, what comes next, what was not checked."""
    return "\n".join(_lines(document, style))


def counts_text(document: AuditDocument, style: Style = PLAIN) -> str:
    """`20,000 chains: 19,100 trusted, 812 not trusted, 88 without an answer`."""
    parts = [f"{document['trusted']:,} trusted"]
    if document["untrusted"]:
        parts.append(style.bad(f"{document['untrusted']:,} not trusted"))
    if document["errors"]:
        parts.append(style.bad(f"{document['errors']:,} without an answer"))
    return f"{_chains(document['rows'])}: {', '.join(parts)}"


def within_text(document: AuditDocument) -> str:
    """`3 within 7 days, 41 within 30, …`."""
    counted = [f"{one['rows']:,} within {one['days']}" for one in document["breaks_within"]]
    return f"{counted[0]} days, {', '.join(counted[1:])}"


def change_text(group: GroupJson) -> str:
    """What one change would do: honest about what was not asked."""
    left = group["rows"] - group["mends"]
    more = f" Of {_chains(left)} more something else is wrong, too." if left else ""
    if group["when"] == "now":
        return (
            f"{_chains(group['mends'])} fail at this certificate by this rule and by nothing else; "
            f"what is wrong behind it shows when it is mended.{more}"
        )
    return (
        f"{_chains(group['mends'])} break there first, and nothing else of theirs ends in the same second; "
        f"what ends next was not asked about.{more}"
    )


def who_text(group: GroupJson) -> str:
    """The certificate that is responsible, as one can find it; or that there are many."""
    if not group["certificates"]:
        return "the chain"
    if group["certificates"] > 1:
        whose = "leaf certificates" if group["position"] == 0 else "certificates"
        return f"{group['certificates']:,} {whose}, one chain each"
    place = {0: "leaf", 1: "above the leaf"}.get(
        group["position"] or 0, f"{group['position']} above the leaf"
    )
    name = shortened(printable(group["subject"]), _SUBJECT) if group["subject"] else "a certificate"
    return f"{name} ({place}, SHA-256 {(group['certificate'] or '')[:16]}…)"


def when_text(group: GroupJson) -> str:
    """`now`, a day, or from which day to which."""
    if group["first"] is None or group["last"] is None:
        return "now"
    first, last = group["first"][:10], group["last"][:10]
    return first if first == last else f"{first} to {last}"


def _chains(number: int) -> str:
    return f"{number:,} chain{'' if number == 1 else 's'}"


def _counts(document: AuditDocument, style: Style) -> Iterator[str]:
    yield from wrapped(f"{counts_text(document, style)} at {document['at']}")
    if document["breaking"]:
        yield from wrapped(
            f"{document['breaking']:,} of the trusted break until {document['until']}: {within_text(document)}",
            indent="  ",
            hanging="    ",
        )
    elif document["trusted"]:
        known = "is known to break" if document["cut_short"] else "breaks"
        yield f"  Nothing {known} them until {document['until']}"
    if document["cut_short"]:
        yield from wrapped(
            f"{_chains(document['cut_short'])} could not be followed that far: see what was not checked",
            indent="  ",
            hanging="    ",
        )


def _lines(document: AuditDocument, style: Style) -> Iterator[str]:
    yield from _counts(document, style)
    if (group := document["first_change"]) is not None:
        yield from ("", style.headline("The one change that mends most"))
        yield from _group_lines(group, style)
        yield from wrapped(f"Fix: {group['fix']}", indent=" " * (_COUNT + 2))
        yield from wrapped(change_text(group), indent=" " * (_COUNT + 2))
    if document["groups"]:
        yield from ("", style.headline("Causes, the largest first"))
        for group in document["groups"][:SHOWN]:
            yield from _group_lines(group, style)
        left = len(document["groups"]) + document["groups_left_out"] - SHOWN
        if left > 0:
            yield f"  and {left:,} more"
    if document["next"]:
        yield from ("", style.headline("What breaks first"))
        for row in document["next"][:SHOWN]:
            about = f"  {row['breaks_at']}  "
            *lines, last = labelled(harmless(row["server"] or row["id"]), label=about, indent=len(about))
            rule = style.rule_id(row["breaks_by"])
            fits = len(last) + 1 + columns(rule) <= WIDTH
            yield from (*lines, f"{last} {rule}") if fits else (*lines, last, f"{' ' * len(about)}{rule}")
    yield from _renewals(document["renewals"], style)
    yield from _said("Without an answer", document["error_kinds"], style, named=True)
    yield from _said("Not checked", document["not_checked"], style)


def _group_lines(group: GroupJson, style: Style) -> Iterator[str]:
    """`812  2027-02-01  CN=… (above the leaf, …)`, and the rule below."""
    rows = f"{group['rows']:,}"
    head = f"{rows:>{_COUNT}}  "
    when = when_text(group)
    marked = style.bad(when) if group["when"] == "now" else when
    yield from wrapped(f"{marked}  {who_text(group)}", indent=head, hanging=" " * len(head))
    rule = f"{group['title']} [{style.rule_id(group['rule'])}]"
    yield from wrapped(rule, indent=" " * len(head), hanging=" " * len(head))
    yield from _examples(group, " " * len(head))


def _examples(said: GroupJson | SaidJson, indent: str) -> Iterator[str]:
    """Which rows they are, so that somebody knows where to look: `in a.test, b.test and 810 more`."""
    named = [server or id for id, server in zip(said["examples"], said["servers"], strict=True)][:_NAMED]
    if named:
        more = f" and {said['rows'] - _NAMED:,} more" if said["rows"] > _NAMED else ""
        yield from wrapped(f"in {', '.join(map(harmless, named))}{more}", indent=indent, hanging=indent)


def _renewals(renewals: list[RenewedJson], style: Style) -> Iterator[str]:
    if not renewals:
        return
    yield from ("", style.headline("The same certificates, issued again"))
    for one in renewals:
        by = [f"{count['rows']:,} {style.rule_id(count['rule'])}" for count in one["refused_by"][:3]]
        warned = [f"{count['rows']:,} {style.rule_id(count['rule'])}" for count in one["warned_by"][:3]]
        text = f"on {one['on']}: {one['refused']:,} of {one['rows']:,} would be refused"
        text += f" ({', '.join(by)})" if by else ""
        text += f", {one['warned']:,} warned about ({', '.join(warned)})" if warned else ""
        yield from wrapped(text, indent="  ", hanging="    ")
    yield from wrapped(RENEWALS_TAKEN, indent="  ", hanging="    ")


def _said(title: str, said: list[SaidJson], style: Style, *, named: bool = False) -> Iterator[str]:
    if not said:
        return
    yield from ("", style.headline(title))
    for one in said[:SHOWN]:
        head = f"{one['rows']:>{_COUNT},}  "
        yield from labelled(harmless(one["text"] or "further sentences"), label=head, indent=len(head))
        if named:
            yield from _examples(one, " " * len(head))
    if len(said) > SHOWN:
        yield f"  and {len(said) - SHOWN:,} more"


def few_text(document: AuditDocument, rows: Iterable[AuditRow], *, style: Style = PLAIN) -> str:
    """A few rows one by one: who, how, when it breaks and by which rule; what to change, and what was not checked."""
    told = [*_counts(document, style), "", *few_rows(rows, style)]
    by_rule: dict[str, list[GroupJson]] = {}
    for group in document["groups"]:
        by_rule.setdefault(group["rule"], []).append(group)
    for rule, groups in by_rule.items():
        told += ["", *wrapped(f"{_whens(groups)}: {groups[0]['title']} [{style.rule_id(rule)}]")]
        told += wrapped(f"Fix: {groups[0]['fix']}", indent="  ", hanging="  ")
    told += _renewals(document["renewals"], style)
    told += _said("Not checked", document["not_checked"], style)
    return "\n".join(told)


def _whens(groups: list[GroupJson]) -> str:
    """When the same rule refuses in any of GROUPS: `now`, days, or `now, and 2027-02-01`."""
    dates = [group for group in groups if group["first"] is not None and group["last"] is not None]
    told = ["now"] if len(dates) < len(groups) else []
    if dates:
        first = min(group["first"] or "" for group in dates)[:10]
        last = max(group["last"] or "" for group in dates)[:10]
        told.append(first if first == last else f"{first} to {last}")
    return ", and ".join(told)
