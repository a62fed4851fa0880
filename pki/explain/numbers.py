"""Numbers in a text: Apple's by themselves, small ones by the word beside them, OpenSSL's packed ones taken apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pki.explain.scanning import Hit, key, line_around, places
from pki.explain.vocabularies import apple_codes
from pki.explain.vocabularies.apple import CHECKS, SENTENCES
from pki.explain.vocabularies.browsers import NET_ERRORS
from pki.explain.vocabularies.curl import CURLE
from pki.explain.vocabularies.openssl import BORINGSSL_REASONS, OPENSSL_REASONS, VERIFY_ERRORS
from pki.explain.vocabularies.windows import HRESULTS
from pki.report.stream_codes import PEER_ALERTS

_NEGATIVE = re.compile(r"(?<![\w-])-(\d{1,10})(?![\d-])(?!\.\d)")
_TIME_BEFORE = re.compile(r"\d\d:\d\d(:\d\d)?([.,]\d+)? ?\Z")
_ERROR_WORDS = (
    "error",
    "nsurl",
    "code",
    "fail",
    "domain",
    "cfnetwork",
    "urlsession",
    "connect",
    "load",
    "tls",
    "ssl",
)
_MOST = 4_000  # numbers of one text

# errno of Darwin, which is what Apple's domains carry (sys/errno.h).
_POSIX = {
    1: "no-route",
    32: "lost",
    50: "offline",
    51: "no-route",
    53: "lost",
    54: "reset",
    57: "closed",
    60: "timeout",
    61: "refused",
    64: "no-route",
    65: "no-route",
    89: "cancelled",
    96: "closed",
    100: "protocol-error",
}
# CFNetworkErrors.h, kCFErrorDomainCFNetwork.
_CFNETWORK = {
    2: "dns",
    306: "proxy",
    307: "proxy-auth",
    308: "proxy",
    309: "proxy-auth",
    310: "proxy",
    311: "proxy",
}

_EXIT_CODES = {number: f"heading {fault}" for number, fault in CURLE.items()}

# (a phrase to look for in the normal form, the expression with the number, the table, the vocabulary, who prints it)
_BESIDE: tuple[tuple[str, str, Mapping[int, str], str, str], ...] = (
    ("curl: (", r"curl: \((\d{1,3})\)", _EXIT_CODES, "curl exit code", "client"),
    # libcurl's "libcurl error" too
    ("curl error", r"curl error:? ?#?\(?(\d{1,3})\b", _EXIT_CODES, "curl exit code", "client"),
    ("curl: error", r"curl: error \(?(\d{1,3})\b", _EXIT_CODES, "curl exit code", "client"),
    ("num=", r"num=(\d{1,3})\b", VERIFY_ERRORS, "OpenSSL verify error", ""),
    ("verify return code", r"verify return code: (\d{1,3})\b", VERIFY_ERRORS, "OpenSSL verify error", ""),
    ("verify error", r"verify error:? ?\(?(\d{1,3}):", VERIFY_ERRORS, "OpenSSL verify error", ""),
    ("verify result", r"verify result:? ?.{0,60}\((\d{1,3})\)", VERIFY_ERRORS, "OpenSSL verify error", ""),
    ("depth lookup", r"error (\d{1,3}) at \d{1,2} depth", VERIFY_ERRORS, "OpenSSL verify error", ""),
    (
        "certificate verification",
        r"verification: error \((\d{1,3})\)",
        VERIFY_ERRORS,
        "OpenSSL verify error",
        "",
    ),
    ("verification failed, error", r"failed, error (\d{1,3})\b", VERIFY_ERRORS, "OpenSSL verify error", ""),
    ("ssl says error", r"ssl says error (\d{1,3})\b", VERIFY_ERRORS, "OpenSSL verify error", ""),
    (";err=", r";err=(\d{1,3});", VERIFY_ERRORS, "OpenSSL verify error", ""),
    (
        "net error",
        r"net error\W{1,4}(\d{1,3})\b",
        {-n: f for n, f in NET_ERRORS.items()},
        "Chromium net error",
        "client",
    ),
    (
        "nsposixerrordomain",
        r"nsposixerrordomain\W{1,4}(?:code)?\W{0,3}(\d{1,3})\b",
        _POSIX,
        "POSIX error",
        "client",
    ),
    ("posixerrorcode", r"posixerrorcode\(rawvalue: (\d{1,3})\)", _POSIX, "POSIX error", "client"),
    ("nwerror error", r"nwerror error (\d{2,3})\b", _POSIX, "POSIX error", "client"),
    (
        "protocol stack error",
        r"protocol stack error: [a-z ]{0,20}(\d{1,3})\b",
        _POSIX,
        "POSIX error",
        "client",
    ),
    ("so error", r"so error \[(\d{1,3}):", _POSIX, "POSIX error", "client"),
    ("x509 v err", r"x509 v err ?= ?(\d{1,3})\b", VERIFY_ERRORS, "OpenSSL verify error", ""),
    (
        "kcferrordomaincfnetwork",
        r"cfnetwork\W{1,4}code\W{1,3}(\d{1,3})\b",
        _CFNETWORK,
        "CFNetwork error",
        "client",
    ),
)
_HRESULT = re.compile(r"0x(?:f{8})?(80[0-9a-f]{6})\b")
_ERROR_HEX = re.compile(r"error:([0-9a-f]{8})\b")
_ERROR_DECIMAL = re.compile(r"\b(\d{9,10}):ssl routines")
_TRUST_FAILURE = re.compile(r"\[(?:leaf|ca\d{0,3}|root|anchor)((?: [A-Za-z0-9]{3,50}){1,40})\]")
_RESULT_DETAIL = re.compile(r"\b([A-Z][A-Za-z0-9]{3,50})\"? = 0;")

_OPENSSL_SSL, _OLD_SSL, _BORINGSSL_SSL = 20, 0x14, 0x10
_ALERT = 1000


def numbers(text: str, folded: str, words: frozenset[str]) -> Iterator[Hit]:
    """Every number of TEXT that a table knows, and the check names of `Trust evaluate failure:` lines."""
    yield from _signed(text, folded)
    for marker, expression, table, vocabulary, prints in _BESIDE:
        for start in places(folded, marker, whole=False) if key(marker) in words else ():
            line, offset = line_around(folded, start)
            for found in re.finditer(expression, line):
                value = table.get(int(found[1]))
                if value is not None:
                    yield Hit(offset + found.start(), offset + found.end(), value, vocabulary, prints)
    yield from _hexadecimal(folded)
    yield from _packed(folded)
    yield from _names(text, folded)


def _signed(text: str, folded: str) -> Iterator[Hit]:
    for count, found in enumerate(_NEGATIVE.finditer(text)):
        if count > _MOST:
            return
        number = -int(found[1])
        value, vocabulary = _apple(number, folded, found.start())
        if value and number in apple_codes.URL and not _beside_an_error(folded, found.start()):
            continue
        if value and not _TIME_BEFORE.search(text, max(0, found.start() - 20), found.start()):
            yield Hit(found.start(), found.end(), value, vocabulary, "client")


def _beside_an_error(folded: str, place: int) -> bool:
    """Whether a number as small as -1200 stands where an error would: alone, or on a line that speaks of one."""
    line = line_around(folded, place)[0]
    return len(folded) < 20 or any(word in line for word in _ERROR_WORDS)


def _apple(number: int, folded: str, place: int) -> tuple[str, str]:
    """What a negative NUMBER stands for, and in which of Apple's worlds (or Windows')."""
    if number in PEER_ALERTS:
        return f"in alert {PEER_ALERTS[number][1]}", "stream code"
    for table, vocabulary in (
        (apple_codes.STREAM, "stream code"),
        (apple_codes.URL, "NSURLErrorDomain"),
        (apple_codes.SECURITY, "OSStatus"),
        (SENTENCES.codes, "CSSM error"),
    ):
        if number in table:
            return table[number], vocabulary
    if number in apple_codes.CLOSE_BY:
        value, beside = apple_codes.CLOSE_BY[number]
        line = line_around(folded, place)[0]
        return (value, "code") if any(word in line for word in beside) else ("", "")
    unsigned = number + (1 << 32)
    return (HRESULTS[unsigned], "HRESULT") if unsigned in HRESULTS else ("", "")


def _hexadecimal(folded: str) -> Iterator[Hit]:
    for start in (*places(folded, "0x80", whole=False), *places(folded, "0xffffffff80", whole=False)):
        found = _HRESULT.match(folded, start)
        if found is not None and int(found[1], 16) in HRESULTS:
            yield Hit(start, found.end(), HRESULTS[int(found[1], 16)], "HRESULT")


def _packed(folded: str) -> Iterator[Hit]:
    """`error:0A000410:` of OpenSSL 3, `error:14094418:` of 1.1, `error:10000412:` of BoringSSL; decimal too."""
    for marker, expression, base in (("error:", _ERROR_HEX, 16), (":ssl routines", _ERROR_DECIMAL, 10)):
        for start in places(folded, marker, whole=False):
            found = expression.search(folded, max(0, start - 11), start + 24)
            value = _reason(int(found[1], base)) if found is not None else ""
            if found is not None and value:
                yield Hit(found.start(), found.end(), value, "OpenSSL error number")


def _reason(packed: int) -> str:
    """What a packed error of the SSL library stands for; "" for another library."""
    if packed >> 23 == _OPENSSL_SSL:
        reason, table = packed & 0x7FFFFF, OPENSSL_REASONS
    elif packed >> 24 == _OLD_SSL:
        reason, table = packed & 0xFFF, OPENSSL_REASONS
    elif packed >> 24 == _BORINGSSL_SSL:
        reason, table = packed & 0xFFF, BORINGSSL_REASONS
    else:
        return ""
    if _ALERT < reason <= _ALERT + 255:
        return f"in alert {reason - _ALERT}"
    return table.get(reason, "heading protocol-error" if reason else "")


def _names(text: str, folded: str) -> Iterator[Hit]:
    """Names of Apple's list: in `[leaf SSLHostname]`, and in the dictionary of a trust result (`ValidLeaf = 0;`)."""
    for start in places(folded, "trust evaluate failure", whole=False):
        line, offset = line_around(text, start)
        for group in _TRUST_FAILURE.finditer(line):
            for name in re.finditer(r"\S+", group[1]):
                if name[0] in CHECKS:
                    begin = offset + group.start(1) + name.start()
                    yield Hit(
                        begin, begin + len(name[0]), CHECKS[name[0]], "Trust evaluate failure", "client"
                    )
    for start in places(folded, "trustresultdetails", whole=False):
        for found in _RESULT_DETAIL.finditer(text, start, start + _MOST):
            if found[1] in CHECKS:
                yield Hit(found.start(1), found.end(1), CHECKS[found[1]], "trust result", "client")
