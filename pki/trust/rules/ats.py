"""App Transport Security's share of the judgement that a chain alone can settle.

Pins stand in the same dictionary of Info.plist, but SecTrust itself enforces them: they fail the TLS level.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pki.model.codes import Severity
from pki.model.keys import KeyAlgorithm
from pki.model.verdict import AnchorClass, Level, Observation
from pki.trust import catalogue
from pki.trust.catalogue import URL_SESSION
from pki.trust.no_server import AS_WHAT_IT_IS, no_servers
from pki.trust.path import Place
from pki.trust.scope import issuers, leaf, under_ats, when, where

rule = partial(catalogue.rule, level=Level.ATS)

# SecProtocolConfiguration.m: the defaults of a third-party bundle.
MINIMUM_BITS = {KeyAlgorithm.RSA: 2048, KeyAlgorithm.EC: 256}
SHA2 = ("SHA-256", "SHA-384", "SHA-512", "SHAKE256")
WEAKER = ("MD2", "MD4", "MD5", "SHA-1", "SHA-224")


@rule(
    "ats-default-trust",
    title="An anchor set by the app does not count while ATS is on",
    citation="Apple, TLS for App Developers; Apple, Preventing Insecure Network Connections",
    applies_to=under_ats & where(lambda c: c.is_top and c.setting.ats_needs_trust),
    ats_status="trust",
    fix=(
        "Install the root on the device, or except this host with NSExceptionAllowsInsecureHTTPLoads in "
        "NSExceptionDomains."
    ),
    cause="ats-trust",
    ats_need="insecure_trust",
)
def default_trust_succeeds(place: Place) -> Iterator[str]:
    """ATS asks that the *default* trust evaluation succeed, whatever the app's own code adds.

    A root passed to SecTrustSetAnchorCertificates makes SecTrust happy and leaves URLSession failing with -1200.
    A root that the person installed and trusted counts as default trust.
    """
    if place.anchor_class is AnchorClass.APP:
        yield f"{place.cert.subject.label} is trusted by the app's code only"


@rule(
    "ats-key-size",
    title="A key is below what ATS asks",
    citation="Apple, Preventing Insecure Network Connections; Security-61901 SecProtocolConfiguration.m",
    applies_to=under_ats
    & when(lambda place: place.request.ats.checks_key_size and place.cert.key.algorithm in MINIMUM_BITS),
    ats_status="key-size",
    fix="Make a new key: P-256, or RSA with 2048 bits or more.",
    fact="key",
    cause="ats-certificate",
    of_profile=True,
)
def key_size(place: Place) -> Iterator[str]:
    """RSA 2048, EC 256. Ordinary server trust asks the same, except of a leaf the user trusts directly.

    An exception that lets forward secrecy go lets this floor go with it (Apple, NSExceptionRequiresForwardSecrecy).
    """
    if (place.cert.key.bits + 7) // 8 * 8 < MINIMUM_BITS[place.cert.key.algorithm]:
        yield f"{place.cert.subject.label} has {place.cert.key}"


def _weak_hash(place: Place) -> Iterator[str]:
    signed = place.cert.signature_algorithm
    if signed.digest in SHA2:
        return
    # What Apple verifies not at all, and is no weaker for that (SHA-3), is told by `signature-verifiable`.
    if place.is_top and place.path.dead_end.undecided and signed.digest not in WEAKER:
        return
    yield f"{place.cert.subject.label} is signed with {signed}"


@rule(
    "ats-hash-sha256",
    title="The leaf's signature is not by SHA-256, 384 or 512",
    citation="Apple, Preventing Insecure Network Connections (-9884)",
    applies_to=under_ats & leaf & when(lambda place: not place.self_signed),
    ats_status="leaf-hash",
    fix="Issue it again with SHA-256.",
    fact="digest",
    cause="ats-certificate",
    of_profile=True,
)
def leaf_hash(place: Place) -> Iterator[str]:
    """SHA-224 passes ordinary server trust and fails here."""
    yield from _weak_hash(place)


@rule(
    "ats-chain-hash-sha256",
    title="A CA's signature is not by SHA-256, 384 or 512",
    citation="Apple, Preventing Insecure Network Connections (-9885)",
    applies_to=under_ats & issuers & when(lambda place: not place.self_signed),
    ats_status="chain-hash",
    fix="Issue the intermediate again with SHA-256.",
    fact="digest",
    cause="ats-certificate",
    of_profile=True,
)
def chain_hash(place: Place) -> Iterator[str]:
    """The same floor for intermediates; a self-signed root's own signature is not looked at."""
    yield from _weak_hash(place)


