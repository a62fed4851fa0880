"""Writes the pages that grow out of the catalogue, or with `--check` says which are out of date."""

from __future__ import annotations

import sys
from pathlib import Path

from pki.report.explain import rule_page
from pki.trust import all_rules

HERE = Path(__file__).parent
INDEX = "README.md"


def pages() -> dict[Path, str]:
    """Every generated page with its text."""
    rules = all_rules().values()
    index = [
        "# Every rule",
        "",
        "Generated from the catalogue by `make docs`; the same words as `trustrig explain`.",
        "",
    ]
    index += ["| rule | level | Apple's check | OSStatus |", "|---|---|---|---|"]
    for rule in rules:
        status = f"{rule.status[0]} {rule.status[1]}" if rule.status else str(rule.severity)
        index.append(
            f"| [{rule.id}]({rule.id}.md) | {rule.level.title} | {rule.apple_check or '-'} | {status} |"
        )
    found = {HERE / "rules" / f"{rule.id}.md": rule_page(rule) for rule in rules}
    found[HERE / "rules" / INDEX] = "\n".join(index) + "\n"
    return found


def main() -> int:
    """Write or check; 1 when a checked page differs or is left over from a rule that is gone."""
    wanted = pages()
    there = set((HERE / "rules").glob("*.md"))
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
