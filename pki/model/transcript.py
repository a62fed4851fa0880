"""A handshake as it went, seen from both ends."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from pki.errors import Unreadable
from pki.model.certificate import CertFacts
from pki.model.stages import Ending as Ending
from pki.model.stages import Party as Party
from pki.model.stages import StageName as StageName
from pki.model.stages import StageState as StageState
from pki.model.staple import StapleSeen, StapleState

if TYPE_CHECKING:
    from datetime import datetime

    from pki.model.alerts import TlsAlert


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the handshake and what can be said of it."""

    name: StageName
    state: StageState
    text: str = ""


@dataclass(frozen=True, slots=True)
class CertificateSeen:
    """One certificate as it crossed the wire; unreadable ones keep their fingerprint and say so."""

    der: bytes = field(repr=False)
    sha256: str
    subject: str
    issuer: str
    label: str  # the subject's CommonName, what to call it in a sentence


@lru_cache(maxsize=1024)
def certificate_seen(der: bytes) -> CertificateSeen:
    """Read one certificate, tolerantly."""
    try:
        facts = CertFacts.parse(der)
    except Unreadable as error:
        fingerprint = hashlib.sha256(der).hexdigest()
        return CertificateSeen(der, fingerprint, f"({error.problem})", "(unknown)", "(unreadable)")
    return CertificateSeen(der, facts.sha256, str(facts.subject), str(facts.issuer), facts.subject.label)


@dataclass(frozen=True, slots=True)
class AlertSeen:
    """A fatal alert. `arrived` and `after_peer_done` are None where only one end is ours and it cannot be told."""

    kind: TlsAlert
    sender: Party
    arrived: bool | None
    after_peer_done: bool | None  # the other side already believed itself done: TLS 1.3's late refusal


@dataclass(frozen=True, slots=True)
class TranscriptNote:
    """Something odd that stops nothing. `code` is one of `pki.model.causes.NOTES`."""

    code: str
    party: Party
    text: str


@dataclass(frozen=True, slots=True)
class EndReport:
    """One end of the connection. Of an end that is not ours only what crossed the wire is known."""

    party: Party
    ours: bool
    believed_done: bool | None
    sent: tuple[CertificateSeen, ...]
    sent_completely_seen: bool  # False: only as far as the verifier had read when it refused
    path: tuple[CertificateSeen, ...]  # what this end built for the other's chain
    error: str  # OpenSSL's own words


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """One handshake and the question and answer after it. Times are UTC; `at` is the moment judged."""

    at: datetime
    transport: str  # "memory", "sockets", "lossy link" or "datagrams"
    ending: Ending
    refused_by: Party | None
    alert: AlertSeen | None  # the one that decided; None for a refusal by the application
    alerts: tuple[AlertSeen, ...]
    reason: str
    repair: str
    stages: tuple[Stage, ...]
    client: EndReport
    server: EndReport
    version: str | None
    suite: str | None
    group: str | None
    alpn: str | None
    server_name: str | None  # SNI
    client_certificates: str  # required, optional, none, requested (by a server not ours)
    acceptable_cas: tuple[str, ...]
    status: int | None  # HTTP
    staple: StapleSeen | None = None  # None: the client is not ours, or the server's certificate did not come
    code: str = "accepted"  # one of `pki.model.causes.CAUSES`
    rule: str | None = None  # the rule behind it, for `trustrig explain`
    check: str = ""  # a command that tries again; words in capitals are for the reader to fill in
    notes: tuple[TranscriptNote, ...] = ()
    not_checked: tuple[str, ...] = ()  # what nobody here looked at, in words
    host: str = ""  # what the client asked for, where it is ours
    ats_binds: bool | None = None  # whether ATS binds that host; None: nobody judged by it
    resumed: bool | None = None  # None: it cannot be told
    sct_count: int | None = None  # signed certificate timestamps inside the server's certificate

    @property
    def datagrams(self) -> bool:
        """Whether it was DTLS."""
        return self.transport in ("lossy link", "datagrams")

    @property
    def stapled(self) -> bool | None:
        """Whether an OCSP answer came with the server's certificate; None where that is not known."""
        return self.staple.state is not StapleState.NONE if self.staple is not None else None

    @property
    def failed_stage(self) -> StageName | None:
        """The first stage that failed."""
        return next((stage.name for stage in self.stages if stage.state is StageState.FAILED), None)

    @property
    def accepted(self) -> bool:
        """Whether both sides went through with it."""
        return self.ending is Ending.ACCEPTED

    @property
    def alert_name(self) -> str | None:
        """The deciding alert's name in IANA's registry, None where no alert decided."""
        return self.alert.kind.name if self.alert is not None else None

    @property
    def alert_number(self) -> int | None:
        """Its number."""
        return self.alert.kind.number if self.alert is not None else None

    @property
    def headline(self) -> str:
        """One line: how it ended, who decided, by which alert."""
        if self.ending is not Ending.REFUSED:
            return self.ending.capitalize()
        if self.alert is not None:
            return f"Refused by the {self.refused_by} with the alert {self.alert.kind}"
        if self.refused_by is Party.CLIENT:
            return "Refused by the client after the handshake, before it asked anything; no TLS alert"
        return f"Refused by the {self.refused_by}'s application with HTTP {self.status}, no TLS alert"
