"""What is known of a code beside its meaning, put together from the tables that give the meaning."""

from __future__ import annotations

from collections.abc import Iterator

from pki.explain.code_names import MEANINGS, OTHER_NAMES
from pki.model.alerts import ALERTS
from pki.model.app_errors import rows_with, trust_error
from pki.model.code_facts import Certainty, CodeFacts, CodeFamily, OtherCode
from pki.model.codes import APPLE_CHECKS, ATS_STATUS, AppleCheck
from pki.model.other_checks import OTHER_CHECKS
from pki.report.apple_error import words_of_check
from pki.report.stream_codes import PEER_ALERTS, STREAM_TEXTS

_AV_FOUNDATION = -11850
# Of each group one is taken for another: they stand in the same error, or their names sound alike.
_CONFUSED: tuple[tuple[int, ...], ...] = (
    (-9802, -9807, -9808, -9813, -9843, -1202, -1200),  # trust, with ATS and without
    (-9812, -9813, -67843, -25318),  # no trusted root, or none reached
    (-9814, -9815, -67818, -67819, -1201, -1204),  # dates
    (-9801, -9824, -9836, -9818, -9858),  # no parameters in common
    (-9805, -9806, -9816, -9844, -9852, -1005),  # a connection that ends
    (-1001, -1003, -1004, -1005, -1009),  # no connection
    (-1205, -1206, -9842, -9825, -9831),  # the client's certificate
    (-9880, -9881, -9882, -9883, -9884, -9885, -9886, -1022),  # ATS
    (-999, -1012, -1013),  # somebody cancelled
    (-25264, -25293, -25260, -26275, -25257),  # a .p12
    (-25299, -25300, -25308, -34018),  # a keychain
    (-67820, -67635, -67632, -67821),  # revocation
    (-67608, -67609, -67902),  # what a certificate is for
    (42, 43, 44, 45, 46, 48, 49, 116),  # alerts about certificates
    (40, 47, 70, 71, 112, 120),  # alerts about parameters
)
# How Go words an alert (crypto/tls/alert.go), where that is not its registered name.
_GO = {
    20: "bad record MAC", 44: "revoked certificate", 45: "expired certificate", 46: "unknown certificate",
    48: "unknown certificate authority", 50: "error decoding message", 51: "error decrypting message",
    70: "protocol version not supported", 71: "insufficient security level", 115: "unknown PSK identity",
}  # fmt: skip
_WARNING, _FATAL = 1, 2
_WARNINGS = frozenset({0, 41, 90, 100})  # close_notify and what RFC 5246, 7.2 sends as a warning


def facts_of_code(number: int) -> CodeFacts:
    """What is known of the OSStatus, the NSURLError or the stream code NUMBER."""
    family = _family(number)
    return CodeFacts(
        number,
        family,
        _said_by(number, family),
        tuple(_forms(number, family)),
        _confused(number),
        tuple(_evidence(number, family)),
        f"codes/{-number}.md",
    )


def facts_of_alert(number: int) -> CodeFacts:
    """What is known of the TLS alert NUMBER."""
    alert = ALERTS[number]
    words = alert.name.replace("_", " ")
    level = _WARNING if number in _WARNINGS else _FATAL
    forms = (
        f"SSL alert number {number}",
        f"remote error: tls: {_GO.get(number, words)}",
        f"Received fatal alert: {alert.name}" if level == _FATAL else f"Received alert: {alert.name}",
        f"TLS alert, {words} ({level << 8 | number})",
    )
    stream = next((code for code, (_, alerted) in PEER_ALERTS.items() if alerted == number), None)
    evidence = [(Certainty.DOCUMENTED, f"the number and its meaning: {alert.source}")]
    if stream is not None:
        name = PEER_ALERTS[stream][0]
        evidence.append(
            (Certainty.EXPECTED, f"{stream} {name} where an Apple client receives it: paired by name")
        )
    return CodeFacts(
        number,
        CodeFamily.ALERT,
        "One end says it to the other and ends the connection. Who sent it decides what it means.",
        forms,
        _confused(number),
        tuple(evidence),
        f"codes/alert-{number}.md",
    )


def _family(number: int) -> CodeFamily:
    if -9899 <= number <= -9800:
        return CodeFamily.STREAM
    return CodeFamily.URL if number > -2000 or number == _AV_FOUNDATION else CodeFamily.OS_STATUS


def _checks(number: int) -> list[AppleCheck]:
    return [check for check in APPLE_CHECKS.values() if check.status == number]


