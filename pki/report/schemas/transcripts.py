"""What `handshake` says of one connection."""

from __future__ import annotations

from typing import Any

from pki.model.causes import CAUSES, NOTES
from pki.model.staple import StapleState
from pki.model.transcript import Ending, Party, StageName, StageState
from pki.report import transcript
from pki.report.schemas.words import (
    DIGEST,
    FLAG,
    INTEGER,
    STRING,
    TEXT,
    app_error,
    document,
    listing,
    one_of,
    or_null,
    record,
)


def transcript_schema(ids: dict[str, Any]) -> dict[str, Any]:
    """Describe a transcript; IDS is the schema of a rule id."""
    party = one_of(Party)
    certificate = record({"subject": STRING, "issuer": STRING, "sha256": DIGEST})
    end = record(
        {
            "ours": FLAG,
            "believed_done": or_null(FLAG),
            "sent": listing(certificate),
            "sent_completely_seen": FLAG,
            "path_built_for_peer": listing(certificate),
            "error": {"type": "string", "description": "OpenSSL's own words."},
        }
    )
    return document(
        transcript.SCHEMA,
        "One handshake with its question and answer, from both ends.",
        {
            "at": {"type": "string", "format": "date-time"},
            "transport": TEXT,
            "outcome": {"enum": [ending.name.lower() for ending in Ending]},
            "headline": TEXT,
            "refused_by": or_null(party),
            "code": {"description": "The root cause; docs/handshake-codes.md.", "enum": list(CAUSES)},
            "rule": or_null({"$ref": "#/$defs/rule_id"}),
            "failed_stage": or_null(one_of(StageName)),
            "reason": STRING,
            "repair": STRING,
            "check": or_null(TEXT),
            "expected_app_error": or_null(app_error()),
            "alert": or_null({"$ref": "#/$defs/alert"}),
            "alerts": listing({"$ref": "#/$defs/alert"}),
            "stages": listing(
                record({"name": one_of(StageName), "state": one_of(StageState), "words": STRING})
            )
            | {"minItems": len(StageName), "maxItems": len(StageName)},
            "version": or_null(TEXT),
            "suite": or_null(TEXT),
            "group": or_null(TEXT),
            "alpn": or_null(TEXT),
            "host": or_null(TEXT),
            "server_name": or_null(TEXT),
            "ats_binds": or_null(FLAG),
            "resumed": or_null(FLAG),
            "ocsp_stapled": or_null(FLAG),
            "staple": {
                **or_null(
                    record({"state": one_of(StapleState), "words": TEXT, "octets": INTEGER, "used": FLAG})
                ),
                "description": "What the client made of the stapled OCSP answer; null where it is not ours.",
            },
            "sct_count": or_null(INTEGER),
            "client_certificates": TEXT,
            "acceptable_cas": listing(STRING),
            "http_status": or_null(INTEGER),
            "notes": listing(record({"code": one_of(NOTES), "party": party, "words": TEXT})),
            "not_checked": listing(TEXT),
            "client": {"$ref": "#/$defs/end"},
            "server": {"$ref": "#/$defs/end"},
        },
        {
            "rule_id": ids,
            "end": end,
            "alert": record(
                {
                    "number": INTEGER | {"minimum": 0, "maximum": 255},
                    "name": TEXT,
                    "meaning": TEXT,
                    "source": TEXT,
                    "sender": party,
                    "receiver": party,
                    "arrived": or_null(FLAG),
                    "after_peer_believed_done": or_null(FLAG),
                }
            ),
        },
    )
