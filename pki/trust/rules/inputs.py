"""What the one who asks demands of a path beyond its being valid; by the book only, SecTrust takes no such inputs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pki.model import oids
from pki.model.extension_values import KEY_USAGES
from pki.model.verdict import Level
from pki.trust import catalogue
from pki.trust.catalogue import BOOK
from pki.trust.path import Place
from pki.trust.scope import leaf, when, where

rule = partial(catalogue.rule, policies=BOOK, level=Level.X509)


@rule(
    "rfc5280-max-intermediates",
    title="There are more intermediates than were asked for",
    citation="RFC 5280, 6.1.1 leaves it to the application; openssl-verification-options(1), -verify_depth",
    applies_to=leaf & when(lambda place: place.request.inputs.max_intermediates is not None),
    fix="Use a shorter chain, or allow more with --max-intermediates.",
)
def few_intermediates(place: Place) -> Iterator[str]:
    """Every certificate between the leaf and the anchor counts, self-issued ones too, unlike in pathLenConstraint."""
    limit = place.request.inputs.max_intermediates
    if limit is not None and place.path.intermediates > limit:
        yield f"{place.path.intermediates} intermediates; {limit} are allowed"


@rule(
    "rfc5280-required-key-usage",
    title="keyUsage lacks what was asked for",
    citation="RFC 5280, 4.2.1.3",
    applies_to=leaf
    & when(lambda place: bool(place.request.inputs.key_usage) and place.cert.key_usage is not None),
    fix="Issue it again with these bits in keyUsage.",
)
def key_usage_holds(place: Place) -> Iterator[str]:
    """The leaf's key may be used for all that --key-usage names; without the extension it may be used for anything."""
    usage = place.cert.key_usage
    if usage is not None:
        wanted = place.request.inputs.key_usage
        missing = [name for name, bit in KEY_USAGES.items() if bit in wanted and bit not in usage]
        if missing:
            yield f"it lacks {', '.join(missing)}"


@rule(
    "rfc5280-purpose-named",
    level=Level.TLS,
    title="The purpose is not named",
    citation="RFC 5280, 4.2.1.12 (an application may require the extension)",
    applies_to=leaf
    & where(lambda c: c.setting.has_purposes)
    & when(lambda place: place.request.inputs.purpose_named),
    fix="Issue it again with the purpose in extendedKeyUsage.",
)
def purpose_named(place: Place) -> Iterator[str]:
    """The leaf names what it is used for: neither having no extendedKeyUsage is enough, nor anyExtendedKeyUsage.

    Asked where --purpose-named is given.
    """
    wanted = set(place.request.policy.purposes) - {oids.ANY_EXTENDED_KEY_USAGE}
    named = place.cert.extended_key_usage or ()
    if not wanted.intersection(named):
        listed = ", ".join(map(oids.purpose_name, named)) or "no purpose"
        yield f"{place.cert.subject.label} names {listed}"


@rule(
    "rfc5280-leaf-is-bare-anchor",
    title="The leaf itself is the anchor, and an anchor is a name and a key",
    citation="RFC 5280, 6.1 and 6.1.1 (d)",
    applies_to=where(lambda c: c.is_leaf and c.is_anchor)
    & when(lambda place: place.request.inputs.bare_anchor),
    fix="Give the CA that issued it as the anchor, or leave --bare-anchor out.",
)
def leaf_below_anchor(place: Place) -> Iterator[str]:
    """A path holds at least one certificate that the anchor issued: the anchor's own is not part of it."""
    yield f"{place.cert.subject.label} is the anchor, and no certificate is left to validate"
