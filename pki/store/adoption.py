"""An authority that was made elsewhere gets a folder: its certificates are written down, its key stays where it is.

Only when asked for the key is copied. A folder that has the same authority already is kept with all it issued; it
learns where the key is now, and the root above if that was missing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pki.errors import InvalidRequest, PkiError, StoreError, Unreadable
from pki.issue.adoption import check_adoptable
from pki.model.common_names import display_name
from pki.model.identity import Identity, is_self_signed
from pki.model.time_format import utc_text
from pki.store import new_folder, staging
from pki.store.atomic import ensure_folder, write_atomically
from pki.store.layout import CERTIFICATE, CHAIN, KEY, FolderLayout
from pki.store.marker import INTERMEDIATE, ROOT, Marker
from pki.store.members import Members
from pki.store.new_folder import NewMember
from pki.store.pem import belongs, identity_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography import x509

    from pki.load.recognised import Recognised

_NO_USE = "An authority is no use without its key."


class NoKey(InvalidRequest):
    """Certificates were given, and no key with them."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file that somebody gave: its bytes, and where they are from."""

    path: Path
    data: bytes

    def __repr__(self) -> str:  # it may hold a key
        return f"SourceFile({str(self.path)!r})"


@dataclass(frozen=True, slots=True)
class FoundAuthority:
    """An authority as it was given, and the file that its key is in."""

    identity: Identity
    key_file: Path
    unused: tuple[Path, ...] = ()
    """Files whose certificates are neither its own nor an issuer's."""


def load_authority(
    certificates: Sequence[SourceFile], *, key: SourceFile | None, passphrase: bytes | None
) -> FoundAuthority:
    """Read an authority from files: certificates of its own and of its issuers, and its key, in any of them or in KEY.

    Raises:
        Unreadable: a file is damaged, or there is not exactly one key.
        WrongPassword: the key is encrypted, and the passphrase is missing or wrong.
        NoKey: there is none.
        InvalidRequest: the key belongs to none of the certificates.
    """
    from cryptography.hazmat.primitives.serialization import Encoding

    from pki.load import load_certificates, recognise
    from pki.load.identity import HoldsNoKey

    password = None if passphrase is None else passphrase.decode(errors="surrogateescape")
    names = ", ".join(str(one.path) for one in certificates)
    recognised = {one.path: recognise(one.data, name=str(one.path)) for one in certificates}
    given = {
        path: load_certificates(found, name=str(path), password=password)
        for path, found in recognised.items()
    }
    ders = dict.fromkeys(der for found in given.values() for der in found)
    pool = [_readable(der, names) for der in ders]
    key_file = key.path if key else next((p for p, found in recognised.items() if found.holds_key), None)
    if key_file is None:
        raise NoKey(f"{names} holds no private key", hint=_NO_USE)
    holder = recognise(key.data, name=str(key_file)) if key else recognised[key_file]
    try:
        identity = _identity(pool, holder, key_file, names=names, password=password)
    except HoldsNoKey:
        raise NoKey(f"{key_file} holds no private key", hint=_NO_USE) from None
    chain = {one.public_bytes(Encoding.DER) for one in (identity.certificate, *identity.issuers)}
    unused = tuple(path for path, found in given.items() if found and chain.isdisjoint(found))
    # Not resolved where that is not needed: a link that somebody keeps pointing at the key is meant as such.
    place = key_file.absolute()
    return FoundAuthority(
        identity, place.parent.resolve() / place.name if ".." in place.parts else place, unused
    )


def _readable(der: bytes, names: str) -> x509.Certificate:
    """Load a certificate of an authority; one that our own reader alone reads is told so, as it is no damage."""
    from pki.model.certificate import CertFacts
    from pki.model.foreign import read_certificate

    try:
        return read_certificate(der, what=f"{names} holds a certificate")
    except Unreadable as error:
        try:
            facts = CertFacts.parse(der)
        except Unreadable:
            raise error from None  # it names the file
    raise InvalidRequest(
        f"{names} holds the certificate of {str(facts.subject)!r}, which clients may read, and which nothing can be "
        "signed with here: one of its names or extensions is encoded otherwise than RFC 5280 has it",
        hint="Have it issued again, its names as UTF8String (RFC 5280, 4.1.2.4); `trustrig inspect` shows what is "
        "read of it.",
    )


