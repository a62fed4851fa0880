"""What other validators say of a chain we judged, and where they part from the verdict."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """One validator's answer. `accepts` None: it was not asked, or gave none; `text` are its own, or say why not.

    `not_checked` is what an Apple client looks at and this validator never does.
    """

    who: str
    version: str
    accepts: bool | None
    text: str
    not_checked: tuple[str, ...] = ()
    available: bool = True

    @property
    def name(self) -> str:
        """Name and version, as reports say it."""
        return f"{self.who} {self.version}".rstrip()


@dataclass(frozen=True, slots=True)
class Difference:
    """An opinion that is not the verdict's. `reasons` explain it; `unexplained` is what no known reason covers."""

    opinion: SecondOpinion
    reasons: tuple[str, ...]
    unexplained: tuple[str, ...] = ()

    @property
    def explained(self) -> bool:
        """Whether everything about it has a known reason."""
        return not self.unexplained
