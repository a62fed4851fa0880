"""What `evaluate` says of one chain."""

from __future__ import annotations

from typing import Any

from pki.model.codes import ErrorGroup, Severity
from pki.model.transport import ClientCertificateRequest, IdentityAnswer, Offered
from pki.model.verdict import AnchorClass, Level, Outcome
from pki.report import verdict
from pki.report.schemas.words import (
    CODE_POINT,
    DIGEST,
    FLAG,
    INTEGER,
    STATUS,
    STRING,
    TEXT,
    TIME,
    app_error,
    document,
    level_name,
    levels,
    listing,
    one_of,
    or_null,
    record,
)


def verdict_schema(ids: dict[str, Any]) -> dict[str, Any]:
    """Describe a verdict; IDS is the schema of a rule id."""
    return document(
        verdict.SCHEMA,
        "What an Apple client would conclude about one chain, and why.",
        {
            "target": {**TEXT, "description": "What was judged: a file, a host."},
            "host": or_null(TEXT),
            "at": {**TIME, "description": "The moment the verdict is for."},
            "policy": TEXT,
            "inputs": {**listing(TEXT), "description": "What was asked for beyond the policy's defaults."},
            "os": {
                "description": "The system whose rules were applied; null by the book.",
                "type": ["string", "null"],
            },
            "code": {
                "description": "The published source that the rules were read from; null by the book.",
                "type": ["string", "null"],
            },
            "anchor_class": one_of(AnchorClass),
            "trusted": FLAG,
            "stopped_at": or_null(levels()),
            "levels": {
                "description": "The levels that were judged, in order.",
                "type": "object",
                "properties": {
                    level_name(level): {"enum": ["pass", "fail", "not reached", "not applicable"]}
                    for level in Level
                },
                "additionalProperties": False,
                "minProperties": 1,
            },
            "ats": {
                **STRING,
                "description": "Why App Transport Security binds this connection, or does not.",
            },
            "headline": or_null({"$ref": "#/$defs/finding"}),
            "headline_ties": {
                **listing({"$ref": "#/$defs/finding"}),
                "description": "What Apple may report instead: other checks of one group at one certificate.",
            },
            "apple_error": or_null(_apple_error()),
            "name_checked": {
                **or_null(FLAG),
                "description": "null: the policy compares no name with a host.",
            },
            "expected_app_error": or_null(app_error()),
            "connection": {
                **or_null(_connection()),
                "description": "What a live server negotiated; null for a chain from a file.",
            },
            "findings": listing({"$ref": "#/$defs/finding"}),
            "rules": {
                "description": "Each rule that was asked, with its answer for the whole chain.",
                "type": "object",
                "propertyNames": {"$ref": "#/$defs/rule"},
                "additionalProperties": one_of(Outcome),
            },
            "chain": listing({"$ref": "#/$defs/certificate"}) | {"minItems": 1},
            "not_checked": listing(TEXT),
            "near_misses": listing(TEXT),
            "second_opinions": {
                **or_null(listing(_opinion())),
                "description": "What other validators say; null when they were not asked.",
            },
        },
        {"rule": ids, "finding": _finding(), "certificate": certificate()},
    )


def _apple_error() -> dict[str, Any]:
    return {
        **record(
            {
                "domain": {"const": "NSOSStatusErrorDomain"},
                "code": STATUS,
                "description": {**TEXT, "description": "The error's localizedDescription, in English."},
                "underlying_description": {
                    **STRING,
                    "description": "localizedDescription of the error under NSUnderlyingError.",
                },
                "log": {**TEXT, "description": "The line in the system's log."},
            }
        ),
        "description": "What SecTrustEvaluateWithError gives; null where it succeeds, and by the book.",
    }


def _connection() -> dict[str, Any]:
    offers = {"enum": [offered.name.lower() for offered in Offered]}
    return record(
        {
            "address": STRING,
            "proxy": or_null(TEXT),
            "version": {"enum": ["1.0", "1.1", "1.2", "1.3"]},
            "cipher_suite": {**or_null(TEXT), "description": "By OpenSSL's name."},
            "code_point": or_null(CODE_POINT),
            "group": {**or_null(TEXT), "description": "null: static RSA, or not known."},
            "extended_master_secret": {
                **or_null(FLAG),
                "description": "null in TLS 1.3, which needs none.",
            },
            "alpn": or_null(TEXT),
            "offer_taken": {**offers, "description": "Whose offer the server went along with."},
            "declined": listing(
                record({"offer": offers, "how": TEXT, "alert": or_null(INTEGER), "cause": or_null(STRING)})
            ),
            "client_certificate": {"enum": ["none", "requested", "required"]},
            "acceptable_cas": listing(STRING),
            "identity": or_null(
                record(
                    {
                        "shown": or_null(TEXT),
                        "answer": {
                            **one_of(IdentityAnswer),
                            "description": "What the server made of it, or of being shown none.",
                        },
                        "accepted": {**FLAG, "description": "Whether `answer` is accepted."},
                        "evidence": {**or_null(TEXT), "description": "What the answer was read from."},
                        "how": {**or_null(TEXT), "description": "`evidence` where it was not accepted."},
                        "http_status": or_null(INTEGER),
                        "asked": {
                            **one_of(ClientCertificateRequest),
                            "description": "When the server asked for it.",
                        },
                        "faults": {
                            **listing(record({"code": TEXT, "words": TEXT})),
                            "description": "What is wrong with the identity at hand; codes as in handshake-codes.md.",
                        },
                    }
                )
            ),
            "ocsp_stapled": FLAG,
            "not_offered": listing(TEXT),
        }
    )


def _finding() -> dict[str, Any]:
    return record(
        {
            "rule": {"$ref": "#/$defs/rule"},
            "level": levels(),
            "severity": {
                **one_of(Severity),
                "description": "fatal, deny and error make a chain untrusted; warning and info do not.",
            },
            "certificate": {
                "type": "integer",
                "minimum": 0,
                "description": "Position in `chain`; 0 is the leaf.",
            },
            "title": TEXT,
            "evidence": TEXT,
            "fix": TEXT,
            "same_fact_as": {
                **or_null({"$ref": "#/$defs/rule"}),
                "description": "The rule whose finding about this certificate tells the same fact.",
            },
            "apple_check": or_null(TEXT),
            "apple_group": or_null({"enum": [group.name.lower() for group in ErrorGroup]}),
            "os_status": or_null(STATUS),
            "os_status_name": or_null(TEXT),
            "source": TEXT,
        }
    )


def _opinion() -> dict[str, Any]:
    return record(
        {
            "validator": TEXT,
            "version": STRING,
            "available": {**FLAG, "description": "Whether it is installed and imports here."},
            "accepts": {**or_null(FLAG), "description": "null: it gave no answer, and `words` say why."},
            "agrees": or_null(FLAG),
            "words": {**STRING, "description": "Its own message, on one line."},
            "reasons": {**listing(TEXT), "description": "Why it parts from the verdict."},
            "unexplained": {**listing(TEXT), "description": "Rules or words that no known reason covers."},
            "not_checked": {
                **listing(TEXT),
                "description": "What an Apple client looks at and it never does.",
            },
        }
    )


def certificate() -> dict[str, Any]:
    """Describe the facts of one certificate that people ask for."""
    return record(
        {
            "subject": TEXT,
            "issuer": TEXT,
            "serial": {"type": "string", "pattern": "^-?[0-9a-f]+$"},
            "not_before": TIME,
            "not_after": TIME,
            "key": TEXT,
            "signature": TEXT,
            "sha256": DIGEST,
        }
    )
