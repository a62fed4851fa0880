"""The values in documents, with what their JSON Schemas say of them; for annotations, not imported at run time.

What a catalogue grows by (rule ids, codes of handshakes) is a pattern: yesterday's schema accepts tomorrow's document.
Enumerations of the model are named there; those that documents write in lower case are listed from them here.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

from pki.model.app_errors import AppCause
from pki.model.codes import ErrorGroup
from pki.model.suites import KeyExchange
from pki.model.transcript import Ending
from pki.model.transport import Offered
from pki.model.verdict import Level


class Schema:
    """Keywords of JSON Schema, for `Annotated`."""

    def __init__(self, **keywords: Any) -> None:
        self.keywords = keywords


def _names(enum: type[Enum]) -> Schema:
    return Schema(enum=[member.name.lower() for member in enum])


_WORD = r"^[a-z0-9]+(-[a-z0-9]+)*$"
RuleId = Annotated[str, Schema(title="rule id", description="An id for `trustrig explain`.", pattern=_WORD)]
HandshakeCode = Annotated[
    str, Schema(title="handshake code", description="See docs/handshake-codes.md.", pattern=_WORD)
]
ErrorId = Annotated[str, Schema(title="error id", description="See docs/errors.md.", pattern=_WORD)]
NoteCode = Annotated[str, Schema(title="note code", pattern=_WORD)]

Text = Annotated[str, Schema(minLength=1)]
# RFC 3339. We write UTC as Z; some documents had +00:00 before, and their readers keep the schema.
Time = Annotated[str, Schema(format="date-time")]
Date = Annotated[str, Schema(format="date")]
Sha256 = Annotated[str, Schema(pattern="^[0-9a-f]{64}$")]
Sha1 = Annotated[str, Schema(pattern="^[0-9A-F]{40}$")]
PlanId = Annotated[str, Schema(pattern="^[0-9a-f]{16}$")]
Argv = Annotated[list[str], Schema(minItems=1)]
Serial = Annotated[str, Schema(pattern="^-?[0-9a-f]+$")]
Hex = Annotated[str, Schema(pattern="^([0-9a-f]{2})*$")]
CodePoint = Annotated[str, Schema(pattern="^0x[0-9A-F]{4}$")]
Status = Annotated[int, Schema(exclusiveMaximum=0)]
Position = Annotated[int, Schema(minimum=0)]
Count = Annotated[int, Schema(minimum=0)]
Octet = Annotated[int, Schema(minimum=0, maximum=255)]

LevelName = Annotated[str, _names(Level)]
LevelAnswer = Annotated[str, Schema(enum=["pass", "fail", "not reached", "not applicable"])]
AppCauseName = Annotated[str, _names(AppCause)]
ErrorGroupName = Annotated[str, _names(ErrorGroup)]
OfferName = Annotated[str, _names(Offered)]
EndingName = Annotated[str, _names(Ending)]
KeyExchangeName = Annotated[
    str, Schema(enum=[kind.name.lower() for kind in KeyExchange if kind.name != "UNKNOWN"])
]
TlsVersion = Annotated[str, Schema(enum=["1.0", "1.1", "1.2", "1.3"])]
RequestName = Annotated[str, Schema(enum=["none", "requested", "required"])]  # of a client certificate
ManifestKind = Annotated[
    str,
    Schema(
        enum=[
            *("ca", "intermediate", "server", "client", "revocation", "password"),
            *("pem", "p12", "profile", "crl", "ocsp", "file"),
        ]
    ),
]
FindingSeverity = Annotated[str, Schema(enum=["error", "warning", "info"])]  # of a profile
KeyBagKind = Annotated[str, Schema(enum=["key", "shrouded key"])]
P12Outcome = Annotated[
    str,
    Schema(
        enum=[
            *("identities", "certificates only", "key without certificate"),
            *("nothing", "locked", "undecryptable"),
        ]
    ),
]
CertStatusName = Annotated[str, Schema(enum=["good", "revoked", "unknown"])]
MemberName = Annotated[str, Schema(enum=["root", "intermediate"])]
LedgerKind = Annotated[str, Schema(enum=["server", "client", "intermediate", "cross"])]
