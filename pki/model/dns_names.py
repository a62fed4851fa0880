"""Host names as certificates carry them, and what is said of a text that is none."""

from __future__ import annotations

import re

from pki.errors import InvalidRequest
from pki.model.name_input import mistaken_name
from pki.model.rfc4514 import looks_like_name

# Letters, digits, hyphen and (as Apple's SecFrameworkIsDNSName allows) underscore.
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)\Z")
ANY_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def to_dns_name(text: str) -> str:
    """TEXT as lower-case A-labels; `*` may stand for the whole left-most label (RFC 9525, 6.3).

    Raises:
        InvalidRequest: TEXT is not a DNS name.
    """
    wildcard, rest = ("*.", text[2:]) if text.startswith("*.") else ("", text)
    if not rest.isascii():
        rest = _to_a_labels(rest, text)
    labels = rest.split(".")
    if "*" in rest:
        raise _no_dns_name(text, "a wildcard is the whole left-most label, as in *.example.test")
    if text.endswith("."):
        raise _no_dns_name(text, "certificates carry names without the trailing dot")
    if len(rest) > 253 or not all(_LABEL.match(label) for label in labels):
        raise _no_dns_name(text, "labels are 1 to 63 letters, digits and hyphens, 253 characters in all")
    if labels[-1].isdigit():
        raise _no_dns_name(text, "the last label is a number, so it reads as a broken IPv4 address")
    return wildcard + rest.lower()


def _to_a_labels(rest: str, text: str) -> str:
    import idna

    try:
        return idna.encode(rest, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise _no_dns_name(text, f"IDNA 2008 refuses it: {error}") from None


def _no_dns_name(text: str, why: str) -> InvalidRequest:
    if looks_like_name(text):
        return InvalidRequest(
            f"{text!r} is a subject, not a host name",
            hint=f'A subject has an option of its own, --subject "{text}"; the names are hosts alone.',
        )
    if mistaken_name(text) is not None:
        return not_a_name(text)
    if ANY_SCHEME.match(text):
        return InvalidRequest(
            f"{text!r} is not a host name", hint=f"A URI without // is written with its kind: URI:{text}."
        )
    return InvalidRequest(f"{text!r} is not a host name", hint=f"{why[0].upper()}{why[1:]}.")


def not_a_name(text: str, more: str = "", *, what: str = "a host name") -> InvalidRequest:
    """The error for TEXT, which is not WHAT was due: it offers the name in it, if there is one, and MORE."""
    found = mistaken_name(text)
    if found is None:
        return InvalidRequest(f"{text!r} is not {what}", hint=more)
    return InvalidRequest(
        f"{text!r} is {found.what}, and a name alone is due", hint=f"{found.suggestion} {more}"
    )
