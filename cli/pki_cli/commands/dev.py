"""`dev`: from nothing to a server identity that devices can be told to trust, and a server that shows it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.options.group import was_typed
from pki_cli.options.issue import PassphraseFile, open_authority
from pki_cli.options.span import A_DAY, For
from pki_cli.shell import DEFAULT_CA, AsJson, CaFolder, note, now
from pki_cli.ways_out import beyond_lan, flags_named

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from pki.model.names import SubjectName
    from pki.store import AuthorityFolder


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(dev)


def dev(
    ctx: typer.Context,
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME...", help="Host names and addresses of the server: api.test 192.168.1.20."
        ),
    ],
    *,
    serve: Annotated[
        int | None,
        typer.Option(
            "--serve", metavar="PORT", min=0, max=65535, help="Serve HTTPS with it there; 0 is any free port."
        ),
    ] = None,
    listen: Annotated[
        str | None,
        typer.Option(
            "--listen",
            metavar="IP",
            help="With --serve: at this address of this machine. [default: loopback]",
        ),
    ] = None,
    lasting: For = A_DAY,
    ca: CaFolder = DEFAULT_CA,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """From nothing to a server that your devices can trust.

    Makes an authority for a local network if there is none, and an identity for the server; says where its files
    are and what comes next. Nothing that is there is replaced, and a second run changes nothing.

    \b
    Examples:
      trustrig dev api.test 192.168.1.20
      trustrig dev api.test --serve 8443
    """
    from pki.issue.profiles import SERVER
    from pki.issue.signing import read_names
    from pki.issue.subjects import check_server_names
    from pki.store.server_identity import ready_server
    from pki_cli.dev_report import DevReport

    if serve is None and (idle := _about_serving(ctx)):
        raise InvalidRequest(f"{idle}, and nothing is to be served", hint="Add --serve PORT.")
    at, wanted = now(), read_names(names)
    check_server_names(wanted, SERVER)  # before anything is made for them
    addresses = _addresses(listen) if serve is not None else ()
    folder, made = _authority(ca, wanted, passphrase_file, at=at)
    with flags_named(ca):
        ready = ready_server(folder, *wanted, at=at)
    report = DevReport(folder, ready, host=wanted[0], made=made, at=at)
    if serve is None:
        report.tell(as_json=as_json)
        return
    from pki_cli.dev_server import serve_https

    serve_https(report, addresses=addresses, port=serve, lasting=lasting, as_json=as_json)


def _about_serving(ctx: typer.Context) -> str:
    """What was said of serving; empty where nothing was."""
    if was_typed(ctx, "listen"):
        return "--listen says where to serve"
    return "--for says how long to serve" if was_typed(ctx, "lasting") else ""


def _addresses(listen: str | None) -> tuple[str, ...]:
    """Where to listen: on this machine alone, unless an address of it was named."""
    from pki.handshake.serving.listeners import LOOPBACK, LOOPBACK6
    from pki.install.portal import choose_address, own_addresses

    return (choose_address(listen, own=own_addresses()),) if listen is not None else (LOOPBACK, LOOPBACK6)


def _authority(
    ca: Path, names: tuple[SubjectName, ...], passphrase_file: str | None, *, at: datetime
) -> tuple[AuthorityFolder, bool]:
    """The authority in CA, and whether it was made just now: for a local network, and for NAMES beyond it."""
    from pki.issue.lan import LAN_NAMES
    from pki.store import AlreadyExists, AuthorityFolder
    from pki.store.layout import FolderLayout
    from pki_cli.options.issue import read_passphrase

    if FolderLayout(ca).marker.exists():
        return open_authority(ca, passphrase_file), False
    more = beyond_lan((), names)
    passphrase = read_passphrase(passphrase_file)
    try:
        made = AuthorityFolder.create(
            ca,
            name=f"Trustrig Test CA {secrets.token_hex(3)}",
            at=at,
            permit=(*LAN_NAMES, *more),
            passphrase=passphrase,
        )
    except AlreadyExists:  # another process was faster
        return open_authority(ca, passphrase_file), False
    if more:
        note(f"note: beside a local network's names this authority certifies {', '.join(more)}")
    return made, True
