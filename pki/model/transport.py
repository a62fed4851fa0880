"""What one connection negotiated, and which of an Apple client's offers the server took."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from pki.model.app_errors import ASKED_TOO_LATE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pki.model.http3 import Http3Advertisement

_CAS_SHOWN = 5


class Offered(IntEnum):
    """What a client puts on the table, the narrowest first."""

    ATS = 1
    APPLE = 2
    ALL = 3

    @property
    def description(self) -> str:
        """Whose offer it is."""
        return ("an ATS connection's", "an Apple client's without ATS", "everything this OpenSSL has")[
            self - 1
        ]


@dataclass(frozen=True, slots=True)
class Declined:
    """An offer the server did not take: whose, and how it said so."""

    offered: Offered
    reason: str  # "alert 40 handshake_failure", "closed the connection"
    alert: int | None = None  # the alert's number where one came
    cause: str = ""  # why, as a code of `pki.model.causes`


def acceptable_cas_text(names: Sequence[str]) -> str:
    """The NAMES of a list of acceptable CAs, five of many; of an empty one what it means (RFC 8446, 4.2.4)."""
    more = f" and {len(names) - _CAS_SHOWN} more" if len(names) > _CAS_SHOWN else ""
    return f"{'; '.join(names[:_CAS_SHOWN])}{more}" if names else "any CA, the list is empty"


class IdentityAnswer(StrEnum):
    """What a server made of the identity that it was shown, or of being shown none."""

    ACCEPTED = "accepted"  # application data came that is no refusal
    REFUSED = "refused"  # an alert about certificates, or an answer that says so
    NOT_ASKED = "not-asked"
    UNKNOWN = "unknown"  # closed without a byte, silence, an answer that is not about the identity


class ClientCertificateRequest(StrEnum):
    """When a server asked for a client certificate."""

    IN_HANDSHAKE = "handshake"
    BY_RENEGOTIATION = "renegotiation"  # TLS 1.2: a second handshake, once it has read the request
    POST_HANDSHAKE = "post-handshake"  # TLS 1.3: RFC 8446, 4.6.2
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class IdentityFault:
    """What is wrong with an identity of ours, found without asking anybody; `code` is of `pki.model.causes`."""

    code: str
    text: str
    repair: str


@dataclass(frozen=True, slots=True)
class Identified:
    """What came of the server's wish for a client certificate, or of our offer of one: the one value that is reported.

    `identity` is the one that was to be shown, None: there was none, or nobody asked. `evidence` is what the answer was
    read from, in words ("alert 116 certificate_required"); `status` is HTTP's, where one came.
    """

    identity: str | None
    answer: IdentityAnswer
    evidence: str = ""
    status: int | None = None
    listed: bool | None = (
        None  # whether the acceptable CAs name one above it; None: no identity, or an empty list
    )
    alert: int | None = None  # the number of the alert that ended it, where one did
    asked: ClientCertificateRequest = ClientCertificateRequest.IN_HANDSHAKE
    faults: tuple[IdentityFault, ...] = ()  # what is wrong with the identity that was to be shown

    @property
    def accepted(self) -> bool:
        """Whether the server went on with it: nothing but an answer that says so counts."""
        return self.answer is IdentityAnswer.ACCEPTED

    @property
    def not_asked(self) -> bool:
        """Whether the server asked for none."""
        return self.answer is IdentityAnswer.NOT_ASKED

    @property
    def refused(self) -> bool:
        """Whether the server said that it does not take it."""
        return self.answer is IdentityAnswer.REFUSED

    @property
    def asked_too_late(self) -> bool:
        """Whether it was asked for after the handshake, where no source says that an app is asked."""
        return self.asked is ClientCertificateRequest.POST_HANDSHAKE

    @property
    def text(self) -> str:
        """The answer, for the head of a report: `eve was refused`."""
        who = self.identity
        match self.answer:
            case IdentityAnswer.ACCEPTED:
                return f"{who} was accepted" if who else "the server goes on without a client certificate"
            case IdentityAnswer.REFUSED:
                return f"{who} was refused" if who else "the server insists on a client certificate"
            case IdentityAnswer.NOT_ASKED:
                return "no client certificate was asked for"
            case IdentityAnswer.UNKNOWN:
                which = f"{who} was accepted" if who else "the server goes on without a client certificate"
                return f"whether {which} is not known"

    @property
    def text_and_evidence(self) -> str:
        """The answer and what it was read from."""
        return f"{self.text}: {self.evidence}" if self.evidence else self.text

    @property
    def sentences(self) -> str:
        """The same as whole sentences, with what is wrong with the identity at hand; a name stays as it is written."""
        known, first = (
            self.identity is not None and self.text.startswith(self.identity),
            self.text_and_evidence,
        )
        begun = first if known else f"{first[:1].upper()}{first[1:]}"
        return " ".join(f"{words}." for words in (begun, *(fault.text for fault in self.faults)))

    @property
    def next_step(self) -> str:
        """What to do about an answer that is not `accepted`; empty for one that is."""
        repairs = " ".join(dict.fromkeys(fault.repair for fault in self.faults))
        if self.asked_too_late and not self.accepted:
            return f"{repairs} {ASKED_TOO_LATE}".lstrip()
        match self.answer:
            case IdentityAnswer.ACCEPTED:
                return ""
            case IdentityAnswer.NOT_ASKED:
                return "A server may ask by path, or on another port: name the one that does, https://HOST:PORT/PATH."
            case IdentityAnswer.REFUSED if self.identity is None:
                return "Show an identity: --client NAME. An app answers NSURLAuthenticationMethodClientCertificate."
            case IdentityAnswer.REFUSED:
                return repairs or _NO_FAULT
            case IdentityAnswer.UNKNOWN:
                return f"{repairs} {_SILENT if self.status is None else _WORDLESS}".lstrip()


_NO_FAULT = (
    "Nothing that is known here speaks against it: look into the server's log, and see which CAs it trusts, what its "
    "CRL lists and whom it lets in."
)
_WORDLESS = "Look into the server's log, and compare with what it answers to another identity."
_SILENT = (
    "Look into the server's log for this moment, and compare with another identity and with none. Some servers end "
    "TLS so where a certificate does not verify (nginx's stream module), others where our question is not of their "
    "protocol."
)


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
    protocol: str = "http"  # what is spoken inside, by its name in `pki.live.protocols`
    client_certificate: str = "none"  # none, requested, required
    acceptable_cas: tuple[str, ...] = ()
    identified: Identified | None = None  # None: the server did not ask, or was not told
    stapled: bool = False  # an OCSP answer came with the handshake
    not_offered: tuple[str, ...] = ()  # what an Apple client offers and this OpenSSL cannot
    http3: Http3Advertisement | None = None  # None: it was not asked for

    @property
    def acceptable(self) -> str:
        """The acceptable CAs in words."""
        return acceptable_cas_text(self.acceptable_cas)

    @property
    def taken_by_apple(self) -> bool:
        """Whether the server took something that an Apple client offers."""
        return self.taken is not Offered.ALL

    @property
    def taken_without_ats(self) -> bool:
        """Whether the server took what an Apple client offers, and nothing of what ATS leaves of it."""
        return self.taken is Offered.APPLE

    def declined_of(self, *, ats: bool) -> Declined | None:
        """How the server declined an ATS connection's offer, or an Apple client's without ATS; None: it did not."""
        own = Offered.ATS if ats else Offered.APPLE
        return next((said for said in self.declined if said.offered is own), None)

    @property
    def is_http(self) -> bool:
        """Whether it is URLSession's; another protocol is Network framework's, or a library's."""
        return self.protocol == "http"
