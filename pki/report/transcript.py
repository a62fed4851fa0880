"""A transcript as text for a terminal and as JSON."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pki.model.time_format import moment_text
from pki.model.transcript import AlertSeen, CertificateSeen, Ending, EndReport, Stage, Transcript
from pki.report.app_error import app_error_json, expected_app_error
from pki.report.document import TypedDict
from pki.report.layout import command_lines, labelled, not_checked_lines
from pki.report.style import PLAIN, Style

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Annotated, Literal

    from pki.model.stages import Party, StageName, StageState
    from pki.model.staple import StapleSeen, StapleState
    from pki.report.app_error import AppErrorJson
    from pki.report.fields import (
        EndingName,
        HandshakeCode,
        NoteCode,
        Octet,
        RuleId,
        Schema,
        Sha256,
        Text,
        Time,
    )


class TranscriptDocument(TypedDict):
    """One handshake with its question and answer, from both ends."""

    schema: Literal["trustrig.transcript/2"]
    at: Time
    transport: Text
    outcome: EndingName
    headline: Text
    refused_by: Party | None
    code: HandshakeCode  # The root cause; docs/handshake-codes.md.
    rule: RuleId | None
    failed_stage: StageName | None
    reason: str
    repair: str
    check: Text | None
    expected_app_error: AppErrorJson | None
    alert: AlertJson | None
    alerts: list[AlertJson]
    stages: Annotated[list[StageJson], Schema(minItems=7, maxItems=7)]
    version: Text | None
    suite: Text | None
    group: Text | None
    alpn: Text | None
    host: Text | None
    server_name: Text | None
    ats_binds: bool | None
    resumed: bool | None
    ocsp_stapled: bool | None
    staple: StapleJson | None  # What the client made of the stapled OCSP answer; null where it is not ours.
    sct_count: int | None
    client_certificates: Text
    acceptable_cas: list[str]
    http_status: int | None
    notes: list[NoteJson]
    not_checked: list[Text]
    client: EndJson
    server: EndJson


class StageJson(TypedDict):
    """One stage of the handshake and what can be said of it."""

    name: StageName
    state: StageState
    words: str


class StapleJson(TypedDict):
    """A server's staple as the client judged it."""

    state: StapleState
    words: Text
    octets: int
    used: bool


class NoteJson(TypedDict):
    """Something odd that stops nothing."""

    code: NoteCode
    party: Party
    words: Text


class EndJson(TypedDict):
    """One end of the connection."""

    ours: bool
    believed_done: bool | None
    sent: list[SentCertificateJson]
    sent_completely_seen: bool
    path_built_for_peer: list[SentCertificateJson]
    error: str  # OpenSSL's own words.


class SentCertificateJson(TypedDict):
    """One certificate as it crossed the wire."""

    subject: str
    issuer: str
    sha256: Sha256


class AlertJson(TypedDict):
    """A fatal alert."""

    number: Octet
    name: Text
    meaning: Text
    source: Text
    sender: Party
    receiver: Party
    arrived: bool | None
    after_peer_believed_done: bool | None


_LABEL = 20  # column where the words beside a label begin
_CHECK = "Check again"


def transcript_text(transcript: Transcript, *, style: Style = PLAIN) -> str:
    """The transcript for a terminal of 80 columns: stages, then who decided, then what each end sent."""
    shown = partial(style.judged, well=transcript.accepted)
    return "\n".join(
        [
            *map(shown, labelled(transcript.headline, indent=0)),
            "",
            *(line for stage in transcript.stages for line in _stage(stage, style)),
            "",
            *_decision(transcript),
            *_end(transcript.server),
            *_end(transcript.client),
            *not_checked_lines(transcript.not_checked, width=_LABEL),
        ]
    )


def _stage(stage: Stage, style: Style) -> Iterator[str]:
    text = f"{stage.name}{f': {stage.text}' if stage.text else ''}"
    yield from labelled(text, label=f"  {style.step(stage.state)}", indent=15)


def _decision(transcript: Transcript) -> Iterator[str]:
    if transcript.ending is Ending.REFUSED:
        yield from _row("Who decided", f"the {transcript.refused_by}")
    if transcript.alert is not None:
        yield from _row("Alert", alert_text(transcript.alert))
    ends = (transcript.client, transcript.server)
    yield from _row("Believed done", ", ".join(f"{end.party} {_yes_no(end.believed_done)}" for end in ends))
    if transcript.client_certificates != "none" and transcript.version is not None:
        yield from _row("Acceptable CAs", "; ".join(transcript.acceptable_cas) or "any: the list is empty")
    if transcript.staple is not None:
        unused = "; not used, as if there were none" if transcript.staple.ignored else ""
        state, text = transcript.staple.state, transcript.staple.text
        yield from _row("Stapled OCSP", f"{text if text.startswith(state) else f'{state}: {text}'}{unused}")
    for label, text in why_rows(transcript):
        yield from _row(label, text) if label != _CHECK else command_lines(text, label=label, indent=_LABEL)


