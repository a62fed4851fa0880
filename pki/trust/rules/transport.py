"""What Apple's clients ask of a connection: version, suite, group. It concerns live servers, never files.

Enforcement is in the closed part of Apple's stack (CFNetwork, BoringSSL): the limits are read from the ATS code and
the captured offers, what an app sees when they are not met from the error codes' names.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pki.model.codes import Severity
from pki.model.suites import CipherSuite, SuiteGroup, find_suite
from pki.model.transport import Offered, Transport
from pki.model.verdict import Level
from pki.trust import catalogue
from pki.trust.path import Place
from pki.trust.scope import connected, negotiated_suite, under_ats, under_niap, when

ATS_PAGE = "Apple, Preventing Insecure Network Connections"
rule = partial(catalogue.rule, policies=("apple",))  # the other policies judge chains alone
POST_QUANTUM = "MLKEM"  # in the names of the hybrid groups: X25519MLKEM768, SecP256r1MLKEM768


def _transport(place: Place) -> Transport:
    found = place.request.transport
    if found is None:
        raise AssertionError("a rule about connections was asked without one: its scope is wrong")
    return found


def _suite(place: Place) -> CipherSuite | None:
    return find_suite(_transport(place).suite)


def _below_floor(place: Place) -> bool:
    floor = place.request.ats.minimum_tls
    return floor is not None and _transport(place).version < floor


def _outside(suite: CipherSuite | None, group: SuiteGroup | None) -> bool:
    return suite is not None and group is not None and suite.offered(group) is False


@rule(
    "ats-tls12",
    level=Level.ATS,
    title="The TLS version is below what ATS asks",
    citation=f"{ATS_PAGE}; Security-61901 SecProtocolConfiguration.m (minimum TLS 1.2); SecBase.h -9881",
    applies_to=under_ats & connected,
    ats_status="minimum-version",
    fix="Enable TLS 1.2 and 1.3 on the server; NSExceptionMinimumTLSVersion admits older versions for one domain.",
)
def version_floor(place: Place) -> Iterator[str]:
    """ATS asks for TLS 1.2. An exception for the domain may lower the floor, or raise it to 1.3.

    A client that does not go below its floor sees the server's alert protocol_version (stream code -9836) or -1200.
    """
    if _below_floor(place):
        yield f"the server speaks TLS {_transport(place).version} at best, {place.request.ats.minimum_tls} is asked"


@rule(
    "ats-forward-secrecy",
    level=Level.ATS,
    title="The cipher suite has no forward secrecy",
    citation=f"{ATS_PAGE}; Security-61901 SecProtocolHelper.m (group ats); SecBase.h -9882",
    applies_to=under_ats & negotiated_suite & when(lambda place: place.request.ats.forward_secrecy),
    ats_status="ciphersuite",
    fix="Offer ECDHE suites on the server; NSExceptionRequiresForwardSecrecy NO admits static RSA for one domain.",
)
def forward_secrecy(place: Place) -> Iterator[str]:
    """With static RSA, whoever gets the server's key later reads the traffic recorded today; ATS wants ECDHE.

    Finite-field DHE has forward secrecy too, and no Apple client offers it: see ats-cipher-suite.
    """
    suite = _suite(place)
    if suite is not None and suite.forward_secrecy is False:
        yield f"{_transport(place).suite} agrees on keys by static RSA"


@rule(
    "ats-cipher-suite",
    level=Level.ATS,
    title="The cipher suite is none that ATS offers",
    citation="Security-61901 SecProtocolHelper.m (groups ats and ats_compatibility); SecBase.h -9882",
    applies_to=under_ats
    & negotiated_suite
    & when(lambda place: place.request.ats.suites is not None and not place.request.ats.fcp),
    ats_status="ciphersuite",
    fix="Offer TLS 1.3, or ECDHE with AES-GCM under TLS 1.2: `trustrig explain` names the suite to offer instead.",
)
def cipher_suite(place: Place) -> Iterator[str]:
    """An ATS connection offers three suites of TLS 1.3 and ten ECDHE suites of TLS 1.2; nothing else is negotiated.

    ECDHE with CBC and SHA-256 or SHA-384, which Apple published for iOS 9, is no longer among them.
    """
    suite = _suite(place)
    if _outside(suite, place.request.ats.suites) and suite is not None and suite.forward_secrecy is not False:
        yield f"{_transport(place).suite} is not among what ATS offers"


@rule(
    "ats-niap-suites",
    level=Level.ATS,
    title="The cipher suite is none that NIAP's functional package allows",
    citation="Apple, NSRequiresNIAPTLSPackageVersion; Security 26.5 headers (group ats_fcp_v2_1)",
    applies_to=under_niap & negotiated_suite,
    ats_status="ciphersuite",
    fix="Offer ECDHE with AES-GCM under TLS 1.2, or TLS 1.3.",
)
def niap_suites(place: Place) -> Iterator[str]:
    """FCP_v2.1 leaves four suites of TLS 1.2: ECDHE with AES-GCM. CBC and ChaCha20 go."""
    if _outside(_suite(place), SuiteGroup.FCP):
        yield f"{_transport(place).suite} is not ECDHE with AES-GCM"


@rule(
    "ats-niap-ems",
    level=Level.ATS,
    title="TLS 1.2 without Extended Master Secret under NIAP's functional package",
    citation="Apple, NSRequiresNIAPTLSPackageVersion; RFC 7627",
    applies_to=under_niap & connected,
    ats_status="general",
    fix="Enable Extended Master Secret (RFC 7627) on the server, or TLS 1.3.",
)
def niap_extended_master_secret(place: Place) -> Iterator[str]:
    """FCP_v2.1 asks TLS 1.2 to bind the session's keys to the whole handshake."""
    transport = _transport(place)
    if transport.version < "1.3" and transport.extended_master_secret is False:
        yield f"TLS {transport.version} was agreed without Extended Master Secret"


