"""What an app is expected to see of a verdict or of a handshake: which row of `pki.model.app_errors` it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.model.alerts import HANDSHAKE_FAILURE, PROTOCOL_VERSION
from pki.model.app_errors import APP_ERRORS, AppCause, AppError, app_error, trust_error
from pki.model.causes import CAUSES, PIN
from pki.model.stages import Party, StageName
from pki.model.verdict import Level, Verdict
from pki.report.document import TypedDict

if TYPE_CHECKING:
    from typing import Literal

    from pki.model.transcript import Transcript
    from pki.model.transport import Transport
    from pki.model.verdict import Rule
    from pki.report.fields import AppCauseName, Status, Text


class AppErrorJson(TypedDict):
    """What an app is expected to see: a row of one table, wherever it stands."""

    url_error: Status  # NSURLErrorDomain's code.
    stream_error: Status | None  # _kCFStreamErrorCodeKey; null where no source says.
    why: Text
    measured: Literal[False]
    cause: AppCauseName
    source: Text
    seen_on: Text | None


# These say no more than that the offer did not suit; another alert has a stream code of its own.
_PLAIN_DECLINES = (HANDSHAKE_FAILURE, PROTOCOL_VERSION)


def error_of_code(code: str, alert: int | None = None) -> AppError | None:
    """What URLSession is expected to give for a code of `pki.model.causes` and the server's ALERT; None: unknown."""
    cause = CAUSES[code].seen if code in CAUSES else None
    if cause is None:
        return app_error(AppCause.DECLINED, alert=alert) if alert is not None else None
    if alert is not None and alert not in _PLAIN_DECLINES and cause is AppCause.PARAMETERS_DECLINED:
        cause = AppCause.DECLINED
    return app_error(cause, alert=alert)


def expected_error(verdict: Verdict) -> AppError | None:
    """The error URLSession is expected to give for this verdict; None when it connects or no server was judged.

    None as well for a protocol that is not URLSession's.
    A server that declines what the app offers is never judged by the app, whatever is wrong with its certificates; one
    that insists on a client certificate ends what was trusted.
    """
    if Level.ATS not in verdict.levels:
        return None
    transport = verdict.transport
    if transport is not None and not transport.is_http:
        return None
    if transport is not None and _declined(transport, ats=verdict.ats_applies):
        return _decline(transport, verdict)
    worst = verdict.headline
    if worst is not None:
        seen = CAUSES[worst.rule.cause].seen
        if seen is not None:
            return APP_ERRORS[seen]
        return trust_error(
            ats_binds=verdict.ats_enforced,
            self_signed=len(verdict.chain) == 1
            and any(f.rule.apple_check == "AnchorTrusted" for f in verdict.failures),
            pin=worst.rule.cause == PIN,
        )
    return _of_identity(transport) if transport is not None else None


def is_of_connection(rule: Rule) -> bool:
    """Whether the rule is about what a connection negotiates, which an app would have declined."""
    return CAUSES[rule.cause].seen is not None


def _declined(transport: Transport, *, ats: bool) -> bool:
    """Whether the server refused what the app would have offered: the narrowest offer that was made."""
    from pki.model.transport import Offered

    return transport.taken > (Offered.ATS if ats else Offered.APPLE)


def _decline(transport: Transport, verdict: Verdict) -> AppError:
    seen = transport.declined_of(ats=verdict.ats_applies)
    error = error_of_code(seen.cause, seen.alert) if seen is not None else None
    if error is not None:
        return error
    # The kind of connection it took instead tells what was lacking.
    about = (CAUSES[f.rule.cause].seen for f in verdict.findings if f.fails)
    return APP_ERRORS[next(filter(None, about), AppCause.PARAMETERS_DECLINED)]


def _of_identity(transport: Transport) -> AppError | None:
    answer = transport.identified
    if answer is None or not answer.refused or answer.status is not None:
        return None  # an HTTP answer is no error to URLSession
    if answer.asked_too_late:
        return None  # no source says that an app offers it, and is asked
    shown = answer.identity is not None
    cause = AppCause.CLIENT_CERTIFICATE_REFUSED if shown else AppCause.CLIENT_CERTIFICATE_MISSING
    return app_error(cause, alert=answer.alert)


def expected_app_error(transcript: Transcript) -> AppError | None:
    """What URLSession is expected to report; None when it went through, or where no source says.

    An HTTP status is no error at all, and over datagrams there is no URLSession.
    """
    if transcript.accepted or transcript.datagrams:
        return None
    stage, code = CAUSES[transcript.code].stage, transcript.code
    if CAUSES[code].seen is not None:
        seen = transcript.alert
        from_server = seen is not None and seen.sender is Party.SERVER
        return error_of_code(code, seen.kind.number if seen is not None and from_server else None)
    if stage in (StageName.PATH, StageName.NAME, StageName.ATS):
        if transcript.ats_binds is None:
            return None
        return trust_error(
            ats_binds=transcript.ats_binds,
            self_signed=_self_signed_alone(transcript),
            pin=code == PIN,
        )
    if stage is StageName.CLIENT_CERTIFICATE and transcript.alert is not None:
        missing = code == "client-certificate-missing"
        cause = AppCause.CLIENT_CERTIFICATE_MISSING if missing else AppCause.CLIENT_CERTIFICATE_REFUSED
        return app_error(cause, alert=transcript.alert.kind.number)
    return None


def _self_signed_alone(transcript: Transcript) -> bool:
    """Whether the server's own certificate, all of its chain, is a root that the client does not know."""
    sent = transcript.server.sent
    return transcript.code == "unknown-root" and len(sent) == 1 and sent[0].subject == sent[0].issuer


def app_error_json(error: AppError | None) -> AppErrorJson | None:
    """The row for programs."""
    if error is None:
        return None
    return {
        "url_error": error.url_error,
        "stream_error": error.stream_error,
        "why": error.reason,
        "measured": False,
        "cause": error.cause.name.lower(),
        "source": error.source,
        "seen_on": error.seen_on or None,
    }
