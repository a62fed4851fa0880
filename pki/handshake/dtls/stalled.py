"""A DTLS handshake that nobody ended: what arrived says how far it got, and what is missing says why.

Silence alone names no cause. Where what came leaves two, both are told, and what tells them apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pki.model.datagrams import Layer, LayerName, LayerState
from pki.model.transcript import certificate_seen

if TYPE_CHECKING:
    from pki.handshake.dtls.client import DatagramConnection
    from pki.handshake.dtls.received import ReceivedDatagrams
    from pki.handshake.ends.end_record import EndRecord

# A server that is slow may be asked twice before its first HelloVerifyRequest is here, and then sends two.
_COOKIES_ENOUGH = 3
_PASSED, _FAILED, _NOT_ASKED, _NOT_REACHED = LayerState


class Stall(NamedTuple):
    """The layers from the DTLS answer on, why the handshake stopped, and the next step."""

    layers: tuple[Layer, ...]
    reason: str
    next_step: str


def stall_of(found: DatagramConnection, *, large_echo: bool | None) -> Stall | None:
    """What a handshake that ended without an alert and without its end says; None where it is none of that.

    LARGE_ECHO: whether an echo as large as our MTU came back, where small ones did; None where none was asked.
    """
    record, came = found.record, found.arrivals
    if record.believed_done or record.fatal_alerts or record.error or found.refused_port or came.alerts:
        return None
    if not came.begun:
        return _cookies(came, large_echo) if came.cookies else None
    answer = Layer(LayerName.ANSWER, _PASSED, came.answer)
    version = Layer(LayerName.VERSION, _NOT_REACHED, "the ServerHello did not come")
    if came.version:
        version = Layer(LayerName.VERSION, _PASSED, came.version)
    if not came.complete:
        layer, reason, next_step = _flight(came, found.resent, large_echo)
        return Stall((answer, version, layer), reason, next_step)
    layers, reason, next_step = _our_turn(record, found)
    return Stall((answer, version, *layers), reason, next_step)


def _cookies(came: ReceivedDatagrams, large_echo: bool | None) -> Stall:
    count = came.cookies
    if count >= _COOKIES_ENOUGH:
        return Stall(
            (Layer(LayerName.ANSWER, _FAILED, f"{count} HelloVerifyRequests, and no ServerHello"),),
            "the server asked for a cookie again and again, and took none of those that we returned: it is changed on "
            "the way, or the server sees us from another address each time, or several servers with a secret each "
            "answer at this address",
            "Compare the cookie in a HelloVerifyRequest with the one in our next ClientHello, captured at both ends: "
            "equal, and it is the server or what stands before it; different, and it is the path.",
        )
    only = f"after the cookie nothing came; what came had {came.largest} bytes at most"
    reason = (
        "our cookie was returned, and nothing came: the server's first flight, with its certificates, is larger than "
        "the path back carries (an MTU black hole), or our ClientHello with its cookie was lost or ignored"
    )
    next_step = f"{_SMALLER} If that helps, it is the size; the server's log tells whether it saw the cookie."
    if large_echo is False:
        reason = (
            "small datagrams come back and large ones do not, as the echo shows: an MTU black hole, in which the "
            "server's first flight is lost"
        )
        next_step = _SMALLER
    elif large_echo:
        reason = "our cookie was returned, and nothing came, although the echo shows that large datagrams come back"
        next_step = "See the server's log: it ignores the ClientHello with its cookie, or does not see it."
    layers = (
        Layer(LayerName.ANSWER, _PASSED, came.answer),
        Layer(LayerName.VERSION, _NOT_REACHED, "no ServerHello came"),
        Layer(LayerName.HANDSHAKE, _FAILED, only),
    )
    return Stall(layers, reason, next_step)


_SMALLER = "Let the server send smaller datagrams (with ours: trustrig dtls serve --mtu 500), or mend the path's MTU."


def _flight(came: ReceivedDatagrams, resent: int, large_echo: bool | None) -> tuple[Layer, str, str]:
    """The server's flight came in part."""
    gaps = ", ".join(came.missing) or "what follows"
    evidence = (
        f"came: {', '.join(came.whole) or 'nothing whole'}; missing: {gaps}; the largest datagram that came: "
        f"{came.largest} bytes"
    )
    if large_echo:
        reason = (
            f"of the server's flight {gaps} never came, although the echo shows that datagrams of our MTU come back: "
            "it was lost, or is in datagrams larger than those"
        )
        return (
            Layer(LayerName.HANDSHAKE, _FAILED, evidence),
            reason,
            f"Try again with a longer --timeout. {_SMALLER}",
        )
    again = f", {resent + 1} times over" if resent else ""
    reason = (
        f"small datagrams return and a larger one does not{again}: of the server's flight {gaps} never came. The path "
        "back carries less than the server sends (an MTU black hole)"
    )
    if large_echo is None:
        chance = "seldom hits the same message each time" if resent else "looks the same when it hits once"
        reason += f", or it was lost; loss by chance {chance}"
    return Layer(LayerName.HANDSHAKE, _FAILED, evidence), reason, _SMALLER


def _our_turn(record: EndRecord, found: DatagramConnection) -> tuple[tuple[Layer, ...], str, str]:
    """The server's flight came whole, ours was sent, and then it was silent."""
    came = Layer(LayerName.HANDSHAKE, _PASSED, "the server's first flight came whole")
    path = " <- ".join(certificate_seen(der).label for der in record.path)
    server = Layer(LayerName.SERVER_CERTIFICATE, _PASSED if path else _NOT_REACHED, path)
    ours = f"our flight went in datagrams of up to {found.largest_sent} bytes"
    if not record.asked:
        failed = Layer(LayerName.HANDSHAKE, _FAILED, f"{ours}; the server's last flight never came")
        return (
            (failed, server, Layer(LayerName.CLIENT_CERTIFICATE, _NOT_ASKED)),
            f"the server's first flight came whole, and nothing came after ours: ours is lost on the way (up to "
            f"{found.largest_sent} bytes), or the server stopped without a word",
            "Try a smaller --mtu; see the server's log.",
        )
    if not record.own_chain:
        return (
            (
                came,
                server,
                Layer(LayerName.CLIENT_CERTIFICATE, _FAILED, "the server asked for one; none was sent"),
            ),
            "the server asked for a client certificate, got none, and has said nothing since. A GnuTLS server that "
            "requires one is silent so; it would look the same if our last flight were lost each time",
            "Give --client NAME: if the handshake ends then, it was the certificate.",
        )
    fault = next((f"; by what we hold, {fault.text}" for fault in record.faults), "")
    return (
        (came, server, Layer(LayerName.CLIENT_CERTIFICATE, _FAILED, f"{ours}; no answer")),
        "the server asked for a client certificate, was sent one, and has said nothing since: it refuses without a "
        f"word, or our flight (up to {found.largest_sent} bytes) is larger than the path there carries{fault}",
        "Try a smaller --mtu: if that helps, it is the size. Else see the server's log.",
    )
