"""What a front knows of one connection that is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki.handshake.serving.connection_log import size_of_record
from pki.model.stages import Ending

if TYPE_CHECKING:
    from pki.handshake.ends.end_record import EndRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Relayed:
    """One connection. `received` and `sent` count bytes of application data, from the client and to it."""

    label: str  # what was shown to it
    client: str  # its address
    record: EndRecord | None  # None: it spoke no TLS
    received: int = 0
    sent: int = 0
    answer: str = ""  # the first status line of the server behind, over HTTP/2 its status
    remark: str = ""  # what the front says of it itself, one sentence without its full stop
    asked: str = ""  # the name in its CONNECT
    ending: Ending | None = Ending.BROKEN  # how it came out where no TLS was spoken; None: none was to be
    code: str = "closed"  # the same, as one of `pki.model.causes.CAUSES` or `first_bytes.PAC_FETCHED`

    @property
    def spoke_tls(self) -> bool:
        """Whether TLS came: a fetched PAC, or a CONNECT to another name, is no connection to the server."""
        return self.record is not None


def size_of_relayed(relayed: Relayed) -> int:
    """The bytes that are the client's alone."""
    return size_of_record(relayed.record) if relayed.record is not None else len(relayed.asked)
