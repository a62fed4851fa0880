"""Findings of an audit as SARIF 2.1.0, for code scanning: what is not trusted, without an answer, or breaks too soon.

One result a finding, with the rule to read first; what breaks later than asked about is no result, so that an alert is
something to do. What makes the audit fail is an error. Where nothing is to fail, what is not trusted and what has no
answer are warnings: code scanning fails a pull request for errors alone ("Code scanning alert severities"), and takes
what is no result for mended. Results are written one by one and never held all together.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, Final

from pki.report.audit.cause import besides, cause_of, is_bad_now
from pki.report.audit.row_name import server_of
from pki.report.layout import printable
from pki.report.sarif import SCHEMA, descriptor, message_text, uri
from pki.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pki.report.audit.audited import Audited
    from pki.report.audit.row import AuditRow

NO_ANSWER: Final = "no-answer"
"""The rule of rows with an error: code scanning shows results alone, and a gap must not look like a pass."""
_LINE: Final = re.compile(r"line ([1-9][0-9]{0,8})")


def sarif_pieces(audited: Audited) -> Iterator[bytes]:
    """One run: the rules that were met, a notification for each thing that was not checked, the results."""
    ids, found = _met(audited)
    indices = {id: index for index, id in enumerate(ids)}
    head = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "trustrig",
                        "semanticVersion": __version__,
                        "rules": [_rule(id, audited) for id in ids],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": list(_notifications(audited)),
                    }
                ],
                "properties": {"schema": audited.summary["schema"]},
                "results": [],
            }
        ],
    }
    begin, end = json.dumps(head, ensure_ascii=False).rsplit("[]", 1)
    yield begin.encode() + b"["
    for number, row in enumerate(_findings(audited), start=1):
        result = json.dumps(_result(row, indices, audited), ensure_ascii=False)
        yield f"\n{result}{',' if number < found else ''}".encode()
    yield f"\n]{end}\n".encode()


def _findings(audited: Audited) -> Iterator[AuditRow]:
    """The rows that are results."""
    return (row for row in audited.rows() if audited.fails(row) or is_bad_now(row))


def _met(audited: Audited) -> tuple[list[str], int]:
    """The rules of all findings in the order of their ids, and how many findings there are."""
    ids, found = set(), 0
    for row in _findings(audited):
        ids.add(_id_of(row))
        found += 1
    return sorted(ids), found


def _id_of(row: AuditRow) -> str:
    cause = cause_of(row)
    return NO_ANSWER if cause is None else cause.rule


def _rule(id: str, audited: Audited) -> dict[str, Any]:
    if id in audited.rules:
        return descriptor(audited.rules[id])
    words = "A chain could not be judged" if id == NO_ANSWER else id
    return {"id": id, "shortDescription": {"text": words}, "defaultConfiguration": {"level": "error"}}


def _notifications(audited: Audited) -> Iterator[dict[str, Any]]:
    """What nobody looked at, each thing once (3.58)."""
    for said in audited.summary["not_checked"]:
        words = said["text"] or "further things"
        yield {
            "level": "note",
            "message": {"text": message_text(f"not checked in {said['rows']:,} chains: {words}")},
        }


def _result(row: AuditRow, indices: dict[str, int], audited: Audited) -> dict[str, Any]:
    """A result, 3.27."""
    cause, id = cause_of(row), _id_of(row)
    line = _LINE.fullmatch(row["locator"])
    who = printable(server_of(row) or row["locator"] or row["source"])
    # The same finding tomorrow: neither the moment nor the words are in it (3.27.17).
    parts = (row["id"], row["host"] or "", id, (cause.certificate if cause is not None else None) or "")
    return {
        "ruleId": id,
        "ruleIndex": indices[id],
        "level": "error" if audited.fails(row) else "warning",
        "message": {"text": message_text(f"{who}: {_words(row, audited)}")},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": uri(row["source"])},
                    # A chain has no lines; GitHub shows nothing without one.
                    "region": {"startLine": int(line[1]) if line else 1},
                },
                "logicalLocations": [{"name": printable(row["id"]), "kind": "object"}],
            }
        ],
        "partialFingerprints": {"trustrigAudit/v1": hashlib.sha256("\0".join(parts).encode()).hexdigest()},
        "properties": {
            "host": printable(row["host"]) if row["host"] is not None else None,
            "chainSha256": row["chain_sha256"],
            "breaksAt": row["breaks_at"],
            "failed": row["failed"],
            "certificate": cause.certificate if cause is not None else None,
            "position": cause.position if cause is not None else None,
        },
    }


def _words(row: AuditRow, audited: Audited) -> str:
    """What is wrong, whose fault it is, and what to do."""
    cause = cause_of(row)
    if cause is None:
        return f"no answer: {printable(row['error'] or '')}"
    when = "not trusted" if cause.at is None else f"trusted until {cause.at}"
    subject = f" ({printable(cause.subject)})" if cause.subject else ""
    more = f", and {also}" if (also := besides(row)) else ""
    rule = audited.rules.get(cause.rule)
    fix = f". Fix: {rule.fix}" if rule is not None else ""
    return f"{when}: {audited.title(cause.rule)}{subject}{more}{fix}"
