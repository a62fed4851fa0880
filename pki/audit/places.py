"""Where an audit's files are: a folder of this machine, or something that behaves like one."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from pki.audit.lease import NAME as LOCK
from pki.errors import InvalidRequest, StoreError, system_refusal
from pki.store.atomic import ensure_folder, refusals_about, write_atomically, writing_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class RunPlace(Protocol):
    """A folder of files that each appear whole or not at all; names are relative, with `/`."""

    @property
    def shown(self) -> str:
        """What the user calls it."""
        ...

    def read(self, name: str) -> bytes | None:
        """What the file NAME holds; None where there is none."""
        ...

    def reading(self, name: str) -> contextlib.AbstractContextManager[BinaryIO]:
        """The file NAME, open."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Let the file NAME be DATA, whole or not at all."""
        ...

    def writing(self, name: str) -> contextlib.AbstractContextManager[BinaryIO]:
        """A file to write into, which becomes NAME where the block ends without an exception."""
        ...

    def names(self, folder: str = "") -> list[str]:
        """The names of the files in FOLDER, without those below; in order."""
        ...

    def remove(self, name: str) -> None:
        """Take the file NAME away, if it is there."""
        ...

    def held(self, remark: Callable[[str], None] = ...) -> contextlib.AbstractContextManager[None]:
        """Let nobody else write there within the block, as far as the place knows of others.

        REMARK is told a sentence where that has to wait.
        """
        ...


class Folder:
    """A folder of this machine. `path` is made when something is written.

    It is made as the umask has it, and files are for everybody who gets there: certificates and what is said of them
    are no secrets, and a web server or node_exporter reads them under a name of its own.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def shown(self) -> str:
        """Its path."""
        return str(self._path)

    def read(self, name: str) -> bytes | None:
        """What the file NAME holds; None where there is none."""
        try:
            with refusals_reading(self._path / name):
                return (self._path / name).read_bytes()
        except FileNotFoundError:
            return None

    @contextlib.contextmanager
    def reading(self, name: str) -> Iterator[BinaryIO]:
        """The file NAME, open."""
        path = self._path / name
        with refusals_reading(path):
            file = path.open("rb")
        with file:
            yield file

    def write(self, name: str, data: bytes) -> None:
        """Let the file NAME be DATA, whole or not at all."""
        path = self._path / name
        ensure_folder(path.parent, parents=True, private=False)
        write_atomically(path, data)

    @contextlib.contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """A file to write into, which becomes NAME where the block ends without an exception."""
        path = self._path / name
        ensure_folder(path.parent, parents=True, private=False)
        with writing_atomically(path) as file:
            yield file

    def names(self, folder: str = "") -> list[str]:
        """The names of the files in FOLDER, without those below and without what a killed process left; in order."""
        path = self._path / folder
        if not path.is_dir():
            return []
        with refusals_reading(path):
            return sorted(one.name for one in path.iterdir() if not one.name.startswith("."))

    def remove(self, name: str) -> None:
        """Take the file NAME away, if it is there, and the folder it was in when that is empty then."""
        path = self._path / name
        with refusals_about(path):
            path.unlink(missing_ok=True)
        if path.parent != self._path:
            with contextlib.suppress(OSError):
                path.parent.rmdir()

    @contextlib.contextmanager
    def held(self, remark: Callable[[str], None] = lambda _: None) -> Iterator[None]:
        """Let no other process write there within the block."""
        from filelock import FileLock, Timeout

        for path in (self._path, *self._path.parents):
            if path.exists() and not path.is_dir():
                raise StoreError(f"{path} is there and is no folder", hint="Choose another name.", path=path)
        ensure_folder(self._path, parents=True, private=False)
        lock = FileLock(self._path / LOCK, timeout=0)
        with refusals_about(self._path):
            try:
                lock.acquire()
            except Timeout:  # an OSError itself
                raise StoreError(
                    f"another process is writing an audit into {self._path}",
                    hint="Wait for it to end, or give another folder.",
                    path=self._path,
                ) from None
        try:
            yield
        finally:
            lock.release()


def place_at(named: str) -> RunPlace:
    """The place that NAMED is: a folder, or with a scheme (`s3://bucket/path`) an object store's.

    Raises:
        InvalidRequest: there is no such scheme, or the name is empty.
        PkiError: what it needs is not installed.
    """
    if "://" in named:
        from pki.audit.object_store import ObjectStore

        return ObjectStore(named)
    if not named:  # of a shell's variable that is not set; a Path of it would be the working directory
        raise InvalidRequest("the name of the folder is empty", hint="Name one, which need not be there.")
    return Folder(Path(named))


@contextlib.contextmanager
def refusals_reading(path: Path) -> Iterator[None]:
    """Turn what the system refuses but for a missing file into a StoreError that names PATH."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        problem, hint = system_refusal(str(path), error)
        raise StoreError(problem, hint=hint, path=path) from error
