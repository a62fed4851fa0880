"""`install simulator`, `install mac` and `uninstall`: put onto this Mac, and taken back."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InstallError, InvalidRequest
from pki_cli.commands import install_device
from pki_cli.public_keys import Known, refuse_public, warn_unconstrained
from pki_cli.shell import (
    DEFAULT_CA,
    EXIT_FINDING,
    EXIT_NO_ANSWER,
    AsJson,
    CaFolder,
    beside,
    note,
    now,
    say,
    say_json,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography import x509

    from pki.install import Ledger, Simulator
    from pki.model.identity import Identity
    from pki.model.install_plan import InstallPlan, Result

Run = Annotated[
    bool | None,
    typer.Option(
        "--run/--print",
        " /--dry-run",
        help="Carry it out, or print the commands. [default: carried out on a Mac, printed elsewhere]",
        show_default=False,
    ),
]
State = Annotated[
    Path | None,
    typer.Option(
        "--state",
        envvar="TRUSTRIG_STATE",
        metavar="DIR",
        help="Where it is remembered what was installed. [default: the user's folder for state]",
        show_default=False,
    ),
]
Certificates = Annotated[
    list[Path] | None,
    typer.Option("--certificate", metavar="FILE", help="Install this one, not the authority's. Repeatable."),
]
Intermediate = Annotated[
    bool, typer.Option("--intermediate", help="The intermediate, too: for servers that forget to send it.")
]


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    install = typer.Typer(
        no_args_is_help=True,
        help="Put the authority onto simulators, this Mac or a device.",
        rich_markup_mode=None,
    )
    install.command("simulator")(install_simulator)
    install.command("mac")(install_mac)
    install_device.add_to(install)
    app.add_typer(install, name="install")
    app.command("uninstall")(uninstall)


def install_simulator(
    device: Annotated[
        list[str] | None,
        typer.Option("--device", metavar="UDID|NAME", help="Only this simulator. Repeatable."),
    ] = None,
    device_set: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME|DIR", help="default, previews, testing, or a folder. Repeatable."
        ),
    ] = None,
    all_sets: Annotated[bool, typer.Option("--all-sets", help="All three sets that have names.")] = False,
    boot: Annotated[
        bool, typer.Option("--boot", help="Boot the named simulator where that is needed.")
    ] = False,
    devices_json: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Another Mac's `simctl list devices -j`, to print its commands; - is stdin."
        ),
    ] = None,
    certificate: Certificates = None,
    intermediate: Intermediate = False,
    run: Run = None,
    state: State = None,
    known: Known = False,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Make every booted simulator trust the root.

    Not on a Mac, the commands are printed: paste them there, or pipe them
    into ssh. Nothing is asked of the simulators that are not booted.
    """
    from pki.install import check_device_set, performs, plan_for_another_mac, plan_for_simulators
    from pki.model.install_plan import DEFAULT_SET, NAMED_SETS

    given = [*(NAMED_SETS if all_sets else ()), *map(check_device_set, device_set or ())]
    sets = list(dict.fromkeys(given)) or [DEFAULT_SET]
    wanted = _device_names(device)
    certificates = _certificates(ca, certificate, intermediate=intermediate)
    refuse_public(certificates, known=known)
    performing = performs(run, platform=sys.platform)
    if devices_json is not None:
        from pki.install import parse_simulators
        from pki.load import read_bytes

        if run:
            raise InvalidRequest(
                "a list from another Mac is for printing", hint="Leave out --run or the list."
            )
        if len(sets) > 1:
            raise InvalidRequest("one list is of one device set", hint="Name it once with --set.")
        performing = False
        simulators = parse_simulators(read_bytes(devices_json), device_set=sets[0])
        plan = plan_for_simulators(simulators, certificates, wanted=wanted, boot=boot)
    elif performing or sys.platform == "darwin":
        optional = set(sets) - {*(device_set or ()), DEFAULT_SET}
        found = _found(map(_expanded, sets), optional=optional)
        simulators = tuple(simulator for members in found.values() for simulator in members)
        plan = plan_for_simulators(simulators, certificates, wanted=wanted, boot=boot)
    else:
        if boot:
            raise InvalidRequest(
                "what is booted is known on the Mac alone", hint="Leave out --boot, or run it there."
            )
        plan = plan_for_another_mac(certificates, wanted=wanted, device_sets=sets)
    if not performing:
        _print(plan, chosen=run is False, as_json=as_json)
        return
    _perform(plan, _ledger(state), as_json=as_json)


