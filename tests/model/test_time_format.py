"""Moments in RFC 3339, whatever zone the caller's clock is in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pki.model.time_format import moment_of, moment_text, utc_text

INDIA = timezone(timedelta(hours=5, minutes=30))


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(datetime(2026, 11, 30, 12, tzinfo=UTC), id="UTC"),
        pytest.param(datetime(2026, 11, 30, 17, 30, tzinfo=INDIA), id="another zone"),
        pytest.param(
            datetime(2026, 11, 30, 12, tzinfo=UTC).replace(tzinfo=None), id="one that names no zone"
        ),
    ],
)
def test_a_moment_is_written_in_utc(moment: datetime) -> None:
    assert moment_text(moment) == utc_text(moment) == "2026-11-30T12:00:00Z"
    assert moment_of(moment_text(moment)) == datetime(2026, 11, 30, 12, tzinfo=UTC)
