"""The way to one target, walked as often as connections are needed: proxy, TCP, and into the protocol."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki.handshake.deadline import Deadline
from pki.handshake.dialling import Unreachable, dial

if TYPE_CHECKING:
    from pki.live.proxies import Proxy
    from pki.live.target import Target

TIMEOUT = 10.0  # seconds for one connection from the look-up to the last byte; ours


@dataclass(frozen=True, slots=True)
class Route:
    """How TARGET is reached. `via` is where to connect in its host's place, (host, port); `timeout` in seconds."""

    target: Target
    via: tuple[str, int] | None = None
    proxy: Proxy | None = None
    timeout: float = TIMEOUT

    @property
    def place(self) -> tuple[str, int]:
        """The host and port the connection goes to."""
        return self.via or (self.target.host.text, self.target.port)

    @contextlib.contextmanager
    def open(self) -> Iterator[tuple[socket.socket, Deadline]]:
        """A socket on which the ClientHello comes next, and when time is up.

        Raises:
            Unreachable: somewhere on the way it ended; the message says where.
        """
        deadline = Deadline.after(self.timeout)
        host, port = self.place
        with contextlib.ExitStack() as stack:
            try:
                first = (self.proxy.host, self.proxy.port) if self.proxy else (host, port)
                connected = stack.enter_context(dial(*first, deadline=deadline))
                if self.proxy is not None:
                    from pki.live.proxies import tunnel

                    tunnel(
                        connected,
                        self.proxy,
                        f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
                        deadline=deadline,
                    )
                if self.target.upgrade is not None:
                    from pki.live.starttls import upgrade

                    upgrade(connected, self.target.upgrade, deadline=deadline)
            except TimeoutError:
                raise Unreachable(
                    f"{host} port {port} was reached, and nothing came in {self.timeout:g} s",
                    hint="Is it the right port and protocol? --timeout SECONDS waits longer.",
                ) from None
            except OSError as error:
                raise Unreachable(
                    f"the connection to {host} port {port} broke: {error.strerror or error}"
                ) from None
            yield connected, deadline
