"""A transcript as Markdown, for a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.report.markdown import escaped
from pki.report.transcript import alert_text, why_rows

if TYPE_CHECKING:
    from pki.model.transcript import Transcript


def transcript_markdown(transcript: Transcript) -> str:
    """The transcript for a ticket: headline, stages, why; the certificates folded."""
    sign = "✅" if transcript.accepted else "❌"
    lines = [f"### {sign} {escaped(transcript.headline)}", "", "| Stage | Answer | |", "|---|---|---|"]
    lines += [f"| {s.name} | {s.state} | {escaped(s.text)} |" for s in transcript.stages]
    lines += ["", *(f"**{label}.** {escaped(text)}  " for label, text in why_rows(transcript))]
    if transcript.alert is not None:
        lines.append(f"**Alert.** {escaped(alert_text(transcript.alert))}  ")
    lines += [f"**Not checked.** {escaped(text)}  " for text in transcript.not_checked]
    lines += ["", "<details><summary>What each end sent</summary>", ""]
    for end in (transcript.server, transcript.client):
        sent = [f"1. {escaped(cert.subject)}, by {escaped(cert.issuer)}" for cert in end.sent]
        lines += [f"{end.party.capitalize()}:", "", *(sent or ["no certificate"]), ""]
    return "\n".join([*lines, "</details>", ""])
