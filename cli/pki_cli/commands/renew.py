"""`renew`: a certificate issued again."""

from __future__ import annotations

from typing import Annotated

import typer

from pki_cli.client_p12 import ClientP12
from pki_cli.issue_report import tell
from pki_cli.options.group import with_groups
from pki_cli.options.issue import (
    PassphraseFile,
    ValidityOptions,
    open_authority,
)
from pki_cli.options.moment import At
from pki_cli.shell import DEFAULT_CA, AsJson, CaFolder, PasswordFile, moment_of, stdin_once
from pki_cli.ways_out import flags_named


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(with_groups(renew))


def renew(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called; see trustrig list.")],
    *,
    ca: CaFolder = DEFAULT_CA,
    keep_key: Annotated[
        bool, typer.Option("--keep-key", help="For pins: the new certificate has the old key.")
    ] = False,
    validity: ValidityOptions,
    at: At = None,
    password_file: PasswordFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Issue a certificate again.

    It has the same names and the same length, and a new key.

    \b
    Examples:
      trustrig renew api.test
      trustrig renew api.test --keep-key --days 90
    """
    stdin_once(password_file, passphrase_file)
    folder, moment = open_authority(ca, passphrase_file), moment_of(at)
    p12 = None
    if folder.row(name).kind == "client":
        from pki.store.kept_password import kept_password

        p12 = ClientP12.asked(password_file, before=kept_password(folder, name))
    with flags_named(ca):
        issued = folder.renew(
            name,
            at=moment,
            keep_key=keep_key,
            extra_files=p12.files if p12 else None,
            **validity.terms(),
        )
    tell(issued, done="Renewed", ca=ca, at=moment, as_json=as_json, password=p12.to_show if p12 else None)
