"""`issue`: certificates from the test authority; `issue csr` and `issue cross` have modules of their own."""

from __future__ import annotations

from typing import Annotated

import typer

from pki_cli.client_p12 import ClientP12
from pki_cli.commands.issue_cross import issue_cross
from pki_cli.commands.issue_csr import issue_csr
from pki_cli.groups import command_group
from pki_cli.issue_report import tell
from pki_cli.options.answer import Force
from pki_cli.options.group import with_groups
from pki_cli.options.issue import (
    IssuedLeafOptions,
    Key,
    Lan,
    PassphraseFile,
    Permit,
    SubjectName,
    ValidityOptions,
    not_a_subject,
    open_authority,
    permitted_names,
    read_key_type,
)
from pki_cli.options.moment import At
from pki_cli.shell import DEFAULT_CA, AsJson, CaFolder, PasswordFile, moment_of, stdin_once
from pki_cli.ways_out import flags_named


def add_to(app: typer.Typer) -> None:
    """Register the group."""
    issue = command_group(
        "Issue certificates from the test authority.\n\n\b\nExamples:\n"
        "  trustrig issue server api.test localhost 192.168.1.20\n"
        "  trustrig issue client alice"
    )
    for name, command in (
        ("server", issue_server),
        ("client", issue_client),
        ("intermediate", issue_intermediate),
        ("csr", issue_csr),
        ("cross", issue_cross),
    ):
        issue.command(name)(with_groups(command))
    app.add_typer(issue, name="issue")


def issue_server(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME...", help="Host names, wildcards, IP addresses; others with their kind: srv:, URI:."
        ),
    ],
    *,
    ca: CaFolder = DEFAULT_CA,
    key: Key = "p256",
    leaf: IssuedLeafOptions,
    at: At = None,
    passphrase_file: PassphraseFile = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Issue a server's identity.

    The first NAME is what it is called here.

    \b
    Examples:
      trustrig issue server api.test localhost 192.168.1.20
      trustrig issue server '*.api.test' --days 30
      trustrig issue server old.test --not-before -400d --not-after -2d
    """
    folder, moment = open_authority(ca, passphrase_file), moment_of(at)
    with flags_named(ca):
        issued = folder.issue_server(
            *names,
            at=moment,
            key_type=read_key_type(key, labelled=False),
            **leaf.terms(),
            issuer=leaf.issuer,
            pointers=leaf.pointers(),
            subject=leaf.subject,
            purposes=leaf.eku or (),
            force=force,
        )
    tell(issued, done="Issued", ca=ca, at=moment, as_json=as_json)


def issue_client(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME...",
            help="What it is called; then further names: user@host, upn:user@realm, RID:OID.",
        ),
    ],
    *,
    ca: CaFolder = DEFAULT_CA,
    key: Key = "p256",
    leaf: IssuedLeafOptions,
    at: At = None,
    password_file: PasswordFile = None,
    passphrase_file: PassphraseFile = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Issue a client's identity, with a .p12.

    Without a password one is made up for all of its files, and kept beside
    its key.

    \b
    Examples:
      trustrig issue client alice
      trustrig issue client bob bob@corp.test --password-file bob.txt
    """
    stdin_once(password_file, passphrase_file)
    p12 = ClientP12.asked(password_file)
    folder, moment = open_authority(ca, passphrase_file), moment_of(at)
    with flags_named(ca):
        issued = folder.issue_client(
            *names,
            at=moment,
            key_type=read_key_type(key),
            extra_files=p12.files,
            **leaf.terms(),
            issuer=leaf.issuer,
            pointers=leaf.pointers(),
            subject=leaf.subject,
            purposes=leaf.eku or (),
            force=force,
        )
    warnings = not_a_subject(names[0])
    tell(issued, done="Issued", ca=ca, at=moment, as_json=as_json, password=p12.to_show, warnings=warnings)


def issue_intermediate(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the authority below is called.")],
    *,
    ca: CaFolder = DEFAULT_CA,
    key: Key = "p256",
    lan: Lan = False,
    permit: Permit = None,
    subject: SubjectName = None,
    validity: ValidityOptions,
    at: At = None,
    passphrase_file: PassphraseFile = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Issue an authority below this one.

    With --issuer NAME, `issue server` and `issue client` sign with it.

    \b
    Examples:
      trustrig issue intermediate team --permit team.test
      trustrig issue server api.team.test --issuer team
    """
    folder, moment = open_authority(ca, passphrase_file), moment_of(at)
    with flags_named(ca):
        issued = folder.issue_intermediate(
            name,
            at=moment,
            key_type=read_key_type(key),
            permit=permitted_names(lan, permit),
            subject=subject,
            **validity.terms(),
            force=force,
        )
    tell(issued, done="Issued", ca=ca, at=moment, as_json=as_json, warnings=not_a_subject(name))
