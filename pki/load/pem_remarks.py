"""How a PEM block is written down where that is not PEM's own way, who does not read it, and what makes PEM of it."""

from __future__ import annotations

import re

NEWLINE = re.compile(rb"\r\n?|\n")
MARGIN = 200  # octets of a line that are looked at before and behind a mark
# Once or several times over: "\n", "\\n", "\r\n". Tried at the first backslash alone, or many would cost their square.
ESCAPED = re.compile(rb"(?<!\\)\\+(?:(?:r\\+)?n|r)")

# Line breaks that were escaped, then the quotes and plus signs of a program, then blanks at the ends of lines; what is
# between BEGIN and END is printed. A plus sign goes only beside a quote and a blank: base64 has them, too.
_EXTRACT = (
    r"`perl -0777 -ne 's/\\+(?:r\\+)?n|\\+r/\n/g; s/[\"\x27]\h+[+.]|[+.]\h+[\"\x27]|[\"\x27\\]//g; s/\s*\n\s*/\n/g; "
    r"print qq($&\n) while /-----BEGIN\h.*?-----END\h[^-]*-----/gs' FILE > NEW.pem`"
).replace(r"\"", '"')
_SPREAD = (
    r"`perl -0777 -ne 'while (/-----BEGIN\h([^-]+)-----(.*?)-----END/gs) { my ($l, $b) = ($1, $2); $b =~ s/\s+//g; "
    r"$b =~ s/(.{64})(?=.)/$1\n/g; print qq(-----BEGIN $l-----\n$b\n-----END $l-----\n) }' FILE > NEW.pem`"
)


def label_of(mark: re.Match[bytes]) -> str:
    """The label of a BEGIN or END."""
    return mark[2].decode("ascii", "replace")


def how_written(
    begin: re.Match[bytes],
    end: re.Match[bytes],
    previous: re.Match[bytes] | None,
    line: int,
    *,
    own_lines: bool,
) -> tuple[str, str]:
    """How a block is written down, in a word, and what makes PEM of it; empty where the next block will say it.

    Who does not read it was tried: OpenSSL 3.0.22, keytool of OpenJDK 17 and Go 1.19 (encoding/pem), 2026-11-30.
    """
    text, label = begin.string, label_of(begin)
    body = text[begin.end() : end.start()]
    if ESCAPED.search(body):
        return (
            "escaped",
            rf"Line breaks of BEGIN {label} at line {line} are written as the two characters \n; OpenSSL, Java and Go "
            f"find no PEM in it: {_EXTRACT} takes the blocks out.",
        )
    if previous is not None and not text[previous.end() : begin.start()].strip(b" \t"):
        return (
            "joined",
            f"END and BEGIN share line {line}, and OpenSSL, Java and Go do not read on there: "
            f"{_EXTRACT} puts them on lines of their own.",
        )
    if own_lines:
        return (
            "quoted",
            f"Quotes or other signs stand around the lines of BEGIN {label} at line {line}, and OpenSSL does not read "
            f"it: {_EXTRACT} takes them away.",
        )
    if not NEWLINE.search(body):
        return (
            "one line",
            f"BEGIN {label}, its base64 and END stand on one line, {line}, and OpenSSL, Java and Go find no PEM in it: "
            f"{_SPREAD} writes it in lines.",
        )
    if text[end.end() : end.end() + MARGIN].lstrip(b" \t").startswith(b"-----BEGIN "):
        return "", ""
    return (
        "shared",
        f"BEGIN {label} at line {line} or its END shares a line with something else, and OpenSSL, Java and Go pass it "
        f"over: {_EXTRACT} takes the block out.",
    )
