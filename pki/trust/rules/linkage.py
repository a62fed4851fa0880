"""Does the path hang together, and does it end in something trusted?"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from pki.model.apple_crypto import apple_key
from pki.model.certificate import CertFacts
from pki.model.codes import Severity
from pki.model.distinguished import difference
from pki.model.signatures import Verified, signed_by, verified
from pki.model.user_roots import unlisted_because
from pki.model.verdict import Level, Observation, Party
from pki.trust.catalogue import rule
from pki.trust.constraints import ignored
from pki.trust.missing_issuer import missing_issuer
from pki.trust.path import DeadEnd, Place
from pki.trust.scope import below_anchor, issuers, top_without_anchor, when, where


def _end(place: Place) -> DeadEnd:
    return place.path.dead_end


_breaks_off = top_without_anchor & when(lambda place: not place.path.ends_self_signed)


def _given_in_vain(place: Place) -> bool:
    """Whether it was given as an anchor, of the kind that has to be self-signed."""
    return any(anchor.certificate == place.cert for anchor in place.request.anchors)


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
    level=Level.X509,
    title="The path breaks off: its next issuer is neither sent nor trusted",
    citation="Security-61901 SecPolicyServer.c, MissingIntermediate; RFC 8446, 4.4.2",
    applies_to=_breaks_off
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
    if end.runs_round:
        yield (
            f"{place.cert.subject.label} was issued by {place.cert.issuer.label}, which stands below it already: the "
            "two certify each other, and nothing at hand leads on to an anchor"
        )
        return
    missing = missing_issuer(place.cert, place.request)
    key_id = missing.last.authority_key_identifier
    known_as = f" (key identifier {key_id.hex()[:16]}…)" if key_id else ""
    beyond = (
        f"{place.cert.subject.label} was issued by {end.beyond[0].subject.label}, and Apple rates the chain without it "
        "higher; "
        if end.beyond
        else ""
    )
    yield Observation(
        f"{beyond}{missing.last.subject.label} names its issuer {missing.last.issuer}{known_as}: not sent, and not an "
        f"anchor; likelier {missing.likelier.value}, as {missing.because}",
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
    "user-anchor-self-signed",
    level=Level.X509,
    title="What the user is said to trust is no root, and no setting makes it one",
    citation="Security-61901 SecPolicyServer.c, SecPVCIsAnchorPerConstraints; SecTrustStore.c, validateTrustSettings",
    applies_to=_breaks_off & when(_given_in_vain),
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
    applies_to=_breaks_off & when(lambda place: bool(_end(place).impostors) and not _end(place).beyond),
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
    for impostor in _end(place).impostors[:3]:
        yield (
            f"{place.cert.subject.label} was not signed by the key of {impostor.subject.label} "
            f"(SHA-256 {impostor.sha256[:16]}…), though the names match"
        )


@rule(
    "signature-verifiable",
    level=Level.X509,
    title="A signature cannot be verified, right or wrong",
    citation="Security-61901 SecSignatureVerificationSupport.c, SecKey.m; RFC 5480, 2.1.1",
    applies_to=_breaks_off & when(lambda place: bool(_end(place).untellable) and not _end(place).beyond),
    apple_check="MissingIntermediate",
    fix="Issue it again with SHA-256 and RSA (PKCS #1 v1.5) or ECDSA, from a CA with an RSA or NIST-curve key.",
)
def signature_verifiable(place: Place) -> Iterator[str]:
    """A certificate with the issuer's name is there; the algorithm of the signature, or the issuer's key, is not known.

    Apple's Security verifies RSA PKCS #1 v1.5 and ECDSA with SHA-1, SHA-2 (and MD5), Ed25519 and Ed448. RSA-PSS, SHA-3,
    MD2, DSA and the OIW's name for SHA-1 with RSA it does not, so it does not build such a path, however right the
    signature is: the issuer counts as missing.
    """
    for issuer, outcome in _end(place).untellable[:3]:
        yield _untold(place, issuer, outcome)


def _untold(place: Place, issuer: CertFacts, outcome: Verified) -> str:
    cert, by_the_book = place.cert, place.path.by_the_book
    elsewhere = not by_the_book and signed_by(cert, issuer, by_the_book=True)
    others = "; other tools verify it" if elsewhere else ""
    label, own = cert.subject.label, issuer.subject.label
    if outcome is Verified.DIFFERENT_ALGORITHMS:
        return f"{label} names one signature algorithm inside its signed part and another outside (RFC 5280, 4.1.1.2)"
    if outcome is Verified.UNKNOWN_ALGORITHM:
        who = "no library here" if by_the_book else "Apple's Security"
        knows = "knows" if by_the_book else "does not know"
        return f"{label} is signed with {cert.signature_algorithm}: {who} {knows} this algorithm{others}"
    if by_the_book:
        return f"the key of {own}, which has the issuer's name, cannot be loaded here: {issuer.key}"
    problem = apple_key(issuer.spki).problem or str(issuer.key)
    return (
        f"Apple's Security does not import the key of {own}, which has the issuer's name: {problem}{others}"
    )


@rule(
    "name-encoding",
    level=Level.X509,
    title="The issuer's name is encoded in another way than the CA's own",
    citation="Security-61901 SecCertificate.c, createNormalizedX501Name; RFC 5280, 7.1",
    applies_to=_breaks_off
    & when(lambda place: bool(_end(place).otherwise_encoded) and not _end(place).beyond),
    apple_check="MissingIntermediate",
    fix="Issue the certificate again with the issuer's name copied byte for byte from the CA's subject.",
)
def name_encoded_alike(place: Place) -> Iterator[str]:
    """The issuer is there and made the signature, and Apple does not see that it is the one.

    RFC 5280 compares names as text. Apple compares the type of each string and its bytes, and forgives case and
    white space in PrintableStrings alone. A CA whose certificate was written anew with UTF8Strings, as a newer tool
    does it, is another name to Apple, while OpenSSL and browsers go on.
    """
    for issuer in _end(place).otherwise_encoded[:3]:
        yield (
            f"{issuer.subject.label} made the signature of {place.cert.subject.label}, and "
            f"{difference(place.cert.issuer, issuer.subject)}"
        )


@rule(
    "chain-name-circle",
    level=Level.X509,
    title="The chain comes back to a name, and Apple goes no further",
    citation="Security-61901 SecCertificateServer.c, SecCertificatePathVCIsCycleInGraph",
    applies_to=_breaks_off & when(lambda place: _end(place).circle),
    apple_check="MissingIntermediate",
    fix="Give each certificate of the chain a name of its own: rename the leaf, or the CA that shares it.",
)
def no_name_comes_back(place: Place) -> Iterator[str | Observation]:
    """The issuer has the name of a certificate further down, and for Apple that is a circle, whatever the keys.

    A leaf named like its root below an intermediate, or three generations of a CA under one name, never reach the
    root. Other tools compare keys as well and find the way. A leaf directly below a CA of its own name is fine.
    """
    for position, cert in enumerate(place.path.certs[:-1]):
        if cert.subject.is_one_with(place.cert.issuer):
            said = (
                f"{place.cert.subject.label} names its issuer {place.cert.issuer}, which is the subject of the "
                f"certificate at [{position}]"
            )
            if _issuer_at_hand(place):
                yield said
                return
            yield Observation(
                f"{said}; and nothing at hand of that name made its signature",
                "Give each certificate of the chain a name of its own: rename the leaf, or the CA that shares it. Its "
                f"issuer is missing besides: trust, or send, the CA whose key signed {place.cert.subject.label}.",
            )
            return


def _issuer_at_hand(place: Place) -> bool:
    """Whether what was sent or trusted has the issuer; Apple's search does not come to ask (by 32 of the name)."""
    request = place.request
    named = (
        cert
        for cert in (*(anchor.certificate for anchor in request.anchors), *request.others)
        if cert.subject.is_one_with(place.cert.issuer)
    )
    return any(signed_by(place.cert, cert) for cert in itertools.islice(named, 32))


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
