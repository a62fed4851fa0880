"""Issuers from the URLs in certificates: the last place where Apple looks for one.

Security-61901: SecCertificateSource.c (none for an expired certificate), SecCAIssuerRequest.m (none from ten URLs on;
what is read) and TrustURLSessionDelegate.m (three requests for one certificate, http alone, no redirection). What comes
is only ever a candidate: it counts when its key made the signature.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from pki.errors import PkiError, Unreadable
from pki.model import der
from pki.model.certificate import CertFacts

MAX_REQUESTS = 3  # TrustURLSessionDelegate.m, MAX_TASKS: for one certificate
MAX_URLS = 9  # SecCAIssuerRequest.m, CA_ISSUERS_REQUEST_THRESHOLD: with more, nothing is asked
MAX_FETCHES = 12  # ours: requests in one search, which a stranger's certificates would lead on and on
MAX_FOUND = 32  # ours: certificates behind one URL
Fetch = Callable[[str], bytes | None]
"""The body behind an http URL, an error page's included; None when there is none to be had."""


class CaIssuers:
    """What one search has fetched: each URL once."""

    def __init__(self, fetch: Fetch, at: datetime) -> None:
        self._fetch = fetch
        self._at = at
        self._bodies: dict[str, bytes] = {}
        self._behind: dict[str, tuple[CertFacts, ...]] = {}  # URLs that gave certificates
        self.ders: set[bytes] = set()  # everything that had to be fetched
        self.exhausted = ""

    @property
    def found(self) -> tuple[CertFacts, ...]:
        """Every certificate that was fetched."""
        return tuple(cert for found in self._behind.values() for cert in found)

    def of(self, child: CertFacts) -> Sequence[CertFacts]:
        """What the first of CHILD's URLs holds that holds certificates, for the search to compare names and keys.

        The bodies of one certificate's URLs are read as one: Apple appends each to the one before and empties nothing,
        so that an error page in front of the certificate spoils it (didReceiveData).
        """
        urls = child.ca_issuers
        if not urls or len(urls) > MAX_URLS or not child.not_before <= self._at <= child.not_after:
            return ()
        answer = b""
        for url in [url for url in urls if url.startswith("http://")][:MAX_REQUESTS]:
            if url in self._behind:
                return self._behind[url]
            answer += self._body(url)
            found = certificates_in_answer(answer)
            if found:
                self._behind[url] = found
                self.ders.update(cert.der for cert in found)
                return found
        return ()

    def _body(self, url: str) -> bytes:
        known = self._bodies.get(url)
        if known is None:
            if len(self._bodies) == MAX_FETCHES:
                self.exhausted = f"stopped after {MAX_FETCHES} requests for issuers"
                return b""
            known = self._bodies[url] = self._fetch(url) or b""
        return known


def certificates_in_answer(data: bytes) -> tuple[CertFacts, ...]:
    """One DER certificate, a certs-only PKCS #7 (RFC 5280, 4.2.2.1), or one as PEM, which Apple forgives; else none."""
    from pki.load.pkcs7 import read_signed_data

    if not data:
        return ()
    try:
        return (CertFacts.parse(data),)
    except Unreadable:
        pass
    try:
        held = read_signed_data(data).certificates[:MAX_FOUND]
    except der.DerError:
        held = _in_pem(data)
    found = []
    for certificate in held:
        try:
            found.append(CertFacts.parse(certificate))
        except Unreadable:
            continue
    return tuple(found)


def _in_pem(data: bytes) -> tuple[bytes, ...]:
    from pki.load.pem import read_blocks

    try:
        blocks = read_blocks(data, name="the answer")
    except PkiError:
        return ()
    return tuple(block.data for block in blocks if block.label == "CERTIFICATE" and block.plain)[:1]
