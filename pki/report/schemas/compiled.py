"""The catalogue compiled to a folder: its manifest, and what `scenarios compile` says."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pki.model.verdict import AnchorClass
from pki.report.schemas.scenarios import client, expected_fields, statement_fields
from pki.report.schemas.words import (
    DIGEST,
    FLAG,
    INTEGER,
    STATUS,
    STRING,
    TEXT,
    TIME,
    document,
    listing,
    one_of,
    or_null,
    record,
)

MANIFEST_SCHEMA = "trustrig.scenarios-manifest/1"
COMPILED_SCHEMA = "trustrig.scenarios-compiled/1"
CHECK_SCHEMA = "trustrig.scenarios-check/1"

_PIN = {"type": "string", "pattern": "^[A-Za-z0-9+/]{43}=$"}
_NAME = r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*"
_PATH = {"type": "string", "pattern": f"^{_NAME}(/{_NAME})*$"}
_SEED = {"description": "null: drawn anew, and never to be had again.", "type": ["integer", "string", "null"]}
_CERTIFICATE = {
    "der": _PATH,
    "subject": STRING,
    "not_before": TIME,
    "not_after": TIME,
    "sha256": DIGEST,
    "spki_sha256": _PIN,
}
_VERSION = {"enum": ["1.0", "1.1", "1.2", "1.3"]}


class Why(StrEnum):
    """Why a folder is to be compiled again."""

    VERSION = "another version"
    SEED = "another seed"
    ORDER = "another selection"
    MISSING = "scenario missing"
    GONE = "scenario gone"
    CHANGED = "scenario changed"
    ALTERED = "file altered"
    LOST = "file missing"
    EXPIRING = "expiring"
    NOT_YET_VALID = "not yet valid"


def manifest_schema(ids: dict[str, Any]) -> dict[str, Any]:
    """Describe `manifest.json`; IDS is the schema of a rule id."""
    return document(
        MANIFEST_SCHEMA,
        "Servers, good and bad, as files, each with the verdict an Apple client gives it. Paths are relative.",
        {
            "version": TEXT,
            "seed": _SEED,
            "at": TIME,
            "host": TEXT,
            "address": TEXT,
            "p12": record({"password": TEXT, "encryption": TEXT}),
            "order": record({"names": listing(TEXT), "tags": listing(TEXT)}),
            "scenarios": listing({"$ref": "#/$defs/scenario"}),
            "files": {"type": "object", "propertyNames": _PATH, "additionalProperties": DIGEST},
        },
        {
            "rule": ids,
            "scenario": _scenario(),
            "expected": _expected(),
            "client": client(),
            "alone": _alone(),
            "certificates": _certificates(),
            "identity": _identity(),
            "lists": record({"pem": _PATH, "der": listing(_PATH)}),
            "mutual": _mutual(),
        },
    )


def compiled_schema() -> dict[str, Any]:
    """Describe what `scenarios compile --json` says once it has written."""
    fields = {
        "folder": TEXT,
        "manifest": TEXT,
        "seed": _SEED,
        "at": TIME,
        "scenarios": INTEGER,
        "files": INTEGER,
        "replaced": {**FLAG, "description": "Whether the folder was a compiled one before."},
    }
    return document(COMPILED_SCHEMA, "A folder that was compiled.", fields, {})


def check_schema() -> dict[str, Any]:
    """Describe what `scenarios compile --check --json` says."""
    fields = {
        "folder": TEXT,
        "up_to_date": FLAG,
        "at": TIME,
        "until": TIME,
        "seed": _SEED,
        "compiled_at": TIME,
        "reasons": listing(record({"why": one_of(Why), "about": STRING, "text": TEXT})),
        "turning": {
            "description": "Scenarios whose verdict the clock changes until then, as they are meant to.",
            **listing(record({"scenario": TEXT, "holds_until": TIME})),
        },
    }
    return document(CHECK_SCHEMA, "Whether a compiled folder is to be compiled again, and why.", fields, {})


def _scenario() -> dict[str, Any]:
    return record(
        {
            **statement_fields(),
            "folder": _PATH,
            "host": TEXT,
            "chain_alone": {
                "type": "object",
                "propertyNames": one_of(AnchorClass),
                "additionalProperties": {"$ref": "#/$defs/alone"},
            },
            "holds_until": {
                **TIME,
                "description": "Until then no date of its certificates and lists matters.",
            },
            "chain": {"$ref": "#/$defs/certificates"},
            "anchors": {"$ref": "#/$defs/certificates"},
            "identity": {"$ref": "#/$defs/identity"},
            "evidence": _evidence(),
            "app_transport_security": {"type": "object"},
            "info_plist": or_null(_PATH),
            "server": _server(),
            "mutual": or_null({"$ref": "#/$defs/mutual"}),
        }
    )


def _expected() -> dict[str, Any]:
    fragment = {
        "description": "The least to merge into NSAppTransportSecurity; null where none is needed or helps.",
        **or_null({"type": "object"}),
    }
    return record({**expected_fields(), "ats_fragment": fragment})


def _alone() -> dict[str, Any]:
    return {
        "description": "What SecTrust says of the certificates and nothing else.",
        **record(
            {
                "accepts": FLAG,
                "headline": or_null({"$ref": "#/$defs/rule"}),
                "os_status": or_null(STATUS),
                "os_status_name": or_null(TEXT),
            }
        ),
    }


def _certificates() -> dict[str, Any]:
    return record({"pem": or_null(_PATH), "certificates": listing(record(_CERTIFICATE))})


def _identity() -> dict[str, Any]:
    return record({"key": _PATH, "p12": or_null(_PATH), "no_p12": or_null(TEXT)})


def _evidence() -> dict[str, Any]:
    return record(
        {
            "staple": or_null(_PATH),
            "crls": or_null({"$ref": "#/$defs/lists"}),
            "ct_log_list": or_null(_PATH),
            "reachable": listing(record({"url": TEXT, **_CERTIFICATE})),
        }
    )


def _server() -> dict[str, Any]:
    names = or_null(listing(TEXT))
    return record(
        {
            "cleartext": FLAG,
            "lowest_tls": _VERSION,
            "highest_tls": _VERSION,
            **dict.fromkeys(("suites", "suites13", "groups", "signature_algorithms"), names),
            "extended_master_secret": FLAG,
            "security_level_0": FLAG,
            "client_certificates": {"enum": ["required", "optional", "none"]},
        }
    )


def _mutual() -> dict[str, Any]:
    return record(
        {
            "identity": or_null({"$ref": "#/$defs/identity"}),
            "chain": {"$ref": "#/$defs/certificates"},
            "anchors": {"$ref": "#/$defs/certificates"},
            "allowed_sha256": or_null(listing(DIGEST)),
            "crls": or_null({"$ref": "#/$defs/lists"}),
            "chain_alone": or_null({"$ref": "#/$defs/alone"}),
        }
    )
