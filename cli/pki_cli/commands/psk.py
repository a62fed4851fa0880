"""`psk handshake|serve|connect`."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pki_cli.groups import command_group
from pki_cli.shell import AsJson, note, now, say, say_json
from pki_cli.terminal import answer_style

if TYPE_CHECKING:
    from pki.handshake.psk import PreSharedKey
    from pki.model.datagrams import PskOutcome

from pki_cli.options.listen import Count, Port, Seconds, Target, Timeout, host_and_port, leave, report

_MAX_KEY_FILE = 4096  # bytes; the longest key is 1024 digits

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
    psk = command_group("TLS with a pre-shared key: shake hands, serve, or connect.")
    for name, runs in (("handshake", psk_handshake), ("serve", psk_serve), ("connect", psk_connect)):
        psk.command(name)(runs)
    app.add_typer(psk, name="psk")


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
    from pki.report.layout import printable

    psk = _read_key(identity, key_file)
    with PskServer(psk, at=now(), version=TlsVersion(tls) if tls else None, port=port) as serving:
        note(f"Serving TLS-PSK on 127.0.0.1 port {serving.port} for up to {seconds:g} s; Ctrl-C ends it.")
        report(
            lambda: len(serving.records),
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
