"""What passed, what failed and what was never reached, in the order in which an Apple client asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.model.causes import CAUSES
from pki.model.transcript import Ending, Stage, StageName, StageState, certificate_seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pki.handshake.ends.end_record import EndRecord

_PASSED, _FAILED, _NOT_ASKED, _NOT_REACHED, _NOT_KNOWN = StageState


def stages_of(
    client: EndRecord | None,
    server: EndRecord | None,
    *,
    negotiated: EndRecord,
    ending: Ending,
    code: str,
    transport: str,
) -> tuple[Stage, ...]:
    """The seven stages; everything behind the one that failed was not reached.

    `negotiated` is the record that knows most about the parameters; `code` says which stage failed.
    """
    sides = [side for side in (client, server) if side is not None]
    failed = None if ending is Ending.ACCEPTED else CAUSES[code].stage or _furthest(sides, client)
    evidence = dict(_evidence(client, server, negotiated, transport))
    not_asked = dict(_not_asked(client, asked=any(side.asked for side in sides)))
    found = []
    behind = False
    for name in StageName:
        if name is failed:
            found.append(Stage(name, _FAILED, evidence.get(name, "")))
            behind = True
        elif name is StageName.APPLICATION and behind and name in evidence:
            found.append(Stage(name, _FAILED, evidence[name]))  # the answer that carried the refusal
        elif behind:
            found.append(Stage(name, _NOT_REACHED))
        elif name in not_asked:
            found.append(Stage(name, *not_asked[name]))
        else:
            found.append(Stage(name, _PASSED, evidence.get(name, "")))
    return tuple(found)


def _furthest(sides: list[EndRecord], client: EndRecord | None) -> StageName:
    """Where a connection was that just ended: behind what is known to have passed."""
    if all(side.version is None for side in sides):
        return StageName.PARAMETERS
    if all(side.believed_done for side in sides):
        return StageName.APPLICATION
    if client is None or not client.path or client.refusal is not None:
        return StageName.PATH
    # The server's chain was good. What is left of the handshake is the client's turn, and the server's last word.
    return StageName.CLIENT_CERTIFICATE if client.asked else StageName.APPLICATION


def _not_asked(
    client: EndRecord | None, *, asked: bool
) -> Iterator[tuple[StageName, tuple[StageState, str]]]:
    """The stages nobody asks about in this handshake, or nobody here can know."""
    if client is None:
        yield StageName.NAME, (_NOT_KNOWN, "the client is not ours")
        yield StageName.ATS, (_NOT_KNOWN, "the client is not ours")
    elif client.ats_binds is None:
        yield StageName.NAME, (_NOT_ASKED, "the client judges by the basic policy")
        yield StageName.ATS, (_NOT_ASKED, "the client judges by the basic policy")
    elif not client.ats_binds:
        yield StageName.ATS, (_NOT_ASKED, f"it does not bind {client.host}")
    if not asked:
        yield StageName.CLIENT_CERTIFICATE, (_NOT_ASKED, "")


def _evidence(
    client: EndRecord | None, server: EndRecord | None, negotiated: EndRecord, transport: str
) -> Iterator[tuple[StageName, str]]:
    yield StageName.CONNECTION, {"memory": "in process", "sockets": "TCP"}.get(transport, transport)
    version = (negotiated.version or "").replace("v", " ")
    alpn = f"ALPN {negotiated.alpn}" if negotiated.alpn else None
    yield StageName.PARAMETERS, ", ".join(filter(None, (version, negotiated.suite, negotiated.group, alpn)))
    if client is not None:
        yield StageName.PATH, _path(client)
        yield StageName.NAME, client.host
    yield StageName.CLIENT_CERTIFICATE, ", ".join(filter(None, _client_evidence(server)))
    status = next((side.status for side in (client, server) if side is not None and side.status), None)
    if status is not None:
        yield StageName.APPLICATION, f"HTTP {status}"


def _client_evidence(server: EndRecord | None) -> Iterator[str]:
    if server is None:
        yield "requested"
        return
    yield server.requirement
    yield server.policy
    if server.peer_chain and server.believed_done:
        yield _path(server)
    elif server.believed_done:
        yield "none sent"


def _path(judge: EndRecord) -> str:
    return " <- ".join(certificate_seen(der).label for der in judge.path)
