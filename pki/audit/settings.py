"""All that judging a chain needs besides the chain, as bytes: what is sent to whoever judges, and to nobody else."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from pki.errors import InvalidRequest
from pki.model.certificate import CertFacts
from pki.model.time_format import moment_of, moment_text
from pki.model.verdict import AnchorClass
from pki.trust.evidence_files import NO_FILES, EvidenceFiles, NamedBytes, read_evidence
from pki.trust.request import Anchor
from pki.version import __version__

if TYPE_CHECKING:
    from pki.trust.trust_arguments import Trust


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """One question, asked of many chains: at which moment, until when, by what trust. Equal settings, equal bytes.

    `renew` are the days for which is asked whether the same profile would pass if it were issued again then. Files
    come as their bytes, and the anchors as DER, so that a process on another machine needs nothing else. What the
    other fields mean is said at `Trust`.
    """

    at: datetime
    until: datetime
    anchors: tuple[tuple[bytes, AnchorClass], ...]
    renew: tuple[date, ...] = ()
    policy: str = "apple"
    os: str | None = None
    ats_applies: bool = True
    info_plist: NamedBytes | None = None
    evidence: EvidenceFiles = NO_FILES

    def encode(self) -> bytes:
        """The settings as canonical JSON: keys in order, no space, UTF-8."""
        return json.dumps(self._document(), sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, data: bytes) -> AuditSettings:
        """The settings that `encode` wrote.

        Raises:
            InvalidRequest: another version of trustrig wrote them, whose rows may differ.
        """
        found = json.loads(data)
        if found["version"] != __version__:
            raise InvalidRequest(
                f"trustrig {found['version']} asks, and this is {__version__}: their rows may differ"
            )
        return cls(
            at=moment_of(found["at"]),
            until=moment_of(found["until"]),
            anchors=tuple((b64decode(der), AnchorClass(kind)) for der, kind in found["anchors"]),
            renew=tuple(date.fromisoformat(day) for day in found["renew"]),
            policy=found["policy"],
            os=found["os"],
            ats_applies=found["ats_applies"],
            info_plist=_file(found["info_plist"]),
            evidence=EvidenceFiles(
                _file(found["ct_log_list"]),
                tuple(map(_named, found["crls"])),
                tuple(map(_named, found["ocsp"])),
            ),
        )

    def trust(self) -> Trust:
        """What an `Evaluator` is told.

        Raises:
            InvalidRequest: no such policy or system.
            Unreadable: an anchor or a file is not what it should be.
        """
        from pki.ats import NEWEST, OsVersion, read_info_plist

        plist = self.info_plist
        return {
            "anchors": [Anchor(CertFacts.parse(der), kind) for der, kind in self.anchors],
            "policy": self.policy,
            "ats": read_info_plist(plist.data, name=plist.name) if plist else None,
            "ats_applies": self.ats_applies,
            "evidence": read_evidence(self.evidence),
            "os": OsVersion.parse(self.os) if self.os else NEWEST,
        }

    def _document(self) -> dict[str, Any]:
        return {
            "version": __version__,
            "at": moment_text(self.at),
            "until": moment_text(self.until),
            "anchors": [[_text(der), str(kind)] for der, kind in self.anchors],
            "renew": [day.isoformat() for day in self.renew],
            "policy": self.policy,
            "os": self.os,
            "ats_applies": self.ats_applies,
            "info_plist": _written(self.info_plist),
            "ct_log_list": _written(self.evidence.ct_log_list),
            "crls": [_written(file) for file in self.evidence.crls],
            "ocsp": [_written(file) for file in self.evidence.ocsp],
        }


def _text(data: bytes) -> str:
    return b64encode(data).decode()


def _written(file: NamedBytes | None) -> list[str] | None:
    return None if file is None else [file.name, _text(file.data)]


def _file(found: list[str] | None) -> NamedBytes | None:
    return None if found is None else _named(found)


def _named(found: list[str]) -> NamedBytes:
    return NamedBytes(found[0], b64decode(found[1]))
