"""One candidate path: a leaf, its issuers, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import NamedTuple

from pki.model.caching import CachedProperty
from pki.model.certificate import CertFacts
from pki.model.hosts import Host
from pki.model.signatures import Verified, self_signed
from pki.model.verdict import AnchorClass
from pki.trust.names import NameMismatch, mismatch
from pki.trust.only_way import OnlyWay
from pki.trust.processing import PathFacts, process
from pki.trust.request import NO_INPUTS, Anchor, PathInputs, Request


class DeadEnd(NamedTuple):
    """Why a path goes no further than its last certificate; all empty: nobody of the issuer's name is at hand.

    `impostors` bear the issuer's name, and their key did not make the signature; of the `undecided` nobody can say.
    `otherwise_encoded` made the signature, and their name is the issuer's by RFC 5280 and not by Apple's comparison.
    `continued_by` did issue the last certificate, and no path through them was better than the one without.
    """

    impostors: tuple[CertFacts, ...] = ()
    undecided: tuple[tuple[CertFacts, Verified], ...] = ()
    otherwise_encoded: tuple[CertFacts, ...] = ()
    continued_by: tuple[CertFacts, ...] = ()
    circle: bool = False  # the issuer has the name of a certificate further down, and another key
    certify_each_other: bool = False  # a certificate further down is the issuer: two that certify each other
    stopped: str = ""  # the limit that ended the search here

    @property
    def explained(self) -> bool:
        """Whether something other than a missing issuer ended the path, which has a rule of its own."""
        return self.circle or bool(
            not self.continued_by and (self.impostors or self.undecided or self.otherwise_encoded)
        )


class Path:
    """Certificates from the leaf upwards; `anchor` is set when the last one is an anchor.

    What follows from a path is worked out once, when first asked for.
    """

    def __init__(
        self,
        certs: tuple[CertFacts, ...],
        anchor: Anchor | None,
        *,
        host: Host | None = None,
        by_rfc5280: bool = False,
        inputs: PathInputs = NO_INPUTS,
        denied: bool = False,
        fetched: Container[bytes] = frozenset(),
        explain: Callable[[tuple[CertFacts, ...]], DeadEnd] | None = None,
        way: OnlyWay | None = None,
    ) -> None:
        self.certs = certs
        self.anchor = anchor
        self.host = host  # what was asked for
        self.by_rfc5280 = by_rfc5280  # how names, keys and name constraints are read
        self.inputs = inputs
        self.denied = denied  # the last certificate is set to Deny, which ends a path as trust does
        self.fetched = fetched  # DER of what the server did not send and its issuer's URL gave
        self.top = len(certs) - 1  # position of the last certificate
        self.anchor_class = _class_of(anchor, self.top)
        self._explain = explain
        self._way = way

    @property
    def issuers(self) -> OnlyWay | tuple[CertFacts, ...]:
        """What tells who stands above the leaf: equal for two paths whose issuers are the same, and not otherwise."""
        return self._way or self.certs[1:]

    @CachedProperty
    def dead_end(self) -> DeadEnd:
        """Why the search went no further than the last certificate."""
        return self._explain(self.certs) if self._explain is not None else DeadEnd()

    @CachedProperty
    def ends_self_signed(self) -> bool:
        """Whether the path ends in a certificate that signed itself."""
        return self_signed(self.certs[-1], by_rfc5280=self.by_rfc5280)

    @CachedProperty
    def leaf_self_signed(self) -> bool:
        """Whether the leaf signed itself."""
        return self_signed(self.certs[0], by_rfc5280=self.by_rfc5280)

    @property
    def intermediates(self) -> int:
        """How many certificates stand between the leaf and the end."""
        return max(self.top - 1, 0)

    @CachedProperty
    def name_mismatch(self) -> NameMismatch | None:
        """Why the leaf does not speak for the host; None when it does, or when nobody asked."""
        return mismatch(self.certs[0], self.host) if self.host is not None else None

    @CachedProperty
    def facts(self) -> PathFacts:
        """What only shows when the path is walked from the top: constraints, path lengths, policies."""
        anchored, way = self.anchor is not None, self._way
        walked = way.walked if way is not None else None
        return process(
            self.certs, anchored=anchored, by_rfc5280=self.by_rfc5280, inputs=self.inputs, walked=walked
        )


def _class_of(anchor: Anchor | None, top: int) -> AnchorClass:
    """The class that decides which rules bind a path: a trusted leaf has its own."""
    if anchor is None:
        return AnchorClass.NONE
    given = anchor.anchor_class
    if given is AnchorClass.USER or given is AnchorClass.USER_LEAF:
        return AnchorClass.USER if top else AnchorClass.USER_LEAF
    return given


class Place(NamedTuple):
    """One certificate where it stands: what a rule is given."""

    cert: CertFacts
    position: int
    path: Path
    request: Request

    @property
    def issuer(self) -> CertFacts | None:
        """The next certificate towards the root."""
        return self.path.certs[self.position + 1] if self.position < self.path.top else None

    @property
    def self_signed(self) -> bool:
        """Whether it signed itself, as the policy's book understands that."""
        if self.position == 0:
            return self.path.leaf_self_signed
        return self_signed(self.cert, by_rfc5280=self.path.by_rfc5280)

    @property
    def is_leaf(self) -> bool:
        """Position 0."""
        return self.position == 0

    @property
    def is_top(self) -> bool:
        """The last certificate of the path."""
        return self.position == self.path.top

    @property
    def is_anchor(self) -> bool:
        """The certificate that is itself trusted."""
        return self.is_top and self.path.anchor is not None

    @property
    def anchor_class(self) -> AnchorClass:
        """The path's class."""
        return self.path.anchor_class
