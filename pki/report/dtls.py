"""DTLS and pre-shared keys: a diagnosis, a crossing and an outcome as text at 80 columns and as JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from pki.model.time_format import moment_text
from pki.report.document import TypedDict
from pki.report.layout import not_checked_lines, printable, wrapped
from pki.report.marks import padded
from pki.report.style import PLAIN, Style
from pki.report.transcript import transcript_document, transcript_text

if TYPE_CHECKING:
    from datetime import datetime

    from pki.model.datagrams import DatagramDiagnosis, LayerName, LayerState, LinkResult, PskOutcome
    from pki.model.transcript import Party
    from pki.report.fields import EndingName, Text, Time
    from pki.report.transcript import TranscriptDocument

ListeningKind = Literal["dtls", "psk"]

_STATE_WIDTH = 13
_LABEL_WIDTH = 14


class DtlsDiagnosisDocument(TypedDict):
    """Which layer of a DTLS server fails."""

    schema: Literal["trustrig.dtls-diagnosis/1"]
    target: Text
    at: Time
    failed: LayerName | None
    layers: list[LayerJson]
    why: str
    next_step: str
    cookie_asked: bool
    resent: int
    mtu: int
    arrived: ArrivedJson
    not_checked: list[Text]
    dtls13: Literal["not tried"]
    expectations: list[ExpectationJson]
    transcript: TranscriptDocument | None


class LayerJson(TypedDict):
    """One layer and what was seen of it."""

    name: LayerName
    state: LayerState
    words: str


class ArrivedJson(TypedDict):
    """What came back; `whole` and `missing` are the messages of the server's first flight."""

    datagrams: int
    largest: int
    hello_verify_requests: int
    whole: list[Text]
    missing: list[Text]


class ExpectationJson(TypedDict):
    """Something that holds on an Apple device by its source, and was not tried."""

    text: Text
    source: Text


class DtlsHandshakeDocument(TypedDict):
    """A DTLS handshake, both ends ours."""

    schema: Literal["trustrig.dtls-handshake/1"]
    accepted: bool
    datagrams: DatagramCountsJson
    transcript: TranscriptDocument


class DatagramCountsJson(TypedDict):
    """What the link and DTLS did."""

    cookie_asked: bool
    sent: int
    lost: int
    resent: int
    largest: int
    mtu: int


class PskDocument(TypedDict):
    """A handshake with a pre-shared key, which is not in it."""

    schema: Literal["trustrig.psk/1"]
    at: Time
    transport: Text
    outcome: EndingName
    refused_by: Party | None
    alert: PskAlertJson | None
    version: Text | None
    suite: Text | None
    identity: Text | None
    reason: str
    repair: str
    answer: str
    not_checked: list[Text]


class PskAlertJson(TypedDict):
    """The alert that ended it."""

    number: int
    name: Text
    meaning: Text


class ListeningDocument(TypedDict):
    """Where a DTLS or TLS-PSK server of ours listens: the first line of its answer, before those of its connections."""

    schema: Literal["trustrig.listening/1"]
    serves: ListeningKind
    address: Text
    port: int
    at: Time
    until: Time


def listening_document(
    serves: ListeningKind, *, address: str, port: int, at: datetime, seconds: float
) -> ListeningDocument:
    """Where it listens, and that it leaves so many SECONDS after AT."""
    return {
        "schema": "trustrig.listening/1",
        "serves": serves,
        "address": address,
        "port": port,
        "at": moment_text(at),
        "until": moment_text(at + timedelta(seconds=seconds)),
    }


def diagnosis_text(diagnosis: DatagramDiagnosis, *, dtls13: str, style: Style = PLAIN) -> str:
    """The layers from below, the first that fails, the next step, and what only a device can tell."""
    failed = diagnosis.failed
    verdict = f"{failed} fails" if failed is not None else "every layer passes that was reached"
    verdict = style.judged(verdict, well=failed is None)
    lines = wrapped(f"{style.headline(printable(diagnosis.target))}: {verdict}", hanging="  ")
    lines.append("")
    for layer in diagnosis.layers:
        text = f"{layer.name}{f': {printable(layer.text)}' if layer.text else ''}"
        lines += _row(style.step(layer.state), text, width=_STATE_WIDTH)
    lines.append("")
    if diagnosis.reason:
        lines += _row("Why", diagnosis.reason)
    if diagnosis.next_step:
        lines += _row("Next step", diagnosis.next_step)
    lines += _row("MTU", f"{diagnosis.mtu} bytes; flights sent again: {diagnosis.resent}")
    came = diagnosis.arrived
    lines += _row("Came back", f"{came.datagrams} datagrams, the largest of {came.largest} bytes")
    lines += _row("DTLS 1.3", dtls13)
    lines += not_checked_lines(diagnosis.not_checked, width=_LABEL_WIDTH + 2, indent="  ")
    lines += ["", "To be expected on a device; read, not tried here:"]
    for note in diagnosis.notes:
        lines += wrapped(f"{note.text} ({note.source})", indent="  - ", hanging="    ")
    return "\n".join(lines)


