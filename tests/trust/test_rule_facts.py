"""What a rule owns stands at the rule: its id, who asks it, what it is in a handshake, what lets such a server through."""

import ast
from collections.abc import Iterator
from dataclasses import fields

import pytest

from pki.ats.advice import Needs
from pki.model.causes import CAUSES
from pki.model.codes import APPLE_CHECKS, Severity
from pki.model.verdict import Rule
from pki.trust import POLICIES, all_rules
from pki.trust.differences import BLIND_SPOTS
from tests import sources

DEFINED = ("pki/trust/rules/", "pki/ats/rules/")
# Where an id may be written out all the same. Each place is held against the catalogue by the test that is named.
WRITTEN_OUT = {
    "fixtures/pki_fixtures/scenarios/": "verdicts stated in advance; tests/fixtures/test_catalogue.py",
    "fixtures/pki_fixtures/expected.py": "verdicts stated in advance; tests/fixtures/test_catalogue.py",
    "pki/explain/": "what other programs' words stand for; tests/explain/test_vocabularies.py. Faults share some names",
    "pki/model/causes.py": "the code of a handshake that has a rule's name",
    "pki/trust/differences.py": "what other validators do not look at; below",
}


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in all_rules().values()])
def test_what_a_rule_names_exists(rule: Rule) -> None:
    assert rule.cause in CAUSES
    assert rule.ats_need in (None, *(field.name for field in fields(Needs)))
    assert rule.policies is None or rule.policies <= POLICIES.keys()


def test_of_the_rules_that_report_one_number_at_most_one_is_met_most() -> None:
    numbers = [rule.status for rule in all_rules().values() if rule.met_most]
    assert len(set(numbers)) == len(numbers)


def test_an_unknown_status_fails_by_the_book_alone() -> None:
    stricter = [rule for rule in all_rules().values() if rule.rfc5280_severity is not None]
    assert [(rule.id, rule.severity, rule.rfc5280_severity) for rule in stricter] == [
        ("revocation-known", Severity.WARNING, Severity.ERROR)
    ]


def test_blind_spots_are_of_rules_and_checks_there_are() -> None:
    named = {check for spots in BLIND_SPOTS.values() for spot in spots for check in spot.checks}
    assert named <= {*APPLE_CHECKS, *all_rules()}


def test_ids_are_written_where_rules_are_defined() -> None:
    places = {place.partition(":")[0]: place for place in _written_out()}
    stray = [place for path, place in places.items() if not path.startswith(tuple(WRITTEN_OUT))]
    assert not stray, f"{stray}: import the rule from pki.trust.rules instead, or ask a field of it"
    for allowed in WRITTEN_OUT:
        assert any(path.startswith(allowed) for path in places), f"{allowed} needs no exception any more"


def _written_out() -> Iterator[str]:
    """`path:line` of every string of the product that is a rule's id, outside the modules of rules."""
    for name, path in sources.modules().items():
        if not name.startswith(DEFINED):
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Constant)
                    and isinstance(node.value, str)
                    and node.value in all_rules()
                ):
                    yield f"{name}:{node.lineno} {node.value}"
