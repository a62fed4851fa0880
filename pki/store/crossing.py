"""Cross-certification between two folders: the one whose authority signs, and the one that gets a second way up.

Who signs enters it into its ledger like all it issued, and can take it back. The other folder keeps the certificate
under `cross/AUTHORITY/SIGNER/`, for whoever sends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki.errors import InvalidRequest
from pki.issue.subjects import common_name_in
from pki.model.identity import Identity, is_self_signed
from pki.store.atomic import PUBLIC, make_folder, refusals_about, write_all
from pki.store.layout import Layout, slug
from pki.store.pem import identity_files

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from typing import Unpack

    from cryptography import x509

    from pki.store.folder import AuthorityFolder, Terms
    from pki.store.keeping import Issued

    Chain = tuple[x509.Certificate, ...]

ROOT_FILE = "root.pem"


@dataclass(frozen=True, slots=True)
class Crossed:
    """A cross-certificate, and where it is."""

    own: Chain
    """The authority as it was certified first, with its issuers."""
    issued: Issued
    """The entry at the signer's; its `chain` is the other way up."""
    folder: Path
    files: tuple[str, ...]

    @property
    def sent(self) -> Chain:
        """What a server sends beside what it sends already: the cross-certificate, and issuers without the root."""
        return tuple(one for one in self.issued.chain if not is_self_signed(one))

    @property
    def sent_instead(self) -> bool:
        """Whether it takes the place of a certificate that is sent already: an intermediate's, not a root's."""
        return not is_self_signed(self.own[0])


def certify_across(
    folder: AuthorityFolder,
    name: str,
    *,
    by: AuthorityFolder,
    at: datetime,
    force: bool = False,
    **terms: Unpack[Terms],
) -> Crossed:
    """Let the authority in BY certify the one in FOLDER called NAME (see `AuthorityFolder.chain_of`).

    Raises:
        InvalidRequest: both are one, or a path length leaves no room; see `Authority.cross_certify`.
        Taken: it was certified so already, and not `force`.
        StoreError: there is no authority called NAME, or the system refused.
        WrongPassword: the signer's key is encrypted, and the passphrase is missing or wrong.
    """
    own = folder.chain_of(name)
    if folder.path.resolve() == by.path.resolve():
        raise InvalidRequest(
            f"{by.path} is the authority's own folder", hint="Name the folder of another authority with --by."
        )
    issued = by.certify_across(own[0], at=at, below=_below(folder, own[0]), force=force, **terms)
    signer = common_name_in(issued.chain[1].subject) or "signer"
    place = Layout(folder.path).crossed / slug(issued.row.name) / slug(signer)
    files = dict(identity_files(issued.chain, None))
    if is_self_signed(issued.chain[-1]):
        files[ROOT_FILE] = identity_files(issued.chain[-1:], None)["cert.pem"]
    for above in (place.parent.parent, place.parent, place):
        if not above.is_dir():
            with refusals_about(above):
                make_folder(above)
    write_all(place, {file: (data, PUBLIC) for file, (data, _) in files.items()}, replace=True)
    return Crossed(own, issued, place, tuple(sorted(files)))


def _below(folder: AuthorityFolder, certificate: x509.Certificate) -> int:
    """How many authorities of FOLDER stand below CERTIFICATE, at most, on the way to a leaf."""
    return max(
        (chain.index(certificate) for chain in folder.authorities() if certificate in chain),
        default=0,
    )


def chain_across(leaf: Identity, crossed: Crossed) -> Chain:
    """The chain of LEAF, signed below the authority that was certified across, to the signer's root."""
    at = leaf.issuers.index(crossed.own[0])
    return (leaf.certificate, *leaf.issuers[:at], *crossed.issued.chain)
