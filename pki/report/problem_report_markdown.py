"""The report that goes with an issue, as Markdown: for people first, and whole as JSON below."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pki.report.problem_report import ReportDocument


def report_markdown(report: ReportDocument) -> str:
    """REPORT as text that an issue takes as it is."""
    return "\n".join(_lines(report)) + "\n"


def contents_text(report: ReportDocument) -> str:
    """What REPORT holds and leaves out, for whoever is about to send it."""
    lines = ["This report holds:", *(f"  - {one}" for one in report["holds"])]
    return "\n".join([*lines, "It leaves out:", *(f"  - {one}" for one in report["leaves_out"])])


def _lines(report: ReportDocument) -> Iterator[str]:
    software, judged = report["software"], report["judged"]
    yield "## trustrig report"
    yield ""
    yield f"trustrig {software['trustrig']}, Python {software['python']}, {software['openssl']}"
    yield f"on {software['system']} ({software['machine']})"
    yield ""
    for remark in report["remarks"]:
        yield f"- doctor: {remark['grade']} {remark['id']}"
    if report["failure"] is not None:
        yield f"- no verdict: {report['failure']['kind']}"
    if judged is not None:
        levels = ", ".join(f"{level} {answer}" for level, answer in judged["levels"].items())
        answer = "trusted" if judged["trusted"] else "not trusted"
        yield f"- {answer} for {judged['asked_for']} on {judged['day']}, anchors of class {judged['anchor_class']}"
        yield f"- {levels}"
        for finding in judged["findings"]:
            yield f"- [{finding['certificate']}] {finding['severity']} {finding['rule']}"
    yield ""
    yield "<details><summary>All of it</summary>"
    yield ""
    yield "```json"
    # A fence within would end this one; in JSON a backtick may be written so.
    yield json.dumps(report, indent=1, ensure_ascii=True).replace("`", "\\u0060")
    yield "```"
    yield ""
    yield "</details>"
