"""The published shape of the JSON documents: JSON Schema 2020-12, with the catalogue's rule ids and the model's words.

Fields may be added within a version, so unknown ones are allowed; every field named here is required.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pki.model.causes import CAUSES, NOTES
from pki.model.codes import ErrorGroup, Severity
from pki.model.staple import StapleState
from pki.model.suites import KeyExchange, SuiteGroup
from pki.model.transcript import Ending, Party, StageName, StageState
from pki.model.transport import Offered
from pki.model.verdict import AnchorClass, Level, Outcome
from pki.report import explain, transcript, verdict

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXT = {"type": "string", "minLength": 1}
_STRING = {"type": "string"}
_INTEGER = {"type": "integer"}
_FLAG = {"type": "boolean"}
_STATUS = {"type": "integer", "exclusiveMaximum": 0}
_TIME = {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"}
_DIGEST = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_CODE_POINT = {"type": "string", "pattern": "^0x[0-9A-F]{4}$"}


def schemas(rule_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Every schema by the name of its document, such as `trustrig.verdict/1`; RULE_IDS is the catalogue's list."""
    ids = {"description": "An id for `trustrig explain`.", "enum": sorted(rule_ids)}
    return {
        verdict.SCHEMA: _verdict(ids),
        explain.SCHEMA: _explanation(ids),
        transcript.SCHEMA: _transcript(ids),
    }


def file_name(name: str) -> str:
    """Where a document's schema is published: `trustrig.verdict/1` in `trustrig.verdict-1.schema.json`."""
    return f"{name.replace('/', '-')}.schema.json"


def _verdict(ids: dict[str, Any]) -> dict[str, Any]:
    return _document(
        verdict.SCHEMA,
        "What an Apple client would conclude about one chain, and why.",
        {
            "target": {**_TEXT, "description": "What was judged: a file, a host."},
            "host": _or_null(_TEXT),
            "at": {**_TIME, "description": "The moment the verdict is for."},
            "policy": _TEXT,
            "os": {
                "description": "The system whose rules were applied; null by the book.",
                "type": ["string", "null"],
            },
            "anchor_class": _words(AnchorClass),
            "trusted": _FLAG,
            "stopped_at": _or_null(_levels()),
            "levels": {
                "description": "The levels that were judged, in order.",
                "type": "object",
                "properties": {_name(level): {"enum": ["pass", "fail", "not applicable"]} for level in Level},
                "additionalProperties": False,
                "minProperties": 1,
            },
            "ats": {
                **_STRING,
                "description": "Why App Transport Security binds this connection, or does not.",
            },
            "headline": _or_null({"$ref": "#/$defs/finding"}),
            "expected_app_error": _or_null(
                _object({"url_error": _STATUS, "stream_error": _STATUS, "why": _TEXT}),
            ),
            "connection": {
                **_or_null(_connection()),
                "description": "What a live server negotiated; null for a chain from a file.",
            },
            "findings": _list({"$ref": "#/$defs/finding"}),
            "rules": {
                "description": "Each rule that was asked, with its answer for the whole chain.",
                "type": "object",
                "propertyNames": {"$ref": "#/$defs/rule"},
                "additionalProperties": _words(Outcome),
            },
            "chain": _list({"$ref": "#/$defs/certificate"}) | {"minItems": 1},
            "not_checked": _list(_TEXT),
            "near_misses": _list(_TEXT),
            "second_opinions": {
                **_or_null(_list(_opinion())),
                "description": "What other validators say; null when they were not asked.",
            },
        },
        {"rule": ids, "finding": _finding(), "certificate": _certificate()},
    )


