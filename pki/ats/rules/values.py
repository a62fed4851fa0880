"""What is wrong with single values: versions and packages that are not read, keys that change nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pki.ats.catalogue import AtsEntry, AtsPart, clipped, key, lint_rule, shown
from pki.ats.keys import LEGACY_TLS, NARROWER_SINCE
from pki.ats.settings import DTLS_VERSIONS, TLS_VERSIONS, NiapPackage, ats_boolean

_PARSER = "Security-61901 SecProtocolConfiguration.m and its unit tests"
_MINOR = re.compile(r"(?<!\d)1(?:[._ ]?([0-3]))?\s*\Z", re.ASCII)  # of what somebody wrote for a version


@lint_rule(
    "ats-key-tls-version",
    title="This TLS version is not read",
    citation=_PARSER,
    applies_to=lambda entry: (
        key("NSExceptionMinimumTLSVersion", AtsPart.EXCEPTION)(entry) and isinstance(entry.value, str)
    ),
    fix="Write TLSv1.2 or TLSv1.3, in exactly this spelling.",
)
def tls_version(entry: AtsEntry) -> Iterator[str]:
    """The version is compared as a string, with case; anything else leaves the floor at TLS 1.2.

    TLSv1.0, TLSv1.1, TLSv1.2 and TLSv1.3 are read. DTLSv1.0 and DTLSv1.2 are read, too, and ask nothing of TLS.
    """
    if entry.value in DTLS_VERSIONS:
        yield f"{entry.value} says nothing about TLS, so the floor stays at TLS 1.2"
    elif entry.value not in TLS_VERSIONS:
        digit = _MINOR.search(clipped(str(entry.value)))
        meant = f"; TLS 1.{digit[1] or 0} is written TLSv1.{digit[1] or 0}" if digit else ""
        yield f"{shown(entry.value)} is no version, so the floor stays at TLS 1.2{meant}"


@lint_rule(
    "ats-tls-legacy",
    title="The exception asks for a TLS version on its way out",
    citation="Apple, deprecation of TLS 1.0 and 1.1 (2021, iOS 15); curl-impersonate, captures of Safari 26.0",
    applies_to=key("NSExceptionMinimumTLSVersion", AtsPart.EXCEPTION),
    fix="Enable TLS 1.2 or 1.3 on the server and remove the key.",
)
def legacy_tls(entry: AtsEntry) -> Iterator[str]:
    """TLS 1.0 and 1.1 are deprecated since iOS 15, with removal announced.

    Captures of Safari 26.0 no longer offer them. Whether URLSession still does where an exception asks for it is not
    documented by Apple; do not count on it.
    """
    if entry.value in LEGACY_TLS:
        yield f"{entry.value} is deprecated since iOS 15, and captured clients of OS 26 do not offer it"


@lint_rule(
    "ats-key-niap-version",
    title="This NIAP package is not known",
    citation="Apple, NSRequiresNIAPTLSPackageVersion",
    applies_to=lambda entry: (
        isinstance(entry.value, str)
        and (
            key("NSRequiresNIAPTLSPackageVersion", AtsPart.GLOBAL)(entry)
            or key("NSExceptionRequiresNIAPTLSPackageVersion", AtsPart.EXCEPTION)(entry)
        )
    ),
    fix="Write none, FCP_v2.1 or recommended, in exactly this spelling.",
)
def niap_version(entry: AtsEntry) -> Iterator[str]:
    """Three words are documented. What the system makes of another is not, so nothing should rest on it."""
    if entry.value not in tuple(NiapPackage):
        yield f"{shown(entry.value)} is none of {', '.join(NiapPackage)}"


@lint_rule(
    "ats-ct-key-obsolete",
    title="Certificate Transparency is not the app's to require",
    citation="Apple, NSRequiresCertificateTransparency",
    applies_to=key("NSRequiresCertificateTransparency", AtsPart.EXCEPTION),
    fix="Remove the key.",
)
def ct_obsolete(entry: AtsEntry) -> Iterator[str]:
    """Certificates under preinstalled roots are held to Certificate Transparency in any case, others never.

    The key changes neither, whatever its value; the current parser does not read it.
    """
    yield "obsolete: the system decides by the certificate's root"


@lint_rule(
    "ats-arbitrary-ignored",
    title="NSAllowsArbitraryLoads is ignored beside a narrower key",
    citation="Apple, NSAppTransportSecurity (Versioning); Security-61901 SecProtocolConfiguration.m",
    applies_to=key("NSAllowsArbitraryLoads", AtsPart.GLOBAL),
    fix="Remove NSAllowsArbitraryLoads, or the narrower keys if arbitrary loads are what you want.",
)
def arbitrary_ignored(entry: AtsEntry) -> Iterator[str]:
    """From iOS 10 on the presence of a narrower global key, even as NO, switches NSAllowsArbitraryLoads off.

    The narrower keys are NSAllowsLocalNetworking, NSAllowsArbitraryLoadsInWebContent and
    NSAllowsArbitraryLoadsForMedia. The pair makes sense only for apps that still run on iOS 9 or macOS 10.11, which
    know no other key; App Review asks why all the same.
    """
    if (
        ats_boolean(entry.value)
        and entry.asked.settings.has_narrower_key
        and entry.asked.os >= NARROWER_SINCE
    ):
        yield "ignored, as a narrower global key is present"
