"""The simulators of a Mac, as `xcrun simctl list devices -j` tells them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from pki.errors import InvalidRequest, Unreadable
from pki.model.install_plan import DEFAULT_SET, NAMED_SETS, InstallPlace, PlaceKind
from pki.report.layout import printable

MAX_LIST_BYTES: Final = 16 * 1024 * 1024  # ours: fifty simulators have about 40 kB
MAX_DEVICES: Final = 10_000
_MAX_NAME: Final = 100  # characters of a name that are kept
_UDID: Final = re.compile(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")
_RUNTIME: Final = re.compile(r"com\.apple\.CoreSimulator\.SimRuntime\.([A-Za-z]+)-([0-9]+(?:-[0-9]+)*)")


@dataclass(frozen=True, slots=True)
class Simulator:
    """One simulated device."""

    udid: str  # upper case
    name: str
    runtime: str  # "iOS 26.1"
    state: str  # CoreSimulator's word: Shutdown, Booting, Booted, Shutting Down, Creating
    available: bool = True  # false: its runtime was removed, or another Xcode's is selected
    device_set: str = DEFAULT_SET

    @property
    def booted(self) -> bool:
        """Whether simctl can change its keychain now."""
        return self.available and self.state == "Booted"

    @property
    def booting(self) -> bool:
        """Whether it will be booted by itself."""
        return self.available and self.state == "Booting"

    @property
    def place(self) -> InstallPlace:
        """Where an item in its keychain is."""
        return InstallPlace(PlaceKind.SIMULATOR, self.udid, f"{self.name} ({self.runtime})", self.device_set)


def simctl(*arguments: str, device_set: str = DEFAULT_SET) -> tuple[str, ...]:
    """Spell a simctl command for simulators of DEVICE_SET."""
    chosen = () if device_set == DEFAULT_SET else ("--set", device_set)
    return ("xcrun", "simctl", *chosen, *arguments)


def is_udid(text: str) -> bool:
    """Whether TEXT is a simulator's UDID, in either case."""
    return _UDID.fullmatch(text.upper()) is not None


def check_device_set(text: str) -> str:
    """Return TEXT, a device set's name or its folder.

    Raises:
        InvalidRequest: it is neither.
    """
    if text not in NAMED_SETS and not text.startswith(("/", "~/", "./", "../")):
        raise InvalidRequest(
            f"no device set is called {text!r}",
            hint=f"Choose {', '.join(NAMED_SETS)}, or name its folder as ./FOLDER or /FOLDER.",
        )
    return text


def read_simulators(
    data: bytes, *, name: str = "what simctl said", device_set: str = DEFAULT_SET
) -> tuple[Simulator, ...]:
    """Read the JSON of `simctl list devices -j`, or of `simctl list -j`, in its order.

    Devices without a proper UDID are left out: nothing could be done with them.

    Raises:
        Unreadable: it is no such list.
    """
    if len(data) > MAX_LIST_BYTES:
        raise _unreadable(name, f"it has {len(data):,} bytes, and {MAX_LIST_BYTES:,} are read at most")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise _unreadable(name, "it is not JSON") from None
    runtimes = document.get("devices") if isinstance(document, dict) else None
    if not isinstance(runtimes, dict):
        raise _unreadable(name, 'it has no object "devices"')
    found: dict[str, Simulator] = {}
    for runtime, devices in runtimes.items():
        for device in devices if isinstance(devices, list) else ():
            simulator = _simulator(device, runtime_name(runtime), device_set)
            if simulator is not None:
                found.setdefault(simulator.udid, simulator)
        if len(found) > MAX_DEVICES:
            raise _unreadable(name, f"it names more than {MAX_DEVICES:,} simulators")
    return tuple(found.values())


def runtime_name(identifier: str) -> str:
    """Turn com.apple.CoreSimulator.SimRuntime.iOS-26-1 into "iOS 26.1"; Xcode 10 and older said so at once."""
    known = _RUNTIME.fullmatch(identifier)
    return f"{known[1]} {known[2].replace('-', '.')}" if known else _plain(identifier) or "unknown system"


def _simulator(device: Any, runtime: str, device_set: str) -> Simulator | None:
    if not isinstance(device, dict):
        return None
    udid, name, state = (device.get(key) for key in ("udid", "name", "state"))
    if not isinstance(udid, str) or not is_udid(udid):
        return None
    # Xcode 10 wrote "isAvailable": "YES", and before it "availability": "(available)".
    available = device.get("isAvailable", device.get("availability", True))
    return Simulator(
        udid=udid.upper(),
        name=(_plain(name) if isinstance(name, str) else "") or "unnamed",
        runtime=runtime,
        state=_plain(state) if isinstance(state, str) else "unknown",
        available=available in (True, "YES", "(available)"),
        device_set=device_set,
    )


def _plain(text: str) -> str:
    """Names are free text: no control characters to a terminal, and no novels."""
    return printable(text[:_MAX_NAME]).strip()


def _unreadable(name: str, what: str) -> Unreadable:
    return Unreadable(
        f"{name} is no list of simulators: {what}",
        hint="It should be what `xcrun simctl list devices -j` prints.",
    )
