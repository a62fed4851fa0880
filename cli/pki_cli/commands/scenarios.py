"""`scenarios list` and `scenarios show`: the catalogue of servers, and what is stated of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pki_cli.commands.scenarios_compare import add_compare
from pki_cli.commands.scenarios_compile import add_compile
from pki_cli.groups import command_group
from pki_cli.shell import AsJson, now, say, say_json
from pki_cli.terminal import answer_style

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pki_fixtures import Scenario
    from pki_fixtures.prepared_server import NotServed, PreparedServer


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    scenarios = command_group(
        "The catalogue of servers, good and bad, each with its verdict.\n\n\b\nExamples:\n"
        "  trustrig scenarios list --tag dates\n"
        "  trustrig scenarios compile rig"
    )
    for name, command in (("list", scenarios_list), ("show", scenarios_show)):
        scenarios.command(name)(command)
    add_compile(scenarios)
    add_compare(scenarios)
    app.add_typer(scenarios, name="scenarios")


def scenarios_list(
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="TAG", help="Those that carry it. Repeatable: all of them."),
    ] = None,
    here: Annotated[
        bool,
        typer.Option("--here", help="Make each server ready, and say which cannot be served here, and why."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the scenarios, a line each.

    Verdicts at the three levels, the anchor class they were written for, the title.

    \b
    Examples:
      trustrig scenarios list
      trustrig scenarios list --tag ats --tag suites
      trustrig scenarios list --here --json
    """
    from pki_fixtures import SCENARIOS
    from pki_fixtures.prepared_server import NotServed
    from pki_fixtures.scenario_document import scenarios_document
    from pki_fixtures.scenario_text import list_text

    SCENARIOS.select(*(tag or ()))  # a tag that nothing carries is a mistake, not an empty answer
    entries = SCENARIOS.tagged(*(tag or ()))
    made = _made_ready(entries) if here else None
    if as_json:
        say_json(scenarios_document(entries, made))
        return
    refused = None
    if made is not None:
        refused = {id: part.reason for id, part in made.items() if isinstance(part, NotServed)}
    say(list_text(entries, refused, style=answer_style()))


def scenarios_show(
    id: Annotated[str, typer.Argument(metavar="ID", help="The scenario's name, such as expired-leaf.")],
    as_json: AsJson = False,
) -> None:
    """Show one scenario, and how to serve it.

    Its story, its chain drawn, each verdict with Apple's codes.

    \b
    Examples:
      trustrig scenarios show expired-leaf
    """
    from pki.errors import InvalidRequest
    from pki_cli.options.listen import DEFAULT_PORT
    from pki_fixtures import SCENARIOS
    from pki_fixtures.scenario_document import scenarios_document
    from pki_fixtures.scenario_text import show_text

    (entry, *more) = SCENARIOS.select(id)
    if more or entry.id != id:
        raise InvalidRequest(
            f"{id} is a tag, and {1 + len(more)} scenarios carry it",
            hint="They are listed by:",
            commands=[f"trustrig scenarios list --tag {id}"],
        )
    made = _made_ready((entry,))
    if as_json:
        say_json(scenarios_document((entry,), made))
    else:
        say(show_text(entry, made[id], port=DEFAULT_PORT, style=answer_style()))


def _made_ready(entries: Iterable[Scenario]) -> dict[str, tuple[PreparedServer, ...] | NotServed]:
    from pki_fixtures import Rig
    from pki_fixtures.prepared_server import prepare_server

    rig = Rig(at=now())
    return {entry.id: prepare_server(entry, rig) for entry in entries}
