"""`install simulator`: the root onto simulators."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.install_run import check_plan, perform_plan, print_plan, simulators_in
from pki_cli.options.group import with_groups
from pki_cli.options.install import InstallOptions, ledger_in
from pki_cli.public_keys import Known, refuse_public
from pki_cli.shell import (
    DEFAULT_CA,
    AsJson,
    CaFolder,
)


def add_to(install: typer.Typer) -> None:
    """Register the command in its group."""
    install.command("simulator")(with_groups(install_simulator))


# Long because each option is a parameter, and the steps of the command follow one another.
def install_simulator(
    *,
    simulator: Annotated[
        list[str] | None,
        typer.Option("--simulator", metavar="UDID|NAME", help="Only this simulator. Repeatable."),
    ] = None,
    device_set: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME|DIR", help="default, previews, testing, or a folder. Repeatable."
        ),
    ] = None,
    all_sets: Annotated[bool, typer.Option("--all-sets", help="All three sets that have names.")] = False,
    boot: Annotated[bool, typer.Option("--boot", help="Boot simulators where that is needed.")] = False,
    devices_json: Annotated[
        Path | None,
        typer.Option(
            "--devices-json",
            metavar="FILE",
            help="Another Mac's `simctl list devices -j`, to print its commands; - is stdin.",
        ),
    ] = None,
    what: InstallOptions,
    known: Known = False,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Make every booted simulator trust the root.

    Not on a Mac, the commands are printed: paste them there, or pipe them
    into ssh. Nothing is asked of the simulators that are not booted. --check
    goes by what was installed from here.

    \b
    Examples:
      trustrig install simulator
      trustrig install simulator --simulator "iPhone 17 Pro" --boot
      trustrig install simulator --dry-run | ssh mac sh -e
    """
    from pki.install import check_device_set, missing_items, plan_for_another_mac, plan_for_simulators
    from pki.model.install_plan import DEFAULT_SET, NAMED_SETS

    given = [*(NAMED_SETS if all_sets else ()), *map(check_device_set, device_set or ())]
    sets = list(dict.fromkeys(given)) or [DEFAULT_SET]
    wanted = _device_names(simulator)
    certificates = what.certificates(ca)
    refuse_public(certificates, known=known)
    performing = what.performing
    if devices_json is not None:
        from pki.install import read_simulators
        from pki_cli.input_file import called, read_input

        if what.dry_run is False:
            raise InvalidRequest(
                "a list from another Mac is for printing", hint="Leave out --no-dry-run or the list."
            )
        if len(sets) > 1:
            raise InvalidRequest("one list is of one device set", hint="Name it once with --set.")
        performing = False
        simulators = read_simulators(read_input(devices_json), name=called(devices_json), device_set=sets[0])
        plan = plan_for_simulators(simulators, certificates, wanted=wanted, boot=boot)
    elif performing or sys.platform == "darwin":
        optional = set(sets) - {*(device_set or ()), DEFAULT_SET}
        found = simulators_in(map(_expanded, sets), optional=optional)
        simulators = tuple(simulator for members in found.values() for simulator in members)
        plan = plan_for_simulators(simulators, certificates, wanted=wanted, boot=boot)
    else:
        if boot:
            raise InvalidRequest(
                "what is booted is known on the Mac alone", hint="Leave out --boot, or run it there."
            )
        plan = plan_for_another_mac(certificates, wanted=wanted, device_sets=sets)
    if what.check:
        missing = missing_items(plan, ledger_in(what.state).entries())
        check_plan(plan, missing, installing=True, as_json=as_json)
        return
    if not performing:
        print_plan(plan, chosen=what.dry_run is True, as_json=as_json)
        return
    perform_plan(plan, ledger_in(what.state), as_json=as_json)


def _device_names(names: list[str] | None) -> list[str]:
    for name in names or ():
        if not name.strip() or name.startswith("-") or not name.isprintable():
            raise InvalidRequest(
                f"{name!r} is no simulator's UDID or name",
                hint="Those there are:",
                commands=["xcrun simctl list devices"],
            )
    return names or []


def _expanded(device_set: str) -> str:
    return str(Path(device_set).expanduser().absolute()) if "/" in device_set else device_set
