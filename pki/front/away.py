"""Why the server behind is not reached: nobody listens, its name or no way leads there, or no answer comes."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pki.handshake.dialling import each_reason

if TYPE_CHECKING:
    from pki.handshake.dialling import Unreachable

_READINGS = {
    "timeout": "nothing answered in time, so that nobody is at the address, or a filter drops what is sent there",
    "no-route": "no way leads there, by this machine's own doing or a router's",
}
_NOBODY = "nothing listens there"
_NOBODY_OR_A_FILTER = "nothing listens there, or a firewall rejects"


@dataclass(frozen=True, slots=True)
class Away:
    """Why nothing was reached, and what that leaves open; `seen` is what each address said, where there was one."""

    why: str
    seen: str = ""

    @classmethod
    def of(cls, error: Unreachable) -> Self:
        """What ERROR comes to."""
        if not error.failures:  # its name led to no address
            return cls(error.problem)
        here = all(_is_loopback(address) for address, _ in error.failures)
        why = _READINGS.get(error.cause, _NOBODY if here else _NOBODY_OR_A_FILTER)
        return cls(why, each_reason(error.failures))

    def at_the_start(self, place: str) -> str:
        """One sentence for whoever starts a front before the server at PLACE."""
        if self.why == _NOBODY:
            return f"Nothing listens at {place} yet: who comes gets a 502 until it does."
        return f"{place} is not reached: {self}. Who comes gets a 502 until it is."

    def remark(self, place: str) -> str:
        """The same for whoever asked it something, without the full stop."""
        return f"the server behind, {place}, cannot be reached: {self}"

    def __str__(self) -> str:
        return f"{self.why} ({self.seen})" if self.seen else self.why


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback
