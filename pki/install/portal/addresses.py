"""The addresses of this machine, from the system's own list: no name is asked for and no packet sent."""

from __future__ import annotations

import ctypes
import ipaddress
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki.errors import HandshakeError, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_UP, _LOOPBACK = 0x1, 0x8  # IFF_*: net/if.h, the same numbers on Linux and macOS
# struct sockaddr: macOS has a length before the family (sys/socket.h). Where the address begins: netinet/in.h, in6.h.
_FAMILY_AT, _FAMILY_SIZE = (1, 1) if sys.platform == "darwin" else (0, 2)
_ADDRESS_AT = {socket.AF_INET: (4, 4), socket.AF_INET6: (8, 16)}


@dataclass(frozen=True, slots=True)
class LocalAddress:
    """One address of one interface."""

    address: str
    interface: str
    loopback: bool

    def __str__(self) -> str:
        return f"{self.address} ({self.interface})"


class _Entry(ctypes.Structure):
    """struct ifaddrs as far as it is read: ifaddrs.h, the same beginning on Linux and macOS."""


_Entry._fields_ = [
    ("next", ctypes.POINTER(_Entry)),
    ("name", ctypes.c_char_p),
    ("flags", ctypes.c_uint),
    ("address", ctypes.c_void_p),
]


def own_addresses() -> tuple[LocalAddress, ...]:
    """The addresses that a server here can listen on, those that reach out and IPv4 first; without those of one link.

    Raises:
        HandshakeError: the system does not tell.
    """
    library = ctypes.CDLL(None)  # what this process has loaded already, the C library among it
    first = ctypes.POINTER(_Entry)()
    if library.getifaddrs(ctypes.byref(first)) != 0:
        raise HandshakeError("the system does not tell this machine's addresses", hint="Name the one to use.")
    try:
        found = tuple(_read(first))
    finally:
        library.freeifaddrs(first)
    return tuple(sorted(dict.fromkeys(found), key=lambda local: (local.loopback, ":" in local.address)))


def _read(entry: ctypes._Pointer[_Entry]) -> Iterator[LocalAddress]:
    while entry:
        one = entry.contents
        entry = one.next
        if not one.address or not one.flags & _UP:
            continue
        family = int.from_bytes(ctypes.string_at(one.address + _FAMILY_AT, _FAMILY_SIZE), sys.byteorder)
        if family not in _ADDRESS_AT:
            continue
        at, size = _ADDRESS_AT[socket.AddressFamily(family)]
        address = ipaddress.ip_address(ctypes.string_at(one.address + at, size))
        if not address.is_link_local:
            yield LocalAddress(str(address), one.name.decode(), bool(one.flags & _LOOPBACK))


def choose_address(wanted: str | None, *, own: Sequence[LocalAddress]) -> str:
    """The address to listen on: WANTED when it is one of OWN; without a wish the only one that others can reach.

    Raises:
        InvalidRequest: WANTED is no address or not of this machine, or there is a choice to make.
    """
    if wanted is None:
        return _only(own)
    try:
        address = ipaddress.ip_address(wanted.strip("[]"))
    except ValueError:
        raise InvalidRequest(f"{wanted!r} is no IP address", hint=_listed(own)) from None
    if address.is_unspecified:
        raise InvalidRequest(
            f"{wanted} would be every address at once: other networks this machine is in could come, too",
            hint=_listed(own),
        )
    if str(address) not in {local.address for local in own}:
        raise InvalidRequest(f"{address} is not an address of this machine", hint=_listed(own))
    return str(address)


def _only(own: Sequence[LocalAddress]) -> str:
    outward = [local for local in own if not local.loopback]
    # A device finds this machine by IPv4 wherever it finds it at all; IPv6 is there for who asks for it.
    likely = [local for local in outward if ":" not in local.address] or outward
    if len(likely) == 1:
        return likely[0].address
    if not likely:
        raise InvalidRequest("this machine is in no network", hint=_listed(own))
    raise InvalidRequest("this machine has several addresses", hint=_listed(own))


def _listed(own: Sequence[LocalAddress]) -> str:
    return f"Name the one that the device can reach: {', '.join(map(str, own)) or 'there is none'}."
