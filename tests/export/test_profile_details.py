"""Profiles beyond the checklist: what is refused, what is salted, names that plists cannot hold."""

from __future__ import annotations

import plistlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import InvalidRequest
from pki.export.profile import (
    ProfileIdentity,
    ProfileOptions,
    TargetDevice,
    build_profile,
    profile_identifier,
    profile_warnings,
)
from pki.load import load_certificates, load_identity
from pki.model.identity import Identity
from tests.chains import AT, Made, root

PASSWORD = "correct-horse-battery"
CheckProfile = Callable[[bytes], dict[str, Any]]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        pytest.param({"remove_after": timedelta(0)}, "before it is installed", id="removal after no time"),
        pytest.param(
            {"remove_after": timedelta(days=-1)}, "before it is installed", id="removal in the past"
        ),
        pytest.param(
            {"remove_on": AT.replace(tzinfo=None)}, "no time zone", id="a removal date without a zone"
        ),
        pytest.param({"identifier": "one word"}, "not a profile identifier", id="an identifier with a space"),
        pytest.param({"identifier": "alone"}, "not a profile identifier", id="an identifier without a dot"),
        pytest.param({"identifier": ""}, "not a profile identifier", id="an empty identifier"),
    ],
)
def test_options_that_mean_nothing_are_refused(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InvalidRequest, match=complaint):
        ProfileOptions(**options)


def test_a_profile_needs_a_certificate() -> None:
    with pytest.raises(InvalidRequest, match="needs a certificate"):
        build_profile([])


def test_a_profile_without_a_root_is_warned_about(issuing_ca: Made) -> None:
    assert "no self-signed root" in profile_warnings(build_profile([issuing_ca.cert]))[0]


def test_the_same_certificate_given_twice_is_installed_once(
    root_ca: Made, check_profile: CheckProfile
) -> None:
    assert len(check_profile(build_profile([root_ca.cert, root_ca.cert]))["PayloadContent"]) == 1


def test_the_identifier_can_be_chosen_and_names_its_payloads(
    root_ca: Made, check_profile: CheckProfile
) -> None:
    profile = check_profile(build_profile([root_ca.cert], options=ProfileOptions(identifier="test.example")))
    assert profile["PayloadIdentifier"] == "test.example"
    assert profile["PayloadContent"][0]["PayloadIdentifier"] == "test.example.root"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        pytest.param("Rig Root CA", "rig-root-ca", id="words are joined by hyphens"),
        pytest.param("Ünïcode & <Söhne>", "n-code-s-hne", id="what is not ASCII falls out"),
        pytest.param("日本", "ca", id="nothing left becomes ca"),
        pytest.param("x" * 60, "x" * 40, id="long names are cut"),
    ],
)
def test_the_identifier_holds_the_ca_by_name_and_key(name: str, slug: str) -> None:
    *_, found, key = profile_identifier(root(name).cert).split(".")
    assert found == slug
    assert len(key) == 10
    assert int(key, 16) >= 0


@pytest.mark.parametrize("device", list(TargetDevice))
def test_every_device_type_is_written_as_an_integer(
    device: TargetDevice, root_ca: Made, check_profile: CheckProfile
) -> None:
    profile = check_profile(build_profile([root_ca.cert], options=ProfileOptions(target=device)))
    assert profile["TargetDeviceType"] == device


def test_control_characters_in_a_name_do_not_break_the_profile(check_profile: CheckProfile) -> None:
    profile = check_profile(build_profile([root("Bell\x07 CA").cert]))
    assert profile["PayloadDisplayName"] == "Bell CA (test CA)"


def test_description_says_that_it_is_a_test_ca(root_ca: Made, alice: Identity) -> None:
    profile = plistlib.loads(build_profile([root_ca.cert], identities=[ProfileIdentity(alice, PASSWORD)]))
    assert "test CA Rig Root CA and the identity alice" in profile["PayloadDescription"]


def test_only_the_salt_of_the_identity_differs_between_two_runs(alice: Identity) -> None:
    first, second = (
        plistlib.loads(build_profile(alice.issuers, identities=[ProfileIdentity(alice, PASSWORD)]))
        for _ in range(2)
    )
    assert first.pop("PayloadContent")[:-1] == second.pop("PayloadContent")[:-1]
    assert first == second


def test_the_container_inside_opens_with_the_password_and_its_chain_is_in_payloads(alice: Identity) -> None:
    """Apple's files: "Only one certificate may be included"; docs/why/profile-checks.md has what devices do."""
    profile = plistlib.loads(build_profile(alice.issuers[-1:], identities=[ProfileIdentity(alice, PASSWORD)]))
    container = profile["PayloadContent"][-1]["PayloadContent"]
    inside = load_identity(container, name="inside", password=PASSWORD)
    assert (inside.certificate, inside.issuers) == (alice.certificate, ())
    beside = {payload["PayloadContent"] for payload in profile["PayloadContent"][:-1]}
    assert beside == {cert.public_bytes(Encoding.DER) for cert in alice.issuers}


def test_loading_a_profile_gives_what_it_installs(alice: Identity, root_ca: Made, issuing_ca: Made) -> None:
    data = build_profile(alice.issuers, identities=[ProfileIdentity(alice, PASSWORD, embed_password=True)])
    found = load_certificates(data, name="x.mobileconfig")
    assert found[:2] == (issuing_ca.der, root_ca.der)
    assert len(found) == 3


def test_no_password_is_in_a_representation(alice: Identity) -> None:
    assert PASSWORD not in repr(ProfileIdentity(alice, PASSWORD, embed_password=True))
