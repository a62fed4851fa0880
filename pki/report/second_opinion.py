"""Second opinions as text for people and as JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.report.document import TypedDict
from pki.report.layout import wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pki.model.second_opinion import Difference, SecondOpinion
    from pki.report.fields import Text


class OpinionJson(TypedDict):
    """What another validator says of the same chain."""

    validator: Text
    version: str
    available: bool  # Whether it is installed and imports here.
    accepts: bool | None  # null: it gave no answer, and `words` say why.
    agrees: bool | None
    words: str  # Its own message, on one line.
    reasons: list[Text]  # Why it parts from the verdict.
    unexplained: list[Text]  # Rules or words that no known reason covers.
    not_checked: list[Text]  # What an Apple client looks at and it never does.


def opinions_text(opinions: Sequence[SecondOpinion], differences: Sequence[Difference]) -> str:
    """What each validator says, beside the verdict, and why it differs; 80 columns wide.

    DIFFERENCES are those of `compare`: an opinion without one agrees, or has no answer.
    """
    by_opinion = {difference.opinion: difference for difference in differences}
    lines = ["Second opinions"]
    for opinion in opinions:
        lines += wrapped(_answer(opinion, by_opinion.get(opinion)), indent="  ", hanging="    ")
        difference = by_opinion.get(opinion)
        if difference is not None:
            for reason in difference.reasons:
                lines += wrapped(f"- {reason}", indent="    ", hanging="      ")
            for item in difference.unexplained:
                lines += wrapped(f"- unexplained: {item}", indent="    ", hanging="      ")
        if opinion.accepts:
            lines += wrapped(f"Never checked: {'; '.join(opinion.not_checked)}.", indent="    ")
    return "\n".join(lines)


def _answer(opinion: SecondOpinion, difference: Difference | None) -> str:
    if not opinion.available:
        return f"{opinion.name}: not there, {opinion.text}"
    if opinion.accepts is None:
        return f"{opinion.name}: no answer, {opinion.text}"
    answer = "accepts" if opinion.accepts else f"refuses: {opinion.text}"
    return f"{opinion.name} {'DIFFERS, it' if difference else 'agrees, it'} {answer}"


def opinions_json(opinions: Sequence[SecondOpinion], differences: Sequence[Difference]) -> list[OpinionJson]:
    """One object per validator; `agrees` is null where it gave no answer."""
    by_opinion = {difference.opinion: difference for difference in differences}
    return [_json(opinion, by_opinion.get(opinion)) for opinion in opinions]


def _json(opinion: SecondOpinion, difference: Difference | None) -> OpinionJson:
    return {
        "validator": opinion.who,
        "version": opinion.version,
        "available": opinion.available,
        "accepts": opinion.accepts,
        "agrees": None if opinion.accepts is None else difference is None,
        "words": opinion.text,
        "reasons": list(difference.reasons) if difference else [],
        "unexplained": list(difference.unexplained) if difference else [],
        "not_checked": list(opinion.not_checked),
    }
