"""The walk from the anchor down to the leaf: what each certificate inherits from those above it.

RFC 5280, 6.1, as Apple runs it (Security-61901, SecPolicyServer.c, SecPolicyCheckBasicCertificateProcessing): the
anchor's own path length and name constraints are where the walk starts. Apple's initial explicit policy is off and its
initial policy set is any; by the book they are inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pki.model import oids
from pki.model.caching import Weighed
from pki.model.certificate import CertFacts
from pki.trust.apple_policy_tree import ApplePolicyState
from pki.trust.constraints import AppleConstraints, BookConstraints, Constraints
from pki.trust.policy_tree import PolicyState
from pki.trust.request import NO_INPUTS, PathInputs

NO_LIMIT = 1 << 31  # no path is as long
MAX_KEPT = 1 << 20  # ours: bytes of the issuers of what is remembered


@dataclass(frozen=True, slots=True)
class PathFacts:
    """What the walk found, by position; positions that are absent are in order."""

    name_violations: dict[int, tuple[str, ...]] = field(default_factory=dict)
    too_deep: dict[int, str] = field(default_factory=dict)
    policy_violations: dict[int, str] = field(default_factory=dict)


IN_ORDER = PathFacts()  # nearly all paths are in order


def process(
    certs: Sequence[CertFacts],
    *,
    anchored: bool,
    by_rfc5280: bool = False,
    inputs: PathInputs = NO_INPUTS,
    walked: Above | None = None,
) -> PathFacts:
    """Walk CERTS (leaf first) from the top; an anchor contributes constraints and is not judged itself.

    WALKED is the walk down to the last issuer, where it is known.
    """
    leaf, issuers = certs[0], certs[1:]
    if walked is None:
        bare = anchored and inputs.bare_anchor  # a name and a key limit nothing
        walked = above(
            tuple(issuers[:-1] if bare else issuers), anchored=anchored and not bare, by_rfc5280=by_rfc5280
        )
    name_violations, policy_violations = walked.name_violations, {}
    if issuers or not anchored:  # else the leaf is the anchor
        violations = walked.names.violations(leaf)
        if violations:
            name_violations = {**name_violations, 0: violations}
    if walked.speaks_of_policies or inputs.explicit_policy or _speaks_of_policies(leaf):
        policy_violations = _by_rfc5280(certs, anchored, inputs) if by_rfc5280 else _by_apple(certs, anchored)
    if not (name_violations or walked.too_deep or policy_violations):
        return IN_ORDER
    return PathFacts(name_violations, walked.too_deep, policy_violations)


class Above:
    """The walk down to the last issuer: one step below what is above it. Policies walk apart."""

    def __init__(self, issuers: tuple[CertFacts, ...], anchored: bool, by_rfc5280: bool) -> None:
        self.names: Constraints = BookConstraints() if by_rfc5280 else AppleConstraints()
        self.name_violations: dict[int, tuple[str, ...]] = {}
        self.too_deep: dict[int, str] = {}
        self.speaks_of_policies = False
        self._allowed = NO_LIMIT
        self._allowed_by: CertFacts | None = None
        if not issuers:
            return
        cert, over = issuers[0], above(issuers[1:], anchored=anchored, by_rfc5280=by_rfc5280)
        is_anchor = anchored and len(issuers) == 1
        exempt = is_anchor or cert.issued_to_itself(by_rfc5280=by_rfc5280)
        self.speaks_of_policies = over.speaks_of_policies or _speaks_of_policies(cert)
        self._take_names(cert, over, is_anchor, exempt)
        self._take_length(cert, over, exempt)

    def _take_names(self, cert: CertFacts, over: Above, is_anchor: bool, exempt: bool) -> None:
        self.name_violations = {position + 1: said for position, said in over.name_violations.items()}
        violations = () if exempt else over.names.violations(cert)
        self.names, problems = over.names.below(cert, anchor=is_anchor)
        if violations or problems:
            self.name_violations[1] = (*violations, *problems)

    def _take_length(self, cert: CertFacts, over: Above, exempt: bool) -> None:
        self.too_deep = {position + 1: said for position, said in over.too_deep.items()}
        self._allowed, self._allowed_by = over._allowed, over._allowed_by
        if not exempt:
            if self._allowed <= 0:
                who = self._allowed_by.subject.label if self._allowed_by is not None else ""
                self.too_deep[1] = f"{who} allows no further intermediate (pathLen used up)"
            self._allowed = max(self._allowed - 1, 0)
        limit = _path_length(cert)
        if limit is not None and limit < self._allowed:
            self._allowed, self._allowed_by = limit, cert


_known: Weighed[tuple[tuple[CertFacts, ...], bool, bool], Above] = Weighed(MAX_KEPT)


def above(issuers: tuple[CertFacts, ...], *, anchored: bool, by_rfc5280: bool) -> Above:
    """As `Above`, remembered: all leaves below it share it, and so do the paths that begin alike at the top."""
    key = (issuers, anchored, by_rfc5280)
    found = _known.get(key)
    if found is None:
        found = Above(issuers, anchored, by_rfc5280)
        _known.put(key, found, sum([len(cert.der) for cert in issuers]))
    return found


def _by_rfc5280(certs: Sequence[CertFacts], anchored: bool, inputs: PathInputs) -> dict[int, str]:
    """What is violated by position."""
    state = PolicyState(len(certs), inputs)
    if anchored and not inputs.bare_anchor:
        state.start_at(certs[-1])
    found: dict[int, str] = {}
    for position in range(len(certs) - 1 - anchored, -1, -1):
        problem = state.step(certs[position], is_leaf=position == 0)
        if problem:
            found[position] = problem
    return found


def _by_apple(certs: Sequence[CertFacts], anchored: bool) -> dict[int, str]:
    """What is violated first, said once for the path, at the leaf."""
    state = ApplePolicyState(len(certs))
    for position in range(len(certs) - 1 - anchored, -1, -1):
        problem = state.step(certs[position], is_leaf=position == 0)
        if problem:
            return {0: problem if position == 0 else f"at {certs[position].subject.label}: {problem}"}
    return {}


def _speaks_of_policies(cert: CertFacts) -> bool:
    """Whether it can make the policies matter: with neither extension on a path, nothing is ever required."""
    return oids.POLICY_CONSTRAINTS in cert.values or oids.POLICY_MAPPINGS in cert.values


def _path_length(cert: CertFacts) -> int | None:
    constraints = cert.basic_constraints
    return constraints.path_length if constraints is not None else None
