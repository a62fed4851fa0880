"""What a handshake says nothing about, so that silence is never taken for a pass: one list, told by every report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.model.staple import StapleState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pki.handshake.ends.end_record import EndRecord
    from pki.model.staple import StapleSeen

_ANSWERED = (StapleState.GOOD, StapleState.REVOKED)


def not_checked(
    client: EndRecord | None, server: EndRecord | None, staple: StapleSeen | None
) -> Iterator[str]:
    """What this handshake is silent about, the client's judgement of the server first."""
    if client is None:
        yield "what the client made of the server's certificates: it is not ours"
    else:
        yield from _by_client(client, staple)
    if server is not None:
        yield from server.unchecked
    elif client is not None and client.asked:
        yield "what the server looks at in a client's chain, revocation for one: it is not ours"


def _by_client(client: EndRecord, staple: StapleSeen | None) -> Iterator[str]:
    if staple is not None and staple.state in _ANSWERED:
        yield "revocation above the server's own certificate: a stapled answer speaks of that one alone"
    else:
        reason = (
            "no usable OCSP answer was stapled" if staple is not None else "no stapled answer was looked at"
        )
        yield f"revocation of the server's chain: {reason}, and Apple's code evaluates no CRL"
    if client.ats_binds is None:
        yield "the server's name and ATS: the client judges by the basic policy"
    elif client.datagrams:
        yield "what ATS asks of a connection: it does not know datagrams"
    if not client.datagrams:
        yield "Apple's groups and signature algorithms: OpenSSL's are used"
    yield "Certificate Transparency: asked of preinstalled roots alone"
