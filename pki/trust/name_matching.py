"""Which names lie within which subtrees (RFC 5280, 4.2.1.10): one matcher, read Apple's way or by the book.

A list of subtrees is put in order once, and a name then costs one search in it instead of a comparison with each: who
sends a thousand names below a thousand subtrees must not buy seconds of our time. Source of Apple's way:
Security-61901, trust/trustd/nameconstraints.c. Where it reads beyond the end of an empty text the result is undefined;
we answer as if it had read no dot.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pki.model import der
from pki.model.distinguished import names_in_order
from pki.model.extension_values import NameType
from pki.trust.subtree_index import Matcher, Prefixes, SubtreeMatcher, decoded, folded, folded_texts

HANDLED = frozenset({NameType.DIRECTORY, NameType.DNS, NameType.IP, NameType.EMAIL, NameType.URI})
ADDRESS_SIZES = (4, 16)


class _AppleDns(SubtreeMatcher):
    """SecDNSNameConstraintsMatch: a subtree and what is below it; with a leading dot, only what is below it."""

    def __init__(self, trees: Iterable[bytes]) -> None:
        texts = folded_texts(trees)
        self._at = Prefixes(text[::-1] + "." for text in texts if not text.startswith("."))
        self._below = Prefixes(text[::-1] for text in texts if text.startswith("."))

    def permit(self, name: bytes) -> bool:
        text = folded(name)
        if text is None:
            return False
        back = text[::-1]
        return self._at.begin(back + ".") or self._below.begin(back)


class _BookDns(SubtreeMatcher):
    """A subtree and what is below it; the empty one is everything, one with a leading dot only what is below it.

    RFC 5280 does not say what a leading dot is; OpenSSL and Go read it so. Reading it as nothing would exclude nothing.

    A wildcard is excluded when a name that it covers is, and it covers one label more than it shows.
    """

    def __init__(self, trees: Iterable[bytes]) -> None:
        texts = folded_texts(trees)
        at = [text for text in texts if not text.startswith(".")]
        self._at = Prefixes(text[::-1] + "." if text else "" for text in at)
        self._below = Prefixes(text[::-1] for text in texts if text.startswith("."))
        self._parents = {text.partition(".")[2] for text in at}

    def permit(self, name: bytes) -> bool:
        text = folded(name)
        return text is not None and (self._at.begin(text[::-1] + ".") or self._below.begin(text[::-1]))

    def exclude(self, name: bytes) -> bool:
        text = folded(name)
        if text is None or not text.startswith("*."):
            return self.permit(name)
        return self._at.begin(text[:1:-1] + ".") or self._below.begin(text[::-1]) or text[2:] in self._parents


class _AppleMail(SubtreeMatcher):
    """SecRFC822NameMatch: a mailbox without case, a host without case, the hosts below a domain with case."""

    def __init__(self, trees: Iterable[bytes]) -> None:
        texts = [text for text in map(decoded, trees) if text is not None]
        self._mailboxes = {text.casefold() for text in texts if "@" in text}
        hosts = [text for text in texts if "@" not in text]
        self._hosts = {text.casefold() for text in hosts if not text.startswith(".")}
        self._below = Prefixes(text[::-1] for text in hosts if text.startswith("."))

    def permit(self, name: bytes) -> bool:
        text = decoded(name)
        if text is None or text.casefold() in self._mailboxes:
            return text is not None
        _, at, host = text.partition("@")
        if not at or host.casefold() in self._hosts:
            return bool(at)
        return not host.startswith(".") and self._below.begin(text[::-1])


class _BookMail(SubtreeMatcher):
    """A mailbox (its local part with case), all of a host, or those of the hosts below a domain.

    RFC 5280 does not say what the empty one is: as for DNS names it is every one, as Go and mozilla::pkix read it, too.
    """

    def __init__(self, trees: Iterable[bytes]) -> None:
        texts = [text for text in map(decoded, trees) if text is not None]
        self._mailboxes = {mailbox(text) for text in texts if "@" in text}
        hosts = [text.casefold() for text in texts if "@" not in text]
        self._hosts = {text for text in hosts if not text.startswith(".")}
        self._below = Prefixes(text[::-1] for text in hosts if text.startswith("."))

    def permit(self, name: bytes) -> bool:
        found = mailbox(decoded(name))
        if found is None:
            return False
        if "" in self._hosts or found in self._mailboxes:
            return True
        return found[1] in self._hosts or self._below.begin(found[1][::-1])

    def exclude(self, name: bytes) -> bool:
        return mailbox(decoded(name)) is None or self.permit(name)


_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"@([^@]+)', re.DOTALL)


def mailbox(text: str | None) -> tuple[str, str] | None:
    """(local part, host without case) of a Mailbox, RFC 5321 4.1.2, its quotes taken off; None when it is none."""
    if text is None:
        return None
    quoted = _QUOTED.fullmatch(text)
    if quoted is not None:
        local, host = re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL), quoted[2]
    else:
        local, _, host = text.partition("@")
        if not local or "@" in host or any(c.isspace() or c == '"' for c in text):
            return None
    return (local, host.casefold()) if all(host.split(".")) else None


class _AppleUri(SubtreeMatcher):
    """SecURIMatch: the host ends at the first colon or slash, and a subtree without a dot need only begin it.

    So `a.example.evil` is within `a.example`, and a user name before the host is taken for the host.
    """

    def __init__(self, trees: Iterable[bytes]) -> None:
        texts = folded_texts(trees)
        self._begins = Prefixes(text for text in texts if not text.startswith("."))
        self._below = Prefixes(text[::-1] for text in texts if text.startswith("."))

    def permit(self, name: bytes) -> bool:
        _, separator, rest = (folded(name) or "").partition("://")
        host = re.split("[:/]", rest, maxsplit=1)[0]
        if not separator or host.startswith("."):
            return False
        return self._begins.begin(host) or self._below.begin(host[::-1])


class _BookUri(SubtreeMatcher):
    """A host, or with a leading dot the hosts below it; the empty one is every host, as for mailboxes.

    A URI that names no host is refused (RFC 5280, 4.2.1.10).
    """

    def __init__(self, trees: Iterable[bytes]) -> None:
        texts = folded_texts(trees)
        self._hosts = {text for text in texts if not text.startswith(".")}
        self._below = Prefixes(text[::-1] for text in texts if text.startswith("."))

    def permit(self, name: bytes) -> bool:
        host = _uri_host(folded(name) or "")
        return bool(host) and ("" in self._hosts or host in self._hosts or self._below.begin(host[::-1]))

    def exclude(self, name: bytes) -> bool:
        return not _uri_host(folded(name) or "") or self.permit(name)


def _uri_host(uri: str) -> str:
    """The host of scheme://[user@]host[:port]/...; empty when there is none, or an address in its place."""
    scheme, separator, rest = uri.partition("://")
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    host = authority.rpartition("@")[2].partition(":")[0]
    named = scheme and separator and all(host.split(".")) and not host.rpartition(".")[2].isdigit()
    return host if named else ""


