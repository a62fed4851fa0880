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
from pki.store.pem import read_certificates, read_key

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

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
        passphrase: bytes | None = None,
        force: bool = False,
        subject: str | None = None,
    ) -> Self:
        """Make a root and an issuing intermediate in a new folder at PATH, whole or not at all.

        The passphrase encrypts the keys of authorities. With `force` an authority that is there makes way and
        is gone with all it issued; a folder of anything else never does.

        Raises:
            InvalidRequest: see `Authority.create`; or the passphrase is empty.
            Taken: an authority is there, and `force` is false.
            StoreError: something else is there, or the system refused.
        """
        if passphrase == b"":
            raise InvalidRequest("the passphrase is empty", hint="Give one, or none at all.")
        creation.check_free(path, force=force)  # before the work, and once more when it is done
        authority = Authority.create(
            name=name, at=at, key_type=key_type, permit=permit, exclude=exclude, days=days, subject=subject
        )
        creation.create(path, authority, name=name, at=at, passphrase=passphrase, force=force)
        return cls(path, passphrase=passphrase)

    @classmethod
    def open(cls, path: Path, *, passphrase: bytes | None = None) -> Self:
        """Open the authority at PATH; what a killed process left half-done is finished or cleared away first.

        Raises:
            StoreError: there is no authority at PATH, or its ledger is damaged.
        """
        creation.check_present(path)
        folder = cls(path, passphrase=passphrase)
        staging.tidy(folder._layout)
        return folder

    @property
    def path(self) -> Path:
        """The folder itself."""
        return self._layout.top

    @property
    def root(self) -> x509.Certificate:
        """The certificate to install and trust."""
        return read_certificates(self._layout.root / CERTIFICATE)[0]

    @property
    def intermediates(self) -> tuple[x509.Certificate, ...]:
        """The issuers between a leaf and the root: here the one intermediate."""
        return read_certificates(self._layout.intermediate / CERTIFICATE)

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
        place = self._place_of(name)
        return (
            *read_certificates(place / CERTIFICATE),
            *read_certificates(place / CHAIN),
            self.root,
        )

    def identity(self, name: str) -> Identity:
        """Read the identity called NAME, with all its issuers.

        Raises:
            StoreError: nothing of this name was issued, its key is elsewhere, or its files are damaged.
            WrongPassword: it is an authority below this one, and the passphrase is missing or wrong.
        """
        certificate, *issuers = self.certificates(name)
        key_file = self._place_of(name) / KEY
        if not key_file.exists():
            raise StoreError(
                f"{name} was issued from a request, and its key is not here",
                hint="Whoever made the request has it.",
            )
        key = read_key(key_file, passphrase=self._passphrase, certificate=certificate)
        return Identity(certificate, key, tuple(issuers))

    def authorities(self) -> tuple[tuple[x509.Certificate, ...], ...]:
        """Read the chain of every authority here, the root's first, then the intermediate's, then those below.

        Raises:
            StoreError: the ledger or a file is damaged.
        """
        below = [row.name for row in self.rows() if Kind(row.kind) is Kind.INTERMEDIATE]
        return (
            (self.root,),
            (*self.intermediates, self.root),
            *(self.certificates(name) for name in dict.fromkeys(below)),
        )

    def signing(self, chain: tuple[x509.Certificate, ...]) -> Identity:
        """Read the identity that signs for one of `authorities`.

        Raises:
            StoreError: its key is missing or damaged.
            WrongPassword: the key is encrypted, and the passphrase is missing or wrong.
        """
        if chain == (self.root,):
            key = read_key(self._layout.root / KEY, passphrase=self._passphrase, certificate=chain[0])
            return Identity(chain[0], key)
        above = chain[0] in self.intermediates
        return self.authority(None if above else common_name_in(chain[0].subject)).issuing

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
        authority = self.authority(None if above in self.intermediates else common_name_in(above.subject))
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
        """Load what signs: the issuing intermediate, or the authority below it called NAME.

        Raises:
            InvalidRequest: what is called NAME is no authority.
            StoreError: nothing of this name was issued, or its files are damaged.
            WrongPassword: its key is encrypted, and the passphrase is missing or wrong.
        """
        if name is None:
            place, chain = self._layout.intermediate, (*self.intermediates, self.root)
        else:
            place, chain = self._place_of(name), self.certificates(name)
        if chain[0] not in self._authorities:
            if not _is_authority(chain[0]):
                raise InvalidRequest(
                    f"{name} is no authority", hint="Name one that was issued as an intermediate."
                )
            key = read_key(place / KEY, passphrase=self._passphrase, certificate=chain[0])
            self._authorities[chain[0]] = Authority(Identity(chain[0], key, chain[1:]))
        return self._authorities[chain[0]]

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
