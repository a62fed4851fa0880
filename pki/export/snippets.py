"""What to paste into an app: Swift for client identities and server trust, and the Info.plist keys that go with it.

The Swift is in `swift/`, one file for each snippet with its own account of what it avoids and where that is
documented; here the values of one authority are filled in. The property lists are whole documents, whose
NSAppTransportSecurity dictionary is merged into the app's own.
"""

from __future__ import annotations

import base64
import plistlib
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.ats.advice import Needs, advise
from pki.ats.decision import policy_for
from pki.ats.keys import PIN_DIGEST
from pki.ats.settings import AtsSettings
from pki.errors import InvalidRequest
from pki.export.swift_text import base64_lines, filled, literal
from pki.model.certificate import CertFacts
from pki.model.hosts import Host
from pki.report.elements import legal

_SWIFT: Final = {
    "client-identity": "ClientIdentity.swift",
    "server-trust": "ServerTrust.swift",
    "network-identity": "NetworkIdentity.swift",
    "network-trust": "NetworkTrust.swift",
    "xctest": "MutualTLSTests.swift",
}
_ABOUT_AN_IDENTITY: Final = ("client-identity", "network-identity", "xctest")
NAMES: Final = (*_SWIFT, "pinned-domains", "ats")


@dataclass(frozen=True, slots=True)
class ClientFile:
    """The .p12 an app carries: its file name, and how many intermediates are in it."""

    name: str
    intermediates: int


@dataclass(frozen=True, slots=True)
class SnippetValues:
    """Whose snippets: the server's host, its issuers, and what else is known.

    `intermediates` are the issuers between the server's certificate and the root. `pinned_leaf` is the server's own
    certificate, if its key is to be pinned as well.
    """

    host: Host
    root: x509.Certificate
    intermediates: tuple[x509.Certificate, ...] = ()
    client: ClientFile | None = None
    pinned_leaf: x509.Certificate | None = None


@dataclass(frozen=True, slots=True)
class Snippet:
    """One snippet: what `--only` calls it, its file, and its text. The first line of a text says what it does."""

    name: str
    file: str
    text: str

    @property
    def title(self) -> str:
        """What it does, in one sentence."""
        first = next(line for line in self.text.splitlines() if line.startswith(("// ", "<!-- ")))
        return first.removeprefix("// ").removeprefix("<!-- ")


def snippets_for(values: SnippetValues) -> tuple[Snippet, ...]:
    """Every snippet that VALUES are enough for: without a client, those about an identity are left out."""
    url_host = f"[{values.host}]" if ":" in values.host.text else values.host.text
    swift = {
        "host": literal(values.host.text),
        "url": literal(f"https://{url_host}/"),
        "root": base64_lines(values.root.public_bytes(Encoding.DER)),
    }
    if values.client is not None:
        swift |= {"p12": literal(values.client.name), "intermediates": str(values.client.intermediates)}
    return (
        *(
            Snippet(name, file, filled(file, swift))
            for name, file in _SWIFT.items()
            if values.client is not None or name not in _ABOUT_AN_IDENTITY
        ),
        Snippet("pinned-domains", "PinnedDomains.plist", pinned_domains(values)),
        Snippet("ats", "AppTransportSecurity.plist", transport_security(values.host)),
    )


def chosen(snippets: Iterable[Snippet], names: Iterable[str]) -> tuple[Snippet, ...]:
    """Those of SNIPPETS that are called by NAMES, all of them when there is no name.

    Raises:
        InvalidRequest: no snippet has one of the names, or it is about an identity and there is none.
    """
    known = {snippet.name: snippet for snippet in snippets}
    wanted = tuple(dict.fromkeys(names))
    for name in wanted:
        if name in known:
            continue
        if name in NAMES:
            raise InvalidRequest(f"{name} is about a client identity, and none was named", hint="Name one.")
        raise InvalidRequest(f"no snippet is called {name!r}", hint=f"Choose from {', '.join(NAMES)}.")
    return tuple(known[name] for name in wanted or known)


