"""An authority as a folder: what `Authority` does in memory, kept on disk."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Self, TypedDict, Unpack

from cryptography import x509

from pki.errors import InvalidRequest, StoreError
from pki.issue import Authority, KeyType
from pki.issue.alternative_names import names_in, subject_names_in
from pki.issue.authority import read_names
from pki.issue.keys import key_type_of, new_key
from pki.issue.pointers import NOWHERE, Pointers
from pki.issue.profiles import PROFILES, Kind
from pki.issue.purposes import purposes_in, with_purposes
from pki.issue.subjects import Subject, common_name_in
from pki.issue.validity import plan
from pki.model.identity import Identity
from pki.model.names import parse_subject_name
from pki.store import creation, ledger, staging
from pki.store.keeping import Draft, Issued, check_free, keep
from pki.store.layout import CERTIFICATE, CHAIN, KEY, Layout, slug
from pki.store.marker import Marker, read_marker
from pki.store.members import Members
from pki.store.pem import read_certificates, read_key

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

    from pki.issue.validity import Validity
    from pki.model.names import SubjectName
    from pki.store.keeping import ExtraFiles
    from pki.store.ledger import Row

    Name = SubjectName | str
    Moment = datetime | str


class Terms(TypedDict, total=False):
    """How long a certificate shall be valid; see `pki.issue.validity.plan`."""

    days: int | None
    not_before: Moment | None
    not_after: Moment | None


class AuthorityFolder:
    """An authority's folder. Reading needs no key; issuing reads the issuing key, once.

    Every method that issues may raise, beside what its `Authority` namesake raises:
        Taken: there is an identity of this name, and replacing it was not asked for.
        StoreError: the folder is busy or damaged, or the system refused.
        WrongPassword: the issuing key is encrypted, and the passphrase is missing or wrong.
    """

    __slots__ = ("_authorities", "_layout", "_passphrase")

    def __init__(self, path: Path, *, passphrase: bytes | None = None) -> None:
        self._layout = Layout(path)
        self._passphrase = passphrase
        self._authorities: dict[x509.Certificate, Authority] = {}

    def __repr__(self) -> str:
        return f"AuthorityFolder({str(self.path)!r})"

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
        days: int | None = None,
        root_only: bool = False,
        passphrase: bytes | None = None,
        force: bool = False,
        subject: str | None = None,
    ) -> Self:
        """Make a root and an issuing intermediate in a new folder at PATH, whole or not at all.

        With `root_only` the root signs leaves itself. The passphrase encrypts the keys of authorities. With `force` an
        authority that is there makes way and is gone with all it issued; a folder of anything else never does.

        Raises:
            InvalidRequest: see `Authority.create`; or the passphrase is empty.
            Taken: an authority is there, and `force` is false.
            StoreError: something else is there, or the system refused.
        """
        if passphrase == b"":
            raise InvalidRequest("the passphrase is empty", hint="Give one, or none at all.")
        creation.check_free(path, force=force)  # before the work, and once more when it is done
        authority = Authority.create(
            name=name,
            at=at,
            key_type=key_type,
            permit=permit,
            exclude=exclude,
            days=days,
            root_only=root_only,
            subject=subject,
        )
        parts = creation.parts_of(authority)
        marker = Marker(name, at.isoformat(), tuple(parts))
        creation.create(path, marker, parts, passphrase=passphrase, force=force)
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
            Taken: another authority is there, and `force` is false.
            StoreError: something else is there, or the system refused.
        """
        from pki.store.adopting import adopt

        adopt(path, identity, at=at, key_file=key_file, passphrase=passphrase, force=force)
        return cls(path, passphrase=passphrase)

    @classmethod
    def open(cls, path: Path, *, passphrase: bytes | None = None) -> Self:
        """Open the authority at PATH; what a killed process left half-done is finished or cleared away first.

        Raises:
            StoreError: there is no authority at PATH, or its ledger is damaged.
        """
        read_marker(path)
        folder = cls(path, passphrase=passphrase)
        staging.tidy(folder._layout)
        return folder

    @property
    def path(self) -> Path:
        """The folder itself."""
        return self._layout.top

    @property
    def members(self) -> Members:
        """The authorities it was made with, read now.

        Raises:
            StoreError: a file of theirs is missing or damaged.
        """
        return Members.read(self._layout)

    @property
    def issuers(self) -> tuple[x509.Certificate, ...]:
        """The certificate that signs leaves and its issuers, the root last; all there is, where it is not at hand."""
        return self.members.issuers

    @property
    def root(self) -> x509.Certificate:
        """The certificate to install and trust.

        Raises:
            StoreError: an intermediate was adopted, and its root is not at hand.
        """
        return self.members.root

    @property
    def intermediates(self) -> tuple[x509.Certificate, ...]:
        """The issuers between a leaf and the root: one as made here, none below a root that signs itself."""
        return self.members.above_leaves

    def rows(self) -> tuple[Row, ...]:
        """Read what was issued, the oldest first; root and intermediate are not among it.

        Raises:
            StoreError: the ledger is damaged; the message names file and line.
        """
        return ledger.read_rows(self._layout.ledger)

    def row(self, name: str) -> Row:
        """Find the ledger's latest row for the identity called NAME.

        Raises:
            StoreError: nothing of this name was issued, or the ledger is damaged.
        """
        place = self._place_of(name).name
        found = next((row for row in reversed(self.rows()) if slug(row.name) == place), None)
        if found is None:
            raise StoreError(f"{name} is not in the ledger {self._layout.ledger}", hint="Issue it again.")
        return found

    def certificates(self, name: str) -> tuple[x509.Certificate, ...]:
        """Read the chain of the identity called NAME: its certificate and all issuers, the root last.

        Raises:
            StoreError: nothing of this name was issued, or its files are damaged.
        """
        place, members = self._place_of(name), self.members
        own = read_certificates(place / CERTIFICATE)
        if not members.has_root:
            return (*own, *read_certificates(place / CHAIN))
        straight = own[0].issuer == members.root.subject and not (place / CHAIN).exists()
        return (*own, *(() if straight else read_certificates(place / CHAIN)), members.root)

    def identity(self, name: str) -> Identity:
        """Read the identity called NAME, with all its issuers.

        Raises:
            StoreError: nothing of this name was issued, its key is elsewhere, or its files are damaged.
            WrongPassword: it is an authority below this one, and the passphrase is missing or wrong.
        """
        certificate, *issuers = self.certificates(name)
        key_file = self._place_of(name) / KEY
        if not key_file.exists():
            across = Kind(self.row(name).kind) is Kind.CROSS
            raise StoreError(
                f"{name} was {'certified across' if across else 'issued from a request'}, and its key is not here",
                hint=f"Whoever made the {'authority' if across else 'request'} has it.",
            )
        key = read_key(key_file, passphrase=self._passphrase, certificate=certificate)
        return Identity(certificate, key, tuple(issuers))

    def authorities(self) -> tuple[tuple[x509.Certificate, ...], ...]:
        """Read the chain of every authority that signs here: the root's first, the intermediate's, then those below.

        Raises:
            StoreError: the ledger or a file is damaged.
        """
        below = [row.name for row in self.rows() if Kind(row.kind) is Kind.INTERMEDIATE]
        return (*self.members.signing, *(self.certificates(name) for name in dict.fromkeys(below)))

    def signing(self, chain: tuple[x509.Certificate, ...]) -> Identity:
        """Read the identity that signs for one of `authorities`.

        Raises:
            StoreError: its key is missing or damaged.
            WrongPassword: the key is encrypted, and the passphrase is missing or wrong.
        """
        members = self.members
        if chain in members.signing:
            key = members.key(chain, passphrase=self._passphrase)
            return Identity(chain[0], key, chain[1:])
        return self.authority(common_name_in(chain[0].subject)).issuing

    def issue_server(
        self,
        *names: Name,
        at: datetime,
        key_type: KeyType = KeyType.P256,
        common_name: str | None = None,
        issuer: str | None = None,
        pointers: Pointers = NOWHERE,
        subject: str | None = None,
        purposes: Iterable[str] = (),
        force: bool = False,
        **terms: Unpack[Terms],
    ) -> Issued:
        """Issue a server's identity for NAMES; it is called by the first of them.

        `issuer` names an authority below this one that signs instead. Nothing is replaced without `force`.
        """
        subject_names = read_names(names)
        called = str(subject_names[0]) if subject_names else ""
        check_free(self._layout, called, replace=force)
        identity = self.authority(issuer).issue_server(
            *subject_names,
            at=at,
            key_type=key_type,
            common_name=common_name,
            pointers=pointers,
            subject=subject,
            purposes=purposes,
            **terms,
        )
        return self._keep(_drafted(called, Kind.SERVER, identity, at=at, terms=terms), at=at, replace=force)

    def issue_client(
        self,
        name: str,
        *names: Name,
        at: datetime,
        key_type: KeyType = KeyType.P256,
        extra_files: ExtraFiles | None = None,
        issuer: str | None = None,
        pointers: Pointers = NOWHERE,
        subject: str | None = None,
        purposes: Iterable[str] = (),
        force: bool = False,
        **terms: Unpack[Terms],
    ) -> Issued:
        """Issue a client's identity called NAME; `extra_files` adds to its folder, for instance a PKCS#12."""
        check_free(self._layout, name, replace=force)
        identity = self.authority(issuer).issue_client(
            name,
            *names,
            at=at,
            key_type=key_type,
            pointers=pointers,
            subject=subject,
            purposes=purposes,
            **terms,
        )
        draft = _drafted(name, Kind.CLIENT, identity, at=at, terms=terms)
        return self._keep(draft, at=at, replace=force, extra_files=extra_files)

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
        below = self.authority(None).issue_intermediate(
            name, at=at, key_type=key_type, permit=permit, subject=subject, **terms
        )
        draft = _drafted(name, Kind.INTERMEDIATE, below.issuing, at=at, terms=terms)
        return self._keep(draft, at=at, replace=force)

    def sign_csr(
        self,
        request: bytes,
        *,
        kind: Kind,
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
        called = (common_name or first) if kind is Kind.CLIENT else first
        draft = Draft(called, kind, chain, None, plan(PROFILES[kind], at=at, **terms))
        return self._keep(draft, at=at, replace=force)

    def renew(
        self,
        name: str,
        *,
        at: datetime,
        keep_key: bool = False,
        extra_files: ExtraFiles | None = None,
        **terms: Unpack[Terms],
    ) -> Issued:
        """Issue NAME's certificate again: same names, subject, purposes, issuer and length; a new key of the same type.

        The old identity moves to `superseded`. The key stays with `keep_key`, and if the requester holds it.

        Raises:
            InvalidRequest: NAME is an authority: a new certificate would orphan what it signed.
        """
        row = self.row(name)
        kind = Kind(row.kind)
        if kind is Kind.CROSS:
            raise InvalidRequest(
                f"{row.name} is certified across for an authority elsewhere",
                hint="Certify it again from its folder: trustrig issue cross NAME --by THIS-FOLDER --force",
            )
        if kind is Kind.INTERMEDIATE:
            raise InvalidRequest(
                f"{row.name} is an authority, and a new key would orphan what it signed",
                hint="Issue another authority beside it.",
            )
        old, above, *_ = self.certificates(row.name)
        key_file = self._layout.identity(row.name) / KEY
        key = None
        if key_file.exists() and keep_key:
            key = read_key(key_file, passphrase=None, certificate=old)
        elif key_file.exists():
            key = new_key(key_type_of(old.public_key()) or KeyType.P256)
        authority = self.authority(None if above == self.issuers[0] else common_name_in(above.subject))
        length = old.not_valid_after_utc - old.not_valid_before_utc
        profile = with_purposes(PROFILES[kind], purposes_in(old))
        validity = plan(replace(profile, lifetime=length), at=at, **terms)
        certificate = authority.certify(
            profile,
            common_name="",
            subject=Subject.read(old.subject),
            names=subject_names_in(old),
            public_key=key.public_key() if key else old.public_key(),
            validity=validity,
            pointers=Pointers.read(old),
        )
        draft = Draft(row.name, kind, (certificate, *authority.chain), key, validity, row.serial)
        return self._keep(
            draft, at=at, replace=True, extra_files=extra_files if kind is Kind.CLIENT else None
        )

    def keep(
        self,
        name: str,
        kind: Kind,
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
        draft = Draft(name, kind, chain, identity.key, validity, declared=declared)
        return self._keep(draft, at=at, replace=force)

    def _keep(
        self, draft: Draft, *, at: datetime, replace: bool, extra_files: ExtraFiles | None = None
    ) -> Issued:
        return keep(
            self._layout, draft, at=at, replace=replace, passphrase=self._passphrase, extra_files=extra_files
        )

    def authority(self, name: str | None = None) -> Authority:
        """Load what signs leaves here, or the authority below it called NAME.

        Raises:
            InvalidRequest: what is called NAME is no authority.
            StoreError: nothing of this name was issued, or its files are damaged.
            WrongPassword: its key is encrypted, and the passphrase is missing or wrong.
        """
        members = self.members
        chain = members.issuers if name is None else self.certificates(name)
        if chain[0] not in self._authorities:
            key = (
                members.key(chain, passphrase=self._passphrase)
                if name is None
                else self._key_below(name, chain[0])
            )
            self._authorities[chain[0]] = Authority(Identity(chain[0], key, chain[1:]))
        return self._authorities[chain[0]]

    def _key_below(self, name: str, certificate: x509.Certificate) -> CertificateIssuerPrivateKeyTypes:
        if not _is_authority(certificate):
            raise InvalidRequest(
                f"{name} is no authority", hint="Name one that was issued as an intermediate."
            )
        if Kind(self.row(name).kind) is Kind.CROSS:
            raise InvalidRequest(
                f"{name} signs in its own folder: here it was certified across, and its key is there",
                hint="Issue from that folder, with --ca.",
            )
        key_file = self._place_of(name) / KEY
        return read_key(key_file, passphrase=self._passphrase, certificate=certificate)

    def _place_of(self, name: str) -> Path:
        """Find the folder of what was issued as NAME, in any spelling of the same host or address."""
        spellings = [name]
        with contextlib.suppress(InvalidRequest):
            spellings.append(str(parse_subject_name(name)))
        places = [self._layout.identity(spelling) for spelling in spellings]
        if not any(place.is_dir() for place in places):
            staging.tidy(self._layout)  # a writer may have died between its last two steps
        for place in places:
            if place.is_dir():
                return place
        raise self._unknown(name)

    def _unknown(self, name: str) -> StoreError:
        from difflib import get_close_matches

        known = sorted({row.name for row in self.rows()})
        near = get_close_matches(name, known, n=3, cutoff=0.5) or known[:3]
        hint = f"There is {', '.join(near)}{' and more' if len(known) > len(near) else ''}."
        return StoreError(
            f"nothing called {name!r} was issued in {self.path}", hint=hint if known else "Issue it first."
        )


def _drafted(name: str, kind: Kind, identity: Identity, *, at: datetime, terms: Terms) -> Draft:
    chain = (identity.certificate, *identity.issuers)
    return Draft(name, kind, chain, identity.key, plan(PROFILES[kind], at=at, **terms))


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
