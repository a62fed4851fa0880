"""What an app on an Apple system sees of a failure: one table by cause, for every report, scenario and explanation.

An expectation read from public logs, never a measurement: the code that maps a failure to these numbers (CFNetwork,
BoringSSL) is closed. Each row says where such a log stands and which system wrote it. The names of the numbers are in
NSURLError.h, SecureTransport.h and base/SecBase.h.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from pki.model.codes import STREAM_ALERTS

ASKED_TOO_LATE = (
    "Safari was captured without post-handshake authentication, so an app may never be asked: let the server ask in "
    "the handshake, for the whole virtual host or under a host name of its own."
)
_ALERT_STREAMS = {alert: code for code, (_, alert) in STREAM_ALERTS.items()}


class AppCause(StrEnum):
    """Why a connection did not come about, as far as an app can tell causes apart."""

    TRUST_UNDER_ATS = "trust, ATS binds"
    TRUST_SELF_SIGNED = "self-signed certificate, ATS does not bind"
    TRUST_CHAIN = "trust, ATS does not bind"
    PIN = "pin"
    PARAMETERS_DECLINED = "handshake declined: no parameters in common"
    VERSION_DECLINED = "handshake declined: no version in common"
    DECLINED = "handshake declined for another reason"
    NOT_TLS = "what answers does not speak TLS"
    NO_SUCH_HOST = "the name does not resolve"
    BELOW_REQUIREMENT = "a requirement of ATS without an alert of its own"
    CLIENT_CERTIFICATE_MISSING = "client certificate missing"
    CLIENT_CERTIFICATE_REFUSED = "client certificate refused"
    CLOSED = "closed without an alert"
    TIMEOUT = "no answer in time"
    REFUSED = "nobody listens"
    LOST = "connection lost"
    CLEARTEXT = "cleartext"
    CANCELLED = "the app's own code refuses"


class AppError(NamedTuple):
    """A row: NSURLErrorDomain's code, the stream code under it, why these, and what the row rests on.

    `stream_error` is the number in `_kCFStreamErrorCodeKey`; None: no source says which. `seen_on` names the systems
    that wrote the logs in `source`; empty where the row is read from the names of the codes.
    """

    cause: AppCause
    url_error: int
    stream_error: int | None
    reason: str
    source: str
    seen_on: str = ""

    @property
    def text(self) -> str:
        """`NSURLErrorDomain -1200, stream code -9802`."""
        stream = f", stream code {self.stream_error}" if self.stream_error is not None else ""
        return f"NSURLErrorDomain {self.url_error}{stream}"

    @property
    def short(self) -> str:
        """`-1200 (stream -9802)`."""
        return f"{self.url_error}{f' (stream {self.stream_error})' if self.stream_error is not None else ''}"

    @property
    def evidence(self) -> str:
        """Where such a log stands, and what wrote it."""
        return f"{self.source} ({self.seen_on})" if self.seen_on else self.source


APP_ERRORS = {
    row.cause: row
    for row in (
        AppError(
            AppCause.TRUST_UNDER_ATS,
            -1200,
            -9802,
            "a trust failure where ATS binds the host",
            "Apple DTS thread 760524; cordova-background-geolocation #1435",
            "iOS 17",
        ),
        AppError(
            AppCause.TRUST_SELF_SIGNED,
            -1202,
            -9813,
            "a certificate that signed itself, where ATS does not bind the host",
            "WebRTC-Demo #47 (May 2025); WordPress-iOS #19165 (2022)",
            "iOS 18",
        ),
        AppError(
            AppCause.TRUST_CHAIN,
            -1202,
            -9807,
            "a trust failure where ATS does not bind the host",
            'Apple, "Identifying the Source of Blocked Connections"; Apple DTS thread 102253; carekit #21',
        ),
        AppError(
            AppCause.PIN,
            -1200,
            -9802,
            "the chain has none of the keys that NSPinnedDomains asks for",
            "Apple Developer Forums thread 731368",
        ),
        AppError(
            AppCause.PARAMETERS_DECLINED,
            -1200,
            -9824,
            "the server declines the offer: no parameters suit both",
            "SecureTransport.h (alert 40, handshake_failure); openradar-mirror #6100",
        ),
        AppError(
            AppCause.VERSION_DECLINED,
            -1200,
            -9836,
            "the server declines the offer: no TLS version suits both",
            "SecureTransport.h (alert 70, protocol_version); Apple Developer Forums thread 786077",
            "iOS 18",
        ),
        AppError(
            AppCause.DECLINED,
            -1200,
            None,
            "the server declines the handshake",
            "NSURLError.h; SecureTransport.h (the stream code is that of the server's alert)",
        ),
        AppError(
            AppCause.NOT_TLS,
            -1200,
            None,
            "what answers does not speak TLS",
            "NSURLError.h (NSURLErrorSecureConnectionFailed); no source says which stream code",
        ),
        AppError(
            AppCause.NO_SUCH_HOST,
            -1003,
            None,
            "the name does not resolve",
            "NSURLError.h (NSURLErrorCannotFindHost)",
        ),
        AppError(
            AppCause.BELOW_REQUIREMENT,
            -1200,
            None,
            "the connection lacks what ATS asks of it",
            "NSURLError.h; no log of it is known",
        ),
        AppError(
            AppCause.CLIENT_CERTIFICATE_MISSING,
            -1206,
            None,
            "the server wants a client certificate and gets none",
            "openradar-mirror #20038; SecureTransport.h (the stream code is that of the server's alert)",
        ),
        AppError(
            AppCause.CLIENT_CERTIFICATE_REFUSED,
            -1205,
            None,
            "the server refuses the client certificate; seen as -1200, too",
            "AFNetworking #4031; SecureTransport.h (the stream code is that of the server's alert)",
        ),
        AppError(
            AppCause.CLOSED,
            -1200,
            -9816,
            "the server, or something on the way, closes the connection without an alert",
            "Apple Developer Forums thread 762158; Bugly #106",
        ),
        AppError(
            AppCause.TIMEOUT,
            -1001,
            None,
            "nothing comes in time",
            "NSURLError.h (NSURLErrorTimedOut)",
        ),
        AppError(
            AppCause.REFUSED,
            -1004,
            None,
            "nobody listens there",
            "NSURLError.h (NSURLErrorCannotConnectToHost)",
        ),
        AppError(
            AppCause.LOST,
            -1005,
            None,
            "the connection is cut off; seen as -1200, too",
            "NSURLError.h (NSURLErrorNetworkConnectionLost)",
        ),
        AppError(
            AppCause.CLEARTEXT,
            -1022,
            None,
            "ATS lets no http:// load through",
            "Apple, Preventing Insecure Network Connections; NSURLError.h",
        ),
        AppError(
            AppCause.CANCELLED,
            -999,
            None,
            "the app's delegate refuses the server",
            "TrustKit #39 and #158; Apple TN2232",
        ),
    )
}
"""The table, by cause."""


def app_error(cause: AppCause, *, alert: int | None = None) -> AppError:
    """The row of CAUSE; its stream code is that of the server's ALERT where one came and the row names none."""
    row = APP_ERRORS[cause]
    if row.stream_error is not None or alert is None:
        return row
    return row._replace(stream_error=_ALERT_STREAMS.get(alert))


def trust_error(*, ats_binds: bool, self_signed: bool, pin: bool = False) -> AppError:
    """What a failed trust evaluation looks like.

    SELF_SIGNED: the server's own certificate is all of the chain and signed itself. PIN: a pin is what failed.
    """
    if ats_binds:
        return APP_ERRORS[AppCause.PIN if pin else AppCause.TRUST_UNDER_ATS]
    return APP_ERRORS[AppCause.TRUST_SELF_SIGNED if self_signed else AppCause.TRUST_CHAIN]


def rows_with(number: int) -> tuple[AppError, ...]:
    """The rows in which NUMBER stands, as URL error or as stream code."""
    return tuple(row for row in APP_ERRORS.values() if number in (row.url_error, row.stream_error))
