"""What happens during a handshake, noted as cheaply as possible; nothing is parsed before it is over.

Who decides: OpenSSL verifies first and its refusals stand, because a verify callback that answers no at the very
error is the only public way to put the right alert on the wire (OpenSSL maps error 10 to certificate_expired and so
on; a callback that says yes first has lost the error). What OpenSSL accepts, we may still refuse: the client once
the path is complete and before its own certificate leaves it, a server's list after the handshake. Refusing in the
callback without an error of OpenSSL's sends internal_error (80), measured with OpenSSL 4.0.3: no API lets the
caller choose the number. A client accepts that, since going on would show its identity to a server it does not
trust; a server has a better way to tell the truth, an HTTP answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from OpenSSL import SSL

from pki.handshake.account import AlertEvent, Objection
from pki.handshake.certificates import der_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from OpenSSL.crypto import X509

    from pki.handshake.policy import Refusal

    JudgePath = Callable[[tuple[bytes, ...]], Refusal | None]
    Waives = Callable[[int], bool]

_ALERT, _CONNECT_LOOP = SSL.SSL_CB_ALERT, SSL.SSL_CB_CONNECT_LOOP  # asked some fifty times a handshake


def on_info(connection: SSL.Connection, where: int, value: int) -> None:
    """Context.set_info_callback: note alerts, and that a client was asked for its certificate."""
    if where & _ALERT:
        connection.get_app_data().note_alert(where & SSL.SSL_CB_WRITE != 0, value)
    elif where == _CONNECT_LOOP:
        recorder = connection.get_app_data()
        # ssl/ssl_stat.c, TLS_ST_CR_CERT_REQ; no accessor tells an empty list of CAs from no request.
        if not recorder.asked and connection.get_state_string().endswith(b"read server certificate request"):
            recorder.asked = True


def on_verify(connection: SSL.Connection, certificate: X509, errno: int, depth: int, ok: int) -> bool:
    """Context.set_verify: called for each error, then root to leaf for each certificate that passed."""
    accepted: bool = connection.get_app_data().judge(certificate, errno, depth, ok)
    return accepted


def on_staple(connection: SSL.Connection, staple: bytes, _: object) -> bool:
    """Context.set_ocsp_client_callback: note whether an OCSP answer came; judging it is the evaluator's."""
    connection.get_app_data().stapled = bool(staple)
    return True


class Recorder:
    """One connection's notes. `judge_path`, when given, is asked once OpenSSL accepts a whole path."""

    __slots__ = (
        "_judge_path",
        "_path",
        "_waives",
        "alerts",
        "asked",
        "done",
        "judged",
        "objections",
        "refusal",
        "stapled",
    )

    def __init__(self, *, judge_path: JudgePath | None = None, waives: Waives | None = None) -> None:
        self.done = False
        self.asked = False
        self.judged = False  # judge_path has been asked
        self.alerts: list[AlertEvent] = []
        self.objections: list[Objection] = []
        self.refusal: Refusal | None = None
        self.stapled = False
        self._judge_path = judge_path
        self._waives = waives
        self._path: dict[int, X509] = {}

    def note_alert(self, sent: bool, value: int) -> None:
        """VALUE is level << 8 | description (SSL_CTX_set_info_callback(3))."""
        self.alerts.append(AlertEvent(sent, value & 0xFF, value >> 8 == 2, self.done))

    def judge(self, certificate: X509, errno: int, depth: int, ok: int) -> bool:
        """Whether verification goes on; False at an error makes OpenSSL send the alert for it."""
        if not ok:
            waived = self._waives is not None and self._waives(errno)
            self.objections.append(Objection(errno, depth, der_of(certificate), waived))
            return waived
        if self._judge_path is None:
            return True
        self._path[depth] = certificate
        if depth > 0:
            return True
        self.judged = True
        self.refusal = self._judge_path(tuple(der_of(self._path[at]) for at in sorted(self._path)))
        return self.refusal is None
