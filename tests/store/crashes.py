"""Kill an issuing process at one system call after another. Run: python -m tests.store.crashes FOLDER WHAT.

For each call in turn, a child works on a fresh copy of FOLDER and kills itself with SIGKILL right before it. The
parent then opens what is left. The last line printed counts the calls; anything before it is a failure.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pki.errors import StoreError
from pki.store import AuthorityFolder

# What changes a disk, or the order in which that happens.
CHANGES = {
    *("open", "write", "fsync", "flock", "mkdir", "chmod", "fchmod"),
    *("rename", "replace", "link", "unlink", "rmdir", "truncate", "ftruncate"),
}
AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
DEEDS: dict[str, Callable[[Path], object]] = {
    "issue": lambda path: AuthorityFolder.open(path).issue_server("new.test", at=AT),
    "client": lambda path: AuthorityFolder.open(path).issue_client(
        "new.test", at=AT, extra_files=lambda identity: {"new.p12": b"x" * 5000}
    ),
    "renew": lambda path: AuthorityFolder.open(path).renew("old.test", at=AT),
    "replace": lambda path: AuthorityFolder.open(path).issue_server("old.test", at=AT, force=True),
    "init": lambda path: AuthorityFolder.create(path / "nested", name="Nested CA", at=AT),
    "init-force": lambda path: AuthorityFolder.create(path, name="Second CA", at=AT, force=True),
}


def killed_at(number: int, deed: Callable[[Path], object], path: Path) -> bool:
    """Do DEED in a child that dies before its system call NUMBER; answer whether it got that far."""
    child = os.fork()
    if child == 0:
        left = number

        def count(frame: object, event: str, called: object) -> None:
            nonlocal left
            if event == "c_call" and getattr(called, "__name__", None) in CHANGES:
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.setprofile(count)
        deed(path)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0:
        raise SystemExit(f"the child failed by itself at call {number}")
    return os.WIFSIGNALED(status)


def problems(path: Path, before: frozenset[str]) -> list[str]:
    """What is wrong with the authority in PATH, whose identities were BEFORE."""
    try:
        folder = AuthorityFolder.open(path)
        rows = folder.rows()
    except StoreError as error:
        return [f"does not open: {error}"]
    found = []
    visible = {entry.name for entry in (path / "issued").iterdir()}
    if visible != {row.path.removeprefix("issued/") for row in rows}:
        found.append(f"visible are {sorted(visible)}, in the ledger {[row.path for row in rows]}")
    if not before <= {row.serial for row in rows}:
        found.append("a row was lost")
    latest = {row.name: row for row in rows}
    for row in latest.values():
        identity = folder.identity(row.name)  # also checks that key and certificate belong together
        if f"{identity.certificate.serial_number:x}" != row.serial:
            found.append(f"{row.name} is not the certificate of its latest row")
        for certificate, issuer in zip(
            (identity.certificate, *identity.issuers), identity.issuers, strict=False
        ):
            certificate.verify_directly_issued_by(issuer)
    if any((path / ".staging").iterdir()):
        found.append("the staging folder was not cleared")
    return found


def main(template: Path, what: str) -> None:
    before = frozenset(row.serial for row in AuthorityFolder.open(template).rows())
    if what == "init-force":
        before = frozenset()  # whichever of the two authorities is there, it is whole
    number = 0
    while True:
        number += 1
        path = template.parent / "work" / "ca"
        shutil.copytree(template, path)
        killed = killed_at(number, DEEDS[what], path)
        for problem in problems(path, before):
            print(f"killed at call {number}: {problem}")
        if what == "init":
            nested = path / "nested"
            if nested.exists() and problems(nested, frozenset()):
                print(f"killed at call {number}: half an authority in {nested}")
            elif not nested.exists():
                AuthorityFolder.create(
                    nested, name="Second attempt", at=AT
                )  # what is left is in nobody's way
        shutil.rmtree(path.parent)
        if not killed:
            break
    print(f"{number - 1} calls")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
