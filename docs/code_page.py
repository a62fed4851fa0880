"""A code's page under docs/codes: what `trustrig explain` says of it, and the scenario that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import scenario_index
from sources import sources

from pki.explain import explain_text
from pki.explain.code_facts import name_and_meaning
from pki.explain.code_names import MEANINGS, OTHER_NAMES
from pki.explain.reading import read_text
from pki.model.alerts import ALERTS
from pki.model.code_facts import Certainty, CodeFacts, CodeFamily
from pki.model.explanation import Explanation
from pki.report.explain import symbols
from pki.trust import all_rules

FAMILIES = {
    CodeFamily.URL: ("What URLSession reports", "NSURLErrorDomain: what an app's own code gets."),
    CodeFamily.STREAM: ("What stands under it", "Stream codes, in `_kCFStreamErrorCodeKey` and in the log."),
    CodeFamily.OS_STATUS: ("What SecTrust and keychains report", "OSStatus, in NSOSStatusErrorDomain."),
    CodeFamily.ALERT: ("What one end tells the other", "TLS alerts, by number."),
}
_GRADES = {
    Certainty.DOCUMENTED: "Documented",
    Certainty.READ: "Read in source",
    Certainty.EXPECTED: "Expected",
}


@dataclass(frozen=True)
class CodePage:
    """A page: its name in docs/codes, its family, how it is listed, and its text."""

    file: str
    family: CodeFamily
    title: str
    meaning: str
    text: str


def code_pages() -> list[CodePage]:
    """Every code that has a name, family by family, and every alert."""
    numbers = sorted({*symbols().values(), *OTHER_NAMES}, reverse=True)
    asked = [*map(str, numbers), *(f"alert {number}" for number in ALERTS)]
    pages = [_page(explain_text(one)) for one in asked]
    return sorted(pages, key=lambda page: list(FAMILIES).index(page.family))


def _page(found: Explanation) -> CodePage:
    facts = found.code
    if facts is None:
        raise ValueError(f"{found.asked} is no code")
    name, meaning = _name(found, facts)
    text = "\n".join(_lines(found, facts, name, meaning))
    return CodePage(facts.page.removeprefix("codes/"), facts.family, name, meaning, f"{text.rstrip()}\n")


def _name(found: Explanation, facts: CodeFacts) -> tuple[str, str]:
    """How it is called in a list, and in a few words what it says."""
    if facts.family is CodeFamily.ALERT:
        return f"{facts.number} {ALERTS[facts.number].name}", ALERTS[facts.number].meaning
    if found.rules:
        return found.name, _title([rule.title for rule in found.rules])
    read = read_text(str(facts.number)) if facts.number not in MEANINGS else None
    return found.name, read.title if read is not None else name_and_meaning(facts.number)[1].rstrip(".")


def _title(rules: list[str]) -> str:
    """What is wrong, by the titles of the RULES that report a code: the first alone is one cause of several."""
    first, *others = rules
    if not others:
        return first
    if len(others) == 1:
        return f"{first}; or: {others[0][0].lower()}{others[0][1:]}"
    return f"{first}; or one of {len(others)} other causes"


def _lines(found: Explanation, facts: CodeFacts, name: str, meaning: str) -> Iterator[str]:
    alert = "TLS alert " if facts.family is CodeFamily.ALERT else ""
    yield from (
        f"# {alert}{name}: {meaning}",
        "",
        "In a log it stands as",
        "",
        "```text",
        *facts.log_forms,
        "```",
        "",
    )
    yield from (facts.said_by, "")
    if found.text:
        yield from (_markdown(found.text), "")
    yield from _causes(found, facts)
    if facts.confused_with:
        yield from ("## Often confused with", "", "| code | what it says |", "|---|---|")
        yield from (
            f"| {_link(one.asked)} {one.name} | {_markdown(one.meaning)} |" for one in facts.confused_with
        )
        yield ""
    scenarios = (
        scenario_index.for_alert(facts.number)
        if facts.family is CodeFamily.ALERT
        else scenario_index.for_code(facts.number)
    )
    if scenarios:
        yield from (
            "## Try it",
            "",
            "Servers that come to this, one at a time ([all of them](../scenarios.md)):",
            "",
        )
        yield from scenario_index.lines(scenarios)
    yield from _evidence(found, facts)


def _causes(found: Explanation, facts: CodeFacts) -> Iterator[str]:
    """Causes in order with their repair, and the command that tells them apart."""
    reading = found.text_explanation
    if reading is None and (facts.family is CodeFamily.ALERT or found.rules):
        reading = read_text(f"SSL alert number {facts.number}" if facts.number >= 0 else str(facts.number))
    named = [all_rules()[one] for one in reading.rules] if reading is not None else []
    if found.rules:
        yield from (
            "## Usual causes",
            "",
            "Each of these rules reports it; the one that people meet most comes first:",
            "",
        )
        yield from (
            f"{n}. [{rule.title}](../rules/{rule.id}.md). {rule.fix}" for n, rule in enumerate(found.rules, 1)
        )
        yield ""
    elif reading is not None and reading.causes:
        yield from ("## Usual causes", "", "The likeliest first:", "")
        yield from (f"{n}. {_markdown(cause)}" for n, cause in enumerate(reading.causes, 1))
        yield ""
        if named:
            yield from ("## The rules behind it, and what to do", "")
            yield from (f"- [{rule.title}](../rules/{rule.id}.md). {rule.fix}" for rule in named)
            yield ""
    if reading is not None and reading.next:
        yield from ("## Tell them apart", "")
        if reading.unsettled:
            tells = f" What tells: {_markdown(reading.would_settle)}." if reading.would_settle else ""
            yield from (f"Not told by the code: {_markdown(reading.unsettled)}.{tells}", "")
        yield from (
            "Words in capitals are yours to fill in.",
            "",
            "```sh",
            *_commands(reading.next),
            "```",
            "",
        )


def _commands(commands: tuple[str, ...]) -> Iterator[str]:
    for command in commands:
        yield command.format(url="https://HOST", host="HOST", address="HOST:PORT")


def _evidence(found: Explanation, facts: CodeFacts) -> Iterator[str]:
    yield from ("## How sure this is", "", "| how | what |", "|---|---|")
    for grade, text in facts.evidence:
        linked = "; ".join(source.text for source in sources(_markdown(text)))
        yield f"| {_GRADES[grade]} | {linked} |"
    yield "| Measured on a device or a Mac by us | nothing yet |"
    if found.source:
        yield from ("", f"Source: {'; '.join(source.text for source in sources(found.source))}.", "")


def _link(asked: str) -> str:
    """How another code is asked about, as a link to its page."""
    return f"[{asked}]({asked.replace('alert ', 'alert-').removeprefix('-')}.md)"


def _markdown(text: str) -> str:
    """TEXT of ours as Markdown: what would be markup by chance is not; what stands in backticks stays."""
    parts = text.split("`")
    plain = (
        part.replace("*", r"\*").replace("_", r"\_").replace("|", r"\|").replace("<", "&lt;")
        for part in parts[::2]
    )
    quoted = iter(parts[1::2])
    return "".join(
        piece + (f"`{code}`" if (code := next(quoted, None)) is not None else "") for piece in plain
    )


def index_page(pages: list[CodePage]) -> str:
    """The list of all codes, by whom they come from."""
    lines = [
        "# Error codes",
        "",
        "Generated from the tables that `trustrig explain` reads, by `make docs`. Paste what you have:",
        "",
        "```sh",
        "trustrig explain -9802",
        "trustrig explain < app.log",
        "```",
    ]
    for family, (title, about) in FAMILIES.items():
        lines += ["", f"## {title}", "", about, "", "| code | what it says |", "|---|---|"]
        lines += [
            f"| [{page.title}]({page.file}) | {_markdown(page.meaning)} |"
            for page in pages
            if page.family is family
        ]
    return "\n".join(lines) + "\n"
