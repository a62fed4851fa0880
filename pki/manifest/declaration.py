"""A manifest that makes sense: what was declared, with defaults filled in and every reference resolved."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pki.issue.keys import KeyType, new_key
from pki.issue.profiles import PROFILES, CertificateKind
from pki.issue.purposes import with_purposes
from pki.issue.randomness import RANDOM
from pki.issue.subjects import client_common_name, server_common_name
from pki.issue.validity import plan
from pki.manifest.defects import DEFECTS
from pki.model.names import parse_subject_name

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

    from pki.issue.permitted import Permitted
    from pki.issue.profiles import CertificateProfile
    from pki.issue.revocation_urls import RevocationUrls
    from pki.issue.revoked import RevocationReason
    from pki.issue.subjects import Subject
    from pki.issue.validity import Validity
    from pki.manifest.defects import DefectSpec
    from pki.manifest.export_model import P12, CrlExport, Ocsp, Pem
    from pki.manifest.export_model import ProfileExport as ProfileTable
    from pki.model.names import SubjectName


@dataclass(frozen=True, slots=True)
class DeclaredCa:
    """A root and the intermediate that issues."""

    id: str
    name: str  # the root's CommonName
    folder: str  # relative to the manifest's
    key: KeyType
    days: int | None
    permit: tuple[str, ...]
    exclude: tuple[str, ...]
    subject: str | None  # beside the name, RFC 4514
    line: int


@dataclass(frozen=True, slots=True)
class DeclaredIntermediate:
    """An authority below a CA's intermediate; its id is its CommonName, by which its folder finds it again."""

    id: str
    ca: str
    key: KeyType
    days: int | None
    permit: tuple[str, ...]
    exclude: tuple[str, ...]
    subject: str | None
    line: int

    def declared(self) -> str:
        """Return what the ledger keeps of this, to be compared with what is declared next time."""
        return _as_json(
            {
                "key": self.key,
                "days": self.days,
                "permit": tuple(sorted(self.permit)),
                "exclude": tuple(sorted(self.exclude)),
                "subject": self.subject,
            },
        )

    def validity(self, *, at: datetime) -> Validity:
        """Return the validity it would get at the time AT, if its authority lasted."""
        return plan(PROFILES[CertificateKind.INTERMEDIATE], at=at, days=self.days)


@dataclass(frozen=True, slots=True)
class Signing:
    """Who signs: a CA's own intermediate (`issuer` is None), or an authority below it."""

    ca: str
    issuer: str | None


@dataclass(frozen=True, slots=True)
class DeclaredLeaf:
    """A server's or client's identity."""

    id: str
    kind: CertificateKind
    ca: str
    issuer: str | None  # the `DeclaredIntermediate` that signs; None: the CA's own intermediate
    names: tuple[str, ...]
    common_name: str | None  # None: the subject's, else a server's first host name, a client's id
    subject: Subject  # what it says beside the CommonName
    purposes: tuple[str, ...]  # dotted OIDs; none: what is usual
    key: KeyType
    days: int | None
    not_before: str | None
    not_after: str | None
    pointers: RevocationUrls
    defect: str | None
    line: int

    def declared(self) -> str:
        """Return what the ledger keeps of this, to be compared with what is declared next time."""
        return _as_json(
            {
                "kind": self.kind,
                "issuer": self.issuer,
                "names": self.names,
                "common_name": self.common_name,
                "subject": str(self.subject) or None,
                "eku": self.purposes,
                "key": self.key,
                "days": self.days,
                "not_before": self.not_before,
                "not_after": self.not_after,
                "ocsp": self.pointers.ocsp,
                "crl": self.pointers.crl,
                "defect": self.defect,
            },
        )

    @property
    def defect_spec(self) -> DefectSpec | None:
        """What is wrong with it on purpose."""
        return DEFECTS[self.defect] if self.defect is not None else None

    def profile(self) -> CertificateProfile:
        """The row its extensions come from."""
        profile, wrong = with_purposes(PROFILES[self.kind], self.purposes), self.defect_spec
        return replace(profile, purposes=wrong.purposes) if wrong and wrong.purposes is not None else profile

    def certified_names(self, limits: tuple[Permitted, ...]) -> tuple[str, tuple[SubjectName, ...]]:
        """CommonName and subject alternative names, below authorities limited to LIMITS."""
        names = tuple(dict.fromkeys(map(parse_subject_name, self.names)))
        if self.common_name is not None:
            common_name = self.common_name
        elif self.subject.common_name:
            common_name = self.subject.common_name
        elif self.kind is CertificateKind.CLIENT:
            common_name = client_common_name(self.id)
        else:
            common_name = server_common_name(names, limits)
        wrong = self.defect_spec
        if wrong is not None and wrong.names is not None:
            names = wrong.names(names)
            if (
                names and self.common_name is None and not self.subject.common_name
            ):  # a CommonName repeats one of the names, these as well
                common_name = server_common_name(names, limits)
        return common_name, names

    def validity(self, *, at: datetime) -> Validity:
        """Return the validity it would get at the time AT, if its authority lasted.

        Raises:
            InvalidRequest: an end was declared, and comes before the beginning.
        """
        wrong, profile = self.defect_spec, PROFILES[self.kind]
        if wrong is not None and wrong.sets_dates:
            return plan(
                profile, at=at, days=wrong.days, not_before=wrong.not_before, not_after=wrong.not_after
            )
        return plan(profile, at=at, days=self.days, not_before=self.not_before, not_after=self.not_after)

    def make_key(self) -> CertificateIssuerPrivateKeyTypes:
        """Make its private key."""
        wrong = self.defect_spec
        if wrong is None or wrong.key is None:
            return new_key(self.key)
        from pki.issue.defects import WeakKey, weak_key

        return weak_key(WeakKey(wrong.key), RANDOM)


@dataclass(frozen=True, slots=True)
class DeclaredRevocation:
    """A leaf or an intermediate that is revoked."""

    id: str
    ca: str
    reason: RevocationReason
    at: str | None  # as `parse_moment` reads it; None: when it is first applied
    line: int


@dataclass(frozen=True, slots=True)
class DeclaredExport:
    """One file to hand over."""

    kind: str  # `pem`, `p12`, `profile`, `crl` or `ocsp`
    to: str  # relative to the manifest's folder
    ca: str
    issuer: str | None  # the `DeclaredIntermediate` whose certificate or list it is
    leaf: str | None
    wanted: Pem | P12 | ProfileTable | CrlExport | Ocsp
    line: int

    @property
    def of_root(self) -> bool:
        """Whether it is the root's list, not the intermediate's."""
        return self.kind == "crl" and bool(getattr(self.wanted, "root", False))

    @property
    def password_file(self) -> str | None:
        """Where its password is read from, or put."""
        return getattr(self.wanted, "password_file", None)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A whole manifest."""

    name: str  # of the file, for messages
    cas: tuple[DeclaredCa, ...]
    intermediates: tuple[DeclaredIntermediate, ...]
    leaves: tuple[DeclaredLeaf, ...]
    revocations: tuple[DeclaredRevocation, ...]
    exports: tuple[DeclaredExport, ...]
    renew: timedelta | None  # issue again when less is left; None: when a third is


def _as_json(values: dict[str, object]) -> str:
    """Leave out what is not given, so that a key added to manifests later changes no declaration of today."""
    given = {key: value for key, value in values.items() if value not in (None, ())}
    return json.dumps(given, sort_keys=True, ensure_ascii=False)
