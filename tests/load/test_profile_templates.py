"""What is said of profiles as well-known generators write them, whole and broken."""

from __future__ import annotations

import plistlib
from collections.abc import Callable
from typing import Any

import pytest

from pki.errors import Unreadable
from pki.load.inspection import inspect_bytes
from pki.report.inspection import inspection_text
from tests.chains import AT
from tests.load.profile_templates import LEAF, PASSWORD, TEMPLATES, Top, ikev2, mdm, number, payload

NOBODY = number("nobody")
Change = Callable[[Top], object]


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("form", [plistlib.FMT_XML, plistlib.FMT_BINARY], ids=["XML", "binary"])
def test_of_a_good_one_nothing_is_found(name: str, form: Any) -> None:
    inspected = inspect_bytes(plistlib.dumps(TEMPLATES[name](), fmt=form), name="x", at=AT)
    assert [finding for finding in inspected.findings if not finding.unchecked] == []
    assert not inspected.faulty
    assert "Held against Apple's published keys: nothing found\n" in inspection_text(inspected)
    opened = inspect_bytes(plistlib.dumps(TEMPLATES[name](), fmt=form), name="x", password=PASSWORD, at=AT)
    assert opened.findings == ()


def part(top: Top, at: int, *keys: str) -> Any:
    found = top["PayloadContent"][at]
    for key in keys:
        found = found[key]
    return found


def put(at: int, *keys: str, value: object) -> Change:
    def change(top: Top) -> None:
        part(top, at, *keys[:-1])[keys[-1]] = value

    return change


def drop(at: int, *keys: str) -> Change:
    def change(top: Top) -> None:
        del part(top, at, *keys[:-1])[keys[-1]]

    return change


def leave_out(at: int) -> Change:
    return lambda top: top["PayloadContent"].pop(at)


