"""`export keystore` and `export pfx`: PKCS #12 for Java and for Windows."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.file_password import file_password, kept_in
from pki_cli.options.answer import Force, Output
from pki_cli.options.choices import P12EncryptionName
from pki_cli.output_file import STDOUT, AnyName, Name, check_streams, deliver, shown, tell
from pki_cli.public_keys import Known, authority_to_hand_out
from pki_cli.shell import DEFAULT_CA, AsJson, CaFolder, PasswordFile, read_password

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


Encryption = Annotated[
    P12EncryptionName,
    typer.Option(
        "--p12-encryption",
        case_sensitive=False,
        metavar="KIND",
        help="apple-any, which every Java opens; modern from 8u301, 11.0.12.",
    ),
]


def add_to(export: typer.Typer) -> None:
    """Register the commands of this module."""
    export.command("keystore")(export_keystore)
    export.command("pfx")(export_pfx)


# Long because each option is a parameter, and the steps of the command follow one another.
def export_keystore(
    output: Output,
    name: AnyName = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="A trust store instead: the authority's root, as Java sees one.")
    ] = False,
    alias: Annotated[
        str | None, typer.Option("--alias", metavar="TEXT", help="What the entry is called; else the name.")
    ] = None,
    password_file: PasswordFile = None,
    p12_encryption: Encryption = "apple-any",
    force: Force = False,
    known: Known = False,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Write NAME's key and chain as a key store for Java, or with --trust the root as a trust store.

    It is of type PKCS12, which every Java since 8 reads; the command that
    makes a JKS of it is printed. Without a password one is generated.

    \b
    Examples:
      trustrig export keystore api.test -o server.p12
      trustrig export keystore --trust -o truststore.p12 --password-file pw.txt
    """
    from pki.export.keystore import java_alias, keystore_warnings, write_keystore, write_truststore
    from pki.export.pkcs12 import P12Encryption
    from pki.model.common_names import common_name_in

    if (name is None) is not trust:
        raise InvalidRequest(
            "a trust store is of the authority's root, and a name was given"
            if trust
            else "there is no identity to store",
            hint="Leave --trust out for a key store."
            if trust
            else "Name one, or say --trust for the root alone.",
        )
    encryption = P12Encryption(p12_encryption)
    given = read_password(password_file)
    check_streams(output, as_json=as_json)
    folder = authority_to_hand_out(ca, known=known)
    if name is not None:
        folder.row(name)  # nothing is kept for a name that is none
    password = file_password(given, folder=folder, name=name, as_json=as_json)
    if name is None:
        identity, root = None, folder.root
        called = java_alias(alias or common_name_in(root.subject) or "root")
        data = write_truststore([root], password=password.text, alias=called, encryption=encryption)
        lines = [f"Wrote {shown(output)}: the root as a trusted certificate, alias {called}."]
    else:
        identity = folder.identity(name)
        called = java_alias(alias or name)
        data = write_keystore(identity, password=password.text, alias=called, encryption=encryption)
        count = len(identity.sent_chain)
        lines = [f"Wrote {shown(output)}: {name}'s key and a chain of {count}, alias {called}, type PKCS12."]
    deliver(output, data, secret=identity is not None, force=force)
    lines += password.lines(shown(output))
    told = _for_java(output, called, password_file, trust=trust)
    tell(
        output,
        [*lines, *told],
        warnings=keystore_warnings(identity, password.text),
        document={
            "format": "truststore" if trust else "keystore",
            "type": "PKCS12",
            "alias": called,
            "encryption": str(encryption),
            "password_files": kept_in(password),
        },
        as_json=as_json,
    )


# Long because each option is a parameter, and the steps of the command follow one another.
def export_pfx(
    name: Name,
    output: Output,
    windows: Annotated[
        str,
        typer.Option(
            "--windows",
            metavar="RELEASE",
            help="2012, 2016, 2019, 2022, 2025, 10, 11; any opens on all of them.",
        ),
    ] = "any",
    password_file: PasswordFile = None,
    no_root: Annotated[bool, typer.Option("--no-root", help="Leave the root out.")] = False,
    force: Force = False,
    known: Known = False,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Write NAME's key and chain as a .pfx that a release of Windows imports.

    Before Server 2019 and Windows 10 1709 that is 3DES with SHA-1, from then
    on AES-256 with SHA-256 as well; others call the right password wrong.

    \b
    Examples:
      trustrig export pfx api.test -o api.pfx
      trustrig export pfx alice -o alice.pfx --windows 2016
    """
    from pki.export.keystore import windows_named, write_pfx

    release = windows_named(windows)
    given = read_password(password_file)
    check_streams(output, as_json=as_json)
    folder = authority_to_hand_out(ca, known=known)
    identity = folder.identity(name)
    password = file_password(given, folder=folder, name=name, as_json=as_json)
    data = write_pfx(identity, password=password.text, windows=release, include_root=not no_root)
    deliver(output, data, secret=True, force=force)
    modern = str(release.encryption) == "modern"
    words = "AES-256 and SHA-256" if modern else "3DES and SHA-1"
    lines = [
        f"Wrote {shown(output)}: {name}'s key and chain, encrypted with {words}.",
        f"It opens on {release.described}.",
    ]
    lines += password.lines(shown(output))
    file = _powershell(f"{name}.pfx" if output == STDOUT else str(output))
    lines += [
        "In PowerShell, as an administrator:",
        f"  Import-PfxCertificate -FilePath {file} -CertStoreLocation Cert:\\LocalMachine\\My "
        "-Password (Read-Host -AsSecureString)",
    ]
    tell(
        output,
        lines,
        warnings=(),
        document={
            "format": "pfx",
            "encryption": str(release.encryption),
            "opens_on": release.described,
            "password_files": kept_in(password),
        },
        as_json=as_json,
    )


def _for_java(output: Path, alias: str, password_file: str | None, *, trust: bool) -> Iterator[str]:
    """Lines to paste. No password stands in them: a command line is public."""
    store = "store.p12" if output == STDOUT else str(output.absolute())
    file, jks = shlex.quote(store), shlex.quote(f"{store.removesuffix('.p12')}.jks")
    from_file = password_file not in (None, "-")
    opened = f" -storepass:file {shlex.quote(str(password_file))}" if from_file else ""
    both = (
        f" -srcstorepass:file {shlex.quote(str(password_file))} -deststorepass:file {shlex.quote(str(password_file))}"
        if from_file
        else ""
    )
    kind = "trust-store" if trust else "key-store"
    yield "Spring Boot:"
    yield f"  server.ssl.{kind}=file:{store}"
    yield f"  server.ssl.{kind}-type=PKCS12"
    yield f"  server.ssl.{kind}-password=${{STORE_PASSWORD}}"
    if not trust:
        yield f"  server.ssl.key-alias={alias}"
    yield "What keytool sees:"
    yield f"  keytool -list -keystore {file} -storetype PKCS12{opened}"
    yield "As a JKS, for what reads nothing newer:"
    conversion = f"-srckeystore {file} -srcstoretype PKCS12 -destkeystore {jks} -deststoretype JKS"
    yield f"  keytool -importkeystore {conversion}{both}"


def _powershell(text: str) -> str:
    """TEXT in single quotes, in which PowerShell doubles a quote (about_Quoting_Rules)."""
    return "'" + text.replace("'", "''") + "'"
