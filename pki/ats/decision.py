"""What ATS asks of a connection to one host: Apple's decision procedure, step by step.

Source: Security-61901, protocol/SecProtocolConfiguration.m (macOS 26.0); it reproduces that file's unit tests. What
older systems did: Apple, NSAppTransportSecurity ("Versioning") and NSAllowsLocalNetworking. The NIAP keys: Apple,
NSRequiresNIAPTLSPackageVersion (OS 26.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from pki.ats.addresses import is_local, longest_network
from pki.ats.settings import AtsSettings, DomainException
from pki.ats.systems import NEWEST, OsVersion
from pki.model.hosts import Host

if TYPE_CHECKING:
    from pki.model.suites import SuiteGroup


class Caller(StrEnum):
    """Who opens the connection: two global keys lift ATS for one kind of caller only."""

    URLSESSION = "urlsession"
    WEBKIT = "webkit"  # NSAllowsArbitraryLoadsInWebContent
    MEDIA = "media"  # AVFoundation's process; NSAllowsArbitraryLoadsForMedia


@dataclass(frozen=True, slots=True)
class AtsPolicy:
    """ATS for one host. With `applies` False nothing is asked beyond normal TLS trust.

    `trust_required`: the default trust evaluation must succeed, so that anchors and overrides of the app's own
    code do not count. `minimum_tls` is `"1.0"` to `"1.3"`, None where ATS leaves the version alone. `fcp`: the NIAP
    functional package for TLS, version 2.1, comes on top.
    """

    applies: bool
    tls_required: bool
    trust_required: bool
    minimum_tls: str | None
    forward_secrecy: bool
    ciphersuites_restricted: bool
    why: str
    exception_key: str | None = None
    fcp: bool = False

    @property
    def suites(self) -> SuiteGroup | None:
        """The list of cipher suites the client offers; None where ATS leaves it open.

        Source: Security-61901, SecProtocolHelper.m; for FCP_v2.1 the headers of Security 26.5.
        """
        from pki.model.suites import SuiteGroup

        if self.fcp:
            return SuiteGroup.FCP
        if not self.ciphersuites_restricted:
            return None
        return SuiteGroup.ATS if self.forward_secrecy else SuiteGroup.NO_FORWARD_SECRECY

    @property
    def checks_key_size(self) -> bool:
        """Whether ATS's own floor for keys holds. Source: Apple, NSExceptionRequiresForwardSecrecy: NO drops it."""
        return self.applies and self.forward_secrecy

    @property
    def needs_extended_master_secret(self) -> bool:
        """Whether TLS 1.2 must negotiate Extended Master Secret (RFC 7627)."""
        return self.fcp

    @property
    def offers_sha1_signatures(self) -> bool:
        """Whether the client offers rsa_pkcs1_sha1, and takes certificates signed with what it did not offer."""
        return not self.fcp


DEFAULT_POLICY = AtsPolicy(
    applies=True,
    tls_required=True,
    trust_required=True,
    minimum_tls="1.2",
    forward_secrecy=True,
    ciphersuites_restricted=True,
    why="ATS with its defaults (no Info.plist given)",
)
"""What an app without an NSAppTransportSecurity dictionary gets."""


def policy_for(
    host: Host,
    settings: AtsSettings,
    *,
    local: bool | None = None,
    first_party: bool = False,
    os: OsVersion = NEWEST,
    caller: Caller = Caller.URLSESSION,
) -> AtsPolicy:
    """Decide what ATS asks for HOST of an app that runs on OS.

    `local` overrides our own reading of the host (see `is_local`); `first_party` is for Apple's own bundles,
    whose default is to allow everything.
    """
    read = settings.as_read_by(os)
    key = deciding_key(host, read.exceptions)
    if key is not None:
        policy = _excepted(key, read.exceptions[key])
        package = read.exceptions[key].niap or read.niap
    else:
        here = is_local(host, os=os) if local is None else local
        required, why = _globally(read, here, first_party, caller)
        if not required:
            return AtsPolicy(False, False, False, None, False, False, why)
        policy = AtsPolicy(True, True, True, "1.2", True, True, why)
        package = read.niap
    return _with_fcp(policy) if package is not None and package.tightens else policy


