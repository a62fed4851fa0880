"""Are the keys big enough, and the digests sound, for X.509 at all and for a TLS server?"""

from __future__ import annotations

from collections.abc import Iterator

from pki.model.keys import KeyAlgorithm
from pki.model.verdict import AnchorClass, Level
from pki.trust.catalogue import rule
from pki.trust.path import Place
from pki.trust.scope import every, servers_at_large, when

# SecCertificate.c, SecCertificateIsWeakKey: the floors below which nothing is trusted, in bits.
BROKEN_BELOW = {KeyAlgorithm.RSA: 1024, KeyAlgorithm.EC: 160}
NEVER_WEAK = (KeyAlgorithm.ED25519, KeyAlgorithm.ED448)
# SecPolicy.c, SecPolicyCreateSSL_internal, KeySize: the floors for a TLS server.
TLS_FLOOR = {KeyAlgorithm.RSA: 2048, KeyAlgorithm.EC: 256}
BROKEN_DIGESTS = ("MD2", "MD4", "MD5")
TOO_WEAK_FOR_TLS = ("SHA-1", *BROKEN_DIGESTS)


def _not_self_signed(place: Place) -> bool:
    return not place.cert.self_issued


def _digest_counts_for_tls(place: Place) -> bool:
    """Self-signed certificates are exempt; so is an anchor of any shape the user trusts."""
    return _not_self_signed(place) and not (place.is_anchor and place.anchor_class is AnchorClass.USER)


@rule(
    "key-not-broken",
    level=Level.X509,
    title="A key is broken",
    citation="Security-61901 SecCertificate.c, WeakKeySize",
    applies_to=every,
    apple_check="WeakKeySize",
    fix="Make a new key: P-256, or RSA with 2048 bits or more.",
    fact="key",
)
def key_not_broken(place: Place) -> Iterator[str]:
    """RSA under 1024 bits, curves under 160, and everything that is neither RSA, a NIST curve nor Edwards (DSA!).

    Fatal: no exception an app can set lifts it.
    """
    key = place.cert.key
    if key.algorithm in NEVER_WEAK:
        return
    floor = BROKEN_BELOW.get(key.algorithm)
    if floor is None and place.request.policy.by_the_book:
        return  # RFC 3279, 8410 and others define more keys than Apple takes
    if floor is None:
        yield f"{place.cert.subject.label} has a {key}"
    elif _whole_bytes(key.bits) < floor:
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
)
def signature_not_broken(place: Place) -> Iterator[str]:
    """MD2, MD4, MD5. Fatal. A self-signed root is exempt: nobody relies on the signature it puts on itself."""
    if place.cert.signature_algorithm.digest in BROKEN_DIGESTS:
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
)
def rsa_2048(place: Place) -> Iterator[str]:
    """Since iOS 13: 2048 bits for the leaf and for every CA above it, your own test root included."""
    if _whole_bytes(place.cert.key.bits) < TLS_FLOOR[KeyAlgorithm.RSA]:
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
)
def ec_256(place: Place) -> Iterator[str]:
    """256 bits for the leaf and for every CA above it."""
    if _whole_bytes(place.cert.key.bits) < TLS_FLOOR[KeyAlgorithm.EC]:
        yield f"{place.cert.subject.label} has {place.cert.key}; 256 bits are needed"


@rule(
    "tls-key-type",
    level=Level.TLS,
    title="The key's type is not for TLS servers",
    citation="Security-61901 SecPolicy.c, KeySize (its table holds RSA and EC only; not run on a device)",
    applies_to=servers_at_large & when(lambda place: place.cert.key.algorithm not in TLS_FLOOR),
    apple_check="KeySize",
    fix="Use P-256 or RSA; keep Ed25519 for other things.",
    fact="key",
)
def key_type(place: Place) -> Iterator[str]:
    """Ed25519 and Ed448 are sound, and Apple's TLS server policy refuses them; others are refused anyway."""
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
)
def sha2_signature(place: Place) -> Iterator[str]:
    """No date and no anchor class excuses SHA-1 on a server's chain; only the root's own signature does not count."""
    if place.cert.signature_algorithm.digest in TOO_WEAK_FOR_TLS:
        yield f"{place.cert.subject.label} is signed with {place.cert.signature_algorithm}"


def _whole_bytes(bits: int) -> int:
    """Apple compares sizes in whole bytes: an RSA modulus of 2047 bits has 256 of them and passes."""
    return (bits + 7) // 8 * 8
