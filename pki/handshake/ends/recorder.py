"""What happens during a handshake, noted as cheaply as possible; nothing is parsed before it is over.

Who decides: OpenSSL verifies first and its refusals stand, because a verify callback that answers no at the very
error is the only public way to put the right alert on the wire (OpenSSL maps error 10 to certificate_expired and so
on; a callback that says yes first has lost the error). What OpenSSL accepts, we may still refuse: the client once
the path is complete and before its own certificate leaves it, a server's list after the handshake. Refusing in the
callback without an error of OpenSSL's sends internal_error (80), measured with OpenSSL 4.0.3: no public API lets the
caller choose the number. A client accepts that, since going on would show its identity to a server it does not
trust; a server has a better way to tell the truth, an HTTP answer. Where OpenSSL has an error for the very reason, a
certificate that was taken back, the binding sets it, and the alert is the one that a CRL would have brought about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from OpenSSL import SSL

from pki.handshake.acceptance.verify_codes import OF_ALERT, UNSPECIFIED
from pki.handshake.ends import binding
from pki.handshake.ends.certificates import Encoder
from pki.handshake.ends.end_record import AlertEvent, VerifyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from OpenSSL.crypto import X509

    from pki.handshake.acceptance.client_policies import Refusal

    JudgePath = Callable[..., Refusal | None]  # a path, and the staple where one came with it
    Waives = Callable[[int], bool]

# ssl/ssl_stat.c, TLS_ST_CR_CERT_REQ; no accessor tells an empty list of CAs from no request.
_ASKED = b"read server certificate request"


def install_callbacks(context: SSL.Context, *, client: bool) -> None:
    """Note alerts, and that a CLIENT was asked for its certificate, on every connection of CONTEXT."""
    context.set_info_callback(on_info)
    binding.filter_info_callback(context, on_request if client else None)


def on_info(connection: SSL.Connection, where: int, value: int) -> None:
    """Context.set_info_callback: note alerts, and that a client was asked for its certificate."""
    if where & SSL.SSL_CB_ALERT:
        connection.get_app_data().note_alert(where & SSL.SSL_CB_WRITE != 0, value)
    elif where == SSL.SSL_CB_CONNECT_LOOP and connection.get_state_string().endswith(_ASKED):
        on_request(connection)


def on_request(connection: SSL.Connection) -> None:
    """Note that a client was asked for its certificate, and whether that was after the first handshake."""
    recorder = connection.get_app_data()
    if not recorder.asked:
        recorder.asked, recorder.asked_later = True, recorder.done


def on_own_certificate(connection: SSL.Connection, signed: bool) -> None:
    """Note a Certificate message of ours, and by what comes after it that there was a certificate in it."""
    connection.get_app_data().withheld = not signed


def on_verify(connection: SSL.Connection, certificate: X509, errno: int, depth: int, ok: int) -> bool:
    """Context.set_verify: called for each error, then root to leaf for each certificate that passed."""
    accepted: bool = connection.get_app_data().judge(certificate, errno, depth, ok)
    return accepted


def on_path(connection: SSL.Connection, path: list[X509]) -> int:
    """What OpenSSL found and is content with, where the binding tells it at once; the X509_V_ERR to refuse it by."""
    recorder: Recorder = connection.get_app_data()
    recorder.accept(path)
    refusal = recorder.refusal
    return OF_ALERT.get(refusal.alert, UNSPECIFIED) if refusal is not None else 0


def on_staple(connection: SSL.Connection, staple: bytes, _: object) -> bool:
    """Context.set_ocsp_client_callback: called once the server's first flight is in, empty when nothing came.

    OpenSSL has verified the chain by then. False makes it send bad_certificate_status_response (113).
    """
    accepted: bool = connection.get_app_data().judge_staple(staple)
    return accepted


class Recorder:
    """One connection's notes. `judge_path`, when given, is asked once OpenSSL accepts a whole path.

    `tolerates` is asked about an error of OpenSSL's and the certificate (DER): does `judge_path` not mind it?
    """

    __slots__ = (
        "_judge_path",
        "_passed",
        "_tolerates",
        "_waives",
        "alerts",
        "asked",
        "asked_later",
        "der",
        "done",
        "path",
        "refusal",
        "staple",
        "verify_errors",
        "withheld",
    )

    def __init__(
        self,
        *,
        judge_path: JudgePath | None = None,
        waives: Waives | None = None,
        tolerates: Callable[[int, bytes], bool] | None = None,
        known: Encoder | None = None,
    ) -> None:
        self.done = False
        self.asked = False
        self.asked_later = False  # not in the first handshake
        self.withheld = False  # an own certificate was asked for, and the message that answers had none in it
        self.alerts: list[AlertEvent] = []
        self.verify_errors: list[VerifyError] = []
        self.refusal: Refusal | None = None
        self.path: tuple[bytes, ...] = ()  # DER, leaf first; empty until judge_path has been asked
        self.der = Encoder(known)
        self.staple: bytes | None = None  # None: never got so far; empty: none came
        self._judge_path = judge_path
        self._waives = waives
        self._tolerates = tolerates
        self._passed: dict[int, X509] = {}

    def note_alert(self, sent: bool, value: int) -> None:
        """VALUE is level << 8 | description (SSL_CTX_set_info_callback(3))."""
        self.alerts.append(AlertEvent(sent, value & 0xFF, value >> 8 == 2, self.done))

    def judge(self, certificate: X509, errno: int, depth: int, ok: int) -> bool:
        """Whether verification goes on; False at an error makes OpenSSL send the alert for it."""
        if not ok:
            if self._tolerates is not None and self._tolerates(errno, self.der(certificate)):
                return True  # nothing that this end minds, so no verify_error either
            waived = self._waives is not None and self._waives(errno)
            self.verify_errors.append(VerifyError(errno, depth, self.der(certificate), waived))
            return waived
        if self._judge_path is None:
            return True
        self._passed[depth] = certificate
        if depth > 0:
            return True
        return self.accept(reversed(self._passed.values()))  # they came from the root down

    def accept(self, path: Iterable[X509]) -> bool:
        """Whether this end accepts the whole PATH, leaf first, as OpenSSL does."""
        self.path = tuple(map(self.der, path))
        self.refusal = self._judge_path(self.path) if self._judge_path is not None else None
        return self.refusal is None

    def judge_staple(self, staple: bytes) -> bool:
        """Judge the same path once more, by what the server stapled too."""
        self.staple = staple
        if staple and self._judge_path is not None and self.path:
            self.refusal = self._judge_path(self.path, staple)
        return self.refusal is None
