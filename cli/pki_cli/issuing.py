"""`issue` and `renew`: certificates from the test authority."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.crossing import issue_cross
from pki_cli.issued import tell
from pki_cli.options import (
    CrlUrl,
    Days,
    Force,
    Issuer,
    Key,
    NotAfter,
    NotBefore,
    OcspUrl,
    PassphraseFile,
    Permit,
    flags_named,
    open_authority,
    read_key_type,
)
from pki_cli.shell import DEFAULT_CA, AsJson, CaFolder, PasswordFile, note, now, read_password

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pki.model.identity import Identity

MAX_REQUEST = 1024 * 1024  # bytes; a PKCS#10 request has one or two thousand


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    issue = typer.Typer(
        no_args_is_help=True, help="Issue certificates from the test authority.", rich_markup_mode=None
    )
    for name, command in (
        ("server", issue_server),
        ("client", issue_client),
        ("intermediate", issue_intermediate),
        ("csr", issue_csr),
        ("cross", issue_cross),
    ):
        issue.command(name)(command)
    app.add_typer(issue, name="issue")
    app.command()(renew)


def issue_server(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="Host names, wildcards, IP addresses.")
    ],
    ca: CaFolder = DEFAULT_CA,
    key: Key = "p256",
    days: Days = None,
    not_before: NotBefore = None,
    not_after: NotAfter = None,
    issuer: Issuer = None,
    ocsp_url: OcspUrl = None,
    crl_url: CrlUrl = None,
    passphrase_file: PassphraseFile = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Issue a server's identity.

    The first NAME is what it is called here.
    """
    from pki.issue.pointers import Pointers

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
            pointers=Pointers.of(ocsp=ocsp_url or (), crl=crl_url or ()),
            force=force,
        )
    tell(issued, done="Issued", ca=ca, at=at, as_json=as_json)


def issue_client(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="What it is called; then further names, if any.")
    ],
    ca: CaFolder = DEFAULT_CA,
    key: Key = "p256",
    days: Days = None,
    not_before: NotBefore = None,
    not_after: NotAfter = None,
    issuer: Issuer = None,
    ocsp_url: OcspUrl = None,
    crl_url: CrlUrl = None,
    password_file: PasswordFile = None,
    passphrase_file: PassphraseFile = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Issue a client's identity, with a .p12.

    The .p12 gets a password made up here, unless one is given.
    """
    from pki.issue.pointers import Pointers

    _stdin_once(password_file, passphrase_file)
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
            pointers=Pointers.of(ocsp=ocsp_url or (), crl=crl_url or ()),
            force=force,
        )
    tell(issued, done="Issued", ca=ca, at=at, as_json=as_json, password=p12.to_show)


def issue_intermediate(
    name: Annotated[str, typer.Argument(help="What the authority below is called.")],
    ca: CaFolder = DEFAULT_CA,
    key: Key = "p256",
    permit: Permit = None,
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
            days=days,
            not_before=not_before,
            not_after=not_after,
            force=force,
        )
    tell(issued, done="Issued", ca=ca, at=at, as_json=as_json)


def issue_csr(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A PKCS#10 request, PEM or DER; - is stdin.")],
    kind: Annotated[str, typer.Option("--for", metavar="KIND", help="server or client.")] = "server",
    name: Annotated[
        list[str] | None, typer.Option(help="Certify this name, not the request's. Repeatable.")
    ] = None,
    ca: CaFolder = DEFAULT_CA,
    days: Days = None,
    not_before: NotBefore = None,
    not_after: NotAfter = None,
    issuer: Issuer = None,
    passphrase_file: PassphraseFile = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Sign a certificate request.

    Its key and names are taken; whatever else it asks for is not.
    """
    from pki.issue.profiles import Kind

    _stdin_once(file, passphrase_file)
    if kind not in ("server", "client"):
        raise InvalidRequest(
            f"{kind!r} is neither server nor client", hint="Say --for server or --for client."
        )
    folder, at = open_authority(ca, passphrase_file), now()
    with flags_named():
        issued = folder.sign_csr(
            _request(file),
            kind=Kind(kind),
            at=at,
            names=name or (),
            days=days,
            not_before=not_before,
            not_after=not_after,
            issuer=issuer,
            force=force,
        )
    tell(issued, done="Issued", ca=ca, at=at, as_json=as_json)


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
    _stdin_once(password_file, passphrase_file)
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


def _stdin_once(*sources: str | None) -> None:
    if sources.count("-") > 1:
        raise InvalidRequest("standard input can be read once only", hint="Give the other one as a file.")


def _request(file: str) -> bytes:
    if file == "-":
        data = sys.stdin.buffer.read(MAX_REQUEST + 1)
    else:
        with Path(file).open("rb") as stream:
            data = stream.read(MAX_REQUEST + 1)
    if len(data) > MAX_REQUEST:
        raise InvalidRequest(f"{file} is larger than any certificate request", hint="Give the request alone.")
    return data
