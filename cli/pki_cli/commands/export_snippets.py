"""`export snippets`: Swift and Info.plist keys with the authority's own values."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.options.answer import Force
from pki_cli.options.group import check_combination
from pki_cli.options.handed_over import FromPasswordFile, identity_to_hand_over, opening_password, p12_command
from pki_cli.options.identities import Client
from pki_cli.options.snippets import PinLeaf, Server, values_in
from pki_cli.output_file import STDOUT
from pki_cli.public_keys import Known, authority_to_hand_out
from pki_cli.shell import DEFAULT_CA, AsJson, CaFolder, say, say_json
from pki_cli.ways_out import flags_named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pki.export.snippets import Snippet, SnippetValues


def add_to(export: typer.Typer) -> None:
    """Register the command of this module."""
    export.command("snippets")(export_snippets)


# Long because each option is a parameter, and the steps of the command follow one another.
def export_snippets(
    host: Server = None,
    client: Client = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="SNIPPET", help="This one alone. Repeatable.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="A file for each in this folder; - is stdout, for one alone.",
        ),
    ] = None,
    pin_leaf: PinLeaf = False,
    front: Annotated[
        str | None,
        typer.Option(
            "--front", metavar="URL", help="A front's control port, http://127.0.0.1:8474, for tests of it."
        ),
    ] = None,
    from_password_file: FromPasswordFile = None,
    force: Force = False,
    known: Known = False,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Write Swift and Info.plist keys to paste into an app.

    URLSession and Network framework with a client identity and an anchor of
    the app's own, a test, pins, and the smallest ATS exception. With --front
    tests, for XCTest and pytest, of your own API behind bad certificates.

    \b
    Examples:
      trustrig export snippets --client alice -o Snippets
      trustrig export snippets --host api.test --only server-trust
      trustrig export snippets --host api.test --front :8474 -o Tests
    """
    from pki.export.snippets import chosen, control_url, snippets_for

    check_combination({"--client": client}, {"--from-password-file": from_password_file})
    control = control_url(front) if front is not None else None
    if output == STDOUT:
        output = None
    folder = authority_to_hand_out(ca, known=known)
    identity = (
        identity_to_hand_over(client, ca, opened_by=opening_password(from_password_file))
        if client is not None
        else None
    )
    values = values_in(folder, host=host, client=client, identity=identity, pin_leaf=pin_leaf)
    values = replace(values, control=control)
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

        place = str(output) if output is not None else None
        say_json(snippets_document(values, wanted, folder=place))
    elif output is None:
        say(wanted[0].text.removesuffix("\n"))
    else:
        _tell(values, wanted, output, client=client, ca=ca)


def _tell(
    values: SnippetValues, snippets: Iterable[Snippet], folder: Path, *, client: str | None, ca: Path
) -> None:
    said = [f"Wrote to {folder}, for {values.host}:"]
    for one in snippets:
        said += [f"  {one.file}", f"    {one.title}"]
    if client is None or values.client is None:
        said.append("Nothing about a client identity: for that, add --client NAME.")
    else:
        said.append(f"The app needs {values.client.name} as well, and its password from elsewhere:")
        said.append(f"  {p12_command(client, values.client.name, ca)}")
    say("\n".join(said))
