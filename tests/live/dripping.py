"""Peers that send a byte at a time and never come to an end: every single wait is short."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from itertools import chain, cycle

PAUSE = 0.05  # seconds between bytes: far below any timeout of these tests
SERVER_HELLO = bytes.fromhex("160303007a0200007603 03")  # a record of 122 bytes, of which these are the first


def dripping(opening: bytes, *, after: int = 0, first: bytes = b"") -> Callable[[socket.socket], None]:
    """A guest's handler: wait for AFTER bytes, send FIRST at once, then OPENING and zeros for ever, byte by byte."""

    def play(guest: socket.socket) -> None:
        heard = 0
        while heard < after:
            heard += len(guest.recv(4096)) or after
        guest.sendall(first)
        for byte in _for_ever(opening):
            guest.sendall(byte)
            time.sleep(PAUSE)

    return play


def _for_ever(opening: bytes) -> Iterator[bytes]:
    return chain((bytes([byte]) for byte in opening), cycle([b"x"]))
