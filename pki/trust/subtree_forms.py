"""How names and the subtrees of name constraints are written by RFC 5280."""

from __future__ import annotations

import re

from pki.model.extension_values import GeneralName, NameType

# RFC 1034, 3.5 with RFC 1123, 2.1: no underscore; a wildcard label may lead (RFC 9525, 6.3).
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"


PREFERRED = re.compile(rf"(\*\.)?({_LABEL}\.)*{_LABEL}\Z")


HOST = re.compile(rf"({_LABEL}\.)*{_LABEL}\Z")


def subtree_problem(tree: GeneralName) -> str:
    """What is wrong with a subtree; what an empty name means is left open by the RFC."""
    text = tree.text
    match tree.type:
        case NameType.DNS if text.startswith("."):
            return f"{text[:60]!r} has a leading dot"
        case NameType.DNS if not (text == "" or HOST.match(text)):
            return f"{text[:60]!r} is no domain name"
        case NameType.EMAIL if text.count("@") > 1 or not _within_host(text.rpartition("@")[2]):
            return f"{text[:60]!r} is no mailbox and no host"
        case NameType.URI if not _within_host(text):
            return f"{text[:60]!r} is no host"
        case NameType.IP if not _is_network(tree.value):
            return f"{tree.value.hex()[:64]} is no address with a mask"
    return ""


def _within_host(text: str) -> bool:
    """A domain name, of hosts below it with a leading dot; an address is none."""
    return text == "" or (
        HOST.match(text.removeprefix(".")) is not None and not text.rpartition(".")[2].isdigit()
    )


def _is_network(value: bytes) -> bool:
    """An address and a mask of its length whose ones come first, as RFC 4632 writes them."""
    mask = value[len(value) // 2 :]
    bits = "".join(f"{octet:08b}" for octet in mask)
    return len(value) in (8, 32) and "01" not in bits
