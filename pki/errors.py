"""What the library raises on purpose: a problem in one sentence, and the next step in another.

    PkiError
    ├── InvalidRequest
    │   ├── ManifestError (pki.manifest.errors): every mistake of one manifest
    │   ├── NeedsPosix (pki.store.posix): what Windows has no file modes or locks for
    │   ├── NoKey (pki.store.adoption)
    │   ├── NoSuchScenario (pki.front.control): that a front could be switched to
    │   └── NotPermitted (pki.issue.permitted): outside what an authority may certify
    ├── Unreadable
    │   ├── HoldsNoKey (pki.load.identity)
    │   ├── TooCostly (pki.load.p12.kdf)
    │   └── UnknownKeyKind (pki.load.keys)
    ├── WrongPassword
    ├── StoreError
    │   ├── AlreadyExists (pki.store.atomic)
    │   └── ChangedRun (pki.audit.manifest): of an audit that is gone on with
    ├── NotExportable
    ├── HandshakeError
    │   ├── NotOffered (pki.handshake.ends.openssl_offer): by the OpenSSL at hand
    │   └── Unanswered (pki.model.unanswered): no certificate to judge
    │       ├── NoOfferAccepted (pki.live.survey)
    │       ├── NotTls (pki.live.probe)
    │       └── Unreachable (pki.handshake.dialling)
    │           └── NoUpgrade (pki.live.starttls)
    ├── EngineFailed (pki.audit.engines.engine): nobody judges any more
    └── InstallError
        ├── ProgramNotFound (pki.install.process)
        └── ProgramTimedOut (pki.install.process)

All of them are exported by `pki`, whatever module defines them. A verdict is no error: that a chain is not trusted
is an answer.
"""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence


class PkiError(Exception):
    """Base of everything this library raises on purpose: the question could not be answered.

    `problem` and `hint` are its two sentences; `commands` are what to type next, each whole and ready to be copied; the
    text has them in lines of their own, since a command with a full stop behind it is another command. `argument` is
    the argument that it is about and `path` the file or folder, each None where that is not known; whoever called may
    add what it knows (`about`).
    """

    def __init__(
        self,
        problem: str,
        *,
        hint: str = "",
        commands: Sequence[str] = (),
        argument: str | None = None,
        path: str | os.PathLike[str] | None = None,
    ) -> None:
        sentence = f"{problem}. {hint}".rstrip(". ")
        text = sentence if sentence.endswith(("?", "!", ":")) else f"{sentence}."
        super().__init__("\n  ".join((text, *commands)))
        self.problem = problem
        self.hint = hint
        self.commands = tuple(commands)
        self.argument = argument
        self.path = None if path is None else str(path)


@contextmanager
def about(*, argument: str | None = None, path: str | os.PathLike[str] | None = None) -> Iterator[None]:
    """Within the block, let errors say which ARGUMENT or PATH they are about, where they do not know better."""
    try:
        yield
    except PkiError as error:
        error.argument = error.argument or argument
        error.path = error.path or (None if path is None else str(path))
        raise


_NEXT: Final = {
    errno.ENOENT: "Check the path.",
    errno.ENOTDIR: "Check the path.",
    errno.ELOOP: "Check the path.",
    errno.ENAMETOOLONG: "Check the path.",
    errno.EISDIR: "Name a file in it.",
    errno.EACCES: "Check its permissions.",
    errno.ENOSPC: "Make room on the disk.",
    errno.EDQUOT: "Make room on the disk.",
}


def system_refusal(name: str, error: OSError | ValueError) -> tuple[str, str]:
    """The problem and the hint of an ERROR about the file or folder NAME: the system's own words behind the name.

    The name comes first and no sentence round it: of a file called "nothing" one would say something else.
    """
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    next_step = _NEXT.get(getattr(error, "errno", None) or 0, "Check the path and its permissions.")
    return (f"{name}: {said}" if name else said), next_step


class InvalidRequest(PkiError):
    """The caller asked for something that cannot mean anything: a name, a time, a key type, a combination."""


class Unreadable(PkiError):
    """Bytes that are not what they should be; the message says what they look like instead."""


class WrongPassword(PkiError):
    """Something encrypted did not open: no password was given, or the wrong one."""


class StoreError(PkiError):
    """The authority's folder cannot be used as asked: missing, unwritable, corrupt, busy or already there."""


class NotExportable(PkiError):
    """The file would be written, and no Apple device would open it."""


class HandshakeError(PkiError):
    """The handshake could not be attempted: a port in use, no listener, a limit reached."""


class InstallError(PkiError):
    """Nothing could be installed or taken back: a program is missing, refuses or hangs, or no simulator runs."""
