"""The facts a checkup goes by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from pki.errors import InstallError
from pki.handshake.deadline import Deadline
from pki.handshake.dialling import Unreachable, system_addresses
from pki.install.tool_errors import recognise
from pki.model.local_names import PROBE

if TYPE_CHECKING:
    from pki.install.process import Runner
    from pki.model.verdict import Finding
    from pki.store.health import FolderFacts


TIMEOUT = 20.0  # seconds for a tool that only tells where something is
RESOLVER_PATIENCE = 5.0  # seconds; glibc asks each of its servers for as long (resolv.conf(5), timeout)


@dataclass(frozen=True, slots=True)
class MacFacts:
    """What a Mac's developer tools say of themselves."""

    selected: str | None  # the developer directory, as `xcode-select -p` prints it
    simctl: str | None  # where it is
    problem: str = ""  # of whichever tool failed first, in a sentence
    hint: str = ""
    xcodes: tuple[str, ...] = ()
    overridden: bool = False  # DEVELOPER_DIR is set, which goes before xcode-select's choice


@dataclass(frozen=True, slots=True)
class ResolverAnswer:
    """What the system's resolver said of a name under `localhost`: its addresses, or why there are none."""

    addresses: tuple[str, ...]
    problem: str = ""  # a clause


@dataclass(frozen=True, slots=True)
class Machine:
    """A process of ours and the machine under it. `mac` is None on other systems."""

    python: str
    openssl: str
    lacking: tuple[str, ...]  # suites an Apple client offers and this OpenSSL cannot
    has_post_quantum: bool  # the group X25519MLKEM768
    second_opinions: bool  # whether certvalidator or its fork is installed
    encoding: str  # of stdout
    mac: MacFacts | None
    local_names: ResolverAnswer | None = None  # None: the resolver was not asked


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that was looked at, at one moment."""

    at: datetime
    released: datetime  # when this version was: a right clock is later
    user: int  # the id of who asks
    folder: FolderFacts
    named_by: str  # `TRUSTRIG_CA` or `--ca`; empty when nobody named the folder
    machine: Machine
    findings: Mapping[str, Sequence[Finding]] = field(
        default_factory=dict
    )  # by name: what Apple holds against it
    clock: datetime | None = None  # what the clock says, where `at` is another moment


def read_mac(run: Runner, *, xcodes: Sequence[str], overridden: bool) -> MacFacts:
    """Ask `xcode-select` and `xcrun`, which start nothing else.

    Where no developer tools are installed, `xcrun` opens a dialog that offers them: it is not asked then.
    """
    selected, problem, hint = _asked(run, "xcode-select", "-p")
    simctl = None
    if selected is not None:
        simctl, problem, hint = _asked(run, "xcrun", "--find", "simctl")
    return MacFacts(selected, simctl, problem, hint, tuple(xcodes), overridden)


def ask_resolver() -> ResolverAnswer:
    """Where the system's resolver leads a name under `localhost`; asked as every program asks, by getaddrinfo.

    A resolver that does not answer such names itself may send the question on (RFC 6761, 6.3 asks it not to).
    """
    try:
        found = system_addresses(PROBE, 443, deadline=Deadline.after(RESOLVER_PATIENCE))
    except Unreachable as error:
        return ResolverAnswer((), error.problem)
    return ResolverAnswer(tuple(dict.fromkeys(place[0] for _, place in found)))


def _asked(run: Runner, *command: str) -> tuple[str | None, str, str]:
    """The tool's answer; without one, the trouble and its repair."""
    try:
        ran = run(command, timeout=TIMEOUT)
    except InstallError as error:  # not there, or no answer in time
        return None, error.problem, error.hint
    answer = ran.out.decode(errors="replace").strip()
    if ran.code == 0 and answer:
        return answer, "", ""
    tool_error = recognise(ran)
    return None, tool_error.problem, tool_error.hint