def _said_by(number: int, family: CodeFamily) -> str:
    if number == _AV_FOUNDATION:
        return "AVFoundation says it to the app that plays."
    if family is CodeFamily.URL:
        return "URLSession says it to the app: the error of the task, and what its delegate gets."
    if number in PEER_ALERTS:
        alert = ALERTS[PEER_ALERTS[number][1]]
        return (
            f"The other end says it to this one, by the TLS alert {alert}; CFNetwork logs it and hands it on."
        )
    if family is CodeFamily.STREAM:
        return "This device's own TLS says it to CFNetwork, which logs it and puts it under the error of URLSession."
    if number < -67_000 or number == APPLE_CHECKS["MissingIntermediate"].status:
        return (
            "SecTrust says it to whoever has a chain evaluated; an app without code of its own never sees it."
        )
    return "Keychain, import or trust settings say it to the program that called them."


def _forms(number: int, family: CodeFamily) -> Iterator[str]:
    if number == _AV_FOUNDATION:
        yield f"Error Domain=AVFoundationErrorDomain Code={number}"
    elif family is CodeFamily.URL:
        yield f"Error Domain=NSURLErrorDomain Code={number}"
        yield f"finished with error [{number}] Error Domain=NSURLErrorDomain"
        streams = dict.fromkeys(row.stream_error for row in rows_with(number) if row.stream_error is not None)
        if streams:
            yield f"Code={number} ... _kCFStreamErrorDomainKey=3, _kCFStreamErrorCodeKey={next(iter(streams))}"
    elif family is CodeFamily.STREAM:
        yield f"_kCFStreamErrorDomainKey=3, _kCFStreamErrorCodeKey={number}"
        yield f"CFNetwork SSLHandshake failed ({number})"
        yield f"HTTP load failed (kCFStreamErrorDomainSSL, {number})"
    else:
        words = [words_of_check(check) for check in _checks(number)]
        sentences = dict.fromkeys(f' "{one.sentence}"' for one in words) or [""]
        yield from (f"Error Domain=NSOSStatusErrorDomain Code={number}{sentence}" for sentence in sentences)
        yield from dict.fromkeys(one.underlying for one in words)
        yield from (one.log for one in words)


def _confused(number: int) -> tuple[OtherCode, ...]:
    others = dict.fromkeys(one for group in _CONFUSED if number in group for one in group if one != number)
    return tuple(map(_other, others))


def _other(number: int) -> OtherCode:
    if number >= 0:
        alert = ALERTS[number]
        return OtherCode(f"alert {number}", alert.name, f"{alert.meaning[0].upper()}{alert.meaning[1:]}.")
    name, meaning = name_and_meaning(number)
    return OtherCode(str(number), name, meaning)


def name_and_meaning(number: int) -> tuple[str, str]:
    """The symbol of a negative NUMBER, and what it says in a sentence."""
    from pki.explain.reading import read_text

    if number in STREAM_TEXTS:
        name, text = STREAM_TEXTS[number]
        return name, f"{text.split('. ')[0].removesuffix('.')}."
    if number in PEER_ALERTS:
        name, alert = PEER_ALERTS[number]
        return name, f"The other end sent the TLS alert {ALERTS[alert]}."
    name = OTHER_NAMES.get(number) or next(
        (check.symbol for check in (*APPLE_CHECKS.values(), *_others()) if check.status == number), ""
    )
    read = read_text(str(number))
    title = MEANINGS.get(number) or (read.title if read is not None else "")
    return name, f"{title[:1].upper()}{title[1:]}{'.' if title else ''}"


def _others() -> Iterator[AppleCheck]:
    yield from (row.check for row in OTHER_CHECKS.values() if row.check is not None)


def _evidence(number: int, family: CodeFamily) -> Iterator[tuple[Certainty, str]]:
    headers = {
        CodeFamily.URL: "NSURLError.h" if number != _AV_FOUNDATION else "AVError.h",
        CodeFamily.STREAM: "SecureTransport.h, base/SecBase.h",
        CodeFamily.OS_STATUS: "base/SecBase.h",
    }
    header = "Authorization.h" if -60_999 < number <= -60_000 else headers[family]
    yield Certainty.DOCUMENTED, f"the number and its name: {header}"
    checks = [check.name for check in (*APPLE_CHECKS.values(), *_others()) if check.status == number]
    if number in dict(ATS_STATUS.values()):
        checks = [name for name in checks if name in APPLE_CHECKS]
    if checks:
        yield Certainty.READ, f"Security-61901 SecPolicyChecks.list: {', '.join(checks)}"
    rows = rows_with(number)
    for row in rows:
        yield Certainty.EXPECTED, f"{row.text}: {row.reason}. {row.evidence}"
    if _checks(number) and not rows:
        with_ats, without = (trust_error(ats_binds=binds, self_signed=False) for binds in (True, False))
        yield (
            Certainty.EXPECTED,
            f"an app without code of its own sees {with_ats.short} where ATS binds the host, and {without.short} "
            f"where it does not. {with_ats.evidence}; {without.evidence}",
        )
