"""The files of a folder and of all below it, in one order, with what was passed over; nothing is read of them."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pki.errors import Unreadable
from pki.load.paths import unread

_PACKAGES = "node_modules"  # where npm installs packages (docs.npmjs.com, "folders"); they bring certificates for tests
_ENVIRONMENT = "pyvenv.cfg"  # stands at the top of a virtual environment of Python (PEP 405)
_CACHE = "CACHEDIR.TAG"
# "Cache Directory Tagging Specification" 0.6 (bford.info/cachedir): a file of that name that begins with this marks a
# folder of what can be made again. Cargo writes it into `target`, pip, mypy and pytest into theirs.
_COULD_SAY = (_ENVIRONMENT, _CACHE)
_CACHE_BEGINS = b"Signature: 8a477f597d28d172789f06886806bc55"


@dataclass(frozen=True, slots=True)
class TreeFile:
    """One file, or what the system says in place of one."""

    path: Path
    problem: Unreadable | None = None


@dataclass(slots=True)
class Tree:
    """The files below `folder`, sorted by name in each folder; counts say what was passed over once it was walked.

    Links are followed. A folder is entered once and a file met once, whatever number of names lead to it, so a circle
    of links ends. What begins with a dot is passed over (.git, .venv), and so are sockets, pipes, devices, and folders
    that tools fill: packages of npm, virtual environments of Python, what is marked as a cache. None of these folders
    is passed over where `folder` is one itself. `met` has the files that were met before, and is added to: given to
    several trees, these share it.
    """

    folder: Path
    met: set[tuple[int, int]] = field(default_factory=set, repr=False)
    hidden: int = 0
    again: int = 0  # other names of what was met before
    special: int = 0
    filled: int = 0  # folders that tools fill
    earlier: int = 0  # folders of certificates that were in use before

    def files(self) -> Iterator[TreeFile]:
        """Walk it. What cannot be looked at is a `TreeFile` with the problem."""
        entered: set[tuple[int, int]] = set()
        waiting = [self.folder]
        all_read = _is_filled(self.folder, frozenset(_COULD_SAY))
        while waiting:
            path = waiting.pop()
            try:
                status = path.stat()
            except (OSError, ValueError) as error:
                yield TreeFile(path, _unseen(path, error))
                continue
            if stat.S_ISDIR(status.st_mode):
                if _met(status, entered):
                    self.again += 1
                    continue
                try:
                    names = names_in(path)
                except OSError as error:
                    yield TreeFile(path, unread(str(path), error))
                    continue
                if not all_read and _is_filled(path, names):
                    self.filled += 1
                    continue
                waiting += (path / name for name in reversed(self._shown(names)))
            elif not stat.S_ISREG(status.st_mode):
                self.special += 1
            elif _met(status, self.met):
                self.again += 1
            else:
                yield TreeFile(path)

    def _shown(self, names: list[str]) -> list[str]:
        shown = [name for name in names if not name.startswith(".")]
        self.hidden += len(names) - len(shown)
        earlier = _earlier(shown)
        self.earlier += len(earlier)
        return [name for name in shown if name not in earlier]


def names_in(folder: Path) -> list[str]:
    """The names of all that is in FOLDER, in their order.

    Raises:
        OSError: the system refuses.
    """
    with os.scandir(folder) as listing:
        return sorted(entry.name for entry in listing)


def same_file(path: Path) -> tuple[int, int] | None:
    """What tells a file from every other while it exists, whatever it is called; None for what is none.

    Raises:
        Unreadable: the system says there is nothing, or refuses to look.
    """
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise unread(str(path), error) from error
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def is_read_once(path: Path) -> bool:
    """Whether what PATH names comes but once: a pipe, as a shell's `<(...)` is, or a device."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def is_folder(path: Path) -> bool:
    """Whether it is one, or a link to one."""
    return path.is_dir()


def _earlier(names: Collection[str]) -> frozenset[str]:
    """What certbot keeps of earlier times, beside links to what is in use (its "Where are my certificates?")."""
    return frozenset({"archive"}) if {"archive", "live"} <= set(names) else frozenset()


def _is_filled(folder: Path, names: Collection[str]) -> bool:
    """Whether a tool fills FOLDER, in which NAMES are."""
    if folder.name == _PACKAGES or (_ENVIRONMENT in names and (folder / _ENVIRONMENT).is_file()):
        return True
    if _CACHE not in names:
        return False
    try:
        with (folder / _CACHE).open("rb") as file:
            return file.read(len(_CACHE_BEGINS)) == _CACHE_BEGINS
    except OSError:
        return False


def _met(status: os.stat_result, met: set[tuple[int, int]]) -> bool:
    """Whether it is among those MET; it is one of them from now on."""
    key = (status.st_dev, status.st_ino)
    if not status.st_ino:  # a file system without such numbers
        return False
    if key in met:
        return True
    met.add(key)
    return False


def _unseen(path: Path, error: OSError | ValueError) -> Unreadable:
    if path.is_symlink():
        return Unreadable(
            f"{path} is a link to {path.readlink()}, which leads nowhere ({getattr(error, 'strerror', error)})",
            hint="Mend or remove the link.",
            path=path,
        )
    return unread(str(path), error)
