"""The hosts an evaluator is asked about: each as read, and what ATS and the pins ask of a connection to it."""

from __future__ import annotations

from typing import NamedTuple

from pki.ats import DEFAULT_POLICY, AtsPolicy, AtsSettings, OsVersion, Pins
from pki.ats.host_kinds import HostKinds
from pki.model.hosts import Host, parse_host
from pki.model.verdict import Level
from pki.trust.request import NO_PINS, Policy

ATS_OFF = AtsPolicy(
    False, False, False, None, False, False, "not a URLSession connection: ATS does not apply"
)


class HostAsked(NamedTuple):
    """A host as given and as read, and what is asked of a connection to it."""

    given: str | Host | None
    host: Host | None
    ats: AtsPolicy
    pins: Pins


class HostsAsked:
    """Of one app on one system. The last host is kept, and what is asked of each kind of host, which are few."""

    def __init__(self, policy: Policy, settings: AtsSettings, os: OsVersion, *, ats_applies: bool) -> None:
        # SecPolicyCreateSSL(true, ...) alone reads the pins; SecTrust enforces them, outside URLSession too.
        self._pins_apply = Level.ATS in policy.levels
        self._ats_applies = ats_applies and self._pins_apply
        self._kinds = HostKinds(settings, os)
        self._nobody = HostAsked(None, None, DEFAULT_POLICY if self._ats_applies else ATS_OFF, NO_PINS)
        self._last = self._nobody

    def about(self, host: str | Host | None) -> HostAsked:
        """What is asked of HOST; None: no name is checked.

        Raises:
            InvalidRequest: it is no host.
        """
        if host is None:
            return self._nobody
        last = self._last
        if last.given != host:
            read = parse_host(host) if isinstance(host, str) else host
            ats = self._kinds.policy(read) if self._ats_applies else ATS_OFF
            pins = self._kinds.pins(read) if self._pins_apply else NO_PINS
            last = self._last = HostAsked(host, read, ats, pins)
        return last
