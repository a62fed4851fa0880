"""The walk from the anchor down to the leaf: what each certificate inherits from those above it.

RFC 5280, 6.1, as Apple runs it (Security-61901, SecPolicyServer.c, SecPolicyCheckBasicCertificateProcessing): the
anchor's own path length and name constraints are where the walk starts; initial explicit policy is off, the
initial policy set is any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pki.model import oids
from pki.model.certificate import CertFacts
from pki.trust.book_constraints import BookConstraints
from pki.trust.constraints import AppleConstraints
from pki.trust.policy_tree import PolicyState


@dataclass(frozen=True, slots=True)
class PathFacts:
    """What the walk found, by position; positions that are absent are in order."""

    name_violations: dict[int, tuple[str, ...]] = field(default_factory=dict)
    too_deep: dict[int, str] = field(default_factory=dict)
    policy_violations: dict[int, str] = field(default_factory=dict)


def process(certs: Sequence[CertFacts], *, anchored: bool, by_the_book: bool = False) -> PathFacts:
    """Walk CERTS (leaf first) from the top; an anchor contributes constraints and is not judged itself."""
    facts = PathFacts()
    names = BookConstraints() if by_the_book else AppleConstraints()
    policies = PolicyState(len(certs)) if any(map(_speaks_of_policies, certs)) else None
    allowed, allowed_by = len(certs), certs[-1]
    start = len(certs) - 1
    if anchored:
        anchor = certs[-1]
        names.add(anchor)
        limit = _path_length(anchor)
        if limit is not None:
            allowed, allowed_by = limit, anchor
        start -= 1
    for position in range(start, -1, -1):
        cert, is_leaf = certs[position], position == 0
        if is_leaf or not cert.self_issued:
            violations = names.violations(cert)
            if violations:
                facts.name_violations[position] = violations
        problem = policies.step(cert, is_leaf=is_leaf) if policies is not None else ""
        if problem:
            facts.policy_violations.setdefault(position, problem)
        if is_leaf:
            continue
        if not cert.self_issued:
            if allowed <= 0:
                facts.too_deep[position] = (
                    f"{allowed_by.subject.label} allows no further intermediate (pathLen used up)"
                )
            allowed = max(allowed - 1, 0)
        limit = _path_length(cert)
        if limit is not None and limit < allowed:
            allowed, allowed_by = limit, cert
        names.add(cert)
    return facts


def _speaks_of_policies(cert: CertFacts) -> bool:
    """Whether it can make the policies matter: with neither extension on a path, nothing is ever required."""
    return oids.POLICY_CONSTRAINTS in cert.values or oids.POLICY_MAPPINGS in cert.values


def _path_length(cert: CertFacts) -> int | None:
    constraints = cert.basic_constraints
    return constraints.path_length if constraints is not None else None
