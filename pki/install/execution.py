"""A plan carried out: commands run one after the other, and the ledger told before and after each."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pki.errors import InstallError, InvalidRequest
from pki.install.process import ProgramTimedOut
from pki.install.simulators import read_simulators, simctl
from pki.install.tool_errors import ErrorSign, ToolError, no_desktop, recognise
from pki.model.install_plan import InstalledItem, Result, StepOutcome
from pki.store.atomic import SECRET, write_new

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime

    from pki.install.ledger import Ledger
    from pki.install.process import Ran, Runner
    from pki.install.simulators import Simulator
    from pki.model.install_plan import InstallPlace, InstallPlan, InstallStep

LIST_TIMEOUT: Final = 120.0  # seconds; after an update of Xcode the first simctl takes its time
_QUICK: Final = 10.0  # seconds for what answers at once
_LONGEST_LINE: Final = 4096  # octets that `security -i` reads: MAX_LINE_LEN in SecurityTool/macOS/security.c


def performs(choice: bool | None, *, platform: str) -> bool:
    """Whether a plan is carried out: as CHOICE says, else on a Mac. PLATFORM is `sys.platform`."""
    return platform == "darwin" if choice is None else choice


def list_simulators(run: Runner, *, device_set: str) -> tuple[Simulator, ...]:
    """Ask simctl for the simulators of DEVICE_SET.

    Raises:
        InstallError: simctl is missing, refuses or hangs; the message names the known.
        Unreadable: it answered something else than a list.
    """
    ran = run(simctl("list", "devices", "-j", device_set=device_set), timeout=LIST_TIMEOUT)
    if ran.code != 0:
        known = recognise(ran, selected=_selected(run))
        where = "" if device_set == "default" else f" of the set {device_set}"
        raise InstallError(f"the simulators{where} cannot be listed: {known.problem}", hint=known.hint)
    return read_simulators(ran.out, device_set=device_set)


def check_desktop(plan: InstallPlan, run: Runner) -> None:
    """Refuse a plan with dialogs where none can be shown; nothing has been changed by then.

    Raises:
        InstallError: this session has no screen.
    """
    if not any(step.dialog for step in plan.steps):
        return
    # "Aqua" is the session at the screen; over SSH it is Background, in a daemon System (launchctl(1)).
    session = run(("launchctl", "managername"), timeout=_QUICK).out.decode(errors="replace").strip()
    if session != "Aqua":
        problem, hint = no_desktop(session[:40])
        raise InstallError(problem, hint=hint)


def perform(plan: InstallPlan, *, ledger: Ledger, run: Runner, at: datetime) -> Generator[Result, None, None]:
    """Carry PLAN out, and yield each step's result as soon as there is one.

    A step that fails ends its own strand alone. Whoever stops asking, or is interrupted, leaves a ledger that
    tells what was done and what was begun.

    Raises:
        StoreError: the ledger cannot be kept; nothing is changed without it.
    """
    if plan.forgets:
        ledger.drop(plan.forgets)
    failed: set[tuple[str, ...]] = set()
    with tempfile.TemporaryDirectory(prefix="trustrig-") as name:
        folder = Path(name)
        for file in plan.files:
            write_new(folder / file.name, file.content, mode=SECRET)
        for step in plan.steps:
            if step.strand in failed:
                yield Result(step, StepOutcome.SKIPPED, "the step before it failed")
                continue
            result = _done(step, plan, ledger=ledger, run=run, at=at, folder=folder)
            if not result.outcome.well:
                failed.add(step.strand)
            yield result


def _done(
    step: InstallStep, plan: InstallPlan, *, ledger: Ledger, run: Runner, at: datetime, folder: Path
) -> Result:
    held = InstalledItem(step.place, step.puts) if step.puts is not None else None
    ours = held is not None and not ledger.begin(held, at=at, plan=plan.id)
    try:
        ran = _run(step, run, folder)
    except ProgramTimedOut as error:
        return Result(step, StepOutcome.UNKNOWN, error.problem, error.hint)  # what was begun stays begun
    except InstallError as error:
        if held is not None and not ours:
            ledger.withdraw(held)
        return Result(step, StepOutcome.FAILED, error.problem, error.hint)
    result = Result(step, StepOutcome.DONE) if ran.code == 0 else _refused(step, ran, run)
    # Whatever code `security` ends with then: what was there before is somebody else's, and stays when ours goes.
    if step.puts is not None and step.argv[0] == "security" and recognise(ran).sign is ErrorSign.THERE:
        result = Result(step, StepOutcome.DONE if ours else StepOutcome.THERE, "it was there before")
    if held is not None and result.outcome is StepOutcome.DONE:
        ledger.confirm(held, at=at, plan=plan.id)
    elif held is not None and not ours:
        ledger.withdraw(held)
    if step.takes and result.outcome.well:
        ledger.drop(step.takes)
    return result


def _refused(step: InstallStep, ran: Ran, run: Runner) -> Result:
    known: ToolError = recognise(ran)
    if known.sign is ErrorSign.GONE and step.takes:
        return Result(step, StepOutcome.GONE, known.problem)
    if step.argv[0] == "xcrun":
        known = recognise(ran, selected=_selected(run))
    return Result(step, StepOutcome.FAILED, known.problem, _about(step.place, known.hint))


def _about(place: InstallPlace, hint: str) -> str:
    """HINT with the commands for this very simulator."""
    start = " ".join(simctl(device_set=place.device_set))
    return hint.replace("xcrun simctl", start).replace("UDID", place.id)


def _run(step: InstallStep, run: Runner, folder: Path) -> Ran:
    if not step.secret:
        return run(step.argv, timeout=step.timeout, folder=folder)
    # `security -i` reads commands from its stdin, which nobody else can list; it ends with the last one's code.
    line = interactive_line((*step.argv[1:], *step.secret))
    return run((step.argv[0], "-i"), timeout=step.timeout, stdin=line, folder=folder)


def interactive_line(arguments: tuple[str, ...]) -> str:
    """Quote ARGUMENTS for one line of `security -i`, by the rules of its `split_line` (security.c).

    Raises:
        InvalidRequest: they do not fit in a line.
    """
    quoted = ('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"' for word in arguments)
    line = " ".join(quoted) + "\n"
    if "\n" in line[:-1] or "\r" in line or len(line.encode()) >= _LONGEST_LINE:
        raise InvalidRequest(
            "a keychain's path or a name is too long for `security`, or has a line break in it"
        )
    return line


def _selected(run: Runner) -> str:
    """The developer folder in use, for messages; empty when nobody can tell."""
    try:
        ran = run(("xcode-select", "-p"), timeout=_QUICK)
    except InstallError:
        return ""
    return ran.out.decode(errors="replace").strip()[:200] if ran.code == 0 else ""
