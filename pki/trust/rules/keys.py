"""Are the keys big enough, and the digests sound, for X.509 at all and for a TLS server?"""

from __future__ import annotations

from collections.abc import Iterator

from pki.model.apple_crypto import apple_key, classified_digest
from pki.model.certificate import CertFacts
from pki.model.keys import EXPLICIT, KeyAlgorithm
from pki.model.verdict import AnchorClass, Level
from pki.trust.catalogue import rule
from pki.trust.path import Place
from pki.trust.scope import every, servers_at_large, when
from pki.trust.scoring import BROKEN_BELOW, BROKEN_DIGESTS, NEVER_WEAK

# SecPolicy.c, SecPolicyCreateSSL_internal, KeySize: the floors for a TLS server, in bits.
TLS_FLOOR = {KeyAlgorithm.RSA: 2048, KeyAlgorithm.EC: 256}
TOO_WEAK_FOR_TLS = ("SHA-1", *BROKEN_DIGESTS)


def _digest(place: Place) -> str:
    """The digest of the certificate's signature; Apple's rules do not know that of RSA-PSS."""
    algorithm = place.cert.signature_algorithm
    return algorithm.digest if place.path.by_rfc5280 else classified_digest(algorithm.oid)


def _not_self_signed(place: Place) -> bool:
    """Whether its signature counts: nobody relies on the one that a root puts on itself."""
    return not place.self_signed


def _digest_counts_for_tls(place: Place) -> bool:
    """Self-signed certificates are exempt; so is an anchor of any shape the user trusts."""
    return _not_self_signed(place) and not (place.is_anchor and place.anchor_class is AnchorClass.USER)


def _unusable(place: Place) -> str:
    """Why the certificate's key is none at all; empty for one that can be used."""
    if not place.path.by_rfc5280:
        problem = apple_key(place.cert.spki).problem
        return f"Apple's Security does not import it: {problem}" if problem else ""
    key = place.cert.key
    if key.curve == EXPLICIT:
        return "its curve is written out, which RFC 5480, 2.1.1 forbids"
    return key.problem  # RFC 3279, 8410 and others define more keys than Apple takes


def _size(cert: CertFacts) -> int:
    """Bits, in whole bytes, as Apple compares them: an RSA modulus of 2047 bits has 256 and passes."""
    return (cert.key.bits + 7) // 8 * 8


def _sound_elsewhere(place: Place) -> bool:
    """Whether the key is neither for TLS servers nor called broken."""
    algorithm = place.cert.key.algorithm
    return algorithm not in TLS_FLOOR if place.path.by_rfc5280 else algorithm in NEVER_WEAK


@rule(
    "key-not-broken",
    level=Level.X509,
    title="A key is broken",
    citation="Security-61901 SecCertificate.c, WeakKeySize",
    applies_to=every,
    apple_check="WeakKeySize",
    fix="Make a new key: P-256, or RSA with 2048 bits or more.",
    fact="key",
    cause="server-weak-key",
)
def key_not_broken(place: Place) -> Iterator[str]:
    """RSA under 1024 bits, curves under 160, and every key that the system cannot import. Fatal: no exception lifts it.

    Apple imports RSA up to 8,192 bits, the five NIST curves by name (no other curve, none that is written out), Ed25519
    and Ed448; no DSA, and no key of type RSASSA-PSS. What it cannot import counts as weak.
    """
    key = place.cert.key
    why = _unusable(place)
    if why:
        yield f"the key of {place.cert.subject.label} is {key}; {why}"
    elif key.algorithm in BROKEN_BELOW and _size(place.cert) < BROKEN_BELOW[key.algorithm] * 8:
        floor = BROKEN_BELOW[key.algorithm] * 8
        yield f"{place.cert.subject.label} has {key}; {key.algorithm} needs {floor} bits at the very least"


