"""`export bundle`: a folder for a Mac where nothing may be installed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pki.errors import InvalidRequest
from pki_cli.bundle_folder import check_bundle_folder, write_bundle_folder
from pki_cli.file_password import FilePassword, file_password, kept_in
from pki_cli.options.answer import Force, OutputFolder
from pki_cli.options.group import check_combination
from pki_cli.options.handed_over import (
    FromPasswordFile,
    IncludePassword,
    identity_to_hand_over,
    opening_password,
)
from pki_cli.options.identities import Client
from pki_cli.options.snippets import PinLeaf, Server, server_chain, values_in
from pki_cli.output_file import STDOUT
from pki_cli.public_keys import Known, authority_to_hand_out
from pki_cli.shell import (
    DEFAULT_CA,
    AsJson,
    CaFolder,
    PasswordFile,
    note,
    read_password,
    say,
    say_json,
    stdin_once,
)

if TYPE_CHECKING:
    from pki.export.bundle import Bundle
    from pki.export.snippets import SnippetValues


def add_to(export: typer.Typer) -> None:
    """Register the command of this module."""
    export.command("bundle")(export_bundle)


# Long because each option is a parameter, and the steps of the command follow one another.
def export_bundle(
    output: OutputFolder,
    client: Client = None,
    host: Server = None,
    password_file: PasswordFile = None,
    from_password_file: FromPasswordFile = None,
    include_password: IncludePassword = False,
    pin_leaf: PinLeaf = False,
    force: Force = False,
    known: Known = False,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Write a folder that stands alone on a Mac where nothing may be installed.

    Certificates in every form, the profile, the .p12, snippets, a script for
    simulators that needs Xcode alone, and a page of manual steps. Without a
    password the identity gets the one of its other files. The folder
    is new or empty, or with --force an earlier bundle.

    \b
    Examples:
      trustrig export bundle -o for-the-mac
      trustrig export bundle -o for-the-mac --client alice --host api.test
    """
    from pki.export.bundle import build_bundle
    from pki.export.documents import bundle_document
    from pki.export.pkcs12 import p12_warnings
    from pki.export.profile import ProfileIdentity
    from pki.store.atomic import PROGRAM, PUBLIC, SECRET

    if include_password and client is None:
        raise InvalidRequest("there is no password to put in", hint="Name the identity with --client.")
    check_combination(
        {"--client": client}, {"--password-file": password_file, "--from-password-file": from_password_file}
    )
    if output == STDOUT:
        raise InvalidRequest("a bundle is a folder, and no stream", hint="Name a new one, such as ./bundle.")
    if output.resolve() == Path.cwd():
        raise InvalidRequest("the folder is the current one", hint="Name a new one, such as ./bundle.")
    check_bundle_folder(output, force=force)
    stdin_once(password_file, from_password_file)
    given = read_password(password_file) if client is not None else None
    authority = authority_to_hand_out(ca, known=known)
    identity = password = None
    if client is not None:
        opened_by = opening_password(from_password_file)
        found = identity_to_hand_over(client, ca, opened_by=opened_by, otherwise=given)
        # Nothing is lost where the folder itself holds it.
        password = file_password(
            given, folder=authority, name=client, as_json=as_json and not include_password
        )
        identity = ProfileIdentity(found, password.text)
    values = values_in(
        authority,
        host=host,
        client=client,
        identity=identity.identity if identity is not None else None,
        pin_leaf=pin_leaf,
    )
    sent = server_chain(authority, values.host)[:-1]
    bundle = build_bundle(values, server_chain=sent, identity=identity, with_password=include_password)
    files = {
        path: (file.data, SECRET if file.secret else PROGRAM if file.program else PUBLIC)
        for path, file in bundle.files.items()
    }
    write_bundle_folder(output, files, force=force)
    warnings = [*bundle.warnings, *(p12_warnings(identity.password) if identity is not None else ())]
    if as_json:
        say_json(
            bundle_document(
                bundle,
                values,
                folder=str(output),
                client=client,
                warnings=warnings,
                password_files=kept_in(password) if password is not None else [],
            )
        )
        return
    for warning in warnings:
        note(f"warning: {warning}")
    _tell(output, values, bundle, password=None if include_password else password)


def _tell(folder: Path, values: SnippetValues, bundle: Bundle, *, password: FilePassword | None) -> None:
    from pki.export.bundle import MANUAL, PASSWORD, PROFILE, SCRIPT
    from pki.export.documents import root_sha256
    from pki.report.layout import table

    rows: list[tuple[str, ...]] = [
        (MANUAL, "every step by hand; begin here"),
        (SCRIPT, "lets booted simulators trust the root; needs Xcode"),
        (
            PROFILE,
            "root and issuers for a device" + (", and the identity" if values.client is not None else ""),
        ),
        ("certificates/", "PEM, DER and .cer, single and as chains"),
        ("snippets/", "Swift and Info.plist keys"),
    ]
    if values.client is not None:
        rows.insert(3, (values.client.name, "the client identity, for apps"))
    if PASSWORD in bundle.files:
        rows.insert(4, (PASSWORD, "its password: who has the folder has the key"))
    lines = [f"Wrote {folder} for {values.host}, {len(bundle.files)} files:", *table(rows)]
    lines += ["SHA-256 of the root, to compare on the other side:", f"  {root_sha256(values)}"]
    if password is not None and values.client is not None:
        lines += password.lines(str(folder / values.client.name))
    lines.append(f"Next: copy the folder to the Mac, and open {MANUAL} there.")
    say("\n".join(lines))
