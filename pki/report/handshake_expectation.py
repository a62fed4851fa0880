"""What an app on an Apple system would see of a handshake: an expectation from public transcripts, never a measurement.

Sources: Apple DTS transcripts (thread 760524: ATS on), "Identifying the Source of Blocked Connections" (ATS off),
SecureTransport.h and base/SecBase.h (the stream codes of alerts and of ATS).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki.model.causes import CAUSES
from pki.model.codes import STREAM_ALERTS
from pki.model.transcript import StageName

if TYPE_CHECKING:
    from pki.model.transcript import Transcript

_STREAM_OF_ALERT = {alert: code for code, (_, alert) in STREAM_ALERTS.items()}
# SecBase.h; what -1200 carries for these is read from the names.
_STREAM_OF_ATS = {"ats-version": -9836, "ats-suite": -9824, "ats-forward-secrecy": -9824}
_STREAM_OF_OFFER = {
    "version-mismatch": -9836,
    "no-shared-suite": -9824,
    "no-shared-group": -9824,
    "no-shared-signature-algorithm": -9824,
    "no-shared-parameters": -9824,
    "suite-not-apples": -9824,
}


@dataclass(frozen=True, slots=True)
class ExpectedError:
    """An NSURLErrorDomain code, the stream code under it (None: no source says which), and why these."""

    url_error: int
    stream_error: int | None
    why: str

    @property
    def words(self) -> str:
        """`NSURLErrorDomain -1200, stream code -9802`."""
        stream = f", stream code {self.stream_error}" if self.stream_error is not None else ""
        return f"NSURLErrorDomain {self.url_error}{stream}"


def expected_app_error(transcript: Transcript) -> ExpectedError | None:
    """What URLSession is expected to report; None when it went through, or where no source says.

    A plain reset or silence is a transport error, and an HTTP status is no error at all.
    """
    if transcript.accepted:
        return None
    stage, code = CAUSES[transcript.code].stage, transcript.code
    if code in _STREAM_OF_OFFER:
        return ExpectedError(-1200, _STREAM_OF_OFFER[code], "no parameters suit both")
    if stage is StageName.ATS and code in _STREAM_OF_ATS:
        return ExpectedError(-1200, _STREAM_OF_ATS[code], "such a server declines what ATS offers")
    if stage in (StageName.PATH, StageName.NAME, StageName.ATS):
        if transcript.ats_binds is None:
            return None
        if transcript.ats_binds:
            return ExpectedError(-1200, -9802, "a trust failure where ATS binds the host")
        return ExpectedError(-1202, -9807, "a trust failure where ATS does not bind the host")
    if stage is StageName.CLIENT_CERTIFICATE and transcript.alert is not None:
        stream = _STREAM_OF_ALERT.get(transcript.alert.kind.number)
        if code == "client-certificate-missing":
            return ExpectedError(-1206, stream, "the server wants a client certificate and gets none")
        return ExpectedError(-1205, stream, "the server refuses the client certificate; seen as -1200, too")
    return None
