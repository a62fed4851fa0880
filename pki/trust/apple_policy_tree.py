"""Certificate policies as Apple walks them: RFC 5280, 6.1, with limits and slips of its own.

Source: Security-61901, trust/trustd/SecCertificateServer.c, SecCertificatePathVCVerifyPolicyTree, and policytree.c.
Apple keeps the whole tree. Nodes of one depth with the same policy have the same expected policies and so the same
children; one of each is enough, with the order in which its children came.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

from pki.model.certificate import CertFacts
from pki.trust.policy_tree import ANY, PolicyState

MAX_MAPPINGS = (
    10  # policytree.h, POLICY_MAPPINGS_MAX: so many of one certificate, and none of them is applied
)
MAX_DEPTH = (
    15  # policytree.h, POLICY_TREE_DEPTH_MAX: nodes at this depth are not visited, so they get no children
)


class ApplePolicyState(PolicyState):
    """The state variables of a path of LENGTH certificates, in Apple's hands."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self._depth = 0
        self._expected: dict[str, tuple[str, ...]] = {
            ANY: (ANY,)
        }  # in the order in which the code goes through them
        self._families: list[list[str]] = [[ANY]]  # the children of each node one depth up

    def _self_issued(self, cert: CertFacts) -> bool:
        """SecCertificatePathVCIsCertificateAtIndexSelfIssued."""
        return cert.issued_to_itself(by_rfc5280=False)

    def _grow(self, policies: tuple[str, ...] | None, *, any_allowed: bool) -> None:
        children: dict[str, list[str]] = {policy: [] for policy in self._nodes}
        if self._depth < MAX_DEPTH:
            self._add_named(policies or (), children)
            if any_allowed and ANY in (policies or ()):
                for policy, family in children.items():
                    family += [value for value in self._expected[policy] if value not in family]
        self._depth += 1
        self._keep(children.values())
        self._expected = {policy: (policy,) for policy in self._nodes}

    def _add_named(self, policies: tuple[str, ...], children: dict[str, list[str]]) -> None:
        expecting: dict[str, list[str]] = {}
        for policy in children:
            for value in self._expected[policy]:
                expecting.setdefault(value, []).append(policy)
        for value in policies:
            if value != ANY:
                for policy in dict.fromkeys(expecting.get(value, (ANY,) if ANY in children else ())):
                    children[policy].append(value)

    def _map(self, pairs: tuple[tuple[str, str], ...]) -> None:
        if len(pairs) >= MAX_MAPPINGS or self._depth >= MAX_DEPTH:
            return
        targets: dict[str, list[str]] = {}
        for issuers, subjects in pairs:
            targets.setdefault(issuers, []).insert(0, subjects)
        if not self._mapping:
            # The node is taken out of its parent's list by putting what came before it in the list's place: what came
            # after it is lost, too, anyPolicy among it.
            self._keep(
                [*takewhile(lambda policy: policy not in targets, family)] for family in self._families
            )
            return
        # One node that matches is enough, and anyPolicy stands in for none of the others.
        mapped = [policy for policy in targets if policy in self._nodes]
        if not mapped and ANY in self._nodes:
            mapped = list(targets)
            self._keep([*family, *mapped] if ANY in family else family for family in self._families)
        self._expected |= {policy: tuple(targets[policy]) for policy in mapped}

    def _keep(self, families: Iterable[list[str]]) -> None:
        """Let FAMILIES be what is at the lowest depth; their childless parents go."""
        self._families = [family for family in families if family]
        self._nodes = {policy: frozenset({policy}) for family in self._families for policy in family}
