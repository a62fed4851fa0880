"""What is in the manifest's folder: read once, and held against the declaration by `planning`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pki.errors import PkiError
from pki.manifest.errors import ManifestError, Mistake
from pki.store import AuthorityFolder, new_folder
from pki.store.layout import CERTIFICATE, KEY, FolderLayout
from pki.store.revocation import Revocations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cryptography import x509

    from pki.manifest.declaration import Declaration, DeclaredCa, DeclaredExport
    from pki.model.identity import Identity
    from pki.store.ledger import LedgerRow
    from pki.store.revocation_record import Revoked

_MODE = 0o777


@dataclass(frozen=True, slots=True)
class CertificateState:
    """What a CA's folder has under one name."""

    row: LedgerRow
    certificate: x509.Certificate
    issuer: x509.Certificate


@dataclass(frozen=True, slots=True)
class CaState:
    """One CA's folder."""

    issuers: tuple[x509.Certificate, ...]  # who signs leaves, and who is above, the root last
    has_root_key: bool  # an intermediate that was adopted has its root's certificate alone
    certificates: Mapping[str, CertificateState]  # what is declared and there, by name
    undeclared: tuple[LedgerRow, ...]
    revoked: Mapping[str, Revoked]  # by serial
    identities: Mapping[str, Identity]  # of what the manifest exports with its key


@dataclass(frozen=True, slots=True)
class File:
    """An exported file as it is."""

    data: bytes = field(repr=False)
    mode: int


@dataclass(frozen=True, slots=True)
class ManifestState:
    """Everything the plan depends on beside the declaration and the time; None is what is not there."""

    cas: Mapping[str, CaState | None]
    files: Mapping[str, File | None]  # by `DeclaredExport.to`
    passwords: Mapping[str, str | None] = field(repr=False)  # by `DeclaredExport.to`; None: to be made up
    undeclared_files: tuple[
        str, ...
    ]  # folders of authorities that are not declared, files beside exported ones


def read_state(
    declaration: Declaration, base: Path, *, environment: Mapping[str, str], passphrase: bytes | None
) -> ManifestState:
    """Read what is below BASE, the manifest's folder.

    Raises:
        ManifestError: a path leads out of BASE by a link, or is something else; a password is missing.
        StoreError: an authority's folder is damaged.
    """
    wrong: list[Mistake] = []
    cas: dict[str, CaState | None] = {}
    for ca in declaration.cas:
        try:
            _check_inside(base, ca.folder, folder=base / ca.folder)
            cas[ca.id] = _ca_state(base / ca.folder, ca, declaration, passphrase)
        except _Conflict as error:
            wrong.append(Mistake(ca.line, f"[ca.{ca.id}]", error.problem, error.hint))
    files: dict[str, File | None] = {}
    passwords: dict[str, str | None] = {}
    for export in declaration.exports:
        try:
            _check_inside(base, export.to, folder=(base / export.to).parent)
            files[export.to] = _file(base / export.to)
            passwords[export.to] = _password(export, base, environment)
        except _Conflict as error:
            wrong.append(Mistake(export.line, f"[[export.{export.kind}]]", error.problem, error.hint))
    if wrong:
        raise ManifestError(declaration.name, wrong)
    return ManifestState(cas, files, passwords, tuple(sorted(_undeclared_files(declaration, base))))


class _Conflict(PkiError):
    """Something on this disk is in the way of one table."""


def _check_inside(base: Path, path: str, *, folder: Path) -> None:
    """Refuse PATH if FOLDER, which it is or is in, is elsewhere or cannot be."""
    if not folder.resolve().is_relative_to(base.resolve()):
        raise _Conflict(
            f"{path} leads out of the manifest's folder, by a symbolic link", hint="Choose a place inside it."
        )
    above = next(one for one in (folder, *folder.parents) if one.exists())
    if not above.is_dir() and above != base / path:
        raise _Conflict(
            f"{path} would be inside {above.name}, which is a file", hint="Move it out of the way."
        )


