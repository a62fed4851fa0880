"""What stands beside the error and narrows it down: the chain in an NSError, ATS, the client certificate's state."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pki.explain.scanning import places
from pki.model.text_explanation import DecidedBy

_SHOWN = re.compile(r"<cert\(0x[0-9a-f]{1,16}\) s: (.{0,200}?) i: (.{0,200}?)>")
_STATE = re.compile(
    r"(?:NSErrorClientCertificateStateKey|_kCFStreamPropertySSLClientCertificateState)[\"' ]{0,3}=[\"' ]{0,3}([0-3])"
)
_STATES = {
    "1": "The server had asked for a client certificate (state 1: requested, none sent).",
    "2": "A client certificate was sent (state 2): the server may have refused it.",
    "3": "The client certificate was rejected (state 3).",
}
_WITHOUT_ATS = ("(-9807)", "(-9813)", "3:-9807", "3:-9813", ", -9807)", ", -9813)")


def clues(text: str, folded: str, fault: str, decided: DecidedBy, host: str | None) -> Iterator[str]:
    """Sentences about the evidence, each of which this text holds."""
    trust = decided is DecidedBy.CLIENT_REFUSED_SERVER
    yield from _chain(text, host, trust=trust)
    state = (
        _STATE.search(text, max(0, text.find("ClientCertificateState") - 40))
        if "ClientCertificateState" in text
        else None
    )
    if state is not None and state[1] in _STATES and fault not in ("root-unknown", "name", "self-signed"):
        yield _STATES[state[1]]
    with_ats = "-9802" in text
    if with_ats and trust and any(word in text for word in _WITHOUT_ATS):
        yield "It fails with ATS off (arbitrary loads allowed) as well: ATS is not the cause, basic trust is."
    elif "ats failed system trust" in folded and trust:
        yield "`ATS failed system trust`: it was trust that failed, not the parameters of TLS."
    if fault == "handshake-failure" and ("request cert (13)" in folded or "certificate request" in folded):
        yield "The server had asked for a client certificate before it gave up: that is the likelier cause."
    if "allow all loads" in folded and not trust:
        yield from _nscurl(folded)


def _chain(text: str, host: str | None, *, trust: bool) -> Iterator[str]:
    begin = text.find("<cert(0x")
    shown = (
        [(found[1], found[2]) for found in _SHOWN.finditer(text, begin, begin + 4_000)] if begin >= 0 else []
    )
    shown = list(dict.fromkeys(shown))
    if not shown or not trust:
        return
    subject, issuer = shown[0]
    if subject == issuer:
        yield f"The server showed one certificate, {_short(subject)}, which is self-signed (s: and i: are the same)."
    elif len(shown) == 1:
        yield f"The server showed one certificate, issued by {_short(issuer)}: an intermediate may be missing."
    else:
        yield f"The server showed {len(shown)} certificates; the last is issued by {_short(shown[-1][1])}."
    if host and subject != host and not subject.startswith("*") and subject == issuer:
        yield f"It is named {_short(subject)}, and the host is {_short(host)}: its subjectAltName must list that."


def _nscurl(folded: str) -> Iterator[str]:
    place = next(places(folded, "allow all loads"), -1)
    if "result : pass" in folded[place : place + 400] and "result : fail" in folded[:place]:
        yield "nscurl: ATS's default fails, arbitrary loads pass: what ATS asks (TLS 1.2, forward secrecy) is lacking."


def _short(name: str) -> str:
    return name if len(name) <= 60 else name[:59] + "…"
