"""How moments are written everywhere: RFC 3339, in UTC, to the second."""

from __future__ import annotations

from typing import Final

TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
"""For `strftime` and f-strings; the moment has to be in UTC."""
