"""`inspect`: what is in a file, and of a .p12 who opens it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pki_cli.options.answer import Check
from pki_cli.options.moment import At
from pki_cli.shell import (
    EXIT_FINDING,
    AsJson,
    PasswordFile,
    moment_of,
    read_password,
    say,
    say_json,
)
from pki_cli.terminal import answer_style


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("inspect")(inspect_file)


def inspect_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Any file of this trade; - is stdin.")],
    password_file: PasswordFile = None,
    check: Check = False,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Say what is in FILE, and of a .p12 who opens it.

    PEM, DER, PKCS#7, PKCS#12, CSR, CRL, key or .mobileconfig, recognised by
    content. Keys and passwords are never shown. A profile is held against
    what Apple publishes about its keys, and a signature is verified. With
    --check exit code 1 says that Apple's systems would refuse it, or a part.

    \b
    Examples:
      trustrig inspect phone.mobileconfig --check
      trustrig inspect alice.p12 --password-file password.txt
      openssl req -in request.csr | trustrig inspect -
    """
    from pki.load.inspection import inspect_bytes
    from pki.report.inspection import inspection_json, inspection_text
    from pki_cli.input_file import called, read_input

    found = inspect_bytes(
        read_input(file), name=called(file), password=read_password(password_file), at=moment_of(at)
    )
    if as_json:
        say_json(inspection_json(found))
    else:
        say(inspection_text(found, style=answer_style()))
    if check and found.faulty:
        raise typer.Exit(EXIT_FINDING)
