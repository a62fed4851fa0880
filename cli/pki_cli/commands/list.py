"""`list`: what an authority issued, the oldest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from pki_cli.options.moment import At
from pki_cli.shell import DEFAULT_CA, AsJson, CaFolder, moment_of, say, say_json
from pki_cli.terminal import answer_style

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pki.report.style import Style
    from pki.store import LedgerRow


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("list")(list_issued)


def list_issued(ca: CaFolder = DEFAULT_CA, at: At = None, as_json: AsJson = False) -> None:
    """List what was issued, the oldest first.

    \b
    Examples:
      trustrig list
      trustrig list --at +30d --json
    """
    from pki.report.layout import shortened
    from pki.store import AuthorityFolder
    from pki.store.documents import authority_json, list_document
    from pki.store.kept_password import opened_by, password_file
    from pki.store.revocation import Revocations

    folder = AuthorityFolder.open(ca)
    rows, moment = folder.rows(), moment_of(at)
    latest = {row.path: row.serial for row in rows}
    taken = {one.serial: one.at for one in Revocations(folder).all()}
    states = [_state(row, latest, taken, moment) for row in rows]
    passwords = {
        row.serial: found
        for row in rows
        if latest[row.path] == row.serial and (found := password_file(folder.path / row.path)) is not None
    }
    if as_json:
        say_json(list_document(folder, zip(rows, states, strict=True), passwords))
        return
    authority = authority_json(folder)
    for role, member in (("root", authority["root"]), ("intermediate", authority["intermediate"])):
        if member is None:
            continue
        say(f"{role:<13} {shortened(member['common_name'], 40):<40} until {member['not_after'][:10]}")
    if not rows:
        say("Nothing was issued yet.")
        return
    style = answer_style()
    say(f"\n{'NAME':<34} {'KIND':<13} {'UNTIL':<11} STATE")
    for row, state in zip(rows, states, strict=True):
        more = f" +{len(row.names) - 1}" if len(row.names) > 1 else ""
        name = shortened(row.name, 34 - len(more)) + more
        say(f"{name:<34} {row.kind:<13} {row.not_after:%Y-%m-%d}  {_shown(row, state, style)}")
    if wrong := [row for row, state in zip(rows, states, strict=True) if row.defect and state != "replaced"]:
        say("\nWrong on purpose, as declared in a manifest:")
        for row in wrong:
            say(f"  {row.name}: {row.defect}")
    if passwords:
        say("\nPasswords of their files:")
    for row in rows:
        if file := passwords.get(row.serial):
            beside = opened_by(file)
            opens = f"opens {beside} and " if beside is not None else "opens "
            say(f"  {file}\n    {opens}what is exported of {row.name}")


def _shown(row: LedgerRow, state: str, style: Style) -> str:
    """STATE as it stands out: what fails, and what is looked up rather than read; what was wanted so is no alarm."""
    if state == "EXPIRED" and row.defect == "expired":
        return "expired as declared"
    if state.isupper():
        return style.bad(state)
    return style.aside(state) if state == "replaced" else state


def _state(row: LedgerRow, latest: Mapping[str, str], taken: Mapping[str, datetime], at: datetime) -> str:
    if row.serial in taken and taken[row.serial] <= at:
        return "REVOKED"
    if latest[row.path] != row.serial:
        return "replaced"
    if at > row.not_after:
        return "EXPIRED"
    if at < row.not_before:
        return f"from {row.not_before:%Y-%m-%d}"
    return f"{(row.not_after - at).days} days left"
