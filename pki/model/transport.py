"""What one connection negotiated, and which of an Apple client's offers the server took."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Offered(IntEnum):
    """What a client puts on the table, the narrowest first."""

    ATS = 1
    APPLE = 2
    ALL = 3

    @property
    def words(self) -> str:
        """Whose offer it is."""
        return ("an ATS connection's", "an Apple client's without ATS", "everything this OpenSSL has")[
            self - 1
        ]


@dataclass(frozen=True, slots=True)
class Declined:
    """An offer the server did not take: whose, and how it said so."""

    offered: Offered
    how: str  # "alert 40 handshake_failure", "closed the connection"
    alert: int | None = None  # the alert's number where one came


class IdentityAnswer(StrEnum):
    """What a server made of the identity that it was shown, or of being shown none."""

    ACCEPTED = "accepted"  # application data came that is no refusal
    REFUSED = "refused"  # an alert about certificates, or an answer that says so
    NOT_ASKED = "not-asked"
    UNKNOWN = "unknown"  # closed without a byte, silence, an answer that is not about the identity


@dataclass(frozen=True, slots=True)
class IdentityFault:
    """What is wrong with an identity of ours, found without asking anybody; `code` is of `pki.model.causes`."""

    code: str
    words: str
    repair: str


@dataclass(frozen=True, slots=True)
class Identified:
    """What came of the server's wish for a client certificate. `identity` is the one shown, None: none was.

    `evidence` is what the answer was read from, in words ("alert 116 certificate_required"); `status` is HTTP's, where
    one came.
    """

    identity: str | None
    answer: IdentityAnswer
    evidence: str = ""
    status: int | None = None
    listed: bool | None = (
        None  # whether the acceptable CAs name one above it; None: no identity, or an empty list
    )
    alert: int | None = None  # the number of the alert that ended it, where one did

    @property
    def accepted(self) -> bool:
        """Whether the server went on with it: nothing but an answer that says so counts."""
        return self.answer is IdentityAnswer.ACCEPTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """One connection's parameters. `taken` is the narrowest offer the server took, `declined` what it refused before.

    `version` is `"1.0"` to `"1.3"`; `suite` and `group` are OpenSSL's names. `group` is None for static RSA;
    `suite` is empty and the rest None where the handshake ended before they were known.
    """

    version: str
    suite: str = ""
    group: str | None = None
    extended_master_secret: bool | None = None  # RFC 7627; None in TLS 1.3, which always binds what it binds
    alpn: str | None = None
    taken: Offered = Offered.ATS
    declined: tuple[Declined, ...] = ()
    address: str = ""  # where the connection went
    through: str = ""  # a proxy, host:port
    client_certificate: str = "none"  # none, requested, required
    acceptable_cas: tuple[str, ...] = ()
    identified: Identified | None = None  # None: the server did not ask, or was not told
    stapled: bool = False  # an OCSP answer came with the handshake
    not_offered: tuple[str, ...] = ()  # what an Apple client offers and this OpenSSL cannot
