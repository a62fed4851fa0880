"""One candidate path: a leaf, its issuers, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from pki.model.certificate import CertFacts
from pki.model.verdict import AnchorClass
from pki.trust.processing import PathFacts, process
from pki.trust.request import Anchor, Request
from pki.trust.signatures import self_signed


@dataclass(frozen=True)
class Path:
    """Certificates from the leaf upwards; `anchor` is set when the last one is an anchor.

    `impostors` carry the name of the missing issuer, but their key did not make the signature.
    """

    certs: tuple[CertFacts, ...]
    anchor: Anchor | None
    impostors: tuple[CertFacts, ...] = ()
    stopped: str = field(default="")  # why the search gave this path up, when a limit was reached
    by_the_book: bool = False  # how name constraints are read

    @property
    def top(self) -> int:
        """Position of the last certificate."""
        return len(self.certs) - 1

    @cached_property
    def ends_self_signed(self) -> bool:
        """Whether the path ends in a certificate that signed itself."""
        return self_signed(self.certs[-1])

    @cached_property
    def anchor_class(self) -> AnchorClass:
        """The class that decides which rules bind this path: a trusted leaf has its own."""
        if self.anchor is None:
            return AnchorClass.NONE
        given = self.anchor.anchor_class
        if given in (AnchorClass.USER, AnchorClass.USER_LEAF):
            return AnchorClass.USER_LEAF if self.top == 0 else AnchorClass.USER
        return given

    @cached_property
    def facts(self) -> PathFacts:
        """What only shows when the path is walked from the top: constraints, path lengths, policies."""
        return process(self.certs, anchored=self.anchor is not None, by_the_book=self.by_the_book)


@dataclass(frozen=True, slots=True)
class Place:
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
