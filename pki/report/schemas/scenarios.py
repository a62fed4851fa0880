"""What `scenarios list|show` and `serve` say."""

from __future__ import annotations

from typing import Any

from pki.model.causes import CAUSES
from pki.model.transcript import Ending, Party
from pki.model.verdict import AnchorClass, Level
from pki.report.schemas.words import (
    DIGEST,
    FLAG,
    INTEGER,
    STATUS,
    STRING,
    TEXT,
    TIME,
    document,
    level_name,
    listing,
    one_of,
    or_null,
    record,
)

SCENARIOS_SCHEMA = "trustrig.scenarios/1"
SERVING_SCHEMA = "trustrig.serving/1"
VISIT_SCHEMA = "trustrig.visit/1"
_ASKS = {"enum": ["required", "optional", "none"]}


def scenarios_schema(ids: dict[str, Any]) -> dict[str, Any]:
    """Describe scenarios and what is stated of them; IDS is the schema of a rule id."""
    served = {**or_null(_served()), "description": "null unless it was asked."}
    return document(
        SCENARIOS_SCHEMA,
        "Servers, good and bad, each with the verdict an Apple client gives it.",
        {"scenarios": listing({"$ref": "#/$defs/scenario"})},
        {
            "rule": ids,
            "scenario": record({**statement_fields(), "served": served}),
            "expected": record(expected_fields()),
            "client": client(),
        },
    )


def serving_schema() -> dict[str, Any]:
    """Describe where scenarios are served: the first line of `serve --json`."""
    server = {
        "scenario": TEXT,
        "url": TEXT,
        "host": TEXT,
        "addresses": listing(TEXT),
        "port": INTEGER,
        "client_certificates": _ASKS,
    }
    fields = {
        "index": TEXT,
        "addresses": listing(TEXT),
        "at": TIME,
        "until": TIME,
        "seeded": FLAG,
        "servers": listing(record(server)),
        "not_served": listing(record({"scenario": TEXT, "reason": TEXT})),
        "anchors": listing(record({"name": TEXT, "subject": TEXT, "sha256": DIGEST})),
        "anchors_folder": or_null(TEXT),
    }
    return document(SERVING_SCHEMA, "Where scenarios are served; all of it listens.", fields, {})


def visit_schema() -> dict[str, Any]:
    """Describe one connection to a scenario: the other lines of `serve --json`, and those of its log."""
    alert = record({"number": INTEGER, "name": TEXT})
    fields = {
        "at": TIME,
        "scenario": TEXT,
        **dict.fromkeys(("server_name", "version", "suite", "group"), or_null(TEXT)),
        "http_status": or_null(INTEGER),
        "outcome": {"enum": [ending.name.lower() for ending in Ending]},
        "refused_by": or_null(one_of(Party)),
        "alert": or_null(alert),
        "client_certificate": or_null(record({"subject": STRING, "sha256": DIGEST})),
        "code": {"enum": [*CAUSES, "broken"]},
        "reason": STRING,
    }
    return document(VISIT_SCHEMA, "A connection to a scenario, told by its server.", fields, {})


def statement_fields() -> dict[str, Any]:
    """What the catalogue states of a scenario; `$defs` has `expected` and `client`."""
    return {
        "id": TEXT,
        "title": TEXT,
        "story": TEXT,
        "drawing": listing(TEXT),
        "tags": listing(TEXT),
        "shown_by": {"enum": ["chain", "connection", "url"]},
        "anchor_class": one_of(AnchorClass),
        "expected": {
            "type": "object",
            "propertyNames": one_of(AnchorClass),
            "additionalProperties": {"$ref": "#/$defs/expected"},
            "minProperties": 1,
        },
        "client": or_null({"$ref": "#/$defs/client"}),
    }


def expected_fields() -> dict[str, Any]:
    """What is stated of one anchor class; `$defs` has `rule`."""
    errors = {"url_error": or_null(STATUS), "stream_error": or_null(STATUS)}
    answer = {"enum": ["pass", "fail", "not reached", "not applicable"]}
    return {
        "trusted": FLAG,
        "levels": record({level_name(level): answer for level in Level}),
        "headline": or_null({"$ref": "#/$defs/rule"}),
        "os_status": or_null(STATUS),
        "os_status_name": or_null(TEXT),
        **errors,
        "without_ats": or_null(record(errors)),
        "warnings": listing({"$ref": "#/$defs/rule"}),
    }


def client() -> dict[str, Any]:
    """What the server decides; `$defs` has `rule`."""
    return {
        **record(
            {
                "accepted": FLAG,
                "code": {"enum": list(CAUSES)},
                "alerts": or_null(record({"tls12": INTEGER, "tls13": INTEGER})),
                "rule": or_null({"$ref": "#/$defs/rule"}),
                "os_status": or_null(STATUS),
                "url_error": or_null(STATUS),
                "http_status": or_null(INTEGER),
            }
        ),
        "description": "What the server makes of the identity that the scenario's client shows.",
    }


def _served() -> dict[str, Any]:
    return record(
        {
            "here": FLAG,
            "reason": or_null(TEXT),
            "by": or_null({"enum": ["name", "address", "cleartext"]}),
            "hosts": listing(TEXT),
            "client_certificates": or_null(_ASKS),
            "app_transport_security": {"type": "object"},
            "remarks": listing(TEXT),
        }
    )