@pytest.mark.parametrize(
    ("name", "change", "word", "path", "told"),
    [
        # A VPN by IKEv2.
        pytest.param("ikev2", put(0, "IKEv2", "PayloadCertificateUUID", value=NOBODY), "dangling-reference", "[0].IKEv2.PayloadCertificateUUID", "no payload of this profile", id="the VPN names nobody"),
        pytest.param("ikev2", leave_out(1), "dangling-reference", "[0].IKEv2.PayloadCertificateUUID", "no payload of this profile", id="the identity was left out"),
        pytest.param("ikev2", put(0, "IKEv2", "PayloadCertificateUUID", value=number("root")), "dangling-reference", "[0].IKEv2.PayloadCertificateUUID", "com.apple.security.root", id="the VPN proves itself by a root"),
        pytest.param("ikev2", drop(0, "IKEv2", "PayloadCertificateUUID"), "no-identity", "[0].IKEv2.PayloadCertificateUUID", "AuthenticationMethod Certificate", id="certificates without a certificate"),
        pytest.param("ikev2", drop(0, "IKEv2"), "missing-key", "[0].IKEv2", "VPNType IKEv2", id="no settings of the type"),
        pytest.param("ikev2", drop(0, "IKEv2", "RemoteIdentifier"), "missing-key", "[0].IKEv2.RemoteIdentifier", "2002", id="a server without a name"),
        pytest.param("ikev2", drop(0, "VPNType"), "missing-key", "[0].VPNType", "2002", id="a VPN of no type"),
        pytest.param("ikev2", put(1, "PayloadContent", value=LEAF.der), "wrong-content", "[1].PayloadContent", "9006", id="a certificate for an identity"),
        # WireGuard.
        pytest.param("wireguard", drop(0, "VPNSubType"), "missing-key", "[0].VPNSubType", "2002", id="a tunnel of no app"),
        pytest.param("wireguard", put(0, "VPN", "PayloadCertificateUUID", value=NOBODY), "dangling-reference", "[0].VPN.PayloadCertificateUUID", "no payload", id="a tunnel that names nobody"),
        pytest.param("wireguard", put(0, "VPN", value="x"), "wrong-type", "[0].VPN", "2003", id="a string for its settings"),
        # Wi-Fi.
        pytest.param("wifi", put(1, "EAPClientConfiguration", "PayloadCertificateAnchorUUID", value=[NOBODY]), "dangling-reference", "[1].EAPClientConfiguration.PayloadCertificateAnchorUUID[0]", "no payload", id="an anchor that is not there"),
        pytest.param("wifi", leave_out(0), "dangling-reference", "[0].PayloadCertificateUUID", "no payload", id="a network without its identity"),
        pytest.param("wifi", drop(1, "EAPClientConfiguration", "AcceptEAPTypes"), "missing-key", "[1].EAPClientConfiguration.AcceptEAPTypes", "2002", id="EAP of no type"),
        # DNS.
        pytest.param("dns", drop(0, "DNSSettings", "ServerURL"), "missing-key", "[0].DNSSettings.ServerURL", "DNSProtocol HTTPS", id="HTTPS without a URL"),
        pytest.param("dns", put(0, "DNSSettings", "ServerURL", value="http://dns.test/"), "wrong-value", "[0].DNSSettings.ServerURL", "https://", id="HTTPS in the clear"),
        pytest.param("dns", drop(1, "DNSSettings", "ServerName"), "missing-key", "[1].DNSSettings.ServerName", "DNSProtocol TLS", id="TLS without a name"),
        pytest.param("dns", drop(0, "DNSSettings", "DNSProtocol"), "missing-key", "[0].DNSSettings.DNSProtocol", "2002", id="DNS by no protocol"),
        pytest.param("dns", put(0, "PayloadCertificateUUID", value=NOBODY), "dangling-reference", "[0].PayloadCertificateUUID", "no payload", id="a resolver's client that is not there"),
        pytest.param("dns", lambda top: top["PayloadContent"][1].update(PayloadUUID=number("dns")), "not-unique", "[1].PayloadUUID", "1007", id="one UUID twice"),
        # MDM.
        pytest.param("mdm", drop(1, "IdentityCertificateUUID"), "no-identity", "[1].IdentityCertificateUUID", "2002", id="an enrolment without an identity"),
        pytest.param("mdm", put(1, "IdentityCertificateUUID", value=number("root")), "dangling-reference", "[1].IdentityCertificateUUID", "cannot serve", id="an enrolment by a root"),
        pytest.param("mdm", leave_out(0), "dangling-reference", "[0].IdentityCertificateUUID", "no payload", id="SCEP was left out"),
        pytest.param("mdm", put(1, "ServerURL", value="http://mdm.test/"), "wrong-value", "[1].ServerURL", "https://", id="management in the clear"),
        pytest.param("mdm", drop(1, "Topic"), "missing-key", "[1].Topic", "2002", id="no topic"),
        pytest.param("mdm", put(1, "Topic", value="com.example"), "wrong-value", "[1].Topic", "com.apple.mgmt.", id="another's topic"),
        pytest.param("mdm", put(1, "ServerURLPinningCertificateUUIDs", value=[number("scep")]), "dangling-reference", "[1].ServerURLPinningCertificateUUIDs[0]", "cannot serve", id="pinned to an identity"),
        # Mail.
        pytest.param("mail", put(0, "SMIMESigningCertificateUUID", value=NOBODY), "dangling-reference", "[0].SMIMESigningCertificateUUID", "no payload", id="signed by nobody"),
        pytest.param("mail", put(0, "SMIMEEncryptionCertificateUUID", value=number("middle")), "dangling-reference", "[0].SMIMEEncryptionCertificateUUID", "cannot serve", id="decrypted by a certificate alone"),
        pytest.param("mail", drop(0, "IncomingMailServerHostName"), "missing-key", "[0].IncomingMailServerHostName", "2002", id="mail from nowhere"),
        pytest.param("mail", put(0, "PayloadVersion", value="1"), "wrong-type", "[0].PayloadVersion", "2003", id="a version in words"),
    ],
)  # fmt: skip
def test_of_a_broken_one_what_is_broken_is_named_and_nothing_else(
    name: str, change: Change, word: str, path: str, told: str
) -> None:
    top = TEMPLATES[name]()
    change(top)
    inspected = inspect_bytes(plistlib.dumps(top), name="x", password=PASSWORD, at=AT)
    (finding,) = (finding for finding in inspected.findings if finding.severity.fails)
    assert (finding.id, finding.path) == (word, f"PayloadContent{path}")
    assert told in f"{finding.found} {finding.expected} {finding.consequence}"
    assert inspected.faulty


