"""The answer about a pasted text, at 80 columns, as JSON and as Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pki.report.document import TypedDict
from pki.report.layout import WIDTH, clipped, printable, wrapped
from pki.report.style import PLAIN, Style

if TYPE_CHECKING:
    from pki.model.text_explanation import DecidedBy, TextExplanation, Where
    from pki.report.fields import HandshakeCode, RuleId, Text

_WHOLE_WORDS: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}


class ReadingJson(TypedDict):
    """What a text comes to: who decided, where, what it means, what it leaves open, and what to do next."""

    fault: Text  # What kind of failure; a name of ours that stays.
    decided_by: DecidedBy
    level: Where
    title: Text
    meaning: Text
    causes: list[Text]  # Likeliest first.
    codes: list[HandshakeCode]  # In the order of the causes.
    not_told: Text | None  # What the text does not tell apart.
    would_tell: Text | None
    next: list[Text]  # Commands; words in capitals are the reader's to fill in.
    rules: list[RuleId]
    host: Text | None
    url: Text | None
    recognised: list[TokenJson]
    also: list[Text]
    clues: list[Text]
    noise: list[Text]


class TokenJson(TypedDict):
    """One thing that was recognised in the text."""

    text: Text
    vocabulary: Text
    line: int
    fault: Text


def reading_text(headline: str, reading: TextExplanation, *, style: Style = PLAIN) -> str:
    """The answer for a terminal: who decided, what it means, causes, what is left open, the next command."""
    lines = [*wrapped(style.headline(headline)), *wrapped(_level(reading), indent="  "), ""]
    lines += wrapped(reading.meaning, indent="  ")
    for clue in reading.clues:
        lines += wrapped(printable(clue), indent="  - ", hanging="    ")
    lines += reading_steps(reading)
    if reading.rules:
        lines += wrapped(
            f"Rules: {', '.join(map(style.rule_id, reading.rules))} (trustrig explain RULE)",
            indent="  ",
            hanging="    ",
        )
    for line in (_read(reading), *_aside(reading)):
        lines += wrapped(printable(line), indent="  ", hanging="    ")
    return "\n".join(lines)


def reading_steps(reading: TextExplanation) -> list[str]:
    """The likely causes in order, what is left open, and the next commands."""
    lines = []
    if reading.causes:
        lines += ["", "  Likely causes, in order:" if len(reading.causes) > 1 else "  Likely cause:"]
    for number, cause in enumerate(reading.causes, 1):
        lines += wrapped(cause, indent=f"  {number}. ", hanging="     ")
    if reading.unsettled:
        lines += wrapped(_open(reading), indent="  ", hanging="    ")
    lines.append("")
    for number, command in enumerate(reading.next):
        lines += _command(printable(command), "  Next: " if number == 0 else "        ")
    return lines


def reading_markdown(headline: str, reading: TextExplanation) -> str:
    """The answer as Markdown, to paste into an issue."""
    parts = [f"**{_plain(headline)}**", _plain(_level(reading)), _plain(reading.meaning)]
    if reading.clues:
        parts.append("\n".join(f"- {_plain(clue)}" for clue in reading.clues))
    if reading.causes:
        causes = "\n".join(f"{number}. {_plain(cause)}" for number, cause in enumerate(reading.causes, 1))
        parts.append(f"Likely causes, in order:\n\n{causes}")
    if reading.unsettled:
        parts.append(_plain(_open(reading)))
    if reading.next:
        parts.append("```sh\n" + "\n".join(map(printable, reading.next)) + "\n```")
    if reading.rules:
        parts.append("Rules: " + ", ".join(f"`{rule}`" for rule in reading.rules))
    parts += [_plain(line) for line in (_read(reading), *_aside(reading))]
    return "\n\n".join(parts)


def reading_json(reading: TextExplanation | None) -> ReadingJson | None:
    """The answer for programs."""
    if reading is None:
        return None
    return {
        "fault": reading.fault,
        "decided_by": reading.decided_by,
        "level": reading.where,
        "title": reading.title,
        "meaning": reading.meaning,
        "causes": list(reading.causes),
        "codes": list(reading.codes),
        "not_told": reading.unsettled or None,
        "would_tell": reading.would_settle or None,
        "next": list(reading.next),
        "rules": list(reading.rules),
        "host": reading.host,
        "url": reading.url,
        "recognised": [
            {"text": token.text, "vocabulary": token.vocabulary, "line": token.line, "fault": token.fault}
            for token in reading.tokens
        ],
        "also": list(reading.also),
        "clues": list(reading.clues),
        "noise": list(reading.noise),
    }


def _command(command: str, label: str) -> list[str]:
    """A command that a shell takes as it stands: lines that go on end in a backslash, a comment comes last."""
    if len(label) + len(command) <= WIDTH:
        return [label + command]
    typed, _, comment = command.partition("   # ")
    indent = " " * len(label)
    lines = textwrap.wrap(
        typed, WIDTH - 2, initial_indent=label, subsequent_indent=f"{indent}  ", **_WHOLE_WORDS
    )
    lines = [f"{line} \\" for line in lines[:-1]] + lines[-1:]
    return lines + ([f"{indent}# {comment}"] if comment else [])


def _level(reading: TextExplanation) -> str:
    host = f" Host: {printable(reading.host)}." if reading.host else ""
    return f"Level: {reading.where}.{host}"


def _open(reading: TextExplanation) -> str:
    return f"Not told: {reading.unsettled}." + (
        f" What tells: {reading.would_settle}." if reading.would_settle else ""
    )


def _read(reading: TextExplanation) -> str:
    worlds: dict[str, list[str]] = {}
    for token in reading.tokens:
        worlds.setdefault(token.vocabulary, []).append(clipped(" ".join(token.text.split()), 60))
    first = min((token.line for token in reading.tokens), default=1)
    place = f", from line {first} on" if first > 1 else ""
    return f"Read{place}: " + "; ".join(f"{', '.join(texts)} ({world})" for world, texts in worlds.items())


def _aside(reading: TextExplanation) -> Iterator[str]:
    if reading.also:
        yield f"Also in this text: {'; '.join(reading.also)}."
    if reading.noise:
        yield f"Left aside: {'; '.join(clipped(' '.join(noise.split()), 60) for noise in reading.noise)}."


def _plain(text: str) -> str:
    """TEXT so that nothing of it is markup: a stranger's words may be in it."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>#|" else c for c in printable(text))
