"""What will be held against whatever an authority signs: two samples are signed, judged, and thrown away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki.errors import InvalidRequest
from pki_cli.issue_report import OF_THE_ROOT, highest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pki.issue import Authority
    from pki.issue.profiles import CertificateProfile
    from pki.model.names import SubjectName
    from pki.model.verdict import Finding

BOOK = "rfc5280"


@dataclass(frozen=True, slots=True)
class SampleFinding:
    """A finding about an authority, and the policy that has it."""

    finding: Finding
    policy: str


def held_against(authority: Authority, *, at: datetime) -> Iterator[SampleFinding]:
    """What will be held against the certificates of AUTHORITY, whatever it signs: by Apple's clients, and by the book.

    A server and a client are signed here, judged by the rules that judge everything, and thrown away.
    """
    from pki.issue.profiles import CLIENT, SERVER
    from pki.model.codes import Severity
    from pki.trust import evaluate
    from pki.trust.rules.dead_ends import signature_valid
    from pki.trust.rules.inherited import within_name_constraints

    of_the_issuer = (signature_valid, within_name_constraints)  # held against a leaf, for what its issuer is
    anchor, rooted = highest(authority.chain)
    found: dict[tuple[str, str], SampleFinding] = {}
    moments = {at, *(max(at, one.not_valid_before_utc) for one in authority.chain)}
    for profile, policy in ((SERVER, "apple"), (CLIENT, "ssl-client"), (SERVER, BOOK)):
        for moment in sorted(moments):
            sample = _sample(authority, profile, at=moment)
            if sample is None:
                continue
            ders, host = sample
            verdict = evaluate(ders, host=host, at=moment, anchors=[anchor], policy=policy)
            for finding in verdict.findings:
                # Without the root it is judged as an app's own anchor, which asks more of a leaf than a user's does.
                about = rooted or finding.position > 0 or finding.rule in of_the_issuer
                told = about and (rooted or finding.rule.cause != OF_THE_ROOT)
                if told and finding.severity is not Severity.INFO and finding.same_fact_as is None:
                    found.setdefault((finding.rule_id, finding.evidence), SampleFinding(finding, policy))
    yield from found.values()


def _sample(
    authority: Authority, profile: CertificateProfile, *, at: datetime
) -> tuple[list[bytes], str | None] | None:
    """A leaf by PROFILE for a name that AUTHORITY may certify, as sent, and its host; None if there is no such name."""
    from cryptography.hazmat.primitives.serialization import Encoding

    from pki.issue.keys import new_key
    from pki.issue.profiles import CertificateKind
    from pki.issue.subjects import EMPTY_SUBJECT, Subject
    from pki.issue.validity import plan

    server = profile.kind is CertificateKind.SERVER
    # Below the subjects that it permits, where it is about subjects; Apple wants more than an equal one.
    trees = [Subject.read(tree) for one in authority.limits.foreign for tree in one.permitted[:1]]
    for host in _hosts(authority) if server else [None]:
        try:
            leaf = authority.certify(
                profile,
                common_name="" if server and not trees else "sample client",
                subject=trees[0] if trees else EMPTY_SUBJECT,
                names=_names(host),
                public_key=new_key().public_key(),
                validity=plan(profile, at=at, days=1),
            )
        except InvalidRequest:
            continue
        return [one.public_bytes(Encoding.DER) for one in (leaf, *authority.chain[:-1])], host
    return None


def _names(host: str | None) -> tuple[SubjectName, ...]:
    from pki.model.names import parse_subject_name

    return (parse_subject_name(host),) if host is not None else ()


def _hosts(authority: Authority) -> Iterator[str]:
    """Names that may be within what AUTHORITY certifies."""
    yield "sample.test"
    for permitted in authority.limits.permitted:
        for base in permitted.dns:
            yield f"sample{base}" if base.startswith(".") else base
            yield f"sample.{base.lstrip('.')}"
        for network in permitted.networks:
            yield str(network.network_address)
    yield "sample.example"  # where .test is excluded
