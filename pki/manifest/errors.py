"""What is wrong with a manifest: all of it at once, each with its line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pki.errors import InvalidRequest
from pki.model.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pki.manifest.lines import KeyPath

MOST_SHOWN: Final = 50  # more than anybody repairs before the next run


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to repair."""

    line: int
    where: str  # the table, as its header says it, and the key
    problem: str
    hint: str

    def __str__(self) -> str:
        text = f"{self.where}: {self.problem}" if self.where else self.problem
        return f"{text}. {self.hint}".rstrip(". ") + "."


class ManifestError(InvalidRequest):
    """A manifest that cannot be applied; `mistakes` says why, in the order of its lines."""

    def __init__(self, name: str, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: mistake.line))
        count = len(self.mistakes)
        lines = [f"{name}:{mistake.line}: {mistake}" for mistake in self.mistakes[:MOST_SHOWN]]
        if count > MOST_SHOWN:
            lines.append(f"and {count - MOST_SHOWN} more.")
        listed = "\n".join(f"  {line}" for line in lines)
        super().__init__(f"{name} has {count} mistake{'s' if count > 1 else ''}:\n{listed}")


class Mistakes:
    """Collects them, and knows the lines."""

    def __init__(self, name: str, lines: Mapping[KeyPath, int]) -> None:
        self.name = name
        self.found: list[Mistake] = []
        self._lines = lines

    def add(self, path: KeyPath, problem: str, hint: str) -> None:
        """Note a mistake in what stands at PATH, or nearest above it.

        Raises:
            ManifestError: there are more than anybody wants to read, or this program should look for.
        """
        self.found.append(Mistake(self.line(path), key_text(path), problem, hint))
        if len(self.found) > 2 * MOST_SHOWN:
            self.refuse()

    def line(self, path: KeyPath) -> int:
        """The line of PATH, or of what is nearest above it."""
        while path not in self._lines:
            path = path[:-1]
        return self._lines[path]

    def refuse(self) -> None:
        """Raise what was found, if anything was.

        Raises:
            ManifestError: there are mistakes.
        """
        if self.found:
            raise ManifestError(self.name, self.found)


def key_text(path: KeyPath) -> str:
    """PATH as the manifest writes it: [server.api] names, [[export.p12]] to."""
    match path:
        case ("export", str(kind), int(), *rest):
            return " ".join((f"[[export.{kind}]]", *_keys(rest)))
        case (str(section), str(name), *rest) if section != "defaults":
            return " ".join((f"[{section}.{_quoted(name)}]", *_keys(rest)))
        case (str(section), *rest):
            return " ".join((f"[{section}]", *_keys(rest)))
    return ""


def unknown(what: str, asked: str, known: Iterable[str]) -> tuple[str, str]:
    """Say that nothing declared is called so, and what comes near."""
    known = tuple(known)
    listed = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
    return f"no {what} is called {asked!r}", f"{did_you_mean(asked, known)}Declared: {listed or 'none'}."


def _keys(rest: Iterable[str | int]) -> tuple[str, ...]:
    return tuple(part for part in rest if isinstance(part, str))


def _quoted(name: str) -> str:
    plain = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if plain else f'"{name}"'
