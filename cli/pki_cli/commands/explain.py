"""`explain`: any text with an error in it, a whole log, or a rule, code, alert or cipher suite by its name."""

from __future__ import annotations

import re
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from pki.errors import InvalidRequest
from pki_cli.answer_file import json_text
from pki_cli.options.answer import FormOptions, format_option
from pki_cli.options.group import with_groups
from pki_cli.options.trust import AnchorOptions
from pki_cli.shell import EXIT_FINDING, note, now, say
from pki_cli.terminal import answer_style

if TYPE_CHECKING:
    from pki.model.explanation import Explanation
    from pki.model.verdict import Verdict


def add_to(app: typer.Typer) -> None:
    """Register the command of this module."""
    # A code such as -67901 is an argument here, not a bundle of short options.
    app.command(cls=_TextCommand, context_settings={"ignore_unknown_options": True})(with_groups(explain))


# `-showcerts` of a command that was pasted with its error; a parser would take it for -s, -h (help) and more.
_WORD = re.compile(r"-(?![qv]+$)[A-Za-z_]{2}.*", re.ASCII | re.DOTALL)
_MARK = "\0"  # no word of a command line has it


class _TextCommand(TyperCommand):
    """A command that leaves words behind a single dash to the text they are part of."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        taking = {name for one in self.params if not getattr(one, "is_flag", True) for name in one.opts}
        rest = super().parse_args(
            ctx,
            [
                f"{_MARK}{word}" if _WORD.fullmatch(word) and before not in taking else word
                for before, word in zip(["", *args], args, strict=False)
            ],
        )
        ctx.params["what"] = [word.removeprefix(_MARK) for word in ctx.params.get("what") or ()]
        return rest


class ExplanationFormat(StrEnum):
    """How the answer looks."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"  # to paste into an issue


class ExplanationOptions(FormOptions):
    """How the answer looks. There is no -o: in a text that was pasted it would take the next word with it."""

    form: Annotated[ExplanationFormat | None, format_option] = None


def explain(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TEXT...]",
            help="What was printed, -67901, unknown_ca, 0xC027, a rule; a log's FILE, or - for stdin.",
        ),
    ] = None,
    *,
    look: Annotated[
        bool, typer.Option("--look", help="Also evaluate the server whose URL is found in the text.")
    ] = False,
    trusted: AnchorOptions,
    answer: ExplanationOptions,
) -> None:
    """Explain an error message or a log, a rule, an error code, a TLS alert or a cipher suite.

    Paste it in quotes, pipe a log into it or name its file: whole logs of Xcode, Console, servers and CI are read to
    5 MB. The answer says who decided, what the words leave open, and the next command. Negative numbers need no
    quotes. A cipher suite goes by its IANA name, its OpenSSL name or its code point: does an Apple client offer it?
    Codes of `handshake`, name-not-served for one, are explained, too. Exit code 0: something in it was understood;
    1: with --look, the server is not trusted; 3: nothing was understood.

    \b
    Examples:
      trustrig explain -67901
      trustrig explain "SSL: certificate problem: unable to get issuer"
      trustrig explain < xcode.log
    """
    if trusted.anchor and not look:
        raise InvalidRequest("--anchor is for a look at the server", hint="Add --look.")
    from pki.explain import explain_text

    form = ExplanationFormat(answer.chosen)
    found = explain_text(_asked(what or []))
    url = _url(found) if look else ""
    if (
        form is not ExplanationFormat.JSON
    ):  # before the look: a server without an answer takes nothing from this one
        say(_explained(found, form))
    verdict = _look(url, trusted) if look else None
    if form is ExplanationFormat.JSON:
        say(_document(found, verdict, url))
    elif verdict is not None:
        say(_looked(verdict, url, form))
    if verdict is not None and not verdict.trusted:
        raise typer.Exit(EXIT_FINDING)


def _explained(found: Explanation, form: ExplanationFormat) -> str:
    from pki.report.explanation import explanation_markdown, explanation_text

    if form is ExplanationFormat.MARKDOWN:
        return explanation_markdown(found)
    return explanation_text(found, style=answer_style())


def _looked(verdict: Verdict, url: str, form: ExplanationFormat) -> str:
    """What came of the look, a line below the explanation."""
    if form is ExplanationFormat.MARKDOWN:
        from pki.report.markdown import verdicts_markdown
        from pki.report.summary import Judged

        return f"\n{verdicts_markdown([Judged(url, verdict)])}"
    from pki.report.verdict import verdict_text

    return f"\n{verdict_text(verdict, name=url, style=answer_style())}"


def _document(found: Explanation, verdict: Verdict | None, url: str) -> str:
    from pki.report.explanation import explanation_json

    document = explanation_json(found)
    if verdict is not None:
        from pki.report.verdict import verdict_json

        document["look"] = verdict_json(verdict, name=url)
    return json_text(document)


def _asked(words: list[str]) -> str:
    """What is to be explained: the words given, the file that the only word names, or standard input."""
    if words == ["-"] or (not words and not sys.stdin.isatty()):
        return _decoded(_read(None))
    if not words:
        raise InvalidRequest(
            "there is nothing to explain",
            hint="Give the error's text or code, a log's file, or pipe a log (`trustrig explain < LOG`).",
        )
    if len(words) == 1 and _is_file(words[0]):
        return _decoded(_read(Path(words[0])))
    return " ".join(words)


def _is_file(word: str) -> bool:
    """Whether WORD names a file; a message that is longer than a name may be does not."""
    try:
        return Path(word).is_file()
    except OSError:  # ENAMETOOLONG, which `is_file` passes on
        return False


def _read(path: Path | None) -> bytes:
    """The first 5 MB of the file PATH, or of standard input; what is left out is said."""
    from pki.explain.scanning import MAX_BYTES

    if path is None:
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
    else:
        with path.open("rb") as log:
            data = log.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        note(
            "note: the first 5 MB were read; for what comes later, cut the log: tail -c 5M LOG | trustrig explain"
        )
    return data[:MAX_BYTES]


def _decoded(data: bytes) -> str:
    """DATA as text: UTF-16 by its mark (as Windows tools write logs), else UTF-8 with what is none replaced."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    return data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")


def _url(found: Explanation) -> str:
    """What the text names to look at.

    Raises:
        InvalidRequest: it names nothing.
    """
    url = found.text_explanation.url if found.text_explanation is not None else None
    if url is None:
        raise InvalidRequest(
            "no URL and no host is named in the text, so there is nothing to look at",
            hint="Name it yourself: `trustrig evaluate https://HOST:PORT`.",
        )
    return url


def _look(url: str, trusted: AnchorOptions) -> Verdict:
    """What an Apple client makes of the server at URL.

    Raises:
        Unreachable: nothing answers there.
    """
    from pki.live import evaluate_live
    from pki_cli.options.live import route_to

    return evaluate_live(route_to(url), at=now(), anchors=trusted.read()).verdict
