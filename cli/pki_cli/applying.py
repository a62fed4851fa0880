"""`apply`: a whole PKI from one manifest."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest, PkiError
from pki_cli.options import PassphraseFile, flags_named, read_passphrase
from pki_cli.shell import EXIT_FINDING, AsJson, note, now, say, say_json

if TYPE_CHECKING:
    from datetime import datetime

    from pki.model.changes import Plan, Step
    from pki.store import Issued


def add_to(app: typer.Typer) -> None:
    """Register the command of this module."""
    app.command()(apply)


def apply(
    manifest: Annotated[
        Path | None,
        typer.Argument(metavar="MANIFEST.toml", help="What there shall be; paths start beside it."),
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only say what would change.")] = False,
    check: Annotated[bool, typer.Option("--check", help="The same; exit 1 when something would.")] = False,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="As of then: ISO 8601, or -1h, +30d. [default: now]")
    ] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of manifests, for editors.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a whole PKI from one manifest; a second run changes nothing.

    What is there and not declared is reported, and never removed.
    """
    if schema:
        from pki.manifest import manifest_schema

        say_json(manifest_schema())
        return
    if manifest is None:
        raise InvalidRequest(
            "no manifest was named", hint="Give one: trustrig apply pki.toml. --schema says what it may hold."
        )
    from pki.issue.validity import parse_moment
    from pki.manifest import apply_manifest, plan_manifest, read_manifest

    moment = parse_moment(at, at=now()) if at else now()
    declaration = read_manifest(_read(manifest), name=manifest.name)
    base = manifest.parent
    passphrase = read_passphrase(passphrase_file)
    dry = plan or check
    with flags_named():
        if dry:
            found = plan_manifest(declaration, base, at=moment, environment=os.environ, passphrase=passphrase)
        else:
            defects = {leaf.id for leaf in declaration.leaves if leaf.defect is not None}
            teller = _Teller(defects, at=moment, as_json=as_json)
            try:
                found = apply_manifest(
                    declaration,
                    base,
                    at=moment,
                    environment=os.environ,
                    passphrase=passphrase,
                    tell=teller.tell,
                )
            except (PkiError, OSError):
                teller.stopped()
                raise
    _say(found, dry=dry, as_json=as_json)
    if check and found.changes:
        raise typer.Exit(EXIT_FINDING)


def _say(plan: Plan, *, dry: bool, as_json: bool) -> None:
    from pki.model.changes import Action
    from pki.report.changes import plan_json, step_text, summary_text

    if as_json:
        say_json(plan_json(plan, applied=not dry))
        return
    for step in plan.steps:
        if dry or step.action is Action.LEFT_OVER:
            say(step_text(step))
    say(summary_text(plan, done=not dry))


class _Teller:
    """Says each step when it is done, and what Apple will hold against a certificate that should be good."""

    def __init__(self, defects: set[str], *, at: datetime, as_json: bool) -> None:
        self._defects = defects
        self._at = at
        self._as_json = as_json
        self._done = 0

    def tell(self, step: Step, issued: Issued | None) -> None:
        from pki.report.changes import step_text

        self._done += 1
        if not self._as_json:
            say(step_text(step))
        if issued is None or step.name in self._defects:
            return
        from pki_cli.issued import judged

        for finding in judged(issued, at=self._at):
            says = "Apple will refuse this: " if finding.fails else ""
            note(f"warning: {step.name}: {says}{finding.rule_id}: {finding.evidence}. {finding.fix}")

    def stopped(self) -> None:
        if self._done:
            note(f"Stopped after {self._done} steps, which stand. The next run goes on from there.")


def _read(manifest: Path) -> bytes:
    from pki.manifest.reading import MAX_SIZE

    with manifest.open("rb") as file:
        return file.read(MAX_SIZE + 1)
