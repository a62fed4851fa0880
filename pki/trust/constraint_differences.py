"""Where Apple departs from RFC 5280 about name constraints, found in one chain: why another validator says otherwise.

Each departure looks for its very cause among the names and subtrees of the chain, by what is written there and not by
what our matcher said of it. A difference without one is a fault of ours, or of the other validator, and worth a look.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pki.model import oids
from pki.model.certificate import CertFacts
from pki.model.extension_values import GeneralName, NameType
from pki.trust.constrained_names import names_of, shown, shown_subtree
from pki.trust.constraints import MAX_COMPARISONS, MAX_SUBTREES
from pki.trust.name_matching import HANDLED, RFC_5280, mailbox

MAX_LOOKED_AT = (
    1 << 14
)  # ours: pairs of a name and a subtree; a chain that has more is nobody's everyday chain


class Pair(NamedTuple):
    """A name and a subtree of its kind above it."""

    name: GeneralName
    tree: GeneralName
    excluded: bool
    ca: int  # position of the CA

    @property
    def texts(self) -> tuple[str, str]:
        """Both as text."""
        return self.name.text, self.tree.text

    @property
    def within(self) -> bool:
        """Whether the name lies within the subtree by the book."""
        return _tree_within(self.name, self.tree)


def pairs(chain: Sequence[CertFacts], position: int) -> Iterator[Pair]:
    """Every name of the certificate at POSITION with every subtree of its kind that a CA above brings in."""
    names = tuple(names_of(chain[position]))
    left = MAX_LOOKED_AT
    for ca in range(position + 1, len(chain)):
        constraints = chain[ca].name_constraints
        halves = (constraints.permitted or (), constraints.excluded or ()) if constraints is not None else ()
        for excluded, half in enumerate(halves):
            for tree in half:
                for name in names:
                    left -= 1
                    if left < 0:
                        return
                    if name.type is tree.type:
                        yield Pair(name, tree, bool(excluded), ca)


def apple_is_stricter(chain: Sequence[CertFacts], position: int) -> str:
    """Why Apple refuses the certificate at POSITION where RFC 5280 does not; empty when no departure is found."""
    return next((words for words in _stricter(chain, position) if words), "")


def _stricter(chain: Sequence[CertFacts], position: int) -> Iterator[str]:
    yield _refused_for_itself(chain[position])
    if max(_in_force(chain[position:])) >= MAX_SUBTREES:
        yield f"Apple refuses {MAX_SUBTREES:,} subtrees of one half and more"
    if not any(True for _ in names_of(chain[position])):
        yield "Apple refuses a certificate without any name below a constraint"
    for pair in pairs(chain, position):
        name, tree = pair.texts
        match pair.name.type:
            case NameType.DIRECTORY if not pair.excluded and pair.within:
                if pair.name.value == pair.tree.value:
                    yield f"on Apple a subject is not within a subtree that equals it ({shown(pair.tree)})"
                elif not _content(pair.name.value).startswith(_content(pair.tree.value)):
                    yield f"Apple compares a subject with its subtree by bytes ({shown(pair.tree)})"
            case NameType.URI if not pair.excluded and pair.within and "@" in _authority(name):
                yield f"Apple takes the user in {shown(pair.name)} for its host"
            case NameType.URI if pair.excluded and not pair.within and _only_begins(name, tree):
                yield f"on Apple a host need only begin with {shown(pair.tree)}"
            case NameType.EMAIL if not pair.excluded and pair.within and _domain_case(name, tree):
                yield f"Apple compares {shown(pair.name)} with {shown_subtree(pair.tree)} with case"
            case NameType.EMAIL if pair.excluded and not pair.within and _mailbox_case(name, tree):
                yield f"Apple compares {shown(pair.name)} with {shown(pair.tree)} without case"
            case kind if not pair.excluded and kind not in HANDLED:
                yield f"Apple cannot compare {kind.name} names, so a permitted one permits nothing"
    yield _narrowed_in_place(chain, position)


def _refused_for_itself(cert: CertFacts) -> str:
    """What Apple holds against a CA's own constraints."""
    extension, constraints = cert.extension(oids.NAME_CONSTRAINTS), cert.name_constraints
    if extension is None or constraints is None:
        return ""
    trees = (*(constraints.permitted or ()), *(constraints.excluded or ()))
    if extension.critical and any(tree.type not in HANDLED for tree in trees):
        return f"{cert.subject.label} constrains a kind of name that Apple does not handle"
    return ""


def _in_force(chain: Sequence[CertFacts]) -> tuple[int, int]:
    """How many permitted and excluded subtrees the certificates of CHAIN bring in."""
    found = [cert.name_constraints for cert in chain]
    permitted = sum(len(constraints.permitted or ()) for constraints in found if constraints is not None)
    excluded = sum(len(constraints.excluded or ()) for constraints in found if constraints is not None)
    return permitted, excluded


def _narrowed_in_place(chain: Sequence[CertFacts], position: int) -> str:
    """Two subtrees of a CA within one of a CA above: the second takes the place of the first if it lies within it."""
    lists: dict[int, set[GeneralName]] = {}
    held = [
        pair for pair in pairs(chain, position) if not pair.excluded and pair.name.type is not NameType.IP
    ]
    for pair in held:
        lists.setdefault(pair.ca, set()).add(pair.tree)
    for pair in held:
        others = lists[pair.ca] - {pair.tree}
        inner = [tree for tree in others if tree.type is pair.tree.type and _tree_within(tree, pair.tree)]
        above = (tree for ca, trees in lists.items() if ca > pair.ca for tree in trees)
        if pair.within and inner and any(_tree_within(pair.tree, tree) for tree in above):
            return f"Apple lets {shown(inner[0])} take the place of {shown(pair.tree)}, which both lie within one above"
    return ""