@rule(
    "ats-pin-leaf",
    level=Level.TLS,
    title="The leaf's key is not the pinned one",
    citation="Apple, NSPinnedDomains; Security-61901 SecPolicyLeafCallbacks.c, LeafSPKISHA256",
    applies_to=where(lambda c: c.is_leaf and c.setting.leaf_pinned),
    apple_check="LeafSPKISHA256",
    fix=(
        "If the key was changed on purpose: pin the new one (and a backup) in NSPinnedLeafIdentities. If not: restore "
        "the old key, and look for a proxy on the way."
    ),
    cause="ats-pin",
)
def leaf_pin(place: Place) -> Iterator[str]:
    """Info.plist pins the leaf's public key. A pin list without a usable entry refuses everything.

    The pins are part of SecPolicyCreateSSL, so a SecTrust that the app makes itself fails with them, too.
    """
    pins = place.request.pins.leaf
    if pins is not None and place.cert.spki_sha256 not in pins:
        yield f"its key is not the pinned one: {_counted(pins)}"


@rule(
    "ats-pin-ca",
    level=Level.TLS,
    title="No CA of the chain has the pinned key",
    citation="Apple, NSPinnedDomains; Security-61901 SecPolicyServer.c, CAspkiSHA256",
    applies_to=where(lambda c: c.setting.ca_pinned and (not c.is_leaf or c.is_top)),
    apple_check="CAspkiSHA256",
    fix=(
        "If the CA was changed on purpose: pin the key of one in this chain (and a backup) in NSPinnedCAIdentities. If "
        "not: go back to the pinned CA, and look for a proxy on the way."
    ),
    cause="ats-pin",
)
def ca_pin(place: Place) -> Iterator[str]:
    """Info.plist pins a CA's public key; any certificate above the leaf may hold it, the root included.

    Where none does, Apple holds it against each of them; against the leaf only where it stands alone.
    """
    pins = place.request.pins.ca
    if pins is None or any(cert.spki_sha256 in pins for cert in place.path.certs[1:]):
        return
    if place.is_leaf:
        yield f"there is no CA in the chain, and {_counted(pins)} for CAs"
    else:
        yield f"the key of {place.cert.subject.label} is not the pinned one: {_counted(pins)}"


def _counted(pins: tuple[bytes, ...]) -> str:
    return "1 pin is given" if len(pins) == 1 else f"{len(pins)} pins are given"


@rule(
    "leaf-self-signed",
    title="The server signed its own certificate",
    citation="Apple, TLS for App Developers",
    applies_to=under_ats & where(lambda c: c.is_leaf and c.is_anchor),
    severity=Severity.WARNING,
    policies=URL_SESSION,
    fix="Make a test CA, install its root once, and issue the server's certificate below it.",
    fact="own root",
)
def leaf_from_a_ca(place: Place) -> Iterator[Observation]:
    """The person trusts this very certificate, so it passes; it must be installed and trusted again at every renewal.

    Self-signed is right for a CA's own root, perhaps for a peer on the local network, and not for a test server.
    """
    if place.self_signed:
        repair = AS_WHAT_IT_IS if no_servers(place) else ""
        yield Observation(f"{place.cert.subject.label} signed itself", repair)


@rule(
    "ats-host-trailing-dot",
    title="The host ends in a dot, which exceptions take for another name",
    citation="Apple, NSExceptionDomains; Security-61901 SecPolicyLeafCallbacks.c (names drop one dot)",
    applies_to=under_ats & leaf & when(lambda place: place.request.host is not None),
    severity=Severity.WARNING,
    policies=URL_SESSION,
    fix="Leave the dot out of the URL, or give NSExceptionDomains a second key that ends in it.",
)
def host_without_trailing_dot(place: Place) -> Iterator[str]:
    """The certificate's names match without the dot; a key of NSExceptionDomains matches only with it."""
    host = place.request.host
    if host is not None and host.text.endswith("."):
        yield f"{host.text!r} and {host.text[:-1]!r} are two keys"
