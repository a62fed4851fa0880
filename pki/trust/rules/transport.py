"""What Apple's clients ask of a connection: version, suite, group. It concerns live servers, never files.

Enforcement is in the closed part of Apple's stack (CFNetwork, BoringSSL): the limits are read from the captured
offers, what an app sees when they are not met from the error codes' names.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from pki.model.alerts import NO_APPLICATION_PROTOCOL
from pki.model.app_errors import ASKED_TOO_LATE
from pki.model.codes import Severity
from pki.model.verdict import Level, Observation
from pki.trust import catalogue
from pki.trust.connection import offered_by_no_apple_client, outside_fcp, transport_of
from pki.trust.path import Place
from pki.trust.scope import connected, negotiated_suite, when

if TYPE_CHECKING:
    from pki.model.transport import Identified, IdentityFault

rule = partial(
    catalogue.rule, level=Level.TLS, policies=catalogue.URL_SESSION
)  # the other policies judge chains alone
POST_QUANTUM = "MLKEM"  # in the names of the hybrid groups: X25519MLKEM768, SecP256r1MLKEM768


@rule(
    "tls-suite-offered",
    title="No current Apple client offers the server's cipher suite",
    citation="Security-61901 SecProtocolTypes.h (group default); Safari captures of curl-impersonate",
    applies_to=negotiated_suite,
    fix="Offer TLS 1.3, or ECDHE with AES-GCM under TLS 1.2.",
    fact="suite",
    cause="suite-not-apples",
)
def suite_offered(place: Place) -> Iterator[str]:
    """Outside ATS, too, an Apple client offers a list: ECDHE and static RSA, no DHE, no CBC with SHA-256 or SHA-384.

    The server then answers with the alert handshake_failure, and the app sees -1200 (stream -9824).
    """
    if offered_by_no_apple_client(place):
        yield f"{transport_of(place).suite} was agreed when everything was offered; no Apple client offers it"


@rule(
    "tls-handshake-offered",
    title="The server takes nothing of what an Apple client offers",
    citation="Safari captures of curl-impersonate: suites, groups and signature algorithms offered up to macOS 26.0",
    applies_to=connected,
    fix="Compare the server's groups, signature algorithms and versions with what an Apple client offers.",
    cause="no-shared-parameters",
)
def handshake_offered(place: Place) -> Iterator[str]:
    """A group or a signature algorithm that Apple's clients do not offer ends the handshake (stream -9824).

    Groups like that are finite-field Diffie-Hellman and every ML-KEM but X25519MLKEM768; signatures, P-521 and Ed25519.
    """
    transport = transport_of(place)
    if transport.taken_by_apple or offered_by_no_apple_client(place):
        return  # of a suite, tls-suite-offered says it better
    declined = transport.declined_of(ats=False)
    if declined is not None and declined.alert == NO_APPLICATION_PROTOCOL:
        return  # tls-alpn-offered says it better
    how = declined.reason if declined is not None else ""
    group = f", group {transport.group}" if transport.group else ""
    yield (
        f"an Apple client's offer was declined ({how}); TLS {transport.version}, "
        f"{transport.suite or 'suite unknown'}{group} was agreed when everything was offered"
    )


@rule(
    "tls-alpn-offered",
    title="The server speaks no protocol that an Apple client names in ALPN",
    citation="RFC 7301, 3.2; Safari captures of curl-impersonate (h2, http/1.1)",
    applies_to=connected,
    fix=(
        "Let an HTTP server have h2 or http/1.1 in ALPN, or leave ALPN alone; where it is no HTTP server, ask with its "
        "own scheme (smtps, imaps, ldaps, mqtts) or with tls://HOST:PORT."
    ),
    cause="no-application-protocol",
)
def application_protocol_offered(place: Place) -> Iterator[str]:
    """A server that finds none of the client's protocols in its own list ends the handshake.

    URLSession offers h2 and http/1.1. A server of another protocol, SMTP for one, may refuse these and take a
    connection that offers nothing.
    """
    said = transport_of(place).declined_of(ats=False)
    if said is not None and said.alert == NO_APPLICATION_PROTOCOL:
        yield f"an Apple client's offer of h2 and http/1.1 was declined ({said.reason}); without ALPN it was taken"


@rule(
    "tls-legacy-version",
    title="TLS 1.0 and 1.1 are on their way out",
    citation="Apple, 2021 notice (deprecated with iOS 15); Safari captures of curl-impersonate (macOS 26.0 lacks them)",
    applies_to=connected,
    severity=Severity.WARNING,
    fix="Enable TLS 1.2 and 1.3 on the server.",
    fact="version",
)
def legacy_version(place: Place) -> Iterator[str]:
    """Deprecated since iOS 15, with removal announced for a future release.

    Safari of macOS 26.0 was captured without them; for URLSession without ATS no source says when they go.
    """
    if transport_of(place).version < "1.2":
        yield f"TLS {transport_of(place).version} is the best the server speaks"


@rule(
    "tls-3des",
    title="3DES is on its way out",
    citation="Security-61901 SecProtocolTypes.h: the constants are deprecated from iOS 18 and macOS 15 on",
    applies_to=negotiated_suite,
    severity=Severity.WARNING,
    fix="Offer AES-GCM on the server.",
    fact="suite",
)
def triple_des(place: Place) -> Iterator[str]:
    """Safari was captured with 3DES up to macOS 26.0; ATS never offers it.

    An OpenSSL of today cannot negotiate it: a server that has nothing else shows as one that takes no offer at all.
    """
    suite = transport_of(place).suite
    if "DES-CBC3" in suite or "3DES" in suite:
        yield f"{suite} was agreed"


@rule(
    "tls-pq-group",
    title="No post-quantum key agreement",
    citation="Apple Support 122756: iOS, iPadOS, macOS and visionOS 26 offer X25519MLKEM768",
    applies_to=connected & when(lambda place: transport_of(place).group is not None),
    severity=Severity.INFO,
    fix="Nothing has to be done; OpenSSL 3.5 and later agree on X25519MLKEM768 by default.",
)
def post_quantum_group(place: Place) -> Iterator[str]:
    """Clients of OS 26 offer a hybrid of X25519 and ML-KEM in TLS 1.3; nothing is refused without it.

    The article does not name watchOS and tvOS.
    """
    transport = transport_of(place)
    if POST_QUANTUM not in (transport.group or "").upper():
        yield f"keys were agreed over {transport.group}"


@rule(
    "system-process-tls",
    title="Not enough for what Apple announced for the system's own services",
    citation="Apple Support 126655",
    applies_to=negotiated_suite,
    severity=Severity.INFO,
    fix="For MDM, enrolment, app and update hosts: TLS 1.3, or ECDHE with AES-GCM and Extended Master Secret.",
)
def system_process(place: Place) -> Iterator[str]:
    """Apple announced that the system's services will want TLS 1.2 with ECDHE, AES-GCM and Extended Master Secret.

    They are MDM, enrolment, installing profiles and apps, and software update; their certificates must satisfy ATS,
    too. The article says "as early as the next major release" and that connections might fail; since when a system
    does it, no document known here says. Apps are not affected; SCEP and content caching are exempt.
    """
    transport = transport_of(place)
    if outside_fcp(place) or (transport.version < "1.3" and transport.extended_master_secret is False):
        yield "should it serve MDM, enrolment, app installation or updates, systems may refuse it, as Apple announced"


@rule(
    "mtls-request",
    title="The server asks for a client certificate",
    citation="Apple, TLS for App Developers; RFC 8446, 4.3.2",
    applies_to=connected,
    severity=Severity.INFO,
    fix="Answer NSURLAuthenticationMethodClientCertificate with a URLCredential that holds the identity.",
)
def client_certificate_asked(place: Place) -> Iterator[str]:
    """Mutual TLS happens when the server asks. An app that gives no identity sees -1206 where the server insists."""
    transport = transport_of(place)
    if transport.client_certificate != "none":
        yield f"a client certificate is {transport.client_certificate}, acceptable: {transport.acceptable}"


@rule(
    "mtls-post-handshake",
    title="The server asks for the client certificate later than Apple's clients are known to answer",
    citation="RFC 8446, 4.2.6 and 4.6.2; Safari captures of curl-impersonate (no post_handshake_auth); BoringSSL, "
    "ssl/tls13_both.cc (tls13_post_handshake)",
    applies_to=connected & when(lambda place: _asked_too_late(place)),
    severity=Severity.WARNING,
    fix=ASKED_TOO_LATE,
)
def asked_too_late(place: Place) -> Iterator[str]:
    """In TLS 1.3 a server may ask later only who offered it, and no capture of Safari does.

    To others the server has to answer without a certificate; Apache answers 403. What is reported here came of an
    offer that this look made. For URLSession no source says whether it makes it.
    """
    yield (
        "the certificate was asked for after the request (TLS 1.3 post-handshake authentication), which was offered "
        "here and is not in any capture of Safari: an app may get HTTP 403 (Apache) where this look was asked"
    )


@rule(
    "mtls-acceptable-cas",
    title="The server's list of acceptable CAs does not name the identity's",
    citation="RFC 8446, 4.2.4; Apple, TLS for App Developers",
    applies_to=connected & when(lambda place: _identity_listed(place) is not None),
    severity=Severity.WARNING,
    fix=(
        "Show an identity of a CA on the list; if it is the right one already, put its CA on the server's list, or let "
        "the server send an empty list."
    ),
)
def acceptable_authorities(place: Place) -> Iterator[str]:
    """Clients choose an identity by the names in the CertificateRequest; one not listed may never be offered."""
    answer = transport_of(place).identified
    if answer is not None and answer.listed is False:
        yield f"{answer.identity} chains to none of: {transport_of(place).acceptable}"


@rule(
    "mtls-identity",
    title="Something is wrong with the client identity itself",
    citation="RFC 5280, 6.1.3; RFC 5246, 7.4.6; RFC 8446, 4.4.2.4",
    applies_to=connected & when(lambda place: bool(_faults(place))),
    severity=Severity.WARNING,
    fix="Issue the identity again.",
)
def identity_at_hand(place: Place) -> Iterator[Observation]:
    """An identity that has expired, or was revoked, is refused by servers that look, in words of their own choice.

    GnuTLS and Go say the same alert for several causes; the certificate at hand knows better. A server that takes such
    an identity all the same does not look: that is worth knowing, too.
    """
    for fault in _faults(place):
        yield Observation(fault.text, fault.repair)


@rule(
    "mtls-identity-answer",
    title="The server did not say that it takes the client identity",
    citation="RFC 5246, 7.2.2; RFC 8446, 6.2; nginx, ngx_http_request.c and ngx_stream_ssl_module.c",
    applies_to=connected & when(lambda place: _shown(place) is not None),
    severity=Severity.WARNING,
    fix="Look into the server's log for the same moment.",
    cause="client-certificate-refused",
)
def identity_answer(place: Place) -> Iterator[Observation]:
    """Only an answer that is no refusal accepts an identity.

    Servers refuse in the handshake, after it (TLS 1.3: the client is done before its certificate is judged), in an HTTP
    answer (nginx: 400), in a message of their protocol, or by closing without a byte.
    """
    answer = _shown(place)
    if answer is not None and not answer.accepted:
        yield Observation(answer.text_and_evidence, answer.next_step)


def _shown(place: Place) -> Identified | None:
    """What came of an identity that was given, asked for or not."""
    answer = transport_of(place).identified
    given = answer is not None and (answer.identity is not None or answer.not_asked)
    return answer if given else None


def _faults(place: Place) -> list[IdentityFault]:
    """What is wrong with it; of the acceptable CAs there is a rule of its own."""
    answer = transport_of(place).identified
    faults = answer.faults if answer is not None else ()
    return [fault for fault in faults if fault.code != "client-certificate-wrong-ca"]


def _asked_too_late(place: Place) -> bool:
    answer = transport_of(place).identified
    return answer is not None and answer.asked_too_late


def _identity_listed(place: Place) -> bool | None:
    answer = transport_of(place).identified
    return answer.listed if answer is not None else None
