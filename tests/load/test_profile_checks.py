"""What the validator finds in profiles, ours and strangers': each rule broken once, and a profile that breaks none."""

from __future__ import annotations

import plistlib
import re
import subprocess
import time
import uuid
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pki.errors import PkiError
from pki.export.pkcs12 import P12Encryption, write_p12
from pki.export.signing import sign_profile
from pki.issue.defects import sign_again
from pki.load.inspection import inspect_bytes
from pki.load.profile.findings import ProfileFinding
from pki.load.profile.schema import profile_schema
from pki.load.profile.schema_walk import MAX_VALUES
from pki.load.profile.validation import MAX_FINDINGS
from pki.model.codes import Severity
from pki.model.identity import Identity
from pki.report.inspection import inspection_json, inspection_text
from pki.report.layout import harmless
from tests import clock
from tests.chains import AT, DAY, intermediate, leaf, make, root
from tests.plists import as_json
from tests.report.test_schemas import validator

PASSWORD = "correct-horse-battery"
ROOT = root("Profile Root")
MIDDLE = intermediate(ROOT, "Profile Intermediate")
LEAF = leaf(MIDDLE, "alice", dns=())
PAST, TO_COME = (
    (AT + days * DAY).replace(tzinfo=None) for days in (-300, 300)
)  # property lists know no zone
ROOT_AT, MIDDLE_AT, ID_AT, WIFI_AT = (f"PayloadContent[{at}]" for at in range(4))
EAP_AT = f"{WIFI_AT}.EAPClientConfiguration"
ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO

Top = dict[str, Any]
Change = Callable[[Top], object]


@cache
def container(issuers: int = 2, encryption: P12Encryption = P12Encryption.APPLE_ANY) -> bytes:
    above = (MIDDLE.cert, ROOT.cert)[:issuers]
    return write_p12(Identity(LEAF.cert, LEAF.key, above), password=PASSWORD, encryption=encryption)


def payload(kind: str, **keys: Any) -> Top:
    number = str(uuid.uuid5(uuid.NAMESPACE_DNS, kind + repr(sorted(keys)))).upper()
    head = {"PayloadType": kind, "PayloadVersion": 1, "PayloadIdentifier": f"test.stranger.{number}"}
    return {**head, "PayloadUUID": number, **keys}


def sound() -> Top:
    """A profile as a careful stranger writes it."""
    identity = payload("com.apple.security.pkcs12", PayloadContent=container(0), Password=PASSWORD)
    trusted = payload("com.apple.security.root", PayloadContent=ROOT.der)
    network = payload(
        "com.apple.wifi.managed",
        SSID_STR="Corp",
        EncryptionType="WPA3",
        PayloadCertificateUUID=identity["PayloadUUID"],
        EAPClientConfiguration={
            "AcceptEAPTypes": [13],
            "PayloadCertificateAnchorUUID": [trusted["PayloadUUID"]],
            "TLSTrustedServerNames": ["radius.test"],
        },
    )
    middle = payload("com.apple.security.pkcs1", PayloadContent=MIDDLE.der)
    top = payload("Configuration", PayloadContent=[trusted, middle, identity, network])
    return {**top, "PayloadDisplayName": "Stranger", "DurationUntilRemoval": 604800.0}


def unopened() -> Top:
    """The same without the password, whose derivation is what a check costs."""
    top = sound()
    del top["PayloadContent"][2]["Password"]
    return top


def findings(top: object, **asked: Any) -> tuple[ProfileFinding, ...]:
    return inspect_bytes(plistlib.dumps(top), name="x", **asked).findings


def place_of(top: Top, path: str) -> tuple[Any, Any]:
    """Where PATH, as findings write it, leads: a container and a key in it. KeyError where it leads nowhere."""
    steps: list[str | int] = [
        int(word[:-1]) if word[-1] == "]" else word for word in re.split(r"\.|\[", path)
    ]
    place: Any = top
    for at, step in enumerate(steps, start=1):
        if not isinstance(place, list if isinstance(step, int) else dict):
            raise KeyError(path)
        if at == len(steps):
            break
        place = place[step]
    return place, steps[-1]


def put(path: str, value: object) -> Change:
    def change(top: Top) -> None:
        place, key = place_of(top, path)
        place[key] = value

    return change


def drop(path: str) -> Change:
    def change(top: Top) -> None:
        place, key = place_of(top, path)
        del place[key]

    return change


def add(kind: str, **keys: Any) -> Change:
    return lambda top: top["PayloadContent"].append(payload(kind, **keys))


def both(*changes: Change) -> Change:
    return lambda top: [change(top) for change in changes]


def test_a_sound_profile_gets_one_remark_about_its_embedded_password() -> None:
    (finding,) = findings(sound(), at=AT)
    assert (finding.id, finding.severity, finding.path) == ("embedded-password", INFO, f"{ID_AT}.Password")
    assert not finding.unchecked
    assert not inspect_bytes(plistlib.dumps(sound()), name="x").faulty


def test_without_its_password_an_identity_is_told_to_be_unseen() -> None:
    top = sound()
    drop(f"{ID_AT}.Password")(top)
    (finding,) = findings(top)
    assert (finding.id, finding.severity, finding.unchecked) == ("locked", INFO, True)
    assert "keys: nothing found\n" in inspection_text(inspect_bytes(plistlib.dumps(top), name="x"))
    assert findings(top, password=PASSWORD) == ()
    (finding,) = findings(top, password="another")
    assert "the password given does not open" in finding.found


CT, REVOCATION = "com.apple.security.certificatetransparency", "com.apple.security.certificaterevocation"
PREFERENCE, REMOVER = "com.apple.security.identitypreference", "com.apple.profileRemovalPassword"
ACME: Top = {
    "DirectoryURL": "https://acme.test",
    "ClientIdentifier": "x",
    "KeySize": 256,
    "KeyType": "ECSECPrimeRandom",
    "HardwareBound": True,
    "Subject": [[["CN", "x"]]],
}


