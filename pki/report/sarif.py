"""Verdicts as SARIF 2.1.0, the form in which code scanning takes findings.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) 2.1.0; section numbers are its. GitHub's subset of it:
"SARIF support for code scanning" (it wants `region.startLine` with every location).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from pki.model.codes import Severity
from pki.model.time_format import moment_text
from pki.model.verdict import Finding, Rule
from pki.report.layout import printable
from pki.report.summary import Judged, place_name
from pki.version import __version__

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.WARNING: "warning", Severity.INFO: "note"}  # whatever makes a chain untrusted is an error


_NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")


def verdicts_sarif(judged: Sequence[Judged], rules: Mapping[str, Rule]) -> dict[str, Any]:
    """All of JUDGED as one run; RULES is the whole catalogue, which the run carries with its help texts.

    Every fact is a result, none is suppressed; other rules that tell it are named in its properties. What was
    not checked is a notification of the run.
    """
    catalogue = dict(rules)
    for item in judged:  # what a caller's own rules found keeps its paperwork
        catalogue |= {finding.rule_id: finding.rule for finding in item.verdict.findings}
    indices = {rule_id: index for index, rule_id in enumerate(catalogue)}
    artifacts = list(dict.fromkeys(uri(item.name) for item in judged))
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "trustrig",
                        "semanticVersion": __version__,
                        "rules": [descriptor(rule) for rule in catalogue.values()],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [
                            _silence(item, line) for item in judged for line in _said(item)
                        ],
                    }
                ],
                "artifacts": [{"location": {"uri": artifact}} for artifact in artifacts],
                "results": [
                    _result(
                        item, finding, rule=indices[finding.rule_id], artifact=artifacts.index(uri(item.name))
                    )
                    for item in judged
                    for finding in item.verdict.findings
                    if finding.same_fact_as is None
                ],
            }
        ],
    }


def uri(name: str) -> str:
    """The target as an artifact's URI: a path as it was given, a file URL where it is absolute, an address as it is.

    A relative path stays relative, so that code scanning finds the file in the checkout.
    """
    if "://" in name:
        return quote(name, safe=":/?#[]@!$&'()*+,;=%~", errors="replace")
    # Bytes of a file name that are no UTF-8 arrive as these surrogates (PEP 383) and leave as the bytes they were.
    path = quote(
        _NO_BYTE.sub("\N{REPLACEMENT CHARACTER}", PurePath(name).as_posix()), errors="surrogateescape"
    )
    return f"file://{path}" if PurePath(name).is_absolute() else path


def descriptor(rule: Rule) -> dict[str, Any]:
    """A reportingDescriptor, 3.49."""
    status = f"{rule.status[0]} {rule.status[1]}" if rule.status else "none, a warning of ours"
    check = f" ({rule.apple_check})" if rule.apple_check else ""
    doc = " ".join(rule.doc.split())
    help_text = f"{doc}\n\nFix: {rule.fix}\n\nApple reports: {status}{check}\n\nSource: {rule.citation}"
    return {
        "id": rule.id,
        "shortDescription": {"text": message_text(rule.title)},
        "fullDescription": {"text": message_text(doc)},
        "help": {
            "text": message_text(help_text),
            "markdown": f"{rule.doc}\n\n**Fix.** {rule.fix}\n\nApple reports: {status}{check}\n\n*{rule.citation}*",
        },
        "defaultConfiguration": {"level": _LEVELS.get(rule.severity, "error")},
        "properties": {"tags": ["tls", "apple", rule.level.name.lower()], "precision": "high"},
    }


def message_text(text: str) -> str:
    """TEXT for a plain text message, where braces hold arguments (3.11.5) and `[words](target)` is a link (3.11.6)."""
    return (
        "\n".join(map(printable, text.split("\n"))).replace("{", "{{").replace("}", "}}").replace("](", "] (")
    )


def _result(item: Judged, finding: Finding, *, rule: int, artifact: int) -> dict[str, Any]:
    """A result, 3.27."""
    verdict = item.verdict
    cert = verdict.chain[finding.position]
    where = f"[{finding.position}] {place_name(verdict, finding.position)}: {printable(cert.subject.label)}"
    return {
        "ruleId": finding.rule_id,
        "ruleIndex": rule,
        "level": _LEVELS.get(finding.severity, "error"),
        "message": {"text": message_text(f"{finding.evidence}. Fix: {finding.fix}")},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": uri(item.name), "index": artifact},
                    # A chain has no lines; GitHub shows nothing without one.
                    "region": {"startLine": 1},
                },
                "logicalLocations": [{"name": where, "kind": "object"}],
            }
        ],
        "partialFingerprints": {"trustrig/v1": _fingerprint(item, finding, cert.sha256)},
        "properties": {
            "host": printable(verdict.host) if verdict.host else None,
            "at": moment_text(verdict.at),
            "policy": verdict.policy,
            "inputs": list(verdict.inputs),
            "certificate": finding.position,
            "sha256": cert.sha256,
            "sameFact": [
                other.rule_id
                for other in verdict.findings
                if (other.same_fact_as, other.position) == (finding.rule_id, finding.position)
            ],
        },
    }


def _fingerprint(item: Judged, finding: Finding, certificate: str) -> str:
    """The same tomorrow, when the evidence says "2 days ago" (3.27.17)."""
    parts = (
        uri(item.name),
        printable(item.verdict.host or ""),
        item.verdict.policy,
        finding.rule_id,
        certificate,
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _said(item: Judged) -> Sequence[str]:
    return [f"not checked: {line}" for line in item.verdict.not_checked] + list(item.verdict.near_misses)


def _silence(item: Judged, line: str) -> dict[str, Any]:
    """A notification, 3.58."""
    return {
        "level": "note",
        "message": {"text": message_text(line)},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(item.name)}}}],
    }
