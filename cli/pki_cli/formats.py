"""How `evaluate` answers: in which format."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from pki.errors import InvalidRequest
from pki_cli.answer_file import json_text
from pki_cli.options.answer import AnswerOptions, format_option
from pki_cli.shell import say

if TYPE_CHECKING:
    from pki.report.summary import Judged
    from pki_cli.answer_file import AnswerFile


class Format(StrEnum):
    """The answers there are."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"  # one self-contained page, the chain drawn
    MARKDOWN = "markdown"  # for a comment on GitHub
    SARIF = "sarif"  # 2.1.0, for code scanning
    JUNIT = "junit"  # a suite per target, a case per rule


class FormatOptions(AnswerOptions):
    """In which format the answer comes, and where it goes."""

    form: Annotated[Format | None, format_option] = None

    def form_for(self, *, targets: int) -> Format:
        """The one format that was asked for; text when none was.

        Raises:
            InvalidRequest: two were, or JSON for several TARGETS.
        """
        form = Format(self.chosen)
        if form is Format.JSON and targets > 1:
            raise InvalidRequest(
                "one JSON document holds one verdict",
                hint="Give one target at a time; --format sarif, junit, markdown and html take several.",
            )
        return form


class Reporter:
    """Takes verdicts as they come. Text goes out one by one; a document is written whole by `finish`."""

    def __init__(self, format: Format, file: AnswerFile) -> None:
        self._format, self._file = format, file
        self._judged: list[Judged] = []

    @property
    def all_trusted(self) -> bool:
        """Whether every verdict so far says so."""
        return all(item.verdict.trusted for item in self._judged)

    def add(self, item: Judged) -> None:
        """Take one verdict."""
        self._judged.append(item)
        if self._streams:
            say(("" if len(self._judged) == 1 else "\n") + self._text(item))

    def finish(self) -> None:
        """Write what is not written yet.

        Raises:
            StoreError: the file cannot be written.
        """
        if self._streams:
            return
        self._file.write(self._document())

    @property
    def _streams(self) -> bool:
        return self._format is Format.TEXT and self._file.is_stdout

    def _text(self, item: Judged) -> str:
        from pki.report.verdict import verdict_text

        text = verdict_text(item.verdict, name=item.shown, offer=item.offer, style=self._file.style)
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

                return json_text(verdicts_sarif(self._judged, all_rules()))
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
                return json_text(verdict_json(item.verdict, name=item.shown, second_opinions=said))
            case Format.TEXT:
                return "\n\n".join(map(self._text, self._judged))
