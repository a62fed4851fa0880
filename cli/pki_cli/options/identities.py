"""Who is at the ends of a connection: `--client` and `--server`, read by one function."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import StoreError, Unreadable
from pki.store.default_folder import ca_option
from pki_cli.input_file import is_file
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
    from pki.load import load_identity
    from pki.load.paths import read_bytes
    from pki.store.layout import FULL_CHAIN, KEY

    path = Path(name)
    apart = path / KEY
    if is_file(path) or apart.is_file():
        if not apart.is_file():
            return load_identity(read_bytes(path), name=name, password=password, identity=which)
        return load_identity(
            read_bytes(path / FULL_CHAIN),
            name=name,
            password=password,
            key_source=read_bytes(apart),
            key_name=str(apart),
        )
    from pki_cli.options.issue import open_authority

    folder = open_authority(ca or DEFAULT_CA, None)
    try:
        return folder.identity(name)
    except StoreError:
        means_a_file = "/" in name or path.suffix in _FILES
        if not means_a_file or any(
            row.name == name for row in folder.rows()
        ):  # such as a URI that was issued
            raise
    issued = f"trustrig list{ca_option(folder.path)}"
    if path.is_dir():
        raise Unreadable(
            f"{path} is a folder, and no identity is in it: {KEY} and {FULL_CHAIN} are due",
            hint="Name a file, or what was issued:",
            commands=[issued],
            path=path,
        )
    try:
        data = read_bytes(path)
    except Unreadable as error:
        hint = "Check the path, or name what was issued:"
        raise Unreadable(error.problem, hint=hint, commands=[issued], path=path) from None
    return load_identity(data, name=name, password=password, identity=which)


def is_in_file(name: str) -> bool:
    """Whether NAME is a file, or a folder as of an issued identity, and no name."""
    from pki.store.layout import KEY

    return is_file(Path(name)) or (Path(name) / KEY).is_file()


def called_as(name: str) -> str:
    """What the identity NAME is called: a file's or folder's own name, without what stands for its kind."""
    return Path(name).stem if is_in_file(name) else name