def spki_pin(certificate: x509.Certificate) -> str:
    """CERTIFICATE's key as NSPinnedDomains names it: base64 of SHA-256 over the SubjectPublicKeyInfo in DER."""
    return base64.b64encode(CertFacts.parse(certificate.public_bytes(Encoding.DER)).spki_sha256).decode()


def pinned_domains(values: SnippetValues) -> str:
    """Info.plist's NSPinnedDomains: the chain of the host must hold a key of this authority.

    Source: Apple, NSPinnedDomains; "Identity Pinning: How to configure server certificates for your app".
    """
    if values.host.is_address:
        head = ("Pins for an address: none. Apple documents NSPinnedDomains for domain names alone.",)
        return _info_plist(head, {})
    authorities = (*values.intermediates, values.root)
    pins: dict[str, Any] = {"NSPinnedCAIdentities": [{PIN_DIGEST: spki_pin(ca)} for ca in authorities]}
    held = [f"{_called(ca)}: {spki_pin(ca)}" for ca in authorities]
    if values.pinned_leaf is not None:
        leaf = spki_pin(values.pinned_leaf)
        pins["NSPinnedLeafIdentities"] = [{PIN_DIGEST: leaf}]
        held += [f"the server itself: {leaf}. It must match as well; renewed without its key, it no longer does."]
    head = (
        "Pins for one host: its chain must hold a public key of this authority.",
        "Since iOS 14, macOS 11. Merge it into the app's Info.plist.",
        *held,
        "Avoids: pins of a whole certificate, which end with it; these are of keys, and stay when a certificate is "
        "renewed with its key. A pin makes nothing trusted: the root must be, on the device or by an exception. It "
        "binds URLSession; WKWebView and SFSafariViewController take no notice.",
        "Source: Apple, NSPinnedDomains. Each value is SHA-256 over the SubjectPublicKeyInfo: openssl x509 -pubkey "
        "-noout -in ca.pem | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | openssl base64",
    )
    return _info_plist(head, {"NSPinnedDomains": {values.host.name: pins}})


def transport_security(host: Host) -> str:
    """Info.plist's smallest NSAppTransportSecurity with which an app's own anchor counts for HOST; it may be empty.

    Source: `pki.ats.advice`.
    """
    settings = AtsSettings()
    advice = advise(host, settings, Needs(insecure_trust=True))
    if advice is None:
        head: tuple[str, ...] = (
            "App Transport Security for one host: no key is needed.",
            f"Why: {policy_for(host, settings).why}.",
            "Source: Apple, NSAllowsLocalNetworking.",
        )
        return _info_plist(head, {})
    head = (
        "App Transport Security for one host: lets the app's own anchor count.",
        "Goes with ServerTrust.swift. Since iOS 9, macOS 10.11. Merge it into the app's Info.plist, for debugging builds alone if you can.",
        *(f"Not needed: {alternative}" for alternative in advice.alternatives),
        *(f"Price: {price}" for price in advice.price),
        *(f"App Review asks why {key} is there." for key in advice.justified),
        *advice.notes,
        "Avoids: NSAllowsArbitraryLoads, which turns ATS off for every host.",
        "Source: Apple, NSExceptionDomains; DTS, TLS for App Developers.",
    )
    return _info_plist(head, advice.fragment)


def _info_plist(head: Iterable[str], settings: object) -> str:
    """A property list that holds nothing but SETTINGS, under a comment."""
    document = plistlib.dumps({"NSAppTransportSecurity": settings}, sort_keys=False).decode()
    opening, root, rest = document.partition("<plist")
    comment = "\n".join(_comment(head)).lstrip()
    return f"{opening}<!-- {comment} -->\n{root}{rest}"


def _comment(paragraphs: Iterable[str]) -> Iterator[str]:
    for paragraph in paragraphs:
        # Two hyphens end a comment (XML 1.0, 2.5), and an A-label or a name may hold them.
        plain = legal(" ".join(paragraph.split())).replace("--", "- -").removesuffix("-")
        yield from textwrap.wrap(plain, 110, initial_indent="     ", subsequent_indent="       ", break_long_words=False)


def _called(certificate: x509.Certificate) -> str:
    facts = CertFacts.parse(certificate.public_bytes(Encoding.DER))
    return facts.subject.label
