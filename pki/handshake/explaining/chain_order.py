"""A chain as it was sent beside the chain that it makes: order, strays and roots, which stop nothing at our ends.

RFC 5246, 7.4.2: each certificate MUST certify the one before it; RFC 8446, 4.4.2 makes that a SHOULD, and asks
receivers to cope. Some do not: old Java, embedded stacks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.model.certificate import CertFacts
from pki.model.signatures import self_signed
from pki.model.transcript import Party, TranscriptNote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def climb(start: CertFacts, issuers: Iterable[CertFacts]) -> list[CertFacts]:
    """The issuers above START among ISSUERS, by name."""
    found: list[CertFacts] = []
    known = list(issuers)
    top = start
    while not self_signed(top, by_rfc5280=True):
        above = next((c for c in known if c.subject.key == top.issuer.key and c not in found), None)
        if above is None:
            break
        found.append(above)
        top = above
    return found


def order_notes(party: Party, sent: tuple[bytes, ...]) -> Iterator[TranscriptNote]:
    """What is odd about the certificates that PARTY sent, all of them, leaf first."""
    certs = list(CertFacts.readable(sent))
    if not certs:
        return
    leaf, *others = certs
    made = [leaf, *climb(leaf, others)]
    belonging = list(dict.fromkeys(cert for cert in certs if cert in made))
    if belonging != made:
        yield TranscriptNote(
            "wrong-order", party, f"sent as {_labels(belonging)}; in order it is {_labels(made)}"
        )
    seen: list[CertFacts] = []
    for position, cert in enumerate(certs):
        if cert in seen:
            yield TranscriptNote(
                "superfluous-certificate", party, f'certificate {position}, "{_label(cert)}", was sent before'
            )
        elif cert not in made:
            yield TranscriptNote(
                "superfluous-certificate",
                party,
                f'certificate {position}, "{_label(cert)}", is not above "{_label(leaf)}"',
            )
        seen.append(cert)
    if len(made) > 1 and self_signed(made[-1], by_rfc5280=True):
        yield TranscriptNote(
            "root-sent",
            party,
            f'the root "{_label(made[-1])}" was sent; the other end has it or does not trust it',
        )


def _labels(certs: list[CertFacts]) -> str:
    return ", ".join(f'"{_label(cert)}"' for cert in certs)


def _label(cert: CertFacts) -> str:
    return cert.subject.label
