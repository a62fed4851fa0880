"""Which scenarios show a rule or a code: the catalogue, the other way round."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pki_fixtures import SCENARIOS
from pki_fixtures.expected import Expected
from pki_fixtures.registry import Scenario

_MOST = 4  # of a code that nearly every bad server comes to, as many are named


def for_rule(rule_id: str) -> list[Scenario]:
    """Scenarios of which RULE_ID is what Apple reports, those about a client's identity, then those where it warns."""
    return [
        *_stating(lambda stated: stated.headline == rule_id),
        *(one for one in SCENARIOS.values() if one.decision is not None and one.decision.rule == rule_id),
        *_stating(lambda stated: rule_id in stated.warnings and stated.headline != rule_id),
    ]


def for_code(number: int) -> list[Scenario]:
    """Scenarios that come to the OSStatus, the NSURLError or the stream code NUMBER, some of each rule."""
    found = {
        one.id: one
        for one in (
            *_stating(lambda stated: stated.status == number),
            *_stating(lambda stated: _seen(stated, number)),
        )
    }
    first_of_rule = {one.stated.headline or one.id: one.id for one in reversed(found.values())}
    return [one for one in found.values() if one.id in first_of_rule.values()][:_MOST]


def for_alert(number: int) -> list[Scenario]:
    """Scenarios whose server sends the TLS alert NUMBER."""
    alerting = [
        one for one in SCENARIOS.values() if one.decision is not None and one.decision.alerts is not None
    ]
    return [one for one in alerting if one.decision and number in (one.decision.alerts or ())][:_MOST]


def _seen(stated: Expected, number: int) -> bool:
    rows = (stated.error, stated.error_without_ats)
    return any(row is not None and number in (row.url_error, row.stream_error) for row in rows)


def _stating(holds: Callable[[Expected], bool]) -> Iterator[Scenario]:
    return (one for one in SCENARIOS.values() if holds(one.stated))


def lines(scenarios: list[Scenario]) -> Iterator[str]:
    """The scenarios as a list in Markdown, and the command that serves the first."""
    yield from (f"- `{one.id}`: {one.title.replace('*', chr(92) + '*')}" for one in scenarios)
    yield from ("", "```sh", f"trustrig serve {scenarios[0].id}", "```", "")
