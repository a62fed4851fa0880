"""What a rule id, a code, an alert or a cipher suite is called, and what is known of it."""

from __future__ import annotations

from collections.abc import Mapping

from pki.errors import InvalidRequest
from pki.model.alerts import (
    ALERTS,
    BAD_CERTIFICATE,
    BAD_CERTIFICATE_STATUS_RESPONSE,
    CERTIFICATE_REQUIRED,
    NO_CERTIFICATE,
    about_certificates,
    tls_alert,
)
from pki.model.app_errors import rows_with
from pki.model.causes import CAUSES, NOTES
from pki.model.codes import APPLE_CHECKS, ATS_STATUS
from pki.model.explanation import Explanation, ExplanationKind
from pki.model.other_checks import OTHER_CHECKS, OtherCheck
from pki.model.suggestion import did_you_mean, near_words
from pki.model.suites import find_suite, suite_names
from pki.model.verdict import Rule
from pki.report import suites
from pki.report.app_error import error_of_code
from pki.report.stream_codes import PEER_ALERTS, STREAM_TEXTS


def explain(asked: str, rules: Mapping[str, Rule]) -> Explanation:
    """Look ASKED up among rule ids, Apple's checks, error numbers and symbols, TLS alerts, cipher suites and causes.

    Case does not count. Numbers are OSStatus, NSURLError or stream codes when negative, alerts when they have up to
    three digits, and cipher suites when they are four hexadecimal digits.

    Raises:
        InvalidRequest: nothing is called that; the message offers what comes near.
    """
    found = named(asked, rules)
    if found is None:
        raise InvalidRequest(f"nothing here is called {asked!r}", hint=_near(asked.strip().casefold(), rules))
    return found


def named(asked: str, rules: Mapping[str, Rule]) -> Explanation | None:
    """As `explain`; None where nothing is called ASKED, without a search for what comes near."""
    word = asked.strip().casefold()
    rule = rules.get(word)
    if rule is not None:
        return Explanation(asked, ExplanationKind.RULE, rule.title, rules=(rule,))
    return (
        _check(asked, word, rules)
        or _code(asked, word, rules)
        or _alert(asked, word)
        or _suite(asked, word)
        or _cause(asked, word)
    )


def _check(asked: str, word: str, rules: Mapping[str, Rule]) -> Explanation | None:
    for check in APPLE_CHECKS.values():
        if check.name.casefold() == word:
            behind = tuple(rule for rule in rules.values() if rule.apple_check == check.name)
            return Explanation(
                asked,
                ExplanationKind.CHECK,
                f"{check.name} ({check.status} {check.symbol})",
                rules=behind,
                source=_CHECKS,
            )
    return next((_other(asked, row) for row in OTHER_CHECKS.values() if row.name.casefold() == word), None)


def _other(asked: str, row: OtherCheck) -> Explanation:
    """A row of Apple's list that no rule here asks."""
    reports = f" ({row.check.status} {row.check.symbol})" if row.check else ""
    return Explanation(asked, ExplanationKind.CHECK, f"{row.name}{reports}", row.who, source=_CHECKS)


_CHECKS = "Security-61901 SecPolicyChecks.list, base/SecBase.h"
_CODES = "Security-61901 base/SecBase.h, SecureTransport.h; NSURLError.h"


def symbols() -> dict[str, int]:
    """Every symbol of an error code, with its number."""
    known = {check.symbol: check.status for check in APPLE_CHECKS.values()}
    known |= {row.check.symbol: row.check.status for row in OTHER_CHECKS.values() if row.check}
    known |= {symbol: number for number, symbol in ATS_STATUS.values()}
    known |= {symbol: number for number, (symbol, _) in PEER_ALERTS.items()}
    return known | {symbol: number for number, (symbol, _) in STREAM_TEXTS.items()}


def _code(asked: str, word: str, rules: Mapping[str, Rule]) -> Explanation | None:
    folded = {symbol.casefold(): number for symbol, number in symbols().items()}
    number = folded.get(word)
    if number is None:
        try:
            number = int(word)
        except ValueError:
            return None
    names = sorted(symbol for symbol, status in symbols().items() if status == number)
    if not names:
        return None
    text = STREAM_TEXTS[number][1] if number in STREAM_TEXTS else ""
    if number in PEER_ALERTS:
        alert = tls_alert(PEER_ALERTS[number][1])
        text = f"The peer sent TLS alert {alert}: {alert.meaning}. (The pairing is by name.){_BESIDE.get(number, '')}"
    behind = tuple(
        sorted(
            (rule for rule in rules.values() if rule.status is not None and rule.status[0] == number),
            key=lambda rule: not rule.met_most,
        )
    )
    text = " ".join(filter(None, (text, _others_of(number, beside=bool(behind)))))
    return Explanation(
        asked,
        ExplanationKind.CODE,
        f"{number} {', '.join(names)}",
        text,
        behind,
        source=_CODES,
        app_errors=rows_with(number),
    )


