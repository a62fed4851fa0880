"""Folders in object stores (S3 and what else fsspec reaches) as sources, and as the place where an audit goes."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from pki.audit.lease import NAME as LEASE
from pki.audit.lease import Lease
from pki.errors import InvalidRequest, PkiError, StoreError, Unreadable
from pki.model.extras import extra_module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from pki.audit.inputs import AuditInput

_LOCAL: Final = frozenset({"file", "local", "http", "https", "memory", "data"})  # no object store's schemes


class ObjectStore:
    """What lies below a URL such as `s3://bucket/path`. An object appears whole; there are no locks, but a `Lease`.

    Raises:
        InvalidRequest: no such scheme, or what it needs is not installed.
    """

    def __init__(self, url: str) -> None:
        self._url = f"{url.partition('://')[0]}://{url.partition('://')[2].strip('/')}"
        self._files, self._root = _opened(self._url)
        self._lease: Lease | None = None

    @property
    def shown(self) -> str:
        """Its URL."""
        return self._url

    def read(self, name: str) -> bytes | None:
        """What the object NAME holds; None where there is none."""
        with self._refusals(name, "read"):
            try:
                return cast("bytes", self._files.cat_file(self._at(name)))
            except FileNotFoundError:
                return None

    @contextlib.contextmanager
    def reading(self, name: str) -> Iterator[BinaryIO]:
        """The object NAME, open."""
        try:
            with self._refusals(name, "read"):
                file = self._files.open(self._at(name), "rb")
        except FileNotFoundError:
            raise
        with file:
            yield cast("BinaryIO", file)

    def write(self, name: str, data: bytes) -> None:
        """Let the object NAME be DATA."""
        self._check(name)
        with self._refusals(name, "written"):
            self._files.pipe_file(self._at(name), data)

    @contextlib.contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """A file to write into, which becomes NAME where the block ends without an exception."""
        self._check(name)
        with self._refusals(name, "written"):
            file = self._files.open(self._at(name), "wb", autocommit=False)
        try:
            yield cast("BinaryIO", _Upload(file, f"{self._url}/{name}"))
            self._check(name)
            with self._refusals(name, "written"):
                file.close()
                file.commit()
        except BaseException:
            with contextlib.suppress(Exception):  # the first of the two is the cause
                file.discard()
            file.closed = True  # else it would be uploaded when it is collected
            raise

    def names(self, folder: str = "") -> list[str]:
        """The names of the objects in FOLDER, without those below and those that begin with a dot; in order."""
        at = self._at(folder) if folder else self._root
        with self._refusals(folder, "read"):
            self._files.invalidate_cache()  # it remembers listings
            try:
                found = self._files.ls(at, detail=True)
            except FileNotFoundError:
                return []
        names = (PurePosixPath(one["name"]).name for one in found if one["type"] == "file")
        return sorted(name for name in names if not name.startswith("."))

    def remove(self, name: str) -> None:
        """Take the object NAME away, if it is there."""
        with self._refusals(name, "removed"), contextlib.suppress(FileNotFoundError):
            self._files.rm_file(self._at(name))

    @contextlib.contextmanager
    def held(self, remark: Callable[[str], None] = lambda _: None) -> Iterator[None]:
        """Let no other process write there within the block, as far as a `Lease` notices."""
        self._lease = Lease(self)
        with self._lease.held(remark):
            yield

    def _check(self, name: str) -> None:
        if self._lease is not None and name != LEASE:
            self._lease.check()

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}"

    @contextlib.contextmanager
    def _refusals(self, name: str, done: str) -> Iterator[None]:
        with refusals_of(f"{self._url}/{name}".rstrip("/"), done):
            yield


class _Upload:
    """A file of fsspec, of which only what is written through here can be refused by the store."""

    def __init__(self, file: Any, url: str) -> None:
        self._file = file
        self._url = url

    def write(self, data: bytes) -> int:
        """Add DATA."""
        with refusals_of(self._url, "written"):
            return cast("int", self._file.write(data))


def is_url(source: str) -> bool:
    """Whether SOURCE names an object or a folder of them."""
    scheme, colon, _ = source.partition("://")
    return bool(colon) and scheme.isalnum() and scheme.lower() not in _LOCAL


def fetched(source: str, into: Path) -> Path:
    """SOURCE, one object or all below a prefix, as a file or a folder in INTO, which has to be empty.

    Raises:
        InvalidRequest: no such scheme, or what it needs is not installed.
        Unreadable: there is nothing. StoreError: it cannot be read.
    """
    files, root = _opened(source)
    with refusals_of(source, "read"):
        if files.isfile(root):
            place = into / PurePosixPath(root).name
            files.get_file(root, str(place))
            return place
        found = sorted(files.find(root))
        for name in found:
            place = into.joinpath(*_parts_below(root, name))
            place.parent.mkdir(parents=True, exist_ok=True)
            files.get_file(name, str(place))
    if not found:
        raise Unreadable(f"there is nothing at {source}", hint="`aws s3 ls` shows what is there.")
    return into


def renamed(inputs: Iterable[AuditInput], fetched_as: dict[str, str]) -> Iterator[AuditInput]:
    """INPUTS with their sources as they were named: FETCHED_AS has the URL by the path it was fetched to."""
    for one in inputs:
        for path, url in fetched_as.items():
            if one.source == path or one.source.startswith(f"{path}/"):
                one = replace(one, source=url + one.source.removeprefix(path))
                break
        yield one


def _parts_below(root: str, name: str) -> tuple[str, ...]:
    """The path of the object NAME below ROOT; names are whatever somebody chose, and `..` leads nowhere."""
    parts = PurePosixPath(name.removeprefix(root).lstrip("/")).parts
    if not parts or any(part in ("..", "/") for part in parts):
        raise Unreadable(f"{name} is the name of an object that is no path", hint="Name other ones.")
    return parts


def _opened(url: str) -> tuple[Any, str]:
    scheme, _, bucket = url.partition("://")
    if scheme.lower() in _LOCAL:
        raise InvalidRequest(
            f"{scheme}:// is no object store",
            hint="Give the path of a folder, or s3://BUCKET/PATH, gs://, abfs://.",
        )
    if not bucket.strip("/"):
        raise InvalidRequest(f"{scheme}:// names no bucket", hint=f"Write {scheme}://BUCKET/PATH.")
    fsspec = extra_module("fsspec", extra="cluster", purpose=f"what lies at {scheme}://")
    try:
        files, root = fsspec.url_to_fs(url)
    except ImportError as error:  # fsspec's sentence names the package
        raise InvalidRequest(
            f"{scheme}:// needs a package that is not installed: {error}",
            hint="For S3:",
            commands=["pip install s3fs"],
        ) from None
    except ValueError as error:
        raise InvalidRequest(f"{url}: {error}", hint="s3://, gs:// and abfs:// are known.") from None
    return files, str(root).rstrip("/")


@contextlib.contextmanager
def refusals_of(url: str, done: str) -> Iterator[None]:
    """Turn what a store refuses into a StoreError that names URL; a missing object that is read goes on as it is."""
    try:
        yield
    except PkiError:
        raise
    except Exception as error:  # each store's client has errors of its own, botocore's are no OSErrors
        if isinstance(error, FileNotFoundError) and done == "read":
            raise
        said = str(error).strip().partition("\n")[0] or type(error).__name__
        raise StoreError(
            f"{url} could not be {done}: {said}",
            hint="Check its name, the credentials in the environment and the network.",
            path=url,
        ) from error
