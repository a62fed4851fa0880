"""An authority's folder as it is read: what stands in it, and the keys that sign."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from cryptography import x509

from pki.errors import InvalidRequest, StoreError
from pki.issue import Authority
from pki.issue.extension_value import is_ca
from pki.issue.profiles import CertificateKind
from pki.model.common_names import common_name_in
from pki.model.identity import Identity
from pki.model.names import parse_subject_name
from pki.store import ledger, staging
from pki.store.layout import CERTIFICATE, CHAIN, KEY, FolderLayout, slug
from pki.store.members import Members
from pki.store.pem import read_certificates, read_key
from pki.store.unknown_name import no_authority, unknown_name

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

    from pki.store.ledger import LedgerRow


class OpenedFolder:
    """What `AuthorityFolder` has and knows. Reading needs no key; who signs is read with its key, once."""

    __slots__ = ("_authorities", "_layout", "_passphrase")

    def __init__(self, path: Path, *, passphrase: bytes | None = None) -> None:
        self._layout = FolderLayout(path)
        self._passphrase = passphrase
        self._authorities: dict[x509.Certificate, Authority] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"

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

    def rows(self) -> tuple[LedgerRow, ...]:
        """Read what was issued, the oldest first; root and intermediate are not among it.

        Raises:
            StoreError: the ledger is damaged; the message names file and line.
        """
        return ledger.read_rows(self._layout.ledger)

    def row(self, name: str) -> LedgerRow:
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
        issued_by_root = own[0].issuer == members.root.subject and not (place / CHAIN).exists()
        return (*own, *(() if issued_by_root else read_certificates(place / CHAIN)), members.root)

    def identity(self, name: str) -> Identity:
        """Read the identity called NAME, with all its issuers.

        Raises:
            StoreError: nothing of this name was issued, its key is elsewhere, or its files are damaged.
            WrongPassword: it is an authority below this one, and the passphrase is missing or wrong.
        """
        certificate, *issuers = self.certificates(name)
        key_file = self._place_of(name) / KEY
        if not key_file.exists():
            cross = CertificateKind(self.row(name).kind) is CertificateKind.CROSS
            raise StoreError(
                f"{name} was {'certified across' if cross else 'issued from a request'}, and its key is not here",
                hint=f"Whoever made the {'authority' if cross else 'request'} has it.",
            )
        key = read_key(key_file, passphrase=self._passphrase, certificate=certificate)
        return Identity(certificate, key, tuple(issuers))

    def authorities(self) -> tuple[tuple[x509.Certificate, ...], ...]:
        """Read the chain of every authority that signs here: the root's first, the intermediate's, then those below.

        Raises:
            StoreError: the ledger or a file is damaged.
        """
        below = [row.name for row in self.rows() if CertificateKind(row.kind) is CertificateKind.INTERMEDIATE]
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
                else self._intermediate_key(name, chain[0])
            )
            self._authorities[chain[0]] = Authority(Identity(chain[0], key, chain[1:]))
        return self._authorities[chain[0]]

    def _intermediate_key(self, name: str, certificate: x509.Certificate) -> CertificateIssuerPrivateKeyTypes:
        if not is_ca(certificate):
            raise no_authority(self.row(name), self.rows(), self.path)
        if CertificateKind(self.row(name).kind) is CertificateKind.CROSS:
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
            staging.recover_if_interrupted(self._layout)  # a writer may have died between its last two steps
        for place in places:
            if place.is_dir():
                return place
        raise unknown_name(name, self.rows(), self.path)