# What logs show beyond the alert's name: openradar-mirror #6100, MQTT-Client-Framework #170, forum 786077, AFNetworking
# #4031, and our own OpenSSL servers.
_BESIDE = {
    -9824: (
        " Three causes look alike: an offer of ATS (TLS 1.2 and forward secrecy) that the server does not take, no "
        "cipher suite or group in common, and, up to TLS 1.2, a client certificate that is wanted and not shown."
    ),
    -9836: " It may be this side's own refusal, too, and a server that speaks no TLS at all.",
    -9834: " Beside -1205 it is the client's signature that does not verify: certificate and key are no pair.",
}


def _others_of(number: int, *, beside: bool) -> str:
    """Which checks without a rule of ours report NUMBER, and who meets each; BESIDE rules that report it as well."""
    by_reader: dict[str, list[str]] = {}
    for row in OTHER_CHECKS.values():
        if row.check is not None and row.check.status == number:
            by_reader.setdefault(row.who, []).append(row.name)
    text = " ".join(f"{', '.join(names)}: {who}" for who, names in by_reader.items())
    first = "Checks of Apple's that no rule here asks report it, too. " if beside else ""
    return f"{first}{text}" if text else ""


def _alert(asked: str, word: str) -> Explanation | None:
    """`48`, `alert 48`, `unknown_ca`: an alert by number or by its registered name."""
    name = word.removeprefix("alert").strip().replace(" ", "_").replace("-", "_")
    for alert in ALERTS.values():
        if name in (str(alert.number), alert.name):
            text = f"The sender says: {alert.meaning}.{_sides(alert.number)}"
            text += _OF_GO if alert.number == BAD_CERTIFICATE else ""
            stream = next((n for n, (_, number) in PEER_ALERTS.items() if number == alert.number), None)
            seen = f" An Apple client that receives it may report stream error {stream}." if stream else ""
            return Explanation(
                asked,
                ExplanationKind.ALERT,
                f"TLS alert {alert.number} {alert.name}",
                text + seen,
                source=alert.source,
            )
    return None


_SIDES = (
    " Who sent it decides: received by a client, the server refused the client's certificate; received by "
    "a server, the "
    "client refused the server's."
)
# What one side alone sends, so that nobody has to find out who it was.
_OF_ONE_SIDE = {
    NO_CERTIFICATE: " A client sends it that was asked for one.",
    BAD_CERTIFICATE_STATUS_RESPONSE: " Clients alone send it, of what the server stapled (RFC 8446, 6.2).",
    CERTIFICATE_REQUIRED: " Servers alone send it (RFC 8446, 6.2).",
}


def _sides(number: int) -> str:
    """Who refused whom, by the alert NUMBER; empty where it is about no certificate."""
    return _OF_ONE_SIDE.get(number, _SIDES) if about_certificates(number) else ""


_OF_GO = (
    " Servers written in Go send it for every fault of a client certificate, one that did not come included."
)


def _suite(asked: str, word: str) -> Explanation | None:
    suite = find_suite(word)
    if suite is None:
        return None
    name, text = suites.suite_name(suite), suites.suite_text(suite)
    if not suite.known and (near := near_words(word, suite_names(), most=2)):
        text += f" Names that come near: {', '.join(near)}."
    return Explanation(asked, ExplanationKind.SUITE, name, text, suite=suite, source=suites.SOURCE)


def _cause(asked: str, word: str) -> Explanation | None:
    """A code of `pki.model.causes`, and what an app would see for it; or a note of what is odd."""
    cause, note = CAUSES.get(word), NOTES.get(word)
    if cause is not None:
        meaning, more = cause.meaning, f" To look again: {cause.check_for(None)}" if cause.check else ""
    elif note is not None:
        meaning, more = note, " It stops nothing."
    else:
        return None
    error = error_of_code(word) if cause is not None else None
    return Explanation(
        asked,
        ExplanationKind.CAUSE,
        word,
        f"{meaning[0].upper()}{meaning[1:]}.{more}",
        source="docs/handshake-codes.md",
        app_errors=(error,) if error is not None else (),
    )


def _near(word: str, rules: Mapping[str, Rule]) -> str:
    """The next step after a miss: what comes near, or what could be asked."""
    known = [
        *rules,
        *APPLE_CHECKS,
        *OTHER_CHECKS,
        *symbols(),
        *(alert.name for alert in ALERTS.values()),
        *suite_names(),
        *CAUSES,
    ]
    near = did_you_mean(word, known, most=3)
    if word.isdecimal() and -int(word) in symbols().values():  # codes in logs lose their sign easily
        near = f"Did you mean -{int(word)}?"
    return (
        near.rstrip()
        or "Give a rule id, a number such as -67901, a TLS alert, or a cipher suite such as 0xC027."
    )
