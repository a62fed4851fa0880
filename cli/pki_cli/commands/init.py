"""`init`: a test authority in a folder, made or adopted."""

from __future__ import annotations

import secrets
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from pki.errors import InvalidRequest
from pki.store.default_folder import ca_option
from pki_cli.options.answer import Force
from pki_cli.options.group import with_groups
from pki_cli.options.issue import (
    Lan,
    PassphraseFile,
    Permit,
    SubjectName,
    ValidityOptions,
    not_a_subject,
    permitted_names,
    read_key_type,
    read_passphrase,
)
from pki_cli.options.moment import At
from pki_cli.shell import DEFAULT_CA, AsJson, CaFolder, moment_of, note, say, say_json, stdin_once
from pki_cli.ways_out import again, flags_named, permitting

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pki.issue import KeyType


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(with_groups(init))


# Long because each option is a parameter, and the steps of the command follow one another.
def init(
    *,
    ca: CaFolder = DEFAULT_CA,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="The root's name, as devices will show it.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="TYPE|FILE",
            help="p256, p384, p521, rsa2048, rsa3072, rsa4096 or ed25519; with --from the file of its key.",
        ),
    ] = None,
    lan: Lan = False,
    permit: Permit = None,
    subject: SubjectName = None,
    root_only: Annotated[
        bool, typer.Option("--root-only", help="No intermediate: a root that signs leaves itself.")
    ] = False,
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="CERT",
            help="Adopt this authority: PEM, DER or .p12, its issuers in further --from; or mkcert.",
        ),
    ] = None,
    validity: ValidityOptions,
    at: At = None,
    copy_key: Annotated[
        bool, typer.Option("--copy-key", help="With --from: copy the key into the folder.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Make a test authority in a folder, or adopt one you have.

    It has a root and an intermediate that issues. With --from, one that
    is there already signs: its files are not changed, and its key is
    read where it is. --days and the times are the root's; the
    intermediate ends with it, or after five years.

    \b
    Examples:
      trustrig init
      trustrig init --permit test --name "Team Test CA" --days 365
      trustrig init --from rootCA.pem --key rootCA-key.pem
    """
    from pki.store import AuthorityFolder
    from pki.store.documents import authority_json, init_document

    moment = moment_of(at)
    if source is not None:
        _adopt(
            ca,
            source,
            key=key,
            copy_key=copy_key,
            passphrase_file=passphrase_file,
            at=moment,
            force=force,
            as_json=as_json,
            unfit={
                "--name": name,
                "--lan": lan,
                "--permit": permit,
                "--subject": subject,
                "--root-only": root_only,
                **{f"--{term.replace('_', '-')}": value for term, value in validity.terms().items()},
            },
        )
        return
    if copy_key:
        raise InvalidRequest(
            "--copy-key is about an authority that is adopted", hint="Name it with --from CERT."
        )
    # Two roots with one name confuse people and trust stores alike: a name that nobody chose is unique.
    name = name or f"Trustrig Test CA {secrets.token_hex(3)}"
    passphrase, permitted = read_passphrase(passphrase_file), permitted_names(lan, permit)
    with flags_named(ca, new=True):
        folder = AuthorityFolder.create(
            ca,
            name=name,
            at=moment,
            key_type=_key_type(key),
            permit=permitted,
            subject=subject,
            root_only=root_only,
            passphrase=passphrase,
            force=force,
            **validity.terms(),
        )
    for warning in not_a_subject(name):
        note(f"warning: {warning}")
    if as_json:
        say_json(init_document(folder, permit=permitted, encrypted=passphrase is not None))
        return
    say(f"Made the authority {name!r} in {ca}; nothing trusts it yet.")
    made = authority_json(folder)
    for member in filter(None, (made["root"], made["intermediate"])):
        say(f"  {member['file']}  valid until {member['not_after'][:10]}")
    if root_only:
        say("  the root signs servers and clients itself, and no authority can ever stand below it")
    say(f"  keys are {'encrypted and ' if passphrase else ''}readable by you alone")
    for line in _certifies(permitted):
        say(line)
    say(f"Next: trustrig issue {_issuable(permitted, lan=lan)}{ca_option(ca)}")


def _certifies(permitted: tuple[str, ...]) -> list[str]:
    """What it may certify, or that nothing limits it and which option does."""
    from pki.report.layout import wrapped

    if permitted:
        return wrapped(f"certifies only {', '.join(permitted)}", indent="  ", hanging="    ")
    return ["  certifies any name; with --lan or --permit HOST a leaked copy would be harmless"]


def _issuable(permitted: tuple[str, ...], *, lan: bool) -> str:
    """What this authority can issue, as the words behind `issue`: the command that is printed works."""
    from pki.issue.constraints import parse_permitted

    limits = None if lan else parse_permitted(permitted)
    if limits is None:
        return "server api.test localhost"
    if limits.dns:
        host = limits.dns[0]
        return f"server {host if '.' in host or host == 'localhost' else f'api.{host}'}"
    if limits.networks:
        network = limits.networks[0]
        return f"server {network[min(1, network.num_addresses - 1)]}"
    return "client alice"


def _adopt(
    ca: Path,
    source: list[str],
    *,
    key: str | None,
    copy_key: bool,
    passphrase_file: str | None,
    at: datetime,
    force: bool,
    as_json: bool,
    unfit: Mapping[str, object],
) -> None:
    """Adopt the authority in SOURCE, and tell; UNFIT are the options that make no sense then, with their values."""
    from pki.store.documents import init_document
    from pki_cli.adopted_authority import adopt_authority, tell_adopted

    limits = permitting(bool(unfit["--lan"]), cast("list[str] | None", unfit["--permit"]))
    for option, value in unfit.items():
        if value:
            limit = option in ("--lan", "--permit")
            below = f"trustrig issue intermediate Limited {shlex.join(limits)}{ca_option(ca)}"
            raise InvalidRequest(
                f"{option} says how an authority is made, and with --from it is there already",
                hint="To limit what is certified, issue one below it:" if limit else "Leave it out.",
                commands=[again(without=("--permit", "--lan")), below] if limit else [],
            )
    stdin_once(passphrase_file, *source, key)
    passphrase = read_passphrase(passphrase_file)
    with flags_named(ca, new=True):
        adopted = adopt_authority(
            ca, source, key=key, copy_key=copy_key, passphrase=passphrase, at=at, force=force
        )
    if not as_json:
        tell_adopted(adopted, ca)
        return
    say_json(
        init_document(
            adopted.folder,
            permit=adopted.limits.listed,
            encrypted=copy_key and passphrase is not None,
            held=[(one.policy, one.finding) for one in adopted.held],
        )
    )


def _key_type(text: str | None) -> KeyType:
    """Read --key of an authority to be made; a file there is about another command."""
    if text is not None and Path(text).is_file():
        raise InvalidRequest(
            f"--key {text} is a file, and no authority was named that it is the key of",
            hint="To adopt that authority, name its certificate with --from as well.",
        )
    try:
        return read_key_type(text or "p256")
    except InvalidRequest as error:
        more = " A file is the key of an authority that --from names."
        raise InvalidRequest(error.problem, hint=f"{error.hint}{more}", path=error.path) from None
