"""`init --from`: an authority that somebody has already, and what Apple makes of it, told at once."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pki.errors import InvalidRequest, Unreadable, system_refusal
from pki.store.default_folder import ca_option
from pki_cli.public_keys import refuse_public
from pki_cli.sample_verdicts import BOOK, SampleFinding, held_against
from pki_cli.shell import note, say

if TYPE_CHECKING:
    from datetime import datetime

    from pki.issue.limits import Limits
    from pki.store import AuthorityFolder
    from pki.store.adoption import SourceFile

MKCERT = "mkcert"


@dataclass(frozen=True, slots=True)
class Adopted:
    """What `init --from` left behind."""

    folder: AuthorityFolder
    new: bool
    held: tuple[SampleFinding, ...]
    levels_below: int | None
    limits: Limits
    lists: bool  # whether it may sign CRLs
    unused: tuple[Path, ...] = ()  # files that were given in vain


def adopt_authority(
    ca: Path,
    given: list[str],
    *,
    key: str | None,
    copy_key: bool,
    passphrase: bytes | None,
    at: datetime,
    force: bool,
) -> Adopted:
    """Adopt the authority in the files GIVEN (or `mkcert`, or mkcert's folder) into the folder CA.

    Raises:
        InvalidRequest: nothing signed by it could be trusted, or what was given is no authority with its key.
        WrongPassword: its key is encrypted, and the passphrase is missing or wrong.
        AlreadyExists: another authority is in CA, and `force` is false.
    """
    from pki.issue import Authority
    from pki.issue.adoption import check_adoptable, may_sign_lists
    from pki.store import AuthorityFolder
    from pki.store.adoption import NoKey, adopt, load_authority

    certificates, key_source = _sources(given, key)
    try:
        found = load_authority(certificates, key=key_source, passphrase=passphrase)
    except NoKey as error:
        raise InvalidRequest(error.problem, hint=_key_beside(certificates), path=error.path) from None
    if not copy_key and not found.key_file.is_file():
        raise InvalidRequest(
            "a key from standard input or a pipe is not there any more when something is to be signed",
            hint="Name its file, or have it copied into the folder with --copy-key.",
        )
    check_adoptable(found.identity, at=at)
    for one in (*certificates, *((key_source,) if key_source is not None else ())):
        if force and one.path.resolve().is_relative_to(ca.resolve()):
            raise InvalidRequest(
                f"{one.path} is in {ca}, which --force would replace with everything in it",
                hint="Choose another folder with --ca: the authority that is there stays as it is.",
            )
    authority = Authority(found.identity)
    held = tuple(held_against(authority, at=at))  # before anything is written: it signs, and reads itself
    new = adopt(
        ca,
        found.identity,
        at=at,
        key_file=None if copy_key else found.key_file,
        passphrase=passphrase,
        force=force,
    )
    return Adopted(
        AuthorityFolder(ca, passphrase=passphrase),
        new,
        held,
        authority.levels_below,
        authority.limits,
        may_sign_lists(found.identity.certificate),
        found.unused,
    )


def tell_adopted(adopted: Adopted, ca: Path) -> None:
    """Say what was adopted and what it may do; on stderr what will be held against it."""
    from pki.model.common_names import display_name
    from pki.store.members import init_command

    members = adopted.folder.members
    where = ca_option(ca)
    name = repr(members.marker.name)
    if adopted.new:
        say(f"Adopted the authority {name} in {ca}: it signs servers and clients itself.")
    else:
        say(f"The authority {name} is in {ca} already, with all it issued.")
    for certificate in members.issuers:
        say(f"  {display_name(certificate.subject)}, valid until {certificate.not_valid_after_utc:%Y-%m-%d}")
    if members.marker.key_file is not None:
        say(f"  its key stays in {members.marker.key_file} and is read there each time; --copy-key copies it")
    else:
        say(f"  its key was copied to {members.key_file(members.issuers)}, readable by you alone")
    say("  the files it came from are as they were")
    say(f"  {_room(adopted.levels_below, where)}")
    say(f"  certifies {adopted.limits}")
    refuse_public(members.issuers, known=True)
    for path in adopted.unused:
        note(f"warning: {path} has neither its certificate nor an issuer's, and was left out")
    if not members.has_root:
        note(
            f"warning: its root is not here: {members.issuers[-1].issuer.rfc4514_string()} issued it. Servers and "
            "clients can be issued; what hands out a root (profiles, --anchor) waits for it. Add its certificate, no "
            f"key is needed: {init_command(adopted.folder.members)} --from ROOT.pem"
        )
    if not adopted.lists:
        note(
            "warning: its keyUsage lacks cRLSign: `trustrig crl` has no list of it. OCSP answers are not concerned"
        )
    for one in adopted.held:
        who = "validators by RFC 5280 (OpenSSL, Java) may" if one.policy == BOOK else "Apple will"
        says = f"{who} refuse what it signs: " if one.finding.fails else ""
        note(f"warning: {says}{one.finding.told}. {one.finding.fix}")
    say(
        f"Next: trustrig issue server {'NAME' if adopted.limits else 'api.test localhost'}{_subject(adopted)}{where}"
    )


def _sources(given: list[str], key: str | None) -> tuple[list[SourceFile], SourceFile | None]:
    from pki.store.mkcert import CERTIFICATE, files_in, find_mkcert

    if not all(given):
        raise InvalidRequest("--from names no file", hint="Name the authority's certificate.")
    paths: list[Path] = []
    key_path = None if key is None else Path(key)
    if key_path is not None and key != "-":
        try:
            key_path.stat()
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            problem, _ = system_refusal(str(key_path), error)
            hint = "With --from, --key names the file of the authority's private key."
            raise Unreadable(problem, hint=hint, path=key) from None
    for one in given:
        place = Path(one)
        if "://" in one and not place.exists():
            raise InvalidRequest(
                f"{one} is a URL, and an authority is adopted from a file",
                hint="Fetch it first, and look at what came:",
                commands=[f"curl -fo CERT.pem {shlex.quote(one)}"],
            )
        if one == MKCERT or (place.is_dir() and (place / CERTIFICATE).exists()):
            if one == MKCERT:
                files = find_mkcert(os.environ, key_elsewhere=key is not None)
            else:
                files = files_in(place, named_by="as --from says", key_elsewhere=key is not None)
            paths.append(files.certificate)
            key_path = key_path or files.key
        elif place.is_dir():
            raise InvalidRequest(
                f"{one} is a folder, and an authority's certificate is a file",
                hint=f"Use an authority made here as it is: --ca {shlex.quote(one)}."
                if (place / "authority.json").exists()
                else "Name the certificate in it, and its key with --key.",
            )
        else:
            paths.append(place)
    return [_source(path) for path in paths], _source(key_path) if key_path is not None else None


def _key_beside(certificates: list[SourceFile]) -> str:
    """How to name the key, and which file beside the certificate is called like one."""
    for one in certificates:
        for name in (
            f"{one.path.stem}-key.pem",
            f"{one.path.stem}.key",
            f"{one.path.stem}_key.pem",
            "key.pem",
        ):
            beside = one.path.with_name(name)
            if beside != one.path and beside.is_file():
                return f"Name its file with --key. Is it this one? --key {shlex.quote(str(beside))}"
    return "Name its file with --key."


def _source(path: Path) -> SourceFile:
    from pki.store.adoption import SourceFile
    from pki_cli.input_file import read_input

    return SourceFile(path, read_input(path))


def _subject(adopted: Adopted) -> str:
    """The option that a leaf needs below an authority whose constraints are about subjects."""
    from pki.issue.subjects import Subject

    trees = [tree for one in adopted.limits.foreign for tree in one.permitted[:1]]
    return f" --subject {shlex.quote(str(Subject.read(trees[0])))}" if trees else ""


def _room(levels: int | None, where: str) -> str:
    if levels == 0:
        return (
            "no authority may stand below it (path length 0): leaves are sent without an intermediate of ours"
        )
    many = "any number" if levels is None else f"{levels} level{'s' if levels > 1 else ''}"
    return f"{many} of authorities may stand below it, and none was made: trustrig issue intermediate NAME{where}"
