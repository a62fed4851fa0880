"""How a handshake with a pre-shared key ended, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.handshake.ends.end_record import EndRecord
from pki.handshake.explaining.reasons import error_reason
from pki.model.alerts import (
    ACCESS_DENIED,
    BAD_RECORD_MAC,
    DECRYPT_ERROR,
    HANDSHAKE_FAILURE,
    ILLEGAL_PARAMETER,
    PROTOCOL_VERSION,
    UNKNOWN_PSK_IDENTITY,
    tls_alert,
)
from pki.model.datagrams import PskOutcome
from pki.model.transcript import Ending, Party

if TYPE_CHECKING:
    from datetime import datetime

# By version and library, what a wrong key comes to. RFC 4279, 2 lets a server answer so to an identity that it does not
# know, and GnuTLS does (3.7.9: illegal_parameter in TLS 1.3).
_WRONG_KEY = frozenset({BAD_RECORD_MAC, ILLEGAL_PARAMETER, DECRYPT_ERROR})
_REPAIR_KEY = (
    "Give both ends the same key; compare their lengths first, and look for a newline or hex taken as text."
)
_REPAIR_IDENTITY = "Use an identity the server has a key for; case and spaces count."
_PASSED_OVER = (
    "the server passed the key over and showed a certificate: it does no PSK, or has none for this identity and "
    "goes on without (RFC 8446, 4.2.11)"
)
_REPAIR_PASSED_OVER = f"Check that the server does PSK on this port. {_REPAIR_IDENTITY}"
_TELL_APART = (
    "Connect once more with an identity that the server cannot know: another alert means that it knows yours, and the "
    "key is wrong; the same one means that it does not tell, and its log does."
)


def outcome_of(
    client: EndRecord | None,
    server: EndRecord | None,
    *,
    at: datetime,
    transport: str,
    identity: str | None,
    unknown: bool | None = None,
    answer: str = "",
) -> PskOutcome:
    """Compare what both ends know, or the one that is ours; UNKNOWN says that the server has no key for IDENTITY."""
    sides = [side for side in (client, server) if side is not None]
    refuser, number = _refusal(client, server)
    known = max(sides, key=lambda side: (side.suite is not None, side.version is not None))
    if refuser is not None and number is not None:
        ending = Ending.REFUSED
        reason, repair = _reason(refuser, number, identity, unknown=unknown)
    elif client is not None and client.peer_chain:
        ending, reason, repair = Ending.BROKEN, _PASSED_OVER, _REPAIR_PASSED_OVER
    elif all(side.believed_done for side in sides):
        ending, reason, repair = Ending.ACCEPTED, "", ""
    else:
        ending, reason, repair = Ending.BROKEN, *_broken(sides[0])
    return PskOutcome(
        at=at,
        transport=transport,
        ending=ending,
        refused_by=refuser,
        alert=tls_alert(number) if number is not None else None,
        reason=reason,
        repair=repair,
        version=known.version,
        suite=known.suite,
        identity=identity,
        answer=answer,
    )


def _refusal(client: EndRecord | None, server: EndRecord | None) -> tuple[Party | None, int | None]:
    for side in filter(None, (client, server)):
        for event in side.fatal_alerts:
            return (side.party if event.sent else side.party.other), event.number
    return None, None


def _reason(refuser: Party, number: int, identity: str | None, *, unknown: bool | None) -> tuple[str, str]:
    """Why, as far as the alert tells; UNKNOWN is what our own server found out, None where it is not ours."""
    name = f'"{identity}"' if identity is not None else "of that name"
    if number == UNKNOWN_PSK_IDENTITY or unknown:
        return f"the server has no key for the identity {name}", _REPAIR_IDENTITY
    if number in _WRONG_KEY and unknown is False:
        return f"the two ends hold different keys for the identity {name}", _REPAIR_KEY
    if number in _WRONG_KEY:
        return (
            f"the two ends hold different keys for the identity {name}, or the server has none for it and hides that",
            _TELL_APART,
        )
    if number == ACCESS_DENIED:
        return (
            f"the {refuser} denies access: it may know the identity {name} and not let it in, or say this to whatever "
            "it minds, as GnuTLS does",
            f"See the {refuser}'s own log.",
        )
    if number == HANDSHAKE_FAILURE:
        return (
            f"the {refuser} found nothing in common: in TLS 1.3 that is also how OpenSSL refuses an identity it has "
            "no key for, and how a server without PSK answers",
            "Try TLS 1.2, where OpenSSL tells an identity that it does not know by unknown_psk_identity (115); check "
            f"that the server does PSK in this version and with SHA-256. {_REPAIR_IDENTITY}",
        )
    if number == PROTOCOL_VERSION:
        return (
            f"the {refuser} speaks TLS, and not the version that was offered",
            "Try the other version: --tls.",
        )
    return f"the {refuser} said: {tls_alert(number).meaning}", "See the other end's own log."


def _broken(side: EndRecord) -> tuple[str, str]:
    if side.error:
        reason = error_reason(side)
        return reason.reason, reason.repair
    return (
        f"the connection ended {side.ended}, before the {side.party}'s handshake was done",
        f"See the {side.party.other}'s own log.",
    )