def _identity(
    pool: list[x509.Certificate], holder: Recognised, key_file: Path, *, names: str, password: str | None
) -> Identity:
    from cryptography.hazmat.primitives.serialization import Encoding

    from pki.load import FileKind, load_identity
    from pki.load.identity import issuers_of

    if holder.kind is FileKind.PKCS12:  # which says itself whose key it has
        packed = load_identity(holder, name=str(key_file), password=password)
        pool += [one for one in (packed.certificate, *packed.issuers) if one not in pool]
        own = next(one for one in pool if belongs(packed.key, one))
        return Identity(own, packed.key, tuple(issuers_of(own, pool)))
    pem = b"".join(one.public_bytes(Encoding.PEM) for one in pool)
    return load_identity(pem, name=names, key_source=holder, key_name=str(key_file), password=password)


def adopt(
    path: Path,
    identity: Identity,
    *,
    at: datetime,
    key_file: Path | None,
    passphrase: bytes | None,
    force: bool,
) -> bool:
    """Give IDENTITY, an authority, the folder PATH; return whether it is new.

    KEY_FILE is where its key is and stays; None copies the key into the folder, encrypted when there is a passphrase.

    Raises:
        InvalidRequest: nothing signed by it could be trusted (see `check_adoptable`).
        AlreadyExists: another authority is there, and `force` is false.
        StoreError: something else is there, or the system refused.
    """
    check_adoptable(identity, at=at)
    if _is_there(path, identity):
        _update(FolderLayout(path), identity, key_file=key_file, passphrase=passphrase)
        return False
    new_folder.check_free(path, force=force)
    if key_file is not None and key_file.resolve().is_relative_to(path.resolve()):
        raise InvalidRequest(
            f"the key, {key_file}, is in {path}, which would be replaced with everything in it",
            hint="Choose another folder: the authority that is there stays as it is.",
        )
    key = identity.key if key_file is None else None
    chain = (identity.certificate, *identity.issuers)
    root = chain[-1:] if is_self_signed(chain[-1]) else ()
    parts = {}
    if root:
        parts[ROOT] = NewMember(root, key if len(chain) == 1 else None)
    if chain != root:
        parts[INTERMEDIATE] = NewMember(chain, key)
    name = display_name(identity.certificate.subject)
    marker = Marker(name, utc_text(at), tuple(parts), adopted=True, key_file=key_file)
    new_folder.create(path, marker, parts, passphrase=passphrase, force=force)
    return True


def _is_there(path: Path, identity: Identity) -> bool:
    try:
        members = Members.read(FolderLayout(path))
    except StoreError:  # nothing, or nothing of ours: `creation` says what
        return False
    return members.marker.adopted and members.issuers[0] == identity.certificate


def _update(
    layout: FolderLayout, identity: Identity, *, key_file: Path | None, passphrase: bytes | None
) -> None:
    """Let the folder that has IDENTITY's authority know where the key is, and what is above it.

    A key that was copied stays: it may be the only one by now.
    """
    chain = (identity.certificate, *identity.issuers)
    with staging.locked(layout):
        members = Members.read(layout)
        marker = members.marker
        if not members.has_root and is_self_signed(chain[-1]):
            files = identity_files(chain, None)
            ensure_folder(layout.root)
            write_atomically(layout.root / CERTIFICATE, identity_files(chain[-1:], None)[CERTIFICATE][0])
            if CHAIN in files:
                write_atomically(layout.intermediate / CHAIN, files[CHAIN][0])
            marker = replace(marker, members=(ROOT, INTERMEDIATE))
        copied = members.place(members.issuers) / KEY
        if key_file is not None and not (marker.key_file is None and _key_fits(members, passphrase)):
            marker = replace(marker, key_file=key_file)
        elif key_file is None and marker.key_file is not None:
            data, mode = identity_files(chain, identity.key, passphrase=passphrase)[KEY]
            write_atomically(copied, data, mode=mode)
            marker = replace(marker, key_file=None)
        if marker != members.marker:
            write_atomically(layout.marker, marker.encoded())


def _key_fits(members: Members, passphrase: bytes | None) -> bool:
    """Whether the key in the folder is the right one, as far as can be seen."""
    from pki.errors import WrongPassword

    try:
        members.key(members.issuers, passphrase=passphrase)
    except WrongPassword:
        return True  # it is there, under another passphrase
    except PkiError:
        return False
    return True
