"""One JSON line per disagreement, then `agree N/M`; reads nothing but the files named.

python -m tests.conformance --format apple|ats|commands|limbo|names|parse|pins|suite|texts FILE...
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.conformance import texts
from tests.conformance.corpora import FORMATS
from tests.conformance.tally import Tally


def main() -> int:
    """Judge every case of every file; 0: all agree, 1: some do not, 2: wrong usage, 3: unreadable."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("--format", choices=sorted(FORMATS), required=True)
    parser.add_argument(
        "--max-cpu", metavar="SECONDS", type=float, default=0.3, help="for one file that is parsed"
    )
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path)
    asked = parser.parse_args()
    cases, judge = FORMATS[asked.format]
    tally = Tally(max_cpu=asked.max_cpu)
    for file in asked.files:
        try:
            document = _read(file)
        except (OSError, ValueError) as error:
            sys.stderr.write(f"{file} cannot be read as JSON: {error}\n")
            return 3
        before = replace(tally)
        for case in cases(document):
            disagreement = judge(case, tally)
            if disagreement is not None:
                sys.stdout.write(json.dumps(disagreement, ensure_ascii=False, default=str) + "\n")
        if asked.format == "suite":
            left_out = tally.left_out - before.left_out
            if left_out:
                sys.stdout.write(f"{document['suite']} left-out {left_out}\n")
            sys.stdout.write(f"{document['suite']} {tally.since(before)}\n")
    for line in texts.closing(tally) if asked.format == "texts" else ():
        sys.stdout.write(f"{line}\n")
    if tally.versions:
        sys.stdout.write(f"version-strings {tally.versions_agreed}/{tally.versions}\n")
    sys.stdout.write(f"agree {tally.agreed}/{tally.cases}\n")
    if asked.format == "apple":
        sys.stdout.write(f"outcome-and-error {tally.errors_agreed}/{tally.errors_stated}\n")
    return 0 if tally.agreed == tally.cases else 1


def _read(file: Path) -> Any:
    data = file.read_bytes()
    document = json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
    return {**document, "file": str(file)} if isinstance(document, dict) else document


if __name__ == "__main__":
    sys.exit(main())