@pytest.mark.parametrize(
    ("change", "word", "path", "told"),
    [
        # Keys and types.
        pytest.param(drop("PayloadUUID"), "missing-key", "PayloadUUID", "1002", id="no UUID"),
        pytest.param(drop(f"{WIFI_AT}.PayloadVersion"), "missing-key", f"{WIFI_AT}.PayloadVersion", "2002", id="no version"),
        pytest.param(drop("PayloadContent"), "missing-key", "PayloadContent", "<array>", id="no payloads at all"),
        pytest.param(put("PayloadVersion", 2), "wrong-value", "PayloadVersion", "never of your profile", id="the author's own version"),
        pytest.param(put(f"{ROOT_AT}.PayloadVersion", 3), "wrong-value", f"{ROOT_AT}.PayloadVersion", "2001", id="a payload's version"),
        pytest.param(put("DurationUntilRemoval", 604800), "wrong-type", "DurationUntilRemoval", "<integer> 604800", id="an integer for a real"),
        pytest.param(put(f"{EAP_AT}.AcceptEAPTypes", [13.0]), "wrong-type", f"{EAP_AT}.AcceptEAPTypes[0]", "<real> 13.0", id="a real for an integer"),
        pytest.param(put("TargetDeviceType", True), "wrong-type", "TargetDeviceType", "<true/>", id="a boolean for an integer"),
        pytest.param(put(f"{ROOT_AT}.PayloadContent", "MIIB"), "wrong-type", f"{ROOT_AT}.PayloadContent", "<string> 'MIIB'", id="base64 as a string"),
        pytest.param(put("RemovalDate", "2027-01-01"), "wrong-type", "RemovalDate", "<date>", id="a date as a string"),
        pytest.param(put("PayloadContent", {}), "wrong-type", "PayloadContent", "<array>", id="a dictionary for an array"),
        pytest.param(put("PayloadContent", []), "wrong-value", "PayloadContent", "1005, Empty profile", id="no payload in it"),
        pytest.param(put(WIFI_AT, "x"), "wrong-type", WIFI_AT, "<dictionary>", id="a string among the payloads"),
        pytest.param(put("TargetDeviceType", 9), "wrong-value", "TargetDeviceType", "0 or 1 or 2", id="a device that does not exist"),
        pytest.param(put("PayloadScope", "user"), "wrong-value", "PayloadScope", "System or User", id="a scope in lower case"),
        pytest.param(put("PayloadType", "com.apple.wifi.managed"), "wrong-value", "PayloadType", "Configuration", id="the payload's type at the top"),
        pytest.param(drop("PayloadType"), "missing-key", "PayloadType", "1002", id="no type at the top"),
        pytest.param(both(put("PayloadType", "Configuration "), put("PayloadContent", [])), None, "", "", id="another top level without payloads is no profile"),
        pytest.param(put("ConsentText", {"en": 1}), "wrong-type", "ConsentText.en", "<string>", id="a consent text that is a number"),
        pytest.param(put("PayloadDisplayNam", "x"), "unknown-key", "PayloadDisplayNam", "PayloadDisplayName, perhaps", id="a misspelt key"),
        pytest.param(put(f"{WIFI_AT}.ssid_str", "x"), "unknown-key", f"{WIFI_AT}.ssid_str", "SSID_STR, perhaps", id="a key in lower case"),
        pytest.param(put(f"{WIFI_AT}.SSID_STRING", "x"), "unknown-key", f"{WIFI_AT}.SSID_STRING", "SSID_STR, perhaps", id="a key that is too long"),
        pytest.param(put("Colour", "x"), "unknown-key", "Colour", "without a word", id="a key that nobody knows"),
        pytest.param(put("ExpirationDate", TO_COME), "unknown-key", "ExpirationDate", "", id="a key that people invent"),
        pytest.param(add("com.apple.security.pkcs-12"), "unknown-payload-type", "PayloadContent[4].PayloadType", "com.apple.security.pkcs12, perhaps", id="a misspelt type"),
        pytest.param(put(f"{ROOT_AT}.PayloadVersion", 1.0), "wrong-type", f"{ROOT_AT}.PayloadVersion", "installed widely", id="a version with a decimal point"),
        pytest.param(put(f"{ROOT_AT}.PayloadVersion", 2.0), "wrong-value", f"{ROOT_AT}.PayloadVersion", "2001", id="another version with a decimal point"),
        pytest.param(put("IsEncrypted", True), "missing-key", "EncryptedPayloadContent", "", id="encrypted, and nothing inside"),
        pytest.param(put(f"{ID_AT}.Password", ""), "wrong-value", f"{ID_AT}.Password", "the device asks", id="an empty password"),
        # What the parts owe each other.
        pytest.param(lambda top: put(f"{WIFI_AT}.PayloadUUID", top["PayloadUUID"])(top), "not-unique", f"{WIFI_AT}.PayloadUUID", "the profile itself", id="the profile's UUID again"),
        pytest.param(lambda top: put(f"{MIDDLE_AT}.PayloadIdentifier", top["PayloadContent"][0]["PayloadIdentifier"])(top), "not-unique", f"{MIDDLE_AT}.PayloadIdentifier", "1008", id="an identifier twice"),
        pytest.param(put(f"{WIFI_AT}.PayloadCertificateUUID", str(uuid.UUID(int=0))), "dangling-reference", f"{WIFI_AT}.PayloadCertificateUUID", "no payload of this profile", id="a reference to nothing"),
        pytest.param(lambda top: put(f"{WIFI_AT}.PayloadCertificateUUID", top["PayloadContent"][0]["PayloadUUID"])(top), "dangling-reference", f"{WIFI_AT}.PayloadCertificateUUID", "a payload com.apple.security.root", id="a root where an identity is due"),
        pytest.param(lambda top: put(f"{EAP_AT}.PayloadCertificateAnchorUUID", [top["PayloadContent"][2]["PayloadUUID"]])(top), "dangling-reference", f"{EAP_AT}.PayloadCertificateAnchorUUID[0]", "pkcs12", id="an identity where an anchor is due"),
        pytest.param(both(put("HasRemovalPasscode", True), add(REMOVER, RemovalPassword="a"), add(REMOVER, RemovalPassword="b")), "too-many", "PayloadContent[5]", "one at most", id="two removal passwords"),
        pytest.param(put("HasRemovalPasscode", True), "removal-passcode", "HasRemovalPasscode", "no payload", id="a passcode that is not there"),
        pytest.param(put("DurationUntilRemoval", 0.0), "wrong-value", "DurationUntilRemoval", "more than 0", id="gone before it came"),
        pytest.param(put("DurationUntilRemoval", float("nan")), "wrong-value", "DurationUntilRemoval", "more than 0", id="a duration that is no number"),
        pytest.param(put("RemovalDate", PAST), "in-the-past", "RemovalDate", "4006", id="a removal in the past"),
        pytest.param(put("PayloadExpirationDate", PAST), "in-the-past", "PayloadExpirationDate", "stays installed", id="an expiration in the past"),
        pytest.param(add(PREFERENCE, Name="a.test", PayloadCertificateUUID=sound()["PayloadContent"][2]["PayloadUUID"]), "wrong-scope", "PayloadContent[4]", "PayloadScope User", id="a preference without a scope"),
        pytest.param(both(put("TargetDeviceType", 5), add(CT, DisabledForDomains=["a.test"])), "wrong-scope", "PayloadContent[4]", "no PayloadScope", id="transparency on a Mac without a scope"),
        pytest.param(both(put("TargetDeviceType", 5), put("PayloadScope", "User"), add(CT, DisabledForDomains=["a.test"])), "wrong-scope", "PayloadContent[4]", "PayloadScope System", id="transparency in a user's profile"),
        pytest.param(both(put("TargetDeviceType", 1), add(PREFERENCE, Name="a.test", PayloadCertificateUUID=str(uuid.UUID(int=0)))), "not-on-this-system", "PayloadContent[4]", "a profile for macOS", id="a preference for a phone"),
        pytest.param(both(put("TargetDeviceType", 5), add(REVOCATION)), "not-on-this-system", "PayloadContent[4]", "iOS, visionOS", id="revocation checks for a Mac"),
        pytest.param(both(put("TargetDeviceType", 1), put(f"{ID_AT}.KeyIsExtractable", False)), "not-on-this-system", f"{ID_AT}.KeyIsExtractable", "no such key", id="a Mac's key for a phone"),
        pytest.param(put(f"{EAP_AT}.TLSAllowTrustExceptions", True), "not-on-this-system", f"{EAP_AT}.TLSAllowTrustExceptions", "left iOS in 8.0", id="a key that iOS gave up"),
        pytest.param(put("PayloadRemovalDisallowed", True), "not-on-this-system", "PayloadRemovalDisallowed", "supervised", id="removal disallowed"),
        pytest.param(both(put("TargetDeviceType", 1), put("HasRemovalPasscode", True), add(REMOVER, RemovalPassword="a")), "not-on-this-system", "PayloadContent[4]", "supervised", id="a removal password on a phone"),
        pytest.param(put("ConsentText", {"de": "x"}), "no-default-text", "ConsentText", "for de alone", id="consent in German alone"),
        # Wi-Fi.
        pytest.param(drop(f"{WIFI_AT}.SSID_STR"), "missing-key", f"{WIFI_AT}.SSID_STR", "2002", id="a network without a name"),
        pytest.param(put(f"{WIFI_AT}.SSID_STR", "ß" * 17), "wrong-value", f"{WIFI_AT}.SSID_STR", "32 bytes", id="a name that is too long in UTF-8"),
        pytest.param(drop(f"{WIFI_AT}.PayloadCertificateUUID"), "no-identity", f"{WIFI_AT}.PayloadCertificateUUID", "selects EAP-TLS", id="EAP-TLS without an identity"),
        pytest.param(put(f"{WIFI_AT}.EncryptionType", "None"), "wrong-value", f"{WIFI_AT}.EncryptionType", "open network", id="EAP on an open network"),
        pytest.param(drop(f"{EAP_AT}.AcceptEAPTypes"), "missing-key", f"{EAP_AT}.AcceptEAPTypes", "2002", id="no EAP types"),
        pytest.param(put(f"{EAP_AT}.AcceptEAPTypes[0]", 14), "wrong-value", f"{EAP_AT}.AcceptEAPTypes[0]", "13 or 17", id="an EAP type that Apple does not know"),
        pytest.param(drop(f"{EAP_AT}.TLSTrustedServerNames"), "no-server-names", f"{EAP_AT}.TLSTrustedServerNames", "passes for", id="anchors without names"),
        pytest.param(both(drop(f"{EAP_AT}.TLSTrustedServerNames"), drop(f"{EAP_AT}.PayloadCertificateAnchorUUID")), "no-server-trust", EAP_AT, "user is asked", id="neither anchors nor names"),
        pytest.param(both(put(f"{EAP_AT}.TLSMinimumVersion", "1.3"), put(f"{EAP_AT}.TLSMaximumVersion", "1.3")), "missing-key", f"{EAP_AT}.OuterIdentity", "hides the user", id="TLS 1.3 without an outer identity"),
        pytest.param(both(put(f"{EAP_AT}.TLSMinimumVersion", "1.3"), put(f"{EAP_AT}.OuterIdentity", "x")), "wrong-value", f"{EAP_AT}.TLSMinimumVersion", "the key's default", id="a minimum above the default maximum"),
        pytest.param(both(put(f"{EAP_AT}.TLSMinimumVersion", "1.2"), put(f"{EAP_AT}.TLSMaximumVersion", "1.1")), "wrong-value", f"{EAP_AT}.TLSMinimumVersion", "above 1.1, TLSMaximumVersion", id="a minimum above the maximum"),
        # Transparency and ACME.
        pytest.param(add(CT, DisabledForDomains=["*.a.test"]), "wrong-value", "PayloadContent[4].DisabledForDomains[0]", "no wildcards", id="a wildcard"),
        pytest.param(add(CT, DisabledForDomains=["a.test", ".com"]), "wrong-value", "PayloadContent[4].DisabledForDomains[1]", ".co.uk", id="everything below com"),
        pytest.param(add(CT, DisabledForDomains=[".co.uk"]), "wrong-value", "PayloadContent[4].DisabledForDomains[0]", "registries", id="everything below co.uk"),
        pytest.param(add(CT, DisabledForDomains=["a.test"]), "public-chains-only", "PayloadContent[4]", "a root that the system brings", id="an exemption for a private root"),
        pytest.param(add(CT, DisabledForCerts=[{"Algorithm": "sha1", "Hash": bytes(32)}]), "wrong-value", "PayloadContent[4].DisabledForCerts[0].Algorithm", "sha256", id="another digest"),
        pytest.param(add(CT, DisabledForCerts=[{"Algorithm": "sha256", "Hash": bytes(20)}]), "wrong-value", "PayloadContent[4].DisabledForCerts[0].Hash", "32 bytes", id="a hash of 20 bytes"),
        pytest.param(add("com.apple.security.acme", **{**ACME, "KeySize": 521}), "wrong-value", "PayloadContent[4].HardwareBound", "256 or 384", id="P-521 in hardware"),
        pytest.param(add("com.apple.security.acme", **{**ACME, "HardwareBound": False, "Attest": True}), "wrong-value", "PayloadContent[4].Attest", "HardwareBound true", id="an attestation of nothing"),
        pytest.param(add("com.apple.security.acme", **{**ACME, "DirectoryURL": "http://acme.test"}), "wrong-value", "PayloadContent[4].DirectoryURL", "https://", id="ACME in the clear"),
        pytest.param(add("com.apple.security.scep", PayloadContent={"Keysize": 2048}), "missing-key", "PayloadContent[4].PayloadContent.URL", "2002", id="SCEP without a URL"),
        # What is inside.
        pytest.param(put(f"{ROOT_AT}.PayloadContent", ROOT.cert.public_bytes(Encoding.PEM)), "wrong-encoding", f"{ROOT_AT}.PayloadContent", "com.apple.security.pem", id="PEM text in a root"),
        pytest.param(put(f"{MIDDLE_AT}.PayloadContent", MIDDLE.cert.public_bytes(Encoding.PEM)), "wrong-encoding", f"{MIDDLE_AT}.PayloadContent", "PEM text", id="PEM text in pkcs1"),
        pytest.param(put(f"{MIDDLE_AT}.PayloadType", "com.apple.security.pem"), "wrong-encoding", f"{MIDDLE_AT}.PayloadContent", "DER", id="DER in pem"),
        pytest.param(put(f"{MIDDLE_AT}.PayloadContent", MIDDLE.der + LEAF.der), "too-many", f"{MIDDLE_AT}.PayloadContent", "9001", id="two certificates in one payload"),
        pytest.param(put(f"{MIDDLE_AT}.PayloadContent", b"rubbish"), "wrong-content", f"{MIDDLE_AT}.PayloadContent", "9005", id="no certificate"),
        pytest.param(put(f"{MIDDLE_AT}.PayloadContent", container()), "wrong-content", f"{MIDDLE_AT}.PayloadContent", "9005", id="a container where a certificate is due"),
        pytest.param(put(f"{MIDDLE_AT}.PayloadContent", MIDDLE.der[:-9]), "wrong-content", f"{MIDDLE_AT}.PayloadContent", "9005", id="a certificate cut short"),
        pytest.param(put(f"{MIDDLE_AT}.PayloadContent", sign_again(MIDDLE.der, lambda draft: replace(draft, validity=b""), key=ROOT.key)), "wrong-content", f"{MIDDLE_AT}.PayloadContent", "9005", id="a certificate that Apple does not read"),
        pytest.param(put(f"{ROOT_AT}.PayloadContent", make("Not a CA").der), "not-listed", f"{ROOT_AT}.PayloadContent", "CA:TRUE", id="a root that is no CA"),
        pytest.param(put(f"{ROOT_AT}.PayloadContent", make(None, ca=True).der), "not-listed", f"{ROOT_AT}.PayloadContent", "CommonName", id="a root without a name"),
        pytest.param(put(f"{ROOT_AT}.PayloadType", "com.apple.security.pkcs1"), None, "", "", id="pkcs1 may hold the root, too"),
        pytest.param(put(f"{ROOT_AT}.PayloadContent", root("Old", start=AT - 9 * DAY, end=AT - DAY).der), "expired", f"{ROOT_AT}.PayloadContent", "ended on 2026-11-20", id="a root that is over"),
        pytest.param(put(f"{ROOT_AT}.PayloadContent", MIDDLE.der), "no-root", "PayloadContent", "no self-signed root", id="no root among them"),
        pytest.param(put(f"{ID_AT}.PayloadContent", ROOT.der), "wrong-content", f"{ID_AT}.PayloadContent", "9006", id="a certificate where an identity is due"),
        pytest.param(put(f"{ID_AT}.Password", "guessed"), "wrong-content", f"{ID_AT}.PayloadContent", "9000", id="the wrong password in it"),
        pytest.param(put(f"{ID_AT}.PayloadContent", container(0)), "no-issuer", f"{ID_AT}.PayloadContent", "", id="an identity without its issuers"),
        pytest.param(put(f"{ID_AT}.PayloadContent", container(1)), "several-certificates", f"{ID_AT}.PayloadContent", "only one certificate may be included", id="an issuer in the container"),
        pytest.param(put(f"{ID_AT}.PayloadContent", container(0, P12Encryption.MODERN)), "newer-only", f"{ID_AT}.PayloadContent", "iOS 17", id="a container for iOS 18"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_found_where_it_is_and_nowhere_else(
    change: Change, word: str | None, path: str, told: str
) -> None:
    top = sound()
    if word == "no-issuer":
        put(f"{MIDDLE_AT}.PayloadContent", ROOT.der)(top)
    change(top)
    try:
        found = findings(top, at=AT)
    except PkiError:
        assert word is None
        return
    matching = [f for f in found if (f.id, f.path) == (word, path)]
    assert len(matching) == (word is not None), found
    for finding in matching:
        assert told in f"{finding.found} {finding.expected} {finding.consequence}"
        assert all((finding.found, finding.expected, finding.consequence))
        shown = inspection_text(inspect_bytes(plistlib.dumps(top), name="x", at=AT))
        assert (
            f"{ {ERROR: 'error', WARNING: 'warning', INFO: 'remark'}[finding.severity] }: {path}"
            in " ".join(shown.split())
        )
        assert all(len(line) <= 80 or " " not in line.strip() for line in shown.splitlines())


@pytest.mark.parametrize(
    ("data", "word", "told"),
    [
        pytest.param(
            pkcs12.serialize_key_and_certificates(
                None, None, None, [LEAF.cert], BestAvailableEncryption(b"x")
            ),
            "no-identity",
            "no private key",
            id="a trust store",
        ),
        pytest.param(
            pkcs12.serialize_key_and_certificates(b"a", LEAF.key, LEAF.cert, None, NoEncryption()),
            "not-importable",
            "not encrypted",
            id="a key in the clear",
        ),
        pytest.param(
            pkcs12.serialize_key_and_certificates(b"a", LEAF.key, None, None, BestAvailableEncryption(b"x")),
            "no-identity",
            "without its certificate",
            id="a key alone",
        ),
        pytest.param(
            pkcs12.serialize_key_and_certificates(
                b"a",
                leaf(MIDDLE, "ed", kind="ed25519").key,
                leaf(MIDDLE, "ed", kind="ed25519").cert,
                None,
                BestAvailableEncryption(b"x"),
            ),
            "not-importable",
            "Ed25519",
            id="a key that Apple does not import",
        ),
    ],
)
def test_a_container_that_gives_no_identity_is_an_error(data: bytes, word: str, told: str) -> None:
    top = sound()
    put(f"{ID_AT}.PayloadContent", data)(top)
    put(f"{ID_AT}.Password", "x")(top)
    if word == "not-importable" and told == "not encrypted":
        drop(f"{ID_AT}.Password")(top)
    (finding,) = (f for f in findings(top) if f.id == word)
    assert finding.severity is ERROR
    assert told in finding.found


@pytest.mark.peer("keytool", "apt-get install default-jre-headless")
@pytest.mark.parametrize("password", [None, PASSWORD], ids=["locked", "opened"])
def test_a_container_with_two_identities_is_an_error(password: str | None, tmp_path: Path) -> None:
    path = tmp_path / "java.p12"
    for alias in ("first", "second"):
        command = ["keytool", "-genkeypair", "-alias", alias, "-keyalg", "EC", "-dname", f"CN={alias}"]
        command += ["-keystore", str(path), "-storetype", "PKCS12", "-storepass", PASSWORD]
        subprocess.run(command, check=True, capture_output=True, timeout=clock.PATIENCE)
    top = sound()
    put(f"{ID_AT}.PayloadContent", path.read_bytes())(top)
    drop(f"{ID_AT}.Password")(top)
    (finding,) = (f for f in findings(top, password=password) if f.severity is ERROR)
    assert (finding.id, finding.path) == ("too-many", f"{ID_AT}.PayloadContent")
    assert finding.found == "2 private keys"


def test_containers_that_together_cost_too_much_are_not_called_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pki.load.p12.kdf.MAX_ROUNDS", 200_000)  # enough for one
    top = sound()
    add("com.apple.security.pkcs12", PayloadContent=container(1), Password=PASSWORD)(top)
    found = {f.path: f for f in findings(top) if f.path.endswith(".PayloadContent")}
    assert list(found) == ["PayloadContent[4].PayloadContent"]
    (finding,) = found.values()
    assert (finding.id, finding.severity) == ("locked", INFO)
    assert "it would take too long" in finding.consequence


def test_no_secret_is_in_a_finding() -> None:
    top = sound()
    secret = "hunter2-hunter2"
    for change in (
        put(f"{WIFI_AT}.Password", secret.encode()),
        put(f"{EAP_AT}.UserPassword", [secret]),
        put(f"{ID_AT}.Password", 20771234),
        add(REMOVER, RemovalPassword=[secret]),
        add("com.apple.security.scep", PayloadContent={"URL": "https://x.test", "Challenge": {"a": secret}}),
    ):
        change(top)
    inspected = inspect_bytes(plistlib.dumps(top), name="x")
    shown = inspection_text(inspected) + str(inspection_json(inspected)) + repr(inspected)
    assert len([f for f in inspected.findings if f.id == "wrong-type"]) == 5
    assert secret not in shown
    assert "20771234" not in shown


def test_a_private_key_beside_a_certificate_is_told() -> None:
    key = LEAF.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    top = sound()
    add("com.apple.security.pem", PayloadContent=key + LEAF.cert.public_bytes(Encoding.PEM))(top)
    assert [f.path for f in findings(top) if f.id == "private-key"] == ["PayloadContent[4].PayloadContent"]


@pytest.mark.parametrize("form", [plistlib.FMT_XML, plistlib.FMT_BINARY])
def test_both_forms_of_a_property_list_are_checked_alike(form: Any) -> None:
    top = sound()
    put("PayloadVersion", 2)(top)
    put("Colour", b"x")(top)
    assert inspect_bytes(plistlib.dumps(top, fmt=form), name="x").findings == findings(top)


@pytest.mark.parametrize(
    ("kind", "meant"),
    [
        pytest.param("com.apple.eas.account", None, id="another trade"),
        pytest.param("com.apple.webClip.managed", None, id="half of it is like com.apple.wifi.managed"),
        pytest.param("com.apple.security.tokend", None, id="com.apple.security.pem is near by letters alone"),
        pytest.param("com.apple.security.firewall", None, id="security of another kind"),
        pytest.param("x" * 10_000, None, id="nothing like it"),
        pytest.param("com.apple.wi-fi.managed", "com.apple.wifi.managed", id="a hyphen too many"),
        pytest.param("com.apple.security.pkcs7", "com.apple.security.pkcs1", id="a number beside"),
        pytest.param("com.apple.security.PKCS12", "com.apple.security.pkcs12", id="capitals"),
        pytest.param("com.apple.vpn.mangaed", "com.apple.vpn.managed", id="two letters swapped"),
    ],
)
def test_a_type_of_another_trade_is_one_line_and_a_misspelt_one_is_told(kind: str, meant: str | None) -> None:
    top = unopened()
    for _ in range(2):
        add(kind)(top)
        top["PayloadContent"][-1] |= {
            "PayloadUUID": str(uuid.uuid4()),
            "PayloadIdentifier": str(uuid.uuid4()),
        }
    inspected = inspect_bytes(plistlib.dumps(top), name="x", password=PASSWORD)
    assert [(f.id, f.severity) for f in inspected.findings] == [("unknown-payload-type", WARNING)] * (
        2 if meant else 0
    )
    assert all(str(meant) in f.expected for f in inspected.findings)
    assert not inspected.faulty
    shown = " ".join(inspection_text(inspected).split())
    assert f"Not looked into: 2 payloads of type {kind[:80]};" in shown
    assert inspection_json(inspected)["profile"]["not_looked_into"] == [
        {"type": harmless(kind), "payloads": 2}
    ]


@pytest.mark.parametrize("uuid_", ["field-root-1", "algo9D18FBEE-C185-5F8B-9A48-C873BB65BB8E", "7", "ä"])
def test_what_a_uuid_looks_like_is_unimportant(uuid_: str) -> None:
    """Apple, TopLevel.yaml: "The actual content is unimportant"; and references to it work as to any other."""
    top = unopened()
    for at, one in enumerate((top, *top["PayloadContent"])):
        one["PayloadUUID"] = f"{uuid_}-{at}"
    wifi = top["PayloadContent"][3]
    wifi["PayloadCertificateUUID"] = f"{uuid_}-3"
    wifi["EAPClientConfiguration"]["PayloadCertificateAnchorUUID"] = [f"{uuid_}-1", f"{uuid_}-2"]
    assert findings(top, password=PASSWORD) == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(
            None, ["iPhone and iPad:", "supervised", "Mac:", "administrator"], id="no device is named"
        ),
        pytest.param(put("TargetDeviceType", 1), ["supervised"], id="an iPhone"),
        pytest.param(put("TargetDeviceType", 5), [], id="a Mac"),
        pytest.param(put("PayloadScope", "System"), [], id="a scope, which Macs alone have"),
        pytest.param(
            add("com.apple.ManagedClient.preferences", PayloadContent={}), [], id="a payload for Macs"
        ),
    ],
)
def test_a_profile_that_may_not_be_removed_is_told_by_system(change: Change | None, words: list[str]) -> None:
    top = unopened()
    put("PayloadRemovalDisallowed", True)(top)
    if change is not None:
        change(top)
    found = [f for f in findings(top, password=PASSWORD) if f.path == "PayloadRemovalDisallowed"]
    assert len(found) == bool(words)
    for word in words:
        assert word in found[0].consequence
    assert all("Mac" not in f.consequence for f in found if "Mac:" not in words)
    assert not any(f.severity.fails for f in found)


@pytest.mark.parametrize(("target", "severity"), [(None, ERROR), (1, ERROR), (5, WARNING)])
def test_a_payload_without_a_version_installs_on_macs(target: int | None, severity: Severity) -> None:
    """microsoft/mdatp-xplat, issue 257, measured: macOS installs it."""
    top = unopened()
    drop(f"{WIFI_AT}.PayloadVersion")(top)
    if target is not None:
        put("TargetDeviceType", target)(top)
    (finding,) = findings(top, password=PASSWORD)
    assert (finding.id, finding.severity) == ("missing-key", severity)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        pytest.param(put("DurationUntilRemoval", 604800), "wrong-type", id="an integer for a real"),
        pytest.param(put(f"{WIFI_AT}.HIDDEN_NETWORK", 0), "wrong-type", id="an integer for a boolean"),
        pytest.param(put(f"{ID_AT}.Password", ""), "wrong-value", id="an empty password"),
        pytest.param(put(f"{WIFI_AT}.MCCAndMNCs", ["26201"]), "wrong-value", id="a format that Apple publishes"),
        pytest.param(put(f"{WIFI_AT}.ssid_str", "x"), "unknown-key", id="a misspelt key"),
        pytest.param(add("com.apple.security.PKCS12"), "unknown-payload-type", id="a misspelt type"),
        pytest.param(put(f"{ROOT_AT}.PayloadContent", ROOT.cert.public_bytes(Encoding.PEM)), "wrong-encoding", id="PEM in a root"),
        pytest.param(put("DurationUntilRemoval", 0.0), "wrong-value", id="gone before it came"),
        pytest.param(put("PayloadScope", "system"), "wrong-value", id="a scope in small letters"),
        pytest.param(put(f"{WIFI_AT}.EncryptionType", "None"), "wrong-value", id="EAP on an open network"),
        pytest.param(both(put("IsEncrypted", True), put("EncryptedPayloadContent", b"x")), "unexpected-key", id="payloads beside encrypted ones"),
    ],
)  # fmt: skip
def test_what_no_source_calls_refused_decides_no_exit_code(change: Change, word: str) -> None:
    top = unopened()
    change(top)
    inspected = inspect_bytes(plistlib.dumps(top), name="x", password=PASSWORD, at=AT)
    assert word in {finding.id for finding in inspected.findings}
    assert not inspected.faulty


