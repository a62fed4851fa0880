"""Rows as metrics in Prometheus's text format, for the textfile collector of node_exporter.

Sources: "Exposition formats" and "Metric and label naming" of the Prometheus documentation (read 2026-12). All are
gauges in base units; a moment is in seconds since 1970 and ends in `_timestamp_seconds`. No line has a time of its
own: the collector refuses files with any. A chain is told by `id` and `host`. A rule is a label of the series about it
alone, so that a chain which is mended keeps its others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pki.model.time_format import moment_of
from pki.report.audit.cause import most_urgent
from pki.report.layout import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pki.report.audit.audited import Audited
    from pki.report.audit.row import AuditRow
    from pki.report.audit.summary import AuditDocument

MAX_CHAINS: Final = 10_000
"""How many chains have series of their own, each up to four: what a Prometheus takes from one target with ease."""
MAX_CAUSES: Final = 100
_PIECE: Final = 1000  # lines

_Sample = tuple["Mapping[str, str]", int]


def prometheus_pieces(audited: Audited) -> Iterator[bytes]:
    """Counts of the whole audit, the causes with most chains, and series for the 10,000 most urgent chains."""
    summary = audited.summary
    rows = most_urgent(audited.rows(), MAX_CHAINS)
    families = [*_of_the_audit(summary, len(rows)), *_of_causes(summary), *_of_chains(rows)]
    lines: list[str] = []
    for name, words, samples in families:
        head = [f"# HELP {name} {words}", f"# TYPE {name} gauge"]
        written = set()
        for pairs, value in samples:
            labels = _labels(pairs)
            if labels in written:
                continue  # two series with one set of labels make the collector refuse the whole file
            written.add(labels)
            lines += [*head, f"{name}{labels} {value}"]
            head = []
            if len(lines) >= _PIECE:
                yield _bytes(lines)
                lines = []
    yield _bytes(lines)


def _bytes(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _labels(labels: Mapping[str, str]) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
    """A label's value; its three escapes are all that the format has."""
    return printable(value).replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _seconds(moment: str) -> int:
    return int(moment_of(moment).timestamp())


def _of_the_audit(summary: AuditDocument, shown: int) -> Iterator[tuple[str, str, list[_Sample]]]:
    yield (
        "trustrig_audit_timestamp_seconds",
        "The moment that chains were judged at.",
        [({}, _seconds(summary["at"]))],
    )
    yield (
        "trustrig_audit_until_timestamp_seconds",
        "How far the audit looked ahead.",
        [({}, _seconds(summary["until"]))],
    )
    yield (
        "trustrig_audit_chains",
        "Chains of the audit, by what they come to at that moment.",
        [
            ({"result": "trusted"}, summary["trusted"]),
            ({"result": "untrusted"}, summary["untrusted"]),
            ({"result": "error"}, summary["errors"]),
        ],
    )
    yield (
        "trustrig_audit_chains_left_out",
        "Chains without series of their own: the most urgent ones have them.",
        [({}, summary["rows"] - shown)],
    )


def _of_causes(summary: AuditDocument) -> Iterator[tuple[str, str, list[_Sample]]]:
    """One series for each cause; its certificate by name and fingerprint."""
    labelled = [
        (
            {
                "when": group["when"],
                "rule": group["rule"],
                "certificate": group["certificate"] or "",
                "subject": group["subject"] or "",
                "position": "" if group["position"] is None else str(group["position"]),
            },
            group,
        )
        for group in summary["groups"][:MAX_CAUSES]
    ]
    yield (
        "trustrig_audit_cause_chains",
        "Chains that one cause breaks, now or later; the causes with most of them.",
        [(labels, group["rows"]) for labels, group in labelled],
    )
    yield (
        "trustrig_audit_cause_breaks_timestamp_seconds",
        "The first second at which a cause breaks a chain that is trusted until then.",
        [(labels, _seconds(group["first"])) for labels, group in labelled if group["first"] is not None],
    )


def _of_chains(rows: list[AuditRow]) -> Iterator[tuple[str, str, list[_Sample]]]:
    named = [({"id": row["id"], "host": row["host"] or ""}, row) for row in rows]
    yield (
        "trustrig_chain_answered",
        "Whether the chain could be judged; 0 has no answer, and no other series.",
        [(labels, int(row["trusted"] is not None)) for labels, row in named],
    )
    yield (
        "trustrig_chain_trusted",
        "Whether an Apple client would trust the chain at the moment of the audit.",
        [(labels, int(row["trusted"])) for labels, row in named if row["trusted"] is not None],
    )
    yield (
        "trustrig_chain_refused_info",
        "Why a chain is not trusted: the rule to read first.",
        [({**labels, "rule": row["headline"] or ""}, 1) for labels, row in named if row["trusted"] is False],
    )
    yield (
        "trustrig_chain_breaks_timestamp_seconds",
        "The first second at which no path of the chain is trusted; none where nothing breaks it as far as was seen.",
        [
            ({**labels, "rule": row["breaks_by"] or ""}, _seconds(row["breaks_at"]))
            for labels, row in named
            if row["breaks_at"] is not None
        ],
    )
    yield (
        "trustrig_chain_leaf_not_after_timestamp_seconds",
        "The last second at which the chain's own certificate is valid.",
        [
            (labels, _seconds(row["not_after"]))
            for labels, row in named
            if row["not_after"] is not None and row["trusted"] is not None
        ],
    )
