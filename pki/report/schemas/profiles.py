"""What an inspection says of a configuration profile."""

from __future__ import annotations

from typing import Any

from pki.model.codes import Severity
from pki.report.schemas.words import DIGEST, FLAG, INTEGER, STRING, TEXT, TIME, listing, or_null, record


def profile_fields() -> dict[str, Any]:
    """Describe a profile: how it presents itself, who signed it, what it installs, what is wrong with it."""
    payload = record(
        {"type": STRING, "identifier": STRING, "uuid": STRING, "name": STRING, "password_embedded": FLAG}
    )
    return record(
        {
            "identifier": STRING,
            "uuid": STRING,
            "name": STRING,
            "organization": or_null(STRING),
            "signed": FLAG,
            "signers": listing(_signer()),
            "encrypted": FLAG,
            "removal_disallowed": FLAG,
            "remove_after": or_null({"type": "number"}),
            "remove_on": or_null(TIME),
            "target_device": or_null(INTEGER),
            "payloads": listing(payload),
            "not_looked_into": {
                **listing(record({"type": STRING, "payloads": INTEGER})),
                "description": "Types whose own keys are not checked; references to certificates in them are.",
            },
            "findings": {**listing(_finding()), "description": "Errors first."},
        }
    )


def _signer() -> dict[str, Any]:
    return record(
        {
            "name": TEXT,
            "algorithm": TEXT,
            "verifies": {
                **FLAG,
                "description": "The signature itself; whether anybody trusts it is not asked.",
            },
            "problem": or_null(TEXT),
            "sha256": {**or_null(DIGEST), "description": "Of the signer's certificate, if it is inside."},
        }
    )


def _finding() -> dict[str, Any]:
    kinds = [str(kind) for kind in (Severity.ERROR, Severity.WARNING, Severity.INFO)]
    return record(
        {
            "id": {**TEXT, "description": "A stable word, such as wrong-type."},
            "severity": {
                "enum": kinds,
                "description": "error: a device refuses it or a part of it; info: a remark.",
            },
            "unchecked": {
                **FLAG,
                "description": "It says what could not be looked at, and nothing of the profile.",
            },
            "path": {
                **STRING,
                "description": "The key, as in PayloadContent[0].PayloadUUID; empty: all of it.",
            },
            "found": TEXT,
            "expected": TEXT,
            "consequence": {**TEXT, "description": "What a device does, as far as it is published."},
        }
    )
