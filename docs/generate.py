"""Writes what grows out of the catalogue, or with `--check` says what is out of date.

One pass over the registries writes docs/rules, docs/schemas, docs/handshake-codes.md, docs/p12-readers.md,
docs/recognised-files.md, docs/errors.md, docs/scenarios.md and docs/why/apple-source.md; `trustrig explain`, `inspect`
and `scenarios` read the same rows. docs/library.md is of what the two packages export; docs/commands,
docs/environment.md, the man page and the tables that completion reads are of the command line.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

import json_schema
from causes_page import causes_page
from code_page import code_pages, index_page
from command_tree import command_tree
from commands_page import command_pages
from completion_tables import commands_table, words_table
from environment_page import environment_page
from errors_page import errors_page
from library_page import library_page
from licences_page import licences_page
from man_page import man_page
from p12_readers_page import readers_page
from recognised_files_page import kinds_page
from rule_page import rule_index, rule_page

from pki.load.p12.reader_table import READERS
from pki.manifest import manifest_schema
from pki.manifest.schema import SCHEMA as MANIFEST
from pki.model.codes import APPLE_CHECKS
from pki.model.other_checks import OTHER_CHECKS
from pki.model.verdict import Rule
from pki.trust import all_rules
from pki_cli.completion import offers
from pki_fixtures import SCENARIOS
from pki_fixtures.catalogue_page import catalogue_page

HERE = Path(__file__).parent
RULES, SCHEMAS, COMMANDS = HERE / "rules", HERE / "schemas", HERE / "commands"
CODES = HERE / "codes"
COMPLETION = Path(offers.__file__).parent
INDEX = "README.md"


def pages() -> dict[Path, str]:
    """Every generated file with its text."""
    rules = all_rules()
    found = {RULES / f"{rule.id}.md": rule_page(rule) for rule in rules.values()}
    codes = code_pages()
    found |= {CODES / page.file: page.text for page in codes}
    found[CODES / INDEX] = index_page(codes)
    found[RULES / INDEX] = rule_index(rules)
    found[HERE / "handshake-codes.md"] = causes_page()
    found[HERE / "p12-readers.md"] = readers_page(READERS)
    found[HERE / "recognised-files.md"] = kinds_page()
    found[HERE / "why" / "apple-source.md"] = apple_source_page(rules)
    found[HERE / "scenarios.md"] = catalogue_page(SCENARIOS.values())
    found[HERE / "errors.md"] = errors_page()
    found[HERE / "library.md"] = library_page()
    found[HERE / "licences.md"] = licences_page()
    for name, schema in {**json_schema.schemas(), MANIFEST: manifest_schema()}.items():
        found[SCHEMAS / json_schema.file_name(name)] = json.dumps(schema, indent=2) + "\n"
    tree = command_tree()
    found |= {COMMANDS / name: text for name, text in command_pages(tree).items()}
    found[HERE / "environment.md"] = environment_page(tree)
    found[HERE / "man" / "trustrig.1"] = man_page(tree)
    found[COMPLETION / offers.COMMANDS] = commands_table(tree)
    found[COMPLETION / offers.WORDS] = words_table()
    return found


def apple_source_page(rules: dict[str, Rule]) -> str:
    """What of Apple's code is followed and where: the functions in apple-source.toml, then every row of the list."""
    table = tomllib.loads((HERE / "apple-source.toml").read_text(encoding="utf-8"))
    files, release = table["file"], table["release"]
    count = sum(len(file["rows"]) for file in files)
    lines = [
        f"# Apple's code, as followed: {release}",
        "",
        "Generated from [apple-source.toml](../apple-source.toml) and the catalogue by `make docs`.",
        "",
        f"The verdict rests on these {count} functions of {table['repository']} at {release},",
        "read and never copied. libDER (the DER decoder) and corecrypto are not in that tree: libDER was read as it",
        "stood in Security-58286.1.32; what corecrypto refuses is known from its callers alone. None of it was run.",
        "",
        "**The next release is a diff, not an audit.** Check it out beside the project and run",
        "`python -m tests.apple_source CHECKOUT`: it names each function below whose text changed with the module of",
        "ours to look at, and each new row of `SecPolicyChecks.list`. Read those, mend, and record the new digests",
        "with `--write`.",
    ]
    for file in files:
        lines += ["", f"## {file['path']}", "", "| function | what it settles | ours |", "|---|---|---|"]
        for row in file["rows"]:
            ours = ", ".join(f"`{path}`" for path in row["ours"])
            lines.append(f"| `{row['function']}` | {row['what']} | {ours} |")
    behind = defaultdict(list)
    for rule in rules.values():
        if rule.apple_check is not None:
            behind[rule.apple_check].append(f"[{rule.id}](../rules/{rule.id}.md)")
    lines += [
        "",
        "## SecPolicyChecks.list: the rows with rules of ours",
        "",
        "| check | OSStatus | rules |",
        "|---|---|---|",
    ]
    lines += [
        f"| `{check.name}` | {check.status} {check.symbol} | {', '.join(behind[check.name])} |"
        for check in APPLE_CHECKS.values()
    ]
    lines += [
        "",
        f"## SecPolicyChecks.list: the {len(OTHER_CHECKS)} rows without",
        "",
        "`trustrig explain` knows them by name and by number.",
        "",
        "| check | OSStatus | who could meet it |",
        "|---|---|---|",
    ]
    for other in OTHER_CHECKS.values():
        status = f"{other.check.status} {other.check.symbol}" if other.check else "-"
        lines.append(f"| `{other.name}` | {status} | {other.who} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write or check; 1 when a checked file differs or is left over from a rule or a command that is gone."""
    wanted = pages()
    there = {page for folder in (RULES, CODES, COMMANDS) for page in folder.glob("*.md")}
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
