"""Who is at the ends of a connection: `--client` and `--server`, read by one function."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import Unreadable
from pki_cli.shell import DEFAULT_CA

if TYPE_CHECKING:
    from pki.model.identity import Identity

_CLIENT = "The client's identity: a name that --ca issued, a .p12 or PEM file, or a folder issued/NAME."
_FILES = (".p12", ".pfx", ".pem")  # what is called so is meant as a file, not as a name
_SERVER = "The server's, likewise."

Client = Annotated[str | None, typer.Option("--client", metavar="NAME|FILE", help=_CLIENT)]
Clients = Annotated[
    list[str] | None, typer.Option("--client", metavar="NAME|FILE", help=f"{_CLIENT} Repeatable.")
]
Server = Annotated[
    str | None,
    typer.Option("--server", metavar="NAME|FILE", help=f"{_SERVER} [default: the first one valid]"),
]


def identity_named(
    name: str | None, ca: Path | None, password: str | None, which: str | None = None
) -> Identity | None:
    """The identity NAME: a file, an issued identity's folder (another authority's, say), or one of CA's.

    Of several in a file, WHICH chooses.

    Raises:
        StoreError: there is none of this name. Unreadable, WrongPassword: the file does not open.
    """
    if name is None:
        return None
    from pki.store.layout import FULL_CHAIN, KEY

    path = Path(name)
    apart = path / KEY
    if path.is_file() or apart.is_file():
        from pki.load import load_identity
        from pki.load.paths import read_bytes

        if not apart.is_file():
            return load_identity(read_bytes(path), name=name, password=password, identity=which)
        return load_identity(
            read_bytes(path / FULL_CHAIN),
            name=name,
            password=password,
            key_source=read_bytes(apart),
            key_name=str(apart),
        )
    if not path.exists() and (path.parent != Path() or path.suffix in _FILES):
        raise Unreadable(
            f"there is no file {name}", hint="Name a file, or what was issued:", commands=["trustrig list"]
        )
    from pki_cli.options.issue import open_authority

    return open_authority(ca or DEFAULT_CA, None).identity(name)
