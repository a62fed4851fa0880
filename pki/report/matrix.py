"""A grid of handshakes as text for a terminal, as JSON, and as Markdown."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from pki.model.time_format import moment_text
from pki.model.transcript import Ending
from pki.report.document import TypedDict
from pki.report.layout import not_checked_lines, printable, wrapped
from pki.report.markdown import escaped
from pki.report.style import PLAIN, Style

if TYPE_CHECKING:
    from typing import Literal

    from pki.model.matrix import Cell, Matrix
    from pki.model.stages import Party
    from pki.report.fields import EndingName, HandshakeCode, Octet, Text, Time


class MatrixDocument(TypedDict):
    """Handshakes of several clients, policies or versions: who was let in where."""

    schema: Literal["trustrig.matrix/1"]
    at: Time
    accepted: bool  # Whether everybody was let in everywhere.
    cells: list[CellJson]
    not_checked: list[Text]


class CellJson(TypedDict):
    """One handshake: who came, to which policy, in which version, and how it went."""

    client: Text
    policy: Text
    tls: Text
    outcome: EndingName
    refused_by: Party | None
    alert: Text | None
    alert_number: Octet | None
    after_peer_believed_done: bool | None
    code: HandshakeCode
    http_status: int | None
    client_believed_done: bool | None
    server_believed_done: bool | None
    reason: str
    repair: str


def matrix_text(matrix: Matrix, *, style: Style = PLAIN) -> str:
    """Policy by policy, a line for each client and version; reasons that recur are told once, below."""
    reasons = list(dict.fromkeys(filter(None, (cell.transcript.reason for cell in matrix.cells))))
    marks = {reason: f"[{number}]" for number, reason in enumerate(reasons, start=1)}
    widest = max(len(printable(cell.client)) for cell in matrix.cells)
    let_in = sum(cell.transcript.accepted for cell in matrix.cells)
    lines = [f"{let_in} of {len(matrix.cells)} handshakes went through at {moment_text(matrix.at)}"]
    for policy, members in groupby(matrix.cells, key=lambda cell: cell.policy):
        lines += ["", *wrapped(f"Server: {printable(policy)}", hanging="  ")]
        for cell in members:
            head = f"  {printable(cell.client):<{widest}}  TLS {cell.version}  "
            mark = marks.get(cell.transcript.reason, "")
            outcome = style.judged(_outcome(cell), well=cell.transcript.accepted)
            lines += wrapped(f"{outcome} {mark}".rstrip(), indent=head, hanging=" " * len(head))
    if marks:
        lines += [""]
    for reason, mark in marks.items():
        lines += wrapped(f"{mark} {printable(reason)}", indent="  ", hanging="      ")
    lines += ["", *not_checked_lines(matrix.not_checked, width=13)]
    return "\n".join(lines)


def _outcome(cell: Cell) -> str:
    """What became of it, the side, the alert and when it came."""
    transcript = cell.transcript
    if transcript.ending is not Ending.REFUSED:
        return str(transcript.ending)
    if transcript.alert is None and transcript.status is None:  # a client that ATS holds back asks nothing
        return f"refused by the {transcript.refused_by} after the handshake"
    if transcript.alert is None:
        return f"refused by the {transcript.refused_by}'s application, HTTP {transcript.status}"
    seen = transcript.alert
    late = f", after the {seen.sender.other} believed itself done" if seen.after_peer_done else ""
    return f"refused by the {transcript.refused_by}: {seen.kind}{late}"


def matrix_document(matrix: Matrix) -> MatrixDocument:
    """The grid as one JSON document, `schema` first."""
    return {
        "schema": "trustrig.matrix/1",
        "at": moment_text(matrix.at),
        "accepted": matrix.accepted,
        "cells": [_cell(cell) for cell in matrix.cells],
        "not_checked": list(matrix.not_checked),
    }


def _cell(cell: Cell) -> CellJson:
    seen = cell.transcript
    return {
        "client": printable(cell.client),
        "policy": printable(cell.policy),
        "tls": str(cell.version),
        "outcome": seen.ending.name.lower(),
        "refused_by": seen.refused_by,
        "alert": seen.alert.kind.name if seen.alert is not None else None,
        "alert_number": seen.alert.kind.number if seen.alert is not None else None,
        "after_peer_believed_done": seen.alert.after_peer_done if seen.alert is not None else None,
        "code": seen.code,
        "http_status": seen.status,
        "client_believed_done": seen.client.believed_done,
        "server_believed_done": seen.server.believed_done,
        "reason": seen.reason,
        "repair": seen.repair,
    }


def matrix_markdown(matrix: Matrix) -> str:
    """The grid as a table, for a comment on GitHub."""
    lines = ["| Server | Client | TLS | Outcome | Why |", "|---|---|---|---|---|"]
    for cell in matrix.cells:
        sign = "✅" if cell.transcript.accepted else "❌"
        cells = (
            cell.policy,
            cell.client,
            str(cell.version),
            f"{sign} {_outcome(cell)}",
            cell.transcript.reason,
        )
        lines.append(f"| {' | '.join(map(escaped, cells))} |")
    lines += ["", *(f"**Not checked.** {escaped(words)}  " for words in matrix.not_checked)]
    return "\n".join(lines)
