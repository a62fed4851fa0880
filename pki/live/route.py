"""The way to one target, walked as often as connections are needed: proxy, TCP, and into the protocol."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pki.handshake.deadline import Deadline
from pki.handshake.dialling import Unreachable, dial
from pki.live.bounded_reads import Wire, shown
from pki.model.hosts import in_url

if TYPE_CHECKING:
    from pki.live.proxies import Proxy
    from pki.live.target import Target

TIMEOUT = 10.0  # seconds for one connection from the look-up to the last byte; ours
CONNECTIONS = 4  # as many times TIMEOUT a run has for all its connections; ours


@dataclass(frozen=True, slots=True)
class Route:
    """How TARGET is reached. `via` is where to connect in its host's place, (host, port); `timeout` in seconds.

    `end` is when no further connection of a run is begun; each has its whole `timeout`, as a shorter one would pass for
    a silent server.
    """

    target: Target
    via: tuple[str, int] | None = None
    proxy: Proxy | None = None
    timeout: float = TIMEOUT
    end: Deadline | None = None

    @property
    def place(self) -> tuple[str, int]:
        """The host and port the connection goes to."""
        return self.via or (self.target.host.text, self.target.port)

    @property
    def address(self) -> str:
        """The place as it is written before a path or after an option."""
        return in_url(*self.place)

    def __str__(self) -> str:
        return f"{self.target} at {self.address}" if self.via else str(self.target)

    def for_a_run(self) -> Route:
        """The same with an end of all its connections together, from now on."""
        return self if self.end else replace(self, end=Deadline.after((CONNECTIONS - 1) * self.timeout))

    @contextlib.contextmanager
    def open(self) -> Iterator[tuple[socket.socket, Deadline]]:
        """A socket on which the ClientHello comes next, and when time is up.

        Raises:
            Unreachable: somewhere on the way it ended; the message says where.
        """
        if self.end is not None and self.end.passed:
            raise Unreachable(
                f"{self} answers, so slowly that the time for all the connections of this run is over",
                hint=f"--timeout SECONDS gives one connection more time, and a run {CONNECTIONS} times as much.",
                cause="timeout",
            )
        deadline = Deadline.after(self.timeout)
        host, port = self.place
        with contextlib.ExitStack() as stack:
            connected = stack.enter_context(self._dial(deadline))
            where = f"{host} port {port}"
            wire = Wire(connected, deadline, where)
            try:
                if self.proxy is not None:
                    from pki.live.proxies import tunnel

                    wire.who = f"the proxy {self.proxy}"
                    tunnel(wire, self.proxy, self.address)
                if self.target.starttls:
                    from pki.live.starttls import upgrade

                    wire.who = where
                    upgrade(wire, self.target)
            except TimeoutError:
                raise self._late(wire) from None
            except OSError as error:
                raise Unreachable(
                    f"the connection to {wire.who} broke: {error.strerror or error}", cause="reset"
                ) from None
            yield connected, deadline

    def _dial(self, deadline: Deadline) -> socket.socket:
        if self.proxy is None:
            return dial(*self.place, deadline=deadline)
        try:
            return dial(self.proxy.host, self.proxy.port, deadline=deadline)
        except Unreachable as error:
            raise Unreachable(
                f"the proxy {self.proxy} is not reached: {error.problem}",
                hint="Start it, correct https_proxy, or leave it out for this host with no_proxy.",
                cause="proxy",
            ) from None

    def _late(self, wire: Wire) -> Unreachable:
        """That time was up before TLS, and what had come by then."""
        given = f"{self.timeout:g} s"
        if wire.received:
            return Unreachable(
                f"{wire.who} did not get to TLS in the {given} that the connection had; "
                f"of its last answer {len(wire.received)} bytes came: {shown(wire.received)[:60]!r}",
                hint="It is slow, stuck, or does not mean to answer. --timeout SECONDS waits longer.",
                cause="timeout",
            )
        first = ""
        if self.target.starttls and not wire.opening:
            first = f" Where TLS comes from the first byte, write {self.target.protocol.tls_first}."
        return Unreachable(
            f"{wire.who} was reached, and nothing came in {given}",
            hint=f"Is it the right port and protocol?{first} --timeout SECONDS waits longer.",
            cause="timeout",
        )
