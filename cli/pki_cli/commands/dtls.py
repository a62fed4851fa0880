"""`dtls handshake|serve|diagnose`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pki_cli.groups import command_group
from pki_cli.options.client_policy import EndTrustOptions, Trusted, policy_named
from pki_cli.options.group import with_groups
from pki_cli.options.issue import open_authority
from pki_cli.options.live import identity_named
from pki_cli.options.trust import Anchors
from pki_cli.own_server import own_name, some_server
from pki_cli.shell import (
    DEFAULT_CA,
    AsJson,
    CaFolder,
    PasswordFile,
    moment_of,
    note,
    now,
    read_password,
    say,
    say_json,
)
from pki_cli.terminal import answer_style

if TYPE_CHECKING:
    from pki.handshake import ClientTrust
    from pki.store import AuthorityFolder

from pki_cli.options.listen import Count, Port, Seconds, Target, Timeout, host_and_port, leave, report

_DEFAULT_MTU = 1200

ClientName = Annotated[
    str | None,
    typer.Option(
        "--client",
        metavar="NAME|FILE",
        help="The client's identity: one of --ca's, or a .p12, or another authority's folder/issued/NAME.",
    ),
]
ServerName = Annotated[
    str | None,
    typer.Option(
        "--server",
        metavar="NAME|FILE",
        help="The server's identity, likewise. [default: the first one valid]",
    ),
]
ClientAuth = Annotated[
    Literal["required", "optional", "none"], typer.Option(help="Whether the server asks for a certificate.")
]
AllowOnly = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Accept this client alone. Repeatable.")
]
Mtu = Annotated[int, typer.Option(metavar="BYTES", help="The largest UDP payload to send, 256 to 16384.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    dtls = command_group("DTLS 1.2 over UDP: shake hands, serve, or say which layer fails.")
    for name, command in (("handshake", dtls_handshake), ("serve", dtls_serve), ("diagnose", dtls_diagnose)):
        dtls.command(name)(with_groups(command))
    app.add_typer(dtls, name="dtls")


def dtls_handshake(
    *,
    client: ClientName = None,
    server: ServerName = None,
    ca: CaFolder = DEFAULT_CA,
    trusted: EndTrustOptions,
    client_auth: ClientAuth = "required",
    allow_only: AllowOnly = None,
    host: Annotated[
        str | None, typer.Option(help="The name the client asks for. [default: one the server has]")
    ] = None,
    password_file: PasswordFile = None,
    mtu: Mtu = _DEFAULT_MTU,
    loss: Annotated[float, typer.Option(min=0, max=90, help="Per cent of the datagrams to lose.")] = 0,
    seed: Annotated[int, typer.Option(help="Which of them: the same seed loses the same.")] = 0,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Judge at this time: ISO 8601, or +30d.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Shake hands over a link that loses datagrams, both ends ours, in memory.

    A lost flight is sent again by OpenSSL's own timer: after 1 s, 3 s, 7 s. Exit code 1: one end refused.
    """
    from pki.handshake import ClientCertificates, ClientSettings, ServerSettings
    from pki.handshake.dtls import LinkConditions, shake_hands_over_link
    from pki.report.dtls import link_document, link_text

    moment = moment_of(at)
    folder = open_authority(ca, None)
    trust = trusted.read(folder)
    password = read_password(password_file)
    serving = identity_named(server, ca, password) or some_server(folder, moment)
    (crossing,) = shake_hands_over_link(
        ClientSettings(
            host=host or own_name(serving),
            trusted_roots=trust.roots,
            identity=identity_named(client, ca, password),
            revoked=trust.revoked,
        ),
        ServerSettings(
            identity=serving,
            policy=_policy(folder, allow_only, trust),
            client_certificates=ClientCertificates(client_auth),
            crls=trust.crls,
            revoked=trust.revoked,
        ),
        at=moment,
        conditions=LinkConditions(loss=loss / 100, seed=seed),
        mtu=mtu,
    )
    if as_json:
        say_json(link_document(crossing))
    else:
        say(link_text(crossing, style=answer_style()))
    leave(crossing.transcript.accepted)


