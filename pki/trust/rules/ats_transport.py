"""What ATS asks of a connection, and what NIAP's functional package asks besides.

Enforcement is in the closed part of Apple's stack (CFNetwork, BoringSSL): the limits are read from the open ATS code.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pki.model.codes import Severity
from pki.model.keys import KeyAlgorithm
from pki.model.verdict import Level
from pki.trust import catalogue
from pki.trust.connection import below_floor, outside, outside_fcp, suite_of, transport_of
from pki.trust.path import Place
from pki.trust.scope import below_anchor, connected, negotiated_suite, under_ats, under_niap, when

ATS_PAGE = "Apple, Preventing Insecure Network Connections"
_OF_ECDSA = ("SHA-256", "SHA-384")  # 0403 0503 of the captures
_OF_RSA = ("SHA-256", "SHA-384", "SHA-512")  # 0401 0501 0601, and PSS 0804 0805 0806
rule = partial(
    catalogue.rule, level=Level.ATS, policies=catalogue.URL_SESSION
)  # the other policies judge chains alone


@rule(
    "ats-tls12",
    title="The TLS version is below what ATS asks",
    citation=f"{ATS_PAGE}; Security-61901 SecProtocolConfiguration.m (minimum TLS 1.2); SecBase.h -9881",
    applies_to=under_ats & connected,
    ats_status="minimum-version",
    fix="Enable TLS 1.2 and 1.3 on the server; NSExceptionMinimumTLSVersion admits older versions for one domain.",
    fact="version",
    cause="ats-version",
    ats_need="highest_tls",
)
def version_floor(place: Place) -> Iterator[str]:
    """ATS asks for TLS 1.2. An exception for the domain may lower the floor, or raise it to 1.3.

    A client that does not go below its floor sees the server's alert protocol_version (stream code -9836) or -1200.
    """
    if below_floor(place):
        yield f"the server speaks TLS {transport_of(place).version} at best, {place.request.ats.minimum_tls} is asked"


@rule(
    "ats-forward-secrecy",
    title="The cipher suite has no forward secrecy",
    citation=f"{ATS_PAGE}; Security-61901 SecProtocolHelper.m (group ats); SecBase.h -9882",
    applies_to=under_ats & negotiated_suite & when(lambda place: place.request.ats.forward_secrecy),
    ats_status="ciphersuite",
    fix="Offer ECDHE suites on the server; NSExceptionRequiresForwardSecrecy NO admits static RSA for one domain.",
    fact="suite",
    cause="ats-forward-secrecy",
    ats_need="no_forward_secrecy",
)
def forward_secrecy(place: Place) -> Iterator[str]:
    """With static RSA, whoever gets the server's key later reads the traffic recorded today; ATS wants ECDHE.

    Finite-field DHE has forward secrecy too, and no Apple client offers it: see ats-cipher-suite.
    """
    suite = suite_of(place)
    if suite is not None and suite.forward_secrecy is False:
        yield f"{transport_of(place).suite} agrees on keys by static RSA"


@rule(
    "ats-cipher-suite",
    title="The cipher suite is none that ATS offers",
    citation="Security-61901 SecProtocolHelper.m (groups ats and ats_compatibility); SecBase.h -9882",
    applies_to=under_ats
    & negotiated_suite
    & when(lambda place: place.request.ats.suites is not None and not place.request.ats.fcp),
    ats_status="ciphersuite",
    fix="Offer TLS 1.3, or ECDHE with AES-GCM under TLS 1.2: `trustrig explain` names the suite to offer instead.",
    fact="suite",
    cause="ats-suite",
)
def cipher_suite(place: Place) -> Iterator[str]:
    """An ATS connection offers three suites of TLS 1.3 and ten ECDHE suites of TLS 1.2; nothing else is negotiated.

    ECDHE with CBC and SHA-256 or SHA-384, which Apple published for iOS 9, is no longer among them.
    """
    suite = suite_of(place)
    if outside(suite, place.request.ats.suites) and suite is not None and suite.forward_secrecy is not False:
        yield f"{transport_of(place).suite} is not among what ATS offers"


@rule(
    "ats-niap-suites",
    title="The cipher suite is none that NIAP's functional package allows",
    citation="Apple, NSRequiresNIAPTLSPackageVersion; Security 26.5 headers (group ats_fcp_v2_1)",
    applies_to=under_niap & negotiated_suite,
    ats_status="ciphersuite",
    fix="Offer ECDHE with AES-GCM under TLS 1.2, or TLS 1.3.",
    fact="suite",
    cause="ats-suite",
    ats_need="lacks_fcp",
)
def niap_suites(place: Place) -> Iterator[str]:
    """FCP_v2.1 leaves four suites of TLS 1.2: ECDHE with AES-GCM. CBC and ChaCha20 go."""
    if outside_fcp(place):
        yield f"{transport_of(place).suite} is not ECDHE with AES-GCM"


@rule(
    "ats-niap-ems",
    title="TLS 1.2 without Extended Master Secret under NIAP's functional package",
    citation="Apple, NSRequiresNIAPTLSPackageVersion; RFC 7627",
    applies_to=under_niap & connected,
    ats_status="general",
    fix="Enable Extended Master Secret (RFC 7627) on the server, or TLS 1.3.",
    ats_need="lacks_fcp",
)
def niap_extended_master_secret(place: Place) -> Iterator[str]:
    """FCP_v2.1 asks TLS 1.2 to bind the session's keys to the whole handshake."""
    transport = transport_of(place)
    if transport.version < "1.3" and transport.extended_master_secret is False:
        yield f"TLS {transport.version} was agreed without Extended Master Secret"


@rule(
    "ats-niap-offered-sigalg",
    title="A signature algorithm that a client under NIAP's functional package may not offer",
    citation="Apple, NSRequiresNIAPTLSPackageVersion; Safari captures of curl-impersonate (signature_algorithms)",
    applies_to=under_niap & below_anchor,
    severity=Severity.WARNING,
    fix="Sign certificates with ECDSA or RSA and SHA-256 or SHA-384.",
    of_profile=True,
)
def niap_offered_signature(place: Place) -> Iterator[str]:
    """Under FCP_v2.1 certificates must be signed with an algorithm that the client offered.

    Apple publishes no list for it. The captured clients offer ECDSA with SHA-256 and SHA-384, and RSA (PKCS #1 and PSS)
    with SHA-256, SHA-384 and SHA-512; the package drops rsa_pkcs1_sha1.
    """
    signed = place.cert.signature_algorithm
    digests = {KeyAlgorithm.EC: _OF_ECDSA, KeyAlgorithm.RSA: _OF_RSA}.get(signed.key, ())
    if signed.digest not in digests:
        yield f"it is signed with {signed}"


@rule(
    "ats-handshake-offered",
    title="The server takes nothing of what ATS offers",
    citation=f"{ATS_PAGE}; Security-61901 SecProtocolHelper.m",
    applies_to=under_ats & connected,
    ats_status="general",
    fix="Offer TLS 1.2 with ECDHE and AES-GCM, or TLS 1.3.",
    cause="no-shared-parameters",
)
def ats_handshake_offered(place: Place) -> Iterator[str]:
    """The server declined an ATS connection's offer and took an Apple client's without ATS.

    The reason shows in neither its version nor its suite.
    """
    transport = transport_of(place)
    if not transport.taken_without_ats:
        return
    if below_floor(place) or outside(suite_of(place), place.request.ats.suites):
        return  # their own rules say it
    declined = transport.declined_of(ats=True)
    yield f"an ATS connection's offer was declined ({declined.reason if declined is not None else ''})"
