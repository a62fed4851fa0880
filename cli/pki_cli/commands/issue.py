"""`issue` and `renew`: certificates from the test authority."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.commands.issue_cross import issue_cross
from pki_cli.issue_report import tell
from pki_cli.options.issue import (
    CrlUrl,
    Days,
    Eku,
    Force,
    Issuer,
    Key,
    NotAfter,
    NotBefore,
    OcspUrl,
    PassphraseFile,
    Permit,
    SubjectName,
    flags_named,
    not_a_subject,
    open_authority,
    read_key_type,
)
from pki_cli.shell import DEFAULT_CA, AsJson, CaFolder, PasswordFile, note, now, read_password

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pki.model.identity import Identity


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module, and `issue csr`."""
    from pki_cli.commands import issue_csr

    issue = typer.Typer(
        no_args_is_help=True, help="Issue certificates from the test authority.", rich_markup_mode=None
    )
    for name, command in (
        ("server", issue_server),
        ("client", issue_client),
        ("intermediate", issue_intermediate),
        ("csr", issue_csr.issue_csr),
        ("cross", issue_cross),
    ):
        issue.command(name)(command)
    app.add_typer(issue, name="issue")
    app.command()(renew)


def issue_server(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME...", help="Host names, wildcards, IP addresses; others with their kind: srv:, URI:."
        ),
    ],
    ca: CaFolder = DEFAULT_CA,
    key: Key = "p256",
    days: Days = None,
    not_before: NotBefore = None,
    not_after: NotAfter = None,
    issuer: Issuer = None,
    ocsp_url: OcspUrl = None,
    crl_url: CrlUrl = None,
    subject: SubjectName = None,
    eku: Eku = None,
    passphrase_file: PassphraseFile = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Issue a server's identity.

    The first NAME is what it is called here.
    """
    from pki.issue.revocation_urls import RevocationUrls

    folder, at = open_authority(ca, passphrase_file), now()
    with flags_named():
        issued = folder.issue_server(
            *names,
            at=at,
            key_type=read_key_type(key, labelled=False),
            days=days,
            not_before=not_before,
            not_after=not_after,
            issuer=issuer,
            pointers=RevocationUrls.of(ocsp=ocsp_url or (), crl=crl_url or ()),
            subject=subject,
            purposes=eku or (),
            force=force,
        )
    tell(issued, done="Issued", ca=ca, at=at, as_json=as_json)


def issue_client(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME...",
            help="What it is called; then further names: user@host, upn:user@realm, RID:OID.",
        ),
    ],
    ca: CaFolder = DEFAULT_CA,
    key: Key = "p256",
    days: Days = None,
    not_before: NotBefore = None,
    not_after: NotAfter = None,
    issuer: Issuer = None,
    ocsp_url: OcspUrl = None,
    crl_url: CrlUrl = None,
    subject: SubjectName = None,
    eku: Eku = None,
    password_file: PasswordFile = None,
    passphrase_file: PassphraseFile = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Issue a client's identity, with a .p12.

    The .p12 gets a password made up here, unless one is given.
    """
    from pki.issue.revocation_urls import RevocationUrls

    stdin_once(password_file, passphrase_file)
    p12 = _P12.asked(password_file, as_json)
    folder, at = open_authority(ca, passphrase_file), now()
    with flags_named():
        issued = folder.issue_client(
            *names,
            at=at,
            key_type=read_key_type(key),
            extra_files=p12.files,
            days=days,
            not_before=not_before,
            not_after=not_after,
            issuer=issuer,
            pointers=RevocationUrls.of(ocsp=ocsp_url or (), crl=crl_url or ()),
            subject=subject,
            purposes=eku or (),
            force=force,
        )
    warnings = not_a_subject(names[0])
    tell(issued, done="Issued", ca=ca, at=at, as_json=as_json, password=p12.to_show, warnings=warnings)


def issue_intermediate(
    name: Annotated[str, typer.Argument(help="What the authority below is called.")],
    ca: CaFolder = DEFAULT_CA,
    key: Key = "p256",
    permit: Permit = None,
    subject: SubjectName = None,
    days: Days = None,
    not_before: NotBefore = None,
    not_after: NotAfter = None,
    passphrase_file: PassphraseFile = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Issue an authority below this one.

    With --issuer NAME, `issue server` and `issue client` sign with it.
    """
    folder, at = open_authority(ca, passphrase_file), now()
    with flags_named():
        issued = folder.issue_intermediate(
            name,
            at=at,
            key_type=read_key_type(key),
            permit=permit or (),
            subject=subject,
            days=days,
            not_before=not_before,
            not_after=not_after,
            force=force,
        )
    tell(issued, done="Issued", ca=ca, at=at, as_json=as_json, warnings=not_a_subject(name))


def renew(
    name: Annotated[str, typer.Argument(help="What it is called; see trustrig list.")],
    ca: CaFolder = DEFAULT_CA,
    keep_key: Annotated[
        bool, typer.Option("--keep-key", help="For pins: the new certificate has the old key.")
    ] = False,
    days: Days = None,
    not_before: NotBefore = None,
    not_after: NotAfter = None,
    password_file: PasswordFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Issue a certificate again.

    It has the same names and the same length, and a new key.
    """
    stdin_once(password_file, passphrase_file)
    folder, at = open_authority(ca, passphrase_file), now()
    p12 = _P12.asked(password_file, as_json) if folder.row(name).kind == "client" else None
    with flags_named():
        issued = folder.renew(
            name,
            at=at,
            keep_key=keep_key,
            extra_files=p12.files if p12 else None,
            days=days,
            not_before=not_before,
            not_after=not_after,
        )
    tell(issued, done="Renewed", ca=ca, at=at, as_json=as_json, password=p12.to_show if p12 else None)


class _P12:
    """The .p12 beside a client's PEM files, and its password."""

    def __init__(self, password: str, *, generated: bool) -> None:
        self._password = password
        self._generated = generated
        self.to_show: str | None = None  # a password that nobody knows yet, once there is a file for it

    @classmethod
    def asked(cls, password_file: str | None, as_json: bool) -> _P12:
        """Take the password that was given, or make one up where it can be shown."""
        given = read_password(password_file)
        if given is not None:
            return cls(given, generated=False)
        if as_json:
            raise InvalidRequest(
                "a password made up now would be lost, since JSON carries no secret",
                hint="Give one with --password-file FILE or in TRUSTRIG_PASSWORD.",
            )
        from pki.export.pkcs12 import generate_password

        return cls(generate_password(), generated=True)

    def files(self, identity: Identity) -> Mapping[str, bytes]:
        """Return the .p12 by its file name; nothing where Apple would not import the key."""
        from pki.errors import NotExportable
        from pki.export.pkcs12 import write_p12
        from pki.store.layout import slug

        try:
            data = write_p12(identity, password=self._password)
        except NotExportable as error:
            note(f"warning: no .p12 was written: {error}")
            return {}
        self.to_show = self._password if self._generated else None
        return {f"{slug(identity.common_name)}.p12": data}


def stdin_once(*sources: str | None) -> None:
    """Refuse to read standard input for two things."""
    if sources.count("-") > 1:
        raise InvalidRequest("standard input can be read once only", hint="Give the other one as a file.")
