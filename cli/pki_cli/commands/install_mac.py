"""`install mac`: the root and identities into this Mac's keychain."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.install_run import check_plan, perform_plan, print_plan
from pki_cli.options.group import check_combination, with_groups
from pki_cli.options.handed_over import FromPasswordFile, identity_to_hand_over, opening_password, p12_command
from pki_cli.options.identities import Clients
from pki_cli.options.install import InstallOptions, ledger_in
from pki_cli.public_keys import Known, refuse_public, warn_unconstrained
from pki_cli.shell import (
    DEFAULT_CA,
    AsJson,
    CaFolder,
    note,
)

if TYPE_CHECKING:
    from pki.model.identity import Identity


def add_to(install: typer.Typer) -> None:
    """Register the command in its group."""
    install.command("mac")(with_groups(install_mac))


def install_mac(
    *,
    client: Clients = None,
    from_password_file: FromPasswordFile = None,
    keychain: Annotated[
        str | None,
        typer.Option(
            "--keychain", metavar="FILE", help="Into this keychain. [default: login]", show_default=False
        ),
    ] = None,
    what: InstallOptions,
    known: Known = False,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Make this Mac trust the root, for TLS and for its present user.

    macOS asks for the user's password in a dialog, so it needs a session at
    the screen. Nothing is done as root, and no other user is concerned.
    --check goes by what was installed from here.

    \b
    Examples:
      trustrig install mac
      trustrig install mac --client alice
      trustrig install mac --dry-run
    """
    from pki.export.pkcs12 import generate_password
    from pki.install import missing_items, plan_for_mac
    from pki.install.onto_mac import LOGIN_KEYCHAIN

    check_combination({"--client": client}, {"--from-password-file": from_password_file})
    performing = what.performing
    where = _keychain(keychain or LOGIN_KEYCHAIN)
    certificates = what.certificates(ca)
    refuse_public(certificates, known=known)
    if not as_json:
        warn_unconstrained(certificates[0])
    opened_by = opening_password(from_password_file)
    identities = {name: identity_to_hand_over(name, ca, opened_by=opened_by) for name in client or ()}
    if not performing and not what.check:
        plan = plan_for_mac(certificates, list(identities.values()), keychain=where)
        print_plan(plan, chosen=what.dry_run is True, as_json=as_json)
        if not as_json:
            _tell_of_p12(identities, ca)
        return
    if not what.check:
        _refuse_root()
    plan = plan_for_mac(
        certificates,
        list(identities.values()),
        keychain=str(Path(where).expanduser().absolute()),
        password=generate_password(),  # for the moment between packing and importing; nobody has to know it
    )
    ledger = ledger_in(what.state)
    if what.check:
        check_plan(plan, missing_items(plan, ledger.entries()), installing=True, as_json=as_json)
    else:
        perform_plan(plan, ledger, as_json=as_json)


def _refuse_root() -> None:
    """Refuse sudo on a Mac: it would trust the root for the user root, whom no app runs as."""
    if sys.platform == "darwin" and os.geteuid() == 0:
        raise InvalidRequest("this runs as root, and the keychain meant is a user's", hint="Leave out sudo.")


def _tell_of_p12(identities: dict[str, Identity], ca: Path) -> None:
    from pki.install.onto_mac import p12_name

    for name, identity in identities.items():
        file = p12_name(identity)
        note(f"Make {shlex.quote(file)} first and put it beside; macOS asks for its password:")
        note(f"  {p12_command(name, file, ca)}")


def _keychain(text: str) -> str:
    """Where `security` would look for a keychain called TEXT: a bare name is one of the user's own."""
    return text if "/" in text else f"~/Library/Keychains/{text}"
