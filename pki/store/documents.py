"""What `init`, `list`, `issue`, `renew` and `issue cross` answer to programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.model.time_format import utc_text
from pki.report.document import TypedDict
from pki.store.kept_password import opened_by
from pki.store.ledger import LedgerRowJson

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import Literal

    from cryptography import x509

    from pki.issue.requests import LeftOut
    from pki.model.codes import Severity
    from pki.model.verdict import Finding
    from pki.report.fields import MemberName, Position, RuleId, Sha256, Text, Time
    from pki.store.cross_certification import CrossCertification
    from pki.store.folder import AuthorityFolder
    from pki.store.issued import Issued
    from pki.store.ledger import LedgerRow


class AuthorityJson(TypedDict):
    """An authority's folder; null is what a folder of its shape does not have."""

    folder: Text
    root: MemberJson | None
    intermediate: MemberJson | None
    signs: MemberName
    adopted: bool
    key_file: Text | None  # Where the key stayed.


class MemberJson(TypedDict):
    """A certificate of the authority."""

    common_name: str
    not_after: Time
    sha256: Sha256
    file: Text


class InitDocument(AuthorityJson):
    """An authority that was made, or adopted."""

    schema: Literal["trustrig.init/1"]
    permit: list[Text]  # As given; of an adopted one what each certificate of its chain permits.
    encrypted: bool
    findings: list[AdoptedFindingJson]  # Of an adopted one.


class IssueFindingJson(TypedDict):
    """What a client will hold against a chain."""

    rule_id: RuleId
    severity: Severity
    position: Position
    evidence: Text
    fix: Text


class AdoptedFindingJson(IssueFindingJson):
    """The same, and whose rules say so."""

    policy: Text


class ListDocument(AuthorityJson):
    """What an authority issued, the oldest first."""

    schema: Literal["trustrig.list/1"]
    issued: list[ListedRowJson]


class ListedRowJson(LedgerRowJson):
    """A row of the ledger, and how things stand with it."""

    state: Text
    password_file: Text | None  # Where the password of its files is kept; null where none was made up.
    opens: Text | None  # The file beside it that the password opens.


class IssueDocument(LedgerRowJson):
    """What was issued, and what Apple will hold against it."""

    schema: Literal["trustrig.issue/1"]
    folder: Text
    files: list[Text]
    wanted_not_after: Time | None  # The end asked for, where the issuer's own came first.
    purposes: list[PurposeJson]
    warnings: list[Text]
    left_out: list[LeftOutJson]  # Of a request.
    findings: list[IssueFindingJson]


class PurposeJson(TypedDict):
    """An extended key usage."""

    oid: Text
    name: Text
    apple: Text  # What Apple asks.
    asked_by: Text | None  # The function of SecPolicy.c.


class LeftOutJson(TypedDict):
    """What a request asked for in vain."""

    what: Text
    instead: Text | None  # The option that gives it.


class CrossDocument(LedgerRowJson):
    """A cross-certificate: its row in the signer's ledger, and where it is."""

    schema: Literal["trustrig.cross/1"]
    by: Text  # The signer's folder.
    folder: Text
    files: list[Text]
    replaces: bool  # An intermediate's is sent in place of the first; a root's behind it.
    permits: list[Text]  # What the signer's chain permits; empty: anything.
    wanted_not_after: Time | None


def authority_json(folder: AuthorityFolder) -> AuthorityJson:
    """Describe FOLDER."""
    members = folder.members
    marker = members.marker
    return {
        "folder": str(folder.path),
        "root": _member(folder, "root", members.root if members.has_root else None),
        "intermediate": _member(
            folder, "intermediate", members.above_leaves[0] if members.above_leaves else None
        ),
        "signs": marker.members[-1],
        "adopted": marker.adopted,
        "key_file": str(marker.key_file) if marker.key_file is not None else None,
    }


def _member(folder: AuthorityFolder, role: str, certificate: x509.Certificate | None) -> MemberJson | None:
    from cryptography.hazmat.primitives.hashes import SHA256

    from pki.model.common_names import common_name_in
    from pki.store.layout import CERTIFICATE

    if certificate is None:
        return None
    return {
        "common_name": common_name_in(certificate.subject),
        "not_after": utc_text(certificate.not_valid_after_utc),
        "sha256": certificate.fingerprint(SHA256()).hex(),
        "file": str(folder.path / role / CERTIFICATE),
    }


def init_document(
    folder: AuthorityFolder,
    *,
    permit: Iterable[str],
    encrypted: bool,
    held: Iterable[tuple[str, Finding]] = (),
) -> InitDocument:
    """FOLDER as it was made; HELD are findings about an adopted one, each with its policy."""
    return {
        "schema": "trustrig.init/1",
        **authority_json(folder),
        "permit": list(permit),
        "encrypted": encrypted,
        "findings": [{**finding_json(finding), "policy": policy} for policy, finding in held],
    }


def list_document(
    folder: AuthorityFolder, rows: Iterable[tuple[LedgerRow, str]], passwords: Mapping[str, Path]
) -> ListDocument:
    """FOLDER with ROWS of its ledger, each with its state; PASSWORDS are files with passwords, by serial."""
    return {
        "schema": "trustrig.list/1",
        **authority_json(folder),
        "issued": [
            {
                **row.as_json(),
                "state": state,
                "password_file": str(file) if (file := passwords.get(row.serial)) is not None else None,
                "opens": str(beside)
                if file is not None and (beside := opened_by(file)) is not None
                else None,
            }
            for row, state in rows
        ],
    }


def issue_document(
    issued: Issued, findings: Iterable[Finding], warnings: Iterable[str], left_out: Iterable[LeftOut]
) -> IssueDocument:
    """What was ISSUED; LEFT_OUT is what a request asked for in vain."""
    from pki.issue.purposes import purpose_of, purposes_in

    return {
        "schema": "trustrig.issue/1",
        **issued.row.as_json(),
        "folder": str(issued.folder),
        "files": sorted(issued.files),
        "wanted_not_after": utc_text(issued.wanted_end) if issued.wanted_end else None,
        "purposes": [
            {"oid": row.oid, "name": row.name, "apple": row.apple, "asked_by": row.asked_by or None}
            for row in map(purpose_of, purposes_in(issued.chain[0]))
        ],
        "warnings": list(warnings),
        "left_out": [{"what": lost.what, "instead": lost.instead or None} for lost in left_out],
        "findings": [finding_json(finding) for finding in findings],
    }


def finding_json(finding: Finding) -> IssueFindingJson:
    """FINDING, as it is told of what was issued."""
    return {
        "rule_id": finding.rule_id,
        "severity": finding.severity,
        "position": finding.position,
        "evidence": finding.evidence,
        "fix": finding.fix,
    }


def cross_document(crossed: CrossCertification, *, by: str, permits: Sequence[str]) -> CrossDocument:
    """What was certified by the authority in the folder BY, whose chain PERMITS these names."""
    issued = crossed.issued
    return {
        "schema": "trustrig.cross/1",
        **issued.row.as_json(),
        "by": by,
        "folder": str(crossed.folder),
        "files": list(crossed.files),
        "replaces": crossed.sent_instead,
        "permits": list(permits),
        "wanted_not_after": utc_text(issued.wanted_end) if issued.wanted_end else None,
    }
