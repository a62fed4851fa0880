"""The two kinds of time in DER, read as Apple reads them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from pki.model import der
from pki.model.caching import forgotten

# Digits of the year, and what else may stand there: an offset of + or -, a Z. Apple takes a digit for either.
_TIMES = {
    der.UTC_TIME: (2, re.compile(rb"[0-9]{10}([0-9Z]|[0-9]{2}([0-9Z]|[0-9+-][0-9]{4}))\Z")),
    der.GENERALIZED_TIME: (4, re.compile(rb"[0-9]{14}([0-9Z]|[0-9+-][0-9]{4})\Z")),
}
_ILLEGAL_YEAR = datetime(2001, 1, 1, tzinfo=UTC)
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def read_time(data: bytes, found: der.Element) -> datetime:
    """A UTCTime or GeneralizedTime in UTC, as Apple reads one; RFC 5280, 4.1.2.5, allows less.

    Either form for any year, UTCTime without seconds, an offset of any size, a leap second; fractions are refused. Two
    digits below 50 are 20xx, from 70 on 19xx; between them they are Apple's zero, the first second of 2001. What lies
    before the year 1 or behind 9999 becomes the first or the last moment there is.
    Source: Security-61901 SecCertificate.c, SecAbsoluteTimeFromDateContentWithError.
    """
    tag, where, start, stop = found
    if tag not in _TIMES:
        raise der.DerError(f"tag 0x{tag:02x} at offset {where} where a time is due")
    text = data[start:stop]
    try:
        return _read(text, tag)
    except ValueError:  # another form, the thirteenth month, the thirtieth of February
        raise der.DerError(f"{text[:24].decode('ascii', 'replace')!r} at offset {where} is no time") from None


@forgotten
@lru_cache(maxsize=1024)
def _read(raw: bytes, tag: int) -> datetime:
    digits, form = _TIMES[tag]
    if not form.match(raw):
        raise ValueError
    text = raw.decode("ascii")
    year, rest = int(text[:digits]), text[digits:]
    if digits == 2:
        if 50 <= year < 70:
            return _ILLEGAL_YEAR
        year += 2000 if year < 50 else 1900
    # Nearly all: seconds below 60, and Z. Hour 24 is none here; Python 3.14 takes it for the next midnight.
    if year and len(rest) == 11 and rest[10] == "Z" and rest[8] < "6" and rest[4:6] < "24":
        return datetime.fromisoformat(f"{year:04}{rest[:4]}T{rest[4:]}")
    month, day, hour, minute = int(rest[:2]), int(rest[2:4]), int(rest[4:6]), int(rest[6:8])
    second = int(rest[8:10]) if len(rest) > 9 else 0
    if second > 60:
        raise ValueError(second)
    # The year 0 is a leap year, as 4 is: what is before the year 1 has no place in `datetime`.
    moment = datetime(year or 4, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    if not year:
        return _FIRST
    if second < 60 and len(rest) < 15:
        return moment
    later = timedelta(seconds=second - moment.second)
    if len(rest) == 15:
        offset = timedelta(hours=int(rest[11:13]), minutes=int(rest[13:15]))
        later += -offset if rest[10] == "+" else offset
    try:
        return moment + later if later else moment
    except OverflowError:
        return _LAST if later > timedelta() else _FIRST
