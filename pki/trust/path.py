"""One candidate path: a leaf, its issuers, and how it ends."""

from __future__ import annotations

from typing import NamedTuple

from pki.model.certificate import CertFacts
from pki.model.hosts import Host
from pki.model.verdict import AnchorClass
from pki.trust.names import NameMismatch, mismatch
from pki.trust.processing import PathFacts, process
from pki.trust.request import NO_INPUTS, Anchor, PathInputs, Request
from pki.trust.signatures import self_signed


class Path:
    """Certificates from the leaf upwards; `anchor` is set when the last one is an anchor.

    `impostors` carry the name of the missing issuer, but their key did not make the signature. `stopped` says why the
    search gave this path up, when a limit was reached. What follows from a path is worked out once, when first asked
    for: `cached_property` would do it, at the price of a lock in Python 3.11 that costs more than the work.
    """

    __slots__ = (
        "_anchor_class",
        "_ends_self_signed",
        "_facts",
        "_name_mismatch",
        "anchor",
        "by_the_book",
        "certs",
        "fetched",
        "host",
        "impostors",
        "inputs",
        "stopped",
        "top",
    )

    def __init__(
        self,
        certs: tuple[CertFacts, ...],
        anchor: Anchor | None,
        *,
        host: Host | None = None,
        by_the_book: bool = False,
        inputs: PathInputs = NO_INPUTS,
        impostors: tuple[CertFacts, ...] = (),
        stopped: str = "",
        fetched: frozenset[bytes] = frozenset(),
    ) -> None:
        self.certs = certs
        self.anchor = anchor
        self.host = host  # what was asked for
        self.by_the_book = by_the_book  # how name constraints are read
        self.inputs = inputs
        self.impostors = impostors
        self.stopped = stopped
        self.fetched = fetched  # what the server did not send and its issuer's URL gave
        self.top = len(certs) - 1  # position of the last certificate
        self._anchor_class: AnchorClass | None = None
        self._ends_self_signed: bool | None = None
        self._facts: PathFacts | None = None
        self._name_mismatch: tuple[NameMismatch | None] | None = None

    @property
    def ends_self_signed(self) -> bool:
        """Whether the path ends in a certificate that signed itself."""
        if self._ends_self_signed is None:
            self._ends_self_signed = self_signed(self.certs[-1])
        return self._ends_self_signed

    @property
    def anchor_class(self) -> AnchorClass:
        """The class that decides which rules bind this path: a trusted leaf has its own."""
        if self._anchor_class is None:
            self._anchor_class = self._classify()
        return self._anchor_class

    def _classify(self) -> AnchorClass:
        if self.anchor is None:
            return AnchorClass.NONE
        given = self.anchor.anchor_class
        if given in (AnchorClass.USER, AnchorClass.USER_LEAF):
            return AnchorClass.USER_LEAF if self.top == 0 else AnchorClass.USER
        return given

    @property
    def intermediates(self) -> int:
        """How many certificates stand between the leaf and the end."""
        return max(self.top - 1, 0)

    @property
    def name_mismatch(self) -> NameMismatch | None:
        """Why the leaf does not speak for the host; None when it does, or when nobody asked."""
        if self._name_mismatch is None:
            self._name_mismatch = (mismatch(self.certs[0], self.host) if self.host is not None else None,)
        return self._name_mismatch[0]

    @property
    def facts(self) -> PathFacts:
        """What only shows when the path is walked from the top: constraints, path lengths, policies."""
        if self._facts is None:
            anchored = self.anchor is not None
            self._facts = process(
                self.certs, anchored=anchored, by_the_book=self.by_the_book, inputs=self.inputs
            )
        return self._facts


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
    def is_intermediate(self) -> bool:
        """Neither leaf nor the top of the path."""
        return 0 < self.position < self.path.top

    @property
    def anchor_class(self) -> AnchorClass:
        """The path's class."""
        return self.path.anchor_class
