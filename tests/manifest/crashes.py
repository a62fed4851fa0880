"""Kill an apply at one system call after another. Run: python -m tests.manifest.crashes FOLDER.

FOLDER holds `SMALL`, applied. Each child goes on to another manifest in a fresh copy and dies before one call; then the
folder has to hold old or new things alone, and the next run has to complete it. The last line counts the calls.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from pki.errors import PkiError
from pki.load import load_identity
from tests.manifest.folders import apply, planned
from tests.manifest.test_manifest_apply import SMALL
from tests.store.crashes import killed_at, problems

STRIDE = 6  # of some hundred and fifty calls, every sixth
TEXT = SMALL.replace("[client.alice]", "[client.alice]\ndays = 5\n[revoke.alice]")


def main(template: Path) -> None:
    number = 1
    while True:
        number += STRIDE
        work = template.parent / "work"
        shutil.copytree(template, work)
        killed = killed_at(number, lambda path: apply(path, TEXT), work)
        for problem in problems(work / "main", frozenset()):
            print(f"killed at call {number}: {problem}")
        password = (work / "out" / "alice.password").read_text().strip()
        try:
            load_identity((work / "out" / "alice.p12").read_bytes(), name="alice.p12", password=password)
            apply(work, TEXT)
            if found := [step for step in planned(work, TEXT).steps if step.changes]:
                print(f"killed at call {number}: not complete after the next run: {found}")
        except PkiError as error:
            print(f"killed at call {number}: {error}")
        shutil.rmtree(work)
        if not killed:
            break
    print(f"{number} calls")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
