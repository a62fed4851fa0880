"""What passed, what failed and what was never reached, in the order in which TLS does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.handshake.reasons import may_have_been_refused
from pki.model.transcript import Ending, Party, Stage, StageName, StageState, certificate_seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pki.handshake.account import Account

_PASSED, _FAILED, _NOT_ASKED, _NOT_REACHED = StageState


def stages_of(
    client: Account | None,
    server: Account | None,
    *,
    negotiated: Account,
    refuser: Party | None,
    ending: Ending,
) -> tuple[Stage, ...]:
    """The four stages; everything behind the one that failed was not reached.

    `negotiated` is the account that knows most about the parameters.
    """
    sides = [side for side in (client, server) if side is not None]
    asked = any(side.asked for side in sides)
    failed = None if ending is Ending.ACCEPTED else _failed(sides, refuser, asked)
    words = dict(_words(client, server, negotiated))
    found = []
    state = _PASSED
    for name in StageName:
        if state is not _PASSED:
            state = _NOT_REACHED
        elif name is failed:
            state = _FAILED
        if name is StageName.CLIENT_CERTIFICATE and not asked and state is not _NOT_REACHED:
            found.append(Stage(name, _NOT_ASKED))
        elif name is StageName.APPLICATION and name in words and state is _NOT_REACHED:
            found.append(Stage(name, _FAILED, words[name]))  # the answer that carried the refusal
        else:
            found.append(Stage(name, state, words.get(name, "") if state is not _NOT_REACHED else ""))
    return tuple(found)


def _failed(sides: list[Account], refuser: Party | None, asked: bool) -> StageName:
    if all(side.version is None for side in sides):
        return StageName.PARAMETERS
    if refuser is Party.CLIENT:
        return StageName.SERVER_CERTIFICATE
    if refuser is Party.SERVER and asked:
        return StageName.CLIENT_CERTIFICATE
    if not all(side.believed_done for side in sides):
        return StageName.SERVER_CERTIFICATE
    lost = len(sides) == 1 and may_have_been_refused(sides[0])
    return StageName.CLIENT_CERTIFICATE if lost else StageName.APPLICATION


def _words(
    client: Account | None, server: Account | None, negotiated: Account
) -> Iterator[tuple[StageName, str]]:
    version = (negotiated.version or "").replace("v", " ")
    alpn = f"ALPN {negotiated.alpn}" if negotiated.alpn else None
    yield StageName.PARAMETERS, ", ".join(filter(None, (version, negotiated.suite, negotiated.group, alpn)))
    if client is not None:
        yield StageName.SERVER_CERTIFICATE, f"for {client.host}, {_path(client)}"
    yield StageName.CLIENT_CERTIFICATE, ", ".join(filter(None, _client_words(server)))
    status = next((side.status for side in (client, server) if side is not None and side.status), None)
    if status is not None:
        yield StageName.APPLICATION, f"HTTP {status}"


def _client_words(server: Account | None) -> Iterator[str]:
    if server is None:
        yield "requested"
        return
    yield server.requirement
    yield server.policy
    if server.peer_chain and server.believed_done:
        yield _path(server)
    elif server.believed_done:
        yield "none sent"


def _path(judge: Account) -> str:
    return " <- ".join(certificate_seen(der).label for der in judge.path)
