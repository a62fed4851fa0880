"""`front`: the developer's own server behind good TLS and behind every bad one."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.connection_lines import ConnectionLines, connection_tellers
from pki_cli.options.group import OptionGroup, with_groups
from pki_cli.options.issue import PassphraseFile, open_authority
from pki_cli.options.listen import DEFAULT_PORT, AsJsonLines, Port
from pki_cli.options.name_server import Dns, DnsPort, name_server
from pki_cli.options.span import A_DAY, Span, for_option
from pki_cli.shell import DEFAULT_CA, CaFolder, note, now, say
from pki_cli.stay import Stay

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.x509 import Certificate

    from pki.handshake.serving.name_server import NameServer
    from pki.store import AuthorityFolder
    from pki_fixtures.front import Front

_LONGEST = Span(30 * A_DAY, "30d")
_GLANCE = 0.2  # seconds between looks at what was typed and who left


def add_to(app: typer.Typer) -> None:
    """Register the command of this module."""
    app.command()(with_groups(front))


class ReachOptions(OptionGroup):
    """Where a front listens, who may come, and how clients find it."""

    port: Port = DEFAULT_PORT
    address: Annotated[
        str | None,
        typer.Option(
            "--address",
            metavar="IP",
            help="Listen there too, not on loopback alone: this publishes the server.",
        ),
    ] = None
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="IP", help="Clients of this address alone. Repeatable."),
    ] = None
    client_ca: Annotated[
        Path | None,
        typer.Option("--client-ca", metavar="FILE|DIR", help="Ask clients for a certificate by this CA."),
    ] = None
    pac: Annotated[
        bool, typer.Option("--pac", help="Be a proxy for the name as well, by a PAC on the same port.")
    ] = False
    dns: Dns = False
    dns_port: DnsPort = None

    def addresses(self) -> tuple[str, ...]:
        """Loopback, and before it the address of this machine that was named.

        Raises:
            InvalidRequest: it is none of this machine's, or all of them at once.
        """
        from pki.handshake.serving.listeners import LOOPBACK, LOOPBACK6

        if self.address is None:
            return LOOPBACK, LOOPBACK6
        from pki.install.portal import choose_address, own_addresses

        return tuple(dict.fromkeys((choose_address(self.address, own=own_addresses()), LOOPBACK, LOOPBACK6)))

    def names(self, host: str, addresses: tuple[str, ...]) -> NameServer | None:
        """The name server for HOST, which leads to ADDRESSES; None where none is asked for.

        Raises:
            InvalidRequest: HOST is no name that a resolver asks a server for.
        """
        from pki.model.hosts import parse_host
        from pki.model.local_names import domain_to_answer_for

        if self.dns and (parse_host(host).is_address or host.removesuffix(".").endswith(".local")):
            kind = (
                "an address, and is asked for nowhere" if parse_host(host).is_address else "asked for by mDNS"
            )
            raise InvalidRequest(
                f"{host} is {kind}", hint="Leave --dns out, or choose a name such as api.test."
            )
        domain = domain_to_answer_for(host) if self.dns else host
        return name_server(domain, addresses[:1] if self.address else (), dns=self.dns, port=self.dns_port)

    def clients(self) -> AuthorityFolder | tuple[Certificate, ...] | None:
        """Whose clients are asked for and let in: an authority's, or those below certificates in a file."""
        if self.client_ca is None:
            return None
        from pki.store.layout import FolderLayout
        from pki_cli.options.client_policy import roots_in

        if FolderLayout(self.client_ca).marker.is_file():
            return open_authority(self.client_ca, None)
        return roots_in((self.client_ca,))


# Long because each option is a parameter, and the steps of the command follow one another.
def front(
    behind: Annotated[
        str, typer.Argument(metavar="URL", help="The server behind: http://localhost:3000, or :3000.")
    ],
    *,
    name: Annotated[
        str, typer.Option("--name", metavar="HOST", help="What clients call it: api.test, or an address.")
    ],
    show: Annotated[
        str, typer.Option("--show", metavar="SCENARIO", help="What is shown first; `scenarios list` has all.")
    ] = "good-ec",
    reach: ReachOptions,
    control: Annotated[
        int | None,
        typer.Option(
            "--control",
            metavar="PORT",
            min=0,
            max=65535,
            help="Tests switch it there: PUT http://127.0.0.1:PORT/SCENARIO.",
        ),
    ] = None,
    lasting: Annotated[Span, for_option(most=_LONGEST)] = A_DAY,
    log: Annotated[
        Path | None,
        typer.Option("--log", metavar="FILE", help="Add a line of JSON for each connection to FILE."),
    ] = None,
    ca: CaFolder = DEFAULT_CA,
    passphrase_file: PassphraseFile = None,
    as_json: AsJsonLines = False,
) -> None:
    """Put TLS in front of your own server, good or bad, and switch while clients come.

    The server behind speaks plain HTTP; bytes pass as they are, HTTP/1.1, WebSocket, HTTP/2 where it speaks that. The
    certificates are signed by the authority that your devices trust already. It listens on loopback, unless --address
    names one of this machine. Certificates are made anew every six hours. Ends with Ctrl-C (exit code 130), SIGTERM
    (143) or when time is up (0).

    \b
    Examples:
      trustrig front http://localhost:3000 --name api.test
      trustrig front :3000 --name api.test --show expired-leaf --control 8474
      trustrig front :3000 --name api.test --address 192.168.1.20 --pac
    """
    from pki_cli.front_freshness import Freshness
    from pki_cli.front_keys import FrontKeys
    from pki_cli.ways_out import flags_named
    from pki_fixtures.connection_report import relayed_document
    from pki_fixtures.front import Front

    addresses = reach.addresses()
    names = reach.names(name, addresses)
    with flags_named(ca):
        served = Front(
            behind,
            name,
            at=now(),
            authority=open_authority(ca, passphrase_file),
            show=show,
            addresses=addresses,
            port=reach.port,
            only=tuple(reach.only or ()),
            client_ca=reach.clients(),
            proxy=reach.pac,
            control=control,
        )
    with connection_tellers(log, as_json=as_json) as tellers:
        lines = ConnectionLines(
            lambda count, timeout: served.finished_since(count, timeout=timeout),
            lambda relayed, at: relayed_document(relayed, at=at),
            tellers,
        )
        try:
            with served, names or contextlib.nullcontext():
                stay, keys, fresh = Stay(lasting), FrontKeys(served), Freshness(served)
                _begin(served, reach, stay.until, names, keys=keys.there, as_json=as_json)
                while (left := stay.left) > 0:
                    lines.tell(timeout=min(left, _GLANCE))
                    keys.heed()
                    fresh.keep()
        except KeyboardInterrupt:
            lines.stop()
            raise
        lines.stop()


def _begin(
    served: Front,
    reach: ReachOptions,
    until: datetime,
    names: NameServer | None,
    *,
    keys: bool,
    as_json: bool,
) -> None:
    from ipaddress import ip_address

    from pki_fixtures.front_document import front_document
    from pki_fixtures.front_text import front_text

    if public := [address for address in served.relay.addresses if ip_address(address).is_global]:
        note(
            f"warning: {public[0]} is a public address: the server behind can be reached from beyond your network"
        )
    if not as_json:
        only, asks = reach.only or (), reach.client_ca is not None
        say(front_text(served, until=until, names=names, only=only, asks_clients=asks, keys=keys))
        return
    say(json.dumps(front_document(served, until=until, names=names), ensure_ascii=False))
