"""docs/library.md names everything that can be imported, and its examples run."""

import re
import subprocess
import sys
from pathlib import Path

import pki
import pki_fixtures

PAGE = Path(__file__).parents[2] / "docs" / "library.md"
OPENING, ENTRIES = PAGE.read_text(encoding="utf-8").split("\n## pki\n")


def test_every_exported_name_has_an_entry_that_says_what_it_is() -> None:
    entries = dict(re.findall(r"^### (\w+)\n\n((?:(?!^##).*\n)*)", ENTRIES, re.MULTILINE))
    exported = {
        name for package in (pki, pki_fixtures) for name in package.__all__ if not name.startswith("__")
    }
    assert set(entries) == exported
    silent = [
        name
        for name, text in entries.items()
        if not re.sub(r"```python\n.*?```", "", text, flags=re.DOTALL).strip()
    ]
    assert silent == []


def test_the_examples_run_as_one_program(tmp_path: Path) -> None:
    program = "\n".join(re.findall(r"```python\n(.*?)```", OPENING, re.DOTALL))
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=tmp_path, capture_output=True, check=False
    )
    assert ran.returncode == 0, ran.stderr.decode()
