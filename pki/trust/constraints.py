"""Name constraints along a path, RFC 5280 4.2.1.10: what is in force below each CA, Apple's way or by the book.

Source of Apple's way: Security-61901, trust/trustd/SecPolicyServer.c, SecPolicyCheckBasicCertificateProcessing. By the
book (6.1.4 g) every CA's permitted list must hold. Where names are compared is `name_matching.py`; the departures
from the RFC are listed in docs/why/own-evaluator.md.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from pki.model import oids
from pki.model.caching import Weighed
from pki.model.certificate import CertFacts
from pki.model.extension_values import GeneralName, NameConstraints, NameType
from pki.trust.constrained_names import MAX_SHOWN, Names, names_to_hold, shown, shown_subtree
from pki.trust.intersection import TooManyPairs, intersected
from pki.trust.name_matching import APPLE, HANDLED, RFC_5280, Reading
from pki.trust.subtrees import Subtrees

MAX_SUBTREES = (
    1024  # SecPolicyServer.c, POLICY_SUBTREES_MAX: so many are too many, permitted and excluded apart
)
MAX_SEARCHES = 1 << 18  # ours: of one certificate's names among the subtrees above it; a quarter of a second
MAX_COMPARISONS = 1 << 20  # OpenSSL, crypto/x509/v3_ncons.c, NAME_CHECK_MAX; BoringSSL has the same number
MAX_KEPT = 1 << 20  # ours: bytes of the certificates whose lists are kept ready


class Constraints(ABC):
    """What is in force at one point of the walk: every permitted list must hold, and no excluded one. Never changed."""

    def __init__(self, permitted: tuple[Subtrees, ...] = (), excluded: tuple[Subtrees, ...] = ()) -> None:
        self.permitted = permitted
        self.excluded = excluded

    @abstractmethod
    def below(self, cert: CertFacts, *, anchor: bool = False) -> tuple[Constraints, tuple[str, ...]]:
        """What is in force below CERT, a CA, and what is wrong with its own constraints."""

    @abstractmethod
    def violations(self, cert: CertFacts) -> tuple[str, ...]:
        """What CERT's names violate, in words; empty when nothing."""

    @staticmethod
    def against(names: Names, among: Sequence[Subtrees]) -> tuple[str, ...]:
        """What NAMES violate of the lists AMONG those in force, one sentence for a name."""
        searches = sum(
            count * trees.searches(kind) for kind, count in names.counts.items() for trees in among
        )
        if searches > MAX_SEARCHES:
            return (
                f"its names take more than {MAX_SEARCHES:,} searches among the subtrees above it: none was made",
            )
        found: dict[GeneralName, str] = {}
        for trees in among:
            for name in trees.against(names.all, MAX_SHOWN):
                same = (shown_subtree(tree) for tree in trees.trees if tree.type is name.type)
                within = f"is not within {', '.join(islice(same, MAX_SHOWN))}"
                found.setdefault(name, f"{shown(name)} {'is excluded' if trees.excluded else within}")
        return tuple(found.values())[:MAX_SHOWN]


class AppleConstraints(Constraints):
    """As Apple keeps them: one permitted and one excluded list, each of fewer than MAX_SUBTREES."""

    def below(self, cert: CertFacts, *, anchor: bool = False) -> tuple[Constraints, tuple[str, ...]]:
        """An anchor's lists are taken as they are; whether Apple can compare their kinds is asked below it only."""
        constraints = cert.name_constraints
        if constraints is None or not (constraints.permitted or constraints.excluded):
            return self, ()
        if anchor:
            return AppleConstraints(*_own(cert, APPLE)), ()
        problems: list[str] = []
        permitted, excluded = self.permitted, self.excluded
        if constraints.permitted and self._takes(cert, constraints.permitted, permitted, problems):
            before = [tree for trees in permitted for tree in trees.trees]
            try:
                joined = intersected(before, constraints.permitted)
                permitted = _lists(joined) if before else _own(cert, APPLE).permitted
            except TooManyPairs:
                problems.append("too many e-mail or URI subtrees to hold against those above: not judged")
        if constraints.excluded and self._takes(cert, constraints.excluded, excluded, problems):
            excluded = (*excluded, *_own(cert, APPLE).excluded)
        return AppleConstraints(permitted, excluded), tuple(problems)

    @staticmethod
    def _takes(
        cert: CertFacts, new: Sequence[GeneralName], before: Sequence[Subtrees], problems: list[str]
    ) -> bool:
        total = len(new) + sum(map(len, before))
        if total >= MAX_SUBTREES:
            problems.append(f"{total:,} subtrees of one half: from {MAX_SUBTREES:,} on Apple refuses")
            return False
        extension = cert.extension(oids.NAME_CONSTRAINTS)
        if extension is not None and extension.critical and any(tree.type not in HANDLED for tree in new):
            problems.append(f"{cert.subject.label} constrains a kind of name that Apple does not handle")
        return True

    def violations(self, cert: CertFacts) -> tuple[str, ...]:
        """As SecNameContraintsMatchSubtrees tells it: a certificate without any name violates whatever is in force."""
        lists = (*self.excluded, *self.permitted)
        if not lists:
            return ()
        found: list[str] = []
        among: list[Subtrees] = []
        for half in (self.excluded, self.permitted):
            total = sum(map(len, half))
            if total >= MAX_SUBTREES:
                found.append(
                    f"{total:,} subtrees of one half are in force: from {MAX_SUBTREES:,} on Apple refuses"
                )
            else:
                among += half
        names = names_to_hold(cert)
        if not names.all:
            return (
                *found,
                "it has neither a subject nor a subjectAltName to hold against the constraints above it",
            )
        return (*found, *self.against(names, among))


