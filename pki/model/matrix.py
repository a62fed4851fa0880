"""Many handshakes as one value: who was let in where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from pki.model.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Cell:
    """One handshake: who came, to which policy, in which version, and how it went."""

    client: str
    policy: str
    version: str
    transcript: Transcript


@dataclass(frozen=True, slots=True)
class Matrix:
    """All of them, policy by policy, client by client, version by version; `at` is the moment judged."""

    at: datetime
    cells: tuple[Cell, ...]

    @property
    def accepted(self) -> bool:
        """Whether everybody was let in everywhere."""
        return all(cell.transcript.accepted for cell in self.cells)

    @property
    def not_checked(self) -> tuple[str, ...]:
        """What nobody looked at in one of them, in words, each once."""
        return tuple(dict.fromkeys(words for cell in self.cells for words in cell.transcript.not_checked))