@pytest.mark.parametrize(
    ("changes", "word", "path"),
    [
        pytest.param({"SMIMESigningCertificateUUID": None}, "no-identity", "SMIMESigningCertificateUUID", id="signing without an identity"),
        pytest.param({"SMIMEEncryptionCertificateUUID": None}, "no-identity", "SMIMEEncryptionCertificateUUID", id="encryption without one"),
        pytest.param({"SMIMESigningCertificateUUID": None, "SMIMESigningCertificateUUIDUserOverrideable": True}, None, "", id="the user may choose one"),
        pytest.param({"SMIMESigningCertificateUUID": None, "SMIMESigningEnabled": False}, None, "", id="nothing is signed"),
    ],
)  # fmt: skip
def test_what_mail_signs_with_is_asked_for_where_it_signs(changes: Top, word: str | None, path: str) -> None:
    top = TEMPLATES["mail"]()
    account = top["PayloadContent"][0]
    account.update(changes)
    top["PayloadContent"][0] = {key: value for key, value in account.items() if value is not None}
    findings = inspect_bytes(plistlib.dumps(top), name="x", password=PASSWORD, at=AT).findings
    assert [(f.id, f.path, f.severity.fails) for f in findings] == (
        [(word, f"PayloadContent[0].{path}", False)] if word else []
    )


def test_a_client_that_answers_by_eap_needs_no_identity_where_the_server_has_a_certificate() -> None:
    """strongSwan's page about Apple's clients: the server by Certificate, the client by name and password."""
    top = ikev2()
    tunnel = part(top, 0, "IKEv2")
    del tunnel["PayloadCertificateUUID"]
    tunnel |= {"ExtendedAuthEnabled": 1, "AuthName": "carol"}
    assert inspect_bytes(plistlib.dumps(top), name="x", password=PASSWORD, at=AT).findings == ()


def test_types_of_other_trades_are_one_line() -> None:
    top = TEMPLATES["dns"]()
    top["PayloadContent"].append(
        payload("com.apple.webClip.managed", "clip", URL="https://a.test", Label="a")
    )
    told = " ".join(inspection_text(inspect_bytes(plistlib.dumps(top), name="x")).split())
    assert (
        "nothing found Not looked into: 2 payloads of type com.apple.dnsSettings.managed, 1 payload of type "
        "com.apple.webClip.managed; the references to certificates in them were"
    ) in told
    assert "warning" not in told


@pytest.mark.parametrize(
    ("rights", "faulty"),
    [(8191, False), (1, False), (3, False), (192, False), (0, True), (2, True), (128, True)],
)
def test_access_rights_that_apple_excludes_are_told(rights: int, faulty: bool) -> None:
    top = mdm()
    top["PayloadContent"][1]["AccessRights"] = rights
    assert inspect_bytes(plistlib.dumps(top), name="x", at=AT).faulty is faulty


def test_an_ampersand_as_a_generator_without_escapes_writes_it_has_its_line_and_column() -> None:
    written = plistlib.dumps(ikev2()).replace(b">vpn.test<", b">A & B<", 1)
    line = next(at for at, row in enumerate(written.split(b"\n"), start=1) if b"A & B" in row)
    column = written.split(b"\n")[line - 1].index(b"&") + 1
    with pytest.raises(Unreadable, match=rf"line {line}, column {column}: an unescaped &"):
        inspect_bytes(written, name="x")
