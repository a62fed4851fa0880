"""`authority.json`: the file that makes a folder an authority, and says which shape it has.

A root with its intermediate is schema 1, as it always was; every other shape is schema 2, which versions before it name
as what they do not know instead of calling the folder damaged.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pki.errors import InvalidRequest, StoreError, about
from pki.model.name_input import scheme_of
from pki.report.document import TypedDict
from pki.store.atomic import read_file
from pki.store.default_folder import ca_option
from pki.store.layout import SCHEMA, SCHEMA_2, FolderLayout

if TYPE_CHECKING:
    from typing import Literal

    from pki.report.fields import MemberName, Text, Time

ROOT: Final = "root"
INTERMEDIATE: Final = "intermediate"
_SHAPES: Final = ((ROOT, INTERMEDIATE), (ROOT,), (INTERMEDIATE,))


class AuthorityDocument(TypedDict):
    """authority.json of a root with its intermediate, both keys in the folder."""

    schema: Literal["trustrig.authority/1"]
    name: str
    created: Time


class ShapedAuthorityDocument(TypedDict):
    """authority.json of every other shape."""

    schema: Literal["trustrig.authority/2"]
    name: str
    created: Time
    members: list[MemberName]  # From the top; the last one signs.
    adopted: bool
    key_file: Text | None  # Where the key that signs is, when it stayed where it was.


@dataclass(frozen=True, slots=True)
class Marker:
    """What `authority.json` says."""

    name: str
    created: str  # ISO 8601
    members: tuple[str, ...] = (ROOT, INTERMEDIATE)
    """The folders with certificates of authorities, from the top; the last one signs."""
    adopted: bool = False
    """Whether it was made elsewhere: of a root above it the certificate alone is here."""
    key_file: Path | None = None
    """Where the key that signs is, when it stayed where it was; None: in the folder."""

    def encoded(self) -> bytes:
        """The file's content."""
        document: AuthorityDocument | ShapedAuthorityDocument = {
            "schema": SCHEMA,
            "name": self.name,
            "created": self.created,
        }
        if self.adopted or self.members != (ROOT, INTERMEDIATE):
            document = {
                "schema": SCHEMA_2,
                "name": self.name,
                "created": self.created,
                "members": list(self.members),
                "adopted": self.adopted,
                "key_file": str(self.key_file) if self.key_file is not None else None,
            }
        try:
            return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"
        except UnicodeEncodeError:  # a path that is no UTF-8
            return json.dumps(document, indent=2).encode() + b"\n"


def read_marker(path: Path) -> Marker:
    """Read what the folder at PATH says it is.

    Raises:
        StoreError: nothing is there, something else is, or it was made by a later version.
    """
    with about(path=path):
        return _read_marker(path)


def refuse_url(path: Path) -> None:
    """Refuse a PATH that is a URL, of which one slash of two is left, unless there is a folder of that name.

    Raises:
        InvalidRequest: it is one.
    """
    scheme = scheme_of(str(path))
    if scheme and not path.exists():
        raise InvalidRequest(
            f"a URL of {scheme} stands where the folder of an authority is due",
            hint="Name the folder that `trustrig init` made; a live server is judged by `trustrig evaluate`.",
            path=path,
        )


def _read_marker(path: Path) -> Marker:
    file = FolderLayout(path).marker
    refuse_url(path)
    data = read_file(
        file,
        missing=StoreError(
            f"there is no authority in {path}",
            hint="Name its folder with --ca, or make one:",
            commands=[f"trustrig init --lan{ca_option(path)}"],
        ),
    )
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        document = None
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema not in (SCHEMA, SCHEMA_2):
        raise StoreError(
            f"{file} says {schema!r} where {SCHEMA!r} or {SCHEMA_2!r} was expected",
            hint="It is damaged, or another version of this program made it.",
        )
    name, created = str(document.get("name", "")), str(document.get("created", ""))
    if schema == SCHEMA:
        return Marker(name, created)
    members, key_file = document.get("members"), document.get("key_file")
    shape = tuple(members) if isinstance(members, list) else ()
    if shape not in _SHAPES or not (key_file is None or (isinstance(key_file, str) and key_file)):
        raise StoreError(f"{file} does not say which certificates are here", hint="Put it back from a copy.")
    return Marker(name, created, shape, bool(document.get("adopted")), Path(key_file) if key_file else None)
