"""The ledger: what was put where on this machine, and by which plan.

It belongs to the user and the machine, not to an authority: a keychain still trusts a root after the root's folder
was moved or deleted, and `uninstall` has to know of it. So it also keeps each certificate, which
`security remove-trusted-cert` wants to see.

An entry is written before its command runs and confirmed afterwards. One that was never confirmed says that the
change may have been made.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pki.errors import StoreError, system_refusal
from pki.install.simulators import is_udid
from pki.model.install_plan import InstalledItem, InstallPlace, Item, ItemKind, PlaceKind
from pki.model.time_format import utc_text
from pki.report.document import TypedDict
from pki.store import staging
from pki.store.atomic import FOLDER, SECRET, refusals_about, write_atomically
from pki.store.layout import FolderLayout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Literal

    from pki.report.fields import PlanId, Sha1, Sha256, Text, Time

SCHEMA: Final = "trustrig.installed/1"
_FILE: Final = "installed.json"
_MAX_BYTES: Final = 64 * 1024 * 1024  # ours: an entry has about 1.5 kB
_SHA1: Final = re.compile(r"[0-9A-F]{40}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class EntryState(StrEnum):
    """How sure it is that an item is in its place."""

    BEGUN = "begun"
    DONE = "done"


class InstalledDocument(TypedDict):
    """installed.json: what was put where on this machine, and by which plan."""

    schema: Literal["trustrig.installed/1"]
    entries: list[InstalledJson]


class InstalledJson(TypedDict):
    """One item that was put into a place, or may have been."""

    place: InstalledPlaceJson
    item: InstalledItemJson
    state: EntryState  # begun: the change may have been made.
    at: Time
    plan: PlanId


class InstalledPlaceJson(TypedDict):
    """A simulator, or a keychain."""

    kind: PlaceKind
    id: Text
    name: str
    device_set: str


class InstalledItemJson(TypedDict):
    """A certificate, and how it is held."""

    kind: ItemKind
    name: str
    sha256: Sha256
    sha1: Sha1
    pem: Text


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One item that was put into a place, or may have been."""

    held: InstalledItem
    state: EntryState
    at: datetime
    plan: str  # `Plan.id`

    @property
    def key(self) -> tuple[str, ...]:
        """What makes it this entry."""
        return self.held.key


def default_folder() -> Path:
    """Return the folder for state of this program's, by the platform's custom."""
    from platformdirs import user_state_path

    return user_state_path("trustrig", appauthor=False)


class Ledger:
    """The ledger in a folder; the folder is made with the first entry.

    Every method may raise:
        StoreError: the ledger is damaged or busy, or the system refused.
    """

    __slots__ = ("_folder",)

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __repr__(self) -> str:
        return f"Ledger({str(self._folder)!r})"

    @property
    def path(self) -> Path:
        """The file."""
        return self._folder / _FILE

    def entries(self) -> tuple[LedgerEntry, ...]:
        """Read what was put where, the oldest first."""
        return tuple(_read(self.path))

    def begin(self, held: InstalledItem, *, at: datetime, plan: str) -> bool:
        """Note that HELD is about to be; answer whether the ledger did not know of it."""
        with self._changing() as entries:
            new = held.key not in entries
            if new:
                entries[held.key] = LedgerEntry(held, EntryState.BEGUN, at, plan)
        return new

    def confirm(self, held: InstalledItem, *, at: datetime, plan: str) -> None:
        """Note that HELD is in its place."""
        with self._changing() as entries:
            entries[held.key] = LedgerEntry(held, EntryState.DONE, at, plan)

    def withdraw(self, held: InstalledItem) -> None:
        """Take back what `begin` noted, unless another process confirmed it."""
        with self._changing() as entries:
            if held.key in entries and entries[held.key].state is EntryState.BEGUN:
                del entries[held.key]

    def drop(self, gone: Iterable[InstalledItem]) -> None:
        """Forget what is no longer there."""
        with self._changing() as entries:
            for held in gone:
                entries.pop(held.key, None)

    @contextmanager
    def _changing(self) -> Iterator[dict[tuple[str, ...], LedgerEntry]]:
        """The entries by key, nobody else's meanwhile; written where the block changes them."""
        with refusals_about(self._folder):
            self._folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)
        with staging.lock(FolderLayout(self._folder)):
            before = {entry.key: entry for entry in _read(self.path)}
            entries = dict(before)
            yield entries
            if entries != before:
                document: InstalledDocument = {
                    "schema": SCHEMA,
                    "entries": [entry_json(one) for one in entries.values()],
                }
                data = json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"
                write_atomically(self.path, data, mode=SECRET)


def entry_json(entry: LedgerEntry) -> InstalledJson:
    """Return ENTRY as JSON values."""
    place, item = entry.held.place, entry.held.item
    return {
        "place": {"kind": place.kind, "id": place.id, "name": place.name, "device_set": place.device_set},
        "item": {
            "kind": item.kind,
            "name": item.name,
            "sha256": item.sha256,
            "sha1": item.sha1,
            "pem": item.pem,
        },
        "state": entry.state,
        "at": utc_text(entry.at),
        "plan": entry.plan,
    }


def _read(path: Path) -> Iterator[LedgerEntry]:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return
    except OSError as error:
        problem, hint = system_refusal(str(path), error)
        raise StoreError(problem, hint=hint, path=path) from error
    try:
        document = json.loads(data)
        if document["schema"] != SCHEMA or len(data) > _MAX_BYTES:
            raise ValueError
        entries = [_entry(one) for one in document["entries"]]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise StoreError(
            f"{path} is damaged, or was written by another version",
            hint="Put it back from a copy. Without one, what was installed has to be found and removed by hand.",
        ) from None
    yield from entries


def _entry(values: dict[str, Any]) -> LedgerEntry:
    """Read one entry; what it holds becomes arguments of commands, so nothing is taken on trust."""
    place = InstallPlace(**(values["place"] | {"kind": PlaceKind(values["place"]["kind"])}))
    item = Item(**(values["item"] | {"kind": ItemKind(values["item"]["kind"])}))
    entry = LedgerEntry(
        InstalledItem(place, item),
        EntryState(values["state"]),
        datetime.fromisoformat(values["at"]),
        values["plan"],
    )
    texts = (place.id, place.name, place.device_set, item.name, item.pem, entry.plan)
    if not all(isinstance(text, str) for text in texts) or entry.at.tzinfo is None:
        raise ValueError
    known_place = is_udid(place.id) if place.kind is PlaceKind.SIMULATOR else place.id.startswith("/")
    der = base64.b64decode("".join(item.pem.split("-----")[2].split()), validate=True)
    same = (item.sha256, item.sha1.lower()) == (
        hashlib.sha256(der).hexdigest(),
        hashlib.sha1(der, usedforsecurity=False).hexdigest(),
    )
    fingerprints = _SHA256.fullmatch(item.sha256) and _SHA1.fullmatch(item.sha1)
    if not (
        known_place and same and fingerprints and item.pem.count("-----BEGIN ") == 1
    ) or place.device_set.startswith("-"):
        raise ValueError
    return entry
