"""What is known besides the chain: settings, log lists, revocation data, lists of what is distrusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from pki.trust.distrust import DISTRUSTED_ROOTS
from pki.trust.revocation import RevocationData
from pki.trust.trust_settings import NO_SETTINGS, TrustSettings

if TYPE_CHECKING:
    from pki.trust.ct_logs import LogList


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of it optional; a verdict lists what was missing.

    `ct_logs` None means that the timestamps of Certificate Transparency are counted and not verified; `ct_enforced`
    False, that the client does not ask for it: its log list is older than 60 days, or a profile exempts the name or
    the CA. `delivered_scts` are the lists of SCTs that came with the handshake or a stapled OCSP response. `accepted`
    are the exceptions an app set: (fingerprint, Apple check), for recoverable failures alone. `distrusted_roots` maps
    SHA-256 fingerprints (lower-case hex) to the moment from which nothing issued below counts.
    """

    settings: TrustSettings = NO_SETTINGS
    ct_logs: LogList | None = None
    ct_enforced: bool = True
    delivered_scts: tuple[bytes, ...] = ()
    revocation: RevocationData = field(default_factory=RevocationData)
    accepted: frozenset[tuple[str, str]] = frozenset()
    distrusted_roots: Mapping[str, datetime] = field(default_factory=lambda: DISTRUSTED_ROOTS)


NO_EVIDENCE = Evidence()
