"""An authority as a folder: what `Authority` does in memory, kept on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, Unpack

from pki.errors import InvalidRequest, about
from pki.issue import Authority, KeyType
from pki.issue.alternative_names import names_in
from pki.issue.profiles import PROFILES, CertificateKind
from pki.issue.revocation_urls import RevocationUrls
from pki.issue.signing import read_names
from pki.issue.validity import Terms, plan
from pki.model.common_names import common_name_in
from pki.model.identity import Identity
from pki.model.time_format import utc_text
from pki.renamed import Renamed
from pki.store import new_folder, renewal, staging
from pki.store.issued import Issued, NewCertificate, check_free, store_certificate
from pki.store.marker import Marker, read_marker
from pki.store.open_folder import OpenedFolder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from pki.issue.validity import Validity
    from pki.model.names import SubjectName
    from pki.store.issued import ExtraFiles

    Name = SubjectName | str


class LeafTerms(Terms, total=False):
    """What a leaf is issued with; see `Authority.issue_server`."""

    key_type: KeyType
    pointers: RevocationUrls
    subject: str | None
    purposes: Iterable[str]


class AuthorityFolder(OpenedFolder):
    """An authority's folder. Reading needs no key; issuing reads the issuing key, once.

    Every method that issues may raise, beside what its `Authority` namesake raises:
        AlreadyExists: there is an identity of this name, and replacing it was not asked for.
        StoreError: the folder is busy or damaged, or the system refused.
        WrongPassword: the issuing key is encrypted, and the passphrase is missing or wrong.
    """

    __slots__ = ()

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        name: str,
        at: datetime,
        key_type: KeyType = KeyType.P256,
        permit: Iterable[Name] = (),
        exclude: Iterable[Name] = (),
        root_only: bool = False,
        passphrase: bytes | None = None,
        force: bool = False,
        subject: str | None = None,
        **terms: Unpack[Terms],
    ) -> Self:
        """Make a root and an issuing intermediate in a new folder at PATH, whole or not at all.

        With `root_only` the root signs leaves itself. The passphrase encrypts the keys of authorities. With `force` an
        authority that is there makes way and is gone with all it issued; a folder of anything else never does.

        Raises:
            InvalidRequest: see `Authority.create`; or the passphrase is empty.
            AlreadyExists: an authority is there, and `force` is false.
            StoreError: something else is there, or the system refused.
        """
        if passphrase == b"":
            raise InvalidRequest("the passphrase is empty", hint="Give one, or none at all.")
        new_folder.check_free(path, force=force)  # before the work, and once more when it is done
        authority = Authority.create(
            name=name,
            at=at,
            key_type=key_type,
            permit=permit,
            exclude=exclude,
            root_only=root_only,
            subject=subject,
            **terms,
        )
        parts = new_folder.parts_of(authority)
        marker = Marker(name, utc_text(at), tuple(parts))
        new_folder.create(path, marker, parts, passphrase=passphrase, force=force)
        return cls(path, passphrase=passphrase)

    @classmethod
    def adopt(
        cls,
        path: Path,
        identity: Identity,
        *,
        at: datetime,
        key_file: Path | None,
        passphrase: bytes | None = None,
        force: bool = False,
    ) -> Self:
        """Make a folder at PATH for an authority that is there already: IDENTITY's issuers as far as they are known.

        It signs leaves itself. Its key stays in KEY_FILE, an absolute path that is read when something is signed, or is
        copied where that is None. A folder that has this authority already is kept, and learns where the key is.

        Raises:
            InvalidRequest: nothing signed by it could be trusted.
            AlreadyExists: another authority is there, and `force` is false.
            StoreError: something else is there, or the system refused.
        """
        from pki.store.adoption import adopt

        adopt(path, identity, at=at, key_file=key_file, passphrase=passphrase, force=force)
        return cls(path, passphrase=passphrase)

    @classmethod
    def open(cls, path: Path, *, passphrase: bytes | None = None) -> Self:
        """Open the authority at PATH; what a killed process left half-done is finished or cleared away first.

        Raises:
            StoreError: there is no authority at PATH, or its ledger is damaged.
        """
        with about(path=path):
            read_marker(path)
            folder = cls(path, passphrase=passphrase)
            staging.recover_if_interrupted(folder._layout)
            return folder

    def issue_server(
        self,
        *names: Name,
        at: datetime,
        common_name: str | None = None,
        issuer: str | None = None,
        force: bool = False,
        **options: Unpack[LeafTerms],
    ) -> Issued:
        """Issue a server's identity for NAMES; it is called by the first of them.

        `issuer` names an authority below this one that signs instead. Nothing is replaced without `force`.
        """
        subject_names = read_names(names)
        called = str(subject_names[0]) if subject_names else ""
        check_free(self._layout, called, replace=force)
        identity = self.authority(issuer).issue_server(
            *subject_names, at=at, common_name=common_name, **options
        )
        new = _new_certificate(called, CertificateKind.SERVER, identity, at=at, terms=options)
        return self._store(new, at=at, replace=force)

    def issue_client(
        self,
        name: str,
        *names: Name,
        at: datetime,
        extra_files: ExtraFiles | None = None,
        issuer: str | None = None,
        force: bool = False,
        **options: Unpack[LeafTerms],
    ) -> Issued:
        """Issue a client's identity called NAME; `extra_files` adds to its folder, for instance a PKCS#12."""
        check_free(self._layout, name, replace=force)
        identity = self.authority(issuer).issue_client(name, *names, at=at, **options)
        new = _new_certificate(name, CertificateKind.CLIENT, identity, at=at, terms=options)
        return self._store(new, at=at, replace=force, extra_files=extra_files)

    def issue_intermediate(
        self,
        name: str,
        *,
        at: datetime,
        key_type: KeyType = KeyType.P256,
        permit: Iterable[Name] = (),
        subject: str | None = None,
        force: bool = False,
        **terms: Unpack[Terms],
    ) -> Issued:
        """Issue an authority called NAME below this one; with `issuer=NAME` it signs."""
        check_free(self._layout, name, replace=force)
        authority = self.authority(None).issue_intermediate(
            name, at=at, key_type=key_type, permit=permit, subject=subject, **terms
        )
        new = _new_certificate(name, CertificateKind.INTERMEDIATE, authority.issuing, at=at, terms=terms)
        return self._store(new, at=at, replace=force)

    def sign_csr(
        self,
        request: bytes,
        *,
        kind: CertificateKind,
        at: datetime,
        names: Iterable[Name] = (),
        issuer: str | None = None,
        subject: str | None = None,
        purposes: Iterable[str] = (),
        force: bool = False,
        **terms: Unpack[Terms],
    ) -> Issued:
        """Sign a PKCS#10 request; a server is called by its first name, a client by its CommonName."""
        chain = self.authority(issuer).sign_csr(
            request, kind=kind, at=at, names=names, subject=subject, purposes=purposes, **terms
        )
        first = next(iter(names_in(chain[0])), "")
        common_name = common_name_in(chain[0].subject)
        called = (common_name or first) if kind is CertificateKind.CLIENT else first
        new = NewCertificate(called, kind, chain, None, plan(PROFILES[kind], at=at, **terms))
        return self._store(new, at=at, replace=force)

    def renew(
        self,
        name: str,
        *,
        at: datetime,
        keep_key: bool = False,
        names: Iterable[Name] = (),
        extra_files: ExtraFiles | None = None,
        **terms: Unpack[Terms],
    ) -> Issued:
        """Issue NAME's certificate again: same names, subject, purposes, issuer and length; a new key of the same type.

        The old identity moves to `superseded`. The key stays with `keep_key`, and if the requester holds it. NAMES, if
        there are any, take the place of those it has.

        Raises:
            InvalidRequest: NAME is an authority: a new certificate would orphan what it signed.
        """
        new = renewal.renewed_certificate(
            self, name, at=at, keep_key=keep_key, names=read_names(names), terms=terms
        )
        extra = extra_files if new.kind is CertificateKind.CLIENT else None
        return self._store(new, at=at, replace=True, extra_files=extra)

    keep = Renamed("add_issued")

    def add_issued(
        self,
        name: str,
        kind: CertificateKind,
        identity: Identity,
        *,
        at: datetime,
        validity: Validity,
        declared: str | None = None,
        force: bool = False,
    ) -> Issued:
        """Keep an IDENTITY that one of the authorities here signed, under any NAME; VALIDITY is what was asked for.

        What it was declared as (`Row.declared`) goes into the ledger with it. Nothing is replaced without `force`.
        """
        chain = (identity.certificate, *identity.issuers)
        new = NewCertificate(name, kind, chain, identity.key, validity, declared=declared)
        return self._store(new, at=at, replace=force)

    def _store(
        self, new: NewCertificate, *, at: datetime, replace: bool, extra_files: ExtraFiles | None = None
    ) -> Issued:
        return store_certificate(
            self._layout, new, at=at, replace=replace, passphrase=self._passphrase, extra_files=extra_files
        )


def _new_certificate(
    name: str, kind: CertificateKind, identity: Identity, *, at: datetime, terms: Terms
) -> NewCertificate:
    chain = (identity.certificate, *identity.issuers)
    validity = plan(
        PROFILES[kind],
        at=at,
        days=terms.get("days"),
        not_before=terms.get("not_before"),
        not_after=terms.get("not_after"),
    )
    return NewCertificate(name, kind, chain, identity.key, validity)
