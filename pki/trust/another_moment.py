"""A path that was judged once, at another moment: the rules that look at the moment are asked again, no others."""

from __future__ import annotations

from collections.abc import Mapping

from pki.model.verdict import Finding, Outcome
from pki.trust.path import Path, Place
from pki.trust.path_evaluation import EvaluationCache, PathEvaluation, Selection, TimedPart, put
from pki.trust.request import Request
from pki.trust.rules.dates import out_of_date
from pki.trust.scope import Setting, circumstances


def _timed(
    cache: EvaluationCache, path: Path, position: int, request: Request, setting: Setting
) -> TimedPart:
    """The timed questions that the circumstances leave; there are few, and CACHE keeps them."""
    at = circumstances(path, position, setting)
    part = cache.timed.get(at)
    if part is None:
        questions = cache.concerned(path, position, request).in_order
        timed = Selection.of([question for question in questions if question.rule.timed])
        order = {question.rule_id: number for number, question in enumerate(questions)}
        part = cache.timed[at] = TimedPart(timed, order, _asks_dates_alone(timed))
    return part


def at_another_moment(known: PathEvaluation, request: Request, cache: EvaluationCache) -> PathEvaluation:
    """What the rules say of the path of KNOWN at the moment of REQUEST, which asks the same at another one."""
    path, setting = known.path, cache.setting(request)
    answers = list(known.answers)
    again: list[Finding] = []
    blamed = {finding.position for finding in known.findings if finding.rule.timed}
    parts: list[TimedPart] = []
    for position in range(_asked(path, request)):
        part = _timed(cache, path, position, request, setting)
        parts.append(part)
        place = Place(path.certs[position], position, path, request)
        if part.dates_alone and position not in blamed and not out_of_date(place):
            continue  # it was in force then, too
        said = put(part.selection, place)
        again += said.findings
        answers[position] = _merged(answers[position], part, said.answers)
    kept = [finding for finding in known.findings if not finding.rule.timed]
    if again:
        kept += again
        # As `evaluate_path` sorts them; what is equal there is of one certificate, and stays in the order of the rules.
        kept.sort(key=lambda f: (not f.fails, f.level, f.apple_priority, parts[f.position].order[f.rule_id]))
    return PathEvaluation(path, tuple(kept), tuple(answers))


def _asks_dates_alone(timed: Selection) -> bool:
    return not timed.questions and all(premise is out_of_date for premise, _ in timed.sharing)


def _asked(path: Path, request: Request) -> int:
    """How many certificates are asked about: not the anchor that is a name and a key, unless it is the leaf."""
    bare = request.inputs.bare_anchor and path.anchor is not None and path.top > 0
    return path.top if bare else path.top + 1


def _merged(
    before: Mapping[str, Outcome], part: TimedPart, said: Mapping[str, Outcome]
) -> Mapping[str, Outcome]:
    """BEFORE, with what was SAID again in place of what the timed part had said."""
    if all(before.get(rule_id) == said.get(rule_id) for rule_id in part.selection.all_passed):
        return before
    kept = {
        rule_id: outcome for rule_id, outcome in before.items() if rule_id not in part.selection.all_passed
    }
    return kept | dict(said)