@rule(
    "tls-suite-offered",
    level=Level.TLS,
    title="No current Apple client offers the server's cipher suite",
    citation="Security-61901 SecProtocolTypes.h (group default); Safari captures of curl-impersonate",
    applies_to=negotiated_suite,
    fix="Offer TLS 1.3, or ECDHE with AES-GCM under TLS 1.2.",
)
def suite_offered(place: Place) -> Iterator[str]:
    """Outside ATS, too, an Apple client offers a list: ECDHE and static RSA, no DHE, no CBC with SHA-256 or SHA-384.

    The server then answers with the alert handshake_failure, and the app sees -1200 (stream -9824).
    """
    if _outside(_suite(place), SuiteGroup.SAFARI):
        yield f"{_transport(place).suite} was agreed when everything was offered; no Apple client offers it"


@rule(
    "tls-handshake-offered",
    level=Level.TLS,
    title="The server takes nothing of what an Apple client offers",
    citation="Safari captures of curl-impersonate: suites, groups and signature algorithms offered up to macOS 26.0",
    applies_to=connected & when(lambda place: _transport(place).taken is Offered.ALL),
    fix="Compare the server's groups, signature algorithms and versions with what an Apple client offers.",
)
def handshake_offered(place: Place) -> Iterator[str]:
    """A group or a signature algorithm that Apple's clients do not offer ends the handshake (stream -9824).

    Groups like that are finite-field Diffie-Hellman and every ML-KEM but X25519MLKEM768; signatures, P-521 and Ed25519.
    """
    if _outside(_suite(place), SuiteGroup.SAFARI):
        return  # tls-suite-offered says it better
    transport = _transport(place)
    how = next((said.how for said in transport.declined if said.offered is Offered.APPLE), "")
    group = f", group {transport.group}" if transport.group else ""
    yield (
        f"an Apple client's offer was declined ({how}); TLS {transport.version}, "
        f"{transport.suite or 'suite unknown'}{group} was agreed when everything was offered"
    )


@rule(
    "ats-handshake-offered",
    level=Level.ATS,
    title="The server takes nothing of what ATS offers",
    citation=f"{ATS_PAGE}; Security-61901 SecProtocolHelper.m",
    applies_to=under_ats & connected & when(lambda place: _transport(place).taken is Offered.APPLE),
    ats_status="general",
    fix="Offer TLS 1.2 with ECDHE and AES-GCM, or TLS 1.3.",
)
def ats_handshake_offered(place: Place) -> Iterator[str]:
    """The server declined an ATS connection's offer and took an Apple client's without ATS.

    The reason shows in neither its version nor its suite.
    """
    suite = _suite(place)
    if _below_floor(place) or _outside(suite, place.request.ats.suites):
        return  # their own rules say it
    how = next((said.how for said in _transport(place).declined if said.offered is Offered.ATS), "")
    yield f"an ATS connection's offer was declined ({how})"


