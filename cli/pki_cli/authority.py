"""`init` and `list`: the test authority in its folder. What it issues is in `issuing`."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated

import typer

from pki_cli import issuing
from pki_cli.options import (
    Key,
    PassphraseFile,
    Permit,
    SubjectName,
    flags_named,
    not_a_subject,
    read_key_type,
    read_passphrase,
)
from pki_cli.shell import DEFAULT_CA, AsJson, CaFolder, note, now, say, say_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pki.store import AuthorityFolder, Row


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module, and those that issue."""
    app.command()(init)
    issuing.add_to(app)
    app.command("list")(list_issued)


def init(
    ca: CaFolder = DEFAULT_CA,
    name: Annotated[str | None, typer.Option(help="The root's name, as devices will show it.")] = None,
    key: Key = "p256",
    permit: Permit = None,
    subject: SubjectName = None,
    passphrase_file: PassphraseFile = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the authority that is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a test authority: a root and an intermediate, in a folder."""
    from pki.store import AuthorityFolder

    # Two roots with one name confuse people and trust stores alike: a name that nobody chose is unique.
    name = name or f"Trustrig Test CA {secrets.token_hex(3)}"
    passphrase = read_passphrase(passphrase_file)
    with flags_named():
        folder = AuthorityFolder.create(
            ca,
            name=name,
            at=now(),
            key_type=read_key_type(key),
            permit=permit or (),
            subject=subject,
            passphrase=passphrase,
            force=force,
        )
    members = _members(folder)
    for warning in not_a_subject(name):
        note(f"warning: {warning}")
    if as_json:
        document = {"schema": "trustrig.init/1", "folder": str(ca), **members}
        say_json({**document, "permit": permit or [], "encrypted": passphrase is not None})
        return
    say(f"Made the authority {name!r} in {ca}; nothing trusts it yet.")
    for member in members.values():
        say(f"  {member['file']}  valid until {member['not_after'][:10]}")
    say(f"  keys are {'encrypted and ' if passphrase else ''}readable by you alone")
    if permit:
        say(f"  certifies only {', '.join(permit)}")
    else:
        say("  certifies any name; made with --permit HOST, a leaked copy would be harmless")
    names = "NAME" if permit else "api.test localhost"
    say(f"Next: trustrig issue server {names}{'' if ca == DEFAULT_CA else f' --ca {ca}'}")


def list_issued(ca: CaFolder = DEFAULT_CA, as_json: AsJson = False) -> None:
    """List what was issued, the oldest first."""
    from pki.store import AuthorityFolder
    from pki.store.revocation import Revocations

    folder = AuthorityFolder.open(ca)
    rows, at = folder.rows(), now()
    latest = {row.path: row.serial for row in rows}
    taken = {one.serial: one.at for one in Revocations(folder).all()}
    states = [_state(row, latest, taken, at) for row in rows]
    if as_json:
        issued = [row.as_json() | {"state": state} for row, state in zip(rows, states, strict=True)]
        document = {"schema": "trustrig.list/1", "folder": str(ca), **_members(folder), "issued": issued}
        say_json(document)
        return
    for role, member in _members(folder).items():
        say(f"{role:<13} {_shortened(member['common_name'], 40):<40} until {member['not_after'][:10]}")
    if not rows:
        say("Nothing was issued yet.")
        return
    say(f"\n{'NAME':<34} {'KIND':<13} {'UNTIL':<11} STATE")
    for row, state in zip(rows, states, strict=True):
        more = f" +{len(row.names) - 1}" if len(row.names) > 1 else ""
        name = _shortened(row.name, 34 - len(more)) + more
        say(f"{name:<34} {row.kind:<13} {row.not_after:%Y-%m-%d}  {state}")


def _state(row: Row, latest: Mapping[str, str], taken: Mapping[str, datetime], at: datetime) -> str:
    if row.serial in taken and taken[row.serial] <= at:
        return "REVOKED"
    if latest[row.path] != row.serial:
        return "replaced"
    if at > row.not_after:
        return "EXPIRED"
    if at < row.not_before:
        return f"from {row.not_before:%Y-%m-%d}"
    return f"{(row.not_after - at).days} days left"


def _shortened(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _members(folder: AuthorityFolder) -> dict[str, dict[str, str]]:
    """Describe root and intermediate as `init` and `list` do."""
    from cryptography.hazmat.primitives.hashes import SHA256

    from pki.issue.subjects import common_name_in
    from pki.store.layout import CERTIFICATE

    members = {"root": folder.root, "intermediate": folder.intermediates[0]}
    return {
        role: {
            "common_name": common_name_in(certificate.subject),
            "not_after": certificate.not_valid_after_utc.isoformat(),
            "sha256": certificate.fingerprint(SHA256()).hex(),
            "file": str(folder.path / role / CERTIFICATE),
        }
        for role, certificate in members.items()
    }
