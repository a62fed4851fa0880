"""What `crl show` and `ocsp show` say."""

from __future__ import annotations

from typing import Any

from pki.report.schemas.words import INTEGER, STRING, TEXT, TIME, document, listing, or_null, record

CRL_SCHEMA = "trustrig.crl-show/1"
OCSP_SCHEMA = "trustrig.ocsp-show/1"
_SERIAL = {"type": "string", "pattern": "^-?[0-9a-f]+$"}
_STATUS = {"enum": ["good", "revoked", "unknown"]}
_BOOK = {"$ref": "#/$defs/book"}


def crl_schema() -> dict[str, Any]:
    """Describe what is shown of the lists in a file."""
    return document(
        CRL_SCHEMA,
        "What the CRLs in a file say, and what they come to for a certificate.",
        {
            "file": STRING,
            "lists": listing({"$ref": "#/$defs/list"}),
            "answer": or_null(record(_ASKED | {"rfc5280": _BOOK})),
        },
        {"list": _list(), "book": _book()},
    )


def ocsp_schema() -> dict[str, Any]:
    """Describe what is shown of an answer."""
    return document(
        OCSP_SCHEMA,
        "What an OCSP answer says, and what it comes to for a certificate.",
        {
            "file": STRING,
            "responder": or_null(TEXT),
            "responder_key_sha1": or_null({"type": "string", "pattern": "^([0-9a-f]{2})*$"}),
            "produced_at": TIME,
            "signature_algorithm": or_null(TEXT),
            "certificates": listing(TEXT),
            "responses": listing({"$ref": "#/$defs/response"}),
            "answer": or_null(record(_ASKED | {"apple": _BOOK, "rfc6960": _BOOK})),
        },
        {"response": _response(), "book": _book()},
    )


_ASKED: dict[str, Any] = {"certificate": TEXT, "serial": _SERIAL, "issuer": TEXT, "at": TIME}


def _book() -> dict[str, Any]:
    described = "The row of the guide's table that an unknown rests on; null where none does."
    return record(
        {"status": _STATUS, "words": TEXT, "kept_out_by": {**or_null(TEXT), "description": described}}
    )


def _list() -> dict[str, Any]:
    entry = {"serial": _SERIAL, "issuer": TEXT, "revoked_at": or_null(TIME), "reason": TEXT}
    return record(
        {
            "issuer": TEXT,
            "number": or_null(INTEGER),
            "delta_of": {**or_null(INTEGER), "description": "The list that a delta CRL builds upon."},
            "this_update": TIME,
            "next_update": or_null(TIME),
            "signature_algorithm": or_null(TEXT),
            "scope": listing(TEXT),
            "remarks": listing(TEXT),
            "count": INTEGER,
            "entries": {**listing(record(entry)), "description": "The first 1,000 of `count`."},
        }
    )


def _response() -> dict[str, Any]:
    return record(
        {
            "serial": _SERIAL,
            "digest": TEXT,
            "status": _STATUS,
            "this_update": TIME,
            "next_update": or_null(TIME),
            "revoked_at": or_null(TIME),
            "reason": or_null(TEXT),
        }
    )
