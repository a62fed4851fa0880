"""How `evaluate` answers: in which format, and where to."""

from __future__ import annotations

import os
import stat
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.options.group import OptionGroup
from pki_cli.shell import AsJson, say
from pki_cli.terminal import answer_style

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pki.report.style import Style
    from pki.report.summary import Judged

AsMarkdown = Annotated[bool, typer.Option("--markdown", help="For a comment on GitHub.")]
STDOUT = Path("-")


class Format(StrEnum):
    """The answers there are; all but text are also flags."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    MARKDOWN = "markdown"
    SARIF = "sarif"
    JUNIT = "junit"


class FormatOptions(OptionGroup):
    """In which format the answer comes, and where it goes."""

    as_json: AsJson = False
    as_html: Annotated[bool, typer.Option("--html", help="One self-contained page, the chain drawn.")] = False
    as_markdown: AsMarkdown = False
    as_sarif: Annotated[bool, typer.Option("--sarif", help="SARIF 2.1.0, for code scanning.")] = False
    as_junit: Annotated[
        bool, typer.Option("--junit", help="JUnit XML: a suite per target, a case per rule.")
    ] = False
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the answer to FILE; - is stdout."),
    ] = None

    def chosen(self, *, targets: int) -> Format:
        """The one format that was asked for; text when none was.

        Raises:
            InvalidRequest: two were, or JSON for several TARGETS.
        """
        asked = [form for form in Format if getattr(self, f"as_{form}", False)]
        if len(asked) > 1:
            raise InvalidRequest(
                f"one answer has one format, and {' and '.join(f'--{name}' for name in asked)} were given",
                hint="Give one of them.",
            )
        if asked == [Format.JSON] and targets > 1:
            raise InvalidRequest(
                "one JSON document holds one verdict",
                hint="Give one target at a time; --sarif, --junit, --markdown and --html take several.",
            )
        return asked[0] if asked else Format.TEXT


class Reporter:
    """Takes verdicts as they come. Text goes out one by one; a document is written whole by `finish`."""

    def __init__(self, format: Format, output: Path | None, *, inputs: Iterable[Path] = ()) -> None:
        """Refuse at once an OUTPUT that is one of the files to be read."""
        self._format = format
        self._output = None if output == STDOUT else output
        self._judged: list[Judged] = []
        if self._output is not None and self._output.exists():
            for path in inputs:
                if path.exists() and path.samefile(self._output):
                    raise InvalidRequest(
                        f"the answer would replace {path}, which is to be read", hint="Name another file."
                    )

    @property
    def all_trusted(self) -> bool:
        """Whether every verdict so far says so."""
        return all(item.verdict.trusted for item in self._judged)

    def add(self, item: Judged) -> None:
        """Take one verdict."""
        self._judged.append(item)
        if self._streams:
            say(("" if len(self._judged) == 1 else "\n") + self._text(item, answer_style()))

    def finish(self) -> None:
        """Write what is not written yet.

        Raises:
            StoreError: the file cannot be written.
        """
        if self._streams:
            return
        document = self._document()
        if self._output is not None:
            _write(self._output, document.encode("utf-8", "replace"))
            return
        if reconfigure := getattr(sys.stdout, "reconfigure", None):
            reconfigure(encoding="utf-8", errors="replace")  # it is the document's, whatever the locale's
        say(document.removesuffix("\n"))

    @property
    def _streams(self) -> bool:
        return self._format is Format.TEXT and self._output is None

    @staticmethod
    def _text(item: Judged, style: Style | None = None) -> str:
        from pki.report.style import PLAIN
        from pki.report.verdict import verdict_text

        text = verdict_text(item.verdict, name=item.shown, offer=item.offer, style=style or PLAIN)
        if item.opinions is None:
            return text
        from pki.report.second_opinion import opinions_text

        return f"{text}\n\n{opinions_text(item.opinions, item.differences)}"

    def _document(self) -> str:
        """Render the whole answer; each format's code is loaded when it is asked for."""
        match self._format:
            case Format.HTML:
                from pki.report.html import verdicts_html

                return verdicts_html(self._judged)
            case Format.MARKDOWN:
                from pki.report.markdown import verdicts_markdown

                return verdicts_markdown(self._judged)
            case Format.SARIF:
                from pki.report.sarif import verdicts_sarif
                from pki.trust import all_rules

                return _json(verdicts_sarif(self._judged, all_rules()))
            case Format.JUNIT:
                from pki.report.junit import verdicts_junit
                from pki.trust import all_rules

                return verdicts_junit(self._judged, all_rules())
            case Format.JSON:
                from pki.report.verdict import verdict_json

                (item,) = self._judged
                said = None
                if item.opinions is not None:
                    from pki.report.second_opinion import opinions_json

                    said = opinions_json(item.opinions, item.differences)
                return _json(verdict_json(item.verdict, name=item.shown, second_opinions=said))
            case Format.TEXT:
                return "\n\n".join(map(self._text, self._judged)) + "\n"


def _json(document: object) -> str:
    import json

    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _write(path: Path, data: bytes) -> None:
    """Replace a file whole; write through whatever else has the name: a device, a pipe, a link."""
    from pki.store.atomic import refusals_about, write_atomically

    if not os.path.lexists(path) or stat.S_ISREG(path.lstat().st_mode):
        write_atomically(path, data)
        return
    with refusals_about(path):
        path.write_bytes(data)
