"""What somebody sends with an issue: versions, what `doctor` remarks, a chain and its verdict; never a key.

What may be shown is chosen, not what may not: each field is a word or a number of ours, or a fact of a certificate that
tells nobody whose it is. Names, and with them the certificates, stand in it only where that was asked for. A public
certificate's fingerprint, serial number or exact time would find it in the logs of Certificate Transparency.
"""

from __future__ import annotations

import re
from base64 import encodebytes
from collections import Counter
from typing import TYPE_CHECKING

from pki.model.extension_values import NameType
from pki.model.remarks import Grade
from pki.model.verdict import AnchorClass, Outcome
from pki.report.document import TypedDict
from pki.report.verdict import VerdictDocument, verdict_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Literal

    from pki.model.certificate import CertFacts
    from pki.model.remarks import DoctorRemark
    from pki.model.verdict import Finding, Verdict
    from pki.report.fields import LevelAnswer, LevelName, Position, RuleId, Text

MAX_CERTIFICATES = 30  # of a chain, in a report; no real server sends more
# Arcs in which everybody's OIDs are, by who gives them out: X.500, PKIX, ISO's and NIST's algorithms, CT, Netscape,
# Microsoft, Apple. Any other names a company, a country's registrar or, below 2.25, one machine.
_EVERYBODYS = (
    *("2.5.29.", "1.3.6.1.5.5.7.", "1.2.840.113549.1.", "1.2.840.10040.", "1.2.840.10045.", "1.3.132.0."),
    *("1.3.14.3.2.", "1.3.36.3.3.2.8.1.1.", "1.3.101.", "2.16.840.1.101.3.4."),
    *("1.3.6.1.4.1.11129.2.4.", "2.16.840.1.113730.1.", "1.3.6.1.4.1.311.", "1.2.840.113635."),
)
_OID = re.compile(r"\d+(?:\.\d+){2,}")


class ReportDocument(TypedDict):
    """What somebody sends with an issue; without names, unless they were asked for."""

    schema: Literal["trustrig.report/1"]
    holds: list[Text]  # What is in it.
    leaves_out: list[Text]  # What is not.
    software: SoftwareJson
    remarks: list[ReportRemarkJson]  # What `doctor` remarks, by its words' ids.
    failure: (
        FailureJson | None
    )  # Why there is no verdict; null where there is one, or where nothing was asked.
    judged: JudgedJson | None  # null where nothing was asked.
    verdict: VerdictDocument | None  # With its names; null unless they were asked for.
    certificates: list[Text] | None  # In PEM, as sent, then the anchor; null unless names were asked for.


class SoftwareJson(TypedDict):
    """What ran, and on what."""

    trustrig: Text
    python: Text
    system: Text  # The system and its release.
    machine: Text
    openssl: Text  # The one that speaks TLS here.
    packages: dict[str, Text]  # What trustrig needs, by release.
    settings: list[Text]  # Variables of trustrig's that are set, by name.


class ReportRemarkJson(TypedDict):
    """One remark of `doctor`'s, without its sentence, in which names stand."""

    id: Text
    grade: Grade


class FailureJson(TypedDict):
    """What came instead of a verdict."""

    kind: Text  # The library's exception.
    says: Text | None  # null unless names were asked for.


class JudgedJson(TypedDict):
    """A verdict without anybody's name."""

    asked_for: Text  # A DNS name, an IP address, or no name.
    day: Text  # The day it was judged for.
    policy: Text
    os: Text
    anchor_class: AnchorClass
    trusted: bool
    levels: dict[LevelName, LevelAnswer]
    ats_binds: bool
    headline: RuleId | None
    findings: list[BareFindingJson]
    rules: dict[RuleId, Outcome]  # Of those that were asked, the ones that did not pass everywhere.
    connection: BareConnectionJson | None  # null for a file.
    chain: list[BareCertificateJson]  # As built.


class BareFindingJson(TypedDict):
    """One finding, without its evidence."""

    rule: RuleId
    level: LevelName
    severity: Text
    certificate: Position


class BareConnectionJson(TypedDict):
    """What was negotiated."""

    version: Text
    suite: str
    group: str | None
    offer: Text  # The narrowest that the server took.
    client_certificate: Text  # none, requested, required


class BareCertificateJson(TypedDict):
    """A certificate as far as it tells nobody whose it is."""

    bytes: int
    version: int
    from_day: Text
    until_day: Text
    key: Text
    signature: Text
    ca: bool
    path_length: int | None
    issued_by: (
        Position | None
    )  # Where in the chain the name of its issuer is; its own place, where it is its own.
    names: dict[str, int]  # How many of each kind stand in the subjectAltName.
    wildcards: int
    purposes: list[Text]  # The OIDs of extendedKeyUsage.
    extensions: dict[str, bool]  # Whether each is critical, by OID.


