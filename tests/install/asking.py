"""Asking a portal byte by byte, as no browser would."""

from __future__ import annotations

import socket
from typing import NamedTuple

from tests.clock import PATIENCE


class Answer(NamedTuple):
    status: int
    fields: dict[str, str]
    body: bytes


def connect(port: int, address: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection((address, port), timeout=PATIENCE)


def ask(
    port: int, path: str, *fields: str, method: str = "GET", host: str | None = None, agent: str = "curl/8.0"
) -> Answer:
    """Send one request, and read to the end."""
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {f'127.0.0.1:{port}' if host is None else host}",
        f"User-Agent: {agent}",
        *fields,
    ]
    return send(port, "".join(f"{line}\r\n" for line in (*lines, "")).encode())


def send(port: int, data: bytes) -> Answer:
    with connect(port) as peer:
        peer.sendall(data)
        return read(peer)


def read(peer: socket.socket) -> Answer:
    received = b"".join(iter(lambda: peer.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("ascii").split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    return Answer(int(first.split()[1]), {name: value for name, _, value in pairs}, body)
