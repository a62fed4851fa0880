"""What Apple asks of TLS server certificates, by anchor class and date of issue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from pki.model import oids
from pki.model.codes import Severity
from pki.model.verdict import AnchorClass, Level, Observation
from pki.trust import catalogue
from pki.trust.catalogue import APPLE, URL_SESSION
from pki.trust.no_server import AS_WHAT_IT_IS, no_servers
from pki.trust.path import Place
from pki.trust.scope import intermediates, leaf, servers, servers_at_large, under, where
from pki.trust.stand_ins import stand_in

rule = partial(catalogue.rule, level=Level.TLS)

# The constant behind "1 July 2019" in SecPolicyServer.c is 583628400 s after 2001-01-01: an hour before UTC midnight.
JULY_2019 = datetime(2019, 6, 30, 23, tzinfo=UTC)
AFTER_JULY_2019 = JULY_2019 + timedelta(seconds=1)  # "later than", and certificates count whole seconds


# What a certificate without serverAuth was made for; the first that is named.
_MADE_FOR = {
    oids.CLIENT_AUTH: "a client identity's certificate",
    oids.CODE_SIGNING: "a code-signing certificate",
    oids.EMAIL_PROTECTION: "an e-mail certificate",
    oids.TIME_STAMPING: "a time-stamping certificate",
    oids.OCSP_SIGNING: "an OCSP responder's certificate",
}


@rule(
    "tls-eku-compatible",
    title="The certificate's purposes exclude TLS servers",
    citation="Security-61901 SecPolicyServer.c, ExtendedKeyUsage",
    applies_to=servers & leaf & where(lambda c: c.setting.has_purposes),
    apple_check="ExtendedKeyUsage",
    fix="Issue it again with serverAuth in extendedKeyUsage.",
    fact="purposes",
    cause="server-purpose",
    of_profile=True,
)
def purposes_allow_servers(place: Place) -> Iterator[str | Observation]:
    """Where extendedKeyUsage is present, it must hold serverAuth, anyExtendedKeyUsage or a Server-Gated purpose.

    A client identity used on a server is the usual cause, or another certificate that was taken for the server's.
    """
    purposes = place.cert.extended_key_usage
    if purposes is None or set(purposes).intersection(place.request.policy.purposes):
        return
    yield from _named(place, purposes)


def _named(place: Place, purposes: Sequence[str], *, due: str = "") -> Iterator[str | Observation]:
    """The purposes that a certificate names; what it was made for instead, where that can be told."""
    named = f"extendedKeyUsage is {', '.join(map(oids.purpose_name, purposes)) or 'empty'}"
    made_for = next((words for oid, words in _MADE_FOR.items() if oid in purposes), "")
    if not made_for:
        yield f"{named}{due}"
        return
    # A live server's certificate is a server's, whatever it was made for.
    client = oids.CLIENT_AUTH in purposes and place.request.transport is None
    judge = ", or judge it with --policy ssl-client" if client else ""
    yield Observation(
        f"{named}: this is {made_for}, judged as a server's",
        f"Give the server a certificate of its own, with serverAuth in extendedKeyUsage{judge}.",
    )


@rule(
    "tls-eku-subca",
    title="An intermediate's purposes exclude the leaf's use",
    citation="Security-61901 SecPolicyServer.c, ExtendedKeyUsage (nesting)",
    applies_to=intermediates & where(lambda c: c.setting.has_purposes),
    apple_check="ExtendedKeyUsage",
    fix="Use an intermediate without extendedKeyUsage, or with the right purpose in it.",
    fact="issuer purposes",
    cause="server-purpose",
    of_profile=True,
)
def intermediate_purposes_allow(place: Place) -> Iterator[str]:
    """ExtendedKeyUsage on an intermediate limits everything below it, whatever the anchor."""
    purposes = place.cert.extended_key_usage
    if purposes is not None and not set(purposes).intersection(place.request.policy.purposes):
        yield f"{place.cert.subject.label} is limited to {', '.join(map(oids.purpose_name, purposes))}"


def _strict_eku_missing(place: Place) -> Iterator[str | Observation]:
    purposes = place.cert.extended_key_usage
    if purposes is None:
        yield "no extendedKeyUsage; serverAuth must be named"
    elif oids.SERVER_AUTH not in purposes:
        yield from _named(place, purposes, due="; serverAuth must be named")


@rule(
    "tls-eku-server-auth",
    title="serverAuth is not named",
    citation="Apple support article 103769; Security-61901 SecPolicyServer.c, ServerAuthEKU",
    applies_to=servers_at_large & leaf & under(AnchorClass.APP),
    apple_check="ServerAuthEKU",
    effective_from=AFTER_JULY_2019,
    fix="Issue it again with serverAuth in extendedKeyUsage.",
    fact="purposes",
    policies=APPLE,
    cause="server-purpose",
    of_profile=True,
)
def server_auth_named(place: Place) -> Iterator[str | Observation]:
    """Under an anchor the app itself sets, serverAuth must be named by certificates issued after 1 July 2019.

    A missing extendedKeyUsage, which passes under a root installed by a profile, fails here.
    """
    yield from _strict_eku_missing(place)


@rule(
    "tls-eku-server-auth-system",
    title="serverAuth is not named under a preinstalled root",
    citation="Security-61901 SecPolicyServer.c, ServerAuthEKU",
    applies_to=servers_at_large & leaf & under(AnchorClass.SYSTEM),
    apple_check="ServerAuthEKU",
    fix="Have it issued again with serverAuth in extendedKeyUsage.",
    fact="purposes",
    policies=APPLE,
    cause="server-purpose",
    of_profile=True,
)
def server_auth_named_under_system_root(place: Place) -> Iterator[str | Observation]:
    """Under a preinstalled root serverAuth must be named, whenever the certificate was issued."""
    yield from _strict_eku_missing(place)


@rule(
    "tls-eku-subca-system",
    title="An intermediate under a preinstalled root excludes serverAuth",
    citation="Security-61901 SecPolicyServer.c, ServerAuthEKU",
    applies_to=servers_at_large & leaf & under(AnchorClass.SYSTEM),
    apple_check="ServerAuthEKU",
    fix="Have the leaf issued below another intermediate.",
    fact="issuer purposes",
    policies=APPLE,
    cause="server-purpose",
)
def system_intermediate_purposes(place: Place) -> Iterator[str]:
    """Under a preinstalled root an intermediate's extendedKeyUsage must hold serverAuth or anyExtendedKeyUsage.

    Apple's code holds it against the leaf, whichever intermediate it is.
    """
    for cert in place.path.certs[1:-1]:
        purposes = cert.extended_key_usage
        if purposes is not None and not set(purposes) & {oids.SERVER_AUTH, oids.ANY_EXTENDED_KEY_USAGE}:
            yield f"{cert.subject.label} is limited to {', '.join(map(oids.purpose_name, purposes))}"


@rule(
    "tls-eku-server-auth-doc",
    title="Apple's article asks for serverAuth, its code does not",
    citation="Apple support article 103769; Security-61901 SecPolicyServer.c skips user-trusted roots",
    applies_to=servers_at_large & leaf & under(AnchorClass.USER),
    severity=Severity.WARNING,
    effective_from=AFTER_JULY_2019,
    fix="Issue it with serverAuth in extendedKeyUsage, and it passes everywhere.",
    fact="purposes",
    policies=APPLE,
    cause="server-purpose",
    of_profile=True,
)
def server_auth_documented(place: Place) -> Iterator[str | Observation]:
    """Under a root installed by hand or by profile a missing serverAuth passes today.

    The published requirement binds all server certificates; do not build on the difference.
    """
    yield from _strict_eku_missing(place)


@rule(
    "leaf-is-ca",
    title="The server's certificate is a CA",
    citation="RFC 5280, 4.2.1.9; Security-61901 SecPolicy.c (the TLS policies do not ask for NotCA)",
    applies_to=servers & leaf,
    severity=Severity.WARNING,
    policies=URL_SESSION,
    fix="Issue a certificate for the server below this CA, and keep the CA's key off the server.",
    fact="own root",
    of_profile=True,
)
def leaf_is_no_ca(place: Place) -> Iterator[str | Observation]:
    """It says cA TRUE, as `openssl req -x509` makes them unless told otherwise, and Apple's code lets it pass.

    Whoever reads the server's key can then issue certificates, for every name, to all who trust it.
    """
    constraints = place.cert.basic_constraints
    if constraints is None or not constraints.ca:
        return
    if no_servers(place):
        yield Observation(
            "it signs certificates and names no host: an authority's, judged as a server's", AS_WHAT_IT_IS
        )
    else:
        yield "it says cA TRUE"


@rule(
    "leaf-stand-in",
    title="This is a stand-in certificate: none is configured for this name",
    citation="Names that servers and devices put into the certificates they make for themselves; public logs",
    applies_to=servers & leaf,
    severity=Severity.WARNING,
    policies=URL_SESSION,
    fix="Configure a certificate for this name, and let the client send the name (SNI): by address it sends none.",
)
def leaf_is_no_stand_in(place: Place) -> Iterator[str | Observation]:
    """Ingress controllers, proxies and hosting panels answer with a certificate of their own making.

    They do so where no certificate is configured for the name in SNI, or where the client sent none; a secret that was
    not found is the usual cause. Devices do it until somebody gives them a certificate. Recognised by names alone.
    """
    found = stand_in(place.cert)
    if found is None:
        return
    host = place.request.host
    if found.device:
        yield Observation(
            f"{place.cert.subject.label} is what {found.maker} made for itself: no certificate was configured on it",
            "Give the device a certificate for the name it is reached by.",
        )
    else:
        asked = host.text if host is not None else "this name"
        yield f"it is the stand-in of {found.maker}: no certificate is configured for {asked} (SNI)"
