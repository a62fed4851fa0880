"""What ATS and pins ask of one host after the other, decided once for all hosts of a kind.

A kind is the key of NSExceptionDomains that decides, or that none does and whether the host is local; and the entries
of NSPinnedDomains that cover it. There are as many as an Info.plist makes, however many hosts are asked about.
"""

from __future__ import annotations

from pki.ats.addresses import is_local
from pki.ats.decision import AtsPolicy, deciding_key, policy_for
from pki.ats.pins import Pins, pinning, pins_of
from pki.ats.settings import AtsSettings
from pki.ats.systems import OsVersion
from pki.model.hosts import Host


class HostKinds:
    """One app on one system. Hosts of a kind get the same object, so that `is` tells kinds apart."""

    def __init__(self, settings: AtsSettings, os: OsVersion) -> None:
        self._settings = settings.as_read_by(os)
        self._os = os
        self._policies: dict[tuple[str | None, bool], AtsPolicy] = {}
        self._pins: dict[tuple[str, ...], Pins] = {}

    def policy(self, host: Host) -> AtsPolicy:
        """As `policy_for`."""
        exceptions = self._settings.exceptions
        key = deciding_key(host, exceptions) if exceptions else None
        local = key is None and is_local(host, os=self._os)
        known = self._policies.get((key, local))
        if known is None:
            known = policy_for(host, self._settings, local=local, os=self._os)
            self._policies[key, local] = known
        return known

    def pins(self, host: Host) -> Pins:
        """As `pins_for`."""
        entries = pinning(host, self._settings)
        known = self._pins.get(entries)
        if known is None:
            known = self._pins[entries] = pins_of(entries, self._settings)
        return known
