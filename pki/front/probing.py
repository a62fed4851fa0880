"""What a server behind speaks, asked of itself: HTTP/2 in the clear by prior knowledge, HTTP/1.1, or TLS.

An HTTP/2 server that takes the connection preface answers it with SETTINGS (RFC 9113, 3.4); one that does not answers
in HTTP/1.1 or closes. No request of the application's is made.
"""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

from OpenSSL import SSL

from pki.front.behind import Speaks
from pki.front.words import is_front, wants_tls
from pki.handshake.deadline import Deadline
from pki.handshake.dialling import Unreachable, addresses_of, connect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pki.front.behind import ServerBehind
    from pki.handshake.dialling import Address

PATIENCE = 2.0  # seconds for one question; a server on this machine answers in a millisecond
_REST = 0.2  # seconds for what follows the first line
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"  # and empty SETTINGS
_SETTINGS = 4  # the frame's type: RFC 9113, 6.5
_FRAME_HEADER = 9
_OPTIONS = (
    b"OPTIONS * HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"  # RFC 9110, 9.3.7: of the server itself
)
_TLS_RECORDS = (b"\x16\x03", b"\x15\x03")
_ENOUGH = 2048  # bytes of an answer: nginx says in HTML that it wants TLS


def addresses(behind: ServerBehind) -> list[Address]:
    """Where BEHIND is.

    Raises:
        Unreachable: its name leads nowhere now, or nobody says where.
    """
    return addresses_of(behind.host, behind.port, deadline=Deadline.after(PATIENCE))


def leads_to(behind: ServerBehind, port: int, listens: Sequence[str]) -> bool:
    """Whether BEHIND is what listens here, at PORT of the addresses LISTENS."""
    if behind.port != port:
        return False
    try:
        return any(address in listens for _, (address, *_) in addresses(behind))
    except Unreachable:
        return False


def probe(behind: ServerBehind, found: list[Address]) -> tuple[Speaks, Address]:
    """What listens at the one of the addresses FOUND that answers first, and which that is.

    Raises:
        Unreachable: none takes a connection.
    """
    with connect(found, behind.place, deadline=Deadline.after(PATIENCE)) as asking:
        peer = asking.getpeername()[0]
        preface = _said(asking, _PREFACE)
    here = next((one for one in found if one[1][0] == peer), found[0])
    return _speaks(behind, here, preface), here


def _speaks(behind: ServerBehind, here: Address, preface: bytes) -> Speaks:
    """What BEHIND speaks, that answered PREFACE to the one of HTTP/2."""
    options = _OPTIONS % behind.place.encode("idna" if not behind.place.isascii() else "ascii")
    if len(preface) >= _FRAME_HEADER and preface[3] == _SETTINGS and not preface.startswith(b"HTTP"):
        return Speaks.BOTH if _answer(here, options).startswith(b"HTTP/1.") else Speaks.HTTP2
    if is_front(preface):
        return Speaks.FRONT
    if (wants_tls(preface) or not preface.startswith(b"HTTP/")) and _speaks_tls(here):
        return Speaks.TLS
    said = preface if preface.startswith(b"HTTP/") else _answer(here, options)
    if said.startswith(b"HTTP/"):
        return Speaks.HTTP1
    return Speaks.OTHER if preface or said else Speaks.SILENT


def _speaks_tls(here: Address) -> bool:
    """Whether a ClientHello is answered by a record of TLS."""
    client = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD))
    client.set_connect_state()
    with contextlib.suppress(SSL.WantReadError):
        client.do_handshake()
    return _answer(here, client.bio_read(_ENOUGH)).startswith(_TLS_RECORDS)


def _answer(here: Address, question: bytes) -> bytes:
    """The first bytes of the answer to QUESTION, empty where none came."""
    family, place = here
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_STREAM) as asking:
        asking.settimeout(PATIENCE)
        asking.connect(place)
        return _said(asking, question)
    return b""


def _said(asking: socket.socket, question: bytes) -> bytes:
    said = b""
    deadline = Deadline.after(PATIENCE)
    with contextlib.suppress(OSError):
        asking.sendall(question)
        while len(said) < _FRAME_HEADER or (said.startswith(b"HTTP/1.") and len(said) < _ENOUGH):
            deadline.bound(asking)
            if said.startswith(b"HTTP/1."):
                asking.settimeout(_REST)
            piece = asking.recv(_ENOUGH)
            if not piece:
                break
            said += piece
    return said
