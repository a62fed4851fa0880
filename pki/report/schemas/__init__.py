"""The published shape of JSON documents that are not declared beside their builders yet: JSON Schema 2020-12.

Fields may be added within a version, so unknown ones are allowed; every field named here is required.
"""

from __future__ import annotations

from typing import Any

from pki.report.schemas.handovers import BUNDLE, SNIPPETS, bundle_schema, snippets_schema
from pki.report.schemas.revocations import CRL_SCHEMA, OCSP_SCHEMA, crl_schema, ocsp_schema


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema by the name of its document, such as `trustrig.crl/1`."""
    return {
        SNIPPETS: snippets_schema(),
        BUNDLE: bundle_schema(),
        CRL_SCHEMA: crl_schema(),
        OCSP_SCHEMA: ocsp_schema(),
    }


def file_name(name: str) -> str:
    """Where a document's schema is published: `trustrig.verdict/1` in `trustrig.verdict-1.schema.json`."""
    return f"{name.replace('/', '-')}.schema.json"
