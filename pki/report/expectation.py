"""What an app would see above SecTrust: an expectation from public transcripts, never a measurement.

Source: Apple DTS transcripts (thread 760524: ATS on) and "Identifying the Source of Blocked Connections" (ATS off).
"""

from __future__ import annotations

from dataclasses import dataclass

from pki.model.verdict import Level, Verdict


@dataclass(frozen=True, slots=True)
class AppError:
    """An NSURLErrorDomain code, the stream code under it, and why this one."""

    url_error: int
    stream_error: int
    why: str


ATS_ON = AppError(-1200, -9802, "as ATS binds this host")
ATS_OFF = AppError(-1202, -9807, "as ATS does not bind this host")


def expected_error(verdict: Verdict) -> AppError | None:
    """The error URLSession is expected to give for this verdict; None when it is trusted or no server was judged."""
    if verdict.trusted or Level.ATS not in verdict.levels:
        return None
    return ATS_ON if verdict.ats_enforced else ATS_OFF
