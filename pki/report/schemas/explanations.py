"""What `explain` says."""

from __future__ import annotations

from typing import Any

from pki.model.codes import Severity
from pki.model.suites import KeyExchange, SuiteGroup
from pki.model.verdict import Party
from pki.report import explain
from pki.report.schemas.words import (
    CODE_POINT,
    FLAG,
    STATUS,
    STRING,
    TEXT,
    TIME,
    app_error,
    document,
    levels,
    listing,
    one_of,
    or_null,
    record,
)


def explanation_schema(ids: dict[str, Any]) -> dict[str, Any]:
    """Describe an explanation; IDS is the schema of a rule id."""
    return document(
        explain.SCHEMA,
        "What a rule id, an error code, a TLS alert or a cipher suite means.",
        {
            "asked": TEXT,
            "kind": one_of(explain.Kind),
            "name": TEXT,
            "text": STRING,
            "rules": listing({"$ref": "#/$defs/rule_page"}),
            "cipher_suite": or_null({"$ref": "#/$defs/cipher_suite"}),
            "source": or_null(TEXT),
            "app_errors": listing(app_error()),
        },
        {"rule": ids, "rule_page": _rule_page(), "cipher_suite": _cipher_suite()},
    )


def _rule_page() -> dict[str, Any]:
    return record(
        {
            "id": {"$ref": "#/$defs/rule"},
            "level": levels(),
            "severity": one_of(Severity),
            "title": TEXT,
            "text": TEXT,
            "fix": TEXT,
            "apple_check": or_null(TEXT),
            "os_status": or_null(STATUS),
            "os_status_name": or_null(TEXT),
            "policies": or_null(listing(TEXT)),
            "binds": one_of(Party),
            "effective_from": or_null(TIME),
            "source": TEXT,
        }
    )


def _cipher_suite() -> dict[str, Any]:
    answer = or_null({**FLAG, "description": "null where the source does not say."})
    exchanges = [kind.name.lower() for kind in KeyExchange if kind is not KeyExchange.UNKNOWN]
    return record(
        {
            "code_point": or_null(CODE_POINT),
            "iana": or_null(TEXT),
            "openssl": or_null(TEXT),
            "key_exchange": or_null({"enum": exchanges}),
            "forward_secrecy": or_null(FLAG),
            "offered": record({str(group): answer | {"title": group.client} for group in SuiteGroup}),
            "since": or_null(TEXT),
            "until": or_null(TEXT),
            "instead": listing(CODE_POINT),
        }
    )
