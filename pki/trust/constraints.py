"""Name constraints, RFC 5280 4.2.1.10, with Apple's matching.

Source: Security-61901, trust/trustd/nameconstraints.c. Where Apple departs from the RFC we follow Apple and say so at
the line; docs/why/own-evaluator.md lists the departures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from pki.model import oids
from pki.model.certificate import CertFacts
from pki.model.distinguished import name_text
from pki.model.extensions import GeneralName, NameType

HANDLED = frozenset({NameType.DIRECTORY, NameType.DNS, NameType.IP, NameType.EMAIL, NameType.URI})
MAX_SUBTREES = 1024  # nameconstraints.c
MAX_COMPARISONS = (
    1 << 20
)  # OpenSSL, crypto/x509/v3_ncons.c: NAME_CHECK_MAX; DNS names are looked up, not compared
MAX_SHOWN = 5
MAX_LOOKUP = 1024  # ours: characters of a subtree that is looked up; a DNS name has 253


class AppleConstraints:
    """The subtrees in force at one point of the walk from the anchor to the leaf."""

    def __init__(self) -> None:
        self._permitted: list[GeneralName] = []
        self._excluded: list[GeneralName] = []
        self._refusal = ""

    def add(self, cert: CertFacts) -> None:
        """Take over the constraints of a CA for everything below it."""
        constraints = cert.name_constraints
        if constraints is None:
            return
        extension = cert.extension(oids.NAME_CONSTRAINTS)
        trees = (*(constraints.permitted or ()), *(constraints.excluded or ()))
        if extension is not None and extension.critical and any(tree.type not in HANDLED for tree in trees):
            self._refusal = f"{cert.subject.label} constrains a kind of name that Apple does not handle"
        self._excluded.extend(constraints.excluded or ())
        for tree in constraints.permitted or ():
            if len(self._permitted) + len(self._excluded) > MAX_SUBTREES:
                break  # each is compared with all before it
            self._permit(tree)
        if len(self._permitted) + len(self._excluded) > MAX_SUBTREES:
            self._refusal = f"more than {MAX_SUBTREES} subtrees"

    def _permit(self, tree: GeneralName) -> None:
        """Apple's intersection: a narrower DNS or directory subtree replaces a wider one, a disjoint one is added.

        A real intersection (RFC 5280, 6.1.4 g) would leave nothing of two disjoint subtrees; Apple lists the PKITS
        case as known (InvalidDNnameConstraintsTest13).
        """
        if tree.type in (NameType.DNS, NameType.DIRECTORY):
            for index, known in enumerate(self._permitted):
                if known.type is not tree.type:
                    continue
                if known.value == tree.value or _matches(known, tree):  # the known one is the narrower
                    return
                if _matches(tree, known):
                    self._permitted[index] = tree
                    return
        self._permitted.append(tree)

    def violations(self, cert: CertFacts) -> tuple[str, ...]:
        """What CERT's names violate, in words; empty when nothing."""
        if self._refusal:
            return (self._refusal,)
        if not self._permitted and not self._excluded:
            return ()
        if too_many_comparisons(cert, len(self._permitted) + len(self._excluded)):
            return (f"more than {MAX_COMPARISONS:,} comparisons of a name with a subtree",)
        permitted, excluded = DnsTrees(self._permitted), DnsTrees(self._excluded)
        found = []
        for name in names_of(cert):
            if excluded.cover(name) if name.type is NameType.DNS else _within_any(name, self._excluded):
                found.append(f"{shown(name)} is excluded")
            elif not self._is_permitted(name, permitted):
                same = (tree for tree in self._permitted if tree.type is name.type)
                found.append(f"{shown(name)} is not within {', '.join(map(shown, islice(same, MAX_SHOWN)))}")
            if len(found) == MAX_SHOWN:
                break
        return tuple(found)

    def _is_permitted(self, name: GeneralName, dns: DnsTrees) -> bool:
        """Kinds of names that no permitted subtree mentions are free."""
        if name.type is NameType.DNS:
            return not dns or dns.cover(name)
        same = [tree for tree in self._permitted if tree.type is name.type]
        return not same or _within_any(name, same)


class DnsTrees:
    """The DNS subtrees among many, for looking names up; case and a leading dot do not count."""

    def __init__(self, trees: Iterable[GeneralName]) -> None:
        texts = {tree.text.lower().removeprefix(".") for tree in trees if tree.type is NameType.DNS}
        self._short = frozenset(text for text in texts if len(text) <= MAX_LOOKUP)
        self._long = texts - self._short
        self._longest = max(map(len, self._short), default=-1)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._short) + len(self._long)

    def cover(self, name: GeneralName) -> bool:
        """As `dns_within` for any of them: each end of the name behind a dot is looked up, up to the longest."""
        text = name.text.lower()
        if "" in self._short or any(dns_within(text, tree) for tree in self._long):
            return True
        start = len(text)
        while start >= 0:
            start = text.rfind(".", 0, start)
            if len(text) - start - 1 > self._longest:
                return False
            if text[start + 1 :] in self._short:
                return True
        return False


