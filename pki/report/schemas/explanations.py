"""What `explain` says."""

from __future__ import annotations

from typing import Any

from pki.model.codes import Severity
from pki.model.explanation import ExplanationKind
from pki.model.suites import KeyExchange, SuiteGroup
from pki.model.text_explanation import DecidedBy, Where
from pki.model.verdict import BoundParty
from pki.report import explain
from pki.report.schemas.words import (
    CODE_POINT,
    FLAG,
    INTEGER,
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
        "What a text with errors in it, a rule id, an error code, a TLS alert or a cipher suite means.",
        {
            "asked": TEXT,
            "kind": one_of(ExplanationKind),
            "name": TEXT,
            "text": STRING,
            "rules": listing({"$ref": "#/$defs/rule_page"}),
            "cipher_suite": or_null({"$ref": "#/$defs/cipher_suite"}),
            "source": or_null(TEXT),
            "app_errors": listing(app_error()),
            "reading": or_null({"$ref": "#/$defs/reading"}),
        },
        {"rule": ids, "rule_page": _rule_page(), "cipher_suite": _cipher_suite(), "reading": _reading()},
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
            "binds": one_of(BoundParty),
            "effective_from": or_null(TIME),
            "source": TEXT,
        }
    )


def _reading() -> dict[str, Any]:
    return record(
        {
            "fault": {**TEXT, "description": "What kind of failure; a name of ours that stays."},
            "decided_by": one_of(DecidedBy),
            "level": one_of(Where),
            "title": TEXT,
            "meaning": TEXT,
            "causes": {**listing(TEXT), "description": "Likeliest first."},
            "codes": {
                **listing(TEXT),
                "description": "Of docs/handshake-codes.md, in the order of the causes.",
            },
            "not_told": {**or_null(TEXT), "description": "What the text does not tell apart."},
            "would_tell": or_null(TEXT),
            "next": {
                **listing(TEXT),
                "description": "Commands; words in capitals are the reader's to fill in.",
            },
            "rules": listing(TEXT),
            "host": or_null(TEXT),
            "url": or_null(TEXT),
            "recognised": listing(record({"text": TEXT, "vocabulary": TEXT, "line": INTEGER, "fault": TEXT})),
            "also": listing(TEXT),
            "clues": listing(TEXT),
            "noise": listing(TEXT),
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
