"""What a profile can set about certificates besides bringing them: exemptions, revocation, preferences.

Source: the file of each payload type in github.com/apple/device-management, release iOS 18.1 / macOS 15.1, commit
b6202ca.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from pki.errors import InvalidRequest
from pki.load.profile.crosschecks import domain_problem
from pki.model.certificate import CertFacts
from pki.model.name_input import host_suggestion


@dataclass(frozen=True, slots=True)
class TransparencyExemption:
    """Hosts and keys of which no Certificate Transparency is asked; it matters for publicly anchored chains only.

    A certificate counts by its key: a server's own, or that of a CA whose name constraints, or own name, hold an
    organization.
    """

    domains: tuple[str, ...] = ()
    """Hosts, or `.example.com` for what is below example.com."""
    certificates: tuple[CertFacts, ...] = ()

    def __post_init__(self) -> None:
        if not self.domains and not self.certificates:
            raise InvalidRequest("The exemption exempts nothing", hint="Give it a domain or a certificate.")
        for domain in self.domains:
            problem = domain_problem(domain)
            if problem is not None:
                raise InvalidRequest(
                    f"{domain!r} cannot be exempted", hint=f"{host_suggestion(domain)}Give {problem}."
                )

    def keys(self) -> dict[str, Any]:
        """The payload's own keys."""
        found: dict[str, Any] = {}
        if self.domains:
            found["DisabledForDomains"] = list(self.domains)
        if self.certificates:
            found["DisabledForCerts"] = _hashes(self.certificates)
        return found


@dataclass(frozen=True, slots=True)
class RevocationChecks:
    """CAs below which every certificate is checked for revocation: iOS 14.2, visionOS 1.1, no Mac."""

    certificates: tuple[CertFacts, ...]

    def keys(self) -> dict[str, Any]:
        """The payload's own keys."""
        return {"EnabledForCerts": _hashes(self.certificates)}


@dataclass(frozen=True, slots=True)
class Preference:
    """On a Mac: which certificate a service is for. Safari then no longer asks which identity to use."""

    service: str
    """A host, a mail address, or another name that stands for the service."""
    certificate: x509.Certificate
    """One of the profile's; an identity's, where `proves` is set."""
    proves: bool = True
    """An identity to prove who we are; false: a certificate to encrypt to somebody."""

    def __post_init__(self) -> None:
        if not self.service.strip() or not self.service.isprintable():
            raise InvalidRequest(
                f"{self.service!r} is no service", hint="Give a host, a mail address or a URL."
            )


def _hashes(certificates: Iterable[CertFacts]) -> list[dict[str, Any]]:
    return [{"Algorithm": "sha256", "Hash": certificate.spki_sha256} for certificate in certificates]
