"""Which commands run on every system: those that make no key and listen nowhere."""

from __future__ import annotations

from typing import Any, Final

from pki.store.posix import POSIX, NeedsPosix

# Tried with what Windows lacks hidden (tests/windows.py); one that is not here says so there, and does nothing.
EVERYWHERE: Final = frozenset(
    [
        "ats",
        "audit",
        "completion",
        "crl show",
        "diagnose",
        "doctor",
        "dtls diagnose",
        "evaluate",
        "explain",
        "inspect",
        "ocsp show",
        "override",
        "report",
        "scenarios compare",
        "scenarios list",
        "scenarios show",
    ]
)


def limit_to_this_system(command: Any, name: str) -> None:
    """Let COMMAND, called NAME, and those below it refuse where they do not work; `--help` goes on working."""
    if POSIX:
        return
    below = getattr(command, "commands", {})
    for word, one in below.items():
        limit_to_this_system(one, f"{name} {word}")
    if not below and name not in EVERYWHERE:

        def refuse(**_arguments: object) -> None:
            raise NeedsPosix(f"`trustrig {name}`")

        command.callback = refuse
