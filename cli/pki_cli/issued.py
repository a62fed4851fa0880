"""How `issue` and `renew` tell what they did: files, warnings with rule ids, the next step."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from pki_cli.shell import note, say, say_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from cryptography import x509

    from pki.model.verdict import Finding
    from pki.store import Issued, Row

_FILES = {
    "cert.pem": "the certificate alone",
    "chain.pem": "its issuers without the root",
    "fullchain.pem": "certificate and issuers: what a server or client sends",
    "key.pem": "the private key, readable by you alone",
}
_MOST_HOSTS = 20  # names of one certificate that are judged; the rules differ by kind of name, not by number


def tell(
    issued: Issued, *, done: str, ca: Path, at: datetime, as_json: bool, password: str | None = None
) -> None:
    """Print what was ISSUED: the answer on stdout, what Apple will say of it on stderr.

    PASSWORD is the one generated for the .p12, printed here once; None when the user knows it.
    """
    findings = judged(issued.chain, issued.row, at=at)
    if as_json:
        say_json(_document(issued, findings))
        return
    row = issued.row
    days = round((row.not_after - row.not_before).total_seconds() / 86_400)
    say(
        f"{done} {row.name} ({row.kind}), valid {row.not_before:%Y-%m-%d} to {row.not_after:%Y-%m-%d}, {days} days."
    )
    if row.names and row.names != (row.name,):
        say(f"  names: {', '.join(row.names)}")
    say(f"  in {issued.folder}:")
    for file in sorted(issued.files):
        say(f"    {file:<14} {_FILES.get(file, 'key and chain in one file, for Apple and others')}")
    if password is not None:
        say(f"  password of the .p12, shown this once: {password}")
    if words := cut_short(issued):
        note(f"warning: {words}")
    for finding in findings:
        says = "Apple will refuse this: " if finding.fails else ""
        note(f"warning: {says}{finding.rule_id}: {finding.evidence}. {finding.fix}")
    say(f"Next: {_next_step(issued, ca)}")


def cut_short(issued: Issued) -> str:
    """Say that the certificate ends with its issuer, and not when it was asked to; empty when it does not."""
    wanted, ends = issued.wanted_end, issued.row.not_after
    if wanted is None or wanted.date() == ends.date():
        return ""
    return f"the certificate ends on {ends:%Y-%m-%d} with its issuer, instead of on {wanted:%Y-%m-%d}"


def judged(chain: Sequence[x509.Certificate], row: Row, *, at: datetime) -> tuple[Finding, ...]:
    """Return what an Apple client will hold against ROW's certificate, its root (the last of CHAIN) being installed.

    A certificate that is not valid yet is judged for that, and once more at its beginning on its other merits.
    """
    from cryptography.hazmat.primitives.serialization import Encoding

    from pki.model.codes import Severity
    from pki.trust import Anchor, evaluate

    if row.kind == "intermediate":
        return ()
    ders = [certificate.public_bytes(Encoding.DER) for certificate in chain]
    anchor = Anchor.parse(ders[-1], "user")
    server = row.kind == "server"
    found: dict[tuple[str, str], Finding] = {}
    for moment in sorted({at, max(at, row.not_before)}):
        for host in _hosts(chain[0]) if server else [None]:
            policy = "apple" if server else "ssl-client"
            verdict = evaluate(ders[:-1], host=host, at=moment, anchors=[anchor], policy=policy)
            for finding in verdict.findings:
                if finding.severity is not Severity.INFO and finding.same_fact_as is None:
                    found.setdefault((finding.rule_id, finding.evidence), finding)
    return tuple(found.values())


def _hosts(leaf: x509.Certificate) -> list[str | None]:
    """Return a host for each name of LEAF that an app would connect to; None when there is none."""
    from pki.issue.subjects import names_in
    from pki.model.names import NameKind, parse_subject_name

    names = [parse_subject_name(name) for name in names_in(leaf)]
    hosts = [name.value for name in names if name.kind in (NameKind.DNS, NameKind.IP)]
    return [host.replace("*", "www", 1) for host in hosts[:_MOST_HOSTS]] or [None]


def _document(issued: Issued, findings: tuple[Finding, ...]) -> dict[str, Any]:
    return {
        "schema": "trustrig.issue/1",
        **issued.row.as_json(),
        "folder": str(issued.folder),
        "files": sorted(issued.files),
        "wanted_not_after": issued.wanted_end.isoformat() if issued.wanted_end else None,
        "findings": findings_document(findings),
    }


def findings_document(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """What Apple will hold against a chain, as JSON."""
    return [
        {
            "rule_id": finding.rule_id,
            "severity": finding.severity,
            "position": finding.position,
            "evidence": finding.evidence,
            "fix": finding.fix,
        }
        for finding in findings
    ]


def _next_step(issued: Issued, ca: Path) -> str:
    row = issued.row
    name, folder = shlex.quote(row.name), shlex.quote(str(issued.folder))
    beside = "" if str(ca) == "trustrig-ca" else f" --ca {shlex.quote(str(ca))}"
    if row.kind == "intermediate":
        return f"trustrig issue server api.test --issuer {name}{beside}"
    if row.kind == "client":
        return f"trustrig handshake --client {name}{beside}"
    host = _hosts(issued.chain[0])[0]
    wanted = f" --host {shlex.quote(host)}" if host else ""
    return f"trustrig evaluate {folder}/fullchain.pem{wanted} --anchor {shlex.quote(str(ca))}"
