"""What one question costs once, at however many moments it is asked again: signatures, and what URLs give."""

from __future__ import annotations

from pki.model.certificate import CertFacts
from pki.model.signatures import Verified, Verify, verified
from pki.trust.ca_issuers import Fetch


def verified_once() -> Verify:
    """`verified`, which works out each signature once."""
    known: dict[tuple[bytes, bytes], Verified] = {}

    def verify(child: CertFacts, issuer: CertFacts, *, by_rfc5280: bool) -> Verified:
        pair = child.der, issuer.der  # bytes keep their hash
        outcome = known.get(pair)
        if outcome is None:
            outcome = known[pair] = verified(child, issuer, by_rfc5280=by_rfc5280)
        return outcome

    return verify


def fetched_once(fetch: Fetch) -> Fetch:
    """FETCH, asked once for each URL: a timeline is about what is there now."""
    bodies: dict[str, bytes | None] = {}

    def body(url: str) -> bytes | None:
        if url not in bodies:
            bodies[url] = fetch(url)
        return bodies[url]

    return body