def _excepted(key: str, exception: DomainException) -> AtsPolicy:
    insecure = exception.allows_insecure_http
    relaxed = (
        "insecure loads allowed: the app's own trust decisions count" if insecure else "trust stays required"
    )
    return AtsPolicy(
        applies=True,
        tls_required=not insecure,
        trust_required=not insecure,
        minimum_tls=exception.minimum_tls or "1.2",
        forward_secrecy=exception.requires_forward_secrecy,
        ciphersuites_restricted=exception.requires_forward_secrecy or not insecure,
        why=f"exception for {key!r} ({relaxed})",
        exception_key=key,
    )


def _globally(settings: AtsSettings, local: bool, first_party: bool, caller: Caller) -> tuple[bool, str]:
    """Whether TLS is required of a host without an exception, and the words for it."""
    if local and settings.local_networking is not False:
        return False, "local name or address: ATS does not apply, normal TLS trust does"
    if settings.arbitrary_loads_for_media and caller is Caller.MEDIA:
        return False, "NSAllowsArbitraryLoadsForMedia: ATS is off for AVFoundation"
    if settings.arbitrary_loads_in_web_content and caller is Caller.WEBKIT:
        return False, "NSAllowsArbitraryLoadsInWebContent: ATS is off for web views"
    if settings.has_narrower_key:
        ignored = (
            ", NSAllowsArbitraryLoads is ignored beside a narrower key" if settings.arbitrary_loads else ""
        )
        return True, f"ATS with its defaults{ignored}"
    allowed = first_party if settings.arbitrary_loads is None else settings.arbitrary_loads
    if allowed:
        return False, "NSAllowsArbitraryLoads: ATS is off"
    return True, "ATS with its defaults"


def _with_fcp(policy: AtsPolicy) -> AtsPolicy:
    """POLICY with the functional package on top.

    Its suites are ECDHE with AES-GCM, which RFC 5289 defines for TLS 1.2 alone: a lower floor admits nobody. A domain's
    entry without a NIAP key of its own keeps the global one; Apple's page on the domain's key carves a domain out with
    `none`, although other global keys never reach a domain that has an entry.
    """
    return replace(
        policy,
        minimum_tls=max(policy.minimum_tls or "1.2", "1.2"),
        forward_secrecy=True,
        ciphersuites_restricted=True,
        fcp=True,
        why=f"{policy.why}; NIAP FCP_v2.1",
    )


def deciding_key(host: Host, exceptions: Mapping[str, DomainException]) -> str | None:
    """The key of EXCEPTIONS that decides about HOST, None when none does.

    The exact host first; then the nearest parent that includes subdomains, at any depth; for an address the longest
    CIDR range. Nothing is normalised: case and a trailing dot count.
    """
    if host.text in exceptions:
        return host.text
    if host.address is not None:
        return longest_network(host.address, exceptions)
    parent = host.text
    while "." in parent:
        parent = parent.split(".", 1)[1]
        if parent in exceptions and exceptions[parent].includes_subdomains:
            return parent
    return None


def lets_through(policy: AtsPolicy, *, default_trust: bool, app: bool | None = None) -> bool:
    """Whether an https connection comes about, by who decides what. Source: Apple, TN2232.

    `default_trust`: the evaluation without the app's help succeeds. `app`: what the app's own code answers to the
    challenge, None when it does not intervene. Under ATS the app may only refuse; where ATS does not require trust, the
    app's answer is the answer. Pins of NSPinnedDomains need no word here: SecTrust itself holds them against the chain,
    in the default evaluation and in the app's own alike (`pki.ats.pins`).
    """
    if policy.trust_required and not default_trust:
        return False
    return default_trust if app is None else app