@rule(
    "tls-legacy-version",
    level=Level.TLS,
    title="TLS 1.0 and 1.1 are on their way out",
    citation="Apple, 2021 notice (deprecated with iOS 15); Safari captures of curl-impersonate (macOS 26.0 lacks them)",
    applies_to=connected,
    severity=Severity.WARNING,
    fix="Enable TLS 1.2 and 1.3 on the server.",
)
def legacy_version(place: Place) -> Iterator[str]:
    """Deprecated since iOS 15, with removal announced for a future release.

    Safari of macOS 26.0 was captured without them; for URLSession without ATS no source says when they go.
    """
    if _transport(place).version < "1.2":
        yield f"TLS {_transport(place).version} is the best the server speaks"


@rule(
    "tls-3des",
    level=Level.TLS,
    title="3DES is on its way out",
    citation="Security-61901 SecProtocolTypes.h: the constants are deprecated from iOS 18 and macOS 15 on",
    applies_to=negotiated_suite,
    severity=Severity.WARNING,
    fix="Offer AES-GCM on the server.",
)
def triple_des(place: Place) -> Iterator[str]:
    """Safari was captured with 3DES up to macOS 26.0; ATS never offers it.

    An OpenSSL of today cannot negotiate it: a server that has nothing else shows as one that takes no offer at all.
    """
    suite = _transport(place).suite
    if "DES-CBC3" in suite or "3DES" in suite:
        yield f"{suite} was agreed"


@rule(
    "tls-pq-group",
    level=Level.TLS,
    title="No post-quantum key agreement",
    citation="Apple Support 122756: OS 26 offers X25519MLKEM768",
    applies_to=connected & when(lambda place: _transport(place).group is not None),
    severity=Severity.INFO,
    fix="Nothing has to be done; OpenSSL 3.5 and later agree on X25519MLKEM768 by default.",
)
def post_quantum_group(place: Place) -> Iterator[str]:
    """Clients of OS 26 offer a hybrid of X25519 and ML-KEM in TLS 1.3; nothing is refused without it."""
    transport = _transport(place)
    if POST_QUANTUM not in (transport.group or "").upper():
        yield f"keys were agreed over {transport.group}"


@rule(
    "system-process-tls",
    level=Level.TLS,
    title="Not enough for the system's own services on OS 27",
    citation="Apple Support 126655; OS 27 release notes",
    applies_to=negotiated_suite,
    severity=Severity.INFO,
    fix="For MDM, enrolment, app and update hosts: TLS 1.3, or ECDHE with AES-GCM and Extended Master Secret.",
)
def system_process(place: Place) -> Iterator[str]:
    """From OS 27 on the system's services ask for TLS 1.2 with ECDHE, AES-GCM and Extended Master Secret.

    They are MDM, enrolment, installing profiles and apps, and software update. Apps are not affected; SCEP and content
    caching are exempt.
    """
    transport = _transport(place)
    if _outside(_suite(place), SuiteGroup.FCP) or (
        transport.version < "1.3" and transport.extended_master_secret is False
    ):
        yield "should this host serve MDM, enrolment, app installation or updates, OS 27 refuses it"


@rule(
    "mtls-request",
    level=Level.TLS,
    title="The server asks for a client certificate",
    citation="Apple, TLS for App Developers; RFC 8446, 4.3.2",
    applies_to=connected,
    severity=Severity.INFO,
    fix="Answer NSURLAuthenticationMethodClientCertificate with a URLCredential that holds the identity.",
)
def client_certificate_asked(place: Place) -> Iterator[str]:
    """Mutual TLS happens when the server asks. An app that gives no identity sees -1206 where the server insists."""
    transport = _transport(place)
    if transport.client_certificate != "none":
        names = "; ".join(transport.acceptable_cas[:5]) or "any CA: the list is empty"
        yield f"a client certificate is {transport.client_certificate}, acceptable: {names}"
