"""The plan that puts certificates into simulators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pki.errors import InstallError, InvalidRequest
from pki.install.items import RESET_SIDE_EFFECT, files_of, inverse, item_of
from pki.install.simulators import is_udid, simctl
from pki.model.identity import is_self_signed
from pki.model.install_plan import (
    DEFAULT_SET,
    EVERY_BOOTED,
    InstallPlace,
    InstallPlan,
    InstallStep,
    ItemKind,
    PlaceKind,
    PlanRemark,
)
from pki.model.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cryptography import x509

    from pki.install.simulators import Simulator
    from pki.model.install_plan import Item

COMMAND: Final = "install simulator"
BOOT_TIMEOUT: Final = 600.0  # seconds; a first boot migrates data for minutes
_MOST_NAMED: Final = 8  # simulators that a message names
_NOT_BOOTED: Final = "it is not booted"
_UNAVAILABLE: Final = "its runtime is not available to the selected Xcode"


def plan_for_simulators(
    simulators: Sequence[Simulator],
    certificates: Sequence[x509.Certificate],
    *,
    wanted: Sequence[str] = (),
    boot: bool = False,
) -> InstallPlan:
    """Plan to put CERTIFICATES into SIMULATORS: every booted one, or those that WANTED names by UDID or name.

    A name means every simulator called so that is booted. With `boot`, a wanted one that is shut down is booted.

    Raises:
        InvalidRequest: a wanted simulator does not exist, or cannot be told from others.
        InstallError: none is booted; the message names those that could be.
    """
    if boot and not wanted:
        raise InvalidRequest("nothing says which simulator to boot", hint="Name it by UDID or by name.")
    chosen = _chosen(simulators, wanted, boot=boot)
    if not chosen:
        raise _none_booted(simulators)
    items = _items(certificates)
    steps = [step for simulator in chosen for step in _steps(simulator, items)]
    left_out = [
        PlanRemark(simulator.place, _NOT_BOOTED if simulator.available else _UNAVAILABLE)
        for simulator in simulators
        if simulator not in chosen
        and not simulator.booted  # one that is booted and not called was not wanted
    ]
    return InstallPlan(
        COMMAND,
        steps=tuple(steps),
        files=files_of(items),
        left_out=tuple(left_out),
        notes=warnings_about(certificates),
    )


def plan_for_another_mac(
    certificates: Sequence[x509.Certificate],
    *,
    wanted: Sequence[str] = (),
    device_sets: Sequence[str] = (DEFAULT_SET,),
) -> InstallPlan:
    """Plan without a list of simulators, for a Mac that is elsewhere: all that are booted there, or WANTED."""
    names = wanted or (EVERY_BOOTED,)
    places = [
        InstallPlace(
            PlaceKind.SIMULATOR,
            name.upper() if is_udid(name) else name,
            name if wanted else "every booted simulator",
            device_set,
        )
        for device_set in device_sets
        for name in names
    ]
    items = _items(certificates)
    return InstallPlan(
        COMMAND,
        steps=tuple(_adding(place, item) for place in places for item in items),
        files=files_of(items),
        notes=warnings_about(certificates),
    )


def warnings_about(certificates: Iterable[x509.Certificate]) -> tuple[str, ...]:
    """Say of which roots Apple's systems will make nothing, and why."""
    from pki.export.profile import root_warnings

    roots = [certificate for certificate in certificates if is_self_signed(certificate)]
    if not roots:
        return ("None of the certificates is a root, so nothing more will be trusted.",)
    return tuple(warning for root in roots for warning in root_warnings(root))


def _items(certificates: Sequence[x509.Certificate]) -> list[Item]:
    return [
        item_of(certificate, ItemKind.ROOT if is_self_signed(certificate) else ItemKind.CERTIFICATE)
        for certificate in dict.fromkeys(certificates)
    ]


