"""The password of a file that is handed over: given, or one for all files of an identity, kept beside its key."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pki.errors import InvalidRequest, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pki.store import AuthorityFolder


@dataclass(frozen=True, slots=True)
class FilePassword:
    """A password. `made_up`: nobody gave it; `kept` is then where it is kept, None where it is shown once."""

    text: str = field(repr=False)
    made_up: bool = False
    kept: Path | None = None

    def lines(self, opens: str) -> Iterator[str]:
        """What is told of it to who gave none: the password, what it OPENS, and where it is kept."""
        if not self.made_up:
            return
        yield f"Password: {self.text}  opens {opens}"
        if self.kept is None:
            yield "  shown this once"
        else:
            yield f"  kept for all of its files in {self.kept}"


def file_password(
    given: str | None, *, folder: AuthorityFolder | None = None, name: str | None = None, as_json: bool
) -> FilePassword:
    """The password GIVEN, else that of the identity called NAME in FOLDER, else one that is shown once.

    Raises:
        InvalidRequest: it would be lost, as AS_JSON shows none and it cannot be kept.
    """
    from pki.export.pkcs12 import generate_password
    from pki.store.kept_password import keep_password

    if given is not None:
        return FilePassword(given)
    if folder is not None and name is not None and not Path(name).exists():
        try:
            kept = keep_password(folder, name, generate_password)
            return FilePassword(kept.text, made_up=True, kept=kept.file)
        except StoreError:  # a folder that cannot be written: the export itself says what else is wrong
            pass
    if as_json:
        raise InvalidRequest(
            "a password made up now would be lost, since JSON carries no secret and it cannot be kept",
            hint="Give one with --password-file FILE or in TRUSTRIG_PASSWORD.",
        )
    return FilePassword(generate_password(), made_up=True)


def kept_in(password: FilePassword) -> list[str]:
    """Where PASSWORD is kept, for programs, which are told no secret."""
    return [str(password.kept)] if password.kept is not None else []
