"""What one end puts on the table: versions, suites, groups, signature algorithms; as values, without OpenSSL."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pki.errors import InvalidRequest


class TlsVersion(StrEnum):
    """The versions OpenSSL 4 still speaks. Apple deprecated 1.0 and 1.1 with iOS 15; ATS asks for 1.2."""

    TLS10 = "1.0"
    TLS11 = "1.1"
    TLS12 = "1.2"
    TLS13 = "1.3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One end's parameters in OpenSSL's names and order of preference; None leaves OpenSSL's default.

    `suites` are those up to TLS 1.2 (`ECDHE-RSA-AES128-GCM-SHA256`), `suites13` those of TLS 1.3
    (`TLS_AES_128_GCM_SHA256`). `weak` lowers OpenSSL's security level to 0: without it neither TLS 1.0 and 1.1 nor
    SHA-1 nor RSA below 2048 bits ever reaches the wire, and a test of them proves nothing.
    """

    lowest: TlsVersion = TlsVersion.TLS12
    highest: TlsVersion = TlsVersion.TLS13
    suites: tuple[str, ...] | None = None
    suites13: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    signature_algorithms: tuple[str, ...] | None = None
    extended_master_secret: bool = True  # RFC 7627; up to TLS 1.2
    alpn: tuple[str, ...] = ()
    weak: bool = False

    def __post_init__(self) -> None:
        if self.lowest > self.highest:
            raise InvalidRequest(
                f"TLS {self.lowest} to {self.highest} is an empty range", hint="Give the lower version first."
            )
        for protocol in self.alpn:
            if not protocol.isascii() or not 1 <= len(protocol) <= 255:  # RFC 7301, 3.1
                raise InvalidRequest(
                    f"{protocol!r} is no ALPN protocol", hint="Give names such as h2 or http/1.1."
                )

    @classmethod
    def only(cls, version: TlsVersion) -> Offer:
        """One version and OpenSSL's defaults; the old versions with the security level they need."""
        return cls(lowest=version, highest=version, weak=version < TlsVersion.TLS12)


DEFAULT_OFFER = Offer()
