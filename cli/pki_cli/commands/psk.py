"""`psk handshake|serve|connect`."""

from __future__ import annotations

import os
import stat
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pki.errors import InvalidRequest
from pki_cli.groups import command_group
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
from pki_cli.options.span import DEFAULT_TIMEOUT, TEN_MINUTES, For, Timeout
from pki_cli.shell import AsJson, note, now, say, say_json, stdin_once
from pki_cli.terminal import answer_style

if TYPE_CHECKING:
    from pki.handshake.psk import PreSharedKey
    from pki.model.datagrams import PskOutcome

_MAX_KEY_FILE = 4096  # bytes; the longest key is 1024 digits

_VARIABLE = "TRUSTRIG_PSK"
_TLS = "The TLS version."

Identity = Annotated[
    str, typer.Option("--psk-identity", metavar="NAME", help="The name of the key, in the clear.")
]
KeyFile = Annotated[
    str | None,
    typer.Option(
        "--psk-file",
        metavar="FILE",
        help=f"Read the key, in hex digits, from FILE; - is stdin. [env: {_VARIABLE}]",
    ),
]
Version = Literal["1.2", "1.3"]
Tls = Annotated[Version, typer.Option("--tls", help=_TLS)]


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    psk = command_group(
        "TLS with a pre-shared key: shake hands, serve, or connect.\n\n\b\nExamples:\n"
        "  trustrig psk handshake --psk-identity alice\n"
        "  trustrig psk connect 127.0.0.1:4433 --psk-identity alice --psk-file psk.hex"
    )
    for name, runs in (("handshake", psk_handshake), ("serve", psk_serve), ("connect", psk_connect)):
        psk.command(name)(runs)
    app.add_typer(psk, name="psk")


def psk_handshake(
    identity: Identity,
    key_file: KeyFile = None,
    server_key_file: Annotated[
        str | None,
        typer.Option(
            "--server-psk-file", metavar="FILE", help="Another key for the server's end; - is stdin."
        ),
    ] = None,
    server_identity: Annotated[
        str | None,
        typer.Option("--server-psk-identity", metavar="NAME", help="Another name for it at the server."),
    ] = None,
    tls: Tls = "1.3",
    as_json: AsJson = False,
) -> None:
    """Shake hands with a pre-shared key, client and server both ours, in memory.

    Exit code 1: one end refused.

    \b
    Examples:
      trustrig psk handshake --psk-identity alice --psk-file psk.hex
      openssl rand -hex 32 | trustrig psk handshake --psk-identity a --psk-file -
    """
    from pki.handshake import TlsVersion
    from pki.handshake.psk import shake_hands_with_psk

    stdin_once(key_file, server_key_file)
    ours = _read_key(identity, key_file)
    theirs = _read_key(server_identity or identity, server_key_file) if server_key_file else None
    if theirs is None and server_identity is not None:
        from pki.handshake.psk import PreSharedKey

        theirs = PreSharedKey(server_identity, ours.key)
    _tell(shake_hands_with_psk(ours, theirs or ours, version=TlsVersion(tls), at=now()), as_json)


def psk_serve(
    identity: Identity,
    key_file: KeyFile = None,
    tls: Annotated[Version | None, typer.Option("--tls", help=f"{_TLS} [default: both]")] = None,
    port: Port = 0,
    count: Count = None,
    lasting: For = TEN_MINUTES,
    as_json: AsJsonLines = False,
) -> None:
    """Serve TLS with one pre-shared key on the loopback interface, and say how each connection went.

    Exit code 1: a connection was refused or broken off; 3: fewer came than were waited for.

    \b
    Examples:
      trustrig psk serve --psk-identity alice --psk-file psk.hex --port 4433
      trustrig psk serve --psk-identity alice --psk-file psk.hex --for 30s --json
    """
    from pki.handshake import TlsVersion
    from pki.handshake.psk import PskServer
    from pki.report.dtls import psk_document
    from pki.report.layout import printable

    psk = _read_key(identity, key_file)
    listening = Listening(lasting, count, as_json)
    with PskServer(psk, at=now(), version=TlsVersion(tls) if tls else None, port=port) as serving:
        listening.begin("psk", "TLS-PSK", serving.port)
        listening.report(
            lambda: len(serving.records),
            lambda: [
                EndedConnection(
                    f"{seen.ending.capitalize()}{f' with {seen.alert}' if seen.alert else ''}: "
                    + printable(seen.reason or f"{seen.identity}, {seen.version}, {seen.suite}"),
                    partial(psk_document, seen),
                    seen.accepted,
                )
                for seen in serving.outcomes
            ],
        )


def psk_connect(
    target: Target,
    identity: Identity,
    key_file: KeyFile = None,
    tls: Tls = "1.3",
    timeout: Timeout = DEFAULT_TIMEOUT,
    as_json: AsJson = False,
) -> None:
    """Connect to a TLS-PSK server and say whether it holds the same key.

    Exit code 1: one end refused.

    \b
    Examples:
      trustrig psk connect 127.0.0.1:4433 --psk-identity alice --psk-file psk.hex
      trustrig psk connect hub:8884 --psk-identity a --psk-file psk.hex --tls 1.2
    """
    from pki.handshake import TlsVersion
    from pki.handshake.psk import call_with_psk

    address, port = host_and_port(target)
    psk = _read_key(identity, key_file)
    version = TlsVersion(tls)
    _tell(call_with_psk(psk, port, version=version, at=now(), address=address, deadline=timeout), as_json)


def _tell(outcome: PskOutcome, as_json: bool) -> None:
    from pki.report.dtls import psk_document, psk_text

    if as_json:
        say_json(psk_document(outcome))
    else:
        say(psk_text(outcome, style=answer_style()))
    leave(outcome.accepted)


def _read_key(identity: str, source: str | None) -> PreSharedKey:
    """The key in the file SOURCE, on stdin or in the environment; a word about a file that others can read.

    Raises:
        InvalidRequest: nobody gave one, or it is no key.
    """
    from pki.handshake.psk import read_psk

    if source is None:
        given = os.environ.get(_VARIABLE)
        if given is None:
            raise InvalidRequest(
                "no key was given", hint=f"Give it with --psk-file FILE or in {_VARIABLE}, in hex digits."
            )
        return read_psk(given.encode(errors="surrogateescape"), identity=identity, source=_VARIABLE)
    if source == "-":
        return read_psk(sys.stdin.buffer.read(_MAX_KEY_FILE), identity=identity, source="stdin")
    with Path(source).open("rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        text = file.read(_MAX_KEY_FILE)
    if mode & 0o077:
        note(f"warning: {source} can be read by others (mode {mode:04o}); chmod 600 it")
    return read_psk(text, identity=identity, source=source)
