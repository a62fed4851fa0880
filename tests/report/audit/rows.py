"""Rows to make reports of."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from pki.model.time_format import moment_of
from pki.report.audit.audited import Audited
from pki.report.audit.row import AuditRow
from pki.report.audit.summary import AuditDocument, audit_json
from pki.report.audit.tally import Tally
from pki.trust import all_rules

AT = "2026-11-30T12:00:00Z"
UNTIL = "2029-11-30T12:00:00Z"
INTERMEDIATE = sha256(b"intermediate").hexdigest()


def row(number: int = 1, **changed: Any) -> AuditRow:
    """A row of a chain that is trusted, and stays so, with what is CHANGED."""
    host = f"host-{number:05}.example.test"
    leaf = sha256(host.encode()).hexdigest()
    whole: dict[str, Any] = {
        "schema": "trustrig.audit-row/1",
        "id": f"fleet.csv#row {number}",
        "source": "fleet.csv",
        "locator": f"row {number}",
        "host": host,
        "endpoint": None,
        "chain_sha256": sha256(leaf.encode()).hexdigest(),
        "leaf_sha256": leaf,
        "subject": f"CN={host}",
        "issuer": "CN=Example Issuing CA 1",
        "anchor": "CN=Example Root",
        "anchor_class": "user",
        "trusted": True,
        "headline": None,
        "failed": [],
        "warned": [],
        "apple_code": None,
        "position": None,
        "certificate": None,
        "not_before": "2026-09-01T00:00:00Z",
        "not_after": "2030-09-01T00:00:00Z",
        "lifetime_days": 1461.0,
        "breaks_at": None,
        "breaks_by": None,
        "breaks_position": None,
        "breaks_certificate": None,
        "breaks_subject": None,
        "also": [],
        "trusted_from": None,
        "followed_until": UNTIL,
        "renewals": [],
        "not_checked": ["revocation: no list and no OCSP answer was given"],
        "error": None,
    }
    assert changed.keys() <= whole.keys()
    return whole | changed  # type: ignore[return-value]


def untrusted(number: int = 1, headline: str = "cert-not-expired", **changed: Any) -> AuditRow:
    """A row of a chain whose leaf is refused now."""
    leaf = row(number)["leaf_sha256"]
    refused = {
        "trusted": False,
        "headline": headline,
        "failed": [headline],
        "position": 0,
        "certificate": leaf,
    }
    return row(number, **refused | changed)


def breaking(number: int = 1, at: str = "2027-02-01T00:00:00Z", **changed: Any) -> AuditRow:
    """A row of a chain whose intermediate ends while the leaf goes on."""
    ends = {
        "breaks_at": at,
        "breaks_by": "cert-not-expired",
        "breaks_position": 1,
        "breaks_certificate": INTERMEDIATE,
        "breaks_subject": "CN=Example Issuing CA 1",
    }
    return row(number, **ends | changed)


def unread(number: int = 1, error: str = "fleet.csv, row 1: the chain is no PEM", **changed: Any) -> AuditRow:
    """A row that came to nothing."""
    known = (
        "schema",
        "id",
        "source",
        "locator",
        "host",
        "failed",
        "warned",
        "also",
        "renewals",
        "not_checked",
    )
    nothing = {name: None for name in row() if name not in known}
    return row(number, **nothing | {"not_checked": [], "error": error} | changed)


def audited(*rows: AuditRow, before: str | None = "2026-12-30T12:00:00Z") -> Audited:
    """What formats are made of: ROWS, judged at AT."""
    return Audited(lambda: rows, summary(*rows), all_rules(), before)


def summary(*rows: AuditRow) -> AuditDocument:
    """What ROWS come to."""
    tally = Tally(at=moment_of(AT), until=moment_of(UNTIL))
    for one in rows:
        tally.add(one)
    return audit_json(tally, all_rules())


HOSTILE = '=cmd|"/c calc"!A1\r\n<script>alert(1)</script>{0}[x](http://x)\\\u202e\x00\x1b[31m"'


def mixed(number: int) -> list[AuditRow]:
    """Rows of every kind, one after the other."""
    kinds = (row, untrusted, breaking, unread)
    return [kinds[index % len(kinds)](index + 1) for index in range(number)]


def hostile() -> list[AuditRow]:
    """Every text a stranger's, in a row of every kind."""
    named = {"id": HOSTILE, "source": HOSTILE, "locator": HOSTILE, "host": HOSTILE}
    words = {**named, "subject": HOSTILE, "issuer": HOSTILE, "anchor": HOSTILE, "not_checked": [HOSTILE]}
    half = {**named, "source": "caf\udce9.pem", "subject": "\ud800"}
    return [
        row(1, **words),
        untrusted(2, **words),
        breaking(3, **words, breaks_subject=HOSTILE),
        unread(4, HOSTILE) | named,  # type: ignore[operator, list-item]
        untrusted(5, **half),
    ]