def _tree_within(inner: GeneralName, outer: GeneralName) -> bool:
    handled = inner.type is outer.type and outer.type in HANDLED
    return handled and RFC_5280[outer.type]([outer.value]).permit(inner.value)


def apple_is_laxer(chain: Sequence[CertFacts], who: str) -> str:
    """Why WHO refuses for name constraints where Apple does not; empty when no departure is found in CHAIN."""
    found = (words for position in range(len(chain)) for words in _laxer(chain, position, who))
    return next((words for words in found if words), "")


def _laxer(chain: Sequence[CertFacts], position: int, who: str) -> Iterator[str]:
    constraints = chain[position].name_constraints
    for half in constraints.dropped if constraints is not None else ():
        yield f"{half}, and Apple drops that half"
    if who == "cryptography" and constraints is not None:
        yield from _unsupported_by_cryptography(chain[position])
    outside: dict[tuple[GeneralName, int], list[GeneralName]] = {}
    inside: set[tuple[GeneralName, int]] = set()
    for pair in pairs(chain, position):
        name, tree = pair.texts
        if not pair.excluded:
            outside.setdefault((pair.name, pair.ca), []).append(pair.tree)
            if pair.within:
                inside.add((pair.name, pair.ca))
        match pair.name.type:
            case NameType.DNS if pair.excluded and not pair.tree.value:
                yield "an empty dNSName is excluded: every host name to it, none as Apple's code reads"
            case NameType.DNS if who != "OpenSSL" and not pair.excluded and tree.startswith("."):
                if name.lower().endswith(tree.lower()):
                    yield f"to it {tree!r} is no DNS subtree, to Apple what is below {tree[1:]!r}"
            case NameType.DNS if pair.excluded and name.startswith("*.") and not pair.within:
                if tree.partition(".")[2].lower() == name[2:].lower():
                    yield f"to it {shown(pair.name)} reaches the excluded {shown(pair.tree)}"
            case NameType.DIRECTORY if pair.excluded and pair.within:
                if pair.name.value == pair.tree.value:
                    yield f"on Apple a subject is not within a subtree that equals it ({shown(pair.tree)})"
                elif not _content(pair.name.value).startswith(_content(pair.tree.value)):
                    yield f"Apple compares a subject with its subtree by bytes ({shown(pair.tree)})"
            case NameType.URI if not pair.excluded and not pair.within and _only_begins(name, tree):
                yield f"on Apple a host need only begin with {shown(pair.tree)}"
            case NameType.URI if pair.excluded and pair.within and "@" in _authority(name):
                yield f"Apple takes the user in {shown(pair.name)} for its host"
            case NameType.EMAIL if not pair.excluded and not pair.within and _mailbox_case(name, tree):
                yield f"Apple compares {shown(pair.name)} with {shown(pair.tree)} without case"
            case NameType.EMAIL if pair.excluded and pair.within and _domain_case(name, tree):
                yield f"Apple compares {shown(pair.name)} with {shown_subtree(pair.tree)} with case"
            case NameType.EMAIL if mailbox(name) is None:
                yield f"to it {shown(pair.name)} is no mailbox"
            case kind if pair.excluded and kind not in HANDLED:
                yield f"{kind.name} names are excluded, which Apple cannot compare"
    yield from _outside_another_list(outside, inside)
    if sum(_in_force(chain[position + 1 :])) * sum(1 for _ in names_of(chain[position])) > MAX_COMPARISONS:
        yield f"more than {MAX_COMPARISONS:,} comparisons of a name with a subtree, where it gives up"


def _outside_another_list(
    outside: dict[tuple[GeneralName, int], list[GeneralName]], inside: set[tuple[GeneralName, int]]
) -> Iterator[str]:
    """A name within what one CA permits and outside what another does: RFC 5280 wants both, Apple takes either."""
    for name, ca in outside:
        if (name, ca) not in inside and any(known is name for known, _ in inside):
            permitted = ", ".join(shown_subtree(tree) for tree in outside[name, ca][:3])
            yield f"{shown(name)} is not within {permitted} of one CA, and Apple adds up what several permit"


def _unsupported_by_cryptography(cert: CertFacts) -> Iterator[str]:
    """It refuses subtrees of these kinds and shapes as such, whatever the names below."""
    constraints = cert.name_constraints
    trees = (*(constraints.permitted or ()), *(constraints.excluded or ())) if constraints is not None else ()
    for tree in trees:
        if tree.type in (NameType.DIRECTORY, NameType.URI):
            yield f"it does not support {tree.type.name} subtrees"
        if tree.type is NameType.DNS and (tree.text.startswith(".") or not tree.value):
            yield f"to it {tree.text!r} is no DNS subtree"


def _content(name: bytes) -> bytes:
    """A Name without its header."""
    return name[2:] if len(name) > 1 and name[1] < 0x80 else name[2 + (name[1] & 0x7F) :]


def _authority(uri: str) -> str:
    return uri.partition("://")[2].partition("/")[0]


def _only_begins(uri: str, tree: str) -> bool:
    host = _authority(uri).rpartition("@")[2].partition(":")[0].lower()
    return not tree.startswith(".") and host != tree.lower() and host.startswith(tree.lower())


def _mailbox_case(name: str, tree: str) -> bool:
    return "@" in tree and name != tree and name.lower() == tree.lower()


def _domain_case(name: str, tree: str) -> bool:
    return tree.startswith(".") and not name.endswith(tree) and name.lower().endswith(tree.lower())
