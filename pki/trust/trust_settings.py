"""What a user or an administrator said about single certificates, and how it changes an evaluation.

Source: Security-61901, SecPolicyServer.c: a certificate's settings are a list of constraints, the first that matches
policy and host decides about trust; Unspecified changes nothing. Allowed errors are looked for in all that match.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pki.model.certificate import CertFacts
from pki.model.hosts import Host
from pki.model.signatures import self_signed

LIFTABLE = frozenset({"SSLHostname", "TemporalValidity", "Email"})
"""The only checks an allowed error can lift (SecTrustSettings.c)."""


class TrustResult(StrEnum):
    """kSecTrustSettingsResult."""

    TRUST_ROOT = "TrustRoot"  # counts for self-signed certificates only
    TRUST_AS_ROOT = "TrustAsRoot"  # counts for all others only
    DENY = "Deny"
    UNSPECIFIED = "Unspecified"


@dataclass(frozen=True, slots=True)
class TrustSetting:
    """One constraint. None fields match everything; `policy` is one of our policies' names.

    `allowed_error` is the name of an Apple check that this setting lifts from its certificate.
    """

    result: TrustResult = TrustResult.TRUST_ROOT
    policy: str | None = None
    host: str | None = None
    allowed_error: str | None = None

    def matches(self, policy: str, host: Host | None) -> bool:
        """Whether it speaks of this policy and host: the host as it was asked for, a dot at its end included."""
        if self.policy is not None and self.policy != policy:
            return False
        if self.host is None:
            return True
        return host is not None and host.text.casefold() == self.host.removesuffix("\0").casefold()


@dataclass(frozen=True, slots=True)
class TrustSettings:
    """Settings by the SHA-256 fingerprint of their certificate, lower-case hex."""

    by_certificate: Mapping[str, tuple[TrustSetting, ...]] = field(default_factory=dict)

    def deciding(self, cert: CertFacts, policy: str, host: Host | None) -> TrustSetting | None:
        """The first setting of CERT that matches; None when there is none."""
        if not self.by_certificate:
            return None
        settings = self.by_certificate.get(cert.sha256, ())
        return next((setting for setting in settings if setting.matches(policy, host)), None)

    def trusts(self, cert: CertFacts, policy: str, host: Host | None) -> bool | None:
        """Whether CERT is an anchor by its settings; None when it has none at all."""
        if not self.by_certificate or cert.sha256 not in self.by_certificate:
            return None
        setting = self.deciding(cert, policy, host)
        wanted = TrustResult.TRUST_ROOT if self_signed(cert) else TrustResult.TRUST_AS_ROOT
        return setting is not None and setting.result is wanted

    def denies(self, cert: CertFacts, policy: str, host: Host | None) -> bool:
        """Whether CERT is set to Deny."""
        setting = self.deciding(cert, policy, host)
        return setting is not None and setting.result is TrustResult.DENY

    def allows(self, cert: CertFacts, check: str, policy: str, host: Host | None) -> bool:
        """Whether any setting of CERT that matches lifts CHECK from it (SecPVCIsAllowedError): all are looked at."""
        return check in LIFTABLE and any(
            setting.allowed_error == check and setting.matches(policy, host)
            for setting in self.by_certificate.get(cert.sha256, ())
        )


NO_SETTINGS = TrustSettings()
