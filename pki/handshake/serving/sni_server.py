"""Several servers on one port: who answers is settled by the name that the client asks for (SNI)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.handshake.serving.client_hello import asked_name
from pki.handshake.serving.https_end import HttpsEnd

if TYPE_CHECKING:
    from collections.abc import Callable

    from pki.handshake.ends.contexts import ServerContext
    from pki.handshake.ends.end_record import Ended, EndRecord


class SniServerEnd:
    """A server's end that waits for the ClientHello, and then is the end of whichever server CHOOSE gives.

    CHOOSE gets the name in lower case, empty when there is none.
    """

    def __init__(self, choose: Callable[[str], ServerContext]) -> None:
        self._choose = choose
        self._stream = b""
        self._end: HttpsEnd | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self._end is not None and self._end.over

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire."""
        if self._end is not None:
            self._end.receive(data)
            return
        self._stream += data
        name = asked_name(self._stream)
        if name is not None:
            self._settle(name)

    def outgoing(self) -> bytes:
        """What has to be sent now."""
        return self._end.outgoing() if self._end is not None else b""

    def close(self, ended: Ended) -> None:
        """Be over: the wire is gone, or time is up."""
        (self._end or self._settle("")).close(ended)

    def record(self) -> EndRecord:
        """What it knows; ask when it is over."""
        return (self._end or self._settle("")).record()

    def _settle(self, name: str) -> HttpsEnd:
        self._end = end = HttpsEnd(self._choose(name))
        if self._stream:
            end.receive(self._stream)
            self._stream = b""
        return end