def diagnosis_document(diagnosis: DatagramDiagnosis) -> DtlsDiagnosisDocument:
    """The same as one JSON document, `schema` first."""
    return {
        "schema": "trustrig.dtls-diagnosis/1",
        "target": diagnosis.target,
        "at": moment_text(diagnosis.at),
        "failed": diagnosis.failed,
        "layers": [
            {"name": layer.name, "state": layer.state, "words": layer.text} for layer in diagnosis.layers
        ],
        "why": diagnosis.reason,
        "next_step": diagnosis.next_step,
        "cookie_asked": diagnosis.cookie_asked,
        "resent": diagnosis.resent,
        "mtu": diagnosis.mtu,
        "arrived": {
            "datagrams": diagnosis.arrived.datagrams,
            "largest": diagnosis.arrived.largest,
            "hello_verify_requests": diagnosis.arrived.hello_verify_requests,
            "whole": list(diagnosis.arrived.whole),
            "missing": list(diagnosis.arrived.missing),
        },
        "not_checked": list(diagnosis.not_checked),
        "dtls13": "not tried",
        "expectations": [{"text": note.text, "source": note.source} for note in diagnosis.notes],
        "transcript": transcript_document(diagnosis.transcript) if diagnosis.transcript is not None else None,
    }


def link_text(result: LinkResult, *, style: Style = PLAIN) -> str:
    """A handshake over a link, and what the link and DTLS did."""
    counts = (
        f"{result.sent} sent, {result.lost} lost; flights sent again: {result.resent}; "
        f"largest {result.largest} of {result.mtu} bytes"
    )
    cookie = "asked for and returned" if result.cookie_asked else "not asked for"
    return "\n".join(
        [
            transcript_text(result.transcript, style=style),
            *_row("Datagrams", counts, width=20, indent=""),
            *_row("Cookie", cookie, width=20, indent=""),
        ]
    )


def link_document(result: LinkResult) -> DtlsHandshakeDocument:
    """The same as one JSON document, `schema` first."""
    return {
        "schema": "trustrig.dtls-handshake/1",
        "accepted": result.transcript.accepted,
        "datagrams": {
            "cookie_asked": result.cookie_asked,
            "sent": result.sent,
            "lost": result.lost,
            "resent": result.resent,
            "largest": result.largest,
            "mtu": result.mtu,
        },
        "transcript": transcript_document(result.transcript),
    }


def psk_text(outcome: PskOutcome, *, style: Style = PLAIN) -> str:
    """How it ended, who decided, and the next step. The key is not known here."""
    headline = outcome.ending.capitalize()
    if outcome.refused_by is not None:
        headline = f"Refused by the {outcome.refused_by} with the alert {outcome.alert}"
    lines = [style.judged(headline, well=outcome.accepted), ""]
    agreed = ", ".join(filter(None, ((outcome.version or "").replace("v", " "), outcome.suite)))
    lines += _row("Agreed", agreed or "nothing")
    lines += _row("Identity", printable(outcome.identity or "none named"))
    if outcome.answer:
        lines += _row("Server says", printable(outcome.answer.strip()[:200]))
    if outcome.reason:
        lines += _row("Why", printable(outcome.reason))
    if outcome.repair:
        lines += _row("What to do", outcome.repair)
    lines += not_checked_lines(outcome.not_checked, width=_LABEL_WIDTH + 2, indent="  ")
    return "\n".join(lines)


def psk_document(outcome: PskOutcome) -> PskDocument:
    """The same as one JSON document, `schema` first."""
    alert = outcome.alert
    return {
        "schema": "trustrig.psk/1",
        "at": moment_text(outcome.at),
        "transport": outcome.transport,
        "outcome": outcome.ending.name.lower(),
        "refused_by": outcome.refused_by,
        "alert": {"number": alert.number, "name": alert.name, "meaning": alert.meaning} if alert else None,
        "version": outcome.version,
        "suite": outcome.suite,
        "identity": outcome.identity,
        "reason": outcome.reason,
        "repair": outcome.repair,
        "answer": outcome.answer,
        "not_checked": list(outcome.not_checked),
    }


def _row(label: str, text: str, *, width: int = _LABEL_WIDTH, indent: str = "  ") -> list[str]:
    return wrapped(
        f"{padded(label, width)}{printable(text)}", indent=indent, hanging=" " * (width + len(indent))
    )
