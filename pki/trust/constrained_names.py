"""The names of a certificate that name constraints are about, RFC 5280 4.2.1.10, and how reports show them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from pki.model.address_text import address_text
from pki.model.caching import Weighed
from pki.model.certificate import CertFacts
from pki.model.distinguished import name_text
from pki.model.extension_values import GeneralName, NameType
from pki.trust.name_matching import HANDLED, mailbox
from pki.trust.subtree_index import decoded

MAX_SHOWN = 5
MAX_KEPT = 1 << 20  # ours: bytes of the certificates whose names are kept ready


class Names(NamedTuple):
    """The names that a certificate speaks for, and which of them do not read as the kind of name they claim to be."""

    all: tuple[GeneralName, ...]
    counts: Counter[NameType]
    unreadable: tuple[str, ...]


def names_to_hold(cert: CertFacts) -> Names:
    """The names of CERT, one object for as long as it is remembered: lists keep what they last told of it."""
    found = _known.get(cert)
    if found is None:
        names = tuple(names_of(cert))
        problems = ((name, _unreadable(name)) for name in names)
        unreadable = (
            f"{shown(name)} {problem}, and names are constrained" for name, problem in problems if problem
        )
        found = Names(names, Counter(name.type for name in names), tuple(islice(unreadable, MAX_SHOWN)))
        _known.put(cert, found, len(cert.der))
    return found


def _unreadable(name: GeneralName) -> str:
    match name.type:
        case NameType.EMAIL if mailbox(decoded(name.value)) is None:
            return "is no mailbox"
        case NameType.DNS if not all((decoded(name.value) or "").split(".")):
            return "is no host name"
    return ""


_known: Weighed[CertFacts, Names] = Weighed(MAX_KEPT)


def names_of(cert: CertFacts) -> Iterator[GeneralName]:
    """Subject DN, the subject's e-mail addresses, and every SAN. A CommonName is never read as a DNS name."""
    if not cert.subject.empty:
        yield GeneralName(NameType.DIRECTORY, cert.subject.raw)
    for address in cert.subject.email_addresses:
        yield GeneralName(NameType.EMAIL, address.encode("utf-8", "replace"))
    yield from cert.subject_alt_names


def shown(name: GeneralName) -> str:
    """A name or subtree for a sentence: kind and value, printable and of bounded length."""
    if name.type is NameType.IP:
        return f"address {_address_text(name.value)}"
    if name.type is NameType.DIRECTORY:
        return f"subject {name_text(name.value)}"
    if name.type in HANDLED:
        return f"{name.type.name} name {_clean(name.text)!r}"
    from pki.model.general_names import general_name_text  # of a kind that hardly any constraint is about

    return f"name {_clean(general_name_text(name))}"


def _clean(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:120])


def shown_subtree(tree: GeneralName) -> str:
    """As `shown`; what a leading dot asks for is said, since many believe that it means nothing."""
    dotted = tree.type in (NameType.DNS, NameType.EMAIL, NameType.URI) and tree.value.startswith(b".")
    return f"{shown(tree)} (with that dot: names below it only)" if dotted else shown(tree)


def _address_text(value: bytes) -> str:

    try:
        if len(value) in (4, 16):
            return address_text(value)
        half = len(value) // 2
        return f"{address_text(value[:half])} mask {address_text(value[half:])}"
    except ValueError:
        return value.hex()
