"""Did the server send its certificates as TLS asks? What a file holds, leaf first, counts as sent.

Apple's search, like most, puts a muddled chain in order, so nothing here refuses one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial

from pki.model.certificate import CertFacts
from pki.model.codes import Severity
from pki.model.signatures import self_signed, signed_by
from pki.model.verdict import Level
from pki.trust import catalogue
from pki.trust.catalogue import URL_SESSION
from pki.trust.path import Path, Place
from pki.trust.scope import leaf, when, where

rule = partial(catalogue.rule, level=Level.X509, policies=URL_SESSION)

MAX_SENT = 16  # ours: whether one of them issued another is a signature to verify, pair by pair
MAX_NAMES = 65_536  # ours: bytes of all their names, which have to be compared and told
Issued = Callable[[CertFacts, CertFacts], bool]  # whether the first signed the second


def _complete(place: Place) -> bool:
    """More than the leaf was sent, and the path tells what belongs to it."""
    path = place.path
    return bool(place.request.others) and (path.anchor is not None or path.ends_self_signed)


@rule(
    "chain-order",
    title="The certificates are not sent in order",
    citation="RFC 8446, 4.4.2 (RFC 5246, 7.4.2); Apple, TLS for App Developers",
    applies_to=leaf & when(_complete),
    severity=Severity.WARNING,
    fix="Let the server send its own certificate, then the issuer of each, and nothing else.",
)
def sent_in_order(place: Place) -> Iterator[str]:
    """The server's certificate comes first, and each one after it issued the one before.

    TLS 1.2 demanded this order and TLS 1.3 still asks for it. Apple's search copes with a shuffled chain and with
    certificates that do not belong to it; other clients do not, and every handshake carries the surplus.
    """
    path, others = place.path, place.request.others
    if others == path.certs[1 : len(others) + 1]:
        return  # sent as the path was built
    names = sum(len(cert.subject.raw) for cert in others)
    if len(others) > MAX_SENT or names > MAX_NAMES:
        yield f"more is sent than the path needs, in {len(others)} certificates with names of {names:,} bytes"
        return
    yield from _muddle((place.request.leaf, *others), path)


def _muddle(sent: Sequence[CertFacts], path: Path) -> Iterator[str]:
    """What is wrong with SENT, the leaf first; numbers count from 1, as in a PEM file."""
    issued = cache(_issued)
    belonging = _belonging(dict.fromkeys(sent), path, issued)
    before = [sent[0]]
    for number, cert in enumerate(sent[1:], start=2):
        named = f"certificate {number}, {cert.subject.label},"
        if cert in before:
            yield f"{named} is sent twice"
        elif cert not in belonging:
            yield f"{named} is superfluous: it issued none of the others"
        elif not issued(cert, before[-1]):
            below = [other for other in belonging if other != cert and issued(cert, other)]
            known = [other for other in below if other in before]
            if known and any(issued(other, known[0]) for other in before if other != known[0]):
                yield f"{named} is superfluous: {known[0].subject.label} has an issuer already"
            elif below and not known:
                yield f"{named} comes before {below[0].subject.label}, which it issued"
        before.append(cert)


def _belonging(sent: Iterable[CertFacts], path: Path, issued: Issued) -> list[CertFacts]:
    """Those of the path, and whatever issued one that belongs: another way up, as cross-signed roots are."""
    sent = list(sent)
    belonging = [cert for cert in sent if cert in path.certs]
    for child in belonging:  # grows meanwhile
        belonging += [cert for cert in sent if cert not in belonging and issued(cert, child)]
    return belonging


def _issued(issuer: CertFacts, cert: CertFacts) -> bool:
    """By any reading of names and signatures: this is about what the server means, and other clients read it too."""
    return issuer.subject.key == cert.issuer.key and (
        signed_by(cert, issuer) or signed_by(cert, issuer, by_rfc5280=True)
    )


@rule(
    "chain-no-root-needed",
    title="The root is sent, and nobody needs it",
    citation="RFC 8446, 4.4.2; Apple, TLS for App Developers",
    applies_to=where(lambda c: c.is_leaf and c.anchored and not c.is_top),
    severity=Severity.INFO,
    fix="Leave the root out of what the server sends.",
)
def root_stays_at_home(place: Place) -> Iterator[str]:
    """Who trusts a root has it already; sent along, it makes every handshake longer and persuades nobody."""
    top = place.path.certs[-1]
    if top in place.request.others and self_signed(top):
        yield f"{top.subject.label} was sent"
