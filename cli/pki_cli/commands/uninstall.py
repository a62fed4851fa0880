"""`uninstall`: what `install simulator` and `install mac` put somewhere is taken back."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pki_cli.install_run import check_plan, perform_plan, print_plan, simulators_in
from pki_cli.options.answer import Check
from pki_cli.options.install import DryRun, State, carried_out, ledger_in
from pki_cli.shell import (
    EXIT_FINDING,
    AsJson,
    note,
    say,
)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("uninstall")(uninstall)


# Long because each option is a parameter, and the steps of the command follow one another.
def uninstall(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[simulator|mac|FINGERPRINT]...",
            help="What to take back; 8 or more digits of a SHA-256 or SHA-1. [default: all]",
            show_default=False,
        ),
    ] = None,
    reset_keychain: Annotated[
        bool,
        typer.Option(
            "--reset-keychain", help="Empty the simulators' keychains: nothing less takes a root back."
        ),
    ] = False,
    boot: Annotated[bool, typer.Option("--boot", help="Boot simulators where that is needed.")] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Change nothing: it was erased, or taken back by hand.")
    ] = False,
    dry_run: DryRun = None,
    check: Check = False,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Take back what `install simulator` and `install mac` put there.

    It knows that from its ledger, which needs no authority any more, and
    --check goes by it. Ends with 1 when something stays. What a device was
    given is taken back there: the profile in Settings, General, VPN & Device
    Management, a proxy in Settings, Wi-Fi, Configure Proxy: Off.

    \b
    Examples:
      trustrig uninstall --dry-run
      trustrig uninstall mac
      trustrig uninstall simulator --reset-keychain --boot
    """
    from pki.install import entries_named, plan_to_take_back

    ledger = ledger_in(state)
    entries = ledger.entries()
    wanted = entries_named(entries, what or ())
    performing = not check and carried_out(dry_run)
    asked = performing or sys.platform == "darwin"
    sets = dict.fromkeys(e.held.place.device_set for e in wanted if e.held.place.kind == "simulator")
    plan = plan_to_take_back(
        entries,
        wanted,
        simulators=simulators_in(sets, optional=set(sets)) if asked and not forget else {},
        reset_keychain=reset_keychain,
        boot=boot,
        forget=forget,
    )
    if check:
        check_plan(plan, [entry.held for entry in wanted], installing=False, as_json=as_json)
        return
    if not wanted and not as_json:
        say("Nothing to take back: nothing was installed from here.")
        return
    if performing:
        perform_plan(plan, ledger, as_json=as_json)
    else:
        print_plan(plan, chosen=dry_run is True, as_json=as_json)
    if plan.stays:
        if not as_json:
            note("To empty those keychains:  trustrig uninstall simulator --reset-keychain --boot")
            note("Once they are erased:      trustrig uninstall simulator --forget")
        raise typer.Exit(EXIT_FINDING)
