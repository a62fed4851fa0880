"""`dtls handshake|serve|diagnose`."""

from __future__ import annotations

import shlex
from dataclasses import replace
from functools import partial
from typing import Annotated

import typer

from pki_cli.groups import command_group
from pki_cli.options.client_policy import (
    Admit,
    ClientAuth,
    EndTrustOptions,
    JudgeOptions,
    ServerTrustOptions,
    policy_named,
)
from pki_cli.options.group import with_groups
from pki_cli.options.identities import Client, Server, identity_named
from pki_cli.options.issue import open_authority
from pki_cli.options.listen import (
    AsJsonLines,
    Count,
    EndedConnection,
    Listening,
    Port,
    Target,
    host_and_port,
    leave,
)
from pki_cli.options.live import Connect
from pki_cli.options.moment import At, Moments, heading, moments_of, one_document
from pki_cli.options.span import DEFAULT_TIMEOUT, TEN_MINUTES, For, Timeout
from pki_cli.options.trust import Host, JudgesCa, named_ca
from pki_cli.own_server import own_name, some_server, to_check_again
from pki_cli.shell import (
    DEFAULT_CA,
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

_DEFAULT_MTU = 1200

Mtu = Annotated[
    int,
    typer.Option("--mtu", metavar="N", min=256, max=16384, help="The largest UDP payload to send, in bytes."),
]


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    dtls = command_group(
        "DTLS 1.2 over UDP: shake hands, serve, or say which layer fails.\n\n\b\nExamples:\n"
        "  trustrig dtls handshake --client alice --server api.test\n"
        "  trustrig dtls diagnose 192.168.1.20:5684 --anchor root.pem"
    )
    for name, command in (("handshake", dtls_handshake), ("serve", dtls_serve), ("diagnose", dtls_diagnose)):
        dtls.command(name)(with_groups(command))
    app.add_typer(dtls, name="dtls")


# Long because each option is a parameter, and the steps of the command follow one another.
def dtls_handshake(
    *,
    client: Client = None,
    server: Server = None,
    ca: CaFolder = DEFAULT_CA,
    trusted: EndTrustOptions,
    client_auth: ClientAuth = "required",
    admit: Admit = "ca",
    host: Host = None,
    password_file: PasswordFile = None,
    mtu: Mtu = _DEFAULT_MTU,
    loss: Annotated[
        float,
        typer.Option("--loss", metavar="PERCENT", min=0, max=90, help="How many of the datagrams to lose."),
    ] = 0,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="The same N makes the same again.")] = 0,
    at: Moments = None,
    as_json: AsJson = False,
) -> None:
    """Shake hands over a link that loses datagrams, both ends ours, in memory.

    A lost flight is sent again by OpenSSL's own timer: after 1 s, 3 s, 7 s. Exit code 1: one end refused.

    \b
    Examples:
      trustrig dtls handshake --client alice
      trustrig dtls handshake --client alice --loss 30 --mtu 576
    """
    from pki.handshake import ClientCertificates, ClientSettings, ServerSettings
    from pki.handshake.dtls import LinkConditions, shake_hands_over_link
    from pki.report.dtls import link_document, link_text

    moments = moments_of(at)
    one_document(len(moments), "json" if as_json else "text")
    folder = open_authority(ca, None)
    trust, judging = trusted.read(folder), trusted.judging()
    password = read_password(password_file)
    identity = identity_named(client, ca, password)
    crossings = []
    for moment in moments:
        serving = identity_named(server, ca, password) or some_server(folder, moment)
        (crossing,) = shake_hands_over_link(
            ClientSettings(
                host=host or own_name(serving),
                trusted_roots=trust.roots,
                identity=identity,
                revoked=trust.revoked,
                **judging,
            ),
            ServerSettings(
                identity=serving,
                policy=policy_named(folder, admit, trust.roots),
                client_certificates=ClientCertificates(client_auth),
                crls=trust.crls,
                revoked=trust.revoked,
            ),
            at=moment,
            conditions=LinkConditions(loss=loss / 100, seed=seed),
            mtu=mtu,
        )
        crossings.append(crossing)
    for moment, done in zip(moments, crossings, strict=True):
        crossing = replace(done, transcript=to_check_again(done.transcript, folder))
        if as_json:
            say_json(link_document(crossing))
        else:
            say(heading(moment, moments) + link_text(crossing, style=answer_style()))
    leave(all(crossing.transcript.accepted for crossing in crossings))


