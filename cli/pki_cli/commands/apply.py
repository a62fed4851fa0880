"""`apply`: a whole PKI from one manifest."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.input_file import read_beside
from pki_cli.options.answer import Check, DryRun
from pki_cli.options.issue import PassphraseFile, read_passphrase
from pki_cli.options.moment import At
from pki_cli.shell import EXIT_FINDING, AsJson, moment_of, note, say, say_json
from pki_cli.ways_out import flags_named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pki.model.manifest_plan import ManifestPlan, ManifestStep
    from pki.store import Issued


def add_to(app: typer.Typer) -> None:
    """Register the command of this module."""
    app.command()(apply)


def apply(
    manifest: Annotated[
        Path | None,
        typer.Argument(metavar="MANIFEST.toml", help="What there shall be; paths start beside it."),
    ] = None,
    dry_run: DryRun = False,
    check: Check = False,
    at: At = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of manifests, for editors.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a whole PKI from a manifest; a second run changes nothing.

    What is there and not declared is reported, and never removed. With --check
    exit code 1 says that something would be changed.

    \b
    Examples:
      trustrig apply pki.toml --dry-run
      trustrig apply pki.toml
      trustrig apply pki.toml --check --at +30d
    """
    if schema:
        from pki.manifest import manifest_schema

        say_json(manifest_schema())
        return
    if manifest is None:
        raise InvalidRequest(
            "no manifest was named",
            hint="Give one, as in `trustrig apply pki.toml`; --schema says what it may hold.",
        )
    from pki.manifest import apply_manifest, plan_manifest, read_manifest

    moment = moment_of(at)
    declaration = read_manifest(read_beside(manifest), name=str(manifest))
    passphrase = read_passphrase(passphrase_file)
    done = _Done()
    run = plan_manifest if dry_run or check else partial(apply_manifest, tell=done.add)
    with flags_named():
        try:
            found = run(
                declaration, manifest.parent, at=moment, environment=os.environ, passphrase=passphrase
            )
        except BaseException:
            done.say_stopped()
            raise
    good = {leaf.id for leaf in declaration.leaves if leaf.defect is None}
    _warn(issued for step, issued in done.steps if issued is not None and step.name in good)
    _say(found, dry=dry_run or check, as_json=as_json)
    if check and found.changes:
        raise typer.Exit(EXIT_FINDING)


class _Done:
    """The steps that were done: told when the work is over, so that nobody's leaving can end it halfway."""

    def __init__(self) -> None:
        self.steps: list[tuple[ManifestStep, Issued | None]] = []

    def add(self, step: ManifestStep, issued: Issued | None) -> None:
        self.steps.append((step, issued))

    def say_stopped(self) -> None:
        from pki.report.manifest_plan import steps_text

        if self.steps:
            for line in steps_text([step for step, _ in self.steps]):
                note(line)
            note("These steps are done, and the next run goes on from here.")


def _warn(all_issued: Iterable[Issued]) -> None:
    """Say what Apple will hold against certificates that should be good."""
    from pki_cli.issue_report import cut_short, judged

    for issued in all_issued:
        if words := cut_short(issued):
            note(f"warning: {issued.row.name}: {words}")
        for finding in judged(issued.chain, issued.row, at=issued.row.issued_at):
            says = "Apple will refuse this: " if finding.fails else ""
            note(f"warning: {issued.row.name}: {says}{finding.told}. {finding.fix}")


def _say(plan: ManifestPlan, *, dry: bool, as_json: bool) -> None:
    from pki.model.manifest_plan import Action
    from pki.report.manifest_plan import plan_json, steps_text, summary_text

    if as_json:
        say_json(plan_json(plan, applied=not dry))
        return
    for line in steps_text([step for step in plan.steps if dry or step.action is not Action.KEEP]):
        say(line)
    say(summary_text(plan, done=not dry))
