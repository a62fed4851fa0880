"""One table for each world that prints errors: its phrases, and what each stands for.

A phrase is written in the normal form that texts are brought into (`pki.explain.scanning.normal`): small letters,
spaces for underscores and hyphens, straight quotes. What it stands for is a fault's id, with a word before it
where needed:

| written | means |
|---|---|
| `expired` | this end's own judgement: of the server's chain in a client's text, of the client's in a server's |
| `srv alert 48` | the server sent it, whoever prints it |
| `in expired` | the other end said so (an alert that was received) |
| `out alert 48` | this end said so (an alert that was sent) |
| `srv name`, `cli name` | of the server's chain, of the client's, whoever prints it |
| `heading untrusted` | a heading: the words under it, where there are any, say more |
| `either untrusted` | one end's judgement, and the words do not say which end's |
| `noise why` | nothing that decides; why |
| `drop pin` | nothing by itself, but the fault named is no cause here |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one world.

    `patterns` are (marker, regular expression, what it stands for): the expression is tried at the marker, on one line,
    for sentences with something in their middle. `end` says who prints these words: "client", "server", or "" where
    the lines around decide.
    """

    name: str
    source: str
    phrases: Mapping[str, str]
    patterns: tuple[tuple[str, str, str], ...] = ()
    end: str = ""
    codes: Mapping[int, str] = field(default_factory=dict)  # numbers that are unmistakable by themselves
