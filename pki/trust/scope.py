"""Whom a rule concerns: what the circumstances settle, and what it takes the certificate itself to know.

The first half is the same for every certificate at the same kind of place, so it is decided once and remembered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from pki.model.verdict import AnchorClass
from pki.trust.path import Path, Place
from pki.trust.request import Request


class Setting(NamedTuple):
    """What a request settles for all certificates of all its paths."""

    policy: str
    server: bool
    has_purposes: bool
    asks_name: bool
    asks_address: bool
    ats_applies: bool
    ats_needs_trust: bool
    leaf_pinned: bool
    ca_pinned: bool
    ct_enforced: bool
    has_revocation: bool
    has_transport: bool


def setting_of(request: Request) -> Setting:
    """The setting of REQUEST."""
    policy, host = request.policy, request.host
    asks = policy.checks_host and host is not None
    is_address = host is not None and host.address is not None
    return Setting(
        policy.name,
        policy.server,
        bool(policy.purposes),
        asks and not is_address,
        asks and is_address,
        request.ats.applies and policy.server,
        request.ats.trust_required,
        request.pins.leaf is not None,
        request.pins.ca is not None,
        request.evidence.ct_enforced,
        not request.evidence.revocation.empty,
        request.transport is not None,
    )


class Circumstances(NamedTuple):
    """What two certificates at the same kind of place have in common. Hashable: selections are remembered by it."""

    is_leaf: bool
    is_top: bool
    anchored: bool
    anchor_class: AnchorClass
    setting: Setting

    @property
    def is_anchor(self) -> bool:
        """The certificate that is itself trusted."""
        return self.is_top and self.anchored


def circumstances(path: Path, position: int, setting: Setting) -> Circumstances:
    """The circumstances of the certificate at POSITION."""
    return Circumstances(
        position == 0, position == path.top, path.anchor is not None, path.anchor_class, setting
    )


@dataclass(frozen=True, slots=True)
class Scope:
    """`settled` looks at the circumstances, `depends` (None: nothing more to ask) at the certificate in its place."""

    settled: Callable[[Circumstances], bool]
    depends: Callable[[Place], bool] | None = None

    def __and__(self, other: Scope) -> Scope:
        """Both."""
        first, second = self.settled, other.settled
        mine, theirs = self.depends, other.depends

        def settled(c: Circumstances) -> bool:
            return first(c) and second(c)

        if mine is None or theirs is None:
            return Scope(settled, mine or theirs)

        def depends(place: Place) -> bool:
            return mine(place) and theirs(place)

        return Scope(settled, depends)

    def __call__(self, place: Place) -> bool:
        """Whether the rule concerns the certificate in its place."""
        at = circumstances(place.path, place.position, setting_of(place.request))
        return self.settled(at) and (self.depends is None or self.depends(place))


def when(condition: Callable[[Place], bool]) -> Scope:
    """Only where CONDITION holds of the certificate."""
    return Scope(lambda c: True, condition)


def where(condition: Callable[[Circumstances], bool]) -> Scope:
    """Only where CONDITION holds of the circumstances."""
    return Scope(condition)


def under(*classes: AnchorClass) -> Scope:
    """Only under anchors of these classes."""
    return Scope(lambda c: c.anchor_class in classes)


every = where(lambda c: True)  # every certificate of the path, the anchor included
leaf = where(lambda c: c.is_leaf)  # the server's or client's own certificate
issuers = where(lambda c: not c.is_leaf)  # every certificate that issued another one of the path
intermediates = where(lambda c: not c.is_leaf and not c.is_top)
below_anchor = where(lambda c: not c.is_anchor)
top_without_anchor = where(lambda c: c.is_top and not c.anchored)  # the end of a path that reached no anchor
# The end of a path that reached neither an anchor nor a root.
breaks_off = top_without_anchor & when(lambda place: not place.path.ends_self_signed)
servers = where(lambda c: c.setting.server)
# A TLS server is judged, and its certificate is not itself what the user trusted.
servers_at_large = where(lambda c: c.setting.server and c.anchor_class is not AnchorClass.USER_LEAF)
under_ats = where(lambda c: c.setting.ats_applies)
# A live server's connection is judged, once: at its own certificate.
connected = where(lambda c: c.is_leaf and c.setting.has_transport)
negotiated_suite = connected & when(
    lambda place: place.request.transport is not None and bool(place.request.transport.suite)
)
under_niap = under_ats & when(lambda place: place.request.ats.fcp)
