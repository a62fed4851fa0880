"""A UDP relay between a client and a server that does to datagrams what paths do: loses large ones, changes cookies."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable, Iterator

from pki.handshake.dtls.records import message_of

LOOPBACK = "127.0.0.1"
Path = Callable[[bytes], bytes | None]  # what becomes of a datagram; None: lost


def narrow(largest: int) -> Path:
    """Carries no datagram of more than LARGEST bytes, and tells nobody: an MTU black hole."""
    return lambda datagram: datagram if len(datagram) <= largest else None


def spoil_cookies(datagram: bytes) -> bytes:
    """Flips a bit in the cookie of a HelloVerifyRequest, its last byte."""
    if message_of(datagram) != "HelloVerifyRequest":
        return datagram
    return datagram[:-1] + bytes([datagram[-1] ^ 1])


def whole(datagram: bytes) -> bytes:
    """Carries everything."""
    return datagram


@contextlib.contextmanager
def relay(server: int, *, up: Path = whole, down: Path = whole) -> Iterator[int]:
    """A port of 127.0.0.1 from which everything goes UP to the port SERVER, and its answers DOWN to who came last."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as front,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as back,
        selectors.DefaultSelector() as watched,
    ):
        front.bind((LOOPBACK, 0))
        back.connect((LOOPBACK, server))
        watched.register(front, selectors.EVENT_READ)
        watched.register(back, selectors.EVENT_READ)
        stop = threading.Event()

        def run() -> None:
            client = None
            while not stop.is_set():
                for key, _ in watched.select(0.05):
                    with contextlib.suppress(OSError):
                        if key.fileobj is front:
                            datagram, client = front.recvfrom(65536)
                            if (carried := up(datagram)) is not None:
                                back.send(carried)
                        elif (carried := down(back.recv(65536))) is not None and client is not None:
                            front.sendto(carried, client)

        carrier = threading.Thread(target=run)
        carrier.start()
        try:
            yield int(front.getsockname()[1])
        finally:
            stop.set()
            carrier.join()
