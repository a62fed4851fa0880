"""`export p12`: an identity as a .p12 that Apple's importers open."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest, WrongPassword
from pki_cli.file_password import file_password, kept_in
from pki_cli.options.answer import Force, Output
from pki_cli.options.choices import P12EncryptionName
from pki_cli.options.issue import Which
from pki_cli.output_file import STDOUT, AnyName, check_streams, deliver, shown, tell
from pki_cli.public_keys import Known, refuse_public
from pki_cli.shell import (
    DEFAULT_CA,
    AsJson,
    CaFolder,
    PasswordFile,
    note,
    read_password,
)

if TYPE_CHECKING:
    from pki.load.p12.apple_readers import AppleSupport
    from pki.model.identity import Identity


def add_to(export: typer.Typer) -> None:
    """Register the command in its group."""
    export.command("p12")(export_p12)


KEYCHAIN = "~/Library/Keychains/login.keychain-db"


# Long because each option is a parameter, and the steps of the command follow one another.
def export_p12(
    output: Output,
    name: AnyName = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Pack the identity in FILE, .p12 or PEM, anew instead."),
    ] = None,
    from_password_file: Annotated[
        str | None,
        typer.Option(
            "--from-password-file",
            metavar="FILE",
            help="What opens --from, where that is another password; - is stdin.",
        ),
    ] = None,
    which: Which = None,
    password_file: PasswordFile = None,
    p12_encryption: Annotated[
        P12EncryptionName,
        typer.Option(
            "--p12-encryption",
            case_sensitive=False,
            metavar="KIND",
            help="apple-any opens everywhere; modern from iOS 18, macOS 15.",
        ),
    ] = "apple-any",
    no_root: Annotated[bool, typer.Option("--no-root", help="Leave the root out.")] = False,
    force: Force = False,
    known: Known = False,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Write NAME's key and chain as a .p12 that Apple's importers open.

    Without a password it gets the one of the identity's other files. With
    --from, an identity that somebody sent is packed anew, without an authority.

    \b
    Examples:
      trustrig export p12 alice -o alice.p12
      trustrig export p12 alice -o - --password-file pw.txt > alice.p12
      trustrig export p12 --from theirs.p12 --from-password-file pw -o ours.p12
    """
    from pki.export.pkcs12 import P12Encryption, chain_warnings, p12_warnings, write_p12
    from pki.report.layout import harmless
    from pki.store import AuthorityFolder

    if (name is None) is (source is None):
        raise InvalidRequest(
            "there is no identity to pack"
            if name is None
            else f"both {name!r} and a file were given to pack",
            hint="Name one that was issued, or a file with --from FILE.",
        )
    if source is None and from_password_file is not None:
        raise InvalidRequest("there is no file for that password to open", hint="Name it with --from FILE.")
    if source is None and which is not None:
        raise InvalidRequest(
            "there is no file to choose an identity from",
            hint="Name it with --from FILE, or leave --identity out.",
        )
    if [source and str(source), password_file, from_password_file].count("-") > 1:
        raise InvalidRequest("stdin gives one thing", hint="Name a file for the others.")
    encryption = P12Encryption(p12_encryption)
    given = read_password(password_file)
    check_streams(output, as_json=as_json)
    folder = None
    if source is None:
        folder = AuthorityFolder.open(ca)
        identity = folder.identity(name or "")
    else:
        identity = _identity_in(source, from_password_file, given, which)
    refuse_public((identity.certificate, *identity.issuers), known=known)
    called = name or harmless(identity.common_name) or "client"
    password = file_password(given, folder=folder, name=name, as_json=as_json)
    data = write_p12(identity, password=password.text, encryption=encryption, include_root=not no_root)
    deliver(output, data, secret=True, force=force)
    warnings = (*p12_warnings(password.text), *map(harmless, chain_warnings(identity)))
    certificates = 1 + len(identity.intermediates) + int(identity.root is not None and not no_root)
    words = "certificates" if certificates > 1 else "certificate"
    support = _opened_by_apple(data, password.text)
    lines = [f"Wrote {shown(output)}: {called}'s key and {certificates} {words}, encrypted {encryption}."]
    lines += password.lines(shown(output))
    only = "; on a Mac only by a command with -f pkcs12:" if support.needs_format else ". On a Mac:"
    lines.append(f"It opens on {support.opens_on}{only}")
    file = shlex.quote(f"{called}.p12" if output == STDOUT else str(output))
    lines.append(f"  security import {file} -f pkcs12 -k {KEYCHAIN}")
    tell(
        output,
        lines,
        warnings=warnings,
        document={
            "format": "p12",
            "encryption": str(encryption),
            "certificates": certificates,
            "password_files": kept_in(password),
        },
        as_json=as_json,
    )


def _opened_by_apple(data: bytes, password: str) -> AppleSupport:
    """What the table of readers says of a container of ours: its promise is what `inspect` would say."""
    from pki.load.inspection import inspect_bytes

    container = inspect_bytes(data, name="the container", password=password).container
    assert container is not None  # noqa: S101  # it was written a moment ago
    return container.apple


def _identity_in(
    source: Path, from_password_file: str | None, given: str | None, which: str | None
) -> Identity:
    """The identity in a file: opened with its own password, with none where none is needed, or with the new one."""
    from pki.load import load_identity, recognise
    from pki_cli.input_file import called, read_input

    name = called(source)
    data = recognise(read_input(source))
    for remark in data.remarks:
        note(f"note: {name}: {remark}")
    if from_password_file is not None:
        secret = read_password(from_password_file)
        return load_identity(data, name=name, password=secret, identity=which)
    try:
        return load_identity(data, name=name, identity=which)
    except WrongPassword as error:
        if given is not None:
            return load_identity(data, name=name, password=given, identity=which)
        hint = "Give the one it was exported with: --password-file FILE, or --from-password-file FILE if it differs"
        raise WrongPassword(error.problem, hint=hint, path=error.path) from None
