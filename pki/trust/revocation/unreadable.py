"""What to say of bytes that are no list and no answer: what they are instead, where that can be told."""

from __future__ import annotations

from pki.errors import Unreadable
from pki.load.kinds import FileKind
from pki.load.recognised import Form
from pki.load.recognition import recognise

_WANTED = {
    FileKind.REVOCATION_LIST: (
        "a certificate revocation list",
        "Give a CRL in DER or PEM, RFC 5280 section 5.",
    ),
    FileKind.OCSP_RESPONSE: ("a successful OCSP response", "Give the DER body of the answer, RFC 6960 4.2."),
}
_ELSEWHERE = {
    FileKind.REVOCATION_LIST: "Lists are read by --crl and `trustrig crl show`.",
    FileKind.OCSP_RESPONSE: "Answers are read by --ocsp and `trustrig ocsp show`.",
}
_SAYS_WHAT_TO_DO = frozenset(
    {FileKind.CUT_SHORT, FileKind.UTF16, FileKind.HTML, FileKind.ARCHIVE, FileKind.EMPTY}
)
_SAYS_NOTHING = frozenset({FileKind.OTHER_ASN1, FileKind.TEXT, FileKind.BINARY})


def unreadable(data: bytes, name: str, wanted: FileKind, problem: str) -> Unreadable:
    """The error for DATA, which is not WANTED because of PROBLEM, in words that follow a colon."""
    words, hint = _WANTED[wanted]
    found = recognise(data)
    kind = found.kind
    if kind is FileKind.OCSP_RESPONSE is wanted and found.form is Form.PEM:
        return Unreadable(
            f"{name} is an OCSP response as PEM, and answers are read as DER",
            hint="`openssl base64 -d` makes it of the lines between BEGIN and END.",
        )
    if kind is wanted and found.form is Form.BASE64:
        return Unreadable(f"{name} is base64 of {found.described}", hint=f"{found.repair} makes DER of it.")
    if kind is wanted or kind in _SAYS_NOTHING:
        return Unreadable(f"{name} is not {words}: {problem}", hint=hint)
    if kind in _SAYS_WHAT_TO_DO:
        hint = kind.advice
    return Unreadable(f"{name} is {kind.described}, not {words}", hint=_ELSEWHERE.get(kind, hint))


def too_large(name: str, limit: int, wanted: FileKind) -> Unreadable:
    """The error for a file of more than LIMIT bytes."""
    return Unreadable(f"{name} has over {limit:,} bytes, and no more are read", hint=_WANTED[wanted][1])