def _steps(simulator: Simulator, items: Iterable[Item]) -> Iterator[InstallStep]:
    place = simulator.place
    if not simulator.booted:
        yield boot_step(place)
    for item in items:
        yield _adding(place, item)


def boot_step(place: InstallPlace) -> InstallStep:
    """Wait until the simulator has booted; boot it, if nobody has."""
    return InstallStep(
        simctl("bootstatus", place.id, "-b", device_set=place.device_set),
        "simctl works with booted simulators only",
        place,
        changes=f"boots {place}",
        inverse=(simctl("shutdown", place.id, device_set=place.device_set),),
        timeout=BOOT_TIMEOUT,
    )


def _adding(place: InstallPlace, item: Item) -> InstallStep:
    root = item.kind is ItemKind.ROOT
    verb = "add-root-cert" if root else "add-cert"
    return InstallStep(
        simctl("keychain", place.id, verb, item.file_name, device_set=place.device_set),
        "to trust what it issues" if root else "for servers that do not send it",
        place,
        puts=item,
        changes=f"{'trusts' if root else 'stores'} {item.name} in {place}",
        inverse=(inverse(place, item),),
        side_effect=RESET_SIDE_EFFECT,
    )


def _chosen(simulators: Sequence[Simulator], wanted: Sequence[str], *, boot: bool) -> list[Simulator]:
    if not wanted:
        return [simulator for simulator in simulators if simulator.booted or simulator.booting]
    found = [simulator for name in wanted for simulator in _named(simulators, name, boot=boot)]
    return list(dict.fromkeys(found))


def _named(simulators: Sequence[Simulator], name: str, *, boot: bool) -> list[Simulator]:
    """Find what NAME means: a UDID, or what one or several simulators are called."""
    called = [s for s in simulators if name.upper() == s.udid or name.casefold() == s.name.casefold()]
    usable = [simulator for simulator in called if simulator.available]
    if not called:
        usable = [simulator for simulator in simulators if simulator.available]
        near = did_you_mean(name, [simulator.name for simulator in usable])
        raise InvalidRequest(
            f"no simulator is called {name!r}",
            hint=f"{near}There is {_naming(usable)}." if usable else "There is none that this Xcode can use.",
        )
    if not usable:
        raise InvalidRequest(
            f"{called[0].place} cannot be used: {_UNAVAILABLE}",
            hint="Install the runtime, or select the Xcode that has it with xcode-select.",
        )
    running = [simulator for simulator in usable if simulator.booted or simulator.booting]
    if running:
        return running
    if not boot:
        raise InvalidRequest(
            f"{usable[0].place} is not booted, and simctl only works for booted simulators",
            hint=_booting(usable[0]),
        )
    if len(usable) > 1:
        raise InvalidRequest(
            f"{len(usable)} simulators are called {name!r}, and none is booted",
            hint=f"Choose one by its UDID: {', '.join(f'{s.udid} ({s.runtime})' for s in usable[:_MOST_NAMED])}.",
        )
    return usable


def _none_booted(simulators: Sequence[Simulator]) -> InstallError:
    usable = [simulator for simulator in simulators if simulator.available]
    if not usable:
        return InstallError(
            "there is no simulator that this Xcode can use",
            hint="Add one in Xcode under Settings > Components and Window > Devices and Simulators. After an "
            "update of Xcode, look whether xcode-select -p names the right one.",
        )
    return InstallError(
        f"no simulator is booted, and simctl only works for booted simulators: there is {_naming(usable)}",
        hint=_booting(usable[0]),
    )


def _booting(simulator: Simulator) -> str:
    command = " ".join(simctl("bootstatus", simulator.udid, "-b", device_set=simulator.device_set))
    return f"Boot {simulator.name} with {command}, which waits until it is done"


def _naming(simulators: Iterable[Simulator]) -> str:
    names = list(dict.fromkeys(str(simulator.place) for simulator in simulators))
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
