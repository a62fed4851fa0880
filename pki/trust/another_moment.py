"""A path that was judged once, at another moment: the rules that look at the moment are asked again, no others."""

from __future__ import annotations

from collections.abc import Mapping

from pki.model.verdict import Finding, Outcome
from pki.trust.evaluation_cache import EvaluationCache, TimedPart
from pki.trust.path import Path, Place
from pki.trust.path_evaluation import PathEvaluation, put
from pki.trust.request import Request
from pki.trust.rules.dates import out_of_date
from pki.trust.selection import Selection


def at_another_moment(known: PathEvaluation, request: Request, cache: EvaluationCache) -> PathEvaluation:
    """What the rules say of the path of KNOWN at the moment of REQUEST, which asks the same at another one."""
    path, at = known.path, request.at
    answers = list(known.answers)
    kept = list(known.findings)
    blamed: set[int] = set()
    if kept:
        blamed = {finding.position for finding in kept if finding.rule.timed}
        kept = [finding for finding in kept if not finding.rule.timed]
    again: list[Finding] = []
    parts = _timed_parts(path, request, cache)
    for position, part in enumerate(parts):
        cert = path.certs[position]
        if part.dates_alone and position not in blamed and cert.not_before <= at <= cert.not_after:
            continue  # it was in force then, too
        said = put(part.selection, Place(cert, position, path, request))
        again += said.findings
        answers[position] = _merged(answers[position], part, said.answers)
    kept += again
    if again and len(kept) > 1:
        # As `evaluate_path` sorts them; what is equal there is of one certificate, and stays in the order of the rules.
        kept.sort(key=lambda f: (not f.fails, f.level, f.apple_priority, parts[f.position].order[f.rule_id]))
    return PathEvaluation(path, tuple(kept), tuple(answers))


def _timed_parts(path: Path, request: Request, cache: EvaluationCache) -> tuple[TimedPart, ...]:
    """The timed questions about each certificate that is asked about; CACHE keeps them, for paths of one shape."""
    # Not the anchor that is a name and a key (RFC 5280, 6.1.1 d), unless it is the leaf.
    bare = request.inputs.bare_anchor and path.anchor is not None and path.top > 0
    count = path.top if bare else path.top + 1
    shape = count, path.top, path.anchor is not None, path.anchor_class
    timed = cache.kind(request).timed
    parts = timed.get(shape)
    if parts is None:
        parts = timed[shape] = tuple(
            _timed_part(cache.concerned(path, position, request).selection) for position in range(count)
        )
    return parts


def _timed_part(selection: Selection) -> TimedPart:
    questions = selection.in_order
    timed = Selection.of([question for question in questions if question.rule.timed])
    order = {question.rule_id: number for number, question in enumerate(questions)}
    return TimedPart(timed, order, _asks_dates_alone(timed))


def _asks_dates_alone(timed: Selection) -> bool:
    return not timed.questions and all(premise is out_of_date for premise, _ in timed.sharing)


def _merged(
    before: Mapping[str, Outcome], part: TimedPart, said: Mapping[str, Outcome]
) -> Mapping[str, Outcome]:
    """BEFORE, with what was SAID again in place of what the timed part had said."""
    timed = part.selection.all_passed
    if len(said) == len(timed):  # nothing that is left out for what it depends on
        return {**before, **said}
    return {**{rule_id: outcome for rule_id, outcome in before.items() if rule_id not in timed}, **said}
