"""Identities that are handed over, with the password they get: issued ones, and those in files."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import WrongPassword
from pki.store.default_folder import ca_option
from pki_cli.input_file import is_file
from pki_cli.options.identities import identity_named, is_in_file
from pki_cli.shell import read_password

if TYPE_CHECKING:
    from pki.model.identity import Identity

FromPasswordFile = Annotated[
    str | None,
    typer.Option(
        "--from-password-file",
        metavar="FILE",
        help="What opens the file of --client, where that is another password; - is stdin.",
    ),
]
IncludePassword = Annotated[
    bool,
    typer.Option("--include-password", help="Put the password in, too: who has it all has the key."),
]


def identity_to_hand_over(
    name: str, ca: Path, *, opened_by: str | None = None, otherwise: str | None = None
) -> Identity:
    """The client's identity NAME, a file or one of CA's.

    A file that is locked is opened with OPENED_BY, or where that is None with what it is to be locked with OTHERWISE.

    Raises:
        InvalidRequest: it was issued, and not to be a client.
        StoreError: there is none of this name.
        Unreadable, WrongPassword: the file does not open.
    """
    if opened_by is not None:
        return _named(name, ca, opened_by)
    try:
        return _named(name, ca, None)
    except WrongPassword as error:
        if otherwise is not None:
            return _named(name, ca, otherwise)
        raise WrongPassword(
            error.problem, hint="Give its password with --from-password-file FILE", path=error.path
        ) from None


def p12_command(name: str, file: str, ca: Path) -> str:
    """The command that packs the identity NAME, a file or one of CA's, as the .p12 FILE."""
    place = Path(name)
    if is_file(place):
        return f"trustrig export p12 --from {shlex.quote(name)} -o {shlex.quote(file)}"
    if is_in_file(name):  # AUTHORITY/issued/NAME
        name, ca = place.name, place.resolve().parents[1]
    return f"trustrig export p12 {shlex.quote(name)} -o {shlex.quote(file)}{ca_option(ca)}"


def opening_password(file: str | None) -> str | None:
    """What --from-password-file gives; None without it."""
    return read_password(file) if file is not None else None


def _named(name: str, ca: Path, password: str | None) -> Identity:
    found = identity_named(name, ca, password)
    assert found is not None  # noqa: S101  # it has a name
    if not is_in_file(name):
        _check_client(found, name, ca)
    return found


def _check_client(found: Identity, name: str, ca: Path) -> None:
    """Refuse what was issued as something else, and what no server takes for a client therefore.

    Raises:
        InvalidRequest: it was.
    """
    from pki.issue.purposes import is_for_tls, purposes_in
    from pki.store import AuthorityFolder
    from pki.store.unknown_name import no_client

    folder = AuthorityFolder.open(ca)
    row = folder.row(name)
    if row.kind != "client" and not is_for_tls(purposes_in(found.certificate), server=False):
        raise no_client(row, folder.rows(), ca)
