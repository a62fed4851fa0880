"""Identities to hand over, and Apple's published rules to hold profiles against."""

from __future__ import annotations

import base64
import plistlib
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import jsonschema
import pytest
from pki.export.schema import profile_schema

from pki.model.identity import Identity
from tests.chains import CLIENT, Made, intermediate, leaf, root

PASSWORD = "correct-horse-battery"


@pytest.fixture(scope="session")
def root_ca() -> Made:
    return root("Rig Root CA")


@pytest.fixture(scope="session")
def issuing_ca(root_ca: Made) -> Made:
    return intermediate(root_ca, "Rig Issuing CA")


@pytest.fixture(scope="session")
def identity_of(root_ca: Made, issuing_ca: Made) -> Callable[[str], Identity]:
    """An identity with a key of the given kind: leaf <- intermediate <- root."""

    def build(kind: str) -> Identity:
        made = leaf(issuing_ca, "alice", kind=kind, purposes=CLIENT, dns=(), emails=("alice@example.test",))
        return Identity(made.cert, made.key, (issuing_ca.cert, root_ca.cert))

    return build


@pytest.fixture(scope="session")
def alice(identity_of: Callable[[str], Identity]) -> Identity:
    return identity_of("p256")


@pytest.fixture(scope="session")
def check_profile() -> Callable[[bytes], dict[str, Any]]:
    """Hold a profile against the schema, its plist types and its cross-checks; answers the property list."""
    schema = profile_schema()
    validator = jsonschema.Draft202012Validator(schema)

    def check(data: bytes) -> dict[str, Any]:
        profile = plistlib.loads(data)
        validator.validate(_as_json(profile))
        assert list(_wrong_types(profile, schema, schema)) == []
        assert list(_broken_references(profile, schema)) == []
        payloads = profile["PayloadContent"]
        uuids = [profile["PayloadUUID"], *(payload["PayloadUUID"] for payload in payloads)]
        identifiers = [payload["PayloadIdentifier"] for payload in payloads]
        assert len(set(uuids)) == len(uuids)
        assert len(set(identifiers)) == len(identifiers)
        return profile

    return check


def _as_json(value: Any) -> Any:
    match value:
        case dict():
            return {key: _as_json(inner) for key, inner in value.items()}
        case list():
            return [_as_json(inner) for inner in value]
        case bytes():
            return base64.b64encode(value).decode()
        case datetime():
            return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return value


_TYPES: dict[str, type] = {
    "string": str,
    "integer": int,
    "real": float,
    "boolean": bool,
    "data": bytes,
    "date": datetime,
    "array": list,
    "dictionary": dict,
}


def _wrong_types(value: Any, rule: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    """What JSON cannot tell: <real> from <integer>, <data> and <date> from <string>."""
    if "$ref" in rule and isinstance(value, dict):
        rule = schema["$defs"][value["PayloadType"]]
    expected = rule.get("x-plist-type")
    if expected is not None and type(value) is not _TYPES[expected]:
        yield f"{value!r} is not <{expected}>"
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _wrong_types(inner, rule.get("properties", {}).get(key, {}), schema)
    elif isinstance(value, list):
        for inner in value:
            yield from _wrong_types(inner, rule.get("items", {}), schema)


def _broken_references(profile: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    types = {payload["PayloadUUID"]: payload["PayloadType"] for payload in profile["PayloadContent"]}
    for payload in profile["PayloadContent"]:
        for key, rule in schema["$defs"][payload["PayloadType"]]["properties"].items():
            allowed = rule.get("x-references")
            if allowed is not None and key in payload and types.get(payload[key]) not in allowed:
                yield f"{key} of {payload['PayloadIdentifier']}"
