"""Certificate policies along a path: RFC 5280, 6.1.3 (d) to (f), 6.1.4 and 6.1.5.

The tree is kept as its last row only. Two nodes of one depth with the same valid policy have the same expected
policies, and only whether a row is left at all matters when any policy is acceptable; so a dictionary replaces
the tree, and the exponential growth of the textbook algorithm cannot happen.
"""

from __future__ import annotations

from pki.model import oids
from pki.model.certificate import CertFacts

ANY = oids.ANY_POLICY


class PolicyState:
    """The state variables of RFC 5280, 6.1.2, for a path of LENGTH certificates."""

    def __init__(self, length: int) -> None:
        self._nodes: dict[str, frozenset[str]] = {ANY: frozenset({ANY})}
        self._explicit = self._mapping = self._inhibit_any = length + 1

    def step(self, cert: CertFacts, *, is_leaf: bool) -> str:
        """Process one certificate; the answer says what is violated, or is empty."""
        self._grow(cert.policies, any_allowed=self._inhibit_any > 0 or (not is_leaf and cert.self_issued))
        if self._explicit == 0 and not self._nodes:
            return "an explicit policy is required and no policy is left"
        return self._wrap_up(cert) if is_leaf else self._prepare(cert)

    def _grow(self, policies: tuple[str, ...] | None, *, any_allowed: bool) -> None:
        if policies is None:
            self._nodes = {}
            return
        expected = frozenset().union(*self._nodes.values())
        row = {p: frozenset({p}) for p in policies if p != ANY and (p in expected or ANY in self._nodes)}
        if ANY in policies and any_allowed:
            row |= {p: frozenset({p}) for p in expected if p not in row}
        self._nodes = row

    def _prepare(self, cert: CertFacts) -> str:
        mappings = cert.values.get(oids.POLICY_MAPPINGS)
        pairs = mappings if isinstance(mappings, tuple) else ()
        if any(ANY in pair for pair in pairs):
            return "anyPolicy is mapped"
        self._map(pairs)
        if not cert.self_issued:
            self._explicit, self._mapping, self._inhibit_any = (
                max(counter - 1, 0) for counter in (self._explicit, self._mapping, self._inhibit_any)
            )
        constraints = cert.policy_constraints
        if constraints is not None:
            self._explicit = _lower(self._explicit, constraints.require_explicit)
            self._mapping = _lower(self._mapping, constraints.inhibit_mapping)
        inhibit = cert.values.get(oids.INHIBIT_ANY_POLICY)
        self._inhibit_any = _lower(self._inhibit_any, inhibit if isinstance(inhibit, int) else None)
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

    def _wrap_up(self, cert: CertFacts) -> str:
        explicit = max(self._explicit - 1, 0)
        constraints = cert.policy_constraints
        if constraints is not None and constraints.require_explicit == 0:
            explicit = 0
        return (
            "an explicit policy is required and the leaf has none of them"
            if not explicit and not self._nodes
            else ""
        )


def _lower(counter: int, limit: int | None) -> int:
    return counter if limit is None else min(counter, limit)
