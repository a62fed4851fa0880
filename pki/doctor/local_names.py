"""Whether names under `localhost` lead to this machine, as the servers of `serve` are called."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from pki.model.local_names import LOCALHOST, PROBE, mac_resolver_commands
from pki.model.remarks import DoctorRemark, Grade

if TYPE_CHECKING:
    from pki.doctor.facts import ResolverAnswer

_ID: Final = "localhost-names"
_BY_THEMSELVES: Final = "curl from 7.85 on, browsers and trustrig find them by themselves"


def local_names_remark(answer: ResolverAnswer, *, on_mac: bool) -> DoctorRemark:
    """What is to be said of the resolver's ANSWER; a simulator asks the Mac's, so there it is a warning."""
    elsewhere = [address for address in answer.addresses if not _loopback(address)]
    if answer.addresses and not elsewhere:
        text = (
            f"names under localhost lead to this machine: the resolver gives {' and '.join(answer.addresses)}"
        )
        return DoctorRemark(_ID, Grade.OK, text)
    if elsewhere:
        text = (
            f"{PROBE} leads to {', '.join(elsewhere)}, which is not this machine: some server answers for names "
            f"that nobody has, and clients of `trustrig serve` go there; {_BY_THEMSELVES}"
        )
        return DoctorRemark(_ID, Grade.WARNING, text, *_remedy(on_mac=on_mac))
    text = (
        f"names under localhost, which the servers of `trustrig serve` have, are not found here "
        f"({answer.problem}); {_BY_THEMSELVES}, other programs{' and simulators' if on_mac else ''} do not"
    )
    return DoctorRemark(_ID, Grade.WARNING if on_mac else Grade.NOTE, text, *_remedy(on_mac=on_mac))


def _remedy(*, on_mac: bool) -> tuple[str, str]:
    """A sentence and a command."""
    if on_mac:
        step = "macOS 26 is said to find them. Before it: once these lines, and then `trustrig serve --dns`:"
        return step, " && ".join(mac_resolver_commands(LOCALHOST))
    # Tried with glibc 2.36 on Debian 12; systemd-resolved(8) answers for such names, too.
    step = "On Linux systemd-resolved finds them, and so does nss-myhostname beside glibc's own DNS; on Debian, Ubuntu:"
    return step, "sudo apt-get install libnss-myhostname"


def _loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback
