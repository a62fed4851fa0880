"""What `inspect` says of a file."""

from __future__ import annotations

from typing import Any

from pki.load.p12.pairing import Pairing
from pki.report import inspection
from pki.report.p12_container import OUTCOMES
from pki.report.schemas.profiles import profile_fields
from pki.report.schemas.verdicts import certificate
from pki.report.schemas.words import FLAG, INTEGER, STRING, TEXT, document, listing, or_null, record

_POSITION = {"type": "integer", "minimum": 0}
_BAG = {"friendly_name": STRING, "local_key_id": {"type": "string", "pattern": "^([0-9a-f]{2})*$"}}


def inspection_schema() -> dict[str, Any]:
    """Describe an inspection; the parts of a profile repeat its shape without `schema`."""
    fields, optional = _fields()
    whole = document(inspection.SCHEMA, "What is in a file of this trade.", fields, {})
    whole["properties"] |= optional
    whole["$defs"] = {
        "part": record(fields, optional),
        "certificate": _certificate(),
        "key": _key(),
        "pkcs12": _pkcs12(),
        "profile": profile_fields(),
    }
    return whole


def _fields() -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of every file, and those of a container or a profile."""
    fields = {
        "name": STRING,
        "kind": TEXT,
        "encoding": TEXT,
        "certificates": listing({"$ref": "#/$defs/certificate"}),
        "keys": listing({"$ref": "#/$defs/key"}),
        "others": {
            "description": "Requests, revocation lists, public keys: a kind, and what is known of each.",
            **listing({"type": "object", "required": ["kind"], "additionalProperties": STRING}),
        },
        "notes": listing(TEXT),
    }
    optional = {
        "pkcs12": {"$ref": "#/$defs/pkcs12"},
        "profile": {"$ref": "#/$defs/profile"},
        "parts": listing({"$ref": "#/$defs/part"}),
    }
    return fields, optional


def _certificate() -> dict[str, Any]:
    facts = certificate()["properties"]
    names = listing(record({"type": TEXT, "value": STRING}))
    problem = {**or_null(TEXT), "description": "Why Apple's parser refuses it; the facts are absent then."}
    remarks = {
        **listing(TEXT),
        "description": "What is odd in how it is written, and what Apple makes of it.",
    }
    subtrees = or_null(names)
    dropped = {**listing(TEXT), "description": "Halves that Apple ignores, and why."}
    constraints = record({"permitted": subtrees, "excluded": subtrees, "dropped_by_apple": dropped})
    unlisted = {
        **or_null(listing(TEXT)),
        "description": "Why iOS does not list it under Certificate Trust Settings; null: it is no root.",
    }
    own = {"names": names, "name_constraints": or_null(constraints), "remarks": remarks}
    own["unlisted_on_ios"] = unlisted
    own["public_test_key"] = {
        **or_null(TEXT),
        "description": "Why the key that signed it is one that anybody can have; null: nothing says so.",
    }
    return record({"problem": problem}, facts | own | _BAG)


def _key() -> dict[str, Any]:
    return record(
        {
            "type": {**or_null(TEXT), "description": "null while it is locked."},
            "problem": {**or_null(TEXT), "description": "Why nobody can use it."},
            "bits": or_null(INTEGER),
            "encryption": or_null(TEXT),
            "certificate": {**or_null(_POSITION), "description": "The certificate it belongs to."},
        },
        _BAG,
    )


def _pkcs12() -> dict[str, Any]:
    mac = record({"digest": TEXT, "rounds": INTEGER, "pbmac1": FLAG})
    return record(
        {
            "mac": or_null(mac),
            "encryption": listing(record({"scheme": TEXT, "cipher": TEXT, "prf": or_null(TEXT)})),
            "key_bags": listing({"enum": ["key", "shrouded key"]}),
            "locked": {**FLAG, "description": "Whether something could not be seen without a password."},
            "mac_fits": {**FLAG, "description": "Whether the MAC proves the password, given or empty."},
            "undecryptable": {**listing(TEXT), "description": "What does not decrypt though the MAC fits."},
            "outcome": {"enum": [*OUTCOMES], "description": "What comes out, in a word."},
            "identities": INTEGER,
            "chains": listing(_chain()),
            "unrelated": {**listing(_POSITION), "description": "Certificates in no identity's chain."},
            "friendly_name_clashes": listing(TEXT),
            "apple": record(
                {
                    "opens_on": TEXT,
                    "oldest": {"enum": ["any", "iOS 18, macOS 15", None]},
                    "security_import_needs_format": FLAG,
                    "older_refuse": listing(TEXT),
                    "newer_refuse": listing(TEXT),
                    "not_known": {**listing(TEXT), "description": "What nobody has tried or published."},
                }
            ),
            "readers": listing(_reader()),
            "rewrap": {
                **or_null(record({"trustrig": TEXT, "openssl": TEXT})),
                "description": "Commands that pack it anew for every Apple release; null where none helps.",
            },
        }
    )


def _chain() -> dict[str, Any]:
    return record(
        {
            "name": {**STRING, "description": "The friendlyName, else the subject."},
            "key_type": or_null(TEXT),
            "sha256": {**or_null(TEXT), "description": "Of the certificate; null where it does not read."},
            "key": _POSITION,
            "paired_by": {"enum": [*map(str, Pairing)]},
            "certificates": {**listing(_POSITION), "minItems": 1, "description": "From the leaf upwards."},
            "root_inside": FLAG,
            "missing_issuer": or_null(TEXT),
        }
    )


def _reader() -> dict[str, Any]:
    return record(
        {
            "reader": {**TEXT, "description": "A stable word for it."},
            "title": TEXT,
            "opens": {"enum": ["yes", "no", "unknown"]},
            "reasons": {**listing(TEXT), "description": "For a no or an unknown."},
            "measured": {**FLAG, "description": "Whether a test has the reader itself answer."},
            "evidence": {**TEXT, "description": "What was measured, or what was read."},
        }
    )
