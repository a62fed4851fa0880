"""The authority's folder: whether it is there, whole, ours alone, and good for a while."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding

from pki.export.profile import root_warnings
from pki.issue.constraints import certifies_any_name
from pki.model.certificate import CertFacts
from pki.model.public_keys import public_key_because
from pki.model.remarks import DoctorRemark, Grade
from pki.model.time_format import moment_text
from pki.store.default_folder import ca_option, free_place
from pki.store.kept_password import opened_by

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography import x509

    from pki.doctor.facts import Snapshot
    from pki.errors import StoreError
    from pki.store.health import AuthorityFacts, FileFacts, FolderFacts, IssuedFacts

CA_NEAR_END = timedelta(days=30)  # ours: time to hand a new root to every device
LEAF_NEAR_END = timedelta(days=7)  # ours: a renewal takes a second
_OTHERS = 0o077  # permission bits of group and world
_NAMED = 3  # files told one by one


def folder_remarks(snapshot: Snapshot) -> Iterator[DoctorRemark]:
    """What is to be said of the folder."""
    folder = snapshot.folder
    if folder.absent is not None:
        yield _absent(folder.absent, snapshot)
    else:
        text = f"the authority in {folder.path}; certificates in its ledger: {len(folder.rows)}"
        yield DoctorRemark("authority", Grade.OK, text)
    for error in folder.damage:
        yield DoctorRemark("damaged", Grade.PROBLEM, error.problem, error.hint, _first_command(error))
    yield from _leftovers(folder)
    for authority in folder.authorities:
        yield from _authority(authority, snapshot)
    yield from _modes(snapshot)
    for issued in folder.issued:
        yield from _issued(issued, snapshot)
    yield from _passwords(folder)


def _absent(error: StoreError, snapshot: Snapshot) -> DoctorRemark:
    path = snapshot.folder.path
    init = f"trustrig init --lan{ca_option(path)}"
    if snapshot.folder.marked:
        return DoctorRemark("authority", Grade.PROBLEM, error.problem, error.hint, _first_command(error))
    if snapshot.named_by:
        text = f"{snapshot.named_by} names {path}: {error.problem}"
        return DoctorRemark("authority", Grade.PROBLEM, text, "Name another folder, or make one there:", init)
    return DoctorRemark("authority", Grade.NOTE, error.problem, command=init)


def _first_command(error: StoreError) -> str:
    return error.commands[0] if error.commands else ""


def _new_one(path: Path) -> str:
    """Another authority, in a folder beside PATH: the old one stays, as it may be what devices still trust."""
    return f"trustrig init --lan{ca_option(free_place(path))}"


def _authority(authority: AuthorityFacts, snapshot: Snapshot) -> Iterator[DoctorRemark]:
    certificate, name = authority.certificate, authority.name
    option = ca_option(snapshot.folder.path)
    own = name in ("root", "intermediate")
    what = f"the {name}" if own else f"the intermediate {name}"
    again = "Make another beside it, and install its root:", _new_one(snapshot.folder.path)
    if authority.adopted:
        again = "Have it issued again by who made it, and adopt that with `trustrig init --from`.", ""
    if not own:
        again = "Issue another one:", f"trustrig issue intermediate {shlex.quote(f'{name} 2')}{option}"
    yield from _period(what, certificate, snapshot, again=again)
    if name == "root":
        for warning in root_warnings(certificate):
            yield DoctorRemark("root-unlisted", Grade.PROBLEM, warning.rstrip("."), *again)
    elif own and snapshot.folder.rootless:
        text = f"the root above {what} is not here: what hands out or trusts a root waits for it"
        step = "Get the root's certificate, without its key, and name it behind one more --from of `trustrig init`."
        yield DoctorRemark("root-missing", Grade.WARNING, text, step)
    if because := public_key_because(CertFacts.parse(certificate.public_bytes(Encoding.DER))):
        text = f"the key of {what} is public: {because}; whoever trusts it trusts everybody who has the seed"
        yield DoctorRemark(
            "public-key",
            Grade.PROBLEM,
            text,
            "Trust it nowhere; make another:",
            _new_one(snapshot.folder.path),
        )
    elif name == "root" and certifies_any_name(certificate):
        text = (
            "the root may certify any name: whoever gets its key can be any site to a device that trusts it"
        )
        yield DoctorRemark(
            "unconstrained",
            Grade.WARNING,
            text,
            "One for a local network alone, beside it:",
            _new_one(snapshot.folder.path),
        )
    if not authority.has_key:
        signs = own and name == snapshot.folder.signs
        grade = Grade.NOTE if name == "root" and not signs else Grade.WARNING
        where = f"at {authority.key_file} any more" if authority.key_file is not None else "here"
        text = f"the key of {what} is not {where}: nothing can be issued by it"
        step = "" if grade is Grade.NOTE else "Put it back from a copy."
        if authority.key_file is not None:
            step = "Put it back there, or say where it is with --key of the `trustrig init --from` that adopted it."
        yield DoctorRemark("authority-key", grade, text, step)


def _period(
    what: str, certificate: x509.Certificate, snapshot: Snapshot, *, again: tuple[str, str]
) -> Iterator[DoctorRemark]:
    begin, end, at = certificate.not_valid_before_utc, certificate.not_valid_after_utc, snapshot.at
    if at > end:
        text = f"{what} expired on {end:%Y-%m-%d}, and with it all it signed"
        yield DoctorRemark("authority-expired", Grade.PROBLEM, text, *again)
    elif at < begin:
        text = f"{what} is valid from {moment_text(begin)} only"
        yield DoctorRemark("authority-not-yet", Grade.PROBLEM, text, "Wait, or look at the clock.")
    elif end - at <= CA_NEAR_END:
        text = f"{what} expires on {end:%Y-%m-%d}, in {(end - at).days} days, and with it all it signed"
        yield DoctorRemark("authority-expires", Grade.WARNING, text, *again)
    else:
        yield DoctorRemark("authority-period", Grade.OK, f"{what} is valid until {end:%Y-%m-%d}")


def _issued(issued: IssuedFacts, snapshot: Snapshot) -> Iterator[DoctorRemark]:
    row, at = issued.row, snapshot.at
    option = ca_option(snapshot.folder.path)
    again = f"trustrig renew {shlex.quote(row.name)}{option}"
    if not issued.complete:
        top = issued.sent[-1].issuer.rfc4514_string()
        text = (
            f"{row.name} lacks its intermediates: its fullchain.pem ends below {top}, so a peer that knows only "
            "the root refuses it"
        )
        yield DoctorRemark("chain", Grade.PROBLEM, text, command=again)
        return
    findings = [
        finding for finding in snapshot.findings.get(row.name, ()) if finding.fails and finding.position == 0
    ]
    for finding in findings:
        text = f"Apple will refuse {row.name}: {finding.told}"
        if row.defect is not None:  # somebody wanted it so
            yield DoctorRemark(
                "bad-on-purpose", Grade.NOTE, f"{text}, as declared: its defect is {row.defect}"
            )
        elif finding.rule.cause == "server-expired":
            yield DoctorRemark("identity-refused", Grade.PROBLEM, text, command=again)
        else:
            yield DoctorRemark("identity-refused", Grade.PROBLEM, text, finding.fix)
    left = row.not_after - at
    if not findings and timedelta() <= left <= LEAF_NEAR_END:
        text = f"{row.name} expires on {row.not_after:%Y-%m-%d}, in {left.days} days"
        yield DoctorRemark("identity-expires", Grade.WARNING, text, command=again)


def _passwords(folder: FolderFacts) -> Iterator[DoctorRemark]:
    """Where the passwords of a few identities are; of more the number, and who lists them."""
    kept = [(one.row.name, one.password_file) for one in folder.issued if one.password_file is not None]
    if len(kept) > _NAMED:
        text = f"{len(kept)} identities have one password each for their files: `trustrig list` says where"
        yield DoctorRemark("password", Grade.OK, text)
        return
    for name, file in kept:
        beside = opened_by(file)
        opens = f"opens {beside} and" if beside is not None else "opens"
        yield DoctorRemark("password", Grade.OK, f"{file} {opens} what is exported of {name}")


def _modes(snapshot: Snapshot) -> Iterator[DoctorRemark]:
    folder = snapshot.folder
    if folder.folder is None:
        return
    if folder.folder.mode & _OTHERS:
        text = f"{folder.path} is open to others (mode {folder.folder.mode:04o})"
        yield DoctorRemark(
            "folder-mode", Grade.WARNING, text, command=f"chmod 700 {shlex.quote(str(folder.path))}"
        )
    open_ones = [file for file in folder.secrets if file.mode & _OTHERS]
    for file, rest in _first(open_ones):
        text = f"{file.path} can be read or written by others (mode {file.mode:04o}){rest}"
        paths = " ".join(shlex.quote(str(one.path)) for one in (open_ones if rest else [file]))
        yield DoctorRemark("secret-mode", Grade.PROBLEM, text, command=f"chmod 600 {paths}")
    # Root may read everybody's files, so that whose they are is no obstacle.
    foreign = [file for file in folder.secrets if snapshot.user not in (0, file.owner)]
    for file, rest in _first(foreign):
        text = f"{file.path} belongs to the user {file.owner}, not to you ({snapshot.user}){rest}"
        paths = " ".join(shlex.quote(str(one.path)) for one in (foreign if rest else [file]))
        yield DoctorRemark("secret-owner", Grade.PROBLEM, text, command=f"sudo chown {snapshot.user} {paths}")
    if folder.secrets and not open_ones and not foreign:
        yield DoctorRemark(
            "secret-mode", Grade.OK, f"{len(folder.secrets)} secret files, readable by their owner alone"
        )


def _first(files: list[FileFacts]) -> Iterator[tuple[FileFacts, str]]:
    """Each of a few files; of many the first, with the number of the others."""
    if len(files) <= _NAMED:
        yield from ((file, "") for file in files)
    else:
        yield files[0], f"; {len(files) - 1} other files as well"


def _leftovers(folder: FolderFacts) -> Iterator[DoctorRemark]:
    inside = [path for path in folder.leftovers if path.parent.name == ".staging"]
    beside = [path for path in folder.leftovers if path not in inside]
    if inside:
        text = (
            f"an interrupted write left {len(inside)} unfinished in {inside[0].parent}, or one is under way"
        )
        step = "Any command that uses the authority finishes it:"
        yield DoctorRemark("leftover", Grade.WARNING, text, step, f"trustrig list{ca_option(folder.path)}")
    for path in beside:
        text = f"an interrupted write left {path}, or one is under way"
        yield DoctorRemark(
            "leftover", Grade.WARNING, text, "When nothing is running:", f"rm -r {shlex.quote(str(path))}"
        )
