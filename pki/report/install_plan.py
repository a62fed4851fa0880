"""Plans and their results: as lines for a Mac's shell, as text, and as JSON."""

from __future__ import annotations

import shlex
from itertools import groupby
from typing import TYPE_CHECKING

from pki.model.install_plan import DEFAULT_SET, EVERY_BOOTED, ItemKind, StepOutcome
from pki.report.document import TypedDict
from pki.report.layout import clipped, wrapped
from pki.report.marks import padded
from pki.report.style import PLAIN, Style

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Literal

    from pki.model.install_plan import (
        Command,
        InstalledItem,
        InstallPlace,
        InstallPlan,
        InstallStep,
        Item,
        PlaceKind,
        PlanRemark,
        Result,
    )
    from pki.report.fields import Argv, PlanId, Sha1, Sha256, Text

_UDIDS = "grep -Eo '[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}'"
_STATE = 13  # columns
_HELD = {ItemKind.TRUST: ", trusted there"}  # beside the certificate itself, of the same name
_MOST_REMARKS = 8  # simulators not booted that text names; JSON names all


class PlanDocument(TypedDict):
    """What is put where, or taken back, by which commands."""

    schema: Literal["trustrig.plan/1"]
    command: Text
    id: PlanId  # What the ledger calls the plan.
    performed: bool
    # Whether each step left things as they should be; with --check whether they are. null: it was only printed.
    well: bool | None
    files: list[PlanFileJson]
    steps: list[StepJson]
    left_out: list[PlanRemarkJson]  # Simulators that are not called.
    stays: list[PlanRemarkJson]  # What was to be taken back and is not.
    forgotten: list[HeldJson]  # What was gone already, with its simulator.
    notes: list[Text]


class PlanFileJson(TypedDict):
    """A file that the steps read."""

    name: Text
    content: Text | None  # null: it holds a key.


class StepJson(TypedDict):
    """One command, what it is for, and how to undo it."""

    argv: Argv  # Relative file names are those of `files`; a leading ~/ is the shell's.
    why: Text
    changes: Text | None
    place: PlaceJson
    puts: ItemJson | None
    takes: list[HeldJson]  # What the ledger forgets once the step has worked.
    inverse: list[Argv]
    price: Text | None  # What the inverse takes along.
    dialog: bool  # macOS asks the user in a window.
    outcome: StepOutcome | None  # null: it was not carried out.
    problem: Text | None
    hint: Text | None


class PlaceJson(TypedDict):
    """A simulator, or a keychain."""

    kind: PlaceKind
    id: Text  # A simulator's UDID or name; a keychain's path.
    name: Text
    device_set: Text | None
    each_booted: bool  # It stands for each booted simulator of another Mac.


class ItemJson(TypedDict):
    """A certificate, and how it is held."""

    kind: ItemKind
    name: Text
    sha256: Sha256
    sha1: Sha1


class HeldJson(TypedDict):
    """An item in its place."""

    place: PlaceJson
    item: ItemJson


class PlanRemarkJson(TypedDict):
    """What is not done, and why."""

    place: PlaceJson
    item: ItemJson | None
    why: Text


def plan_script(plan: InstallPlan) -> str:
    """The plan as lines for `sh` or a Mac's Terminal; no comments, which zsh would run.

    They stand alone: the certificates are in them, and only a .p12 has to be there. What the way back needs stays.
    """
    files = [file for file in plan.files if not file.secret]
    lines = []
    for file in files:
        lines += [f"cat > {shlex.quote(file.name)} <<'EOF'", file.content.decode().rstrip(), "EOF"]
    for place, steps in groupby(plan.steps, key=lambda step: step.place):
        if not place.stands_for_many:
            lines += [shell_line(step.argv) for step in steps]
            continue
        chosen = "" if place.device_set == DEFAULT_SET else f" --set {_word(place.device_set)}"
        lines.append(f"for udid in $(xcrun simctl{chosen} list devices booted | {_UDIDS}); do")
        lines += ["  " + _for_each(step.argv, '"$udid"') for step in steps]
        lines.append("done")
    needed = {word for step in plan.steps for command in step.inverse for word in command}
    if spent := [file.name for file in files if file.name not in needed]:
        lines.append(shell_line(("rm", *spent)))
    if any(step.place.stands_for_many for step in plan.steps):
        lines.append(': "${udid:?no simulator is booted}"')
    return "\n".join(lines)


def shell_line(argv: Command) -> str:
    """ARGV as a line that can be pasted."""
    return " ".join(_word(word) for word in argv)


def _for_each(argv: Command, variable: str) -> str:
    """ARGV with VARIABLE in the place of the word that stands for each booted simulator."""
    return " ".join(variable if word == EVERY_BOOTED else _word(word) for word in argv)


def _word(word: str) -> str:
    """Quote WORD, but for the ~/ that the shell has to see."""
    return f"~/{shlex.quote(word[2:])}" if word.startswith("~/") and len(word) > 2 else shlex.quote(word)


