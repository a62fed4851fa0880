"""Issuing a certificate again: what stays of the one before, and what does not."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from pki.errors import InvalidRequest
from pki.issue import KeyType
from pki.issue.alternative_names import subject_names_in
from pki.issue.keys import key_type_of, new_key
from pki.issue.profiles import PROFILES, CertificateKind
from pki.issue.purposes import purposes_in, with_purposes
from pki.issue.revocation_urls import RevocationUrls
from pki.issue.subjects import Subject
from pki.issue.validity import Terms, plan
from pki.model.common_names import common_name_in
from pki.store.default_folder import ca_option
from pki.store.issued import NewCertificate
from pki.store.layout import KEY, FolderLayout
from pki.store.pem import read_key

if TYPE_CHECKING:
    from datetime import datetime

    from pki.model.names import SubjectName
    from pki.store.open_folder import OpenedFolder


def renewed_certificate(
    folder: OpenedFolder,
    name: str,
    *,
    at: datetime,
    keep_key: bool,
    names: tuple[SubjectName, ...] = (),
    terms: Terms,
) -> NewCertificate:
    """Sign the certificate called NAME in FOLDER again, and return what is to be kept: see `AuthorityFolder.renew`.

    Raises:
        InvalidRequest: NAME is an authority.
    """
    row = folder.row(name)
    kind = CertificateKind(row.kind)
    if kind is CertificateKind.CROSS:
        raise InvalidRequest(
            f"{row.name} is certified across for an authority elsewhere",
            hint="Certify it again where it is, with --ca FOLDER behind this:",
            commands=[
                f"trustrig issue cross {shlex.quote(row.name)} --by {shlex.quote(str(folder.path.absolute()))} --force"
            ],
        )
    if kind is CertificateKind.INTERMEDIATE:
        raise InvalidRequest(
            f"{row.name} is an authority, and a new key would orphan what it signed",
            hint="Issue another authority beside it:",
            commands=[f"trustrig issue intermediate {shlex.quote(f'{row.name} 2')}{ca_option(folder.path)}"],
        )
    old, above, *_ = folder.certificates(row.name)
    key_file = FolderLayout(folder.path).identity(row.name) / KEY
    key = None
    if key_file.exists() and keep_key:
        key = read_key(key_file, passphrase=None, certificate=old)
    elif key_file.exists():
        key = new_key(key_type_of(old.public_key()) or KeyType.P256)
    authority = folder.authority(None if above == folder.issuers[0] else common_name_in(above.subject))
    length = old.not_valid_after_utc - old.not_valid_before_utc
    profile = with_purposes(PROFILES[kind], purposes_in(old))
    validity = plan(replace(profile, lifetime=length), at=at, **terms)
    certificate = authority.certify(
        profile,
        common_name="",
        subject=Subject.read(old.subject),
        names=names or subject_names_in(old),
        public_key=key.public_key() if key else old.public_key(),
        validity=validity,
        pointers=RevocationUrls.read(old),
    )
    return NewCertificate(row.name, kind, (certificate, *authority.chain), key, validity, row.serial)