def _connection() -> dict[str, Any]:
    offers = {"enum": [offered.name.lower() for offered in Offered]}
    return _object(
        {
            "address": _STRING,
            "proxy": _or_null(_TEXT),
            "version": {"enum": ["1.0", "1.1", "1.2", "1.3"]},
            "cipher_suite": {**_or_null(_TEXT), "description": "By OpenSSL's name."},
            "code_point": _or_null(_CODE_POINT),
            "group": {**_or_null(_TEXT), "description": "null: static RSA, or not known."},
            "extended_master_secret": {
                **_or_null(_FLAG),
                "description": "null in TLS 1.3, which needs none.",
            },
            "alpn": _or_null(_TEXT),
            "offer_taken": {**offers, "description": "Whose offer the server went along with."},
            "declined": _list(_object({"offer": offers, "how": _TEXT, "alert": _or_null(_INTEGER)})),
            "client_certificate": {"enum": ["none", "requested", "required"]},
            "acceptable_cas": _list(_STRING),
            "identity": _or_null(
                _object(
                    {
                        "shown": _or_null(_TEXT),
                        "accepted": _FLAG,
                        "how": _or_null(_TEXT),
                        "http_status": _or_null(_INTEGER),
                    }
                )
            ),
            "ocsp_stapled": _FLAG,
            "not_offered": _list(_TEXT),
        }
    )


def _finding() -> dict[str, Any]:
    return _object(
        {
            "rule": {"$ref": "#/$defs/rule"},
            "level": _levels(),
            "severity": {
                **_words(Severity),
                "description": "fatal, deny and error make a chain untrusted; warning and info do not.",
            },
            "certificate": {
                "type": "integer",
                "minimum": 0,
                "description": "Position in `chain`; 0 is the leaf.",
            },
            "title": _TEXT,
            "evidence": _TEXT,
            "fix": _TEXT,
            "apple_check": _or_null(_TEXT),
            "apple_group": _or_null({"enum": [group.name.lower() for group in ErrorGroup]}),
            "os_status": _or_null(_STATUS),
            "os_status_name": _or_null(_TEXT),
            "source": _TEXT,
        }
    )


def _opinion() -> dict[str, Any]:
    return _object(
        {
            "validator": _TEXT,
            "version": _STRING,
            "available": {**_FLAG, "description": "Whether it is installed and imports here."},
            "accepts": {**_or_null(_FLAG), "description": "null: it gave no answer, and `words` say why."},
            "agrees": _or_null(_FLAG),
            "words": {**_STRING, "description": "Its own message, on one line."},
            "reasons": {**_list(_TEXT), "description": "Why it parts from the verdict."},
            "unexplained": {**_list(_TEXT), "description": "Rules or words that no known reason covers."},
            "not_checked": {
                **_list(_TEXT),
                "description": "What an Apple client looks at and it never does.",
            },
        }
    )


def _certificate() -> dict[str, Any]:
    return _object(
        {
            "subject": _TEXT,
            "issuer": _TEXT,
            "serial": {"type": "string", "pattern": "^-?[0-9a-f]+$"},
            "not_before": _TIME,
            "not_after": _TIME,
            "key": _TEXT,
            "signature": _TEXT,
            "sha256": _DIGEST,
        }
    )


def _explanation(ids: dict[str, Any]) -> dict[str, Any]:
    return _document(
        explain.SCHEMA,
        "What a rule id, an error code, a TLS alert or a cipher suite means.",
        {
            "asked": _TEXT,
            "kind": _words(explain.Kind),
            "name": _TEXT,
            "text": _STRING,
            "rules": _list({"$ref": "#/$defs/rule_page"}),
            "cipher_suite": _or_null({"$ref": "#/$defs/cipher_suite"}),
            "source": _or_null(_TEXT),
        },
        {"rule": ids, "rule_page": _rule_page(), "cipher_suite": _cipher_suite()},
    )


def _rule_page() -> dict[str, Any]:
    return _object(
        {
            "id": {"$ref": "#/$defs/rule"},
            "level": _levels(),
            "severity": _words(Severity),
            "title": _TEXT,
            "text": _TEXT,
            "fix": _TEXT,
            "apple_check": _or_null(_TEXT),
            "os_status": _or_null(_STATUS),
            "os_status_name": _or_null(_TEXT),
            "effective_from": _or_null(_TIME),
            "source": _TEXT,
        }
    )


def _cipher_suite() -> dict[str, Any]:
    answer = _or_null({**_FLAG, "description": "null where the source does not say."})
    exchanges = [kind.name.lower() for kind in KeyExchange if kind is not KeyExchange.UNKNOWN]
    return _object(
        {
            "code_point": _or_null(_CODE_POINT),
            "iana": _or_null(_TEXT),
            "openssl": _or_null(_TEXT),
            "key_exchange": _or_null({"enum": exchanges}),
            "forward_secrecy": _or_null(_FLAG),
            "offered": _object({str(group): answer | {"title": group.client} for group in SuiteGroup}),
            "since": _or_null(_TEXT),
            "until": _or_null(_TEXT),
            "instead": _list(_CODE_POINT),
        }
    )


