"""Keeps an eye on the server behind: what it speaks, on entering and whenever it comes up again."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from pki.front.behind import Speaks
from pki.front.probing import addresses, probe

if TYPE_CHECKING:
    from types import TracebackType

    from pki.front.behind import ServerBehind
    from pki.handshake.dialling import Address

_PAUSE = 0.5  # seconds between two looks at a server that is away


class BehindWatch:
    """Knows where BEHIND is and what it speaks while the `with` block lasts; a thread of its own asks, and may wait."""

    def __init__(self, behind: ServerBehind) -> None:
        self.behind = behind
        self.speaks = Speaks.NOTHING
        self.addresses: list[Address] = []
        self._lost = threading.Event()
        self._over = threading.Event()

    def __enter__(self) -> Self:
        self._over.clear()
        self.look()
        self._thread = threading.Thread(target=self._run, name="trustrig:behind", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._lost.set()
        self._thread.join()

    def look(self) -> None:
        """Ask it now."""
        found = addresses(self.behind)
        self.speaks = probe(self.behind, found)
        self.addresses = found

    def misfit(self, protocol: bytes) -> str:
        """Why a client that agreed on PROTOCOL cannot be passed on; empty where it can."""
        if self.speaks is Speaks.TLS:
            return (
                f"the server behind, {self.behind.place}, speaks TLS, and a front speaks in the clear to it"
            )
        if self.speaks is Speaks.HTTP2 and protocol != b"h2":
            return f"the server behind, {self.behind.place}, speaks HTTP/2 alone, and this client does not offer it"
        return ""

    def lost(self) -> None:
        """It could not be reached, or said what it did not speak before: ask until it answers."""
        self.speaks = Speaks.NOTHING
        self._lost.set()

    def _run(self) -> None:
        while not self._over.is_set():
            if self.speaks is not Speaks.NOTHING:
                self._lost.wait()
            self._lost.clear()
            if not self._over.wait(_PAUSE):
                self.look()
