"""What changed in the functions of Apple's code that our verdict follows, when Apple publishes another release.

python -m tests.apple_source CHECKOUT [--write]

CHECKOUT is a work tree of apple-oss-distributions/Security. One line per function that changed or is gone, and per row
of SecPolicyChecks.list that is new or gone, then `same N/M` functions; with --write the new digests go into
docs/apple-source.toml, once each change has been read.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pki.model.codes import APPLE_CHECKS
from pki.model.other_checks import OTHER_CHECKS

CHECKS = "OSX/sec/Security/SecPolicyChecks.list"
TABLE = Path(__file__).parents[1] / "docs" / "apple-source.toml"


def rows(table: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each followed function with the path of its file."""
    for file in table["file"]:
        for row in file["rows"]:
            yield file["path"], row


def definition(source: str, name: str) -> str | None:
    """The text of the definition of NAME in C or Objective-C; Apple ends each with a brace in the first column."""
    head = re.compile(rf"^[^\s#/*}}][^;{{}}]*?\b{re.escape(name)}\s*\([^;{{}}]*\)[^;{{}}]*\{{", re.MULTILINE)
    found = head.search(source)
    if found is None:
        return None
    end = re.compile(r"^\}", re.MULTILINE).search(source, found.end())
    return source[found.start() : end.end()] if end else None


def digest(text: str) -> str:
    """SHA-256 of a definition without its white space, 16 hex digits."""
    return hashlib.sha256(re.sub(r"\s+", "", text).encode()).hexdigest()[:16]


def unlike(listed: str) -> Iterator[str]:
    """How the rows of Apple's list differ from ours; LISTED is the text of SecPolicyChecks.list."""
    theirs = set(re.findall(r"^POLICYCHECKMACRO\((\w+),", listed, re.MULTILINE))
    ours = {*APPLE_CHECKS, *OTHER_CHECKS}
    yield from (f"{CHECKS}: {name} is new: see pki/model/other_checks.py" for name in sorted(theirs - ours))
    yield from (f"{CHECKS}: {name} is gone" for name in sorted(ours - theirs))


def main() -> int:
    """0: all as it was read, 1: something changed, 3: no such checkout."""
    parser = argparse.ArgumentParser(prog="python -m tests.apple_source", description=__doc__)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    text = TABLE.read_text(encoding="utf-8")
    changes: list[str] = []
    same = total = 0
    try:
        changes += unlike((asked.checkout / CHECKS).read_text(encoding="utf-8"))
        for path, row in rows(tomllib.loads(text)):
            total += 1
            source = (asked.checkout / path).read_text(encoding="utf-8", errors="replace")
            found = definition(source, row["function"])
            now = digest(found) if found else "gone"
            if now == row["sha256"]:
                same += 1
                continue
            what = "changed" if found else "is gone"
            changes.append(f"{path}: {row['function']} {what}: see {', '.join(row['ours'])}")
            text = re.sub(rf'(function = "{row["function"]}", sha256 = ")[^"]*', rf"\g<1>{now}", text)
    except OSError as error:
        sys.stderr.write(f"{error.filename} cannot be read: {error.strerror}\n")
        return 3
    sys.stdout.write("".join(f"{line}\n" for line in changes) + f"same {same}/{total}\n")
    if asked.write:
        TABLE.write_text(text, encoding="utf-8")
    return 1 if changes else 0


if __name__ == "__main__":
    sys.exit(main())
