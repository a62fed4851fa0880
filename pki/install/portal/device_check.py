"""What is concluded from a connection to the test server."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import Unreadable
from pki.handshake.acceptance.verify_codes import NO_PATH, verify_text
from pki.handshake.ends.cleartext import HTTP_REQUEST
from pki.handshake.explaining.reasons import left_without_asking
from pki.model.alerts import tls_alert
from pki.model.foreign import is_issued_by, read_certificate
from pki.model.transcript import certificate_seen

if TYPE_CHECKING:
    from cryptography import x509

    from pki.handshake.ends.end_record import EndRecord
    from pki.model.identity import Identity

_BAD_SIGNATURE = 7  # X509_V_ERR_CERT_SIGNATURE_FAILURE, x509_vfy.h
# bad_certificate to certificate_unknown, and unknown_ca (RFC 8446, 6.2): what clients say of a server's certificate.
_ABOUT_CERTIFICATES = frozenset({42, 43, 44, 45, 46, 48})
_SWITCH = (
    "Install the profile, then switch the root on: Settings, General, About, Certificate Trust Settings; on a Mac, "
    "Keychain Access."
)
_REMEMBERS = "A browser remembers your last choice for as long as it runs: close it and open it again."


class CheckOutcome(StrEnum):
    """What a connection to the test server showed."""

    WORKS = "works"
    ANOTHER = "another identity"  # of this CA, but not the one that was handed out
    NOT_IN_FORCE = "an identity that servers refuse"  # of this CA: expired, for another purpose
    FOREIGN = "another CA's identity"
    NO_CERTIFICATE = "no certificate"
    NOT_TRUSTED = "not trusted yet"
    LEFT = "left during the handshake"
    NO_ANSWER = "no answer from the server behind"  # a front's
    NOT_ASKED = "left without a request"  # after the handshake: content or not, it cannot be told


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What the test server saw of one client, in sentences for whoever holds it."""

    outcome: CheckOutcome
    headline: str
    advice: str
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def works(self) -> bool:
        """Whether there is nothing left to do."""
        return self.outcome is CheckOutcome.WORKS


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCheck:
    """What is needed for a test server.

    `identity` is the server's, for the address it listens on; `authorities` are the certificates of the CA that the
    profile installs. `client` is the name of the identity in the profile, None without one, and `expected` its
    certificate; without that any identity of the CA's is right.
    """

    identity: Identity
    authorities: tuple[x509.Certificate, ...]
    client: str | None = None
    expected: x509.Certificate | None = None
    called: str = "test server"  # what sentences call it

    @property
    def roots(self) -> tuple[x509.Certificate, ...]:
        """What a server is usually told to trust; the intermediates are for the client to send."""
        return tuple(cert for cert in self.authorities if cert.subject == cert.issuer)

    def conclude(self, record: EndRecord) -> CheckResult | None:
        """What RECORD of a finished connection shows; None for one that shows nothing of the device."""
        if record.status == HTTPStatus.OK:
            return self._judged(record) if record.peer_chain else self._without_certificate(record)
        if record.status is not None:
            return None
        refusal = next((event for event in record.fatal_alerts if not event.sent), None)
        if refusal is None and left_without_asking(record):
            return CheckResult(
                CheckOutcome.NOT_ASKED,
                f"The device finished the handshake with the {self.called}, and asked nothing.",
                "Browsers do so with a connection that they keep for later, and apps with one whose certificate they "
                f"do not like. Try once more: one that refuses never asks, and most often lacks the root. {_SWITCH}",
                _connection(record),
            )
        if refusal is None and (record.believed_done or record.error == HTTP_REQUEST):
            return None  # we closed it, or it was no TLS
        alert_fact = (
            (("Said by the device", f"TLS alert {tls_alert(refusal.number).name}"),) if refusal else ()
        )
        if refusal is not None and refusal.number in _ABOUT_CERTIFICATES:
            return CheckResult(
                CheckOutcome.NOT_TRUSTED,
                f"Not trusted yet: the device refused the {self.called}'s certificate.",
                _SWITCH,
                alert_fact,
            )
        return CheckResult(
            CheckOutcome.LEFT,
            f"The device came to the {self.called} and left before the connection was made.",
            f"Most often it does not trust the root yet. {_SWITCH}",
            alert_fact,
        )

    def _without_certificate(self, record: EndRecord) -> CheckResult:
        if self.client is None:
            return CheckResult(
                CheckOutcome.WORKS,
                "It works: the device trusts the test CA.",
                "No client certificate was shown, and the profile brings none.",
                _connection(record),
            )
        return CheckResult(
            CheckOutcome.NO_CERTIFICATE,
            "No certificate: the device trusts the test CA, but showed no identity.",
            f"Install the profile with the identity {self.client}, and choose it when you are asked. {_REMEMBERS}",
            _connection(record),
        )

    def _judged(self, record: EndRecord) -> CheckResult:
        leaf = record.peer_chain[0]
        shown = certificate_seen(leaf)
        facts = (
            ("Shown", shown.subject),
            ("Issued by", shown.issuer),
            ("SHA-256", shown.sha256),
            ("Sent", f"{len(record.peer_chain)} certificate{'s' if len(record.peer_chain) > 1 else ''}"),
            *_connection(record),
        )
        faults = [fault for fault in record.verify_errors if fault.errno not in NO_PATH]
        unknown = len(faults) != len(record.verify_errors) or any(f.errno == _BAD_SIGNATURE for f in faults)
        incomplete = unknown and self._issued(leaf)
        if unknown and not incomplete:
            return CheckResult(
                CheckOutcome.FOREIGN,
                f"The wrong one: {shown.label} is another CA's identity.",
                f"{shown.issuer} issued it. Choose this test CA's identity when you are asked. {_REMEMBERS}",
                facts,
            )
        if faults:
            return CheckResult(
                CheckOutcome.NOT_IN_FORCE,
                f"{shown.label} is this CA's, but servers refuse it: {verify_text(faults[0].errno)}.",
                "Issue the identity again and install the new profile.",
                facts,
            )
        if self.expected is not None and leaf != _der(self.expected):
            return CheckResult(
                CheckOutcome.ANOTHER,
                f"{shown.label} is this CA's, but not the identity of this profile.",
                f"The profile brings {self.client}. Perhaps an older one is still installed: remove it, or choose the "
                "other one when you are asked.",
                facts,
            )
        advice = "The device trusts the test CA, and showed the right identity."
        if incomplete:
            # Measured: Chromium sends the leaf alone to a server that names no CAs, and the chain to one that does.
            advice += (
                " It sent no intermediate, as some browsers do where a server names no CAs. A server that knows only "
                "the root needs it."
            )
        return CheckResult(CheckOutcome.WORKS, f"It works: hello {shown.label}.", advice, facts)

    def _issued(self, leaf: bytes) -> bool:
        """Whether one of the CA's own certificates signed LEAF, which came without what stands between."""
        try:
            certificate = read_certificate(leaf, whole=False)
        except Unreadable:
            return False
        return any(is_issued_by(certificate, authority) for authority in self.authorities)


def _connection(record: EndRecord) -> tuple[tuple[str, str], ...]:
    return (("Connection", f"{record.version}, {record.suite}"),)


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
