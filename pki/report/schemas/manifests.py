"""What `apply` says."""

from __future__ import annotations

from typing import Any

from pki.model.manifest_plan import Action
from pki.report import manifest_plan
from pki.report.schemas.words import FLAG, INTEGER, STRING, TEXT, document, listing, one_of, or_null, record

_KINDS = (
    *("ca", "intermediate", "server", "client", "revocation", "password"),
    *("pem", "p12", "profile", "crl", "ocsp", "file"),
)


def manifest_plan_schema() -> dict[str, Any]:
    """Describe what applying a manifest changed, or would change."""
    step = {
        "action": one_of(Action),
        "kind": one_of(_KINDS),
        "name": {**TEXT, "description": "As declared; of a file, its path relative to the manifest."},
        "ca": or_null(TEXT),
        "why": STRING,
        "line": {**or_null(INTEGER), "description": "In the manifest; null for what is left over."},
    }
    fields = {
        "manifest": TEXT,
        "at": {"type": "string", "format": "date-time"},
        "applied": {**FLAG, "description": "false: the steps would be done, and were not."},
        "changes": FLAG,
        "counts": record({str(action): INTEGER for action in Action}),
        "steps": listing(record(step)),
    }
    return document(manifest_plan.SCHEMA, "What applying a manifest changes, step by step.", fields, {})
