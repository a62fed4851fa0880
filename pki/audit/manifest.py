"""What a run folder says of itself: the question, the input, and whether it is finished."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from pki.errors import StoreError
from pki.model.time_format import moment_of
from pki.report.document import TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from typing import Literal

    from pki.audit.parts import Part
    from pki.audit.places import RunPlace
    from pki.report.fields import Sha256, Text, Time

NAME: Final = "manifest.json"
SCHEMA: Final = "trustrig.audit-run/1"


class RunManifestJson(TypedDict):
    """What a folder of an audit says of itself: `manifest.json`."""

    schema: Literal["trustrig.audit-run/1"]
    version: Text  # Of the trustrig that judges; another one does not go on with it.
    at: Time  # The moment asked about.
    until: Time  # The end of the time asked about.
    settings: dict[str, Sha256]  # Of each setting, so that a change can be named.
    sources: list[Text]  # As they were given.
    rows: int
    parts: list[Sha256]  # Of each part of the input, in order.
    rows_sha256: Sha256 | None  # Of `rows.ndjson`; null as long as it is not there.


class ChangedRun(StoreError):
    """What is in the folder was begun with another input, another question or another version."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The same, as a value; described at `RunManifestJson`."""

    version: str
    at: datetime
    until: datetime
    settings: dict[str, str]
    sources: tuple[str, ...]
    rows: int
    parts: tuple[str, ...]
    rows_sha256: str | None = None

    @classmethod
    def blank(cls, settings: bytes, sources: Iterable[str]) -> Manifest:
        """A new run's, before anybody looked into the sources: SETTINGS as encoded, SOURCES as they were named."""
        found = json.loads(settings)
        return cls(
            found.pop("version"),
            moment_of(found["at"]),
            moment_of(found["until"]),
            {name: _digest(value) for name, value in sorted(found.items())},
            tuple(sources),
            0,
            (),
        )

    @classmethod
    def read(cls, place: RunPlace) -> Manifest | None:
        """The manifest in PLACE; None where there is none.

        Raises:
            StoreError: it is there and does not read.
        """
        data = place.read(NAME)
        if data is None:
            return None
        try:
            found = json.loads(data)
            if found["schema"] != SCHEMA:
                raise ValueError(found["schema"])
            return cls(
                str(found["version"]),
                moment_of(found["at"]),
                moment_of(found["until"]),
                dict(found["settings"]),
                tuple(found["sources"]),
                int(found["rows"]),
                tuple(found["parts"]),
                found["rows_sha256"],
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            raise StoreError(
                f"{place.shown} has a {NAME} that is none of an audit ({SCHEMA})", hint="Give another folder."
            ) from None

    def counting(self, parts: Iterable[Part]) -> Manifest:
        """The same with what the sources hold: all PARTS of the input."""
        rows, fingerprints = 0, []
        for part in parts:
            rows += part.rows
            fingerprints.append(part.fingerprint)
        return replace(self, rows=rows, parts=tuple(fingerprints))

    def finished(self, rows_sha256: str) -> Manifest:
        """The same, of a run whose rows are there and have this SHA-256."""
        return replace(self, rows_sha256=rows_sha256)

    def write(self, place: RunPlace) -> None:
        """Write it into PLACE.

        Raises:
            StoreError: it cannot be written.
        """
        place.write(NAME, (json.dumps(self._document(), indent=2) + "\n").encode())

    def check_question(self, asked: Manifest, *, shown: str) -> None:
        """Refuse to go on with this run in the folder SHOWN where version, settings or sources ASKED are others.

        Raises:
            ChangedRun: they are; the message names what.
        """
        if self.version != asked.version:
            raise ChangedRun(
                f"{shown} was begun by trustrig {self.version}, and this is {asked.version}, whose rows may differ",
                hint="Judge everything again",
            )
        names = {*self.settings, *asked.settings}
        changed = sorted(name for name in names if self.settings.get(name) != asked.settings.get(name))
        if changed:
            raise ChangedRun(
                f"{shown} was begun with other settings: {', '.join(changed).replace('_', '-')} "
                f"{'differs' if len(changed) == 1 else 'differ'}",
                hint="Give what was given then, or judge everything again",
            )
        if self.sources != asked.sources:
            raise ChangedRun(
                f"{shown} was begun with other sources: {', '.join(self.sources)}",
                hint="Give the same ones, or judge everything again",
            )

    def check_input(self, asked: Manifest, *, shown: str) -> None:
        """Refuse to go on with this run in the folder SHOWN where the input is another one.

        Raises:
            ChangedRun: it is; the message says from where on.
        """
        if self.parts == asked.parts:
            return
        pairs = enumerate(zip(self.parts, asked.parts, strict=False))
        same = next((number for number, (old, new) in pairs if old != new), None)
        if same is None:
            how = f"it had {self.rows:,} rows, and has {asked.rows:,}"
        else:
            how = f"the first change is in part {same + 1} of {len(self.parts)}"
        raise ChangedRun(
            f"the input has changed since {shown} was begun: {how}", hint="Judge everything again"
        )

    def _document(self) -> RunManifestJson:
        from pki.model.time_format import moment_text

        return {
            "schema": SCHEMA,
            "version": self.version,
            "at": moment_text(self.at),
            "until": moment_text(self.until),
            "settings": self.settings,
            "sources": list(self.sources),
            "rows": self.rows,
            "parts": list(self.parts),
            "rows_sha256": self.rows_sha256,
        }


def _digest(value: object) -> str:
    return sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
