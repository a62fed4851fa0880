"""A TCP connection to one of a host's addresses: both families, the quicker first (Happy Eyeballs, RFC 8305)."""

from __future__ import annotations

import errno
import os
import queue
import selectors
import socket
import threading
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from pki.model.local_names import below_localhost
from pki.model.unanswered import Unanswered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pki.handshake.deadline import Deadline

STAGGER = 0.25  # seconds before the next address is tried beside the one before (RFC 8305, 5: 250 ms)
MAX_ADDRESSES = 16  # of one name; ours
_ANSWERED = {errno.ECONNREFUSED, errno.ECONNRESET}  # by TCP; all else this system, or a router, says
_HINTS = {
    "timeout": "Nothing is at the address, or a filter drops what is sent there.",
    "connection-refused": "Start the server, or correct host and port; a firewall that rejects looks the same.",
    "no-route": (
        "The reason is this machine's own (interface, VPN, routes, firewall, open files) or a router's on the way: "
        "`ip route get ADDRESS` tells, on a Mac `route -n get ADDRESS`. Whether a device reaches it is not known here."
    ),
}
Address = tuple[socket.AddressFamily, tuple[str, int]]


class Unreachable(Unanswered):
    """No connection came about, or none that got to TLS; `failures` are the addresses that were tried, and why not."""

    failures: tuple[tuple[str, int], ...] = ()  # errno's number


def addresses_of(host: str, port: int, *, deadline: Deadline) -> list[Address]:
    """Where HOST is, IPv6 and IPv4 in turn; `localhost` and what is below it never leave the machine (RFC 6761, 6.3).

    Raises:
        Unreachable: there is no such name, or no answer in time.
    """
    if below_localhost(host):
        return [(socket.AF_INET, ("127.0.0.1", port)), (socket.AF_INET6, ("::1", port))]
    found = system_addresses(host, port, deadline=deadline)
    v6 = [row for row in found if row[0] == socket.AF_INET6]
    v4 = [row for row in found if row[0] == socket.AF_INET]
    return list(filter(None, chain.from_iterable(zip_longest(v6, v4))))[:MAX_ADDRESSES]


def system_addresses(host: str, port: int, *, deadline: Deadline) -> list[Address]:
    """Where the system's resolver says HOST is, names under `localhost` included.

    getaddrinfo knows no deadline, so it gets a thread that may be left behind.

    Raises:
        Unreachable: there is no such name (cause "no-such-name"), or no answer in time ("timeout").
    """
    answer: queue.Queue[list[Address] | OSError] = queue.Queue()

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.put([(row[0], row[4]) for row in dict.fromkeys(rows)])  # type: ignore[misc]  # IPv6 rows are longer
        except OSError as error:
            answer.put(error)

    threading.Thread(target=ask, name=f"trustrig:resolve {host}", daemon=True).start()
    try:
        found = answer.get(timeout=deadline.remaining())
    except (queue.Empty, TimeoutError):
        raise Unreachable(
            f"no answer in time about where {host} is",
            hint="Check DNS, or raise --timeout.",
            cause="timeout",
        ) from None
    if isinstance(found, OSError):
        raise Unreachable(
            f"the name {host} does not resolve: {found.strerror or found}",
            hint="Correct the name; a server somewhere else is judged under it by "
            f"`trustrig evaluate https://{host} --connect ADDRESS:PORT`.",
            cause="no-such-name",
        )
    return found


def dial(host: str, port: int, *, deadline: Deadline) -> socket.socket:
    """Connect to HOST, whichever address answers first; the socket blocks.

    Raises:
        Unreachable: the name does not resolve, nobody listens, no way leads there, or time is up; each address is named
            with its reason.
    """
    return connect(addresses_of(host, port, deadline=deadline), f"{host} port {port}", deadline=deadline)


def connect(addresses: list[Address], where: str, *, deadline: Deadline) -> socket.socket:
    """Connect to whichever of ADDRESSES answers first, which errors call WHERE; the socket blocks.

    Raises:
        Unreachable: as `dial`, of addresses that are known.
    """
    waiting = list(addresses)
    failures: list[tuple[str, int]] = []
    late = False
    with selectors.DefaultSelector() as selector:
        try:
            while waiting or selector.get_map():
                if waiting and (begun := _begin(waiting.pop(0), failures)) is not None:
                    selector.register(begun[0], selectors.EVENT_WRITE, begun[1])
                timeout = min(STAGGER, deadline.remaining()) if waiting else deadline.remaining()
                for key, _ in selector.select(timeout if selector.get_map() else 0):
                    candidate = key.fileobj
                    assert isinstance(candidate, socket.socket)  # noqa: S101  # what was registered above
                    selector.unregister(candidate)
                    error = candidate.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if error == 0:
                        candidate.setblocking(True)
                        return candidate
                    candidate.close()
                    failures.append((key.data, error))
        except TimeoutError:
            late = True
            failures += [(key.data, errno.ETIMEDOUT) for key in selector.get_map().values()]
        finally:
            for key in list(selector.get_map().values()):
                assert isinstance(key.fileobj, socket.socket)  # noqa: S101  # as above
                key.fileobj.close()
    raise unreachable(where, failures, late=late)


def unreachable(where: str, failures: list[tuple[str, int]], *, late: bool = False) -> Unreachable:
    """Why nobody was reached WHERE it was tried: FAILURES are addresses, each with errno's number.

    One address without an answer leaves it open; else one that refuses tells; else all is said on this side.
    """
    codes = {code for _, code in failures}
    late = late or errno.ETIMEDOUT in codes
    cause = "timeout" if late else "connection-refused" if codes & _ANSWERED else "no-route"
    error = Unreachable(
        f"no connection to {where} ({each_reason(failures)})", hint=_HINTS[cause], cause=cause
    )
    error.failures = tuple(failures)
    return error


def each_reason(failures: Sequence[tuple[str, int]]) -> str:
    """The addresses in FAILURES, each with what errno's number stands for."""
    return "; ".join(
        f"{address}: {'no answer in time' if code == errno.ETIMEDOUT else os.strerror(code)}"
        for address, code in failures
    )


def _begin(address: Address, failures: list[tuple[str, int]]) -> tuple[socket.socket, str] | None:
    """Start connecting; None, with a line in FAILURES, where that fails at once."""
    family, place = address
    try:
        candidate = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        failures.append((place[0], error.errno or errno.EAFNOSUPPORT))
        return None
    candidate.setblocking(False)
    code = candidate.connect_ex(place)
    if code not in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
        candidate.close()
        failures.append((place[0], code))
        return None
    return candidate, place[0]
