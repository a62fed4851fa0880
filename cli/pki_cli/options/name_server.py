"""`--dns`: a name server beside a server of ours, for a system whose resolver does not find its names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pki.handshake.serving.name_server import NameServer

Dns = Annotated[
    bool,
    typer.Option("--dns", help="A name server on 127.0.0.1 as well, and how a Mac's resolver is told of it."),
]
DnsPort = Annotated[
    int | None,
    typer.Option(
        "--dns-port",
        metavar="N",
        min=0,
        max=65535,
        help="With --dns: at this UDP port; 0 is any free one. [default: 8453]",
    ),
]


def name_server(
    domain: str, addresses: tuple[str, ...] = (), *, dns: bool, port: int | None
) -> NameServer | None:
    """The name server that is asked for, not yet listening: of DOMAIN, to ADDRESSES or else loopback; else None.

    Raises:
        InvalidRequest: a port is given, and no name server is asked for.
    """
    if not dns:
        if port is not None:
            from pki.errors import InvalidRequest

            raise InvalidRequest(
                "--dns-port says where names are asked for, and nobody answers", hint="Add --dns."
            )
        return None
    from pki.handshake.serving.listeners import LOOPBACK, LOOPBACK6
    from pki.handshake.serving.name_server import NameServer
    from pki.model.local_names import DNS_PORT

    return NameServer(domain, addresses or (LOOPBACK, LOOPBACK6), port=DNS_PORT if port is None else port)
