"""What was signed becomes files in the folder and a row in its ledger."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes

from pki.errors import StoreError
from pki.issue.alternative_names import names_in
from pki.issue.profiles import CertificateKind
from pki.model.identity import Identity
from pki.store import staging
from pki.store.atomic import SECRET, AlreadyExists
from pki.store.default_folder import ca_option
from pki.store.ledger import LedgerRow
from pki.store.members import Members
from pki.store.pem import identity_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

    from pki.issue.validity import Validity
    from pki.store.layout import FolderLayout

    # Further files for an identity's folder, by name; all are written for the owner alone.
    ExtraFiles = Callable[[Identity], Mapping[str, bytes]]


@dataclass(frozen=True, slots=True)
class NewCertificate:
    """What was signed and is not yet issued: nobody has it before it is in the ledger."""

    name: str  # what the identity is called in the folder
    kind: CertificateKind
    chain: tuple[x509.Certificate, ...]  # the certificate and its issuers, the root last
    key: CertificateIssuerPrivateKeyTypes | None  # None when the requester holds it
    validity: Validity  # as asked for; the certificate's own may end earlier
    renewed_from: str | None = None
    declared: str | None = None

    def __repr__(self) -> str:  # a key must never reach a log through a repr
        return f"NewCertificate({self.name!r}, {self.kind})"


@dataclass(frozen=True, slots=True)
class Issued:
    """What issuing left behind."""

    row: LedgerRow
    folder: Path
    files: tuple[str, ...]
    chain: tuple[x509.Certificate, ...]  # the certificate and its issuers, the root last
    key: CertificateIssuerPrivateKeyTypes | None  # None when the requester holds it
    wanted_end: datetime | None  # the end asked for, where an issuer's own came first

    def __repr__(self) -> str:  # see NewCertificate
        return f"Issued({self.row.name!r}, serial {self.row.serial})"


def store_certificate(
    layout: FolderLayout,
    new: NewCertificate,
    *,
    at: datetime,
    replace: bool,
    passphrase: bytes | None = None,
    extra_files: ExtraFiles | None = None,
) -> Issued:
    """Issue NEW: under the folder's lock it gets its row in the ledger and its folder, both or neither.

    The passphrase encrypts the key of an authority; a leaf's key is for servers that read it unattended.

    Raises:
        AlreadyExists: there is an identity of this name, and `replace` is false.
        StoreError: the folder is busy, damaged or was replaced since the new was signed, or the system refused.
    """
    certificate = new.chain[0]
    files = identity_files(
        new.chain, new.key, passphrase=passphrase if new.kind is CertificateKind.INTERMEDIATE else None
    )
    if extra_files is not None and new.key is not None:
        identity = Identity(certificate, new.key, new.chain[1:])
        files |= {file: (data, SECRET) for file, data in extra_files(identity).items()}
    place = layout.identity(new.name)
    row = LedgerRow(
        serial=f"{certificate.serial_number:x}",
        name=new.name,
        kind=new.kind,
        subject=certificate.subject.rfc4514_string(),
        names=names_in(certificate),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        sha256=certificate.fingerprint(hashes.SHA256()).hex(),
        issuer=certificate.issuer.rfc4514_string(),
        path=str(place.relative_to(layout.top)),
        issued_at=at,
        renewed_from=new.renewed_from,
        declared=new.declared,
    )
    with staging.locked(layout):
        check_free(layout, new.name, replace=replace)
        if Members.read(layout).issuers[-1] != new.chain[-1]:
            raise StoreError(f"the authority in {layout.top} was replaced a moment ago", hint="Issue again.")
        staging.issue(layout, row, files)
    wanted = new.validity.not_after
    return Issued(
        row=row,
        folder=place,
        files=tuple(files),
        chain=new.chain,
        key=new.key,
        wanted_end=wanted if wanted > row.not_after else None,
    )


def check_free(layout: FolderLayout, name: str, *, replace: bool) -> None:
    """Refuse a name that is taken, unless what is there may be replaced.

    Raises:
        AlreadyExists: an identity of this name is there.
    """
    place = layout.identity(name)
    if place.exists() and not replace:
        raise AlreadyExists(
            f"{name} was issued already: see {place}",
            hint="Renew it as it is, or replace it",
            commands=[f"trustrig renew {shlex.quote(name)}{ca_option(layout.top)}"],
        )
