"""What the two ends offer and do not share: OpenSSL's reason and the alert, told apart into codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.handshake.ends.tls_offer import Offer
from pki.model.alerts import (
    HANDSHAKE_FAILURE,
    ILLEGAL_PARAMETER,
    INSUFFICIENT_SECURITY,
    NO_APPLICATION_PROTOCOL,
    PROTOCOL_VERSION,
    UNRECOGNIZED_NAME,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pki.handshake.ends.end_record import EndRecord

# Reason strings of ssl/ssl_err.c, OpenSSL 4.0; the first one found in an end's reason decides.
_BY_REASON = {
    "unsupported protocol": "version-mismatch",
    "no protocols available": "version-mismatch",
    "alert protocol version": "version-mismatch",
    "no shared cipher": "no-shared-suite",
    "no suitable key share": "no-shared-group",
    "no suitable groups": "no-shared-group",
    "no shared group": "no-shared-group",
    "wrong curve": "no-shared-group",
    "no shared signature algorithms": "no-shared-signature-algorithm",
    "no suitable signature algorithm": "no-shared-signature-algorithm",
    "wrong signature type": "no-shared-signature-algorithm",
    "no application protocol": "no-application-protocol",
    "http request": "plain-http",
    "https proxy request": "plain-http",
    "wrong version number": "not-tls",
    "packet length too long": "not-tls",
    "record layer failure": "not-tls",
    "ee key too small": "server-weak-key",
}
# What the alert of an end that is not ours says before there is a ServerHello.
_BY_ALERT = {
    HANDSHAKE_FAILURE: "no-shared-parameters",
    ILLEGAL_PARAMETER: "no-shared-parameters",
    PROTOCOL_VERSION: "version-mismatch",
    INSUFFICIENT_SECURITY: "no-shared-parameters",
    UNRECOGNIZED_NAME: "name-not-served",
    NO_APPLICATION_PROTOCOL: "no-application-protocol",
}
_REPAIRS = {
    "version-mismatch": "Enable TLS 1.2 or 1.3 at both ends.",
    "no-shared-suite": "Offer TLS 1.3, or ECDHE with AES-GCM for the type of the server's key.",
    "no-shared-group": "Let both ends have X25519 or P-256.",
    "no-shared-signature-algorithm": "Use a P-256 or an RSA-2048 certificate, signed with SHA-256.",
    "no-shared-parameters": "Compare versions, suites, groups and signature algorithms of the two ends.",
    "no-application-protocol": "Let the server speak one of the protocols that the client names in ALPN.",
    "name-not-served": "Set the server up for this name, or ask for one it has.",
    "plain-http": "Speak TLS on this port, or use the port for plain HTTP.",
    "not-tls": "Check the port: a plain HTTP server, a proxy or another protocol answers like this.",
}


def code_of_reason(reason: str) -> str | None:
    """The code for OpenSSL's WORDS, None when they are about something else."""
    return next((code for start, code in _BY_REASON.items() if start in reason), None)


def code_of_alert(number: int) -> str | None:
    """The code for an alert that came before anything was agreed on."""
    return _BY_ALERT.get(number)


def repair_for(code: str) -> str:
    """One thing to do."""
    return _REPAIRS.get(code, "Compare what the two ends offer.")


def really_groups(code: str, client: EndRecord | None, server: EndRecord | None) -> str:
    """CODE, or no-shared-group: in TLS 1.2 OpenSSL says `no shared cipher` for that, too."""
    if code != "no-shared-suite" or client is None or server is None or not client.offer or not server.offer:
        return code
    theirs, ours = client.offer.groups, server.offer.groups
    disjoint = theirs is not None and ours is not None and not set(theirs) & set(ours)
    suites = client.offer.suites, server.offer.suites
    share = None in suites or bool(set(suites[0] or ()) & set(suites[1] or ()))
    return "no-shared-group" if disjoint and share else code


def offers_side_by_side(code: str, client: EndRecord | None, server: EndRecord | None) -> str:
    """What each end has of the thing they do not share, where both are ours; empty otherwise."""
    if client is None or server is None or client.offer is None or server.offer is None:
        return ""
    named = [_named(code, offer) for offer in (client.offer, server.offer)]
    return f": the client has {named[0]}, the server {named[1]}" if all(named) else ""


def _named(code: str, offer: Offer) -> str:
    match code:
        case "version-mismatch":
            low, high = offer.lowest, offer.highest
            return f"TLS {low}" if low is high else f"TLS {low} to {high}"
        case "no-shared-suite":
            return _some((*(offer.suites13 or ()), *(offer.suites or ())))
        case "no-shared-group":
            return _some(offer.groups or ())
        case "no-shared-signature-algorithm":
            return _some(offer.signature_algorithms or ())
        case "no-application-protocol":
            return _some(offer.alpn)
    return ""


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(_first(names, 4)) if names else "OpenSSL's own choice"


def _first(names: tuple[str, ...], most: int) -> Iterator[str]:
    yield from names[:most]
    if len(names) > most:
        yield f"{len(names) - most} more"
