"""A server identity for some names: what is there already is kept where it serves, and issued again where not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pki.errors import InvalidRequest
from pki.issue.alternative_names import subject_names_in
from pki.issue.profiles import CertificateKind
from pki.issue.purposes import is_for_tls, purposes_in
from pki.issue.signing import read_names
from pki.store.atomic import AlreadyExists
from pki.store.default_folder import ca_option
from pki.store.layout import FolderLayout
from pki.store.revocation import Revocations

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from cryptography import x509

    from pki.model.names import SubjectName
    from pki.store.folder import AuthorityFolder
    from pki.store.ledger import LedgerRow


class Readiness(StrEnum):
    """How it came that the identity is there."""

    KEPT = "kept"
    ISSUED = "issued"
    RENEWED = "renewed"  # it had expired, or was not valid yet
    EXTENDED = "extended"  # it lacked names; those that it had, it keeps


@dataclass(frozen=True, slots=True)
class ReadyServer:
    """A server's identity whose certificate is valid and has the names that were asked for."""

    row: LedgerRow
    folder: Path
    chain: tuple[x509.Certificate, ...]  # the certificate and its issuers, the root last
    readiness: Readiness


def ready_server(folder: AuthorityFolder, *names: SubjectName | str, at: datetime) -> ReadyServer:
    """Have an identity for NAMES in FOLDER, called by the first of them; a second call changes nothing.

    One that is not valid now, or lacks names, is issued again for all names, its own among them, with the key it
    has; what was there moves to `superseded`.

    Raises:
        InvalidRequest: no name, or one that may not be certified here; what is called so is no server's, was
            revoked, or a manifest declared it otherwise.
        StoreError: its key is elsewhere, or the folder is damaged, busy or cannot be written.
        WrongPassword: something is to be issued, and the CA key's passphrase is missing or wrong.
    """
    wanted = read_names(names)
    if not wanted:
        raise InvalidRequest("a server needs a name", hint="Give its host names or IP addresses.")
    called = str(wanted[0])
    if not FolderLayout(folder.path).identity(called).exists():
        try:
            issued = folder.issue_server(*wanted, at=at)
            return ReadyServer(issued.row, issued.folder, issued.chain, Readiness.ISSUED)
        except AlreadyExists:  # another process was faster: what it made is as good
            pass
    return _from_what_is_there(folder, called, wanted, at=at)


def _from_what_is_there(
    folder: AuthorityFolder, called: str, wanted: tuple[SubjectName, ...], *, at: datetime
) -> ReadyServer:
    row, certificate = folder.row(called), folder.identity(called).certificate
    own = subject_names_in(certificate)
    lacking = tuple(name for name in wanted if name not in own)
    ended = not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc
    _check(folder, row, certificate, changing=bool(lacking) or ended)
    if not lacking and not ended:
        place = FolderLayout(folder.path).identity(called)
        return ReadyServer(row, place, folder.certificates(called), Readiness.KEPT)
    again = folder.renew(called, at=at, keep_key=True, names=(*own, *lacking))
    how = Readiness.EXTENDED if lacking else Readiness.RENEWED
    return ReadyServer(again.row, again.folder, again.chain, how)


def _check(folder: AuthorityFolder, row: LedgerRow, certificate: x509.Certificate, *, changing: bool) -> None:
    """Refuse an identity that serves nobody, and a change of what others decided."""
    option = ca_option(folder.path)
    if row.kind != CertificateKind.SERVER or not is_for_tls(purposes_in(certificate), server=True):
        what = "a server's, for other purposes than TLS" if row.kind == CertificateKind.SERVER else row.kind
        raise InvalidRequest(
            f"{row.name} is there already, and is {what}",
            hint="Put another name first: an identity is called by it.",
        )
    if any(one.serial == row.serial for one in Revocations(folder).all()):
        raise InvalidRequest(
            f"{row.name} was revoked, and whoever asks refuses it",
            hint="Issue it again, with a new key:",
            commands=[f"trustrig renew {row.name}{option}"],
        )
    if changing and row.declared is not None:
        raise InvalidRequest(
            f"{row.name} was declared in a manifest, and is not what is asked for here",
            hint="Change it there and run `trustrig apply` again, or put another name first.",
        )
