"""Keeps an eye on the server behind: what it speaks, on entering and whenever it comes up again."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from pki.front.away import Away
from pki.front.behind import Speaks
from pki.front.probing import addresses, probe
from pki.handshake.dialling import Unreachable

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
        self._spoke = Speaks.NOTHING  # when it was last reached: what it most likely will, when it is again
        self.away = Away("nobody asked yet")  # of a server that speaks nothing
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
        try:
            found = addresses(self.behind)
        except Unreachable as error:
            self.addresses, self.away, self.speaks = [], Away.of(error), Speaks.NOTHING
            return
        try:
            speaks, here = probe(self.behind, found)
        except Unreachable as error:
            self.addresses, self.away, self.speaks = found, Away.of(error), Speaks.NOTHING
            return
        # A name may have an address that nobody answers at; whoever comes is not to wait for that.
        self.addresses = [here, *(other for other in found if other != here)]
        self.speaks = self._spoke = speaks

    @property
    def alpn(self) -> tuple[bytes, ...]:
        """What clients are offered: a server that is away for a moment is expected to come back as it was."""
        return self._spoke.alpn

    def misfit(self, protocol: bytes) -> str:
        """Why a client that agreed on PROTOCOL cannot be passed on; empty where it can."""
        if not self.addresses:
            return self.away.remark(self.behind.place)
        if self.speaks is Speaks.TLS:
            return (
                f"the server behind, {self.behind.place}, speaks TLS, and a front speaks in the clear to it"
            )
        if self.speaks is Speaks.FRONT:
            return f"the server behind, {self.behind.place}, is a front itself: name the one behind that"
        if self._spoke is Speaks.HTTP2 and protocol != b"h2":
            return f"the server behind, {self.behind.place}, speaks HTTP/2 alone, and this client does not offer it"
        return ""

    def lost(self, away: Away) -> None:
        """It is AWAY, or said what it did not speak before: ask until it answers."""
        self.away, self.speaks = away, Speaks.NOTHING
        self._lost.set()

    def _run(self) -> None:
        while not self._over.is_set():
            if self.speaks is not Speaks.NOTHING:
                self._lost.wait()
            self._lost.clear()
            if not self._over.wait(_PAUSE):
                self.look()
