"""What uses the certificates of a profile: references inside it, names that stay, and requests that cannot mean anything."""

from __future__ import annotations

import plistlib
from collections.abc import Callable
from typing import Any

import pytest

from pki.errors import InvalidRequest
from pki.export.profile import (
    Preference,
    ProfileIdentity,
    ProfileOptions,
    RevocationChecks,
    TargetDevice,
    TransparencyExemption,
    WifiNetwork,
    build_profile,
)
from pki.export.signing import sign_profile
from pki.model.certificate import CertFacts
from pki.model.identity import Identity
from tests.chains import CLIENT, Made, intermediate, leaf, root

PASSWORD = "correct-horse-battery"
CheckProfile = Callable[[bytes], dict[str, Any]]


def packed(identity: Identity) -> list[ProfileIdentity]:
    return [ProfileIdentity(identity, PASSWORD)]


def kinds(profile: dict[str, Any]) -> list[str]:
    return [payload["PayloadType"].rpartition(".")[2] for payload in profile["PayloadContent"]]


def test_intermediates_of_an_identity_come_along_and_its_root_does_not(
    alice: Identity, check_profile: CheckProfile
) -> None:
    other = root("Other Root")
    profile = check_profile(build_profile([other.cert], identities=packed(alice)))
    assert kinds(profile) == ["root", "pkcs1", "pkcs12"]
    names = [payload["PayloadDisplayName"] for payload in profile["PayloadContent"]]
    assert names == ["Other Root", "Rig Issuing CA", "alice"]


def test_identities_of_several_intermediates_bring_each_of_them_once(
    root_ca: Made, issuing_ca: Made, alice: Identity, check_profile: CheckProfile
) -> None:
    second = intermediate(root_ca, "Second Issuing CA")
    made = [leaf(second, name, purposes=CLIENT, dns=()) for name in ("carol", "dave")]
    others = [Identity(one.cert, one.key, (second.cert, root_ca.cert)) for one in made]
    identities = [ProfileIdentity(one, PASSWORD) for one in (alice, *others)]
    profile = check_profile(build_profile([root_ca.cert, issuing_ca.cert], identities=identities))
    assert kinds(profile) == ["root", "pkcs1", "pkcs1", "pkcs12", "pkcs12", "pkcs12"]
    containers = profile["PayloadContent"][3:]
    top = profile["PayloadIdentifier"]
    assert [one["PayloadIdentifier"] for one in containers] == [f"{top}.id.{n}" for n in (1, 2, 3)]
    assert [one["PayloadCertificateFileName"] for one in containers] == [
        "identity.p12",
        "identity-2.p12",
        "identity-3.p12",
    ]
    assert "the identities alice, carol, dave" in profile["PayloadDescription"]


def test_a_setting_keeps_its_uuid_until_it_changes(alice: Identity, root_ca: Made) -> None:
    def networks(ssid: str) -> list[dict[str, Any]]:
        network = WifiNetwork(ssid, alice.certificate, server_names=("radius.test",))
        data = build_profile([root_ca.cert], identities=packed(alice), settings=[network])
        return list(plistlib.loads(data)["PayloadContent"])

    before, again, after = networks("Corp"), networks("Corp"), networks("Guest")
    assert [one["PayloadUUID"] for one in before] == [one["PayloadUUID"] for one in again]
    assert [one["PayloadUUID"] for one in before[:-1]] == [one["PayloadUUID"] for one in after[:-1]]
    assert before[-1]["PayloadUUID"] != after[-1]["PayloadUUID"]
    assert before[-1]["PayloadIdentifier"] == after[-1]["PayloadIdentifier"]


def test_settings_without_an_identity_give_the_same_bytes_every_time(root_ca: Made) -> None:
    settings = [TransparencyExemption((".example.com",)), RevocationChecks((CertFacts.parse(root_ca.der),))]
    first, again = (build_profile([root_ca.cert], settings=settings) for _ in range(2))
    assert first == again


def test_the_same_setting_twice_is_one(root_ca: Made, check_profile: CheckProfile) -> None:
    profile = check_profile(build_profile([root_ca.cert], settings=[TransparencyExemption(("a.test",))] * 2))
    assert kinds(profile) == ["root", "certificatetransparency"]


