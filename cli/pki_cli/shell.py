"""What every command shares: exit codes, streams, the CA folder, passwords that never pass through argv."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki.store.default_folder import DEFAULT_FOLDER
from pki_cli.session import session
from pki_cli.streams import EXIT_READER_LEFT as EXIT_READER_LEFT
from pki_cli.terminal import style_of

if TYPE_CHECKING:
    from collections.abc import Mapping

EXIT_FINDING = 1  # untrusted, refused
EXIT_USAGE = 2
EXIT_NO_ANSWER = 3  # unreadable, unreachable
EXIT_CRASH = 70  # a mistake of ours; sysexits.h calls it EX_SOFTWARE
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143  # 128 and the signal, as shells tell it

CaFolder = Annotated[
    Path, typer.Option("--ca", metavar="DIR", envvar="TRUSTRIG_CA", help="The authority's folder.")
]
DEFAULT_CA = Path(DEFAULT_FOLDER)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, and nothing beside it.")]
PasswordFile = Annotated[
    str | None,
    typer.Option(
        "--password-file",
        metavar="FILE",
        help="Read the password from FILE; - is stdin. [env: TRUSTRIG_PASSWORD]",
    ),
]


def default_ca() -> Path:
    """The authority's folder, for commands without --ca: TRUSTRIG_CA, else the usual one here."""
    return Path(os.environ.get("TRUSTRIG_CA") or DEFAULT_CA)


def say(text: str) -> None:
    """The answer: stdout."""
    session.answered = True
    typer.echo(text, color=session.key in text or None)  # else Typer takes colours out for a pipe


def note(text: str) -> None:
    """Everything else: stderr. With --quiet only what begins with `warning:` is said."""
    lead, colon, rest = text.partition(":")
    if session.quiet and lead != "warning":
        return
    if colon and lead in ("warning", "note"):
        style = style_of(sys.stderr)
        lead = style.warning(f"{lead}:") if lead == "warning" else style.aside(f"{lead}:")
        text = f"{lead}{rest}"
    _on_stderr(text)


def complain(sentence: str) -> None:
    """What went wrong: stderr, whatever --quiet says."""
    _on_stderr(f"{style_of(sys.stderr).bad('trustrig:')} {sentence}")


def _on_stderr(text: str) -> None:
    typer.echo(text, err=True, color=session.key in text or None)


def say_json(document: Mapping[str, object]) -> None:
    """The answer as one JSON document of `pki.report`, which starts with its `schema` field."""
    say(json.dumps(document, indent=2, ensure_ascii=False))


def now() -> datetime:
    """The clock the commands pass to the library, in whole UTC seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def moment_of(text: str | None) -> datetime:
    """Read --at: ISO 8601, or a distance from now; now where it was not given.

    Raises:
        InvalidRequest: it is neither.
    """
    if not text:
        return now()
    from pki.issue.validity import parse_moment

    return parse_moment(text, at=now())


def read_password(source: str | None, *, variable: str = "TRUSTRIG_PASSWORD") -> str | None:
    """The password from FILE, stdin (`-`) or the environment; None when nobody gave one.

    One trailing newline is not part of it. Passwords are never accepted as an argument: argv is public.
    """
    if source is None:
        return os.environ.get(variable)
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InvalidRequest(
            f"{source} is not UTF-8 text", hint="Put the password alone on its first line."
        ) from None
    if text.startswith("\ufeff"):
        raise InvalidRequest(
            f"{source} begins with a byte order mark, which would be part of the password",
            hint="Save it as UTF-8 without one; `tail -c +4 FILE > NEW` takes it away.",
        )
    return text.removesuffix("\n").removesuffix("\r")


def stdin_once(*sources: str | None) -> None:
    """Refuse to read standard input for two things."""
    if sources.count("-") > 1:
        raise InvalidRequest("standard input can be read once only", hint="Give the other one as a file.")
