"""What the data at hand comes to for one certificate, as text and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki.model.time_format import moment_text
from pki.report.document import TypedDict
from pki.trust.revocation.answer import RevocationStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pki.model.certificate import CertFacts
    from pki.report.fields import Serial, Text, Time
    from pki.trust.revocation.answer import RevocationAnswer

_TITLES = {"apple": "Apple's code", "rfc5280": "RFC 5280", "rfc6960": "RFC 6960"}


class AskedCertificateJson(TypedDict):
    """The certificate that was asked about."""

    certificate: Text
    serial: Serial
    issuer: Text
    at: Time


class CrlAnswerJson(AskedCertificateJson):
    """What the lists come to for it."""

    rfc5280: StatusJson


class OcspAnswerJson(AskedCertificateJson):
    """What the answer comes to for it."""

    apple: StatusJson
    rfc6960: StatusJson


class StatusJson(TypedDict):
    """What it comes to by one book."""

    status: RevocationStatus
    words: Text
    # The row of the guide's table that an unknown rests on; null where none does.
    kept_out_by: Text | None


@dataclass(frozen=True, slots=True)
class CertificateStatus:
    """What the data at hand comes to for one certificate, by each book that was asked."""

    certificate: CertFacts
    issuer: CertFacts
    at: datetime
    books: Mapping[str, RevocationAnswer]

    @property
    def good(self) -> bool:
        """Whether every book says so."""
        return all(answer.status is RevocationStatus.GOOD for answer in self.books.values())

    def lines(self) -> list[str]:
        """The same in lines of text."""
        asked = self._asked()
        lines = [f"For {asked['certificate']}, serial {asked['serial']}, at {asked['at']}:"]
        for book, answer in self.books.items():
            text = answer.text if answer.text.startswith(answer.status) else f"{answer.status}: {answer.text}"
            lines.append(f"  by {_TITLES[book]}: {text}")
        return lines

    def crl_json(self) -> CrlAnswerJson:
        """The same for programs, of lists."""
        return {**self._asked(), "rfc5280": self._status("rfc5280")}

    def ocsp_json(self) -> OcspAnswerJson:
        """The same for programs, of an answer."""
        return {**self._asked(), "apple": self._status("apple"), "rfc6960": self._status("rfc6960")}

    def _asked(self) -> AskedCertificateJson:
        return {
            "certificate": str(self.certificate.subject),
            "serial": f"{self.certificate.serial:x}",
            "issuer": str(self.issuer.subject),
            "at": moment_text(self.at),
        }

    def _status(self, book: str) -> StatusJson:
        answer = self.books[book]
        return {"status": answer.status, "words": answer.text, "kept_out_by": answer.kept_out_by or None}
