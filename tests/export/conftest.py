"""Identities to hand over, and Apple's published rules to hold profiles against."""

from __future__ import annotations

import plistlib
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from pki.load.inspection import inspect_bytes
from pki.load.profile.schema import profile_schema
from pki.model.identity import Identity
from tests.chains import CLIENT, Made, intermediate, leaf, root
from tests.plists import as_json

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
    """Hold a profile against Apple's rules, by our validator and by a stranger's; answers the property list."""
    judge = jsonschema.Draft202012Validator(profile_schema())

    def check(data: bytes) -> dict[str, Any]:
        profile: dict[str, Any] = plistlib.loads(data)
        judge.validate(as_json(profile))
        assert [f for f in inspect_bytes(data, name="x").findings if f.severity.fails] == []
        return profile

    return check
