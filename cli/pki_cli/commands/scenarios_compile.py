"""`scenarios compile`: the catalogue as a folder of files, for test suites that are not Python's."""

from __future__ import annotations

import stat
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest, Unreadable
from pki_cli.options.answer import Check, DryRun
from pki_cli.options.moment import At
from pki_cli.output_file import STDOUT
from pki_cli.shell import EXIT_FINDING, AsJson, moment_of, note, say, say_json

if TYPE_CHECKING:
    from pki_fixtures.compiling import FolderCheck, Order

_LARGEST = 64 * 1024 * 1024  # bytes; ours are below one


def add_compile(scenarios: typer.Typer) -> None:
    """Register the command in the group SCENARIOS."""
    scenarios.command("compile")(compile_folder)


# Long because each option is a parameter, and the steps of the command follow one another.
def compile_folder(
    which: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[DIR] [ID|TAG]...",
            help="The folder, without -o; then scenarios by name, or all that carry a tag. [default: all]",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="A new folder, or one compiled before."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", help="The same N makes the same again.")
    ] = None,
    at: At = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", metavar="TAG", help="Those alone that carry it. Repeatable.")
    ] = None,
    dry_run: DryRun = False,
    check: Check = False,
    within: Annotated[
        str | None,
        typer.Option("--within", metavar="TIME", help="With --check: it has to hold until then, as in 30d."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compile scenarios to a folder, for tests in any language.

    Certificates, keys, manifest.json with every verdict, and tests for Xcode, Node and Go that read it. With --seed
    and --at the folder is the same again, byte for byte. What was compiled into
    it before is replaced, and what others put there is kept. --check: is it to be compiled again?

    \b
    Examples:
      trustrig scenarios compile -o Fixtures --seed 7
      trustrig scenarios compile -o Fixtures expired-leaf --tag ats
      trustrig scenarios compile -o Fixtures --check --within 30d
    """
    from pki.issue.validity import parse_moment
    from pki_fixtures.compiling import Order

    moment = moment_of(at)
    folder, words = _folder_and_words(output, which or [])
    order = Order(frozenset(words), frozenset(tag or ()))
    if not check:
        if within is not None:
            raise InvalidRequest("--within is a question of --check", hint="Give both, or neither.")
        _compile(folder, order, moment, seed, dry_run=dry_run, as_json=as_json)
        return
    until = parse_moment(within, at=moment) if within else moment
    if until < moment:
        raise InvalidRequest(f"--within {within} lies before the check", hint="Give a distance such as 30d.")
    order.entries()  # a name that nothing has is a mistake
    found = _check(folder, order if words or tag else None, moment, until, seed)
    _tell(found, folder, as_json=as_json)
    if not found.up_to_date:
        raise typer.Exit(EXIT_FINDING)


def _folder_and_words(output: Path | None, words: list[str]) -> tuple[Path, list[str]]:
    """The folder, which is the first of WORDS where -o names none, and the scenarios."""
    if output is None and not words:
        raise InvalidRequest(
            "no folder was named", hint="Name a new one:", commands=["trustrig scenarios compile -o Fixtures"]
        )
    folder = output if output is not None else Path(words[0])
    if folder == STDOUT:
        raise InvalidRequest("a catalogue is a folder, and no stream", hint="Name one with -o DIR.")
    return folder, words if output is not None else words[1:]


def _compile(
    folder: Path, order: Order, at: datetime, seed: int | None, *, dry_run: bool, as_json: bool
) -> None:
    from pki.store.folder_swap import check_replaceable, replace_folder
    from pki_fixtures.compiling import compile_scenarios
    from pki_fixtures.compiling.compiled_report import compiled_document, compiled_text

    check_replaceable(folder)
    ours = _made_before(folder)
    files = compile_scenarios(order, at=at, seed=seed)
    if not dry_run:
        replace_folder(folder, files, ours=ours.__contains__)
    document = compiled_document(files, folder=folder, replaced=bool(ours), written=not dry_run)
    if as_json:
        say_json(document)
        return
    say(compiled_text(document))
    if seed is not None and not dry_run:
        note("note: whoever knows the seed has these keys, too: trust their roots for tests alone")


def _made_before(folder: Path) -> frozenset[str]:
    """The files in FOLDER that compiling replaces; of a new or empty folder none.

    Raises:
        InvalidRequest: there are things in it, and they are not a compiled catalogue.
    """
    from pki.store.atomic import refusals_about
    from pki_fixtures.compiling import MANIFEST, files_in, read_manifest

    with refusals_about(folder):
        if not folder.is_dir() or not any(folder.iterdir()):
            return frozenset()
    try:
        return frozenset({MANIFEST, *files_in(read_manifest(_read(folder, MANIFEST), name=str(folder)))})
    except Unreadable as error:
        raise InvalidRequest(
            error.problem, hint="Choose a new or empty folder, or one that was compiled before."
        ) from None


def _check(folder: Path, order: Order | None, at: datetime, until: datetime, seed: int | None) -> FolderCheck:
    from pki_fixtures.compiling import MANIFEST, check

    def read(path: str) -> bytes | None:
        return _read(folder, path)

    return check(read(MANIFEST), read, name=str(folder), at=at, until=until, order=order, seed=seed)


def _read(folder: Path, path: str) -> bytes | None:
    """A file's bytes; None where there is none, or a link or a pipe in its place."""
    place = folder / path
    try:
        found = place.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:
            return None
        return place.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _tell(found: FolderCheck, folder: Path, *, as_json: bool) -> None:
    from pki_fixtures.compiling.check_report import check_document, check_text

    if as_json:
        say_json(check_document(found, folder=str(folder)))
        return
    if found.turning:
        turning = ", ".join(f"{id} {holds:%Y-%m-%d}" for id, holds in found.turning)
        note(f"note: the clock changes some as it is meant to: {turning}; at the manifest's time none")
    say(check_text(found, folder=str(folder)))
