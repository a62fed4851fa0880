"""Which published code the verdicts rest on: the one place that says so.

All rules of trust and of App Transport Security are read from this source, whatever system is asked about. What a later
system does otherwise is known from documents alone, and each rule that rests on one cites it.
"""

from __future__ import annotations

CODE_RELEASE = "26.0"
CODE = f"Security-61901.0.87.0.1 (macOS {CODE_RELEASE})"
BY_THE_CODE = f"by the code of {CODE_RELEASE}"
"""To follow the name of a system whose own code nobody outside Apple has read."""
