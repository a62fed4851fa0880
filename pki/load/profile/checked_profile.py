"""A profile as the checks look at it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pki.load.profile.systems import is_for_macs, target_of
from pki.model.payloads import PayloadType


@dataclass(frozen=True, slots=True)
class Given:
    """A profile as a property list. Its values may be of any type: the checks look before they use one."""

    top: dict[str, Any]
    payloads: Sequence[tuple[str, dict[str, Any]]]  # with their paths
    at: datetime | None

    @property
    def system(self) -> str | None:
        """The one it says it is for."""
        return target_of(self.top)

    @property
    def for_macs(self) -> bool:
        """Whether it says so, or has what only a Mac knows."""
        return is_for_macs(self.top, (payload for _, payload in self.payloads))

    def of(self, *types: PayloadType) -> Iterator[tuple[str, dict[str, Any]]]:
        """The payloads of these types."""
        return ((path, payload) for path, payload in self.payloads if payload.get("PayloadType") in types)
