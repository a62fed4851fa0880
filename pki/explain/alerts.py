"""Alerts in a text: which one, and whether the end that prints the line received or sent it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pki.explain.scanning import Hit, line_around, places
from pki.explain.vocabularies.alerts import ALERT_NAMES, RUSTLS_SENTENCES
from pki.model.alerts import ALERTS

_BEFORE, _AFTER, _MOST = 60, 100, 300
# What stands on a line with an alert of TLS, and not on one with an alert of a monitor or a window.
_OF_TLS = ("ssl", "tls", "fatal", "level: ", "received alert", "alertreceived", "handshake", "certificate")
_RECEIVED = re.compile(
    r"\b(read|reading|received|receive|recv|in\)|remote|from peer|got|peer sent|remote party sent)(?!\w)|"
    r"(sslv3|tlsv1|tlsv13|tlsv1\.\d) ?\Z"
)
_SENT = re.compile(r"\b(write|wrote|writing|sent|send|sending|out\)|generated)(?!\w)")
_NUMBER = re.compile(
    r"\A(?:(?: number| code is| code)[ :=]{0,2}| ?[\[(]| (?=\d{1,3}(?! ?bytes)))(\d{1,3})(?![\d.])"
)
_PACKED = re.compile(r"\A, [a-z ]{3,40} \((\d{3})\)")  # curl -v: level times 256 plus number
_CODE_IS = re.compile(r"\A(?: \w+){0,4} code is (\d{1,3})\b")


def alerts(folded: str) -> Iterator[Hit]:
    """Every alert that is named or numbered beside the word; as `in alert N`, `out alert N`, or `either alert N`."""
    for start in (*places(folded, "alert", most=_MOST), *places(folded, "alertreceived", most=_MOST)):
        line, offset = line_around(folded, start)
        if not any(word in line for word in _OF_TLS):
            continue
        place = start - offset
        before = line[max(0, place - _BEFORE) : place]
        after = line[place + 5 : place + 5 + _AFTER].partition("alert")[
            0
        ]  # the next one has a name of its own
        found = _which(after)
        if found is not None:
            number, end = found
            value = f"{_direction(before, after[:end])} alert {number}"
            yield Hit(start, start + 5 + end, value, "TLS alert")


def _which(after: str) -> tuple[int, int] | None:
    """The number of the alert in what follows the word, and where its name ends."""
    sentence = after.find("the peer ")
    if 0 <= sentence < 4:
        for words, number in RUSTLS_SENTENCES.items():
            if after.startswith(words, sentence + 9):
                return number, sentence + 9 + len(words)
    named = _names().search(after)
    if named is not None and not after[: named.start()].count(";"):
        return ALERT_NAMES[named[0]], named.end()
    numbered = _NUMBER.match(after) or _CODE_IS.match(after)
    if numbered is not None and int(numbered[1]) in ALERTS:
        return int(numbered[1]), numbered.end()
    packed = _PACKED.match(after)
    return (int(packed[1]) & 0xFF, packed.end()) if packed is not None else None


def _direction(before: str, after: str) -> str:
    """`in` and `out` for the end that prints the line; `srv` and `cli` where the sender is named; else `either`."""
    if named := re.match(r" by (the )?(server|client|supplicant)", after):
        return "srv" if named[2] == "server" else "cli"
    if after.startswith(" number") or _RECEIVED.search(before):
        return "in"
    if _SENT.search(before):
        return "out"
    if re.match(r"[ :(]{0,3}(read|in\b|received|was received|by (the )?(peer|remote))", after):
        return "in"
    if re.match(r"[ :(]{0,3}(write|out\b|sent|was generated|was sent)", after):
        return "out"
    return "in" if "from the remote" in after else "either"


@cache
def _names() -> re.Pattern[str]:
    ordered = sorted(ALERT_NAMES, key=len, reverse=True)
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(map(re.escape, ordered))})(?![a-z0-9])")
