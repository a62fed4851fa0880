"""What a validator is not asked: what it would not finish, and what it would not look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.errors import Unreadable
from pki.model.certificate import CertFacts
from pki.model.extension_values import NameType
from pki.model.foreign import DIFFIE_HELLMAN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_STEPS = 500  # ours: certificates visited while counting paths; the fork tries every one, without a limit


def facts_of(certificates: Iterable[bytes]) -> list[CertFacts]:
    """The facts of those that read."""
    return [facts for facts in map(_facts, certificates) if facts is not None]


def half_a_minute(chain: Sequence[bytes], anchors: Sequence[bytes]) -> str:
    """Why nobody is asked who would load a key of Diffie-Hellman to verify with (see pki.model.foreign), or nothing."""
    if any(facts.key.oid in DIFFIE_HELLMAN for facts in facts_of((*chain, *anchors))):
        return "a key of Diffie-Hellman signs nothing, and would take it half a minute to find out"
    return ""


def beyond_cryptography_48(chain: Sequence[bytes], anchors: Sequence[bytes]) -> str:
    """Why cryptography 48 is not asked, or nothing; tried beside 49, which does both."""
    if too_many_paths(chain, anchors):
        return "these certificates make too many paths, and before release 49 it tries every one"
    for facts in facts_of((*chain, *anchors)):
        limits = facts.name_constraints
        subtrees = () if limits is None else (*(limits.permitted or ()), *(limits.excluded or ()))
        if any(name.type is NameType.DIRECTORY for name in subtrees):
            return "before release 49 it passes over subtrees of subjects"
    return ""


def too_many_paths(chain: Sequence[bytes], anchors: Sequence[bytes]) -> bool:
    """Whether walking every path by name takes more than MAX_STEPS steps; unreadable certificates lead nowhere."""
    known = facts_of((*chain, *anchors))
    stack: list[tuple[CertFacts, ...]] = [(facts,) for facts in known[:1]]
    for _ in range(MAX_STEPS):
        if not stack:
            return False
        path = stack.pop()
        if path[-1].der not in anchors:
            issuers = [cert for cert in known if cert.subject.key == path[-1].issuer.key and cert not in path]
            stack += [(*path, issuer) for issuer in issuers]
    return True


def _facts(der: bytes) -> CertFacts | None:
    try:
        return CertFacts.parse(der)
    except Unreadable:
        return None
