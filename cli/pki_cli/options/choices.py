"""The words that options choose from, where the library has an enumeration that takes time to import.

A test holds each against the library's.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

KeyTypeName = Literal["p256", "p384", "p521", "rsa2048", "rsa3072", "rsa4096", "ed25519"]
LeafKind = Literal["server", "client"]
P12EncryptionName = Literal["apple-any", "modern"]
DeviceName = Literal["iphone", "mac", "apple-tv", "vision", "watch", "homepod", "any"]
ScopeName = Literal["user", "system"]
WifiSecurityName = Literal["any", "wpa2", "wpa3"]
AnchorClassName = Literal["user", "app", "system", "user-leaf"]
PolicyName = Literal["apple", "ssl-client", "basic", "rfc5280-path", "rfc5280", "webpki"]
StartTlsName = Literal["smtp", "imap", "pop3", "ftp", "ldap", "postgres", "mysql", "xmpp", "sieve", "nntp"]


# Classes where an option is repeatable: of such a one Typer takes no Literal.


class TlsVersionName(StrEnum):
    """The versions of TLS that a handshake may be tried with."""

    TLS_1_0 = "1.0"
    TLS_1_1 = "1.1"
    TLS_1_2 = "1.2"
    TLS_1_3 = "1.3"


class KeyUsageName(StrEnum):
    """The bits of keyUsage, RFC 5280, 4.2.1.3."""

    DIGITAL_SIGNATURE = "digitalSignature"
    NON_REPUDIATION = "nonRepudiation"
    KEY_ENCIPHERMENT = "keyEncipherment"
    DATA_ENCIPHERMENT = "dataEncipherment"
    KEY_AGREEMENT = "keyAgreement"
    KEY_CERT_SIGN = "keyCertSign"
    CRL_SIGN = "cRLSign"
    ENCIPHER_ONLY = "encipherOnly"
    DECIPHER_ONLY = "decipherOnly"