def test_eap_tls_that_may_go_without_a_certificate_is_not_asked_for_one() -> None:
    """Apple: TLSCertificateIsRequired false "allows for zero-factor authentication for EAP-TLS"."""
    top = unopened()
    both(drop(f"{WIFI_AT}.PayloadCertificateUUID"), put(f"{EAP_AT}.TLSCertificateIsRequired", False))(top)
    assert findings(top, password=PASSWORD) == ()


def test_white_space_before_the_declaration_is_a_remark() -> None:
    data = plistlib.dumps(unopened())
    (finding,) = inspect_bytes(b"\n \r\n\t" + data, name="x", password=PASSWORD).findings
    assert (finding.id, finding.severity) == ("late-declaration", INFO)
    for marked in (b"\xef\xbb\xbf" + data, data.decode().replace("UTF-8", "UTF-16").encode("utf-16")):
        assert inspect_bytes(marked, name="x", password=PASSWORD).findings == ()


def test_findings_come_errors_first_and_say_everything_in_json() -> None:
    top = sound()
    put("Colour", "red")(top)
    put("PayloadVersion", 2)(top)
    inspected = inspect_bytes(plistlib.dumps(top), name="x")
    assert [f.severity for f in inspected.findings] == [ERROR, WARNING, INFO]
    assert inspected.faulty
    told = inspection_json(inspected)["profile"]["findings"]
    assert told[0] == {
        "id": "wrong-value",
        "severity": "error",
        "unchecked": False,
        "path": "PayloadVersion",
        "found": "<integer> 2",
        "expected": "1: the version of the format, never of your profile",
        "consequence": "A device refuses it (1001, Unsupported profile version)",
    }