class _AppleIp(SubtreeMatcher):
    """nc_compare_IPAddresses: a masked comparison within one family; a subtree is the network followed by its mask."""

    def __init__(self, trees: Iterable[bytes]) -> None:
        nets: list[str] = []
        self._masked: dict[tuple[int, int], set[int]] = {}  # masks that are no prefix; nobody sane has many
        for tree in trees:
            size = len(tree) // 2
            if len(tree) % 2 or size not in ADDRESS_SIZES:
                continue
            mask = int.from_bytes(tree[size:], "big")
            ones = f"{mask:0{8 * size}b}".rstrip("0")
            if "0" in ones:
                network = int.from_bytes(tree[:size], "big") & mask
                self._masked.setdefault((size, mask), set()).add(network)
            else:
                nets.append(_bits(tree[:size])[: 1 + len(ones)])
        self._nets = Prefixes(nets)
        self.searches = 1 + len(self._masked)

    def permit(self, name: bytes) -> bool:
        if len(name) not in ADDRESS_SIZES:
            return False
        if self._nets.begin(_bits(name)):
            return True
        number = int.from_bytes(name, "big")
        return any(size == len(name) and number & mask in nets for (size, mask), nets in self._masked.items())


def _bits(address: bytes) -> str:
    """One character for the family, and the address in binary."""
    return f"{'46'[len(address) > 4]}{int.from_bytes(address, 'big'):0{8 * len(address)}b}"


class _BookIp(_AppleIp):
    """As Apple's; what is no address is refused where addresses are excluded."""

    def exclude(self, name: bytes) -> bool:
        return len(name) not in ADDRESS_SIZES or self.permit(name)


class _AppleDirectory(SubtreeMatcher):
    """nc_compare_directoryNames: bytes, and the name must be longer than the subtree: an equal one is not within it."""

    def __init__(self, trees: Iterable[bytes]) -> None:
        contents = map(name_content, trees)
        self._begins = Prefixes(content for content in contents if content is not None)

    def permit(self, name: bytes) -> bool:
        content = name_content(name)
        return bool(content) and content is not None and self._begins.begin(content[:-1])


def name_content(name: bytes) -> bytes | None:
    """What is inside the first element, whatever its tag; None when there is none."""
    try:
        _, _, start, stop = der.element(name, 0, len(name))
    except der.DerError:
        return None
    return name[start:stop]


class _BookDirectory(SubtreeMatcher):
    """The relative names in order, each without case and spacing (RFC 5280, 7.1); the equal name is within."""

    def __init__(self, trees: Iterable[bytes]) -> None:
        self._begins = Prefixes(map(names_in_order, trees))

    def permit(self, name: bytes) -> bool:
        return self._begins.begin(names_in_order(name))


Reading = Mapping[NameType, type[Matcher]]
APPLE: Reading = {
    NameType.DNS: _AppleDns,
    NameType.EMAIL: _AppleMail,
    NameType.URI: _AppleUri,
    NameType.IP: _AppleIp,
    NameType.DIRECTORY: _AppleDirectory,
}
RFC_5280: Reading = {
    NameType.DNS: _BookDns,
    NameType.EMAIL: _BookMail,
    NameType.URI: _BookUri,
    NameType.IP: _BookIp,
    NameType.DIRECTORY: _BookDirectory,
}