def too_many_comparisons(cert: CertFacts, subtrees: int) -> bool:
    """Whether names that cannot be looked up are more than MAX_COMPARISONS allow for so many SUBTREES."""
    most = MAX_COMPARISONS // max(subtrees, 1)
    return sum(1 for name in names_of(cert) if name.type is not NameType.DNS) > most


def _within_any(name: GeneralName, trees: Iterable[GeneralName]) -> bool:
    return any(tree.type is name.type and _matches(name, tree) for tree in trees)


def names_of(cert: CertFacts) -> Iterator[GeneralName]:
    """Subject DN, the subject's e-mail addresses, and every SAN. A CommonName is never read as a DNS name."""
    if not cert.subject.empty:
        yield GeneralName(NameType.DIRECTORY, cert.subject.raw)
    for address in cert.subject.email_addresses:
        yield GeneralName(NameType.EMAIL, address.encode("ascii", "replace"))
    yield from cert.subject_alt_names


def _matches(name: GeneralName, tree: GeneralName) -> bool:
    match name.type:
        case NameType.DNS:
            return dns_within(name.text, tree.text)
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


def dns_within(name: str, tree: str) -> bool:
    """Suffix match at a label boundary, any number of labels more; a leading dot in the subtree is ignored."""
    name, tree = name.lower(), tree.lower().removeprefix(".")
    return not tree or name == tree or name.endswith("." + tree)


def address_within(address: bytes, tree: bytes) -> bool:
    """Masked comparison within one address family; a subtree is the network followed by its mask."""
    size = len(address)
    if len(tree) != 2 * size:
        return False
    network, mask = tree[:size], tree[size:]
    return all(a & m == n & m for a, n, m in zip(address, network, mask, strict=True))


def _email_within(address: str, tree: str) -> bool:
    local, at, host = address.rpartition("@")
    return bool(at) and mailbox_within(local, host, tree)


def mailbox_within(local: str, host: str, tree: str) -> bool:
    """A mailbox within a mailbox, a host, or (leading dot) the hosts below a domain; hosts without case."""
    tree_local, tree_at, tree_host = tree.rpartition("@")
    if tree_at:
        return local == tree_local and host.lower() == tree_host.lower()
    if tree.startswith("."):
        return host.lower().endswith(tree.lower())
    return host.lower() == tree.lower()


def uri_host(uri: str) -> str:
    """The host of scheme://[user@]host[:port]/..., lower case; empty when there is none."""
    scheme, separator, rest = uri.partition("://")
    if not scheme or not separator:
        return ""
    authority = rest.split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]
    return authority.rpartition("@")[2].split(":", 1)[0].lower()


def _uri_within(uri: str, tree: str) -> bool:
    host, tree = uri_host(uri), tree.lower()
    if not host:
        return False
    if tree.startswith("."):
        return host.endswith(tree) and len(host) > len(tree)
    # Apple compares as many characters as the subtree has: `a.example.evil` is within `a.example`.
    return host.startswith(tree)


def _directory_within(name: bytes, tree: bytes) -> bool:
    """Apple compares raw bytes, and an equal name does not match: the name must be longer than the subtree."""
    inner, prefix = _content(name), _content(tree)
    return len(inner) > len(prefix) and inner.startswith(prefix)


def _content(name: bytes) -> bytes:
    """The RDNs without the outer header."""
    return name[2:] if name[1] < 0x80 else name[2 + (name[1] & 0x7F) :]


def shown(name: GeneralName) -> str:
    """A name or subtree for a sentence: kind and value, printable and of bounded length."""
    if name.type is NameType.IP:
        return f"address {_address_text(name.value)}"
    if name.type is NameType.DIRECTORY:
        return f"subject {name_text(name.value)}"
    if name.type in HANDLED:
        clean = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name.text[:120])
        return f"{name.type.name} name {clean!r}"
    return f"{name.type.name} name"


def _address_text(value: bytes) -> str:
    import ipaddress

    try:
        if len(value) in (4, 16):
            return str(ipaddress.ip_address(value))
        half = len(value) // 2
        return f"{ipaddress.ip_address(value[:half])} mask {ipaddress.ip_address(value[half:])}"
    except ValueError:
        return value.hex()