def test_what_json_says_of_a_profile_is_as_published() -> None:
    signed = sign_profile(plistlib.dumps(sound()), Identity(LEAF.cert, LEAF.key, (MIDDLE.cert, ROOT.cert)))
    broken = unopened()
    put("Colour", "red")(broken)
    put("RemovalDate", PAST)(broken)
    judge = validator("trustrig.inspection/1")
    for data in (signed, plistlib.dumps(broken), signed.replace(b"Stranger", b"Somebody")):
        inspected = inspect_bytes(data, name="x", at=AT)
        whole = inspection_json(inspected)
        judge.validate(whole)
        document = whole["profile"]
        assert document["findings"]
        assert document.keys() == set(judge.schema["$defs"]["ProfileJson"]["required"])


def test_the_walk_knows_every_keyword_of_the_schema() -> None:
    known = {
        "$defs",
        "$ref",
        "$schema",
        "additionalProperties",
        "allOf",
        "const",
        "contentEncoding",
        "default",
        "else",
    }
    known |= {
        "enum",
        "format",
        "if",
        "items",
        "maxItems",
        "maxLength",
        "minItems",
        "minLength",
        "not",
        "pattern",
    }
    known |= {"properties", "required", "then", "title", "type"}

    def keywords(rule: Any) -> set[str]:
        if not isinstance(rule, dict):
            return set()
        found = {word for word in rule if not word.startswith("x-")}
        for word in ("items", "additionalProperties", "if", "then", "else", "not"):
            found |= keywords(rule.get(word))
        for word in ("properties", "$defs"):
            found |= set().union(*map(keywords, rule.get(word, {}).values()))
        return found.union(*map(keywords, rule.get("allOf", ())))

    assert keywords(profile_schema()) == known


