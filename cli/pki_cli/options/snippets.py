"""Options that `export snippets` and `export bundle` share, and how they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki.store.default_folder import ca_option
from pki_cli.options.identities import called_as

if TYPE_CHECKING:
    from cryptography import x509

    from pki.export.snippets import SnippetValues
    from pki.model.hosts import Host
    from pki.model.identity import Identity
    from pki.store import AuthorityFolder


Server = Annotated[
    str | None, typer.Option("--host", metavar="NAME", help="The server's host; else the latest issued.")
]


PinLeaf = Annotated[
    bool, typer.Option("--pin-leaf", help="Pin the server's own key, too; see renew --keep-key.")
]


def values_in(
    folder: AuthorityFolder,
    *,
    host: str | None,
    client: str | None,
    identity: Identity | None,
    pin_leaf: bool,
) -> SnippetValues:
    """What FOLDER knows of the server that is named, else of the one issued last, and what CLIENT's IDENTITY says.

    Raises:
        InvalidRequest: no host is named and none was issued, or a key is to be pinned that was not issued here.
    """
    from pki.export.snippets import ClientFile, SnippetValues
    from pki.model.hosts import parse_host
    from pki.store.layout import slug

    asked = parse_host(host if host is not None else _latest_host(folder))
    chain = server_chain(folder, asked)
    if pin_leaf and not chain:
        raise InvalidRequest(
            f"the key of {asked} cannot be pinned: no server of this name was issued here",
            hint="Leave --pin-leaf out, or issue it first:",
            commands=[f"trustrig issue server {asked}{ca_option(folder.path)}"],
        )
    file = None
    if client is not None and identity is not None:
        file = ClientFile(f"{slug(called_as(client))}.p12", intermediates=len(identity.intermediates))
    return SnippetValues(
        asked,
        folder.root,
        chain[1:-1] or folder.intermediates,
        client=file,
        pinned_leaf=chain[0] if pin_leaf else None,
    )


def server_chain(folder: AuthorityFolder, host: Host) -> tuple[x509.Certificate, ...]:
    """The chain of the server issued last for HOST, the root last; empty when there is none."""
    names = {host.text, host.name}
    if not host.is_address:
        names.add(f"*.{host.name.partition('.')[2]}")
    for row in reversed(folder.rows()):
        if row.kind == "server" and names & set(row.names):
            return folder.certificates(row.name)
    return ()


def _latest_host(folder: AuthorityFolder) -> str:
    from pki.model.names import names_host

    rows = (row for row in folder.rows() if row.kind == "server")
    hosts = (next((name for name in row.names if names_host(name)), "*") for row in rows)
    named = [name for name in hosts if not name.startswith("*")]
    if not named:
        raise InvalidRequest("no host was named, and no server was issued", hint="Add --host NAME.")
    return named[-1]