def _ca_state(
    path: Path, ca: DeclaredCa, declaration: Declaration, passphrase: bytes | None
) -> CaState | None:
    if not FolderLayout(path).marker.exists():
        _check_free(path)
        return None
    folder = AuthorityFolder.open(path, passphrase=passphrase)
    declared = {one.id for one in declaration.intermediates if one.ca == ca.id}
    declared |= {leaf.id for leaf in declaration.leaves if leaf.ca == ca.id}
    by_path = {row.path: row for row in folder.rows()}
    latest = [row for row in by_path.values() if (path / row.path / CERTIFICATE).exists()]
    certificates = {
        row.name: CertificateState(row, *folder.certificates(row.name)[:2])
        for row in latest
        if row.name in declared and (path / row.path / KEY).exists()
    }
    exported = {one.leaf for one in declaration.exports if one.kind in ("pem", "p12", "profile")}
    ours = {name for name, one in certificates.items() if one.row.declared is not None}
    return CaState(
        issuers=folder.issuers,
        has_root_key=folder.members.signing[0][0] == folder.root,
        certificates=certificates,
        undeclared=tuple(row for row in latest if row.name not in declared),
        revoked={one.serial: one for one in Revocations(folder).all()},
        identities={name: folder.identity(name) for name in certificates if name in exported & ours},
    )


def _check_free(path: Path) -> None:
    """Refuse a PATH where no authority can be made."""
    if path.exists() or path.is_symlink():
        try:
            new_folder.check_free(path, force=False)
        except PkiError as error:
            raise _Conflict(error.problem, hint=error.hint) from None


def _file(path: Path) -> File | None:
    try:
        return File(path.read_bytes(), path.stat().st_mode & _MODE)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _Conflict(
            f"{path} cannot be read: {error.strerror}", hint="Move what is there out of the way."
        ) from None


def _password(export: DeclaredExport, base: Path, environment: Mapping[str, str]) -> str | None:
    """Read the password of EXPORT; None where it has none, or one is to be made up."""
    if (variable := getattr(export.wanted, "password_env", None)) is not None:
        password = environment.get(variable)
        if password is None:
            raise _Conflict(
                f"the environment variable {variable} is not set",
                hint="Set it, or name a password_file, which is made where it is missing.",
            )
        source = f"the environment variable {variable}"
    elif export.password_file is not None:
        _check_inside(base, export.password_file, folder=(base / export.password_file).parent)
        file = _file(base / export.password_file)
        if file is None:
            return None
        source = export.password_file
        try:
            password = file.data.decode().removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            raise _Conflict(f"{source} is not UTF-8 text", hint="Put the password alone into it.") from None
    else:
        return None
    if not password or not password.isprintable():
        found = "holds more than a line of printable text" if password else "is empty"
        raise _Conflict(f"{source} {found}, and no .p12 opens so", hint="Put the password alone into it.")
    return password


def _undeclared_files(declaration: Declaration, base: Path) -> Iterator[str]:
    """What lies where the manifest puts things, and is not in it; beside the manifest, authorities alone."""
    ours = {base / export.to for export in declaration.exports}
    ours |= {base / export.password_file for export in declaration.exports if export.password_file}
    folders = {base / ca.folder for ca in declaration.cas}
    for path in sorted({file.parent for file in ours} - {base}):
        if path.is_dir():
            for entry in path.iterdir():
                if entry.is_file() and entry not in ours:
                    yield entry.relative_to(base).as_posix()
    for path in sorted({base, *(folder.parent for folder in folders)}):
        if path.is_dir():
            for entry in path.iterdir():
                if entry not in folders and _is_authority(entry):
                    yield entry.relative_to(base).as_posix()


def _is_authority(path: Path) -> bool:
    try:
        return FolderLayout(path).marker.is_file()
    except OSError:  # a folder of somebody else's, which is no business of ours
        return False
