"""The answer of `explain` as text, JSON and Markdown, whatever was asked; only what it needs is imported."""

from __future__ import annotations

from typing import Any

from pki.model.explanation import Explanation, ExplanationKind
from pki.report.text_explanation import told_markdown, told_text


def explanation_text(explanation: Explanation) -> str:
    """The explanation at 80 columns."""
    if explanation.kind is ExplanationKind.TEXT and explanation.told is not None:
        return told_text(explanation.name, explanation.told)
    from pki.report import explain

    return explain.explanation_text(explanation)


def explanation_markdown(explanation: Explanation) -> str:
    """The explanation as Markdown, to paste into an issue."""
    if explanation.kind is ExplanationKind.TEXT and explanation.told is not None:
        return told_markdown(explanation.name, explanation.told)
    from pki.report import explain

    return explain.explanation_markdown(explanation)


def explanation_json(explanation: Explanation) -> dict[str, Any]:
    """The explanation as one document."""
    from pki.report import explain

    return explain.explanation_json(explanation)
