"""Cross-certification between two folders: the one whose authority signs, and the one that gets a second way up.

Who signs enters it into its ledger like all it issued, and can take it back. The other folder keeps the certificate
under `cross/AUTHORITY/SIGNER/`, for whoever sends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki.errors import InvalidRequest, StoreError
from pki.issue import Authority
from pki.issue.path_length import label, levels_below
from pki.issue.profiles import PROFILES, CertificateKind
from pki.issue.validity import plan
from pki.model.common_names import common_name_in, display_name
from pki.model.identity import is_self_signed
from pki.model.suggestion import did_you_mean
from pki.store.atomic import PUBLIC, ensure_folder, write_all
from pki.store.issued import NewCertificate, check_free, store_certificate
from pki.store.layout import FolderLayout, slug
from pki.store.marker import INTERMEDIATE, ROOT
from pki.store.pem import identity_files

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from typing import Unpack

    from cryptography import x509

    from pki.issue.validity import Terms
    from pki.store.folder import AuthorityFolder
    from pki.store.issued import Issued

    Chain = tuple[x509.Certificate, ...]

ROOT_FILE = "root.pem"


@dataclass(frozen=True, slots=True)
class CrossCertification:
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


def cross_certify(
    folder: AuthorityFolder,
    name: str,
    *,
    by: AuthorityFolder,
    at: datetime,
    force: bool = False,
    **terms: Unpack[Terms],
) -> CrossCertification:
    """Let the authority in BY certify the one in FOLDER called NAME (see `chain_of`): its root, if only that has room.

    Raises:
        InvalidRequest: both are one, or a path length leaves no room; see `Authority.cross_certify`.
        AlreadyExists: it was certified so already, and not `force`.
        StoreError: there is no authority called NAME, or the system refused.
        WrongPassword: the signer's key is encrypted, and the passphrase is missing or wrong.
    """
    own = chain_of(folder, name)
    if folder.path.resolve() == by.path.resolve():
        raise InvalidRequest(
            f"{by.path} is the authority's own folder", hint="Name the folder of another authority with --by."
        )
    own_name = display_name(own[0].subject)
    signs = FolderLayout(by.path)
    check_free(signs, own_name, replace=force)
    signer = _signer_above(by, own[0], wanted=1 + _levels_to(folder, own[0]))
    cross = signer.cross_certify(own[0], at=at, **terms)
    wanted = plan(PROFILES[CertificateKind.INTERMEDIATE], at=at, **terms)
    new = NewCertificate(own_name, CertificateKind.CROSS, (cross, *signer.chain), None, wanted)
    issued = store_certificate(signs, new, at=at, replace=force)
    by_name = common_name_in(issued.chain[1].subject) or "signer"
    place = FolderLayout(folder.path).cross / slug(issued.row.name) / slug(by_name)
    files = dict(identity_files(issued.chain, None))
    if is_self_signed(issued.chain[-1]):
        files[ROOT_FILE] = identity_files(issued.chain[-1:], None)["cert.pem"]
    ensure_folder(place, parents=True)
    write_all(place, {file: (data, PUBLIC) for file, (data, _) in files.items()}, replace=True)
    return CrossCertification(own, issued, place, tuple(sorted(files)))


def chain_of(folder: AuthorityFolder, name: str) -> tuple[x509.Certificate, ...]:
    """Find the chain of an authority here: by its CommonName, or as `root` or `intermediate`, the folder's own.

    Raises:
        StoreError: there is none of that name.
    """
    members = folder.members
    own = {INTERMEDIATE: members.issuers} if members.above_leaves else {}
    if members.has_root:
        own[ROOT] = (members.root,)
    if name in own:
        return own[name]
    known = (*own.values(), *folder.authorities())
    for chain in known:
        if common_name_in(chain[0].subject) == name:
            return chain
    names = dict.fromkeys(common_name_in(chain[0].subject) for chain in known)
    known_names = [*filter(None, (*own, *names))]
    raise StoreError(
        f"no authority in {folder.path} is called {name!r}",
        hint=f"{did_you_mean(name, known_names)}There is {', '.join(known_names)}.",
    )


def _levels_to(folder: AuthorityFolder, certificate: x509.Certificate) -> int:
    """How many authorities of FOLDER stand below CERTIFICATE, at most, on the way to a leaf."""
    return max(
        (chain.index(certificate) for chain in folder.authorities() if certificate in chain),
        default=0,
    )


def _signer_above(by: AuthorityFolder, certificate: x509.Certificate, *, wanted: int) -> Authority:
    """The lowest authority of BY that may have WANTED others below it."""
    levels = []
    for chain in reversed(by.members.signing):
        left = levels_below(chain)
        if left is None or left >= wanted:
            return Authority(by.signing(chain))
        levels.append(f"{label(chain[0])} has room for {left}")
    raise InvalidRequest(
        f"{label(certificate)} needs room for {wanted} authorit{'y' if wanted == 1 else 'ies'}, itself included: "
        f"{' and '.join(levels)}",
        hint="A path length is for good: let another authority sign, or certify one further down.",
    )
