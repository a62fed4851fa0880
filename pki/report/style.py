"""What stands out in a text, and how a terminal is told (ECMA-48, 8.3.117); plain text is the same without it.

A text function takes a `Style` and marks words with it as it writes them; nothing looks for words afterwards, which
would paint a host called FAIL. `pki.report.layout` counts no columns for marks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pki.model.verdict import Rule

_BOLD, _DIM, _RED, _GREEN, _YELLOW = "1", "2", "1;31", "32", "33"
_STATES = {"passed": _GREEN, "failed": _RED}
_GRADES = {"fatal": _RED, "deny": _RED, "error": _RED, "problem": _RED, "warning": _YELLOW}


class Style:
    """Marks words by what they say. Without `color` each answers its text unchanged."""

    __slots__ = ("_color", "_key", "_links")

    def __init__(self, *, color: bool, key: str = "", links: str = "") -> None:
        """With KEY each sequence has it as its first parameter, for who lets no others through and takes it out.

        LINKS is the address that pages' begin with; empty: there are no links.
        """
        self._color = color
        self._key = key
        self._links = links if color else ""

    def good(self, text: str) -> str:
        """What is as it should be."""
        return self._marked(text, _GREEN)

    def bad(self, text: str) -> str:
        """What fails."""
        return self._marked(text, _RED)

    def warning(self, text: str) -> str:
        """What does not fail and will get in the way."""
        return self._marked(text, _YELLOW)

    def judged(self, text: str, *, well: bool) -> str:
        """One of two answers."""
        return self.good(text) if well else self.bad(text)

    def graded(self, text: str, grade: str) -> str:
        """What has a severity, by its word: `error`, `warning`; others stand out in nothing."""
        return self._marked(text, _GRADES[grade]) if grade in _GRADES else text

    def step(self, state: str) -> str:
        """One step of several by its state, `passed` or `failed`; one that was not taken is said aside."""
        return self._marked(state, _STATES.get(state, _DIM))

    def headline(self, text: str) -> str:
        """What to read first."""
        return self._marked(text, _BOLD)

    def aside(self, text: str) -> str:
        """What is looked up rather than read: ids, paths, fingerprints."""
        return self._marked(text, _DIM)

    def rule(self, rule: Rule) -> str:
        """A rule by its title, with its id, which leads to its page."""
        return f"{rule.title} [{self.rule_id(rule.id)}]"

    def rule_id(self, id: str) -> str:
        """A rule's id, which leads to its page."""
        from pki.model.site import rule_page

        return self._linked(self.aside(id), rule_page(id))

    def code(self, asked: str, text: str = "") -> str:
        """A code (`-9802`, `alert 48`), or TEXT in its place, which leads to its page."""
        from pki.model.site import code_page

        return self._linked(text or asked, code_page(asked))

    def _marked(self, text: str, code: str) -> str:
        if not (self._color and text):
            return text
        return f"\x1b[{self._key}{code}m{text}\x1b[{self._key}0m"

    def _linked(self, text: str, page: str) -> str:
        """TEXT as the hyperlink that terminals made of OSC 8 (https://gist.github.com/egmontkob)."""
        if not self._links:
            return text
        return f"\x1b]8;{self._key};{self._links}{page}\x1b\\{text}\x1b]8;{self._key};\x1b\\"


PLAIN = Style(color=False)
"""Text alone."""
