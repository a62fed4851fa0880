"""The evaluator's question: which certificates, for whom, when, trusted how, and by which policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from pki.ats import AtsPolicy, Pins
from pki.model.certificate import CertFacts
from pki.model.codes import Severity
from pki.model.hosts import Host
from pki.model.transport import Transport
from pki.model.verdict import AnchorClass, Level
from pki.trust.evidence import NO_EVIDENCE, Evidence

NO_PINS = Pins(None, None)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A certificate that ends a path, and how it came to be trusted. It need not be self-signed."""

    certificate: CertFacts
    anchor_class: AnchorClass = AnchorClass.USER

    @classmethod
    def parse(cls, der: bytes, anchor_class: AnchorClass | str = AnchorClass.USER) -> Anchor:
        """Read a DER certificate as an anchor.

        Raises:
            Unreadable: Apple's parser refuses it.
        """
        return cls(CertFacts.parse(der), AnchorClass(anchor_class))


@dataclass(frozen=True, slots=True)
class Policy:
    """Which part of the catalogue judges: a row of data, not a code path.

    `purposes` are the extended key usages the leaf must allow when it names any.
    """

    name: str
    title: str
    levels: tuple[Level, ...]
    purposes: tuple[str, ...] = ()
    server: bool = False
    checks_host: bool = True
    by_the_book: bool = False  # name constraints by RFC 5280 instead of by Apple's code
    without: frozenset[str] = frozenset()  # rules of its levels that it does not ask
    severities: Mapping[str, Severity] = field(default_factory=dict)  # where they differ from the catalogue's


class Request(NamedTuple):
    """Everything a rule may look at besides the path itself. `host` None means: no name check, as in SecTrust."""

    leaf: CertFacts
    others: tuple[CertFacts, ...]
    host: Host | None
    at: datetime
    anchors: tuple[Anchor, ...]
    policy: Policy
    ats: AtsPolicy
    pins: Pins = NO_PINS
    evidence: Evidence = NO_EVIDENCE
    transport: Transport | None = None  # what a live connection negotiated
