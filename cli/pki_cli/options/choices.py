"""The words that options choose from, where the library has an enumeration that takes time to import.

A test holds each against the library's.
"""

from __future__ import annotations

from typing import Literal

KeyTypeName = Literal["p256", "p384", "p521", "rsa2048", "rsa3072", "rsa4096", "ed25519"]
LeafKind = Literal["server", "client"]
P12EncryptionName = Literal["apple-any", "modern"]
DeviceName = Literal["iphone", "mac", "apple-tv", "vision", "watch", "homepod", "any"]
ScopeName = Literal["user", "system"]
WifiSecurityName = Literal["any", "wpa2", "wpa3"]