@rule(
    "signature-not-broken",
    level=Level.X509,
    title="A certificate is signed with a broken digest",
    citation="Security-61901 SecCertificate.c, WeakSignature",
    applies_to=when(_not_self_signed),
    apple_check="WeakSignature",
    fix="Issue it again with SHA-256.",
    fact="digest",
    cause="server-weak-signature",
    of_profile=True,
)
def signature_not_broken(place: Place) -> Iterator[str]:
    """MD2, MD4, MD5. Fatal. A self-signed root is exempt: nobody relies on the signature it puts on itself.

    Self-signed means that its own key made the signature. A leaf that merely has its CA's name is not, and neither is a
    root signed with MD2 or MD4, which Apple cannot verify.
    """
    if _digest(place) in BROKEN_DIGESTS:
        yield f"{place.cert.subject.label} is signed with {place.cert.signature_algorithm}"


@rule(
    "tls-rsa-2048",
    level=Level.TLS,
    title="An RSA key is too small for a TLS server",
    citation="Apple support article 103769; Security-61901 SecPolicy.c, KeySize",
    applies_to=servers_at_large & when(lambda place: place.cert.key.algorithm is KeyAlgorithm.RSA),
    apple_check="KeySize",
    fix="Make a new RSA key of 2048 bits or more, or a P-256 key.",
    fact="key",
    cause="server-weak-key",
    of_profile=True,
)
def rsa_2048(place: Place) -> Iterator[str]:
    """Since iOS 13: 2048 bits for the leaf and for every CA above it, your own test root included."""
    if _size(place.cert) < TLS_FLOOR[KeyAlgorithm.RSA]:
        yield f"{place.cert.subject.label} has {place.cert.key}; 2048 bits are needed"


@rule(
    "tls-ec-256",
    level=Level.TLS,
    title="An elliptic-curve key is too small for a TLS server",
    citation="Security-61901 SecPolicy.c, KeySize",
    applies_to=servers_at_large & when(lambda place: place.cert.key.algorithm is KeyAlgorithm.EC),
    apple_check="KeySize",
    fix="Make a new P-256 key.",
    fact="key",
    cause="server-weak-key",
    of_profile=True,
)
def ec_256(place: Place) -> Iterator[str]:
    """256 bits for the leaf and for every CA above it."""
    if _size(place.cert) < TLS_FLOOR[KeyAlgorithm.EC]:
        yield f"{place.cert.subject.label} has {place.cert.key}; 256 bits are needed"


@rule(
    "tls-key-type",
    level=Level.TLS,
    title="The key's type is not for TLS servers",
    citation="Security-61901 SecPolicy.c, KeySize (its table holds RSA and EC only; not run on a device)",
    applies_to=servers_at_large & when(_sound_elsewhere),
    apple_check="KeySize",
    fix="Use P-256 or RSA; keep Ed25519 for other things.",
    fact="key",
    cause="server-weak-key",
    of_profile=True,
)
def key_type(place: Place) -> Iterator[str]:
    """Ed25519 and Ed448 are sound, and Apple's TLS server policy refuses them; others are broken anyway.

    By the book no other key is broken for its kind, and none of them is for TLS servers.
    """
    yield f"{place.cert.subject.label} has a key of type {place.cert.key.algorithm}; RSA and EC are allowed"


@rule(
    "tls-sha2-signature",
    level=Level.TLS,
    title="A certificate is signed with SHA-1",
    citation="Apple support article 103769; Security-61901 SecPolicy.c, SignatureHashAlgorithms",
    applies_to=servers_at_large & when(_digest_counts_for_tls),
    apple_check="SignatureHashAlgorithms",
    fix="Issue it again with SHA-256.",
    fact="digest",
    cause="server-weak-signature",
    met_most=True,
    of_profile=True,
)
def sha2_signature(place: Place) -> Iterator[str]:
    """No date and no anchor class excuses SHA-1 on a server's chain; only the root's own signature does not count."""
    if _digest(place) in TOO_WEAK_FOR_TLS:
        yield f"{place.cert.subject.label} is signed with {place.cert.signature_algorithm}"
