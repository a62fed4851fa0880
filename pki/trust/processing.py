"""The walk from the anchor down to the leaf: what each certificate inherits from those above it.

RFC 5280, 6.1, as Apple runs it (Security-61901, SecPolicyServer.c, SecPolicyCheckBasicCertificateProcessing): the
anchor's own path length and name constraints are where the walk starts; initial explicit policy is off, the
initial policy set is any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from pki.model import oids
from pki.model.caching import CACHED_BYTES
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
    leaf, issuers = certs[0], tuple(certs[1:])
    remember = sum([len(cert.der) for cert in issuers]) <= CACHED_BYTES
    above = (_remembered if remember else Above)(issuers, anchored, by_the_book)
    name_violations, policy_violations = above.name_violations, {}
    if issuers or not anchored:  # else the leaf is the anchor
        violations = above.names.violations(leaf)
        if violations:
            name_violations = {**name_violations, 0: violations}
    if above.speaks_of_policies or _speaks_of_policies(leaf):
        policy_violations = _policy_violations(certs, anchored)
    return PathFacts(name_violations, above.too_deep, policy_violations)


class Above:
    """The walk down to the last issuer: the same for all leaves below it, so it is remembered. Policies walk apart."""

    def __init__(self, issuers: tuple[CertFacts, ...], anchored: bool, by_the_book: bool) -> None:
        self.names = BookConstraints() if by_the_book else AppleConstraints()
        self.name_violations: dict[int, tuple[str, ...]] = {}
        self.too_deep: dict[int, str] = {}
        self.speaks_of_policies = any(map(_speaks_of_policies, issuers))
        allowed, allowed_by = len(issuers) + 1, ""
        for position in range(len(issuers), 0, -1):
            cert = issuers[position - 1]
            if not cert.self_issued and not (anchored and position == len(issuers)):
                violations = self.names.violations(cert)
                if violations:
                    self.name_violations[position] = violations
                if allowed <= 0:
                    self.too_deep[position] = f"{allowed_by} allows no further intermediate (pathLen used up)"
                allowed = max(allowed - 1, 0)
            limit = _path_length(cert)
            if limit is not None and limit < allowed:
                allowed, allowed_by = limit, cert.subject.label
            self.names.add(cert)


_remembered = lru_cache(maxsize=256)(Above)


def _policy_violations(certs: Sequence[CertFacts], anchored: bool) -> dict[int, str]:
    """What is violated by position; with none of the extensions on the path nothing is, and nobody has to ask."""
    state = PolicyState(len(certs))
    found: dict[int, str] = {}
    for position in range(len(certs) - 1 - anchored, -1, -1):
        problem = state.step(certs[position], is_leaf=position == 0)
        if problem:
            found[position] = problem
    return found


def _speaks_of_policies(cert: CertFacts) -> bool:
    """Whether it can make the policies matter: with neither extension on a path, nothing is ever required."""
    return oids.POLICY_CONSTRAINTS in cert.values or oids.POLICY_MAPPINGS in cert.values


def _path_length(cert: CertFacts) -> int | None:
    constraints = cert.basic_constraints
    return constraints.path_length if constraints is not None else None