def install_mac(
    client: Annotated[
        list[str] | None,
        typer.Option("--client", metavar="NAME", help="This issued identity, too, with its key. Repeatable."),
    ] = None,
    keychain: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Into this keychain. [default: login]", show_default=False),
    ] = None,
    certificate: Certificates = None,
    intermediate: Intermediate = False,
    run: Run = None,
    state: State = None,
    known: Known = False,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Make this Mac trust the root, for TLS and for its present user.

    macOS asks for the user's password in a dialog, so it needs a session at
    the screen. Nothing is done as root, and no other user is concerned.
    """
    from pki.export.pkcs12 import generate_password
    from pki.install import performs, plan_for_mac
    from pki.install.onto_mac import LOGIN_KEYCHAIN
    from pki.store import AuthorityFolder

    performing = performs(run, platform=sys.platform)
    where = _keychain(keychain or LOGIN_KEYCHAIN)
    certificates = _certificates(ca, certificate, intermediate=intermediate)
    refuse_public(certificates, known=known)
    if not as_json:
        warn_unconstrained(certificates[0])
    identities: dict[str, Identity] = {}
    if client:
        folder = AuthorityFolder.open(ca)
        identities = {name: folder.identity(name) for name in client}
    if not performing:
        plan = plan_for_mac(certificates, list(identities.values()), keychain=where)
        _print(plan, chosen=run is False, as_json=as_json)
        if not as_json:
            _tell_of_p12(identities, ca)
        return
    _refuse_root()
    plan = plan_for_mac(
        certificates,
        list(identities.values()),
        keychain=str(Path(where).expanduser().absolute()),
        password=generate_password(),  # for the moment between packing and importing; nobody has to know it
    )
    _perform(plan, _ledger(state), as_json=as_json)


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
    boot: Annotated[bool, typer.Option("--boot", help="Boot simulators for that, where needed.")] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Change nothing: it was erased, or taken back by hand.")
    ] = False,
    run: Run = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Take back what `install simulator` and `install mac` put there.

    It knows that from its ledger, which needs no authority any more. Ends
    with 1 when something stays.
    """
    from pki.install import entries_named, performs, plan_to_take_back

    ledger = _ledger(state)
    entries = ledger.entries()
    wanted = entries_named(entries, what or ())
    performing = performs(run, platform=sys.platform)
    asked = performing or sys.platform == "darwin"
    sets = dict.fromkeys(e.held.place.device_set for e in wanted if e.held.place.kind == "simulator")
    plan = plan_to_take_back(
        entries,
        wanted,
        simulators=_found(sets, optional=set(sets)) if asked and not forget else {},
        reset_keychain=reset_keychain,
        boot=boot,
        forget=forget,
    )
    if not wanted and not as_json:
        say("Nothing to take back: nothing was installed from here.")
        return
    if performing:
        _perform(plan, ledger, as_json=as_json)
    else:
        _print(plan, chosen=run is False, as_json=as_json)
    if plan.stays:
        if not as_json:
            note("To empty those keychains:  trustrig uninstall simulator --reset-keychain --boot")
            note("Once they are erased:      trustrig uninstall simulator --forget")
        raise typer.Exit(EXIT_FINDING)


def _found(sets: Iterable[str], *, optional: set[str]) -> dict[str, tuple[Simulator, ...]]:
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


def _perform(plan: InstallPlan, ledger: Ledger, *, as_json: bool) -> None:
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
                say(result_text(result))
    if as_json:
        say_json(plan_document(plan, results))
    else:
        for held in plan.forgets:
            say(f"forgotten    {held.item.name} in {held.place}")
        for line in failures_text(results):
            note(line)
    if not all(result.outcome.well for result in results):
        raise typer.Exit(EXIT_NO_ANSWER)


def _print(plan: InstallPlan, *, chosen: bool, as_json: bool) -> None:
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


def _warn(plan: InstallPlan) -> None:
    for warning in plan.notes:
        note(f"warning: {warning}")


def _refuse_root() -> None:
    """Refuse sudo on a Mac: it would trust the root for the user root, whom no app runs as."""
    if sys.platform == "darwin" and os.geteuid() == 0:
        raise InvalidRequest("this runs as root, and the keychain meant is a user's", hint="Leave out sudo.")


def _tell_of_p12(identities: dict[str, Identity], ca: Path) -> None:
    import shlex

    from pki.install.onto_mac import p12_name

    for name, identity in identities.items():
        file = shlex.quote(p12_name(identity))
        note(f"Make {file} first and put it beside; macOS asks for its password:")
        note(f"  trustrig export p12 {shlex.quote(name)} -o {file}{beside(ca)}")


def _certificates(ca: Path, files: list[Path] | None, *, intermediate: bool) -> tuple[x509.Certificate, ...]:
    """What to install: the authority's root, and perhaps its intermediate; or what FILES hold."""
    if not files:
        from pki.store import AuthorityFolder

        folder = AuthorityFolder.open(ca)
        if intermediate and not folder.intermediates:
            note(f"The root in {ca} signs servers and clients itself: there is no intermediate.")
        return (folder.root, *(folder.intermediates if intermediate else ()))
    if intermediate:
        raise InvalidRequest(
            "the intermediate is the authority's, and files were named", hint="Name its file as well."
        )
    from pki.load import load_path
    from pki.model.foreign import read_certificate

    return tuple(
        read_certificate(der, what=f"{file} holds a certificate") for file in files for der in load_path(file)
    )


def _device_names(names: list[str] | None) -> list[str]:
    for name in names or ():
        if not name.strip() or name.startswith("-") or not name.isprintable():
            raise InvalidRequest(
                f"{name!r} is no simulator's UDID or name", hint="See: xcrun simctl list devices"
            )
    return names or []


def _keychain(text: str) -> str:
    """Where `security` would look for a keychain called TEXT: a bare name is one of the user's own."""
    return text if "/" in text else f"~/Library/Keychains/{text}"


def _expanded(device_set: str) -> str:
    return str(Path(device_set).expanduser().absolute()) if "/" in device_set else device_set


def _ledger(folder: Path | None) -> Ledger:
    from pki.install import Ledger, default_folder

    return Ledger(folder if folder is not None else default_folder())
