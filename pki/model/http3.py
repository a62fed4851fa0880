"""Whether a server says that it speaks HTTP/3: the Alt-Svc field of an answer over TCP (RFC 7838; RFC 9114, 3.1.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pki.model.hosts import in_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PROTOCOL: Final = (
    "h3"  # RFC 9114, 11.1; the drafts' h3-29 and its like are other protocols, and nobody's any more
)
DEFAULT_MAX_AGE: Final = 86400  # seconds, where the field names none (RFC 7838, 3.1)
MAX_ALTERNATIVES: Final = 32  # of one answer; ours
_DAY, _HOUR, _MINUTE = 86400, 3600, 60
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}"  # noqa: S105  # RFC 9110, 5.6.2
_QUOTED = r'"(?:[^"\\]|\\.){0,300}"'
# One member of the list, as far as it reads: alt-value of RFC 7838, 3.
_MEMBER = re.compile(
    rf"({_TOKEN})(?:=({_QUOTED})((?:[ \t]*;[ \t]*{_TOKEN}=(?:{_TOKEN}|{_QUOTED})){{0,20}}))?[ \t]*(?=,|\Z)"
)
_BETWEEN = re.compile(r"[ \t,]*")
_MAX_AGE = re.compile(r";[ \t]*ma=\"?([0-9]{1,10})(?![0-9])", re.IGNORECASE)
_AUTHORITY = re.compile(r"(|[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):([0-9]{1,5})\Z")
_LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class AlternativeService:
    """Where HTTP/3 is said to be spoken: UDP, at another host where one is named, for `max_age` seconds."""

    host: str  # empty: the same host
    port: int
    max_age: int

    def __str__(self) -> str:
        where = f"UDP port {self.port}" if not self.host else f"UDP {in_url(self.host, self.port)}"
        return f"{where} for {_span(self.max_age)}"


@dataclass(frozen=True, slots=True)
class Http3Advertisement:
    """What an answer over TCP said of HTTP/3. `problem` is why nothing is known, empty where an answer came."""

    services: tuple[AlternativeService, ...] = ()
    problem: str = ""

    @property
    def advertised(self) -> bool | None:
        """Whether the answer names a place for HTTP/3; None: there was none."""
        return None if self.problem else bool(self.services)

    @property
    def text(self) -> str:
        """The same in words, with what was judged and what was not."""
        if self.problem:
            return f"not known whether it is advertised: {self.problem}"
        if not self.services:
            return (
                "no Alt-Svc in the answer advertises it; an HTTPS record in DNS may, and was not asked for. "
                "This looked at TCP alone"
            )
        places = ", ".join(map(str, self.services))
        return (
            f"advertised by Alt-Svc at {places}: an Apple client that saw this may use QUIC the next time. "
            "This looked at TCP alone"
        )


def read_alt_svc(values: Iterable[str]) -> Http3Advertisement:
    """What the VALUES of all Alt-Svc fields of one answer say of HTTP/3; what does not read is passed over.

    `clear` takes back whatever stands beside it (RFC 7838, 3).
    """
    members = [member for value in values for member in _members(value)][:MAX_ALTERNATIVES]
    if any(protocol == "clear" and not authority for protocol, authority, _ in members):
        return Http3Advertisement()
    found = (_service(*member) for member in members)
    return Http3Advertisement(tuple(dict.fromkeys(one for one in found if one is not None)))


def _members(value: str) -> Iterator[tuple[str, str, str]]:
    place = 0
    while (place := _end_of(_BETWEEN, value, place)) < len(value):
        member = _MEMBER.match(value, place)
        if member is None:  # go on behind the next comma
            place = value.find(",", place) + 1 or len(value)
            continue
        yield member[1], member[2] or "", member[3] or ""
        place = member.end()


def _end_of(pattern: re.Pattern[str], value: str, place: int) -> int:
    """Where what PATTERN, which takes nothing too, takes at PLACE ends."""
    found = pattern.match(value, place)
    return found.end() if found is not None else place


def _service(protocol: str, authority: str, parameters: str) -> AlternativeService | None:
    place = _AUTHORITY.match(re.sub(r"\\(.)", r"\1", authority[1:-1]))
    if protocol != PROTOCOL or place is None or not 1 <= int(place[2]) <= _LAST_PORT:
        return None
    age = _MAX_AGE.search(parameters)
    return AlternativeService(place[1].strip("[]"), int(place[2]), int(age[1]) if age else DEFAULT_MAX_AGE)


def _span(seconds: int) -> str:
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= unit and seconds % unit == 0:
            return f"{seconds // unit} {name}{'s' if seconds != unit else ''}"
    return f"{seconds} seconds"
