"""What the CA/Browser Forum's Baseline Requirements add for publicly trusted TLS certificates; the policy `webpki`.

Source: Baseline Requirements for TLS Server Certificates, version 2.x; the sections are named in each rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pki.model import oids
from pki.model.address_text import address_text
from pki.model.extension_values import KeyUsage, NameType
from pki.model.keys import KeyAlgorithm
from pki.model.public_suffixes import is_public_suffix
from pki.model.verdict import Level
from pki.trust import catalogue
from pki.trust.path import Place
from pki.trust.scope import every, leaf, when, where

WEB = frozenset({"webpki"})

rule = partial(catalogue.rule, level=Level.TLS, policies=WEB)


self_signed_top = where(lambda c: c.is_top) & when(lambda place: place.self_signed)


@rule(
    "webpki-version",
    title="The certificate is not version 3",
    citation="Baseline Requirements 7.1.1",
    applies_to=every,
    fix="Issue it again as version 3.",
)
def version_3(place: Place) -> Iterator[str]:
    """Older versions cannot carry a name, a purpose or a constraint."""
    if place.cert.version != 3:
        yield f"{place.cert.subject.label} is version {place.cert.version}"


@rule(
    "webpki-root-key-identifier",
    title="The root's authorityKeyIdentifier says more than its own key",
    citation="Baseline Requirements 7.1.2.1.3",
    applies_to=self_signed_top
    & when(lambda place: place.cert.extension(oids.AUTHORITY_KEY_IDENTIFIER) is not None),
    fix="Leave the extension out of the root, or name its own subjectKeyIdentifier alone.",
)
def root_key_identifier(place: Place) -> Iterator[str]:
    """Where a root has it, it holds keyIdentifier alone, equal to the root's own."""
    extension = place.cert.extension(oids.AUTHORITY_KEY_IDENTIFIER)
    identifier = place.cert.authority_key_identifier
    if extension is None:
        return
    if identifier is None or len(extension.value) != 4 + len(identifier):
        yield "it holds more than keyIdentifier, or not even that"
    elif identifier != place.cert.subject_key_identifier:
        yield "it names another key than the root's own"


@rule(
    "webpki-common-name",
    title="The CommonName is none of the subject alternative names",
    citation="Baseline Requirements 7.1.4.3",
    applies_to=leaf,
    fix="Leave the CommonName out, or copy one of the names into it.",
)
def common_name_repeats_a_name(place: Place) -> Iterator[str]:
    """A CommonName, where there is one, repeats one entry to the letter; addresses in their canonical text.

    One that is the domain an entry stands under passes: strictly it should not, and every browser lets it.
    """
    names = {name.text for name in place.cert.names(NameType.DNS)}
    for name in place.cert.names(NameType.IP):
        if len(name.value) in (4, 16):
            names.add(address_text(name.value))
    for common_name in place.cert.subject.common_names:
        if common_name not in names and not any(name.endswith(f".{common_name}") for name in names):
            yield f"CN {common_name[:60]!r} is not among them"


@rule(
    "webpki-purposes",
    title="extendedKeyUsage is not as browsers' root programmes ask",
    citation="Baseline Requirements 7.1.2.7.6 and 7.1.2.1.2",
    applies_to=when(lambda place: place.is_leaf or (place.is_top and place.self_signed)),
    fix="Name serverAuth in the leaf, not critical; name nothing in the root.",
    fact="purposes",
)
def purposes(place: Place) -> Iterator[str]:
    """A leaf names serverAuth, never anyExtendedKeyUsage, without the critical flag; a root names no purpose at all."""
    extension = place.cert.extension(oids.EXTENDED_KEY_USAGE)
    if not place.is_leaf:
        if extension is not None:
            yield "the root limits its purposes"
        return
    named = place.cert.extended_key_usage
    if extension is None or named is None:
        yield "the leaf names no purpose"
        return
    if extension.critical:
        yield "the leaf's is critical"
    if oids.ANY_EXTENDED_KEY_USAGE in named:
        yield "the leaf names anyExtendedKeyUsage"


@rule(
    "webpki-leaf-is-no-ca",
    title="The server's certificate is a CA",
    citation="Baseline Requirements 7.1.2.7.8 and 7.1.2.7.11",
    applies_to=leaf,
    fix="Issue a certificate for the server below this CA.",
    fact="ca",
)
def leaf_is_no_ca(place: Place) -> Iterator[str]:
    """A subscriber certificate says cA FALSE or nothing, and may not sign certificates."""
    constraints, usage = place.cert.basic_constraints, place.cert.key_usage
    if constraints is not None and constraints.ca:
        yield "it says cA TRUE"
    elif usage is not None and KeyUsage.KEY_CERT_SIGN in usage:
        yield "it may sign certificates"


@rule(
    "webpki-wildcard-suffix",
    title="A wildcard covers a whole public suffix",
    citation="Baseline Requirements 3.2.2.6",
    applies_to=leaf,
    fix="Issue it for a wildcard below a name of your own.",
)
def wildcard_below_public_suffix(place: Place) -> Iterator[str]:
    """What follows the wildcard is not a public suffix, private ones such as github.io included."""
    for name in place.cert.names(NameType.DNS):
        if name.text.startswith("*.") and is_public_suffix(name.text[2:].lower()):
            yield f"{name.text[:80]!r}"


@rule(
    "webpki-key",
    title="The key is of a kind browsers' root programmes forbid",
    citation="Baseline Requirements 6.1.5, 6.1.6 and 7.1.3.1.2",
    applies_to=every,
    fix="Make a new key: RSA of 2048 bits or more in steps of 8, or a named NIST curve.",
    fact="key",
)
def key_kind(place: Place) -> Iterator[str]:
    """RSA sizes are multiples of 8; elliptic-curve keys name P-256, P-384 or P-521; there are no other kinds."""
    key = place.cert.key
    if key.algorithm not in (KeyAlgorithm.RSA, KeyAlgorithm.EC):
        yield f"{place.cert.subject.label} has a key of type {key.algorithm}"
    if key.algorithm is KeyAlgorithm.RSA and key.bits % 8:
        yield f"{place.cert.subject.label} has RSA {key.bits}"
    if key.algorithm is KeyAlgorithm.EC and key.curve not in ("P-256", "P-384", "P-521"):
        yield f"{place.cert.subject.label} has {key}"
