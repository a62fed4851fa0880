"""Name constraints by RFC 5280, 4.2.1.10 and 6.1.4 (g), for the policies that judge by the book.

Where this differs from Apple's reading (`constraints.py`): every CA's permitted set must hold, an equal directory name
is within its subtree and names are compared without case and spacing, a URI subtree without a dot is that host alone,
a wildcard is excluded when any name it covers is, and a name that cannot be read is within nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from pki.model import der
from pki.model.caching import remembered
from pki.model.certificate import CertFacts
from pki.model.distinguished import DistinguishedName
from pki.model.extensions import GeneralName, NameType
from pki.trust.constraints import (
    HANDLED,
    MAX_COMPARISONS,
    MAX_SHOWN,
    MAX_SUBTREES,
    DnsTrees,
    address_within,
    dns_within,
    mailbox_within,
    names_of,
    shown,
    too_many_comparisons,
    uri_host,
)


class BookConstraints:
    """The subtrees in force at one point of the walk: a list of permitted sets, all of which must hold."""

    def __init__(self) -> None:
        self._permitted: list[tuple[GeneralName, ...]] = []
        self._excluded: list[GeneralName] = []
        self._count = 0
        self._lookups: tuple[DnsTrees, ...] = ()

    def add(self, cert: CertFacts) -> None:
        """Take over the constraints of a CA for everything below it."""
        constraints = cert.name_constraints
        if constraints is None:
            return
        if constraints.permitted is not None:
            self._permitted.append(constraints.permitted)
        self._excluded.extend(constraints.excluded or ())
        self._count += len(constraints.permitted or ()) + len(constraints.excluded or ())

    def violations(self, cert: CertFacts) -> tuple[str, ...]:
        """What CERT's names violate, in words; empty when nothing."""
        if self._count > MAX_SUBTREES:
            return (f"more than {MAX_SUBTREES} subtrees",)
        if not self._count:
            return ()
        if too_many_comparisons(cert, self._count):
            return (f"more than {MAX_COMPARISONS:,} comparisons of a name with a subtree",)
        self._lookups = tuple(map(_lookup, (*self._permitted, self._excluded)))
        found = []
        for name in names_of(cert):
            problem = self._problem(name)
            if problem:
                found.append(f"{shown(name)} {problem}")
            if len(found) == MAX_SHOWN:
                break
        return tuple(found)

    def _problem(self, name: GeneralName) -> str:
        if name.type not in HANDLED and self._constrained(name.type):
            return "is of a kind that is constrained and cannot be compared"
        *dns_permitted, dns_excluded = self._lookups
        wildcard = name.text.startswith("*.")
        if name.type is NameType.DNS and not wildcard:
            is_excluded = dns_excluded.cover(name)
        else:
            is_excluded = any(tree.type is name.type and _excludes(name, tree) for tree in self._excluded)
        if is_excluded:
            return "is excluded"
        for permitted, dns in zip(self._permitted, dns_permitted, strict=True):
            if name.type is NameType.DNS and dns.cover(name):
                continue
            same = [tree for tree in permitted if tree.type is name.type]
            if same and not any(_within(name, tree) for tree in same):
                return f"is not within {', '.join(shown(tree) for tree in same[:MAX_SHOWN])}"
        return ""

    def _constrained(self, kind: NameType) -> bool:
        return any(tree.type is kind for trees in (*self._permitted, self._excluded) for tree in trees)


def _lookup(trees: Iterable[GeneralName]) -> DnsTrees:
    """DNS subtrees that begin with a dot cover nothing by the book."""
    return DnsTrees(tree for tree in trees if not tree.text.startswith("."))


def _excludes(name: GeneralName, tree: GeneralName) -> bool:
    if name.type is NameType.EMAIL and name.text.count("@") != 1:
        return True
    if name.type is NameType.DNS and name.text.startswith("*."):
        covered = name.text[2:].lower()
        return _within(name, tree) or dns_within(tree.text, covered)
    return _within(name, tree)


def _within(name: GeneralName, tree: GeneralName) -> bool:
    match name.type:
        case NameType.DNS:
            return not tree.text.startswith(".") and dns_within(name.text, tree.text)
        case NameType.IP:
            return address_within(name.value, tree.value)
        case NameType.EMAIL:
            return _email_within(name.text, tree.text)
        case NameType.URI:
            return _uri_within(name.text, tree.text)
        case NameType.DIRECTORY:
            return _directory_within(name.value, tree.value)
        case _:
            return False


def _email_within(address: str, tree: str) -> bool:
    local, at, host = address.partition("@")
    return bool(at and local) and "@" not in host and mailbox_within(local, host, tree)


def _uri_within(uri: str, tree: str) -> bool:
    host, tree = uri_host(uri), tree.lower()
    if not host:
        return False
    return host.endswith(tree) and len(host) > len(tree) if tree.startswith(".") else host == tree


def _directory_within(name: bytes, tree: bytes) -> bool:
    ours, theirs = _names_in_order(name), _names_in_order(tree)
    return len(ours) >= len(theirs) and ours[: len(theirs)] == theirs


@remembered(512)
def _names_in_order(raw: bytes) -> tuple[bytes, ...]:
    """The relative names, each in comparison form."""
    try:
        parts = [raw[e[1] : e[3]] for e in der.children(raw, *der.only(raw, der.SEQUENCE))]
        return tuple(DistinguishedName(der.encode(der.SEQUENCE, part)).key for part in parts)
    except der.DerError:
        return (raw,)
