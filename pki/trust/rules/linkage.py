"""Does the path hang together, and does it end in something trusted?"""

from __future__ import annotations

from collections.abc import Iterator

from pki.model.codes import Severity
from pki.model.verdict import Level, Observation, Party
from pki.trust.catalogue import rule
from pki.trust.constraints import ignored
from pki.trust.missing_issuer import missing_issuer
from pki.trust.path import Place
from pki.trust.scope import below_anchor, issuers, top_without_anchor, when, where


@rule(
    "chain-anchor-trusted",
    level=Level.X509,
    title="The chain ends in a root nobody trusts",
    citation="Security-61901 SecPolicyServer.c, AnchorTrusted; Apple, TLS for App Developers",
    applies_to=top_without_anchor & when(lambda place: place.path.ends_self_signed),
    apple_check="AnchorTrusted",
    fix=(
        "Install this root on the device, or switch its trust on if it is there already; or use a certificate "
        "from a public CA."
    ),
)
def anchor_trusted(place: Place) -> Iterator[str | Observation]:
    """The path is complete, and its self-signed end is not among the trusted anchors.

    For a test CA that means: the root is not installed on this device, or it is installed and its switch under
    Settings > General > About > Certificate Trust Settings is off. A root that merely travels in the handshake
    is never trusted for that.
    """
    if place.is_leaf:
        yield Observation(
            f"{place.cert.subject.label} signed itself and is not an anchor",
            "Make a test CA, install its root once, and issue the server's certificate below it. Else install this "
            "very certificate, and again at every renewal.",
        )
    else:
        yield f"{place.cert.subject.label} is self-signed and not an anchor"


@rule(
    "chain-complete",
    level=Level.X509,
    title="The path breaks off: its next issuer is neither sent nor trusted",
    citation="Security-61901 SecPolicyServer.c, MissingIntermediate; RFC 8446, 4.4.2",
    applies_to=top_without_anchor
    & when(
        lambda place: not (place.path.ends_self_signed or place.path.impostors or place.cert.issuer.problem)
    ),
    apple_check="MissingIntermediate",
    fix=(
        "If the missing issuer is the root: install it on the device and switch its trust on. If it is an "
        "intermediate, let the server send it after its own certificate."
    ),
)
def chain_complete(place: Place) -> Iterator[str | Observation]:
    """Nobody sent the issuer of the path's last certificate, and no anchor has that name.

    Either the root is not installed, which is the usual thing with a test CA, or an intermediate was not sent. Apple
    has one code for both. Which is likelier is read off the certificates: authorityKeyIdentifier, what else was sent,
    the names, and whether a public CA has left its traces.

    Browsers hide a missing intermediate from you: they keep those they met elsewhere. A fresh device, curl and
    URLSession on a clean simulator do not, so the server has to send every certificate but the root.
    """
    if place.path.stopped:
        yield f"the search for an issuer gave up: {place.path.stopped}"
        return
    missing = missing_issuer(place.cert, place.request)
    key_id = missing.last.authority_key_identifier
    known_as = f" (key identifier {key_id.hex()[:16]}…)" if key_id else ""
    yield Observation(
        f"{missing.last.subject.label} names its issuer {missing.last.issuer}{known_as}: not sent, and not an anchor; "
        f"likelier {missing.likelier.value}, as {missing.because}",
        missing.repair,
    )


@rule(
    "issuer-is-a-name",
    level=Level.X509,
    title="The issuer field holds no name",
    citation="RFC 5280, 4.1.2.4; Security-61901 SecCertificate.c, createNormalizedX501Name",
    applies_to=top_without_anchor & when(lambda place: bool(place.cert.issuer.problem)),
    apple_check="MissingIntermediate",
    fix="Issue the certificate again from a CA whose subject is a Name; what else is sent changes nothing.",
)
def issuer_is_a_name(place: Place) -> Iterator[str]:
    """Apple reads the certificate, has no name to look for an issuer by, and builds no path above it."""
    yield f"the issuer of {place.cert.subject.label} is no Name: {place.cert.issuer.problem}"


@rule(
    "chain-complete-by-fetching",
    level=Level.X509,
    title="An intermediate was fetched, the server did not send it",
    citation="RFC 5280, 4.2.2.1; Security-61901 SecTrustServer.c (AIA, for SSL policies over the network)",
    applies_to=issuers & when(lambda place: bool(place.path.fetched)),
    severity=Severity.WARNING,
    fix="Let the server send it: fetching costs time, and fails offline and behind filters.",
)
def nothing_had_to_be_fetched(place: Place) -> Iterator[str]:
    """Apple's TLS policies follow the caIssuers URL of a certificate whose issuer is missing. Do not build on it."""
    if place.cert.der in place.path.fetched:
        yield f"{place.cert.subject.label} came from the URL in the certificate below it"