# Bounds: what a hostile profile costs, and what it may print.


def bomb() -> bytes:
    """Ten levels of an array that holds the one below ten times, which a binary property list writes ten times only."""
    value: Any = "x"
    for _ in range(10):
        value = [value] * 10
    top = sound()
    put("Bomb", value)(top)
    put(f"{EAP_AT}.TLSTrustedServerNames", value)(top)
    put(f"{WIFI_AT}.RoamingConsortiumOIs", ["x"] * 9)(top)
    return plistlib.dumps(top, fmt=plistlib.FMT_BINARY)


def crowd() -> bytes:
    """One payload, named ten thousand times, each time with a container to open and names to look at."""
    top = sound()
    one = top["PayloadContent"][2]
    one["PayloadContent"] = container()
    top["PayloadContent"] = [one] * 10_000
    return plistlib.dumps(top, fmt=plistlib.FMT_BINARY)


def wide() -> bytes:
    top = sound()
    names = ["radius.test"] * 1000
    put(f"{EAP_AT}.TLSTrustedServerNames", names)(top)
    top["PayloadContent"] = [top["PayloadContent"][3]] * 1000
    return plistlib.dumps(top, fmt=plistlib.FMT_BINARY)


def novel() -> bytes:
    long = "x" * 1_000_000
    top = sound()
    for path in ("PayloadScope", f"{WIFI_AT}.PayloadCertificateUUID", f"{MIDDLE_AT}.PayloadIdentifier"):
        put(path, long)(top)
    put(f"{MIDDLE_AT}.PayloadContent", long.encode())(top)
    put(f"{EAP_AT}.TLSMinimumVersion", long)(top)
    put(f"{WIFI_AT}.SSID_STR", long)(top)
    put("ConsentText", {long: "x"})(top)
    add(long)(top)
    add(PREFERENCE, Name=long, PayloadCertificateUUID=long)(top)
    put(f"{ROOT_AT}.PayloadContent", make("x" * 64, ca=False).der)(top)
    return plistlib.dumps(top)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        pytest.param(bomb(), "wrong-type", id="arrays of arrays of arrays"),
        pytest.param(crowd(), "too-large", id="one container ten thousand times"),
        pytest.param(wide(), "too-large", id="a million names in a kilobyte"),
        pytest.param(
            plistlib.dumps({**sound(), **{f"Key {n}": n for n in range(20_000)}}),
            "too-large",
            id="unknown keys without end",
        ),
        pytest.param(plistlib.dumps({**sound(), "x" * 1_000_000: 1}), "unknown-key", id="a key like a novel"),
        pytest.param(novel(), "dangling-reference", id="names, references and identifiers like novels"),
        pytest.param(
            plistlib.dumps({**sound(), "PayloadType": "Configuration", "PayloadVersion": "1-" * 1_000_000}),
            "wrong-type",
            id="a version like a novel",
        ),
    ],
)
def test_hostile_profiles_are_answered_soon_and_briefly(data: bytes, word: str) -> None:
    started = time.process_time()
    inspected = inspect_bytes(data, name="x")
    assert word in {finding.id for finding in inspected.findings}
    assert len(inspected.findings) <= MAX_FINDINGS + 1
    assert inspected.faulty or word == "unknown-key"
    for finding in inspected.findings:
        assert len(str(finding)) < 2000
    assert time.process_time() - started < 20  # CPU seconds; one or two are usual