def dtls_serve(
    *,
    server: ServerName = None,
    ca: CaFolder = DEFAULT_CA,
    trusted: EndTrustOptions,
    client_auth: ClientAuth = "required",
    allow_only: AllowOnly = None,
    password_file: PasswordFile = None,
    port: Port = 0,
    mtu: Mtu = _DEFAULT_MTU,
    echo: Annotated[
        bool, typer.Option("--echo", help="Also send back each datagram that is no DTLS: a UDP echo.")
    ] = False,
    count: Count = None,
    seconds: Seconds = 600,
) -> None:
    """Serve DTLS 1.2 on the loopback interface, with cookies, and say how each connection went.

    Exit code 1: a connection was refused or broken off; 3: fewer came than were waited for.
    """
    from pki.handshake import ClientCertificates, ServerSettings
    from pki.handshake.dtls import DatagramServer

    moment = now()
    folder = open_authority(ca, None)
    trust = trusted.read(folder)
    settings = ServerSettings(
        identity=identity_named(server, ca, read_password(password_file)) or some_server(folder, moment),
        policy=_policy(folder, allow_only, trust),
        client_certificates=ClientCertificates(client_auth),
        crls=trust.crls,
        revoked=trust.revoked,
    )
    with DatagramServer(settings, at=moment, port=port, mtu=mtu, echo=echo) as serving:
        kind = "DTLS 1.2 and a UDP echo" if echo else "DTLS 1.2"
        note(f"Serving {kind} on 127.0.0.1 port {serving.port} for up to {seconds:g} s; Ctrl-C ends it.")
        report(
            lambda: len(serving.records),
            lambda: [
                (f"{seen.headline}{f': {seen.reason}' if seen.reason else ''}", seen.accepted)
                for seen in serving.transcripts
            ],
            count,
            seconds,
        )


def dtls_diagnose(
    target: Target,
    client: ClientName = None,
    ca: CaFolder = DEFAULT_CA,
    anchor: Anchors = None,
    password_file: PasswordFile = None,
    host: Annotated[
        str | None, typer.Option(help="The name its certificate must carry. [default: HOST]")
    ] = None,
    echo: Annotated[
        bool, typer.Option("--echo", help="Ask for a UDP echo first, not only when nothing answers.")
    ] = False,
    mtu: Mtu = _DEFAULT_MTU,
    timeout: Timeout = 5,
    as_json: AsJson = False,
) -> None:
    """Say which layer of a DTLS server fails: UDP, answer, version, handshake, certificates.

    --ca is where --client comes from, and --anchor what is trusted in the place of its root. Exit code 1: a layer
    failed. What Apple devices add is told as an expectation, with its source.
    """
    from pki.handshake import ClientSettings
    from pki.handshake.dtls import DTLS13, diagnose_datagrams
    from pki.report.dtls import diagnosis_document, diagnosis_text
    from pki.store.layout import FolderLayout

    address, port = host_and_port(target)
    alone = anchor and not FolderLayout(ca).marker.is_file()  # somebody else's server, and no authority here
    trust = EndTrustOptions(anchor=anchor).read(open_authority(ca, None) if not alone else None)
    diagnosis = diagnose_datagrams(
        ClientSettings(
            host=host or address,
            trusted_roots=trust.roots,
            identity=identity_named(client, ca, read_password(password_file)),
            revoked=trust.revoked,
        ),
        address,
        port,
        at=now(),
        mtu=mtu,
        deadline=timeout,
        echo_first=echo,
    )
    if as_json:
        say_json(diagnosis_document(diagnosis))
    else:
        say(diagnosis_text(diagnosis, dtls13=DTLS13, style=answer_style()))
    leave(diagnosis.failed is None)


def _policy(folder: AuthorityFolder, allowed: list[str] | None, trust: Trusted) -> ClientTrust:
    """Whom a server lets in: all clients of the CAs it trusts, or those named alone."""
    return policy_named(folder, f"list:{','.join(allowed)}" if allowed else "ca", trust.roots)