def report_json(
    software: SoftwareJson,
    remarks: Iterable[DoctorRemark],
    *,
    verdict: Verdict | None = None,
    failure: FailureJson | None = None,
    name: str = "",
    sent: Sequence[bytes] = (),
    include_names: bool = False,
) -> ReportDocument:
    """The report; VERDICT is about what is called NAME, whose certificates came as SENT (DER)."""
    chain = list(verdict.chain) if verdict is not None else []
    certificates = [*sent, *(cert.der for cert in chain if cert.der not in sent)][:MAX_CERTIFICATES]
    shown = include_names and verdict is not None
    return {
        "schema": "trustrig.report/1",
        "holds": _holds(verdict, failure, certificates if shown else []),
        "leaves_out": _leaves_out(verdict, include_names=include_names),
        "software": software,
        "remarks": [{"id": one.id, "grade": one.grade} for one in remarks if one.grade is not Grade.OK],
        "failure": failure,
        "judged": _judged(verdict) if verdict is not None else None,
        "verdict": verdict_json(verdict, name=name) if verdict is not None and shown else None,
        "certificates": list(map(_pem, certificates)) if shown else None,
    }


def _holds(verdict: Verdict | None, failure: FailureJson | None, certificates: Sequence[bytes]) -> list[str]:
    found = ["versions of trustrig, Python, OpenSSL, this system, and what trustrig needs"]
    found += ["which of trustrig's variables are set, by name", "which remarks `doctor` makes, by id"]
    if failure is not None:
        found.append(
            "which error came instead of a verdict" + (", and its sentence" if failure["says"] else "")
        )
    if verdict is not None:
        found.append("the verdict: rules, levels, what was negotiated")
        found.append("of each certificate its days, key, extensions, and how many names it has")
    if certificates:
        count = len(certificates)
        found.append(
            f"the whole verdict and {count} certificate{'s' if count > 1 else ''}, with the names in them"
        )
    return found


def _leaves_out(verdict: Verdict | None, *, include_names: bool) -> list[str]:
    left = ["private keys and passwords, always", "folders, the user's name and this machine's"]
    if verdict is not None and not include_names:
        left.append("hosts, names and the certificates themselves; --include-names puts them in")
    return left


def _judged(verdict: Verdict) -> JudgedJson:
    from pki.model.hosts import parse_host

    worst, transport = verdict.headline, verdict.transport
    kind = "no name"
    if verdict.host is not None:
        kind = "an IP address" if parse_host(verdict.host).is_address else "a DNS name"
    failing: dict[str, Outcome] = {
        one.rule_id: one.outcome
        for one in verdict.outcomes
        if one.outcome not in (Outcome.PASSED, Outcome.NOT_APPLICABLE)
    }
    return {
        "asked_for": kind,
        "day": f"{verdict.at:%Y-%m-%d}",
        "policy": verdict.policy,
        "os": verdict.os,
        "anchor_class": verdict.anchor_class,
        "trusted": verdict.trusted,
        "levels": {level.name.lower(): verdict.answer(level) for level in verdict.levels},
        "ats_binds": verdict.ats_enforced,
        "headline": worst.rule_id if worst is not None else None,
        "findings": list(map(_finding, verdict.findings)),
        "rules": failing,
        "connection": {
            "version": transport.version,
            "suite": transport.suite,
            "group": transport.group,
            "offer": transport.taken.name.lower(),
            "client_certificate": transport.client_certificate,
        }
        if transport is not None
        else None,
        "chain": [_certificate(cert, verdict.chain) for cert in verdict.chain],
    }


def _finding(finding: Finding) -> BareFindingJson:
    return {
        "rule": finding.rule_id,
        "level": finding.level.name.lower(),
        "severity": str(finding.severity),
        "certificate": finding.position,
    }


def _certificate(cert: CertFacts, chain: Sequence[CertFacts]) -> BareCertificateJson:
    constraints = cert.basic_constraints
    kinds = Counter(name.type.name.lower() for name in cert.subject_alt_names)
    above = (place for place, other in enumerate(chain) if cert.issuer.is_one_with(other.subject))
    return {
        "bytes": len(cert.der),
        "version": cert.version,
        "from_day": f"{cert.not_before:%Y-%m-%d}",
        "until_day": f"{cert.not_after:%Y-%m-%d}",
        "key": _words(str(cert.key)),
        "signature": _words(str(cert.signature_algorithm)),
        "ca": constraints is not None and constraints.ca,
        "path_length": constraints.path_length if constraints is not None else None,
        "issued_by": next(above, None),
        "names": dict(sorted(kinds.items())),
        "wildcards": sum("*" in name.text for name in cert.names(NameType.DNS)),
        "purposes": list(map(_nobodys, cert.extended_key_usage or ())),
        "extensions": {_nobodys(one.oid): one.critical for one in cert.extensions},
    }


def _nobodys(oid: str) -> str:
    """OID, or where it is none of everybody's its first two arcs: the rest may name whose it is."""
    return oid if oid.startswith(_EVERYBODYS) else ".".join([*oid.split(".")[:2], "..."])


def _words(text: str) -> str:
    """TEXT about a key or a signature; of an algorithm that has no name here it has the OID."""
    return _OID.sub(lambda found: _nobodys(found[0]), text)


def _pem(der: bytes) -> str:
    lines = encodebytes(der).decode().replace("\n", "")
    rows = [lines[at : at + 64] for at in range(0, len(lines), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *rows, "-----END CERTIFICATE-----", ""])
