"""Why a connection ended that showed no certificate: a code, a sentence, and what tells several causes apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.handshake.ends.end_record import Ended
from pki.handshake.explaining.negotiation_failures import code_of_alert, code_of_reason
from pki.live.protocols import HTTP, usual_at
from pki.model.alerts import INTERNAL_ERROR, about_certificates, tls_alert
from pki.model.hosts import in_url

if TYPE_CHECKING:
    from pki.handshake.ends.end_record import EndRecord
    from pki.live.route import Route
    from pki.live.target import Target

_ENDS = {
    Ended.BY_DEADLINE: "timeout",
    Ended.BY_RESET: "reset",
    Ended.BY_EOF: "closed",
    Ended.IN_ORDER: "closed",
}
# Whatever else is offered, the answer would be the same: a silent peer declined nothing, and SNI does not change.
SETTLED = frozenset({"timeout", "name-not-served", "not-tls"})
CUT_OFF = frozenset({"closed", "reset"})
"""One end in two forms: a close with something left unread is sent as a reset."""
OF_SUITES = frozenset({"no-shared-suite", "no-shared-parameters"})
"""Causes in which a suite may have been the matter."""


def alert_of(record: EndRecord) -> int | None:
    """The number of the fatal alert that came from the server."""
    return next((event.number for event in record.fatal_alerts if not event.sent), None)


def cause_of(record: EndRecord) -> str:
    """The code of `pki.model.causes` for how a connection ended that showed no certificate."""
    alert = alert_of(record)
    if alert is not None:
        return code_of_alert(alert) or "protocol-error"
    if record.error:
        return code_of_reason(record.error) or "protocol-error"
    return _ENDS.get(record.ended, "protocol-error")


def problem(cause: str, route: Route, received: int) -> str:
    """What happened, where every offer met the same end and no alert tells more; empty elsewhere."""
    place, seconds = route, f"{route.timeout:g} s"
    after = f"after {received} bytes" if received else "without sending a byte"
    if cause == "timeout" and received:
        return f"{place} began to answer and did not finish in {seconds}: {received} bytes came"
    return {
        "timeout": f"{place} was reached, and not one byte came in the {seconds} that the connection had",
        "closed": f"{place} closed the connection {after}",
        "reset": f"{place} reset the connection {after}",
    }.get(cause, "")


def explained(cause: str, route: Route, *, alert: int | None, received: int) -> str:
    """What may be behind CAUSE, and what to do to learn which it is."""
    target = route.target
    name = target.host.text
    match cause:
        case "timeout" if received:
            return "It is overloaded or stuck, or something on the way drops packets. --timeout SECONDS waits longer."
        case "timeout" | "closed" | "reset" if not received:
            return _unheard(cause, route)
        case "closed" | "reset":
            return (
                "It broke off in the middle of TLS: see the server's log, and look for a filter on the way."
            )
        case "name-not-served" if target.host.is_address:
            return f"{_NO_NAME} Ask by a name it has: `trustrig evaluate https://NAME --connect {route.address}`."
        case "name-not-served":
            return f"It has nothing under {name}, the name in SNI. Set it up for this name, or ask for one it has."
        case "no-application-protocol":
            return _protocols(target)
        case "version-mismatch":
            return "TLS 1.0 to 1.3 were offered, and it speaks none of them. Enable TLS 1.2 and 1.3 on it."
        case "no-shared-parameters":
            return _parameters(route)
        case _:
            return " ".join(filter(None, (_other(alert), _nameless(target), _LOG)))


_LOG = "Look at the server's log for the same moment."
_NO_NAME = "The URL has an address, so no name was sent in SNI (RFC 6066, 3), and it serves by name."


def _unheard(cause: str, route: Route) -> str:
    """What stays without an answer to a ClientHello: several kinds of server, which look alike from here."""
    silent = cause == "timeout"
    port = route.place[1]
    usual = usual_at(port)
    clear = "it may speak no TLS on this port" + (" and wait for its own protocol" if silent else "")
    if usual is not None and usual is not route.target.protocol:
        clear += (
            f" (usually {usual.title}'s, which begins in the clear{f': {usual.ways}' if usual.ways else ''})"
        )
    proxied = (
        f"it may want a PROXY protocol header first (`curl -kv --haproxy-protocol https://{route.address}/`)"
    )
    if silent:
        last = (
            "it may hang; or a filter drops the ClientHello, some for its size (--os 18 sends a smaller one)"
        )
    else:
        last = "or it, or a filter on the way, breaks off where others send an alert"
    text = "; ".join((clear, proxied, last))
    return f"{text[0].upper()}{text[1:]}. The server's log tells which."


def _protocols(target: Target) -> str:
    offered = ", ".join(target.alpn)
    if not offered:
        return "It insists on a protocol in ALPN, and none was offered; https:// offers h2 and http/1.1."
    if target.protocol is not HTTP:
        return f"It does not take {offered}; tls://{target} offers nothing in ALPN."
    return (
        f"It speaks none of {offered}, so it is no server for a URLSession. What it speaks may have a scheme here "
        f"(smtps, imaps, ldaps, mqtts); tls://{target} offers nothing in ALPN."
    )


def _parameters(route: Route) -> str:
    """Alert 40 and its like when everything was offered: no suite for it, no certificate, or no name."""
    host = route.target.host
    by_name = f"it may have no certificate for the name {host.text}"
    if host.is_address:
        by_name = (
            "it may serve by name, and none goes in SNI for an address "
            f"(`trustrig evaluate https://NAME --connect {route.address}`)"
        )
    return (
        "Nothing that this OpenSSL offers was enough. It may have pre-shared keys and no certificate "
        f"(`trustrig psk connect {route.address} --psk-identity NAME --psk-file FILE`); {by_name}; "
        "or its suites, groups or versions are others. The server's log tells which."
    )


def _other(alert: int | None) -> str:
    if alert is None:
        return ""
    if about_certificates(alert):
        return (
            f"That is about a client certificate ({tls_alert(alert).meaning}), and none had been asked for."
        )
    if alert == INTERNAL_ERROR:
        return "It failed for a reason of its own; some (Caddy, Go) say so when they have no certificate for the name."
    return f"That alert means: {tls_alert(alert).meaning}."


def _nameless(target: Target) -> str:
    if not target.host.is_address:
        return ""
    return (
        "For an address no name is sent in SNI (RFC 6066, 3); if it serves by name: "
        f"`trustrig evaluate https://NAME --connect {in_url(target.host.text, target.port)}`."
    )
