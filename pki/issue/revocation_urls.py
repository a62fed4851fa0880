"""Where a certificate says its status can be asked: OCSP and CRL addresses (RFC 5280, 4.2.2.1 and 4.2.1.13)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from pki.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class RevocationUrls:
    """Addresses that go into a certificate, in order; none leaves the extension out."""

    ocsp: tuple[str, ...] = ()
    crl: tuple[str, ...] = ()

    @classmethod
    def of(cls, *, ocsp: Iterable[str] = (), crl: Iterable[str] = ()) -> RevocationUrls:
        """Check the addresses and keep each once.

        Raises:
            InvalidRequest: one is no http address. RFC 5280, 8 warns of https here: its own certificate would have
                to be checked first.
        """
        return cls(tuple(map(_checked, dict.fromkeys(ocsp))), tuple(map(_checked, dict.fromkeys(crl))))

    @classmethod
    def read(cls, certificate: x509.Certificate) -> RevocationUrls:
        """Read them back from a certificate made here, for the one that takes over from it."""
        ocsp: list[str] = []
        crl: list[str] = []
        for extension in certificate.extensions:
            value = extension.value
            if isinstance(value, x509.AuthorityInformationAccess):
                wanted = AuthorityInformationAccessOID.OCSP
                ocsp += [_text(one.access_location) for one in value if one.access_method == wanted]
            elif isinstance(value, x509.CRLDistributionPoints):
                crl += [_text(name) for point in value for name in point.full_name or ()]
        return cls(tuple(ocsp), tuple(crl))

    def extensions(self) -> list[x509.Extension[Any]]:
        """The extensions, none of them critical."""
        found: list[x509.Extension[Any]] = []
        if self.ocsp:
            method = AuthorityInformationAccessOID.OCSP
            access = x509.AuthorityInformationAccess(
                [x509.AccessDescription(method, _uri(u)) for u in self.ocsp]
            )
            found.append(x509.Extension(access.oid, False, access))
        if self.crl:
            points = x509.CRLDistributionPoints(
                [x509.DistributionPoint([_uri(url)], None, None, None) for url in self.crl]
            )
            found.append(x509.Extension(points.oid, False, points))
        return found


NO_URLS = RevocationUrls()


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        sound = parts.scheme == "http" and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:  # a port that is none
        sound = False
    if not sound or not url.isascii() or not url.isprintable() or " " in url:
        raise InvalidRequest(
            f"{url!r} is no http address", hint="Give one such as http://127.0.0.1:8080/, without TLS."
        )
    return url


def _uri(url: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(url)


def _text(name: x509.GeneralName) -> str:
    return str(name.value)
