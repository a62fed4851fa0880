"""`export p12`, `export profile`, `export pem`, and `inspect`; the other exports have modules of their own."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pki.errors import InvalidRequest
from pki_cli import bundling, snippets
from pki_cli.options import flags_named
from pki_cli.shell import DEFAULT_CA, AsJson, CaFolder, PasswordFile, note, now, read_password, say, say_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    from pki.model.identity import Identity

STDOUT = Path("-")
KEYCHAIN = "~/Library/Keychains/login.keychain-db"
_DEVICES = "iphone, mac, apple-tv, vision, watch, homepod or any"

Name = Annotated[str, typer.Argument(metavar="NAME", help="What was issued: the server's or client's name.")]
Output = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to; - is stdout.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    export = typer.Typer(
        no_args_is_help=True, help="Hand over identities, and the authority itself.", rich_markup_mode=None
    )
    for name, command in (("p12", export_p12), ("profile", export_profile), ("pem", export_pem)):
        export.command(name)(command)
    snippets.add_to(export)
    bundling.add_to(export)
    app.add_typer(export, name="export")
    app.command("inspect")(inspect_file)


def export_p12(
    name: Name,
    output: Output,
    password_file: PasswordFile = None,
    p12_encryption: Annotated[
        str, typer.Option(metavar="KIND", help="apple-any opens everywhere; modern from iOS 18, macOS 15.")
    ] = "apple-any",
    no_root: Annotated[bool, typer.Option("--no-root", help="Leave the root out.")] = False,
    force: Force = False,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Write NAME's key and chain as a .p12 that Apple's importers open.

    Without a password one is generated and printed once.
    """
    from pki.export.pkcs12 import P12Encryption, generate_password, p12_warnings, write_p12
    from pki.store import AuthorityFolder

    if p12_encryption not in list(P12Encryption):
        raise InvalidRequest(
            f"no .p12 encryption is called {p12_encryption!r}", hint=f"Choose {' or '.join(P12Encryption)}."
        )
    encryption = P12Encryption(p12_encryption)
    given = read_password(password_file)
    _check_streams(output, as_json=as_json, generated=given is None)
    password = given if given is not None else generate_password()
    identity = AuthorityFolder.open(ca).identity(name)
    data = write_p12(identity, password=password, encryption=encryption, include_root=not no_root)
    _deliver(output, data, secret=True, force=force)
    warnings = p12_warnings(password)
    certificates = 1 + len(identity.intermediates) + int(identity.root is not None and not no_root)
    modern = encryption is P12Encryption.MODERN
    lines = [f"Wrote {_shown(output)}: {name}'s key and {certificates} certificates, encrypted {encryption}."]
    if given is None:
        lines.append(f"Password, shown this once: {password}")
    if modern:
        lines.append("It opens on iOS 18, macOS 15 and later; on a Mac only by a command with -f pkcs12:")
    else:
        lines.append("It opens on every iOS and macOS release. On a Mac:")
    file = shlex.quote(f"{name}.p12" if output == STDOUT else str(output))
    lines.append(f"  security import {file} -f pkcs12 -k {KEYCHAIN}")
    _tell(
        output,
        lines,
        warnings=warnings,
        document={"format": "p12", "encryption": str(encryption), "certificates": certificates},
        as_json=as_json,
    )


