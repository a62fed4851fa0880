"""How a plan of `install` and `uninstall` is carried out or printed."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import typer

from pki.errors import InstallError
from pki_cli.shell import (
    EXIT_FINDING,
    EXIT_NO_ANSWER,
    note,
    now,
    say,
    say_json,
)
from pki_cli.terminal import answer_style

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pki.install import Ledger, Simulator
    from pki.model.install_plan import InstalledItem, InstallPlan, Result


def simulators_in(sets: Iterable[str], *, optional: set[str]) -> dict[str, tuple[Simulator, ...]]:
    """Ask simctl for the simulators of SETS; one of OPTIONAL that cannot be asked is left out, and named."""
    from pki.install import list_simulators, run_process

    found = {}
    for name in sets:
        try:
            found[name] = list_simulators(run_process, device_set=name)
        except InstallError as error:
            if name not in optional:
                raise
            note(f"left out: {error}")
    return found


def perform_plan(plan: InstallPlan, ledger: Ledger, *, as_json: bool) -> None:
    """Carry PLAN out and tell each result; a failure ends the command with its code, after the others are told."""
    from pki.install import check_desktop, perform, run_process
    from pki.report.install_plan import failures_text, plan_document, remarks_text, result_text

    check_desktop(plan, run_process)
    if not as_json:
        _warn(plan)
        for line in remarks_text(plan):
            note(line)
        if any(step.dialog for step in plan.steps):
            note("macOS will ask for your password in a dialog.")
    results: list[Result] = []
    with contextlib.closing(perform(plan, ledger=ledger, run=run_process, at=now())) as going:
        for result in going:
            results.append(result)
            if not as_json:
                say(result_text(result, style=answer_style()))
    if as_json:
        say_json(plan_document(plan, results))
    else:
        for held in plan.forgets:
            say(f"forgotten    {held.item.name} in {held.place}")
        for line in failures_text(results):
            note(line)
    if not all(result.outcome.well for result in results):
        raise typer.Exit(EXIT_NO_ANSWER)


def print_plan(plan: InstallPlan, *, chosen: bool, as_json: bool) -> None:
    """Print PLAN: its commands are the answer, and what is to say about them goes beside it."""
    from pki.report.install_plan import plan_document, plan_script, plan_text

    if as_json:
        say_json(plan_document(plan))
        return
    if not chosen:
        piped = "" if any(step.dialog for step in plan.steps) else ", or pipe them into ssh MAC sh -e"
        note(f"This is not a Mac: nothing was changed. Paste the lines there{piped}.")
    _warn(plan)
    note(plan_text(plan))
    if plan.steps:
        say(plan_script(plan))


def check_plan(plan: InstallPlan, held: Sequence[InstalledItem], *, installing: bool, as_json: bool) -> None:
    """Tell which items, HELD, are not as PLAN would leave them, and end with the code for a finding if there are."""
    from pki.report.install_plan import checked_text, plan_document

    if as_json:
        say_json(plan_document(plan, well=not held))
    else:
        say("\n".join(checked_text(held, installing=installing, style=answer_style())))
    if held:
        raise typer.Exit(EXIT_FINDING)


def _warn(plan: InstallPlan) -> None:
    for warning in plan.notes:
        note(f"warning: {warning}")
