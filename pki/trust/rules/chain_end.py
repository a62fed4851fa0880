"""Does the path end in something trusted, and where does it break off?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pki.model.certificate import CertFacts
from pki.model.codes import Severity
from pki.model.signatures import verified
from pki.model.user_roots import unlisted_because
from pki.model.verdict import Level, Observation
from pki.trust import catalogue
from pki.trust.path import Place
from pki.trust.scope import breaks_off, issuers, top_without_anchor, when

rule = partial(catalogue.rule, level=Level.X509)


def _given_in_vain(place: Place) -> bool:
    """Whether it was given as an anchor, of the kind that has to be self-signed."""
    return any(anchor.certificate == place.cert for anchor in place.request.anchors)


@rule(
    "chain-anchor-trusted",
    title="The chain ends in a root nobody trusts",
    citation="Security-61901 SecPolicyServer.c, AnchorTrusted; Apple, TLS for App Developers",
    applies_to=top_without_anchor & when(lambda place: place.path.ends_self_signed),
    apple_check="AnchorTrusted",
    fix=(
        "Install this root on the device, or switch its trust on if it is there already; or use a certificate "
        "from a public CA."
    ),
    cause="unknown-root",
)
def anchor_trusted(place: Place) -> Iterator[str | Observation]:
    """The path is complete, and its self-signed end is not among the trusted anchors.

    For a test CA that means: the root is not installed on this device, or it is installed and its switch under
    Settings > General > About > Certificate Trust Settings is off. A root that merely travels in the handshake
    is never trusted for that.
    """
    unlisted = " and ".join(unlisted_because(place.cert))
    if place.is_leaf:
        itself = (
            f"This very certificate can be trusted on a Mac alone; iOS has no switch for it: {unlisted}."
            if unlisted
            else "Else install this very certificate, and again at every renewal."
        )
        yield Observation(
            f"{place.cert.subject.label} signed itself and is not an anchor",
            f"Make a test CA, install its root once, and issue the server's certificate below it. {itself}",
        )
    elif unlisted:
        yield Observation(
            f"{place.cert.subject.label} is self-signed and not an anchor",
            f"Trust this root on a Mac; iOS has no switch for it: {unlisted}. For iOS make a root with CA:TRUE and a "
            "CommonName, or use a certificate from a public CA.",
        )
    else:
        yield f"{place.cert.subject.label} is self-signed and not an anchor"


@rule(
    "chain-complete",
    title="The path breaks off: its next issuer is neither sent nor trusted",
    citation="Security-61901 SecPolicyServer.c, MissingIntermediate; RFC 8446, 4.4.2",
    applies_to=breaks_off
    & when(
        lambda place: (
            not (place.path.dead_end.explained or _given_in_vain(place) or place.cert.issuer.problem)
        )
    ),
    apple_check="MissingIntermediate",
    fix=(
        "If the missing issuer is the root: install it on the device and switch its trust on. If it is an "
        "intermediate, let the server send it after its own certificate."
    ),
    cause="issuer-not-sent",
)
def chain_complete(place: Place) -> Iterator[str | Observation]:
    """Nobody sent the issuer of the path's last certificate, and no anchor has that name.

    Either the root is not installed, which is the usual thing with a test CA, or an intermediate was not sent. Apple
    has one code for both. Which is likelier is read off the certificates: authorityKeyIdentifier, what else was sent,
    the names, and whether a public CA has left its traces.

    Browsers hide a missing intermediate from you: they keep those they met elsewhere. A fresh device, curl and
    URLSession on a clean simulator do not, so the server has to send every certificate but the root.

    Of several chains that reach no anchor Apple reports the one it rates best; one with an expired or SHA-1-signed
    intermediate is rated below the leaf alone.
    """
    end = place.path.dead_end
    if end.stopped:
        yield f"the search for an issuer gave up: {end.stopped}"
        return
    if end.certify_each_other:
        yield (
            f"{place.cert.subject.label} was issued by {place.cert.issuer.label}, which stands below it already: the "
            "two certify each other, and nothing at hand leads on to an anchor"
        )
        return
    from pki.trust.missing_issuer import missing_issuer  # for chains that break off

    missing = missing_issuer(place.cert, place.request)
    key_id = missing.last.authority_key_identifier
    known_as = f" (key identifier {key_id.hex()[:16]}…)" if key_id else ""
    above = end.continued_by[0].subject.label if end.continued_by else ""
    beyond = (
        f"{place.cert.subject.label} was issued by {above}, and Apple rates the chain without it higher; "
        if end.continued_by
        else ""
    )
    yield Observation(
        f"{beyond}{missing.last.subject.label} names its issuer {missing.last.issuer}{known_as}: not sent, and not an "
        f"anchor; likelier {missing.likelier.value}, as {missing.because}",
        missing.repair,
    )


@rule(
    "issuer-is-a-name",
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
    "user-anchor-self-signed",
    title="What the user is said to trust is no root, and no setting makes it one",
    citation="Security-61901 SecPolicyServer.c, SecPVCIsAnchorPerConstraints; SecTrustStore.c, validateTrustSettings",
    applies_to=breaks_off & when(_given_in_vain),
    apple_check="MissingIntermediate",
    fix=(
        "Install its root in place of it, and send this one; set it as an anchor in the app's own code "
        "(--anchor-class app); on a Mac, set it to Always Trust for this certificate (TrustAsRoot)."
    ),
)
def user_anchor_is_self_signed(place: Place) -> Iterator[str]:
    """A certificate that a person or a profile installs is an anchor only when it signed itself.

    Apple asks more than one name: the signature must verify under its own key, and authorityKeyIdentifier, where it is
    present, must be its own subjectKeyIdentifier. iOS offers a switch for such roots alone. A Mac trusts another
    certificate by an explicit setting, and an app by setting it as an anchor in code.
    """
    yield f"{place.cert.subject.label} {_why_not_self_signed(place.cert)}"


def _why_not_self_signed(cert: CertFacts) -> str:
    authority = cert.authority_key_identifier
    if not cert.names_itself:
        return f"was issued by {cert.issuer}, so it is no root"
    if authority and authority != cert.subject_key_identifier:
        own = cert.subject_key_identifier
        has = f"its subjectKeyIdentifier is {own.hex()[:24]}" if own else "it has no subjectKeyIdentifier"
        return (
            f"names itself as its issuer, but its authorityKeyIdentifier is {authority.hex()[:24]}, and {has}"
        )
    return f"names itself as its issuer, but its own key does not vouch for it: {verified(cert, cert)}"


@rule(
    "chain-complete-by-fetching",
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
