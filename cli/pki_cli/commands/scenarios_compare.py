"""`scenarios compare`: what a Mac said of the scenarios, beside what is stated of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pki_cli.shell import EXIT_FINDING, EXIT_NO_ANSWER, AsJson, note, say, say_json


def add_compare(scenarios: typer.Typer) -> None:
    """Register the command in the group SCENARIOS."""
    scenarios.command("compare")(compare)


def compare(
    witness: Annotated[
        Path, typer.Argument(metavar="FILE", help="witness.json, as a Mac wrote it; - is stdin.")
    ],
    as_json: AsJson = False,
) -> None:
    """Set what Apple's code said on a Mac beside our verdicts.

    `scenarios compile` writes a Swift package, DIR/witness, that asks SecTrust and URLSession about every scenario.
    Exit code 1 says that they differ somewhere, 3 that nothing could be compared.

    \b
    Examples:
      trustrig scenarios compile -o rig && cd rig/witness && swift run witness
      trustrig scenarios compare rig/witness/witness.json
    """
    from pki_cli.input_file import called, read_input
    from pki_fixtures.witness import compare_witness, read_witness
    from pki_fixtures.witness.comparison_report import comparison_document, comparison_text

    found = compare_witness(read_witness(read_input(witness), name=called(witness)))
    if as_json:
        say_json(comparison_document(found))
    else:
        say(comparison_text(found))
    if not found.compared:
        note("nothing of it could be compared, for the reasons above; the witness answers on a Mac alone")
        raise typer.Exit(EXIT_NO_ANSWER)
    if found.differences:
        raise typer.Exit(EXIT_FINDING)