@pytest.mark.parametrize(
    ("minimum", "maximum", "written"),
    [
        pytest.param(None, None, {}, id="nothing said"),
        pytest.param("1.2", None, {"TLSMinimumVersion": "1.2"}, id="a minimum below Apple's maximum"),
        pytest.param(None, "1.3", {"TLSMaximumVersion": "1.3"}, id="a maximum alone"),
        pytest.param("1.2", "1.3", {"TLSMinimumVersion": "1.2", "TLSMaximumVersion": "1.3"}, id="a range"),
        pytest.param("1.0", "1.1", {"TLSMinimumVersion": "1.0", "TLSMaximumVersion": "1.1"}, id="an old range"),
        pytest.param(
            "1.3",
            None,
            {"TLSMinimumVersion": "1.3", "TLSMaximumVersion": "1.3"},
            id="1.3 alone needs both, for Apple's maximum is 1.2",
        ),
    ],
)  # fmt: skip
def test_tls_versions_of_a_network(
    minimum: str | None,
    maximum: str | None,
    written: dict[str, str],
    alice: Identity,
    check_profile: CheckProfile,
) -> None:
    network = WifiNetwork(
        "Corp", alice.certificate, tls_minimum=minimum, tls_maximum=maximum, outer_identity="anonymous"
    )
    profile = check_profile(build_profile(alice.issuers, identities=packed(alice), settings=[network]))
    eap = profile["PayloadContent"][-1]["EAPClientConfiguration"]
    assert {key: value for key, value in eap.items() if key.startswith("TLSM")} == written


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        pytest.param(lambda c: WifiNetwork("", c), "1 to 32 bytes", id="no name"),
        pytest.param(lambda c: WifiNetwork("ß" * 17, c), r"\(34 bytes\)", id="17 letters of two bytes"),
        pytest.param(lambda c: WifiNetwork("a\nb", c), "control characters", id="a line break"),
        pytest.param(lambda c: WifiNetwork("\udcff", c), "control characters", id="no UTF-8"),
        pytest.param(lambda c: WifiNetwork("x", c, server_names=("a\x00",)), "no name of a server", id="a server's NUL"),
        pytest.param(lambda c: WifiNetwork("x", c, outer_identity=" "), "no name of a server or user", id="a blank user"),
        pytest.param(lambda c: WifiNetwork("x", c, tls_minimum="1.4"), "'1.4' is no TLS version", id="TLS 1.4"),
        pytest.param(lambda c: WifiNetwork("x", c, tls_minimum="1.3"), "demands an outer identity", id="no outer identity"),
        pytest.param(lambda c: WifiNetwork("x", c, tls_minimum="1.2", tls_maximum="1.1"), "above the maximum, 1.1", id="the wrong way round"),
        pytest.param(lambda c: TransparencyExemption(), "exempts nothing", id="an empty exemption"),
        pytest.param(lambda c: TransparencyExemption(("*.a.test",)), "no wildcards", id="a wildcard"),
        pytest.param(lambda c: TransparencyExemption(("https://a.test",)), "Give a host", id="a URL"),
        pytest.param(lambda c: TransparencyExemption((".uk",)), "registries", id="everything below uk"),
        pytest.param(lambda c: TransparencyExemption(("a..test",)), "Give a host", id="an empty label"),
        pytest.param(lambda c: Preference(" ", c), "no service", id="no service"),
        pytest.param(lambda c: ProfileOptions(consent=(("xx-", "a"),)), "not a language tag", id="no language"),
        pytest.param(lambda c: ProfileOptions(consent=(("de", "a"), ("de", "b"))), "two consent texts", id="two texts"),
        pytest.param(lambda c: ProfileOptions(consent=(("de", " \n"),)), "is empty", id="an empty text"),
    ],
)  # fmt: skip
def test_values_that_mean_nothing_are_refused(
    make: Callable[[Any], object], complaint: str, alice: Identity
) -> None:
    with pytest.raises(InvalidRequest, match=complaint):
        make(alice.certificate)


def test_references_do_not_leave_the_profile(alice: Identity, issuing_ca: Made, root_ca: Made) -> None:
    stranger = leaf(issuing_ca, "mallory").cert
    for setting, complaint in (
        (WifiNetwork("Corp", stranger), r"network Corp uses the identity mallory.*Put the identity into"),
        (WifiNetwork("Corp", root_ca.cert), "identity Rig Root CA, which is not in"),
        (Preference("a.test", stranger), "preference for a.test uses the identity mallory"),
        (Preference("a@b.test", stranger, proves=False), "uses the certificate mallory"),
    ):
        with pytest.raises(InvalidRequest, match=complaint):
            build_profile(alice.issuers, identities=packed(alice), settings=[setting])


def test_a_network_needs_a_root_to_know_its_server_by(alice: Identity, issuing_ca: Made) -> None:
    with pytest.raises(InvalidRequest, match="has no root to know its server by"):
        build_profile(
            [issuing_ca.cert], identities=packed(alice), settings=[WifiNetwork("Corp", alice.certificate)]
        )


@pytest.mark.parametrize(
    ("setting", "target", "complaint"),
    [
        pytest.param("preference", TargetDevice.IPHONE, "iOS ignores or refuses.*a profile for macOS", id="a preference for a phone"),
        pytest.param("revocation", TargetDevice.MAC, "macOS ignores or refuses.*iOS, visionOS", id="revocation for a Mac"),
        pytest.param("both", TargetDevice.MAC, "PayloadScope System", id="two scopes in one profile"),
    ],
)  # fmt: skip
def test_what_our_own_checks_call_wrong_is_not_written(
    setting: str, target: TargetDevice, complaint: str, alice: Identity, root_ca: Made
) -> None:
    preference, exemption = Preference("a.test", alice.certificate), TransparencyExemption(("a.test",))
    settings: dict[str, list[Any]] = {
        "preference": [preference],
        "revocation": [RevocationChecks((CertFacts.parse(root_ca.der),))],
        "both": [preference, exemption],
    }
    with pytest.raises(InvalidRequest, match=complaint):
        build_profile(
            alice.issuers,
            identities=packed(alice),
            settings=settings[setting],
            options=ProfileOptions(target=target),
        )


def test_an_identity_is_put_in_once(alice: Identity) -> None:
    with pytest.raises(InvalidRequest, match=r"identity alice is in the profile already.*once"):
        build_profile(alice.issuers, identities=[*packed(alice), ProfileIdentity(alice, "another")])


def test_a_signed_profile_is_not_signed_again(alice: Identity) -> None:
    signed = sign_profile(build_profile(alice.issuers), alice)
    with pytest.raises(InvalidRequest, match="signed already"):
        sign_profile(signed, alice)
