"""Profiles as well-known generators write them, rebuilt: a VPN by IKEv2, WireGuard, Wi-Fi, DNS over HTTPS, MDM, mail.

Read for their shape, and nothing copied: trailofbits/algo and hwdsl2/setup-ipsec-vpn (IKEv2), WireGuard/wireguard-apple,
MOBILECONFIG.md, geteduroam/letswifi-portal (EAP-TLS), paulmillr/encrypted-dns, micromdm/nanomdm, docs/enroll.mobileconfig.
"""

from __future__ import annotations

import uuid
from typing import Any

from tests.chains import intermediate, leaf, root
from tests.identities import packed

Top = dict[str, Any]
PASSWORD = "correct-horse-battery"
ROOT = root("Template Root")
MIDDLE = intermediate(ROOT, "Template Intermediate")
LEAF = leaf(MIDDLE, "carol", dns=())


def number(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.template.test")).upper()


def payload(kind: str, name: str, **keys: Any) -> Top:
    head = {"PayloadType": kind, "PayloadVersion": 1, "PayloadIdentifier": f"{kind}.{number(name)}"}
    return {**head, "PayloadUUID": number(name), "PayloadDisplayName": name, **keys}


def profile(*payloads: Top, **keys: Any) -> Top:
    return payload(
        "Configuration", "top", PayloadContent=list(payloads), PayloadRemovalDisallowed=False, **keys
    )


def identity() -> Top:
    return payload(
        "com.apple.security.pkcs12",
        "identity",
        PayloadContent=packed(LEAF, PASSWORD),
        PayloadCertificateFileName="carol.p12",
    )


def authorities() -> tuple[Top, Top]:
    return (
        payload("com.apple.security.root", "root", PayloadContent=ROOT.der),
        payload("com.apple.security.pkcs1", "middle", PayloadContent=MIDDLE.der),
    )


def ikev2() -> Top:
    """A VPN whose two ends prove themselves by certificates."""
    association = {
        "DiffieHellmanGroup": 19,
        "EncryptionAlgorithm": "AES-256-GCM",
        "IntegrityAlgorithm": "SHA2-256",
        "LifeTimeInMinutes": 1410,
    }
    tunnel = {
        "AuthenticationMethod": "Certificate",
        "ChildSecurityAssociationParameters": association,
        "IKESecurityAssociationParameters": association,
        "DeadPeerDetectionRate": "Medium",
        "DisableRedirect": True,
        "EnablePFS": 1,
        "LocalIdentifier": "carol",
        "RemoteAddress": "vpn.test",
        "RemoteIdentifier": "vpn.test",
        "PayloadCertificateUUID": number("identity"),
        "OnDemandEnabled": 0,
        "OnDemandRules": [{"Action": "Connect", "InterfaceTypeMatch": "WiFi"}, {"Action": "Ignore"}],
    }
    vpn = payload(
        "com.apple.vpn.managed",
        "vpn",
        IKEv2=tunnel,
        IPv4={"OverridePrimary": 1},
        Proxies={"HTTPEnable": 0, "HTTPSEnable": 0},
        UserDefinedName="vpn.test",
        VPNType="IKEv2",
    )
    return profile(vpn, identity(), *authorities())


def wireguard() -> Top:
    """A tunnel of another app, under a UUID that uuidgen never wrote."""
    tunnel = payload(
        "com.apple.vpn.managed",
        "wireguard",
        UserDefinedName="home",
        VPNType="VPN",
        VPNSubType="com.wireguard.ios",
        VendorConfig={"WgQuickConfig": "[Interface]\nPrivateKey = x\n[Peer]\nEndpoint = wg.test:51820\n"},
        VPN={
            "RemoteAddress": "wg.test:51820",
            "AuthenticationMethod": "Password",
            "OnDemandEnabled": 1,
            "OnDemandRules": [{"Action": "Connect"}],
        },
    )
    return profile({**tunnel, "PayloadUUID": f"home-{number('wireguard')}"})


def wifi() -> Top:
    """EAP-TLS, with the anchors and names of the RADIUS server."""
    eap = {
        "AcceptEAPTypes": [13],
        "PayloadCertificateAnchorUUID": [number("root")],
        "TLSTrustedServerNames": ["radius.test"],
        "TLSMinimumVersion": "1.2",
        "TLSMaximumVersion": "1.2",
        "OuterIdentity": "anonymous@test",
    }
    network = payload(
        "com.apple.wifi.managed",
        "wifi",
        SSID_STR="campus",
        HIDDEN_NETWORK=False,
        AutoJoin=True,
        EncryptionType="WPA2",
        ProxyType="None",
        PayloadCertificateUUID=number("identity"),
        EAPClientConfiguration=eap,
    )
    return profile(identity(), network, *authorities())


def dns() -> Top:
    """DNS over HTTPS, for two servers by turns of an exception."""
    settings = {
        "DNSProtocol": "HTTPS",
        "ServerAddresses": ["192.0.2.53", "2001:db8::53"],
        "ServerURL": "https://dns.test/dns-query",
    }
    rules = [
        {
            "Action": "EvaluateConnection",
            "ActionParameters": [{"DomainAction": "NeverConnect", "Domains": ["captive.test"]}],
        },
        {"Action": "Connect"},
    ]
    one = payload(
        "com.apple.dnsSettings.managed",
        "dns",
        DNSSettings=settings,
        OnDemandRules=rules,
        ProhibitDisablement=False,
    )
    other = payload(
        "com.apple.dnsSettings.managed",
        "dot",
        DNSSettings={"DNSProtocol": "TLS", "ServerName": "dns.test"},
    )
    return profile(one, other, PayloadScope="System")


def mdm() -> Top:
    """An enrolment whose identity comes by SCEP."""
    scep = {
        "URL": "https://mdm.test/scep",
        "Challenge": "secret",
        "Key Type": "RSA",
        "Keysize": 2048,
        "Key Usage": 5,
    }
    management = payload(
        "com.apple.mdm",
        "mdm",
        IdentityCertificateUUID=number("scep"),
        Topic="com.apple.mgmt.External.0000",
        ServerURL="https://mdm.test/mdm",
        CheckInURL="https://mdm.test/checkin",
        AccessRights=8191,
        CheckOutWhenRemoved=True,
        SignMessage=True,
        ServerCapabilities=["com.apple.mdm.per-user-connections"],
        ServerURLPinningCertificateUUIDs=[number("root")],
    )
    return profile(
        payload("com.apple.security.scep", "scep", PayloadContent=scep), management, *authorities()
    )


def mail() -> Top:
    """An account that signs and encrypts."""
    account = payload(
        "com.apple.mail.managed",
        "mail",
        EmailAccountType="EmailTypeIMAP",
        EmailAccountName="Carol",
        EmailAddress="carol@mail.test",
        IncomingMailServerAuthentication="EmailAuthPassword",
        IncomingMailServerHostName="imap.mail.test",
        IncomingMailServerPortNumber=993,
        IncomingMailServerUseSSL=True,
        OutgoingMailServerAuthentication="EmailAuthPassword",
        OutgoingMailServerHostName="smtp.mail.test",
        SMIMESigningEnabled=True,
        SMIMESigningCertificateUUID=number("identity"),
        SMIMEEncryptionEnabled=True,
        SMIMEEncryptionCertificateUUID=number("identity"),
    )
    return profile(account, identity(), *authorities())


TEMPLATES = {"ikev2": ikev2, "wireguard": wireguard, "wifi": wifi, "dns": dns, "mdm": mdm, "mail": mail}
