"""From an exception to what is said of it and the exit code; loaded when something went wrong."""

from __future__ import annotations

import contextlib
import os
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from pki.errors import InvalidRequest, PkiError, system_refusal
from pki.model.unanswered import Unanswered
from pki.report.error import error_id, error_json
from pki_cli.session import session
from pki_cli.shell import EXIT_CRASH, EXIT_NO_ANSWER, EXIT_USAGE, complain, say
from pki_cli.typer_errors import help_instead, is_typers, name_of, wrong_usage
from pki_cli.wrong_usage import WrongUsage, retyped

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is said of an exception. `more` follows on stderr; `page` is a help in place of the sentence."""

    id: str
    exit_code: int
    problem: str
    hint: str = ""
    commands: tuple[str, ...] = ()
    argument: str | None = None
    path: str | None = None
    sentence: str = ""
    more: str = ""
    page: str = ""


def complaint_about(error: BaseException, args: Sequence[str]) -> Complaint:
    """What is said of ERROR, to which the arguments ARGS have led."""
    if is_typers(error):
        wrong = wrong_usage(error, args)
        return Complaint(
            wrong.kind,
            EXIT_USAGE,
            wrong.problem,
            wrong.hint,
            argument=wrong.argument,
            sentence=str(wrong),
            page=help_instead(error),
        )
    match error:
        case PkiError():
            argument, path = _subject_of(error.problem)
            return Complaint(
                error.kind if isinstance(error, WrongUsage) else error_id(type(error)),
                EXIT_USAGE if isinstance(error, InvalidRequest) else EXIT_NO_ANSWER,
                error.problem,
                error.hint,
                error.commands,
                error.argument or argument,
                error.path or path,
                str(error),
                _expected(error),
            )
        case OSError():
            return _of_the_system(error)
        case _:
            return _crash(error, args)


def tell(complaint: Complaint) -> int:
    """Say it on stderr and, where JSON was asked for, as a document on stdout; answer the exit code."""
    if complaint.page:
        typer.echo(complaint.page, err=True)
    else:
        complain(complaint.sentence)
    if complaint.more:
        typer.echo(complaint.more, err=True)
    if session.as_json:
        import json

        document = error_json(
            complaint.id,
            problem=complaint.problem,
            hint=complaint.hint,
            commands=complaint.commands,
            exit_code=complaint.exit_code,
            argument=complaint.argument,
            path=complaint.path,
            command=" ".join(session.command),
        )
        # Behind lines of an answer it is one more line. Where stdout itself takes nothing more, stderr has said it.
        with contextlib.suppress(OSError):
            say(json.dumps(document, indent=None if session.answered else 2, ensure_ascii=False))
    return complaint.exit_code


def _subject_of(problem: str) -> tuple[str | None, str | None]:
    """The one option or argument whose value PROBLEM quotes or begins with, and that value where it is a file's name.

    Who reads a value knows not where it was typed. Where several parameters fit there is no saying, and none is named.
    """
    if session.context is None:
        return None, None
    values = session.context.params
    found = {
        name_of(param): value
        for param in session.context.command.params
        for value in _each(values.get(param.name))
        if repr(str(value)) in problem or _begins(problem, str(value))
    }
    if len(found) != 1:
        return None, None
    ((name, value),) = found.items()
    is_file = _begins(problem, str(value)) and (isinstance(value, os.PathLike) or os.path.lexists(value))
    return name, str(value) if is_file else None


def _begins(problem: str, value: str) -> bool:
    return bool(value) and problem.startswith(value) and not problem[len(value) :][:1].isalnum()


def _each(value: object) -> list[str | os.PathLike[str]]:
    """What a parsed VALUE holds of texts and paths."""
    several = value if isinstance(value, list | tuple) else [value]
    return [one for one in several if isinstance(one, str | os.PathLike)]


def _expected(error: PkiError) -> str:
    if not isinstance(error, Unanswered) or error.expected is None:
        return ""
    return f"The app should see {error.expected.short}, {error.expected.reason}: expected, not measured."


def _of_the_system(error: OSError) -> Complaint:
    path = None if error.filename is None else str(error.filename)
    problem, hint = system_refusal(path or "", error)
    return Complaint(
        "refused-by-the-system",
        EXIT_NO_ANSWER,
        problem,
        hint,
        path=path,
        sentence=f"{problem}. {hint}",
    )


def _crash(error: BaseException, args: Sequence[str]) -> Complaint:
    """A mistake of ours: where, in one sentence. What the exception says can quote what nobody else shall see."""
    problem = f"a mistake in trustrig itself: {type(error).__name__} in {_place(error)}"
    line = retyped(["-v", *(arg for arg in args if arg not in ("-v", "--verbose"))])
    hint = f"`{line}` prints the traceback: attach it when you report this, once you have read it for secrets"
    if session.verbose:
        hint = "Attach the traceback when you report this, once you have read it for secrets"
    more = "".join(traceback.format_exception(error)) if session.verbose else ""
    return Complaint("crash", EXIT_CRASH, problem, hint, sentence=f"{problem}. {hint}.", more=more)


def _place(error: BaseException) -> str:
    """The innermost line of ours that ERROR came through: `pki/load/pem.py, line 12`."""
    place = "an unknown place"
    for frame, line in traceback.walk_tb(error.__traceback__):
        name = frame.f_globals.get("__name__", "")
        if name.partition(".")[0] in ("pki", "pki_cli", "pki_fixtures"):
            place = f"{name}, line {line}"
    return place
