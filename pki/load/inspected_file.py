"""What is known of one file: the value behind `inspect`."""

from __future__ import annotations

from dataclasses import dataclass

from pki.load.descriptions import Described
from pki.load.inspected import InspectedCertificate, InspectedKey
from pki.load.kinds import FileKind
from pki.load.p12.container import Container
from pki.load.profile.findings import ProfileFinding
from pki.load.profile.reading import ConfigurationProfile
from pki.load.recognised import Form


@dataclass(frozen=True, slots=True)
class Inspection:
    """Everything that could be said about one file; a profile's parts are what its payloads carry."""

    name: str
    kind: FileKind
    form: Form
    certificates: tuple[InspectedCertificate, ...] = ()
    keys: tuple[InspectedKey, ...] = ()
    container: Container | None = None
    profile: ConfigurationProfile | None = None
    parts: tuple[Inspection, ...] = ()
    others: tuple[Described, ...] = ()
    notes: tuple[str, ...] = ()
    findings: tuple[ProfileFinding, ...] = ()  # about a profile, errors first

    @property
    def described(self) -> str:
        """What it is, as a sentence needs it."""
        return self.others[0].described if self.described_by_other else self.kind.described

    @property
    def described_by_other(self) -> bool:
        """Whether one of `others` is what the whole file is: certificates beside it are its own."""
        alone = len(self.others) == 1 and not (self.keys or self.parts or self.profile or self.container)
        return alone and self.others[0].kind is self.kind

    @property
    def faulty(self) -> bool:
        """Whether Apple's systems would refuse it, or a part of it: a finding that is an error, for example."""
        return (
            any(finding.severity.fails for finding in self.findings)
            or any(certificate.problem for certificate in self.certificates)
            or any(key.problem for key in self.keys)
            or (self.container is not None and self.container.faulty)
            or (self.profile is None and any(part.faulty for part in self.parts))
        )
