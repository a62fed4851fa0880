"""Which certificates of one file are a chain together: by who issued whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pki.errors import Unreadable
from pki.model.certificate import CertFacts


@dataclass(frozen=True, slots=True)
class FoundChain:
    """One chain, leaf first; `number` counts its leaf among the certificates of the file, from 1."""

    number: int
    certificates: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """What one certificate is to the others: by names, as `pki.load.leaf_first` has it."""

    subject: object  # None where it does not read
    issuer: object  # None where it names itself
    leaf: bool  # neither a CA's, nor one that names itself


_UNREAD = Link(None, None, False)
"""Of a certificate that Apple's parser refuses; judging says why."""


def link_of(certificate: bytes) -> Link:
    """What CERTIFICATE says of its place."""
    try:
        facts = CertFacts.parse(certificate, remember=False)
    except Unreadable:
        return _UNREAD
    own, constraints = facts.self_issued, facts.basic_constraints
    leaf = not own and not (constraints is not None and constraints.ca)
    return Link(facts.subject.key, None if own else facts.issuer.key, leaf)


def chains_of(certificates: Sequence[bytes]) -> tuple[FoundChain, ...]:
    """The chains in a file: one for each certificate that issued none of the others, with its issuers behind it.

    A file that begins with its only leaf is one chain, as a server would send it, whatever stands behind. In others a
    leaf's issuers are looked for in the whole file, so that a bundle of leaves may have their CA once, at its end. A
    leaf that stands there twice is two chains; an issuer is in a chain once.
    """
    links = [link_of(one) for one in certificates]
    if len(links) == 1 or (links and links[0].leaf and not any(one.leaf for one in links[1:])):
        return (FoundChain(1, tuple(dict.fromkeys(certificates))),)
    issuers = {one.issuer for one in links}
    issuers.discard(None)
    heads = [at for at, one in enumerate(links) if one.subject not in issuers]
    by_name: dict[object, list[int]] = {}
    found, left = [], set({one: at for at, one in reversed(list(enumerate(certificates)))}.values())
    for at in sorted(left):
        by_name.setdefault(links[at].subject, []).append(at)
    for at in heads:
        behind = _issuers_of(at, links, by_name)
        left -= {at, *behind}
        found.append(FoundChain(at + 1, tuple(certificates[one] for one in (at, *behind))))
    if left:  # a circle of names: nobody's chain, and still not to be lost
        rest = sorted(left)
        found.append(FoundChain(rest[0] + 1, tuple(certificates[one] for one in rest)))
    return tuple(sorted(found, key=lambda one: one.number))


def _issuers_of(leaf: int, links: Sequence[Link], by_name: dict[object, list[int]]) -> list[int]:
    """Those whose names lead up from LEAF, in the order of the file."""
    found: set[int] = set()
    waiting = [links[leaf].issuer]
    while waiting:
        name = waiting.pop()
        for at in by_name.get(name, ()) if name is not None else ():
            if at != leaf and at not in found:
                found.add(at)
                waiting.append(links[at].issuer)
    return sorted(found)
