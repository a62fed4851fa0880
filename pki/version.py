"""The one place that states the version; the build and `trustrig --version` both read it."""

__version__ = "0.1.0"
RELEASED = "2026-11-21"  # the day of that version, in UTC: `doctor` holds the clock against it