def test_the_bound_of_the_walk_is_above_what_people_write() -> None:
    top = sound()
    many = [
        payload("com.apple.security.root", PayloadContent=ROOT.der, **{"PayloadDisplayName": "x", str(n): n})
        for n in range(500)
    ]
    top["PayloadContent"] += many
    assert 20 * len(many) < MAX_VALUES
    for unknown, one in enumerate(many):
        del one[str(unknown)]
    assert {finding.id for finding in findings(top)} == {"embedded-password"}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b'<!DOCTYPE x [<!ENTITY a "b">]><plist><dict><key>PayloadContent</key>&a;</dict></plist>', id="an entity"),
        pytest.param(b"<plist>" + b"<array>" * 100_000 + b"PayloadContent", id="nesting without end"),
    ],
)  # fmt: skip
def test_hostile_xml_is_refused(data: bytes) -> None:
    with pytest.raises(PkiError):
        inspect_bytes(data, name="x")


# Against jsonschema, a stranger's reading of the same schema.

JUDGE = jsonschema.Draft202012Validator(profile_schema())
SHAPE = {"missing-key", "wrong-type", "wrong-value", "unknown-key", "unknown-payload-type", "unexpected-key"}
PATHS = (
    "PayloadVersion PayloadUUID PayloadType PayloadScope RemovalDate DurationUntilRemoval TargetDeviceType IsEncrypted "
    "ConsentText PayloadContent HasRemovalPasscode Nonsense "
    f"{ROOT_AT}.PayloadContent {ROOT_AT}.PayloadVersion {ROOT_AT}.PayloadType {ROOT_AT} {ID_AT}.Password {WIFI_AT}.SSID_STR "
    f"{WIFI_AT}.EncryptionType {WIFI_AT}.HIDDEN_NETWORK {EAP_AT} {EAP_AT}.AcceptEAPTypes {EAP_AT}.TLSMinimumVersion "
    f"{WIFI_AT}.QoSMarkingPolicy {WIFI_AT}.MCCAndMNCs {WIFI_AT}.EAPClientConfiguration.Nonsense"
).split()
values = st.one_of(
    st.sampled_from([1, 0, 13, "", "x", "User", "1.2", "Any", True, False, b"x", TO_COME, 1.5]),
    st.sampled_from([[], [13], ["123456"], ["x"], {}, {"default": "x"}, {"AcceptEAPTypes": [13]}, {"QoSMarkingEnabled": True}]),
    st.sampled_from(["com.apple.security.pem", "com.apple.security.scep", "com.apple.nothing"]),
)  # fmt: skip


