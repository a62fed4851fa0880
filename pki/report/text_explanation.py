"""The answer about a pasted text, at 80 columns, as JSON and as Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pki.report.document import TypedDict
from pki.report.layout import WIDTH, clipped, printable, wrapped

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


def told_text(headline: str, told: TextExplanation) -> str:
    """The answer for a terminal: who decided, what it means, causes, what is left open, the next command."""
    lines = [*wrapped(headline), *wrapped(_level(told), indent="  "), ""]
    lines += wrapped(told.meaning, indent="  ")
    for clue in told.clues:
        lines += wrapped(printable(clue), indent="  - ", hanging="    ")
    lines += told_steps(told)
    if told.rules:
        lines += wrapped(
            f"Rules: {', '.join(told.rules)} (trustrig explain RULE)", indent="  ", hanging="    "
        )
    for line in (_read(told), *_aside(told)):
        lines += wrapped(printable(line), indent="  ", hanging="    ")
    return "\n".join(lines)


def told_steps(told: TextExplanation) -> list[str]:
    """The likely causes in order, what is left open, and the next commands."""
    lines = []
    if told.causes:
        lines += ["", "  Likely causes, in order:" if len(told.causes) > 1 else "  Likely cause:"]
    for number, cause in enumerate(told.causes, 1):
        lines += wrapped(cause, indent=f"  {number}. ", hanging="     ")
    if told.unsettled:
        lines += wrapped(_open(told), indent="  ", hanging="    ")
    lines.append("")
    for number, command in enumerate(told.next):
        lines += _command(printable(command), "  Next: " if number == 0 else "        ")
    return lines


def told_markdown(headline: str, told: TextExplanation) -> str:
    """The answer as Markdown, to paste into an issue."""
    parts = [f"**{_plain(headline)}**", _plain(_level(told)), _plain(told.meaning)]
    if told.clues:
        parts.append("\n".join(f"- {_plain(clue)}" for clue in told.clues))
    if told.causes:
        causes = "\n".join(f"{number}. {_plain(cause)}" for number, cause in enumerate(told.causes, 1))
        parts.append(f"Likely causes, in order:\n\n{causes}")
    if told.unsettled:
        parts.append(_plain(_open(told)))
    if told.next:
        parts.append("```sh\n" + "\n".join(map(printable, told.next)) + "\n```")
    if told.rules:
        parts.append("Rules: " + ", ".join(f"`{rule}`" for rule in told.rules))
    parts += [_plain(line) for line in (_read(told), *_aside(told))]
    return "\n\n".join(parts)


def told_json(told: TextExplanation | None) -> ReadingJson | None:
    """The answer for programs."""
    if told is None:
        return None
    return {
        "fault": told.fault,
        "decided_by": told.decided_by,
        "level": told.where,
        "title": told.title,
        "meaning": told.meaning,
        "causes": list(told.causes),
        "codes": list(told.codes),
        "not_told": told.unsettled or None,
        "would_tell": told.would_settle or None,
        "next": list(told.next),
        "rules": list(told.rules),
        "host": told.host,
        "url": told.url,
        "recognised": [
            {"text": token.text, "vocabulary": token.vocabulary, "line": token.line, "fault": token.fault}
            for token in told.tokens
        ],
        "also": list(told.also),
        "clues": list(told.clues),
        "noise": list(told.noise),
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


def _level(told: TextExplanation) -> str:
    host = f" Host: {printable(told.host)}." if told.host else ""
    return f"Level: {told.where}.{host}"


def _open(told: TextExplanation) -> str:
    return f"Not told: {told.unsettled}." + (
        f" What tells: {told.would_settle}." if told.would_settle else ""
    )


def _read(told: TextExplanation) -> str:
    worlds: dict[str, list[str]] = {}
    for token in told.tokens:
        worlds.setdefault(token.vocabulary, []).append(clipped(" ".join(token.text.split()), 60))
    first = min((token.line for token in told.tokens), default=1)
    place = f", from line {first} on" if first > 1 else ""
    return f"Read{place}: " + "; ".join(f"{', '.join(texts)} ({world})" for world, texts in worlds.items())


def _aside(told: TextExplanation) -> Iterator[str]:
    if told.also:
        yield f"Also in this text: {'; '.join(told.also)}."
    if told.noise:
        yield f"Left aside: {'; '.join(clipped(' '.join(noise.split()), 60) for noise in told.noise)}."


def _plain(text: str) -> str:
    """TEXT so that nothing of it is markup: a stranger's words may be in it."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>#|" else c for c in printable(text))
