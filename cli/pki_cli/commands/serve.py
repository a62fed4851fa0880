"""`serve`: scenarios as live servers."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki_cli.connection_lines import ConnectionLines, connection_tellers
from pki_cli.options.group import check_combination
from pki_cli.options.issue import PassphraseFile, open_authority
from pki_cli.options.listen import DEFAULT_PORT, AsJsonLines
from pki_cli.options.moment import At
from pki_cli.options.name_server import Dns, DnsPort, name_server
from pki_cli.options.span import A_DAY, Span, for_option
from pki_cli.shell import moment_of, say
from pki_cli.stay import Stay
from pki_cli.ways_out import flags_named

if TYPE_CHECKING:
    from datetime import datetime

    from pki.handshake.serving.name_server import NameServer
    from pki_fixtures.serving import ScenarioServer

_AN_HOUR = Span(3600, "1h")
# Ours, and for a reason: a day after the start the certificates that begin tomorrow have begun.
_LONGEST = A_DAY
_GLANCE = 0.5  # seconds; a signal is heeded between two waits for the next connection


def add_to(app: typer.Typer) -> None:
    """Register the command of this module."""
    app.command()(serve)


# Long because each option is a parameter, and the steps of the command follow one another.
def serve(
    which: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID|TAG]...", help="Scenarios by name, or all that carry a tag. [default: all]"
        ),
    ] = None,
    port: Annotated[
        int,
        typer.Option(
            "--port",
            min=0,
            max=65535,
            metavar="N",
            help="For the index and all names; with --ports the next ones, too. 0 is any free one.",
        ),
    ] = DEFAULT_PORT,
    ports: Annotated[bool, typer.Option("--ports", help="A port for each, not one for all names.")] = False,
    anchors: Annotated[
        Path | None,
        typer.Option(
            "--anchors",
            metavar="DIR",
            help="A new folder, or an earlier run's, for what clients need: roots first.",
        ),
    ] = None,
    ca: Annotated[
        Path | None,
        typer.Option(
            "--ca", metavar="DIR", help="The authority's folder; given here, it signs the scenarios."
        ),
    ] = None,
    passphrase_file: PassphraseFile = None,
    at: At = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", help="The same N makes the same again.")
    ] = None,
    dns: Dns = False,
    dns_port: DnsPort = None,
    lasting: Annotated[Span, for_option(most=_LONGEST)] = _AN_HOUR,
    log: Annotated[
        Path | None,
        typer.Option("--log", metavar="FILE", help="Add a line of JSON for each connection to FILE."),
    ] = None,
    as_json: AsJsonLines = False,
) -> None:
    """Serve scenarios on this machine, good servers and bad, by name on one port or a port each.

    https://localhost:8443/ lists them. Each has a name of its own, https://expired-leaf.localhost:8443/. Ends with
    Ctrl-C (exit code 130), SIGTERM (143) or when time is up (0). With --ca (TRUSTRIG_CA does not count here) a client
    that trusts that root sees every verdict; keys stay in memory, nothing is added to the folder, and what it cannot
    sign is told.

    \b
    Examples:
      trustrig serve
      trustrig serve good-ec expired-leaf --anchors roots --for 10m
      trustrig serve names --ports --json
      trustrig serve --ca trustrig-ca
      trustrig serve --dns
    """
    from pki.model.local_names import LOCALHOST
    from pki_cli.client_folder import check_client_folder
    from pki_fixtures.connection_report import connection_document
    from pki_fixtures.serving import ScenarioServer

    check_combination({"--ca": ca}, {"--ca-passphrase-file": passphrase_file})
    with flags_named(ca):
        authority = open_authority(ca, passphrase_file) if ca is not None else None
        server = ScenarioServer(
            which or (), at=moment_of(at), seed=seed, authority=authority, port=port, one_each=ports
        )
    names = name_server(LOCALHOST, dns=dns, port=dns_port)
    if anchors is not None:
        check_client_folder(anchors)
    with connection_tellers(log, as_json=as_json) as tellers:
        lines = ConnectionLines(
            lambda count, timeout: server.finished_since(count, timeout=timeout),
            lambda record, at: connection_document(record, at=at),
            tellers,
        )
        try:
            with server, names or contextlib.nullcontext():
                stay = Stay(lasting)
                if anchors is not None:
                    _write_for_clients(server, stay.until, anchors, names)
                _begin(server, stay.until, anchors, names, as_json=as_json)
                while (left := stay.left) > 0:
                    lines.tell(timeout=min(left, _GLANCE))
        except KeyboardInterrupt:
            lines.stop()
            raise
        lines.stop()


def _write_for_clients(
    server: ScenarioServer, until: datetime, folder: Path, names: NameServer | None
) -> None:
    from pki_cli.client_folder import write_client_folder
    from pki_fixtures.client_files import files_for_clients
    from pki_fixtures.serving_report import serving_file

    listing = server.listing
    serving = serving_file(listing, until=until, folder=str(folder), names=names)
    write_client_folder(folder, (*files_for_clients(listing), serving))


def _begin(
    server: ScenarioServer,
    until: datetime,
    folder: Path | None,
    names: NameServer | None,
    *,
    as_json: bool,
) -> None:
    from pki_fixtures.serving_report import serving_document, serving_text

    shown = str(folder) if folder is not None else None
    if as_json:
        document = serving_document(server.listing, until=until, folder=shown, names=names)
        say(json.dumps(document, ensure_ascii=False))
        return
    say(serving_text(server.listing, until=until, folder=shown, names=names))
