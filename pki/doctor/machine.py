"""The clock, the tools and the libraries."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pki.doctor.local_names import local_names_remark
from pki.model.remarks import DoctorRemark, Grade
from pki.model.time_format import moment_text

if TYPE_CHECKING:
    from pki.doctor.facts import MacFacts, Machine, Snapshot

_CHOOSE = "sudo xcode-select -s"
_GET_XCODE = "Install Xcode from the App Store or developer.apple.com."


def machine_remarks(snapshot: Snapshot) -> Iterator[DoctorRemark]:
    """What is to be said of this machine."""
    yield from _clock(snapshot)
    yield from _libraries(snapshot.machine)
    if snapshot.machine.local_names is not None:
        yield local_names_remark(snapshot.machine.local_names, on_mac=snapshot.machine.mac is not None)
    if snapshot.machine.mac is None:
        yield DoctorRemark(
            "not-a-mac",
            Grade.NOTE,
            "this is not a Mac: no simulators and no keychain here; commands for a Mac are printed to be typed there",
        )
    else:
        yield from _mac(snapshot.machine.mac)


def _clock(snapshot: Snapshot) -> Iterator[DoctorRemark]:
    clock = snapshot.clock or snapshot.at
    at = moment_text(clock)
    known = [(snapshot.released, "this version was released")]
    known += [(row.issued_at, f"{row.name} was issued") for row in snapshot.folder.rows]
    latest, event = max(known)
    if clock < latest:
        yield DoctorRemark(
            "clock",
            Grade.PROBLEM,
            f"the clock says {at}, which is before {event} ({moment_text(latest)}): it is wrong now, "
            "or was wrong then, or --at named another moment",
            "Set the clock; what was issued under a clock that ran ahead is to be renewed.",
        )
    else:
        yield DoctorRemark(
            "clock", Grade.OK, f"the clock says {at}, after everything that is known to have happened"
        )


def _libraries(machine: Machine) -> Iterator[DoctorRemark]:
    yield DoctorRemark("python", Grade.OK, f"Python {machine.python}")
    yield DoctorRemark("openssl", Grade.OK, f"{machine.openssl}, which the Python packages carry")
    if machine.lacking:
        yield DoctorRemark(
            "openssl-suites",
            Grade.NOTE,
            f"this OpenSSL cannot offer {', '.join(machine.lacking)}: a server that has nothing else seems to refuse",
        )
    if not machine.has_post_quantum:
        yield DoctorRemark(
            "openssl-post-quantum",
            Grade.NOTE,
            "this OpenSSL has no X25519MLKEM768, which Apple's clients offer from version 26 on",
            command="python3 -m pip install --upgrade pyOpenSSL cryptography",
        )
    if not machine.second_opinions:
        yield DoctorRemark(
            "second-opinion",
            Grade.NOTE,
            "evaluate --second-opinion will ask cryptography and OpenSSL alone: certvalidator is not installed",
            command="python3 -m pip install certvalidator pyhanko-certvalidator",
        )
    if machine.encoding.lower().replace("-", "").replace("_", "") != "utf8":
        yield DoctorRemark(
            "encoding",
            Grade.WARNING,
            f"the terminal's encoding is {machine.encoding}: names beyond it cannot be shown",
            command="export PYTHONIOENCODING=utf-8",
        )


def _mac(mac: MacFacts) -> Iterator[DoctorRemark]:
    # An Xcode that is there makes a better step than the general advice.
    command = f"{_CHOOSE} {shlex.quote(mac.xcodes[0])}" if mac.xcodes else ""
    step = "" if command else mac.hint or _GET_XCODE
    if mac.simctl is not None:
        yield DoctorRemark("simctl", Grade.OK, f"simctl of {mac.selected}")
    elif mac.selected is None:
        text = f"no developer folder is selected, so that no simulator can be reached: {mac.problem}"
        yield DoctorRemark("simctl", Grade.WARNING, text, step, command)
    else:
        text = f"{mac.selected} is selected, and no simulator can be reached: {mac.problem}"
        yield DoctorRemark("simctl", Grade.WARNING, text, step, command)
    if mac.overridden:
        yield DoctorRemark(
            "developer-dir",
            Grade.NOTE,
            "DEVELOPER_DIR is set and goes before what xcode-select chose",
            command="unset DEVELOPER_DIR",
        )
    if len(mac.xcodes) > 1:
        names = ", ".join(mac.xcodes)
        text = f"several Xcodes are here ({names}): simctl is the selected one's, and may not find another's simulators"
        other = next((one for one in mac.xcodes if not (mac.selected or "").startswith(one)), mac.xcodes[-1])
        step = f"{_CHOOSE} {shlex.quote(other)}"
        yield DoctorRemark("several-xcodes", Grade.NOTE, text, "To use another one:", step)
