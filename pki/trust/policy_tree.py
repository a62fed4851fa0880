"""Certificate policies along a path: RFC 5280, 6.1.3 (d) to (f), 6.1.4 and 6.1.5.

The tree is kept as its last row only. Two nodes of one depth with the same valid policy have the same expected
policies, and only whether a row is left at all matters when any policy is acceptable; so a dictionary replaces
the tree, and the exponential growth of the textbook algorithm cannot happen. Which of the wanted policies a node
stems from is kept beside it, for the intersection with the user's set in 6.1.5 (g).
"""

from __future__ import annotations

from pki.model import oids
from pki.model.certificate import CertFacts
from pki.trust.request import NO_INPUTS, PathInputs

ANY = oids.ANY_POLICY


class PolicyState:
    """The state variables of RFC 5280, 6.1.2, for a path of LENGTH certificates."""

    def __init__(self, length: int, inputs: PathInputs = NO_INPUTS) -> None:
        self._wanted = inputs.policies | {ANY}
        self._any_wanted = ANY in inputs.policies
        self._nodes: dict[str, frozenset[str]] = {ANY: frozenset({ANY})}
        self._origins: dict[str, frozenset[str]] = {ANY: frozenset({ANY})}
        self._explicit = 0 if inputs.explicit_policy else length + 1
        self._mapping = 0 if inputs.inhibit_policy_mapping else length + 1
        self._inhibit_any = 0 if inputs.inhibit_any_policy else length + 1

    def start_at(self, anchor: CertFacts) -> None:
        """Begin with what an anchor's own certificate says, RFC 5937, 3.2: saying nothing, it allows every policy."""
        if anchor.policies is not None:
            self._grow(anchor.policies, any_allowed=True)
        self._map(tuple(pair for pair in _mappings(anchor) if ANY not in pair))
        self._limit(anchor)

    def step(self, cert: CertFacts, *, is_leaf: bool) -> str:
        """Process one certificate; the answer says what is violated, or is empty."""
        self._grow(
            cert.policies, any_allowed=self._inhibit_any > 0 or (not is_leaf and self._self_issued(cert))
        )
        if self._explicit == 0 and not self._nodes:
            return "an explicit policy is required and no policy is left"
        return self._wrap_up(cert) if is_leaf else self._prepare(cert)

    def _self_issued(self, cert: CertFacts) -> bool:
        return cert.issued_to_itself(by_rfc5280=True)

    def _grow(self, policies: tuple[str, ...] | None, *, any_allowed: bool) -> None:
        if policies is None:
            self._nodes = {}
            return
        stems: dict[str, frozenset[str]] = {}
        for policy, expected in self._nodes.items():
            for value in expected:
                stems[value] = stems.get(value, frozenset()) | self._origins[policy]  # few: those wanted
        row = dict.fromkeys(p for p in policies if p != ANY and (p in stems or ANY in self._nodes))
        if ANY in policies and any_allowed:
            row |= dict.fromkeys(stems)
        self._nodes = {p: frozenset({p}) for p in row}
        self._origins = {p: stems[p] if p in stems else self._wanted & {p} for p in row}

    def _prepare(self, cert: CertFacts) -> str:
        pairs = _mappings(cert)
        if any(ANY in pair for pair in pairs):
            return "anyPolicy is mapped"
        self._map(pairs)
        if not self._self_issued(cert):
            self._explicit, self._mapping, self._inhibit_any = (
                max(counter - 1, 0) for counter in (self._explicit, self._mapping, self._inhibit_any)
            )
        self._limit(cert)
        return ""

    def _map(self, pairs: tuple[tuple[str, str], ...]) -> None:
        mapped: dict[str, set[str]] = {}
        for issuers, subjects in pairs:
            mapped.setdefault(issuers, set()).add(subjects)
        for policy, targets in mapped.items():
            if self._mapping == 0:
                self._nodes.pop(policy, None)
            elif policy in self._nodes or ANY in self._nodes:
                self._nodes[policy] = frozenset(targets)
                self._origins.setdefault(policy, self._wanted & {policy})

    def _limit(self, cert: CertFacts) -> None:
        constraints = cert.policy_constraints
        if constraints is not None:
            self._explicit = _lower(self._explicit, constraints.require_explicit)
            self._mapping = _lower(self._mapping, constraints.inhibit_mapping)
        inhibit = cert.values.get(oids.INHIBIT_ANY_POLICY)
        self._inhibit_any = _lower(self._inhibit_any, inhibit if isinstance(inhibit, int) else None)

    def _wrap_up(self, cert: CertFacts) -> str:
        explicit = max(self._explicit - 1, 0)
        constraints = cert.policy_constraints
        if constraints is not None and constraints.require_explicit == 0:
            explicit = 0
        if explicit:
            return ""
        if not self._nodes:
            return "an explicit policy is required and the leaf has none of them"
        if self._any_wanted or any(self._origins[policy] for policy in self._nodes):
            return ""
        return "an explicit policy is required and the path is good for none of those wanted"


def _mappings(cert: CertFacts) -> tuple[tuple[str, str], ...]:
    mappings = cert.values.get(oids.POLICY_MAPPINGS)
    return mappings if isinstance(mappings, tuple) else ()


def _lower(counter: int, limit: int | None) -> int:
    return counter if limit is None else min(counter, limit)