def dtls_serve(
    *,
    server: Server = None,
    ca: CaFolder = DEFAULT_CA,
    trusted: ServerTrustOptions,
    client_auth: ClientAuth = "required",
    admit: Admit = "ca",
    password_file: PasswordFile = None,
    port: Port = 0,
    mtu: Mtu = _DEFAULT_MTU,
    echo: Annotated[
        bool, typer.Option("--echo", help="A UDP echo as well, for datagrams that are no DTLS.")
    ] = False,
    at: At = None,
    count: Count = None,
    lasting: For = TEN_MINUTES,
    as_json: AsJsonLines = False,
) -> None:
    """Serve DTLS 1.2 on the loopback interface, with cookies, and say how each connection went.

    Exit code 1: a connection was refused or broken off; 3: fewer came than were waited for.

    \b
    Examples:
      trustrig dtls serve --port 4433
      trustrig dtls serve --admit list:alice --count 1 --for 30s
    """
    from pki.handshake import ClientCertificates, ServerSettings
    from pki.handshake.dtls import DatagramServer
    from pki.report.transcript import transcript_document

    moment = moment_of(at)
    folder = open_authority(ca, None)
    trust = trusted.read(folder)
    settings = ServerSettings(
        identity=identity_named(server, ca, read_password(password_file)) or some_server(folder, moment),
        policy=policy_named(folder, admit, trust.roots),
        client_certificates=ClientCertificates(client_auth),
        crls=trust.crls,
        revoked=trust.revoked,
    )
    listening = Listening(lasting, count, as_json)
    with DatagramServer(settings, at=moment, port=port, mtu=mtu, echo=echo) as serving:
        listening.begin("dtls", "DTLS 1.2 and a UDP echo" if echo else "DTLS 1.2", serving.port)
        listening.report(
            lambda: len(serving.records),
            lambda: [
                EndedConnection(
                    f"{seen.headline}{f': {seen.reason}' if seen.reason else ''}",
                    partial(transcript_document, seen),
                    seen.accepted,
                )
                for seen in serving.transcripts
            ],
        )


def dtls_diagnose(
    ctx: typer.Context,
    target: Target,
    *,
    client: Client = None,
    ca: JudgesCa = DEFAULT_CA,
    trusted: JudgeOptions,
    password_file: PasswordFile = None,
    host: Host = None,
    connect: Connect = None,
    echo: Annotated[bool, typer.Option("--echo", help="A UDP echo as well, before the handshake.")] = False,
    mtu: Mtu = _DEFAULT_MTU,
    at: Moments = None,
    timeout: Timeout = DEFAULT_TIMEOUT,
    as_json: AsJson = False,
) -> None:
    """Say which layer of a DTLS server fails: UDP, answer, version, handshake, certificates.

    Its certificate must carry HOST, or the name of --host. Exit code 1: a layer failed. What Apple devices add is told
    as an expectation, with its source.

    \b
    Examples:
      trustrig dtls diagnose api.test:4433 --ca trustrig-ca --client alice
      trustrig dtls diagnose api.test:4433 --connect 192.168.1.20
    """
    from pki.handshake import ClientSettings
    from pki.handshake.dtls import DTLS13, diagnose_datagrams
    from pki.report.dtls import diagnosis_document, diagnosis_text

    name, port = host_and_port(target)
    address, port = (name, port) if connect is None else host_and_port(connect, default=port)
    moments = moments_of(at)
    one_document(len(moments), "json" if as_json else "text")
    trust = trusted.trusting(named_ca(ctx, ca, trusted.anchor))
    settings = ClientSettings(
        host=host or name,
        trusted_roots=trust.roots,
        identity=identity_named(client, ca, read_password(password_file)),
        revoked=trust.revoked,
        **trusted.judging(),
    )
    if not trust.roots:
        note(
            f"note: no anchor was given, so no server's certificate is trusted; --ca {shlex.quote(str(ca))} is one"
        )
    good = True
    for moment in moments:
        diagnosis = diagnose_datagrams(
            settings, address, port, at=moment, mtu=mtu, deadline=timeout, echo_first=echo
        )
        good = good and diagnosis.failed is None
        if as_json:
            say_json(diagnosis_document(diagnosis))
        else:
            say(heading(moment, moments) + diagnosis_text(diagnosis, dtls13=DTLS13, style=answer_style()))
    leave(good)
