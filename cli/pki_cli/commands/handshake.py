"""`handshake`: mutual TLS with the identities of an authority, told from both ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pki_cli.answer_file import AnswerFile, json_text
from pki_cli.options.choices import TlsVersionName
from pki_cli.options.client_policy import EndTrustOptions, Trusted, chain_sent
from pki_cli.options.group import with_groups
from pki_cli.options.handshake import (
    AcceptanceOptions,
    TranscriptFormat,
    TranscriptOptions,
    WayOptions,
)
from pki_cli.options.identities import Clients, Server, identity_named
from pki_cli.options.issue import open_authority
from pki_cli.options.moment import Moments, heading, moments_of, one_document
from pki_cli.options.trust import Host
from pki_cli.own_server import own_name, some_server, to_check_again
from pki_cli.shell import (
    DEFAULT_CA,
    EXIT_FINDING,
    CaFolder,
    PasswordFile,
    read_password,
)

if TYPE_CHECKING:
    from datetime import datetime

    from pki.handshake import ClientSettings, ServerSettings, TlsVersion
    from pki.model.identity import Identity
    from pki.model.transcript import Transcript
    from pki.report.style import Style
    from pki.store import AuthorityFolder
    from pki_cli.options.choices import TlsVersionName
from pki_cli.options.client_policy import Judging

_NOBODY = "none"


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    app.command()(with_groups(handshake))


# Long because each option is a parameter, and the steps of the command follow one another.
def handshake(
    *,
    client: Clients = None,
    server: Server = None,
    ca: CaFolder = DEFAULT_CA,
    trusted: EndTrustOptions,
    password_file: PasswordFile = None,
    tls: Annotated[
        list[TlsVersionName] | None,
        typer.Option("--tls", help="The TLS version. Repeatable. [default: 1.3]"),
    ] = None,
    acceptance: AcceptanceOptions,
    send: Annotated[
        Literal["leaf", "chain", "root"],
        typer.Option("--send", help="How much of its chain the client sends."),
    ] = "chain",
    host: Host = None,
    way: WayOptions,
    staple: Annotated[
        bool, typer.Option("--staple", help="The server staples the authority's OCSP answer.")
    ] = False,
    at: Moments = None,
    answer: TranscriptOptions,
) -> None:
    """Shake hands, both ends ours, and say who decided what.

    Several clients, --admit or versions give a grid; --client none has no certificate. --ca is where identities come
    from; --anchor is what both ends trust in the place of its root. Without --host a name is asked for that the server
    has. The server refuses whom the authority revoked, and with --crl whom a list revokes, or none speaks of. Exit
    code 0: all went through with it; 1: somebody refused.

    \b
    Examples:
      trustrig handshake --client alice
      trustrig handshake --client alice --client none --tls 1.2 --tls 1.3
      trustrig handshake --client bob --admit list:alice --format markdown
    """
    from pki.handshake import TlsVersion

    moments = moments_of(at)
    form = TranscriptFormat(answer.chosen)
    one_document(len(moments), form)
    file = AnswerFile(answer.output, force=answer.force)
    folder = open_authority(ca, None)
    password = read_password(password_file)
    trust, judging = trusted.read(folder), trusted.judging()
    versions = [TlsVersion(text) for text in tls or [TlsVersionName.TLS_1_3]]
    identities = {
        name: identity_named(name, ca, password) if name != _NOBODY else None for name in client or [_NOBODY]
    }
    single = len(identities) * len(acceptance.admit or [""]) * len(versions) == 1
    way.check(single=single and len(moments) == 1, force=answer.force)
    said, accepted = [], True
    for moment in moments:
        serving = identity_named(server, ca, password) or some_server(folder, moment)
        clients = _clients(identities, host or own_name(serving), send, trust, judging)
        servers = acceptance.settings(
            folder, serving, trust, _staple(folder, serving, moment) if staple else None
        )
        if single:
            (only_client,), (only_server,) = clients.values(), servers.values()
            transcript = way.run(only_client, only_server, versions[0], moment, force=answer.force)
            taken = transcript.accepted
            text = _told(to_check_again(transcript, folder), form, file.style)
        else:
            taken, text = _grid(
                clients, servers, versions, moment, form=form, style=file.style, sockets=way.sockets
            )
        accepted = accepted and taken
        said.append(heading(moment, moments) + text)
    file.write("\n".join(said))
    if not accepted:
        raise typer.Exit(EXIT_FINDING)


def _told(transcript: Transcript, form: TranscriptFormat, style: Style) -> str:
    from pki.report.transcript import transcript_document, transcript_text
    from pki.report.transcript_markdown import transcript_markdown

    match form:
        case TranscriptFormat.JSON:
            return json_text(transcript_document(transcript))
        case TranscriptFormat.MARKDOWN:
            return transcript_markdown(transcript)
        case TranscriptFormat.TEXT:
            return transcript_text(transcript, style=style)


def _grid(
    clients: dict[str, ClientSettings],
    servers: dict[str, ServerSettings],
    versions: list[TlsVersion],
    at: datetime,
    *,
    form: TranscriptFormat,
    style: Style,
    sockets: bool,
) -> tuple[bool, str]:
    """Whether every pair of a grid went through with it, and what is said of them."""
    from pki.handshake import run_matrix
    from pki.report.matrix import matrix_document, matrix_markdown, matrix_text

    matrix = run_matrix(clients, servers, versions, at=at, sockets=sockets)
    match form:
        case TranscriptFormat.JSON:
            return matrix.accepted, json_text(matrix_document(matrix))
        case TranscriptFormat.MARKDOWN:
            return matrix.accepted, matrix_markdown(matrix)
        case TranscriptFormat.TEXT:
            return matrix.accepted, matrix_text(matrix, style=style)


def _clients(
    identities: dict[str, Identity | None], host: str, send: str, trust: Trusted, judging: Judging
) -> dict[str, ClientSettings]:
    from pki.handshake import ClientSettings

    return {
        name: ClientSettings(
            host=host,
            trusted_roots=trust.roots,
            identity=identity,
            chain=chain_sent(identity, send) if identity is not None else None,
            revoked=trust.revoked,
            **judging,
        )
        for name, identity in identities.items()
    }


def _staple(folder: AuthorityFolder, serving: Identity, at: datetime) -> bytes:
    """What the authority says of the server's certificate, for a week from AT."""
    from datetime import timedelta

    from pki.store.revocation import Revocations

    week = at + timedelta(days=7)
    return Revocations(folder).answer_about(serving.certificate, at=at, next_update=week)[0]
