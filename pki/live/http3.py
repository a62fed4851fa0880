"""Whether a server that was judged over TCP advertises HTTP/3: one GET on a connection of its own, read for Alt-Svc.

No QUIC is spoken. The question is HTTP/1.1's, whichever protocol was negotiated first: its fields are text.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pki.live.conversations import conversation_for
from pki.live.probe import probe
from pki.live.survey import Survey
from pki.model.http3 import Http3Advertisement, read_alt_svc
from pki.model.unanswered import Unanswered

if TYPE_CHECKING:
    from pki.live.route import Route
    from pki.model.identity import Identity

_FIELD = re.compile(rb"(?im)^alt-svc:[ \t]*([^\r\n]*?)[ \t]*\r?$")
MISDIRECTED = 421  # RFC 7838, 6: a client must ignore the field of such an answer
NOT_TRUSTED = Http3Advertisement(problem="the server is not trusted, so it was asked for nothing")


def ask_for_http3(route: Route, found: Survey, identity: Identity | None) -> Survey:
    """FOUND with what the server of ROUTE says of HTTP/3; IDENTITY is shown where it was accepted before.

    Only for a server that was found trusted.

    Raises:
        NotOffered: this OpenSSL cannot make the offer.
    """
    return _with(found, _ask(route, found, identity))


def not_asked_for_http3(found: Survey) -> Survey:
    """FOUND, of a server that is not trusted, with that as the reason why nothing is known of HTTP/3."""
    return _with(found, NOT_TRUSTED)


def _with(found: Survey, answer: Http3Advertisement) -> Survey:
    return replace(found, transport=replace(found.transport, http3=answer))


def _ask(route: Route, found: Survey, identity: Identity | None) -> Http3Advertisement:
    step = replace(found.step, offer=replace(found.step.offer, alpn=("http/1.1",)))
    identified = found.transport.identified
    shown = identity if identified is not None and identified.accepted else None
    try:
        result = probe(
            route, step, identity=shown, conversation=conversation_for(route.target, alpn="http/1.1")
        )
    except Unanswered as error:
        return Http3Advertisement(problem=f"the connection for a request failed: {error.problem}")
    if result.answer is None or result.answer.status is None:
        why = result.how_ended or result.stray or "it closed without one"
        return Http3Advertisement(problem=f"no answer came over HTTP/1.1: {why}")
    if result.answer.status == MISDIRECTED:
        return Http3Advertisement(
            problem="the answer is 421 Misdirected Request, whose Alt-Svc does not count"
        )
    return read_alt_svc(value.decode("latin-1") for value in _FIELD.findall(result.answer.head))