def _transcript(ids: dict[str, Any]) -> dict[str, Any]:
    party = _words(Party)
    certificate = _object({"subject": _STRING, "issuer": _STRING, "sha256": _DIGEST})
    end = _object(
        {
            "ours": _FLAG,
            "believed_done": _or_null(_FLAG),
            "sent": _list(certificate),
            "sent_completely_seen": _FLAG,
            "path_built_for_peer": _list(certificate),
            "error": {"type": "string", "description": "OpenSSL's own words."},
        }
    )
    return _document(
        transcript.SCHEMA,
        "One handshake with its question and answer, from both ends.",
        {
            "at": {"type": "string", "format": "date-time"},
            "transport": _TEXT,
            "outcome": {"enum": [ending.name.lower() for ending in Ending]},
            "headline": _TEXT,
            "refused_by": _or_null(party),
            "code": {"description": "The root cause; docs/handshake-codes.md.", "enum": list(CAUSES)},
            "rule": _or_null({"$ref": "#/$defs/rule_id"}),
            "failed_stage": _or_null(_words(StageName)),
            "reason": _STRING,
            "repair": _STRING,
            "check": _or_null(_TEXT),
            "expected_app_error": _or_null(
                _object(
                    {
                        "url_error": _STATUS,
                        "stream_error": _or_null(_STATUS),
                        "why": _TEXT,
                        "measured": {"const": False},
                    }
                )
            ),
            "alert": _or_null({"$ref": "#/$defs/alert"}),
            "alerts": _list({"$ref": "#/$defs/alert"}),
            "stages": _list(
                _object({"name": _words(StageName), "state": _words(StageState), "words": _STRING})
            )
            | {"minItems": len(StageName), "maxItems": len(StageName)},
            "version": _or_null(_TEXT),
            "suite": _or_null(_TEXT),
            "group": _or_null(_TEXT),
            "alpn": _or_null(_TEXT),
            "host": _or_null(_TEXT),
            "server_name": _or_null(_TEXT),
            "ats_binds": _or_null(_FLAG),
            "resumed": _or_null(_FLAG),
            "ocsp_stapled": _or_null(_FLAG),
            "staple": _or_null(
                _object({"state": _words(StapleState), "words": _STRING, "octets": _INTEGER, "used": _FLAG})
            ),
            "sct_count": _or_null(_INTEGER),
            "client_certificates": _TEXT,
            "acceptable_cas": _list(_STRING),
            "http_status": _or_null(_INTEGER),
            "notes": _list(_object({"code": _words(NOTES), "party": party, "words": _TEXT})),
            "client": {"$ref": "#/$defs/end"},
            "server": {"$ref": "#/$defs/end"},
        },
        {
            "rule_id": ids,
            "end": end,
            "alert": _object(
                {
                    "number": _INTEGER | {"minimum": 0, "maximum": 255},
                    "name": _TEXT,
                    "meaning": _TEXT,
                    "source": _TEXT,
                    "sender": party,
                    "receiver": party,
                    "arrived": _or_null(_FLAG),
                    "after_peer_believed_done": _or_null(_FLAG),
                }
            ),
        },
    )


def _document(
    name: str, description: str, fields: dict[str, Any], definitions: dict[str, Any]
) -> dict[str, Any]:
    return {
        "$schema": _DIALECT,
        "$id": f"urn:{name.replace('.', ':').replace('/', ':')}",
        "title": name,
        "description": description,
        **_object({"schema": {"const": name}, **fields}),
        "$defs": definitions,
    }


def _object(fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields)}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _words(enum: Iterable[str]) -> dict[str, Any]:
    return {"enum": [str(word) for word in enum]}


def _name(level: Level) -> str:
    return level.name.lower()


def _levels() -> dict[str, Any]:
    return {"enum": [_name(level) for level in Level]}