class BookConstraints(Constraints):
    """By RFC 5280: a list for each CA, and whatever cannot be compared is refused."""

    refusal = ""

    def below(self, cert: CertFacts, *, anchor: bool = False) -> tuple[Constraints, tuple[str, ...]]:
        """A half that RFC 5280 does not use cannot be processed, so everything below is refused."""
        constraints = cert.name_constraints
        if constraints is None:
            return self, ()
        own = _own(cert, RFC_5280)
        made = BookConstraints((*self.permitted, *own.permitted), (*self.excluded, *own.excluded))
        made.refusal = self.refusal
        if constraints.dropped:
            made.refusal = f"{cert.subject.label}: {constraints.dropped[0]}, which RFC 5280 does not use"
        return made, ()

    def violations(self, cert: CertFacts) -> tuple[str, ...]:
        """What does not read as the kind of name it claims to be is refused, too."""
        if self.refusal:
            return (self.refusal,)
        lists = (*self.excluded, *self.permitted)
        if not lists:
            return ()
        names = names_to_hold(cert)
        comparisons = sum(
            count * trees.count(kind) for kind, count in names.counts.items() for trees in lists
        )
        if comparisons > MAX_COMPARISONS:
            said = f"more than {MAX_COMPARISONS:,} comparisons of a name with a subtree"
            return (f"{said}, where OpenSSL gives up, too",)
        foreign = tuple(
            f"a {kind.name} name is of a kind that is constrained and cannot be compared"
            for kind in names.counts
            if kind not in HANDLED and any(trees.count(kind) for trees in lists)
        )
        return (*names.unreadable, *foreign) or self.against(names, lists)


def _lists(
    trees: tuple[GeneralName, ...] | None, reading: Reading = APPLE, *, excluded: bool = False
) -> tuple[Subtrees, ...]:
    return (Subtrees(trees, reading, excluded=excluded),) if trees else ()


class _Own(NamedTuple):
    """The lists that a CA brings in."""

    permitted: tuple[Subtrees, ...]
    excluded: tuple[Subtrees, ...]


def _own(cert: CertFacts, reading: Reading) -> _Own:
    """One object for all paths: they keep what they last told."""
    key = (cert, reading is APPLE)
    found = _known_lists.get(key)
    if found is None:
        constraints = cert.name_constraints or NameConstraints(None, None)
        found = _Own(
            _lists(constraints.permitted, reading), _lists(constraints.excluded, reading, excluded=True)
        )
        _known_lists.put(key, found, len(cert.der))
    return found


_known_lists: Weighed[tuple[CertFacts, bool], _Own] = Weighed(MAX_KEPT)


def ignored(cert: CertFacts) -> Iterator[str]:
    """What CERT's constraints ask and Apple does not: a CA that says so promises more than Apple's clients hold."""
    constraints = cert.name_constraints
    if constraints is None:
        return
    for half in constraints.dropped:
        yield f"{half}: Apple drops that half whole"
    excluded = constraints.excluded or ()
    if any(tree.type is NameType.DNS and not tree.value for tree in excluded):
        yield (
            "an empty dNSName is excluded, which is meant to exclude every host name; on Apple the outcome is "
            "undefined (it reads behind the text's end), and by its code nothing is excluded"
        )
    others = sorted({tree.type.name for tree in excluded if tree.type not in HANDLED})
    if others:
        yield f"excluded subtrees of kind {', '.join(others)} exclude nothing"
