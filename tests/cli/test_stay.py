"""How long what listens stays, and that a front's certificates do not grow old meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from pki.errors import InvalidRequest
from pki_cli import front_freshness, stay
from pki_cli.options.span import Span
from pki_fixtures.front import FRESH, Front


@pytest.fixture
def calendar(monkeypatch: pytest.MonkeyPatch, at: datetime) -> list[datetime]:
    """What the calendar says, while the other clock stands still, as on a machine that sleeps."""
    moment = [at]
    for module in (stay, front_freshness):
        monkeypatch.setattr(module, "now", lambda: moment[0])
    return moment


def test_a_machine_that_slept_past_the_end_does_not_go_on(calendar: list[datetime], at: datetime) -> None:
    lasting = stay.Stay(Span(3600, "1h"))
    assert lasting.until == at + timedelta(hours=1)
    assert 0 < lasting.left <= 3600
    calendar[0] = at + timedelta(days=3)
    assert lasting.left < 0


def test_a_calendar_that_is_set_back_does_not_make_it_longer(calendar: list[datetime], at: datetime) -> None:
    lasting = stay.Stay(Span(3600, "1h"))
    calendar[0] = at - timedelta(days=3)
    assert lasting.left <= 3600


class Renewed(Front):
    def __init__(self) -> None:
        """No server: what is asked of it is all that matters here."""
        self.moments: list[datetime] = []
        self.ended = False

    def renew(self, at: datetime) -> None:
        if self.ended:
            raise InvalidRequest("'Desk CA' has ended", hint="Make another.")
        self.moments.append(at)


def test_certificates_are_made_anew_when_that_is_due(
    calendar: list[datetime], at: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    front = Renewed()
    fresh = front_freshness.Freshness(front)
    for hours in (0, 5, 6, 7, 80):  # a day, and a weekend
        calendar[0] = at + timedelta(hours=hours)
        fresh.keep()
    assert front.moments == [at + FRESH, at + timedelta(hours=80)]
    front.ended = True
    calendar[0] += FRESH
    fresh.keep()
    fresh.keep()
    told = "warning: certificates were not made anew, and what is shown grows old: 'Desk CA' has ended. Make another."
    assert " ".join(capsys.readouterr().err.split()) == told
