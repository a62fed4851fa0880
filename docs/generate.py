"""Writes what grows out of the catalogue, or with `--check` says what is out of date.

One pass over the registries writes docs/rules, docs/schemas, docs/handshake-codes.md, docs/p12-readers.md and
docs/scenarios.md; `trustrig explain`, `inspect` and `scenarios` read the same rows.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pki.load.reader_table import READERS
from pki.manifest import manifest_schema
from pki.manifest.schema import SCHEMA as MANIFEST
from pki.report.causes import causes_page
from pki.report.explain import rule_page
from pki.report.readers import readers_page
from pki.report.schemas import file_name, schemas
from pki.trust import all_rules
from pki_fixtures import SCENARIOS
from pki_fixtures.page import catalogue_page

HERE = Path(__file__).parent
RULES, SCHEMAS = HERE / "rules", HERE / "schemas"
INDEX = "README.md"


def pages() -> dict[Path, str]:
    """Every generated file with its text."""
    rules = all_rules()
    index = [
        "# Every rule",
        "",
        "Generated from the catalogue by `make docs`; the same words as `trustrig explain`.",
        "",
    ]
    index += ["| rule | level | Apple's check | OSStatus |", "|---|---|---|---|"]
    for rule in rules.values():
        status = f"{rule.status[0]} {rule.status[1]}" if rule.status else str(rule.severity)
        index.append(
            f"| [{rule.id}]({rule.id}.md) | {rule.level.title} | {rule.apple_check or '-'} | {status} |"
        )
    found = {RULES / f"{rule.id}.md": rule_page(rule) for rule in rules.values()}
    found[RULES / INDEX] = "\n".join(index) + "\n"
    found[HERE / "handshake-codes.md"] = causes_page()
    found[HERE / "p12-readers.md"] = readers_page(READERS)
    found[HERE / "scenarios.md"] = catalogue_page(SCENARIOS.values())
    for name, schema in {**schemas(rules), MANIFEST: manifest_schema()}.items():
        found[SCHEMAS / file_name(name)] = json.dumps(schema, indent=2) + "\n"
    return found


def main() -> int:
    """Write or check; 1 when a checked file differs or is left over from a rule that is gone."""
    wanted = pages()
    there = set(RULES.glob("*.md"))
    if "--check" in sys.argv[1:]:
        stale = [p for p, text in wanted.items() if not p.exists() or p.read_text(encoding="utf-8") != text]
        stale += sorted(there - set(wanted))
        for page in stale:
            sys.stderr.write(f"{page.relative_to(HERE.parent)} is out of date; run `make docs`\n")
        return 1 if stale else 0
    for page in there - set(wanted):
        page.unlink()
    for page, text in wanted.items():
        page.parent.mkdir(exist_ok=True)
        page.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
