"""Where an answer goes that is written whole: standard output, a file, or a pipe or device that has its name."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pki.errors import InvalidRequest
from pki_cli.shell import say
from pki_cli.terminal import answer_style
from pki_cli.ways_out import flags_named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pki.report.style import Style

STDOUT = Path("-")


class AnswerFile:
    """The place that -o names; nothing is written before the answer is there."""

    def __init__(self, output: Path | None, *, force: bool, inputs: Iterable[Path] = ()) -> None:
        """Refuse at once an OUTPUT that is one of the files to be read, or that is there, without FORCE.

        Raises:
            InvalidRequest: it is among INPUTS. AlreadyExists: it is there, and FORCE is off.
        """
        self._path = None if output == STDOUT else output
        self._force = force
        if self._path is None or not self._path.exists():
            return
        for path in inputs:
            if path.exists() and path.samefile(self._path):
                raise InvalidRequest(
                    f"the answer would replace {path}, which is to be read", hint="Name another file."
                )
        if self._path.is_file() and not force:
            from pki.store import AlreadyExists

            with flags_named():
                raise AlreadyExists(
                    f"{self._path} exists already", hint="Choose another name, or replace it", path=self._path
                )

    @property
    def is_stdout(self) -> bool:
        """Whether the answer is printed."""
        return self._path is None

    @property
    def style(self) -> Style:
        """How words stand out in text that goes there: in a file in no way."""
        from pki.report.style import PLAIN

        return answer_style() if self.is_stdout else PLAIN

    def write(self, text: str) -> None:
        """Write the whole answer, in UTF-8 whatever the locale.

        Raises:
            StoreError: the file cannot be written.
        """
        text = text.removesuffix("\n")
        if self._path is not None:
            self._write(self._path, f"{text}\n".encode("utf-8", "replace"))
            return
        if reconfigure := getattr(sys.stdout, "reconfigure", None):
            reconfigure(encoding="utf-8", errors="replace")  # it is the document's, whatever the locale's
        say(text)

    def _write(self, path: Path, data: bytes) -> None:
        """Write a file whole; write through whatever else has the name: a device, a pipe, a link."""
        from pki.store.atomic import refusals_about, write_atomically

        if not os.path.lexists(path) or stat.S_ISREG(path.lstat().st_mode):
            write_atomically(path, data, replace=self._force)
            return
        with refusals_about(path):
            path.write_bytes(data)


def json_text(document: object) -> str:
    """DOCUMENT as every command writes JSON."""
    import json

    return json.dumps(document, indent=2, ensure_ascii=False)
