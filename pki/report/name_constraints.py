"""What a CA's name constraints say, for an inspection: what they permit and exclude, and what Apple drops of them."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from pki.model import distinguished
from pki.model.extension_values import GeneralName, NameConstraints, NameType
from pki.model.general_names import general_name_text
from pki.report.document import TypedDict
from pki.report.layout import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pki.report.fields import Text
    from pki.report.layout import Row

MAX_LISTED = 20  # ours: subtrees in a row of text; JSON has them all


class NameConstraintsJson(TypedDict):
    """What a CA may certify."""

    permitted: list[NameJson] | None
    excluded: list[NameJson] | None
    dropped_by_apple: list[Text]  # Halves that Apple ignores, and why.


class NameJson(TypedDict):
    """A name, or what it has to be below."""

    type: Text
    value: str


def constraint_rows(constraints: NameConstraints) -> Iterator[Row]:
    """A row for each half, in words that say what a leading dot asks of an Apple client."""
    for label, half in (("permits", constraints.permitted), ("excludes", constraints.excluded)):
        if half is not None:
            more = f" and {len(half) - MAX_LISTED:,} more" if len(half) > MAX_LISTED else ""
            yield label, ", ".join(map(subtree_text, half[:MAX_LISTED])) + more
    for dropped in constraints.dropped:
        yield "ignored", f"{dropped}: Apple drops that half, other validators refuse what is below"


def constraint_document(constraints: NameConstraints | None) -> NameConstraintsJson | None:
    """The same as JSON; None without the extension."""
    if constraints is None:
        return None
    return {
        "permitted": _listed(constraints.permitted),
        "excluded": _listed(constraints.excluded),
        "dropped_by_apple": list(constraints.dropped),
    }


def subtree_text(tree: GeneralName) -> str:
    """One subtree as people say it."""
    kind, text = tree.type, harmless(_value(tree))
    match kind:
        case NameType.DNS if tree.value.startswith(b"."):
            return f"names below {text[1:]}, without {text[1:]} itself"
        case NameType.DNS:
            return (
                f"{text} and below"
                if text
                else "the empty host name (to most validators all; undefined on Apple)"
            )
        case NameType.EMAIL if b"@" not in tree.value:
            return f"mailboxes at {'hosts below ' + text[1:] if text.startswith('.') else text}"
        case NameType.URI:
            return f"URIs at {'hosts below ' + text[1:] if text.startswith('.') else text}"
        case NameType.EMAIL | NameType.IP:
            return text
        case NameType.DIRECTORY:
            return f"subjects below {text}"
        case _:
            return text


def _listed(half: tuple[GeneralName, ...] | None) -> list[NameJson] | None:
    if half is None:
        return None
    return [{"type": tree.type.name.lower(), "value": harmless(_value(tree))} for tree in half]


def _value(tree: GeneralName) -> str:
    size = len(tree.value) // 2
    if tree.type is NameType.IP and len(tree.value) in (8, 32):
        network, mask = ipaddress.ip_address(tree.value[:size]), ipaddress.ip_address(tree.value[size:])
        try:
            return str(ipaddress.ip_network(f"{network}/{_prefix(tree.value[size:])}", strict=False))
        except ValueError:
            return f"{network} mask {mask}"
    if tree.type in (NameType.DNS, NameType.EMAIL, NameType.URI):
        return tree.text
    if tree.type is NameType.DIRECTORY:
        return distinguished.name_text(tree.value)
    return tree.value.hex()[:64] if tree.type is NameType.IP else general_name_text(tree)


def _prefix(mask: bytes) -> int:
    ones = f"{int.from_bytes(mask, 'big'):0{8 * len(mask)}b}".rstrip("0")
    if "0" in ones:
        raise ValueError("no prefix")
    return len(ones)