def why_rows(transcript: Transcript) -> Iterator[tuple[str, str]]:
    """(label, words): why it ended so, what to do, what an app would see, and what is odd besides."""
    if transcript.reason:
        yield "Why", transcript.reason
    if not transcript.accepted:
        explained = f" (trustrig explain {transcript.rule})" if transcript.rule else ""
        yield "Code", f"{transcript.code}{explained}"
    if transcript.repair:
        yield "What to do", transcript.repair
    if transcript.check:
        yield _CHECK, transcript.check
    expected = expected_app_error(transcript)
    if expected is not None:
        yield "An app would see", f"{expected.text} (expected, not measured: {expected.reason})"
    for note in transcript.notes:
        yield "Odd", f"{note.party}: {note.text} [{note.code}]"


def alert_text(seen: AlertSeen) -> str:
    """An alert, who sent it and when, and what it says."""
    when = {
        True: f"after the {seen.sender.other} believed itself done",
        False: f"before the {seen.sender.other} was done",
        None: "",
    }[seen.after_peer_done]
    lost = "; it never arrived" if seen.arrived is False else ""
    return f"{seen.kind}, {when or f'from the {seen.sender}'}{lost}: {seen.kind.meaning} ({seen.kind.source})"


def _end(end: EndReport) -> Iterator[str]:
    label = f"{end.party.capitalize()} sent"
    if not end.sent:
        yield from _row(label, "no certificate")
    for position, cert in enumerate(end.sent):
        more = "" if end.sent_completely_seen or position + 1 < len(end.sent) else " (as far as it was read)"
        yield from _row(label if position == 0 else "", f"{cert.subject}, by {cert.issuer}{more}")
        if position == 0:
            yield from _row("", f"sha256 {cert.sha256[:40]}...")


def _row(label: str, text: str) -> Iterator[str]:
    yield from labelled(text, label=label, indent=_LABEL)


def _yes_no(answer: bool | None) -> str:
    return {True: "yes", False: "no", None: "not known"}[answer]


def transcript_document(transcript: Transcript) -> TranscriptDocument:
    """The transcript as one JSON document, `schema` first."""
    return {
        "schema": "trustrig.transcript/2",
        "at": moment_text(transcript.at),
        "transport": transcript.transport,
        "outcome": transcript.ending.name.lower(),
        "headline": transcript.headline,
        "refused_by": transcript.refused_by,
        "alert": _alert_document(transcript.alert) if transcript.alert is not None else None,
        "alerts": [_alert_document(seen) for seen in transcript.alerts],
        "code": transcript.code,
        "rule": transcript.rule,
        "failed_stage": transcript.failed_stage,
        "reason": transcript.reason,
        "repair": transcript.repair,
        "check": transcript.check or None,
        "expected_app_error": app_error_json(expected_app_error(transcript)),
        "stages": [{"name": s.name, "state": s.state, "words": s.text} for s in transcript.stages],
        "version": transcript.version,
        "suite": transcript.suite,
        "group": transcript.group,
        "alpn": transcript.alpn,
        "host": transcript.host or None,
        "server_name": transcript.server_name,
        "ats_binds": transcript.ats_binds,
        "resumed": transcript.resumed,
        "ocsp_stapled": transcript.stapled,
        "sct_count": transcript.sct_count,
        "client_certificates": transcript.client_certificates,
        "acceptable_cas": list(transcript.acceptable_cas),
        "http_status": transcript.status,
        "staple": _staple_document(transcript.staple),
        "notes": [{"code": n.code, "party": n.party, "words": n.text} for n in transcript.notes],
        "not_checked": list(transcript.not_checked),
        "client": _end_document(transcript.client),
        "server": _end_document(transcript.server),
    }


def _staple_document(seen: StapleSeen | None) -> StapleJson | None:
    if seen is None:
        return None
    return {"state": seen.state, "words": seen.text, "octets": seen.octets, "used": not seen.ignored}


def _alert_document(seen: AlertSeen) -> AlertJson:
    return {
        "number": seen.kind.number,
        "name": seen.kind.name,
        "meaning": seen.kind.meaning,
        "source": seen.kind.source,
        "sender": seen.sender,
        "receiver": seen.sender.other,
        "arrived": seen.arrived,
        "after_peer_believed_done": seen.after_peer_done,
    }


def _end_document(end: EndReport) -> EndJson:
    return {
        "ours": end.ours,
        "believed_done": end.believed_done,
        "sent": [_certificate_document(cert) for cert in end.sent],
        "sent_completely_seen": end.sent_completely_seen,
        "path_built_for_peer": [_certificate_document(cert) for cert in end.path],
        "error": end.error,
    }


def _certificate_document(cert: CertificateSeen) -> SentCertificateJson:
    return {"subject": cert.subject, "issuer": cert.issuer, "sha256": cert.sha256}
