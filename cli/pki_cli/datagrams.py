"""`dtls handshake|serve|diagnose` and `psk handshake|serve|connect`."""

from __future__ import annotations

import os
import stat
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pki.errors import HandshakeError, InvalidRequest
from pki_cli.handshaking import own_name, some_server
from pki_cli.options import open_authority
from pki_cli.shell import DEFAULT_CA, EXIT_FINDING, AsJson, CaFolder, note, now, say, say_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pki.handshake import ClientTrust
    from pki.handshake.psk import PreSharedKey
    from pki.model.datagrams import PskOutcome
    from pki.store import AuthorityFolder

_MAX_KEY_FILE = 4096  # bytes; the longest key is 1024 digits
_DEFAULT_MTU = 1200
_MOST_CONNECTIONS = 1000  # ours: one server's session at a desk
_GLANCE = 0.05  # seconds between looks at what has ended

ClientName = Annotated[
    str | None, typer.Option("--client", metavar="NAME", help="The client's identity; without one, none.")
]
ServerName = Annotated[
    str | None,
    typer.Option("--server", metavar="NAME", help="The server's identity. [default: the first one valid]"),
]
ClientAuth = Annotated[
    Literal["required", "optional", "none"], typer.Option(help="Whether the server asks for a certificate.")
]
AllowOnly = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Accept this client alone. Repeatable.")
]
Mtu = Annotated[int, typer.Option(metavar="BYTES", help="The largest UDP payload to send, 256 to 16384.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Listen there; 0 is any free port.")]
Count = Annotated[
    int | None, typer.Option(min=1, max=1000, help="Leave after this many connections; 1000 at most.")
]
Seconds = Annotated[float, typer.Option(min=0.1, max=86400, help="Leave after this time at the latest.")]
Timeout = Annotated[float, typer.Option(min=0.1, max=600, help="Seconds for the handshake.")]
Target = Annotated[str, typer.Argument(metavar="HOST:PORT")]
Identity = Annotated[
    str, typer.Option("--identity", metavar="NAME", help="The name of the key, in the clear.")
]
KeyFile = Annotated[
    str,
    typer.Option("--key-file", metavar="FILE", help="The key in hex digits; - is stdin. Never an argument."),
]
Tls = Annotated[Literal["1.2", "1.3"], typer.Option(help="The TLS version.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    dtls = typer.Typer(
        no_args_is_help=True,
        help="DTLS 1.2 over UDP: shake hands, serve, or say which layer fails.",
        rich_markup_mode=None,
    )
    for name, command in (("handshake", dtls_handshake), ("serve", dtls_serve), ("diagnose", dtls_diagnose)):
        dtls.command(name)(command)
    app.add_typer(dtls, name="dtls")
    psk = typer.Typer(
        no_args_is_help=True,
        help="TLS with a pre-shared key: shake hands, serve, or connect.",
        rich_markup_mode=None,
    )
    for name, runs in (("handshake", psk_handshake), ("serve", psk_serve), ("connect", psk_connect)):
        psk.command(name)(runs)
    app.add_typer(psk, name="psk")


def dtls_handshake(
    client: ClientName = None,
    server: ServerName = None,
    ca: CaFolder = DEFAULT_CA,
    client_auth: ClientAuth = "required",
    allow_only: AllowOnly = None,
    host: Annotated[
        str | None, typer.Option(help="The name the client asks for. [default: one the server has]")
    ] = None,
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
    from pki.handshake.dtls import Weather, shake_hands_over_link
    from pki.issue.validity import parse_moment
    from pki.report.dtls import crossing_document, crossing_text

    moment = parse_moment(at, at=now()) if at else now()
    folder = open_authority(ca, None)
    serving = folder.identity(server) if server is not None else some_server(folder, moment)
    (crossing,) = shake_hands_over_link(
        ClientSettings(
            host=host or own_name(serving),
            trusted_roots=(folder.root,),
            identity=folder.identity(client) if client is not None else None,
        ),
        ServerSettings(
            identity=serving,
            policy=_policy(folder, allow_only or []),
            client_certificates=ClientCertificates(client_auth),
        ),
        at=moment,
        weather=Weather(loss=loss / 100, seed=seed),
        mtu=mtu,
    )
    names = ("cookie_asked", "sent", "lost", "resent", "largest", "mtu")
    tally = {name: getattr(crossing, name) for name in names}
    if as_json:
        say_json(crossing_document(crossing.transcript, tally=tally))
    else:
        say(crossing_text(crossing.transcript, tally=tally))
    _leave(crossing.transcript.accepted)


def dtls_serve(
    server: ServerName = None,
    ca: CaFolder = DEFAULT_CA,
    client_auth: ClientAuth = "required",
    allow_only: AllowOnly = None,
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
    settings = ServerSettings(
        identity=folder.identity(server) if server is not None else some_server(folder, moment),
        policy=_policy(folder, allow_only or []),
        client_certificates=ClientCertificates(client_auth),
    )
    with DatagramServer(settings, at=moment, port=port, mtu=mtu, echo=echo) as serving:
        kind = "DTLS 1.2 and a UDP echo" if echo else "DTLS 1.2"
        note(f"Serving {kind} on 127.0.0.1 port {serving.port} for up to {seconds:g} s; Ctrl-C ends it.")
        _report(
            lambda: len(serving.accounts),
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

    Exit code 1: a layer failed. What Apple devices add is told as an expectation, with its source.
    """
    from pki.handshake import ClientSettings
    from pki.handshake.dtls import DTLS13, diagnose_datagrams
    from pki.report.dtls import diagnosis_document, diagnosis_text

    address, port = _host_and_port(target)
    folder = open_authority(ca, None)
    diagnosis = diagnose_datagrams(
        ClientSettings(
            host=host or address,
            trusted_roots=(folder.root,),
            identity=folder.identity(client) if client is not None else None,
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
        say(diagnosis_text(diagnosis, dtls13=DTLS13))
    _leave(diagnosis.failed is None)


def psk_handshake(
    identity: Identity,
    key_file: KeyFile,
    server_key_file: Annotated[
        str | None, typer.Option(metavar="FILE", help="Another key for the server's end.")
    ] = None,
    server_identity: Annotated[
        str | None, typer.Option(metavar="NAME", help="Another name for it at the server.")
    ] = None,
    tls: Tls = "1.3",
    as_json: AsJson = False,
) -> None:
    """Shake hands with a pre-shared key, client and server both ours, in memory.

    Exit code 1: one end refused.
    """
    from pki.handshake import TlsVersion
    from pki.handshake.psk import shake_hands_with_psk

    ours = _read_key(identity, key_file)
    theirs = _read_key(server_identity or identity, server_key_file) if server_key_file else None
    if theirs is None and server_identity is not None:
        from pki.handshake.psk import PreSharedKey

        theirs = PreSharedKey(server_identity, ours.key)
    _tell(shake_hands_with_psk(ours, theirs or ours, version=TlsVersion(tls), at=now()), as_json)


def psk_serve(
    identity: Identity,
    key_file: KeyFile,
    tls: Annotated[
        Literal["1.2", "1.3"] | None, typer.Option(help="One TLS version. [default: both]")
    ] = None,
    port: Port = 0,
    count: Count = None,
    seconds: Seconds = 600,
) -> None:
    """Serve TLS with one pre-shared key on the loopback interface, and say how each connection went.

    Exit code 1: a connection was refused or broken off; 3: fewer came than were waited for.
    """
    from pki.handshake import TlsVersion
    from pki.handshake.psk import PskServer
    from pki.report.summary import printable

    psk = _read_key(identity, key_file)
    with PskServer(psk, at=now(), version=TlsVersion(tls) if tls else None, port=port) as serving:
        note(f"Serving TLS-PSK on 127.0.0.1 port {serving.port} for up to {seconds:g} s; Ctrl-C ends it.")
        _report(
            lambda: len(serving.accounts),
            lambda: [
                (
                    f"{seen.ending.capitalize()}{f' with {seen.alert}' if seen.alert else ''}: "
                    + printable(seen.reason or f"{seen.identity}, {seen.version}, {seen.suite}"),
                    seen.accepted,
                )
                for seen in serving.outcomes
            ],
            count,
            seconds,
        )


def psk_connect(
    target: Target,
    identity: Identity,
    key_file: KeyFile,
    tls: Tls = "1.3",
    timeout: Timeout = 5,
    as_json: AsJson = False,
) -> None:
    """Connect to a TLS-PSK server and say whether it holds the same key.

    Exit code 1: one end refused.
    """
    from pki.handshake import TlsVersion
    from pki.handshake.psk import call_with_psk

    address, port = _host_and_port(target)
    psk = _read_key(identity, key_file)
    version = TlsVersion(tls)
    _tell(call_with_psk(psk, port, version=version, at=now(), address=address, deadline=timeout), as_json)


def _policy(folder: AuthorityFolder, allowed: list[str]) -> ClientTrust:
    """Whom a server lets in: all clients of the authority's, or those named alone."""
    from pki.handshake import ChainsTo, OnTheList

    roots = (folder.root,)
    if not allowed:
        return ChainsTo(roots)
    return OnTheList.of((folder.certificates(name)[0] for name in allowed), roots=roots)


def _tell(outcome: PskOutcome, as_json: bool) -> None:
    from pki.report.dtls import psk_document, psk_text

    if as_json:
        say_json(psk_document(outcome))
    else:
        say(psk_text(outcome))
    _leave(outcome.accepted)


def _leave(good: bool) -> None:
    if not good:
        raise typer.Exit(EXIT_FINDING)


def _report(
    ended: Callable[[], int],
    finished: Callable[[], Sequence[tuple[str, bool]]],
    count: int | None,
    seconds: float,
) -> None:
    """One line for each connection as it ends, until COUNT have or SECONDS have passed."""
    from pki.report.layout import wrapped

    expires = time.monotonic() + seconds
    told, good = 0, True
    while told < (count or _MOST_CONNECTIONS) and time.monotonic() < expires:
        time.sleep(_GLANCE)
        if ended() == told:
            continue
        for words, accepted in finished()[told:]:
            say("\n".join(wrapped(words, hanging="  ")))
            sys.stdout.flush()
            told, good = told + 1, good and accepted
    if count is not None and told < count:
        raise HandshakeError(
            f"{told} of {count} connections came in {seconds:g} s",
            hint="Give --seconds more, or look at the client.",
        )
    _leave(good)


def _host_and_port(target: str) -> tuple[str, int]:
    """HOST:PORT or [ADDRESS]:PORT.

    Raises:
        InvalidRequest: it is neither.
    """
    from pki.model.hosts import parse_host

    name, colon, digits = target.rpartition(":")
    bracketed = name.startswith("[") and name.endswith("]")
    if (
        not colon
        or not digits.isascii()
        or not digits.isdigit()
        or not 1 <= int(digits[:6]) <= 65535
        or (":" in name and not bracketed)
    ):
        raise InvalidRequest(
            f"{target!r} is no host with a port",
            hint="Write HOST:PORT, such as 127.0.0.1:4433 or [::1]:4433.",
        )
    return parse_host(name[1:-1] if bracketed else name).text, int(digits)


def _read_key(identity: str, source: str) -> PreSharedKey:
    """The key in the file SOURCE, or on stdin; a word about a file that others can read."""
    from pki.handshake.psk import read_psk

    if source == "-":
        return read_psk(sys.stdin.buffer.read(_MAX_KEY_FILE), identity=identity, source="stdin")
    with Path(source).open("rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        text = file.read(_MAX_KEY_FILE)
    if mode & 0o077:
        note(f"warning: {source} can be read by others (mode {mode:04o}); chmod 600 it")
    return read_psk(text, identity=identity, source=source)
