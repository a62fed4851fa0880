"""The published shape of the JSON documents: JSON Schema 2020-12, with the catalogue's rule ids and the model's words.

Fields may be added within a version, so unknown ones are allowed; every field named here is required.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pki.report.schemas.compiled import (
    CHECK_SCHEMA,
    COMPILED_SCHEMA,
    MANIFEST_SCHEMA,
    check_schema,
    compiled_schema,
    manifest_schema,
)
from pki.report.schemas.handovers import BUNDLE, SNIPPETS, bundle_schema, snippets_schema
from pki.report.schemas.revocations import CRL_SCHEMA, OCSP_SCHEMA, crl_schema, ocsp_schema
from pki.report.schemas.scenarios import (
    SCENARIOS_SCHEMA,
    SERVING_SCHEMA,
    VISIT_SCHEMA,
    scenarios_schema,
    serving_schema,
    visit_schema,
)


def schemas(rule_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Every schema by the name of its document, such as `trustrig.verdict/1`; RULE_IDS is the catalogue's list."""
    ids = {"description": "An id for `trustrig explain`.", "enum": sorted(rule_ids)}
    return {
        SNIPPETS: snippets_schema(),
        BUNDLE: bundle_schema(),
        SCENARIOS_SCHEMA: scenarios_schema(ids),
        SERVING_SCHEMA: serving_schema(),
        VISIT_SCHEMA: visit_schema(),
        MANIFEST_SCHEMA: manifest_schema(ids),
        COMPILED_SCHEMA: compiled_schema(),
        CHECK_SCHEMA: check_schema(),
        CRL_SCHEMA: crl_schema(),
        OCSP_SCHEMA: ocsp_schema(),
    }


def file_name(name: str) -> str:
    """Where a document's schema is published: `trustrig.verdict/1` in `trustrig.verdict-1.schema.json`."""
    return f"{name.replace('/', '-')}.schema.json"
