"""Find the words of all vocabularies in a text of any kind, in time that grows with its length and no faster.

No expression looks for an error in the whole text: its set of words is taken once, a phrase is looked for only when
that set has all of its words, and expressions are tried on the one line around a phrase that was found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from pki.explain.vocabulary import Vocabulary

MAX_BYTES = 5_000_000
_EACH = 40  # how often one phrase is taken: a log repeats itself
_LINE = 2_400  # characters around a phrase that an expression may look at
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")  # a word in Chinese beside one is no part of it
_WORD: re.Pattern[str] = re.compile("[a-z0-9]+")
_ESCAPES = re.compile("\x1b\\[[0-9;]{0,16}[A-Za-z]")
_SAME_LENGTH = (
    ("İ", "I"),  # the one letter whose small form is longer
    ("\\n", " \n"),
    ("\\t", "  "),
    ('\\"', ' "'),
    ("_", " "),
    ("-", " "),
    ("\u2212", " "),
    ("\t", " "),
    ("\u00a0", " "),
    ("\u201c", '"'),
    ("\u201d", '"'),
    ("\u2018", "'"),
    ("\u2019", "'"),
)


# Phrases that other programs print about other things: taken only on a line that speaks of TLS.
_ANYBODYS = frozenset(
    {
        "http request",
        "https proxy request",
        "unexpected message",
        "unexpected record",
        "unexpected eof",
        "decode error",
        "length mismatch",
        "record too large",
        "decryption failed",
        "bad signature",
        "no renegotiation",
        "unknown protocol",
        "unsupported protocol",
        "no application protocol",
        "no start line",
        "bad decrypt",
        "bad base64 decode",
        "not enough data",
        "invalid purpose",
        "invalid ca",
        "invalid extension",
        "path loop",
        "store lookup",
        "err unspecified",
        "no certificate set",
        "eof detected",
        "invalid profile",
        "badder",
        "trailingdata",
        "badencoding",
        "badsignature",
        "invalidextension",
        "protocolversion",
        "error while reading file",
        "decryption has failed",
        "domain mismatch",
        "subject mismatch",
        "name resolution failed",
        ": eof",
    }
)
_OF_TLS = (
    "ssl",
    "tls",
    "x509",
    "certificate",
    "handshake",
    "https:",
    "webpki",
    "eap",
    "gnutls",
    "pkcs",
    "mcprofile",
)


class Hit(NamedTuple):
    """Something recognised: where it stands, and what it stands for (see `pki.explain.vocabulary`)."""

    start: int
    end: int
    value: str
    vocabulary: str
    prints: str = ""  # "client" or "server", where only one of them prints such words


def plain(text: str) -> str:
    """TEXT without the colours of a terminal, each replaced by as many spaces."""
    if "\x1b" not in text:
        return text
    return _ESCAPES.sub(lambda found: " " * len(found[0]), text)


def normal(text: str) -> str:
    """TEXT in the form that phrases are written in; every character keeps its place."""
    for old, new in _SAME_LENGTH:
        if old in text:
            text = text.replace(old, new)
    return text.lower()


def words_of(folded: str) -> frozenset[str]:
    """The words of a text in normal form."""
    return frozenset(_WORD.findall(folded))


def phrases(folded: str, words: frozenset[str]) -> Iterator[Hit]:
    """Every phrase and pattern of every vocabulary that stands in FOLDED."""
    for vocabulary in _vocabularies():
        name, end = vocabulary.name, vocabulary.end
        for phrase, value in vocabulary.phrases.items():
            if words.issuperset(_WORD.findall(phrase)):
                for start in places(folded, phrase):
                    if phrase in _ANYBODYS and not _of_tls(folded, start):
                        continue
                    yield Hit(start, start + len(phrase), value, name, end)
        for marker, expression, value in vocabulary.patterns:
            for start in places(folded, marker, whole=False) if key(marker) in words else ():
                line, offset = line_around(folded, start)
                found = _compiled(expression).search(line)
                if found is not None and (marker not in _ANYBODYS or _of_tls(folded, start)):
                    yield Hit(offset + found.start(), offset + found.end(), value, name, end)


def _of_tls(folded: str, place: int) -> bool:
    line = line_around(folded, place)[0]
    return any(word in line for word in _OF_TLS)


def key(phrase: str) -> str:
    """The longest word of PHRASE: where it is not among a text's words, the phrase is not in the text."""
    found: list[str] = _WORD.findall(phrase)
    return max(found, key=len)


def places(folded: str, phrase: str, *, whole: bool = True, most: int = _EACH) -> Iterator[int]:
    """Where PHRASE stands in FOLDED, as whole words unless told otherwise; the first MOST places."""
    start = folded.find(phrase)
    while start >= 0 and most > 0:
        end = start + len(phrase)
        if not whole or not (
            (phrase[0] in _LETTERS and start and folded[start - 1] in _LETTERS)
            or (phrase[-1] in _LETTERS and end < len(folded) and folded[end] in _LETTERS)
        ):
            yield start
            most -= 1
        start = folded.find(phrase, end)


def line_around(text: str, place: int) -> tuple[str, int]:
    """The line of TEXT in which PLACE lies, as much of it as is looked at, and where that begins."""
    begin = max(text.rfind("\n", max(0, place - _LINE), place) + 1, place - 400, 0)
    end = text.find("\n", place, place + _LINE)
    return text[begin : end if end >= 0 else place + _LINE], begin


def in_a_path(text: str, place: int) -> bool:
    """Whether PLACE lies in the path of a URL: `/blog/certificate-has-expired` is no error."""
    word = re.split(r"[\s\"'<>(){}\\,;|`]", text[max(0, place - 200) : place])[-1]
    _, scheme, rest = word.partition("://")
    return bool(scheme) and "/" in rest


def longest(hits: list[Hit]) -> list[Hit]:
    """HITS without those that lie inside a longer one: "self signed certificate" inside "... in certificate chain"."""
    kept: list[Hit] = []
    for hit in sorted(set(hits), key=lambda hit: (hit.start, -hit.end)):
        if not kept or hit.end > kept[-1].end or (hit.start, hit.end) == (kept[-1].start, kept[-1].end):
            kept.append(hit)
    return kept


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


def _vocabularies() -> tuple[Vocabulary, ...]:
    from pki.explain.vocabularies import (
        apple,
        apple_logs,
        browsers,
        curl,
        gnutls,
        go,
        jvm,
        network,
        nss,
        openssl,
        rust,
        scripting,
        servers,
        windows,
    )

    return (
        apple.SENTENCES,
        apple_logs.APPS,
        apple_logs.DEVICES,
        openssl.VERIFY,
        openssl.REASONS,
        curl.CURL,
        curl.GIT_WGET,
        browsers.CHROMIUM,
        nss.NSS,
        browsers.WEB,
        jvm.JVM,
        go.GO,
        rust.RUST,
        windows.DOTNET,
        gnutls.GNUTLS,
        gnutls.SMALL_LIBRARIES,
        servers.SERVERS,
        servers.DATABASES,
        servers.WIFI,
        scripting.SCRIPTING,
        network.NETWORK,
    )
