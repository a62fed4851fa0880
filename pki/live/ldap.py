"""What an LDAP server answers, before TLS and in it: one LDAPMessage with an LDAPResult (RFC 4511, 4.1.1 and 4.1.9)."""

from __future__ import annotations

from typing import NamedTuple

from pki.model import der

BIND_RESPONSE, EXTENDED_RESPONSE = 0x61, 0x78  # RFC 4511, 4.2.2 and 4.12
SUCCESS = 0
_ENUMERATED = 0x0A


class LdapResult(NamedTuple):
    """`operation` is the tag of the response, `text` the server's own, empty where it says nothing."""

    operation: int
    result: int
    text: bytes


def read_answer(message: bytes) -> LdapResult:
    """Read what is inside an LDAPMessage.

    Raises:
        ValueError: it is none with a result.
    """
    _, (operation, _, start, stop), *_ = der.children(message, 0, len(message))
    (kind, _, *code), *others = der.children(message, start, stop)
    if kind != _ENUMERATED:
        raise ValueError("no result code")
    text = others[1][2:4] if len(others) > 1 else (0, 0)  # behind matchedDN
    return LdapResult(operation, int.from_bytes(message[slice(*code)], "big"), message[slice(*text)])
