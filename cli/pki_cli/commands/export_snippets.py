"""`export snippets`: Swift and Info.plist keys with the authority's own values."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.options.issue import flags_named
from pki_cli.public_keys import Known, authority_to_hand_out
from pki_cli.shell import DEFAULT_CA, AsJson, CaFolder, beside, say, say_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography import x509

    from pki.export.snippets import Snippet, SnippetValues
    from pki.model.hosts import Host
    from pki.store import AuthorityFolder

Server = Annotated[
    str | None, typer.Option("--host", metavar="NAME", help="The server's host; else the latest issued.")
]
Client = Annotated[
    str | None, typer.Option("--client", metavar="NAME", help="The issued identity the app presents.")
]
PinLeaf = Annotated[
    bool, typer.Option("--pin-leaf", help="Pin the server's own key, too; see renew --keep-key.")
]


def add_to(export: typer.Typer) -> None:
    """Register the command of this module."""
    export.command("snippets")(export_snippets)


def export_snippets(
    host: Server = None,
    client: Client = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="SNIPPET", help="This one alone. Repeatable.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="A file for each; else one on stdout."),
    ] = None,
    pin_leaf: PinLeaf = False,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
    known: Known = False,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Write Swift and Info.plist keys to paste into an app.

    URLSession and Network framework with a client identity and an anchor of
    the app's own, a test, pins, and the smallest ATS exception.
    """
    from pki.export.snippets import chosen, snippets_for

    values = values_in(authority_to_hand_out(ca, known=known), host=host, client=client, pin_leaf=pin_leaf)
    wanted = chosen(snippets_for(values), only or ())
    if output is None and len(wanted) > 1 and not as_json:
        raise InvalidRequest(
            f"{len(wanted)} snippets do not fit on stdout",
            hint=f"Name a folder with -o DIR, or one of them with --only: {', '.join(one.name for one in wanted)}.",
        )
    if output is not None:
        from pki.store.atomic import PUBLIC, write_all

        with flags_named():
            write_all(output, {one.file: (one.text.encode(), PUBLIC) for one in wanted}, replace=force)
    if as_json:
        from pki.export.documents import snippets_document

        folder = str(output) if output is not None else None
        say_json(snippets_document(values, wanted, folder=folder))
    elif output is None:
        say(wanted[0].text.removesuffix("\n"))
    else:
        _tell(values, wanted, output, client=client, ca=ca)


def values_in(
    folder: AuthorityFolder, *, host: str | None, client: str | None, pin_leaf: bool
) -> SnippetValues:
    """What FOLDER knows of the server and the client that are named; without a HOST, the server issued last.

    Raises:
        InvalidRequest: no host is named and none was issued, or what is named is of the wrong kind.
        StoreError: the client was not issued here.
    """
    from pki.export.snippets import ClientFile, SnippetValues
    from pki.model.hosts import parse_host
    from pki.store.layout import slug

    asked = parse_host(host if host is not None else _latest_host(folder))
    chain = server_chain(folder, asked)
    if pin_leaf and not chain:
        raise InvalidRequest(
            f"the key of {asked} cannot be pinned: no server of this name was issued here",
            hint="Issue it first, or leave --pin-leaf out.",
        )
    file = None
    if client is not None:
        row = folder.row(client)
        if row.kind != "client":
            raise InvalidRequest(
                f"{row.name} was issued as a {row.kind}", hint="Name a client; see trustrig list."
            )
        file = ClientFile(f"{slug(row.name)}.p12", intermediates=len(folder.certificates(client)) - 2)
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


def _tell(
    values: SnippetValues, snippets: Iterable[Snippet], folder: Path, *, client: str | None, ca: Path
) -> None:
    said = [f"Wrote to {folder}, for {values.host}:"]
    for one in snippets:
        said += [f"  {one.file}", f"    {one.title}"]
    if client is None or values.client is None:
        said.append("Nothing about a client identity: for that, add --client NAME.")
    else:
        where = beside(ca)
        said.append(f"The app needs {values.client.name} as well, and its password from elsewhere:")
        said.append(
            f"  trustrig export p12 {shlex.quote(client)} -o {shlex.quote(values.client.name)}{where}"
        )
    say("\n".join(said))
