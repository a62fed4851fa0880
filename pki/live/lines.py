"""What comes before TLS, read with bounds: a line of text, or a number of bytes; never a byte more.

What is read too far here would be missing from the handshake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.handshake.dialling import Unreachable

if TYPE_CHECKING:
    import socket

    from pki.handshake.deadline import Deadline

MAX_LINE = 4096  # bytes; RFC 5321 allows 512, proxies and directories write more


def read_line(connected: socket.socket, deadline: Deadline, who: str) -> str:
    """One line without its end; WHO is for the message.

    Raises:
        Unreachable: the connection ends, or the line does not. TimeoutError: DEADLINE is over.
    """
    line = bytearray()
    while not line.endswith(b"\n"):
        if len(line) > MAX_LINE:
            raise Unreachable(f"{who} sent a line of more than {MAX_LINE} bytes")
        line += read_exactly(connected, 1, deadline, who)
    text = line.decode("ascii", "backslashreplace").rstrip("\r\n")
    return "".join(c if c.isprintable() else "?" for c in text)  # it is shown on somebody's terminal


def read_exactly(connected: socket.socket, count: int, deadline: Deadline, who: str) -> bytes:
    """COUNT bytes.

    Raises:
        Unreachable: the connection ends before. TimeoutError: DEADLINE is over.
    """
    data = bytearray()
    while len(data) < count:
        deadline.bound(connected)
        piece = connected.recv(count - len(data))
        if not piece:
            raise Unreachable(f"{who} closed the connection before TLS began", hint="Is it the right port?")
        data += piece
    return bytes(data)