def export_profile(
    output: Output,
    client: Annotated[
        str | None, typer.Option(metavar="NAME", help="Put this issued identity in as well.")
    ] = None,
    password_file: PasswordFile = None,
    embed_password: Annotated[
        bool, typer.Option("--embed-password", help="Put its password in, too; else the device asks.")
    ] = False,
    remove_after: Annotated[
        str | None, typer.Option(metavar="SPAN", help="Leave the device so long after the install: 7d.")
    ] = None,
    remove_on: Annotated[
        str | None, typer.Option(metavar="DATE", help="Leave the device then: ISO 8601, or 2w from now.")
    ] = None,
    organization: Annotated[str | None, typer.Option(metavar="TEXT", help="Shown at the install.")] = None,
    identifier: Annotated[
        str | None, typer.Option(metavar="ID", help="Replaces a profile of this identifier; else derived.")
    ] = None,
    device: Annotated[str, typer.Option(metavar="KIND", help=f"{_DEVICES}.")] = "iphone",
    force: Force = False,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Write a .mobileconfig: root, intermediate and perhaps one identity.

    One install puts all of it on a device. Without a password for the
    identity one is generated and printed once.
    """
    from pki.export.pkcs12 import generate_password, p12_warnings
    from pki.export.profile import (
        ProfileIdentity,
        ProfileOptions,
        TargetDevice,
        build_profile,
        profile_warnings,
    )
    from pki.issue.validity import parse_moment
    from pki.store import AuthorityFolder

    if device not in _DEVICES.replace(" or ", ", ").split(", "):
        raise InvalidRequest(f"no device is called {device!r}", hint=f"Choose {_DEVICES}.")
    options = ProfileOptions(
        identifier=identifier,
        organization=organization,
        remove_after=_span(remove_after),
        remove_on=parse_moment(remove_on, at=now()) if remove_on is not None else None,
        target=TargetDevice[device.upper().replace("-", "_")],
    )
    if embed_password and client is None:
        raise InvalidRequest("there is no password to embed", hint="Name the identity with --client.")
    given = read_password(password_file) if client is not None else None
    generated = client is not None and given is None
    _check_streams(output, as_json=as_json, generated=generated)
    folder = AuthorityFolder.open(ca)
    certificates = (folder.root, *folder.intermediates)
    wanted = None
    if client is not None:
        password = given if given is not None else generate_password()
        wanted = ProfileIdentity(folder.identity(client), password, embed_password=embed_password)
    data = build_profile(certificates, identity=wanted, options=options)
    _deliver(output, data, secret=wanted is not None, force=force)
    warnings = list(profile_warnings(certificates, identity=wanted))
    content = f"root and {len(folder.intermediates)} intermediate"
    lines = [f"Wrote {_shown(output)}: {content}{f', and the identity {client}' if client else ''}."]
    if wanted is not None:
        warnings += p12_warnings(wanted.password)
        if generated:
            lines.append(f"Password of the identity, shown this once: {wanted.password}")
    lines += _steps(device, client, ca)
    _tell(
        output,
        lines,
        warnings=warnings,
        document={"format": "profile", "client": client, "certificates": len(certificates)},
        as_json=as_json,
    )


def export_pem(
    name: Name,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="DIR|FILE", help="A folder (DIR/) gets a file per part.")
    ],
    password_file: PasswordFile = None,
    force: Force = False,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Write NAME as PEM, for servers and tools that are not Apple's.

    A folder gets one file per part; a file gets key and chain in one. With a
    password the key is encrypted.
    """
    from pki.export.pem import fullchain_pem, key_pem
    from pki.store import AuthorityFolder

    path = Path(output)
    _check_streams(path, as_json=as_json, generated=False)
    password = read_password(password_file)
    identity = AuthorityFolder.open(ca).identity(name)
    key = key_pem(identity, password=password)
    if output.endswith("/") or path.is_dir():
        written = _write_parts(path, identity, key, force=force)
    else:
        _deliver(path, key + fullchain_pem(identity), secret=True, force=force)
        written = [path]
    document = {
        "format": "pem",
        "files": [str(file) for file in written],
        "key_encrypted": password is not None,
    }
    _tell(
        path, [f"Wrote {_shown(file)}" for file in written], warnings=(), document=document, as_json=as_json
    )


def inspect_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Any file of this trade; - is stdin.")],
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Say what is in FILE, and of a .p12 which Apple releases open it.

    PEM, DER, PKCS#7, PKCS#12, CSR, CRL, key or .mobileconfig, recognised by
    content. Keys and passwords are never shown.
    """
    from pki.load.inspection import inspect_bytes
    from pki.load.paths import called, read_bytes
    from pki.report.inspection import inspection_json, inspection_text

    found = inspect_bytes(read_bytes(file), name=called(file), password=read_password(password_file))
    if as_json:
        say_json(inspection_json(found))
    else:
        say(inspection_text(found))


def _check_streams(output: Path, *, as_json: bool, generated: bool) -> None:
    """Refuse what would mix two answers on stdout, or lose a password that only stdout would have shown."""
    if output == STDOUT and as_json:
        raise InvalidRequest("stdout cannot take both the file and the JSON", hint="Name a file with -o.")
    if generated and as_json:
        raise InvalidRequest(
            "a password made up now would be lost, since JSON carries no secret",
            hint="Give one with --password-file FILE or in TRUSTRIG_PASSWORD.",
        )


def _deliver(output: Path, data: bytes, *, secret: bool, force: bool) -> None:
    from pki.store.atomic import PUBLIC, SECRET, write_atomically

    if output != STDOUT:
        with flags_named():
            write_atomically(output, data, mode=SECRET if secret else PUBLIC, replace=force)
        return
    if sys.stdout.isatty():
        raise InvalidRequest("the file does not belong on a terminal", hint="Name a file, or use a pipe.")
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


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


def _tell(
    output: Path, lines: Iterable[str], *, warnings: Iterable[str], document: dict[str, Any], as_json: bool
) -> None:
    """Print the answer: on stdout, or beside it when the bytes went there."""
    if as_json:
        head = {"schema": "trustrig.export/1", "file": str(output)}
        say_json({**head, **document, "warnings": list(warnings)})
        return
    for warning in warnings:
        note(f"warning: {warning}")
    for line in lines:
        (note if output == STDOUT else say)(line)


def _shown(output: Path) -> str:
    return "to stdout" if output == STDOUT else str(output)


def _span(text: str | None) -> timedelta | None:
    from pki.issue.validity import parse_moment

    if text is None:
        return None
    at = now()
    return parse_moment(text, at=at) - at


def _steps(device: str, client: str | None, ca: Path) -> Iterable[str]:
    """What is left to do by hand: install-formats, 4.1 and section 5."""
    if device == "mac":
        yield "On the Mac: open it, then System Settings > General > Device Management > Install."
    else:
        yield "On the device, with Safari, AirDrop or Mail: open it, and within 8 minutes"
        yield "  Settings > Profile Downloaded > Install."
        yield "Then switch the root on, or TLS will not trust it:"
        yield "  Settings > General > About > Certificate Trust Settings."
    if client is not None:
        yield "Safari, Mail, Wi-Fi and VPN will use the identity. Other apps cannot see it; for those:"
        where = "" if ca == DEFAULT_CA else f" --ca {shlex.quote(str(ca))}"
        yield f"  trustrig export p12 {shlex.quote(client)} -o {shlex.quote(f'{client}.p12')}{where}"
