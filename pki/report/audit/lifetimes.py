"""The lengths of time that certificates are valid for, in the steps that rules for public ones draw.

CA/Browser Forum, Baseline Requirements 6.3.2 (ballot SC-081v3): 398 days until 2026-03-14, then 200, from 2027-03-15 on
100, from 2029-03-15 on 47. Apple's limit for what somebody installs is 825 (HT210176).
"""

from __future__ import annotations

from typing import Final

LIMITS: Final = (47, 100, 200, 398)
"""Days, drawn as lines."""

STEPS: Final = (
    0,
    10,
    20,
    30,
    47,
    60,
    80,
    100,
    120,
    140,
    160,
    180,
    200,
    250,
    300,
    350,
    398,
    500,
    600,
    700,
    825,
)
"""Lower ends, in days; a step ends at the next one, that day included, and after the last at no day."""


def lifetime_step(days: int) -> int:
    """Which of STEPS a lifetime of DAYS falls in: days begun, so that 398 days to the second are 398."""
    return max(sum(days > lower for lower in STEPS) - 1, 0)
