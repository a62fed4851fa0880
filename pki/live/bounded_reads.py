"""What comes before TLS, read with bounds: a line of text, or a number of bytes; never a byte more.

What is read too far here would be missing from the handshake.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pki.handshake.dialling import Unreachable

if TYPE_CHECKING:
    import socket

    from pki.handshake.deadline import Deadline

MAX_LINE = 4096  # bytes; RFC 5321 allows 512, RFC 9051 fewer than this, proxies and directories write more
MAX_LINES = 100  # of one greeting or reply; ours


@dataclass(slots=True)
class Wire:
    """A connection before TLS; `who` is at its other end, for messages.

    `opening` is how it began to speak, `received` what has come since we sent last.
    """

    connected: socket.socket
    deadline: Deadline
    who: str
    opening: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)

    def send(self, data: bytes) -> None:
        """Send DATA, and listen for a new answer.

        Raises:
            TimeoutError: the deadline is over.
        """
        self.received.clear()
        self.deadline.bound(self.connected)
        self.connected.sendall(data)

    def line(self) -> str:
        """One line without its end.

        Raises:
            Unreachable: the connection ends, or the line does not. TimeoutError: the deadline is over.
        """
        line = bytearray()
        while not line.endswith(b"\n"):
            if len(line) > MAX_LINE:
                raise Unreachable(f"{self.who} sent a line of more than {MAX_LINE} bytes", cause="not-tls")
            line += self.exactly(1)
        return shown(line)

    def exactly(self, count: int) -> bytes:
        """COUNT bytes.

        Raises:
            Unreachable: the connection ends before. TimeoutError: the deadline is over.
        """
        data = bytearray()
        while len(data) < count:
            self.deadline.bound(self.connected)
            piece = self.connected.recv(count - len(data))
            if not piece:
                raise Unreachable(
                    f"{self.who} closed the connection before TLS began"
                    + (f", after {shown(self.received)!r}" if self.received else ""),
                    hint="Is it the right port?",
                    cause="closed",
                )
            data += piece
            self.received += piece
            if len(self.opening) < MAX_LINE:
                self.opening += piece
        return bytes(data)


def shown(data: bytes | bytearray) -> str:
    """The first line of DATA for somebody's terminal."""
    text = bytes(data[:MAX_LINE]).split(b"\n")[0].decode("ascii", "backslashreplace").rstrip("\r")
    return "".join(c if c.isprintable() else "?" for c in text)
