"""`handshake`: mutual TLS with the identities of an authority, told from both ends."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path  # typer reads the annotation
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pki.errors import InvalidRequest
from pki_cli.formats import AsMarkdown
from pki_cli.options.client_policy import (
    EndTrustOptions,
    Trusted,
    acceptable_named,
    chain_sent,
    policy_named,
)
from pki_cli.options.group import OptionGroup, with_groups
from pki_cli.options.issue import open_authority
from pki_cli.options.live import identity_named
from pki_cli.own_server import own_name, some_server
from pki_cli.shell import (
    DEFAULT_CA,
    EXIT_FINDING,
    AsJson,
    CaFolder,
    PasswordFile,
    moment_of,
    note,
    read_password,
    say,
    say_json,
)
from pki_cli.terminal import answer_style

if TYPE_CHECKING:
    from datetime import datetime

    from pki.handshake import ClientSettings, ServerSettings, TlsVersion
    from pki.model.identity import Identity
    from pki.model.transcript import Transcript
    from pki.store import AuthorityFolder

_NOBODY = "none"


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    app.command()(with_groups(handshake))


class AcceptanceOptions(OptionGroup):
    """Whom the server accepts, and what it asks for."""

    client_auth: Annotated[
        Literal["required", "optional", "none"],
        typer.Option(help="Whether the server asks for a certificate."),
    ] = "required"
    policy: Annotated[
        list[str] | None,
        typer.Option(help="ca[:NAME], list:NAME,.. spki:NAME,.. or name:PATTERN. Repeatable. [default: ca]"),
    ] = None
    allow_only: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Accept this client alone, as --policy list:NAME. Repeatable."),
    ] = None
    acceptable_cas: Annotated[
        str, typer.Option(metavar="WHICH", help="Whom the server names: policy, empty, or a NAME.")
    ] = "policy"

    def settings(
        self, folder: AuthorityFolder, serving: Identity, trust: Trusted, staple: bytes | None
    ) -> dict[str, ServerSettings]:
        """A server for each policy, by the words that named it.

        Raises:
            InvalidRequest: --allow-only and a policy were given, or one of them does not read.
        """
        from pki.handshake import ClientCertificates, ServerSettings

        if self.allow_only and self.policy:
            raise InvalidRequest(
                "--allow-only is a policy, too", hint=f"Write --policy list:{','.join(self.allow_only)}."
            )
        only = f"list:{','.join(self.allow_only)}" if self.allow_only else "ca"
        return {
            text: ServerSettings(
                identity=serving,
                policy=policy_named(folder, text, trust.roots),
                client_certificates=ClientCertificates(self.client_auth),
                acceptable_cas=acceptable_named(folder, self.acceptable_cas),
                crls=trust.crls,
                revoked=trust.revoked,
                staple=staple,
            )
            for text in self.policy or [only]
        }


# Long because each option is a parameter, and the steps of the command follow one another.
def handshake(
    *,
    client: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME|FILE",
            help="The client's identity: one of --ca's, or a .p12, or another authority's folder/issued/NAME; none: it "
            "has none. Repeatable.",
        ),
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE", help="The server's identity, likewise. [default: the first one valid]"
        ),
    ] = None,
    ca: CaFolder = DEFAULT_CA,
    trusted: EndTrustOptions,
    password_file: PasswordFile = None,
    tls: Annotated[
        list[str] | None, typer.Option(metavar="VERSION", help="1.0 to 1.3. Repeatable. [default: 1.3]")
    ] = None,
    acceptance: AcceptanceOptions,
    send: Annotated[
        Literal["leaf", "chain", "root"], typer.Option(help="How much of its chain the client sends.")
    ] = "chain",
    host: Annotated[
        str | None, typer.Option(help="The name the client asks for. [default: one the server has]")
    ] = None,
    sockets: Annotated[
        bool, typer.Option("--sockets", help="Over a loopback connection, not in memory.")
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Listen there, with --sockets; 0 is any free port.")
    ] = 0,
    staple: Annotated[
        bool, typer.Option("--staple", help="The server staples the authority's OCSP answer.")
    ] = False,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Judge at this time: ISO 8601, or +30d.")
    ] = None,
    keylog: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the connection's secrets there (NSS key log).")
    ] = None,
    as_json: AsJson = False,
    as_markdown: AsMarkdown = False,
) -> None:
    """Shake hands, client and server both ours, and say who decided what.

    Several clients, policies or versions give a grid. --ca is where identities come from; --anchor is what both ends
    trust in the place of its root. The server refuses whom the authority revoked, and with --crl whom a list revokes,
    or none speaks of. Exit code 0: all went through with it; 1: somebody refused.
    """
    from pki.handshake import run_matrix
    from pki.report.matrix import matrix_document, matrix_markdown, matrix_text
    from pki.report.transcript import transcript_document, transcript_text
    from pki.report.transcript_markdown import transcript_markdown

    if port and not sockets:
        raise InvalidRequest("a port is for a handshake over sockets", hint="Add --sockets.")
    if as_json and as_markdown:
        raise InvalidRequest("one answer has one format", hint="Give --json or --markdown.")
    moment = moment_of(at)
    folder = open_authority(ca, None)
    password = read_password(password_file)
    serving = identity_named(server, ca, password) or some_server(folder, moment)
    trust = trusted.read(folder)
    identities = {
        name: identity_named(name, ca, password) if name != _NOBODY else None for name in client or [_NOBODY]
    }
    clients = _clients(identities, host or own_name(serving), send, trust)
    stapled = _staple(folder, serving, moment) if staple else None
    servers = acceptance.settings(folder, serving, trust, stapled)
    versions = [_version(text) for text in tls or ["1.3"]]
    single = len(clients) * len(servers) * len(versions) == 1
    if port and not single:
        raise InvalidRequest("a grid opens a port for each handshake", hint="Leave --port out.")
    if keylog and not single:
        raise InvalidRequest("a key log is for one connection", hint="Give one client, policy and version.")
    if single:
        (only_client,), (only_server,) = clients.values(), servers.values()
        transcript = _run(
            only_client, only_server, versions[0], port=port if sockets else None, at=moment, keylog=keylog
        )
        accepted = transcript.accepted
    else:
        matrix = run_matrix(clients, servers, versions, at=moment, sockets=sockets)
        accepted = matrix.accepted
    if as_json:
        say_json(transcript_document(transcript) if single else matrix_document(matrix))
    elif as_markdown:
        say(transcript_markdown(transcript) if single else matrix_markdown(matrix))
    else:
        style = answer_style()
        say(transcript_text(transcript, style=style) if single else matrix_text(matrix, style=style))
    if not accepted:
        raise typer.Exit(EXIT_FINDING)


def _write_keylog(path: Path, lines: list[bytes]) -> None:
    from pki.store.atomic import SECRET, write_atomically

    write_atomically(path, b"".join(line + b"\n" for line in lines), mode=SECRET)
    note(f"{path} holds the secrets of this connection: whoever has it can read a recording of it")


def _version(text: str) -> TlsVersion:
    from pki.handshake import TlsVersion

    try:
        return TlsVersion(text)
    except ValueError:
        raise InvalidRequest(
            f"{text!r} is no TLS version", hint=f"Choose one of {', '.join(TlsVersion)}."
        ) from None


def _clients(
    identities: dict[str, Identity | None], host: str, send: str, trust: Trusted
) -> dict[str, ClientSettings]:
    from pki.handshake import ClientSettings

    return {
        name: ClientSettings(
            host=host,
            trusted_roots=trust.roots,
            identity=identity,
            chain=chain_sent(identity, send) if identity is not None else None,
            revoked=trust.revoked,
        )
        for name, identity in identities.items()
    }


def _run(
    client: ClientSettings,
    server: ServerSettings,
    version: TlsVersion,
    *,
    port: int | None,
    at: datetime,
    keylog: Path | None,
) -> Transcript:
    """One handshake, on PORT or in memory; its secrets go to KEYLOG."""
    from pki.handshake import Offer, shake_hands, shake_hands_over_sockets

    offer, secrets = Offer.only(version), list[bytes]()
    client = replace(client, offer=offer, keylog=secrets.append if keylog is not None else None)
    server = replace(server, offer=offer)
    if port is None:
        transcript = shake_hands(client, server, at=at)
    else:
        transcript = shake_hands_over_sockets(client, server, at=at, port=port)
    if keylog is not None:
        _write_keylog(keylog, secrets)
    return transcript


def _staple(folder: AuthorityFolder, serving: Identity, at: datetime) -> bytes:
    """What the authority says of the server's certificate, for a week from AT."""
    from datetime import timedelta

    from pki.store.revocation import Revocations

    week = at + timedelta(days=7)
    return Revocations(folder).answer_about(serving.certificate, at=at, next_update=week)[0]
