"""Two DTLS ends and a link that loses, doubles and reorders datagrams: seeded, in memory.

OpenSSL's retransmission timer goes by the wall clock and cannot be wound (see ends.py), so a lost flight costs real
seconds. Many handshakes are therefore driven side by side: all wait at once, and fifty take as long as the slowest.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from pki.errors import InvalidRequest
from pki.handshake.dtls.ends import DatagramClientEnd, DatagramEnd, DatagramServerEnd, ServerParts
from pki.handshake.dtls.records import DEFAULT_MTU, message_of
from pki.handshake.ends.end_record import Ended
from pki.handshake.explaining.transcript import build_transcript
from pki.model.datagrams import LinkResult

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pki.handshake.ends.settings import ClientSettings, ServerSettings

DEADLINE = 60.0  # seconds for all; OpenSSL's timer doubles from 1 s
_NAP = 0.05  # at most, so that a deadline is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkConditions:
    """What a link does to a datagram: the chances, from 0 to 1, that it is lost, doubled or overtaken."""

    loss: float = 0.0
    doubled: float = 0.0
    reordered: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for chance in (self.loss, self.doubled, self.reordered):
            if not 0 <= chance <= 0.9:
                raise InvalidRequest(
                    f"a chance of {chance:.0%} is out of range", hint="Choose one from 0 % to 90 %."
                )


FAIR = LinkConditions()


@dataclass(slots=True)
class _Link:
    """One direction of a pair, and its tally."""

    conditions: LinkConditions
    chance: Random
    sent: int = 0
    lost: int = 0
    kept_back: list[bytes] = field(default_factory=list)

    def carry(self, datagrams: Sequence[bytes]) -> list[bytes]:
        arriving: list[bytes] = []
        late = self.kept_back
        self.kept_back = []
        for datagram in datagrams:
            self.sent += 1
            if self.chance.random() < self.conditions.loss:
                self.lost += 1
                continue
            copies = 2 if self.chance.random() < self.conditions.doubled else 1
            (late if self.chance.random() < self.conditions.reordered else arriving).extend(
                [datagram] * copies
            )
        return arriving + late


class _Pair:
    """A client and a server with a link each way."""

    def __init__(
        self, client: DatagramClientEnd, parts: ServerParts, conditions: LinkConditions, number: int
    ) -> None:
        self.client = client
        self.server: DatagramServerEnd | None = None
        self.cookie_asked = False
        self._parts = parts
        self._peer = f"memory {number}".encode()
        chance = Random(f"{conditions.seed} {number}")
        self.up, self.down = _Link(conditions, chance), _Link(conditions, chance)
        client.advance()

    @property
    def over(self) -> bool:
        return self.client.over and (self.server is None or self.server.over)

    def step(self) -> bool:
        """Carry what there is, both ways; whether there was anything."""
        rising = self.client.to_send()
        falling: list[bytes] = []
        for datagram in self.up.carry(rising):
            falling += self._at_server(datagram)
        if self.server is not None:
            falling += self.server.to_send()
        for datagram in self.down.carry(falling):
            self.cookie_asked = self.cookie_asked or message_of(datagram) == "HelloVerifyRequest"
            self.client.receive(datagram)
        if self.client.done and (self.client.answer or self.up.conditions != FAIR):
            # A question or its answer that was lost is nobody's to repeat: the handshake is what is measured.
            self.client.shut_down()
            if self.server is not None and self.server.done:
                self.server.close(Ended.IN_ORDER)
        return bool(rising or falling)

    def _at_server(self, datagram: bytes) -> list[bytes]:
        if self.server is not None:
            self.server.receive(datagram)
            return []
        end = self._parts.end_for(self._peer)
        if end.listen(datagram):
            self.server = end
            return []
        return end.to_send()

    @property
    def ends(self) -> list[DatagramEnd]:
        return [self.client] if self.server is None else [self.client, self.server]


def shake_hands_over_link(
    client: ClientSettings,
    server: ServerSettings,
    *,
    at: datetime,
    conditions: LinkConditions = FAIR,
    mtu: int = DEFAULT_MTU,
    count: int = 1,
    deadline: float = DEADLINE,
) -> tuple[LinkResult, ...]:
    """COUNT handshakes side by side, each over a link of its own under CONDITIONS; `deadline` in seconds for all.

    Raises:
        InvalidRequest: AT has no time zone, MTU is none, or OpenSSL will not use an identity.
    """
    parts = ServerParts(server, at=at, mtu=mtu)
    pairs = [
        _Pair(DatagramClientEnd.prepare(client, at=at, mtu=mtu), parts, conditions, number)
        for number in range(count)
    ]
    expires = time.monotonic() + deadline
    open_pairs = list(pairs)
    while open_pairs and time.monotonic() < expires:
        moved = [pair.step() for pair in open_pairs]
        open_pairs = [pair for pair in open_pairs if not pair.over]
        if not any(moved):
            waits = [end.timeout for pair in open_pairs for end in pair.ends]
            if all(wait is None for wait in waits):
                break
            time.sleep(min([_NAP, *(wait for wait in waits if wait is not None)]))
        for pair in open_pairs:
            for end in pair.ends:
                end.tick()
    return tuple(_result(pair, at=at, mtu=mtu) for pair in pairs)


def _result(pair: _Pair, *, at: datetime, mtu: int) -> LinkResult:
    for end in pair.ends:
        end.close(Ended.STALLED)
    server = pair.server.record() if pair.server is not None else None
    return LinkResult(
        transcript=build_transcript(pair.client.record(), server, at=at, transport="lossy link"),
        cookie_asked=pair.cookie_asked,
        sent=pair.up.sent + pair.down.sent,
        lost=pair.up.lost + pair.down.lost,
        resent=sum(end.resent for end in pair.ends),
        largest=max(end.largest for end in pair.ends),
        mtu=mtu,
    )
