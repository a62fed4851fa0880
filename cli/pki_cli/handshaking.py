"""`handshake`: mutual TLS with the identities of an authority, told from both ends."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pki.errors import HandshakeError, InvalidRequest, PkiError, StoreError
from pki_cli.options import open_authority, read_passphrase
from pki_cli.shell import DEFAULT_CA, EXIT_FINDING, AsJson, CaFolder, now, say, say_json

if TYPE_CHECKING:
    from datetime import datetime

    from pki.handshake import ClientTrust
    from pki.model.identity import Identity
    from pki.model.transcript import Transcript
    from pki.store import AuthorityFolder

_LOCALHOST = "localhost"


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    app.command()(handshake)


def handshake(
    client: Annotated[
        str | None, typer.Option(metavar="NAME", help="The client's identity; without one, none.")
    ] = None,
    server: Annotated[
        str | None, typer.Option(metavar="NAME", help="The server's identity. [default: the first one valid]")
    ] = None,
    ca: CaFolder = DEFAULT_CA,
    tls: Annotated[Literal["1.2", "1.3"], typer.Option(help="The TLS version.")] = "1.3",
    client_auth: Annotated[
        Literal["required", "optional", "none"],
        typer.Option(help="Whether the server asks for a certificate."),
    ] = "required",
    allow_only: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Accept this client alone, not all of the CA's. Repeatable."),
    ] = None,
    host: Annotated[
        str | None, typer.Option(help="The name the client asks for. [default: one the server has]")
    ] = None,
    sockets: Annotated[
        bool, typer.Option("--sockets", help="Over a loopback connection, not in memory.")
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Listen there, with --sockets; 0 is any free port.")
    ] = 0,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Judge at this time: ISO 8601, or +30d.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Shake hands, client and server both ours, and say who decided what.

    Exit code 0: both went through with it; 1: one of them refused.
    """
    from pki.issue.validity import parse_moment
    from pki.report.transcript import transcript_document, transcript_text

    if port and not sockets:
        raise InvalidRequest("a port is for a handshake over sockets", hint="Add --sockets.")
    moment = parse_moment(at, at=now()) if at else now()
    folder = open_authority(ca, None)
    serving = folder.identity(server) if server is not None else _some_server(folder, moment)
    transcript = _run(
        folder,
        serving,
        folder.identity(client) if client is not None else None,
        _policy(folder, allow_only or []),
        host=host or _own_name(serving),
        tls=tls,
        client_auth=client_auth,
        port=port if sockets else None,
        at=moment,
    )
    if as_json:
        say_json(transcript_document(transcript))
    else:
        say(transcript_text(transcript))
    if not transcript.accepted:
        raise typer.Exit(EXIT_FINDING)


def _run(
    folder: AuthorityFolder,
    serving: Identity,
    presenting: Identity | None,
    policy: ClientTrust,
    *,
    host: str,
    tls: str,
    client_auth: str,
    port: int | None,
    at: datetime,
) -> Transcript:
    from pki.handshake import (
        ClientCertificates,
        ClientSettings,
        Offer,
        ServerSettings,
        TlsVersion,
        shake_hands,
        shake_hands_over_sockets,
    )

    offer = Offer.only(TlsVersion(tls))
    client = ClientSettings(host=host, trusted_roots=(folder.root,), identity=presenting, offer=offer)
    server = ServerSettings(
        identity=serving,
        policy=policy,
        client_certificates=ClientCertificates(client_auth),
        offer=offer,
    )
    if port is None:
        return shake_hands(client, server, at=at)
    return shake_hands_over_sockets(client, server, at=at, port=port)


def _policy(folder: AuthorityFolder, allowed: list[str]) -> ClientTrust:
    from pki.handshake import ChainsTo, OnTheList

    roots = (folder.root,)
    if not allowed:
        return ChainsTo(roots)
    return OnTheList.of((folder.certificates(name)[0] for name in allowed), roots=roots)


def _some_server(folder: AuthorityFolder, at: datetime) -> Identity:
    """The first server identity valid at AT, else one for localhost that lives in memory only."""
    for name in dict.fromkeys(row.name for row in folder.rows() if row.kind == "server"):
        with contextlib.suppress(StoreError):  # one that was issued from a request has its key elsewhere
            found = folder.identity(name)
            if found.certificate.not_valid_before_utc <= at <= found.certificate.not_valid_after_utc:
                return found
    try:
        return _passing_server(folder, at)
    except PkiError as error:
        raise HandshakeError(
            f"{folder.path} holds no server identity that is valid then, and one for {_LOCALHOST} "
            f"could not be made in passing: {error.problem}",
            hint=f"Issue one: trustrig issue server {_LOCALHOST}",
        ) from None


def _passing_server(folder: AuthorityFolder, at: datetime) -> Identity:
    from pki.issue import Authority
    from pki.model.identity import Identity
    from pki.store.layout import KEY, Layout
    from pki.store.pem import read_key

    issuer, *above = (*folder.intermediates, folder.root)
    key = read_key(
        Layout(folder.path).intermediate / KEY, passphrase=read_passphrase(None), certificate=issuer
    )
    authority = Authority(Identity(issuer, key, tuple(above)))
    return authority.issue_server(_LOCALHOST, "127.0.0.1", at=at)


def _own_name(serving: Identity) -> str:
    """A name the server's certificate carries, localhost for choice; `*` stands for any label."""
    from pki.issue.subjects import names_in

    names = [name for name in names_in(serving.certificate) if "@" not in name and "/" not in name]
    if _LOCALHOST in names or not names:
        return _LOCALHOST
    return names[0].replace("*", "www", 1)
