"""The library examples of the ATS guide run, and say what the page says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "ats.md"


@pytest.mark.guide
def test_the_examples_run_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    examples = re.findall(
        r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    said: dict[str, Any] = {}
    for example in examples:
        exec(compile(example, str(GUIDE), "exec"), said)
    out = capsys.readouterr().out
    assert "App Review asks why NSExceptionAllowsInsecureHTTPLoads" in out
    for rule in ("ats-key-type", "ats-key-domain-format", "ats-key-cidr-syntax"):
        assert rule in out
