"""What reaches the terminal is harmless, whoever wrote it: file names, certificates and servers are strangers' text.

It is done where everything passes, commands and Typer's own messages about wrong usage alike, so that no command has to
think of it.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TextIO

from pki_cli.session import session

EXIT_READER_LEFT: Final = 128 + 13  # as shells report SIGPIPE
# What a terminal or an editor obeys instead of showing it: C0 and C1 controls but for line feed and tab (ECMA-48), line
# and paragraph separators, and what turns text round or is not seen at all (Unicode, UAX #9 and the category Cf); and
# lone surrogates, which stand for the bytes of a file name that is not UTF-8 (PEP 383), and which no encoding takes.
_OBEYED: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u08e2\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def harmless_text(text: str) -> str:
    r"""TEXT with \uXXXX for what a terminal would obey, in UTF-16 units: in a JSON string that is the same string."""
    return _OBEYED.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _marked(text: str, key: str) -> str:
    """Harmless TEXT, and as they are the marks of `pki.report.style` that have KEY: no stranger knows it."""
    own = re.compile(rf"(\x1b\[|\x1b\]8;){re.escape(key)}([0-9;]*m|;[!-~]*\x1b\\)")
    shown, at = [], 0
    for mark in own.finditer(text):
        shown += [harmless_text(text[at : mark.start()]), mark[1] + mark[2]]
        at = mark.end()
    return "".join([*shown, harmless_text(text[at:])])


class _Harmless:
    """A text stream that writes harmless text to STREAM, and what its encoding lacks as an escape."""

    # It takes every text; one that says it is ASCII would be taken to pieces by Typer, which writes to its buffer then.
    encoding = "utf-8"

    def __init__(self, stream: Any, key: str) -> None:
        self._stream = stream
        self._key = key

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        shown = _marked(text, self._key) if self._key in text else harmless_text(text)
        encoding = self._stream.encoding or "utf-8"
        self.draw(shown.encode(encoding, "backslashreplace").decode(encoding))
        return len(text)

    def draw(self, picture: str) -> None:
        """Write PICTURE as it is: colours that we chose, and no stranger's text."""
        with self.reader():
            self._stream.write(picture)

    def flush(self) -> None:
        with self.reader():
            self._stream.flush()

    @contextlib.contextmanager
    def reader(self) -> Iterator[None]:
        """End the command where the reader has left, before Typer ends it with 1, which means a finding here.

        What else the system refuses is said of this stream: the system names none.
        """
        try:
            yield
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            raise SystemExit(EXIT_READER_LEFT) from None
        except OSError as error:
            name = "standard error" if self._stream is sys.__stderr__ else "standard output"
            error.strerror = f"{name} could not be written: {error.strerror or error}"
            raise


def draw(picture: str) -> None:
    """Draw PICTURE, all of it ours, on stdout with the escape sequences it has."""
    write = sys.stdout.draw if isinstance(sys.stdout, _Harmless) else sys.stdout.write
    write(f"{picture}\n")


def write_bytes(pieces: Iterable[bytes]) -> None:
    """Write PIECES to stdout as they are, behind what was written there before; for a file, and not for a terminal."""
    stream = sys.stdout
    with stream.reader() if isinstance(stream, _Harmless) else contextlib.nullcontext():
        stream.flush()
        for piece in pieces:
            stream.buffer.write(piece)
        stream.buffer.flush()


def draw_beside(picture: str) -> None:
    """Draw PICTURE, all of it ours, on stderr, with the escape sequences it has and no line feed."""
    write = sys.stderr.draw if isinstance(sys.stderr, _Harmless) else sys.stderr.write
    write(picture)
    sys.stderr.flush()


@contextlib.contextmanager
def harmless_streams() -> Iterator[None]:
    """Let stdout and stderr be harmless within the block; bytes written to their buffers are not looked at."""
    before = sys.stdout, sys.stderr
    with contextlib.ExitStack() as nowhere:
        out, err = (
            one or nowhere.enter_context(_nowhere()) for one in before
        )  # None where it was closed: >&-
        sys.stdout, sys.stderr = _Harmless(out, session.key), _Harmless(err, session.key)
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")