@rule(
    "cert-signature-valid",
    level=Level.X509,
    title="A signature does not verify",
    citation="RFC 5280, 6.1.3 (a)(1); Security-61901 SecCertificateServer.c (the path is not built)",
    applies_to=top_without_anchor & when(lambda place: bool(place.path.impostors)),
    apple_check="MissingIntermediate",
    fix=(
        "If the CA was made again under its old name: install its new root on the clients, or issue the certificate "
        "again with the key they trust. If bytes were damaged: copy the certificate anew from its source."
    ),
)
def signature_valid(place: Place) -> Iterator[str]:
    """A certificate with the issuer's name is there, and its key did not make this signature.

    Either the bytes were damaged, or two CAs share one name: a test CA was made again, and the clients (or the
    server) still hold the old one. Apple does not build such a path, and so reports a chain it could not create.
    """
    for impostor in place.path.impostors[:3]:
        yield (
            f"{place.cert.subject.label} was not signed by the key of {impostor.subject.label} "
            f"(SHA-256 {impostor.sha256[:16]}…), though the names match"
        )


@rule(
    "aki-ski-linkage",
    level=Level.X509,
    title="The key identifiers of certificate and issuer differ",
    citation="Security-61901 SecPolicyServer.c, IdLinkage; RFC 5280, 4.2.1.1",
    applies_to=where(lambda c: not c.is_top)
    & when(
        lambda place: (
            place.issuer is not None
            and place.cert.authority_key_identifier is not None
            and place.issuer.subject_key_identifier is not None
        )
    ),
    apple_check="IdLinkage",
    binds=Party.CA,
    fix=(
        "If the issuer was made again with another identifier: send, or install, the one that is named. Else issue the "
        "certificate again with authorityKeyIdentifier equal to the issuer's subjectKeyIdentifier."
    ),
)
def key_identifiers_link(place: Place) -> Iterator[str]:
    """The signature is right, and yet Apple refuses: authorityKeyIdentifier names another key.

    OpenSSL uses the identifiers as a hint only, and RFC 5280, 6.1, does not ask. SecTrust insists on them.
    """
    wanted = place.cert.authority_key_identifier
    has = place.issuer.subject_key_identifier if place.issuer is not None else None
    if wanted is not None and has is not None and wanted != has:
        yield f"authorityKeyIdentifier {wanted.hex()[:24]}, the issuer's subjectKeyIdentifier {has.hex()[:24]}"


@rule(
    "name-constraints",
    level=Level.X509,
    title="A CA above may not issue for this name",
    citation="RFC 5280, 4.2.1.10; Security-61901 nameconstraints.c and SecPolicyServer.c (1225 ff.)",
    applies_to=below_anchor,
    apple_check="NameConstraints",
    fix="Issue for a name inside the permitted tree, or from a CA that is not constrained.",
)
def within_name_constraints(place: Place) -> Iterator[str]:
    """A CA of the path is limited to some names, and this certificate carries another one.

    The limits of a trusted root count too, however it came to be trusted. Each kind of name (DNS name, address,
    subject) is limited by the subtrees of its own kind alone. `example.com` permits that name and all below it,
    `.example.com` on Apple only what is below it. What one CA permits is a union. A second CA below it should narrow
    that; where the lists have nothing in common, Apple takes both and every other validator refuses all.

    A CA's own certificate is refused with from 1,024 subtrees of one half on, or when its critical constraints name a
    kind that Apple cannot compare, such as otherName.
    """
    yield from place.path.facts.name_violations.get(place.position, ())


@rule(
    "name-constraints-ignored",
    level=Level.X509,
    title="Apple ignores a name constraint",
    citation="Security-61901 SecCertificate.c, parseGeneralSubtrees; nameconstraints.c",
    applies_to=issuers & when(lambda place: place.cert.name_constraints is not None),
    policies=("apple", "ssl-client", "basic"),
    severity=Severity.WARNING,
    fix="Issue the CA again: without minimum and maximum, with permitted subtrees for what may be, not excluded ones.",
)
def no_name_constraint_is_ignored(place: Place) -> Iterator[str]:
    """The CA's certificate says what it may not issue, and Apple's clients take it from the CA all the same.

    A subtree with `maximum`, or with a `minimum` other than 0, makes Apple drop all permitted (or all excluded)
    subtrees of that CA without a word. An excluded empty dNSName, by which CAs exclude every host name, excludes none.
    Excluded names of kinds that Apple cannot compare exclude nothing. Other validators refuse what such a CA issues.
    """
    yield from ignored(place.cert)


@rule(
    "policy-constraints",
    level=Level.X509,
    title="The certificate policies do not work out",
    citation="RFC 5280, 6.1; Security-61901 SecPolicyServer.c, PolicyConstraints",
    applies_to=below_anchor,
    apple_check="PolicyConstraints",
    fix="Give every certificate below the constraint one of the required policies.",
)
def policies_hold(place: Place) -> Iterator[str]:
    """A CA requires an explicit certificate policy, and the path does not carry one all the way down.

    Apple reports it once, at the leaf. It applies none of a certificate's policy mappings when there are ten or more,
    and has no policies left in a path of sixteen certificates below the anchor.
    """
    violation = place.path.facts.policy_violations.get(place.position)
    if violation:
        yield violation
