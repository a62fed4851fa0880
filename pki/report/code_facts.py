"""What is known of a code beside its meaning, as text and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.model.site import DOCUMENTATION_URL
from pki.report.document import TypedDict
from pki.report.layout import wrapped

if TYPE_CHECKING:
    from pki.model.code_facts import Certainty, CodeFacts, CodeFamily
    from pki.report.fields import Text
    from pki.report.style import Style


class CodeFactsJson(TypedDict):
    """Who says a code to whom, how it stands in a log, what it is taken for, and how sure that is."""

    number: int
    family: CodeFamily
    said_by: Text
    log_forms: list[Text]  # NAME and HOST stand for what varies.
    confused_with: list[OtherCodeJson]
    evidence: list[CodeEvidenceJson]
    page: Text  # Below docs/.


class OtherCodeJson(TypedDict):
    """A code that is often confused with another one."""

    asked: Text
    name: Text
    meaning: str


class CodeEvidenceJson(TypedDict):
    """What a statement rests on; without a row of a grade, nothing of that grade is known."""

    grade: Certainty
    text: Text


def code_facts_lines(facts: CodeFacts, style: Style) -> list[str]:
    """Who says it, what it is taken for and, where the pages are published, where its own is; at 80 columns."""
    lines = ["", *wrapped(facts.said_by, indent="  ")]
    if facts.confused_with:
        others = ", ".join(style.code(one.asked) for one in facts.confused_with)
        lines += wrapped(f"Often confused with: {others}.", indent="  ", hanging="    ")
    if DOCUMENTATION_URL:
        lines += [f"  More: {DOCUMENTATION_URL}{facts.page.removesuffix('.md')}/"]
    return lines


def code_facts_json(facts: CodeFacts | None) -> CodeFactsJson | None:
    """The same for programs, with shapes in logs and evidence."""
    if facts is None:
        return None
    return {
        "number": facts.number,
        "family": facts.family,
        "said_by": facts.said_by,
        "log_forms": list(facts.log_forms),
        "confused_with": [
            {"asked": one.asked, "name": one.name, "meaning": one.meaning} for one in facts.confused_with
        ],
        "evidence": [{"grade": grade, "text": text} for grade, text in facts.evidence],
        "page": facts.page,
    }
