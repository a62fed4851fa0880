"""Can a person switch this trust on? Asked of anchors that are said to be the user's."""

from __future__ import annotations

from collections.abc import Iterator

from pki.model.codes import Severity
from pki.model.user_roots import PLACE, unlisted_because
from pki.model.verdict import AnchorClass, Level
from pki.trust.catalogue import URL_SESSION, rule
from pki.trust.path import Place
from pki.trust.scope import under, where


@rule(
    "anchor-not-listed",
    level=Level.X509,
    title="iOS has no switch for this anchor",
    citation="mkcert issue 47; Apple developer forums, thread 89568; Security-61901 SecTrustStore.c",
    applies_to=where(lambda c: c.is_anchor) & under(AnchorClass.USER, AnchorClass.USER_LEAF),
    severity=Severity.WARNING,
    policies=URL_SESSION,
    fix="Make a root with CA:TRUE and a CommonName, issue the server's certificate below it, and install the root.",
    fact="own root",
)
def anchor_is_listed(place: Place) -> Iterator[str]:
    """IPhones and iPads list a root for being trusted only if it is a CA, has a CommonName and signed itself.

    The profile installs, and Settings > General > About > Certificate Trust Settings does not show the certificate, so
    it is never trusted for TLS. On a Mac it works: there a person sets any certificate to Always Trust. Self-signed
    server certificates, as development tools make them, are the usual case.
    """
    reasons = unlisted_because(place.cert)
    if reasons:
        yield f"{place.cert.subject.label}: {' and '.join(reasons)}, so {PLACE} does not list it; a Mac can trust it"
