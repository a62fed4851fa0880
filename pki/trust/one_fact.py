"""Rules that look at one fact of a certificate say it once."""

from __future__ import annotations

from dataclasses import replace

from pki.model.verdict import Finding


def one_finding_a_fact(findings: list[Finding]) -> list[Finding]:
    """FINDINGS, sorted, with one of those that tell the same fact of a certificate standing for all of them.

    It is the first. What it offers is the repair of the strictest, which heals them all.
    """
    facts: dict[tuple[str, int], list[Finding]] = {}
    for finding in findings:
        if finding.rule.fact is not None:
            facts.setdefault((finding.rule.fact, finding.position), []).append(finding)
    changed: dict[int, Finding] = {}
    for alike in facts.values():
        if len({finding.rule_id for finding in alike}) == 1:
            continue
        reported, strictest = alike[0], max(alike, key=_strictness)
        for finding in alike:
            if finding.rule_id == reported.rule_id:
                changed[id(finding)] = replace(finding, repair=strictest.fix)
            else:
                changed[id(finding)] = replace(finding, same_fact_as=reported.rule_id)
    return [changed.get(id(finding), finding) for finding in findings]


def _strictness(finding: Finding) -> int:
    """Later rules of one fact are stricter: their place in the catalogue."""
    from pki.trust.rules import RULES

    return tuple(RULES).index(finding.rule_id)
