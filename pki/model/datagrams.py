"""What is found out about a DTLS server, layer by layer, and about a handshake with a pre-shared key."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from pki.model.alerts import TlsAlert
    from pki.model.transcript import Ending, Party, Transcript


class LayerName(StrEnum):
    """What has to work, the lowest first: each is tried only where those below it may work."""

    UDP = "UDP"
    ANSWER = "DTLS answer"
    VERSION = "version"
    HANDSHAKE = "handshake"
    SERVER_CERTIFICATE = "server certificate"
    CLIENT_CERTIFICATE = "client certificate"


class LayerState(StrEnum):
    """A layer's answer; all but the first two say that nothing was proven."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_ASKED = "not asked"
    NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer and what was seen of it."""

    name: LayerName
    state: LayerState
    text: str = ""


@dataclass(frozen=True, slots=True)
class DatagramNote:
    """Something that holds on an Apple device by its source, and was not tried here."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came back: datagrams, bytes of the largest, HelloVerifyRequests, and the server's first flight."""

    datagrams: int
    largest: int
    hello_verify_requests: int
    whole: tuple[str, ...]  # messages by name, in order
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatagramDiagnosis:
    """A DTLS server as one client found it. Times are UTC."""

    target: str
    at: datetime
    layers: tuple[Layer, ...]
    reason: str
    next_step: str
    notes: tuple[DatagramNote, ...]
    cookie_asked: bool
    resent: int  # flights sent again
    mtu: int
    arrived: Arrived
    transcript: Transcript | None  # None when nothing came back

    @property
    def not_checked(self) -> tuple[str, ...]:
        """What nobody looked at, in words; nothing was looked at where nothing came back."""
        return (
            self.transcript.not_checked if self.transcript is not None else ("the server: nothing came back",)
        )

    @property
    def failed(self) -> LayerName | None:
        """The first layer that failed; None when all went well."""
        return next((layer.name for layer in self.layers if layer.state is LayerState.FAILED), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkResult:
    """One handshake over a link: its transcript, and what DTLS did for it."""

    transcript: Transcript
    cookie_asked: bool  # the client got a HelloVerifyRequest
    sent: int  # datagrams, both ways
    lost: int
    resent: int  # flights sent again
    largest: int  # bytes of the largest datagram
    mtu: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PskOutcome:
    """A handshake with a pre-shared key. The key is in none of this; an identity travels in the clear."""

    at: datetime
    transport: str
    ending: Ending
    refused_by: Party | None
    alert: TlsAlert | None
    reason: str
    repair: str
    version: str | None
    suite: str | None
    identity: str | None
    answer: str = ""  # what the server said over the connection
    not_checked: tuple[str, ...] = (
        "certificates: a pre-shared key takes their place, so there is no name, no date and no revocation to look up",
    )

    @property
    def accepted(self) -> bool:
        """Whether both sides hold the same key."""
        return self.ending.name == "ACCEPTED"
