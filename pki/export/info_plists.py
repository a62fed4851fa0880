"""Info.plist keys for one host: pins of an authority, and the smallest exception from App Transport Security.

Each is a whole property list, whose NSAppTransportSecurity dictionary is merged into the app's own; a comment says what
it does and what it costs.
"""

from __future__ import annotations

import base64
import plistlib
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.ats.advice import Needs, advise
from pki.ats.decision import policy_for
from pki.ats.keys import PIN_DIGEST
from pki.ats.settings import AtsSettings
from pki.model.certificate import CertFacts
from pki.model.hosts import Host
from pki.report.elements import legal


def spki_pin(certificate: x509.Certificate) -> str:
    """CERTIFICATE's key as NSPinnedDomains names it: base64 of SHA-256 over the SubjectPublicKeyInfo in DER."""
    return base64.b64encode(_facts(certificate).spki_sha256).decode()


def pinned_domains(
    host: Host, authorities: Iterable[x509.Certificate], *, leaf: x509.Certificate | None = None
) -> str:
    """NSPinnedDomains: the chain of HOST must hold the key of one of AUTHORITIES, and LEAF's own where it is given.

    Source: Apple, NSPinnedDomains; "Identity Pinning: How to configure server certificates for your app".
    """
    if host.is_address:
        return _document(("No pins: Apple documents NSPinnedDomains for domain names alone.",), {})
    issuers = tuple(authorities)
    pins: dict[str, Any] = {"NSPinnedCAIdentities": [{PIN_DIGEST: spki_pin(ca)} for ca in issuers]}
    held = [f"{_facts(ca).subject.label}: {spki_pin(ca)}" for ca in issuers]
    if leaf is not None:
        pins["NSPinnedLeafIdentities"] = [{PIN_DIGEST: spki_pin(leaf)}]
        held.append(f"the server itself, which must match as well: {spki_pin(leaf)}")
        held.append("Renew the server with the key it has, or the app is cut off.")
    head = (
        "Pins for one host: its chain must hold a public key of this authority.",
        "Since iOS 14, macOS 11. Merge it into the app's Info.plist.",
        *held,
        "Avoids: pins of whole certificates, which end with them; these are of keys, and stay when a certificate is "
        "renewed with its key. A pin makes nothing trusted: the root must be, on the device or by an exception. It "
        "binds URLSession; WKWebView and SFSafariViewController take no notice.",
        "Source: Apple, NSPinnedDomains. Each value is SHA-256 over the SubjectPublicKeyInfo: openssl x509 -pubkey "
        "-noout -in ca.pem | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | openssl base64",
    )
    return _document(head, {"NSPinnedDomains": {host.name: pins}})


def transport_security(host: Host) -> str:
    """NSAppTransportSecurity, the smallest with which an app's own anchor counts for HOST; it may be empty.

    Source: `pki.ats.advice`.
    """
    settings = AtsSettings()
    advice = advise(host, settings, Needs(insecure_trust=True))
    if advice is None:
        why = f"Why: {policy_for(host, settings).why}."
        return _document(
            (
                "App Transport Security for one host: no key is needed.",
                why,
                "Source: NSAllowsLocalNetworking.",
            ),
            {},
        )
    head = (
        "App Transport Security for one host: lets the app's own anchor count.",
        "Goes with ServerTrust.swift. Since iOS 9, macOS 10.11. Merge it into the Info.plist, of debug builds alone "
        "if you can.",
        *(f"Not needed: {alternative}" for alternative in advice.alternatives),
        *(f"Price: {price}" for price in advice.price),
        *(f"App Review asks why {key} is there." for key in advice.justified),
        *advice.notes,
        "Avoids: NSAllowsArbitraryLoads, which turns ATS off for every host.",
        "Source: Apple, NSExceptionDomains; DTS, TLS for App Developers.",
    )
    return _document(head, advice.fragment)


def _facts(certificate: x509.Certificate) -> CertFacts:
    return CertFacts.parse(certificate.public_bytes(Encoding.DER))


def _document(head: Iterable[str], settings: Mapping[str, Any]) -> str:
    document = plistlib.dumps({"NSAppTransportSecurity": settings}, sort_keys=False).decode()
    opening, root, rest = document.partition("<plist")
    comment = "\n".join(_comment(head)).lstrip()
    return f"{opening}<!-- {comment} -->\n{root}{rest}"


def _comment(paragraphs: Iterable[str]) -> Iterator[str]:
    for paragraph in paragraphs:
        # Two hyphens end a comment (XML 1.0, 2.5); an option, an A-label or a name may hold them.
        plain = re.sub("-(?=-)", "- ", legal(" ".join(paragraph.split())))
        yield from textwrap.wrap(
            plain, 110, initial_indent="     ", subsequent_indent="       ", break_long_words=False
        )
