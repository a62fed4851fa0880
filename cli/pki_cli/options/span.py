"""Spans of time as commands take them: `--for 10m`, `--timeout 5s`; a bare number is seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable


class Span(float):
    """Seconds that are shown as they were written: `Span(600, "10m")`."""

    def __new__(cls, seconds: float, text: str) -> Span:
        """No reader at work: a command's default costs nothing where another one runs."""
        made = super().__new__(cls, seconds)
        made.text = text
        return made

    text: str

    def __str__(self) -> str:
        return self.text


def span_option(flag: str, help: str, *, least: Span, most: Span) -> Any:
    """The option FLAG, whose value is a span from LEAST to MOST; the parameter's default is a `Span`."""
    return typer.Option(flag, metavar="SPAN", help=help, parser=_within(least, most))


def _within(least: Span, most: Span) -> Callable[[str | Span], Span]:
    def read(text: str | Span) -> Span:
        if isinstance(text, Span):  # the default
            return text
        from pki.errors import InvalidRequest
        from pki.issue.validity import parse_span

        try:
            span = Span(parse_span(text).total_seconds(), f"{text}s" if text[-1:].isdecimal() else text)
        except InvalidRequest as error:
            raise typer.BadParameter(str(error)) from None
        if not least <= span <= most:
            raise typer.BadParameter(f"{span} is not between {least} and {most}.")
        return span

    return read


_MOMENT = Span(0.1, "0.1s")
A_DAY = Span(86400, "1d")


def for_option(*, least: Span = _MOMENT, most: Span = A_DAY) -> Any:
    """`--for`, of whatever listens: it leaves by itself."""
    return span_option(
        "--for", "Stop after this long: 90s, 10m; a bare number is seconds.", least=least, most=most
    )


For = Annotated[Span, for_option()]
TEN_MINUTES = Span(600, "10m")
Timeout = Annotated[
    Span,
    span_option("--timeout", "How long one connection may take: 5s, 1m.", least=_MOMENT, most=TEN_MINUTES),
]
DEFAULT_TIMEOUT = Span(10, "10s")
