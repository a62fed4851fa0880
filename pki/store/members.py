"""The authorities a folder was made with: their certificates, and where the key of each is.

A folder has a root with its intermediate, a root alone, or an authority that was adopted, with its issuers as far as
they are known. Whoever asks for an issuer asks here.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki.errors import StoreError, Unreadable, WrongPassword
from pki.issue.path_length import label
from pki.store.default_folder import ca_option
from pki.store.layout import CERTIFICATE, CHAIN, FULL_CHAIN, KEY
from pki.store.marker import INTERMEDIATE, ROOT, Marker, read_marker
from pki.store.pem import belongs, read_certificates, read_key

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

    from pki.store.layout import FolderLayout

    Chain = tuple[x509.Certificate, ...]


@dataclass(frozen=True, slots=True)
class Members:
    """The certificates of a folder's own authorities, read once."""

    layout: FolderLayout
    marker: Marker
    issuers: Chain
    """The certificate that signs leaves, then its issuers, as far up as they are known."""

    @classmethod
    def read(cls, layout: FolderLayout) -> Members:
        """Read them.

        Raises:
            StoreError: there is no authority, or a file of it is missing or damaged.
        """
        marker = read_marker(layout.top)
        chain: list[x509.Certificate] = []
        if INTERMEDIATE in marker.members:
            chain += read_certificates(layout.intermediate / CERTIFICATE)
            if (layout.intermediate / CHAIN).exists():
                chain += read_certificates(layout.intermediate / CHAIN)
        if ROOT in marker.members:
            chain += read_certificates(layout.root / CERTIFICATE)[:1]
        return cls(layout, marker, tuple(chain))

    @property
    def has_root(self) -> bool:
        """Whether the chain is known up to its root."""
        return ROOT in self.marker.members

    @property
    def root(self) -> x509.Certificate:
        """The certificate to install and trust.

        Raises:
            StoreError: an intermediate was adopted, and its root is not at hand.
        """
        if not self.has_root:
            raise _no_root(self)
        return self.issuers[-1]

    @property
    def above_leaves(self) -> Chain:
        """The issuers below the root: what a peer is sent beside a leaf."""
        return self.issuers[:-1] if self.has_root else self.issuers

    @property
    def signing(self) -> tuple[Chain, ...]:
        """The chain of each authority here that may sign, the root's first."""
        own = (self.issuers,)
        if self.marker.members == (ROOT, INTERMEDIATE) and not self.marker.adopted:
            return ((self.root,), *own)
        return own

    def place(self, chain: Chain) -> Path:
        """The folder of one of `signing`."""
        role = self.marker.members[-1] if chain == self.issuers else ROOT
        return self.layout.root if role == ROOT else self.layout.intermediate

    def key_file(self, chain: Chain) -> Path:
        """Where the key of one of `signing` is."""
        outside = self.marker.key_file if chain == self.issuers else None
        return outside if outside is not None else self.place(chain) / KEY

    def key(self, chain: Chain, *, passphrase: bytes | None) -> CertificateIssuerPrivateKeyTypes:
        """Read the key of one of `signing`.

        Raises:
            StoreError: it is missing, damaged, or belongs to something else by now.
            WrongPassword: it is encrypted, and the passphrase is missing or wrong.
        """
        file = self.key_file(chain)
        if self.marker.key_file is None or chain != self.issuers:
            return read_key(file, passphrase=passphrase, certificate=chain[0])
        return read_outside_key(
            file, passphrase=passphrase, certificate=chain[0], again=init_command(self, key="KEY.pem")
        )


def _no_root(members: Members) -> StoreError:
    top = members.issuers[-1]
    return StoreError(
        f"the root above {label(top)} is not in {members.layout.top}: {top.issuer.rfc4514_string()} issued it",
        hint="Get that certificate (no key is needed) and add it:",
        commands=[f"{init_command(members)} --from ROOT.pem"],
    )


def read_outside_key(
    file: Path, *, passphrase: bytes | None, certificate: x509.Certificate, again: str
) -> CertificateIssuerPrivateKeyTypes:
    """Read the key of CERTIFICATE from FILE, the user's own: PEM, DER or a .p12. AGAIN is how to name another place.

    Raises:
        StoreError: it is missing, unreadable or not that key.
        WrongPassword: it is encrypted, and the passphrase is missing or wrong.
    """
    from cryptography.hazmat.primitives.serialization import Encoding

    from pki.errors import InvalidRequest
    from pki.load import FileKind, load_identity, read_bytes, recognise

    whose = f"the key of {label(certificate)}"
    elsewhere = f"If it was moved, say where it is: {again}"
    password = None if passphrase is None else passphrase.decode(errors="surrogateescape")
    try:
        data = recognise(read_bytes(file))
    except Unreadable as error:
        if isinstance(error.__cause__, (FileNotFoundError, NotADirectoryError)):
            raise StoreError(f"{whose} is not at {file} any more", hint=elsewhere) from None
        hint = "Check its permissions: it may be another user's." if error.__cause__ else elsewhere
        raise StoreError(f"{whose}: {error.problem}", hint=hint) from None
    try:
        if data.kind is FileKind.PKCS12:
            found = load_identity(data, name=str(file), password=password).key
        else:
            der = certificate.public_bytes(Encoding.DER)
            found = load_identity(
                der, name=str(file), key_source=data, key_name=str(file), password=password
            ).key
    except WrongPassword as error:
        raise WrongPassword(
            f"{whose}, {file}, is encrypted{'' if passphrase is None else ', and the passphrase does not open it'}",
            hint=error.hint,
        ) from None
    except (InvalidRequest, Unreadable) as error:
        raise StoreError(f"{file} is no longer {whose}: {error.problem}", hint=elsewhere) from None
    if not belongs(found, certificate):
        raise StoreError(f"{file} is no longer {whose}: it holds another one", hint=elsewhere)
    return found


def init_command(members: Members, *, key: str | None = None) -> str:
    """The command that tells the folder of an adopted authority something new; KEY in the place of its key's file."""
    option = ca_option(members.layout.top)
    own = shlex.quote(str(members.place(members.issuers) / FULL_CHAIN))
    return f"trustrig init{option} --from {own} --key {key or shlex.quote(str(members.key_file(members.issuers)))}"
