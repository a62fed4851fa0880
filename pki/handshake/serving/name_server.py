"""A name server on 127.0.0.1 for one domain, for a system whose resolver is told to ask it (`pki.model.local_names`).

with NameServer("localhost"):
    ...  # dig @127.0.0.1 -p 8453 expired-leaf.localhost
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from pki.errors import InvalidRequest
from pki.handshake.serving.contained_errors import contained
from pki.handshake.serving.dns_answer import MAX_QUESTION, dns_answer
from pki.handshake.serving.listeners import LOOPBACK, LOOPBACK6, listen_for_datagrams
from pki.handshake.serving.server_thread import ServerThread
from pki.model.hosts import parse_host
from pki.model.local_names import DNS_PORT

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Sequence

_AT_ONCE = 64  # questions read before it is looked whether to stop


class NameServer(ServerThread):
    """Answers on UDP 127.0.0.1 while the `with` block lasts: names in DOMAIN lead to ADDRESSES, others are refused.

    `port` 0 lets the system choose. Where no address of a family is given, names have none of it.

    Raises:
        InvalidRequest: DOMAIN is no name, or one of ADDRESSES is no address.
        HandshakeError: the port cannot be had (raised on entering).
    """

    def __init__(
        self, domain: str, addresses: Sequence[str] = (LOOPBACK, LOOPBACK6), *, port: int = DNS_PORT
    ) -> None:
        host = parse_host(domain)
        if host.is_address:
            raise InvalidRequest(
                f"{domain} is an address, and nobody asks for the names in one", hint="Name a domain: test."
            )
        for address in addresses:
            if not parse_host(address).is_address:
                raise InvalidRequest(f"{address} is no address", hint="Name one: 127.0.0.1.")
        self.domain = host.text.removesuffix(".").lower()
        self.addresses = tuple(addresses)
        self.answered = 0  # questions about names in the domain
        self._wanted = port

    def _open(self) -> Iterator[tuple[socket.socket, None]]:
        self._socket = listen_for_datagrams(self._wanted)
        yield self._socket, None

    def _serve(self) -> None:
        while not self._stopping:
            self._selector.select(None)
            for _ in range(_AT_ONCE):
                try:
                    message, asker = self._socket.recvfrom(MAX_QUESTION)
                except BlockingIOError:
                    break
                except OSError:  # an ICMP error for something we sent: its asker is gone
                    continue
                with contained(asker[0]):
                    self._answer(message, asker)

    def _answer(self, message: bytes, asker: tuple[str, int]) -> None:
        answer = dns_answer(message, domain=self.domain, addresses=self.addresses)
        if answer is None:
            return
        self.answered += 1
        with contextlib.suppress(OSError):  # lost, as datagrams are
            self._socket.sendto(answer, asker)