@pytest.mark.slow
@given(st.lists(st.tuples(st.sampled_from(PATHS), values | st.none()), min_size=1, max_size=3))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_walk_and_jsonschema_agree_on_whether_the_shape_is_right(changes: list[tuple[str, Any]]) -> None:
    top = unopened()
    for path, value in changes:
        try:
            (drop(path) if value is None else put(path, deepcopy(value)))(top)
        except (KeyError, IndexError):
            continue
    try:
        findings(top)
    except PkiError:  # no profile any more
        return
    ours = {finding.path for finding in findings(top) if finding.id in SHAPE}
    theirs = list(JUDGE.iter_errors(as_json(top)))
    if theirs:
        assert ours, [error.message for error in theirs]
    elif ours:  # JSON has one type for numbers, and none for data and dates; some rules go beyond the schema
        beyond = {
            f.path for f in findings(top) if f.id in SHAPE and (f.id == "wrong-type" or not _in_schema(f))
        }
        assert ours == beyond


def _in_schema(finding: ProfileFinding) -> bool:
    """Whether the schema alone could have found it."""
    last = finding.path.rpartition(".")[2]
    return last not in (
        "PayloadType",
        "SSID_STR",
        "TLSMinimumVersion",
        "OuterIdentity",
        "EncryptionType",
        "DurationUntilRemoval",
    )


# Anything at all.

plists = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.slow
@given(st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_property_list_under_any_key_gives_findings_or_an_error(data: st.DataObject) -> None:
    top = unopened()
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(PATHS))
        try:
            put(path, data.draw(plists))(top)
        except (KeyError, IndexError):
            continue
    try:
        written = plistlib.dumps(top, fmt=plistlib.FMT_BINARY)
    except (TypeError, OverflowError, UnicodeEncodeError):  # None, and what no property list holds
        return
    try:
        inspected = inspect_bytes(written, name="x", at=AT)
    except PkiError as error:
        assert str(error).strip()
        return
    assert all(isinstance(finding, ProfileFinding) for finding in inspected.findings)
    assert inspection_text(inspected)
    assert inspection_json(inspected)
