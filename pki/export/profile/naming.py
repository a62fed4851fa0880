"""What profiles and payloads are called: identifiers and UUIDs that stay, and titles for people."""

from __future__ import annotations

import hashlib
import re
import uuid

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pki.model.common_names import display_name
from pki.model.foreign import public_key_of

NAMESPACE = uuid.UUID("841dc9e3-76e4-5bf8-9ec1-2ac8065ef5a1")
"""uuid5(NAMESPACE_DNS, "profile.trustrig.test"), as a constant: another value would duplicate payloads."""

BASE_IDENTIFIER = "test.trustrig"
"""Reverse DNS under a top-level domain that nobody owns: RFC 6761, 6.2."""


def profile_identifier(authority: x509.Certificate) -> str:
    """Derive the top-level PayloadIdentifier of AUTHORITY's profile; renewal with the same key keeps it."""
    slug = re.sub(r"[^a-z0-9]+", "-", title(authority).lower()).strip("-")[:40] or "ca"
    return f"{BASE_IDENTIFIER}.{slug}.{key_hash(authority).hex()[:10]}"


def payload_uuid(identifier: str, role: str, content: bytes | None) -> str:
    """The PayloadUUID of what plays ROLE in the profile IDENTIFIER; CONTENT is what a new UUID is due for."""
    digest = hashlib.sha256(content).hexdigest() if content is not None else ""
    return str(uuid.uuid5(NAMESPACE, f"{identifier}/{role}/{digest}")).upper()


def key_hash(certificate: x509.Certificate) -> bytes:
    """SHA-256 over the DER SubjectPublicKeyInfo."""
    spki = public_key_of(certificate).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).digest()


def title(certificate: x509.Certificate) -> str:
    """CommonName, else the whole subject, else the serial number."""
    return plain(display_name(certificate.subject)) or f"serial {certificate.serial_number:x}"


def plain(text: str) -> str:
    """TEXT without the control characters that no XML plist can hold."""
    return "".join(c for c in text if c.isprintable())
