"""`export pem`: certificate, chain and key as files, in the shape that a server wants."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.options.answer import Force
from pki_cli.output_file import Name, check_streams, deliver, shown, tell
from pki_cli.public_keys import Known, authority_to_hand_out
from pki_cli.shell import DEFAULT_CA, AsJson, CaFolder, PasswordFile, read_password
from pki_cli.ways_out import flags_named

if TYPE_CHECKING:
    from pki.export.documents import ExportedJson
    from pki.export.servers import ServerFormat
    from pki.model.identity import Identity


def add_to(export: typer.Typer) -> None:
    """Register the command of this module."""
    export.command("pem")(export_pem)


def export_pem(
    name: Name,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="DIR|FILE", help="A folder (DIR/) gets a file per part.")
    ],
    layout: Annotated[
        str | None,
        typer.Option(
            "--layout",
            metavar="SERVER",
            help="As this one reads them: nginx, apache, haproxy, caddy, node, python, postgres, redis, mosquitto "
            "or stunnel.",
        ),
    ] = None,
    password_file: PasswordFile = None,
    force: Force = False,
    known: Known = False,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Write NAME as PEM, for servers and tools that are not Apple's.

    A folder gets one file per part; a file gets key and chain in one. With a
    password the key is encrypted. With --layout the folder gets what that
    server reads, and the lines for its configuration are printed.

    \b
    Examples:
      trustrig export pem api.test -o certs/
      trustrig export pem api.test -o /etc/nginx/tls --layout nginx
      trustrig export pem alice -o alice.pem
    """
    from pki.export.pem import fullchain_pem, key_pem
    from pki.export.servers import shape_named

    path = Path(output)
    check_streams(path, as_json=as_json)
    shape = shape_named(layout) if layout is not None else None
    if shape is not None and password_file is not None:
        raise InvalidRequest(
            f"{shape.name} reads its key unattended, and a password was given",
            hint="Leave it out: the file is readable by you alone.",
        )
    password = read_password(password_file) if shape is None else None
    identity = authority_to_hand_out(ca, known=known).identity(name)
    if shape is not None:
        _in_shape(identity, name, shape, path, force=force, as_json=as_json)
        return
    key = key_pem(identity, password=password)
    if output.endswith("/") or path.is_dir():
        written = _write_parts(path, identity, key, force=force)
    else:
        deliver(path, key + fullchain_pem(identity), secret=True, force=force)
        written = [path]
    document: ExportedJson = {
        "format": "pem",
        "files": [str(file) for file in written],
        "key_encrypted": password is not None,
    }
    tell(path, [f"Wrote {shown(file)}" for file in written], warnings=(), document=document, as_json=as_json)


def _in_shape(
    identity: Identity, name: str, shape: ServerFormat, folder: Path, *, force: bool, as_json: bool
) -> None:
    from pki.export import servers
    from pki.issue.purposes import is_for_tls, purposes_in
    from pki.store.atomic import PUBLIC, SECRET, write_all

    if str(folder) == "-" or (folder.exists() and not folder.is_dir()):
        raise InvalidRequest(f"{shape.name} gets a folder of files", hint="Name a folder: -o DIR.")
    place = folder.absolute()
    lines, mutual, (check, note) = (
        servers.written(text, shape, place) for text in (shape.lines, shape.mutual, (shape.check, shape.note))
    )
    secrets = {part.file for part in shape.files if part.secret}
    data = servers.shaped(identity, shape)
    with flags_named():
        write_all(
            folder, {f: (d, SECRET if f in secrets else PUBLIC) for f, d in data.items()}, replace=force
        )
    warnings = []
    if not is_for_tls(purposes_in(identity.certificate), server=True):
        warnings.append(f"{name} was not issued for servers: its clients will refuse it.")
    told = [f"Wrote {folder / file}" for file in data]
    told += ["", f"For {shape.name}:", *(f"  {line}" for line in lines)]
    if any(part.file in data for part in shape.files if part.parts == ("root",)):
        told += [
            "",
            "Or, to ask clients for certificates of this authority as well:",
            *(f"  {line}" for line in mutual),
        ]
    told += ["", f"Then: {check}"]
    if note:
        told.append(f"Note: {note}")
    document: ExportedJson = {  # type: ignore[typeddict-unknown-key]  # `for_` there, as `for` is Python's
        "format": "pem",
        "for": shape.name,
        "files": [str(folder / file) for file in data],
        "key_encrypted": False,
        "lines": list(lines),
        "mutual": list(mutual),
        "check": check,
        "note": note or None,
    }
    tell(folder, told, warnings=warnings, document=document, as_json=as_json)


def _write_parts(folder: Path, identity: Identity, key: bytes, *, force: bool) -> list[Path]:
    from pki.export.pem import certificates_pem, chain_pem, fullchain_pem, leaf_pem
    from pki.store.atomic import PUBLIC, SECRET, write_all

    parts = {
        "cert.pem": leaf_pem(identity),
        "chain.pem": chain_pem(identity),
        "fullchain.pem": fullchain_pem(identity),
        "root.pem": certificates_pem([identity.root] if identity.root is not None else []),
        "key.pem": key,
    }
    files = {part: (data, SECRET if data is key else PUBLIC) for part, data in parts.items() if data}
    with flags_named():
        write_all(folder, files, replace=force)
    return [folder / part for part in files]