def plan_text(plan: InstallPlan) -> str:
    """What the plan's commands are for, what is left out, and how to take it back."""
    lines: list[str] = []
    for step in plan.steps:
        asks = "; macOS asks in a dialog" if step.dialog else ""
        lines += wrapped(f"{step.changes or step.argv[0]}: {step.reason}{asks}", indent="- ", hanging="  ")
    lines += remarks_text(plan)
    lines += [f"forgotten: {_held(held)}" for held in plan.forgets]
    lines += _way_back(plan)
    return "\n".join(lines)


def remarks_text(plan: InstallPlan) -> list[str]:
    """Lines for what is not called, and for what stays."""
    shown = plan.left_out[:_MOST_REMARKS]
    lines = [f"left out: {remark.place}, {remark.reason}" for remark in shown]
    if len(plan.left_out) > len(shown):
        lines.append(f"left out: {len(plan.left_out) - len(shown)} more")
    for why, remarks in groupby(sorted(plan.stays, key=lambda one: one.reason), key=lambda one: one.reason):
        lines += [f"stays: {one.item.name if one.item else 'all'} in {one.place}" for one in remarks]
        lines += wrapped(why, indent="  ")
    return lines


def _way_back(plan: InstallPlan) -> Iterator[str]:
    commands = dict.fromkeys(
        command for step in reversed(plan.steps) for command in step.inverse if step.puts
    )
    if commands:
        yield "To take it back:"
        yield from (f"  {_for_each(command, 'UDID')}" for command in commands)
    for price in dict.fromkeys(step.side_effect for step in plan.steps if step.side_effect):
        yield from wrapped(f"That {price}.", indent="  ")


def result_text(result: Result, *, style: Style = PLAIN) -> str:
    """One line for one step."""
    shown = str(result.outcome)
    if result.outcome is StepOutcome.SKIPPED:
        shown = style.aside(shown)
    else:
        shown = style.judged(shown, well=result.outcome.well)
    step = result.step
    words = f" ({result.text})" if result.text and result.outcome.well else ""
    return f"{padded(shown, _STATE)}{step.changes or shell_line(step.argv)}{words}"


def plan_document(
    plan: InstallPlan, results: Sequence[Result] | None = None, *, well: bool | None = None
) -> PlanDocument:
    """The plan as one JSON document, `schema` first; with RESULTS, one that was carried out.

    WELL is what was found out of one that was checked, and not carried out.
    """
    performed = results is not None
    outcomes = {id(result.step): result for result in results or ()}
    return {
        "schema": "trustrig.plan/1",
        "command": plan.command,
        "id": plan.id,
        "performed": performed,
        "well": all(result.outcome.well for result in results) if results is not None else well,
        "files": [
            {"name": file.name, "content": None if file.secret else file.content.decode()}
            for file in plan.files
        ],
        "steps": [_step(step, outcomes.get(id(step))) for step in plan.steps],
        "left_out": [_remark(remark) for remark in plan.left_out],
        "stays": [_remark(remark) for remark in plan.stays],
        "forgotten": [{"place": _place(held.place), "item": _item(held.item)} for held in plan.forgets],
        "notes": list(plan.notes),
    }


def _step(step: InstallStep, result: Result | None) -> StepJson:
    return {
        "argv": list(step.argv),
        "why": step.reason,
        "changes": step.changes or None,
        "place": _place(step.place),
        "puts": _item(step.puts) if step.puts is not None else None,
        "takes": [{"place": _place(held.place), "item": _item(held.item)} for held in step.takes],
        "inverse": [list(command) for command in step.inverse],
        "price": step.side_effect or None,
        "dialog": step.dialog,
        "outcome": result.outcome if result is not None else None,
        "problem": (result.text or None) if result is not None else None,
        "hint": (result.hint or None) if result is not None else None,
    }


def _place(place: InstallPlace) -> PlaceJson:
    many = place.stands_for_many
    return {
        "kind": place.kind,
        "id": place.id,
        "name": place.name,
        "device_set": place.device_set if place.kind == "simulator" else None,
        "each_booted": many,
    }


def _item(item: Item) -> ItemJson:
    return {"kind": item.kind, "name": item.name, "sha256": item.sha256, "sha1": item.sha1}


def _remark(remark: PlanRemark) -> PlanRemarkJson:
    return {
        "place": _place(remark.place),
        "item": _item(remark.item) if remark.item is not None else None,
        "why": remark.reason,
    }


def _held(held: InstalledItem) -> str:
    return clipped(f"{held.item.name} in {held.place}", 200)


def checked_text(held: Sequence[InstalledItem], *, installing: bool, style: Style = PLAIN) -> list[str]:
    """Lines for what is not where it should be, HELD: not there yet, or there still."""
    if not held:
        if installing:
            return [f"{style.good('All of it is there')}, as far as it was installed from here."]
        return [f"{style.good('Nothing')} that was installed from here is there."]
    state = padded(style.bad("not there" if installing else "there still"), _STATE)
    return [f"{state}{one.item.name} in {one.place}{_HELD.get(one.item.kind, '')}" for one in held]


def failures_text(results: Sequence[Result]) -> list[str]:
    """Lines for what went wrong, each problem and its next step once."""
    lines = []
    for result in results:
        if not result.outcome.well and result.outcome is not StepOutcome.SKIPPED:
            hint = f". {result.hint}" if result.hint else ""
            lines += wrapped(f"{result.step.place}: {result.text}{hint}", hanging="  ")
    return list(dict.fromkeys(lines))
