"""An authority made elsewhere, and its folder: what is written, where its key is read, and what a second time does."""

from __future__ import annotations

import json
import os
import stat
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from pki.errors import InvalidRequest, StoreError, WrongPassword
from pki.issue import Authority
from pki.model.identity import Identity
from pki.store import AlreadyExists, AuthorityFolder
from pki.store.adoption import SourceFile, load_authority
from pki.store.revocation import Revocations
from tests.foreign import made


@pytest.fixture
def theirs(at: datetime) -> Identity:
    """An issuing intermediate below another one below a root: three keys, of which one is at hand."""
    return Authority.create(name="Theirs", at=at).issue_intermediate("Issuing", at=at).issuing


def pem(*certificates: object) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)  # type: ignore[attr-defined]


def key_file(path: Path, identity: Identity, *, der: bool = False, secret: bytes | None = None) -> Path:
    encryption = BestAvailableEncryption(secret) if secret else NoEncryption()
    path.touch(mode=0o600)
    path.write_bytes(
        identity.key.private_bytes(Encoding.DER if der else Encoding.PEM, PrivateFormat.PKCS8, encryption)
    )
    return path


def source(path: Path, data: bytes | None = None) -> SourceFile:
    return SourceFile(path, path.read_bytes() if data is None else data)


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file() and p.name != ".lock"
    }


@pytest.mark.parametrize("form", ["pem", "der", "encrypted", "p12"])
def test_the_key_stays_outside_in_any_form_and_signs(
    form: str, theirs: Identity, at: datetime, tmp_path: Path
) -> None:
    secret = b"correct horse" if form in ("encrypted", "p12") else None
    key = tmp_path / f"key.{form}"
    if form == "p12":
        key.write_bytes(
            pkcs12.serialize_key_and_certificates(
                b"x",
                theirs.key,
                theirs.certificate,
                theirs.issuers,
                BestAvailableEncryption(b"correct horse"),  # type: ignore[arg-type] # EC, here
            )
        )
    else:
        key_file(key, theirs, der=form == "der", secret=secret)
    before = key.read_bytes()
    folder = AuthorityFolder.adopt(tmp_path / "ca", theirs, at=at, key_file=key, passphrase=secret)
    issued = folder.issue_server("api.test", at=at)
    assert issued.chain[1:] == (theirs.certificate, *theirs.issuers)
    again = AuthorityFolder.open(tmp_path / "ca", passphrase=secret)
    assert again.certificates("api.test") == issued.chain
    assert again.issuers == issued.chain[1:]
    assert again.intermediates == issued.chain[1:-1]
    assert again.root == issued.chain[-1]
    assert key.read_bytes() == before
    assert not list((tmp_path / "ca").glob("*/key.pem"))
    if secret is not None:
        with pytest.raises(WrongPassword, match="is encrypted"):
            AuthorityFolder.open(tmp_path / "ca").issue_server("b.test", at=at)


def test_a_link_that_is_kept_pointing_at_the_key_is_followed_each_time(
    theirs: Identity, at: datetime, tmp_path: Path
) -> None:
    first = key_file(tmp_path / "first.pem", theirs)
    link = tmp_path / "current.pem"
    link.symlink_to(first)
    found = load_authority(
        [source(tmp_path / "c.pem", pem(theirs.certificate, *theirs.issuers))],
        key=source(link),
        passphrase=None,
    )
    assert found.key_file == link
    AuthorityFolder.adopt(tmp_path / "ca", found.identity, at=at, key_file=found.key_file)
    link.unlink()
    link.symlink_to(first.rename(tmp_path / "second.pem"))
    AuthorityFolder.open(tmp_path / "ca").issue_server("api.test", at=at)


@pytest.mark.parametrize("order", ["leaf first", "root first", "a file each"])
def test_issuers_are_found_in_any_order_and_strangers_left_out(
    order: str, theirs: Identity, at: datetime, tmp_path: Path
) -> None:
    stranger = Authority.create(name="Stranger", at=at)
    everything = [theirs.certificate, *theirs.issuers, stranger.root]
    if order == "root first":
        everything.reverse()
    texts = [pem(one) for one in everything] if order == "a file each" else [pem(*everything)]
    sources = [source(tmp_path / f"{number}.pem", text) for number, text in enumerate(texts)]
    found = load_authority(sources, key=source(key_file(tmp_path / "k", theirs)), passphrase=None)
    assert found.identity.certificate == theirs.certificate
    assert found.identity.issuers == theirs.issuers


def test_a_root_that_comes_later_is_added_and_what_was_issued_stays(
    theirs: Identity, at: datetime, tmp_path: Path
) -> None:
    key = key_file(tmp_path / "k", theirs)
    alone = Identity(theirs.certificate, theirs.key, theirs.issuers[:1])  # two intermediates, no root
    folder = AuthorityFolder.adopt(tmp_path / "ca", alone, at=at, key_file=key)
    before = folder.issue_server("api.test", at=at)
    Revocations(folder).revoke("api.test", at=at)
    assert folder.certificates("api.test") == before.chain
    with pytest.raises(StoreError, match="the root above 'Theirs Intermediate' is not in"):
        _ = folder.root
    AuthorityFolder.adopt(tmp_path / "ca", theirs, at=at, key_file=key)
    folder = AuthorityFolder.open(tmp_path / "ca")
    assert folder.root == theirs.issuers[-1]
    assert folder.certificates("api.test") == (*before.chain, theirs.issuers[-1])
    assert len(Revocations(folder).all()) == 1
    folder.renew("api.test", at=at)
    assert tree(tmp_path / "ca").keys() >= {"root/cert.pem", "intermediate/chain.pem"}


def test_the_same_again_changes_nothing(theirs: Identity, at: datetime, tmp_path: Path) -> None:
    key = key_file(tmp_path / "k", theirs)
    AuthorityFolder.adopt(tmp_path / "ca", theirs, at=at, key_file=key).issue_server("api.test", at=at)
    before = tree(tmp_path / "ca")
    AuthorityFolder.adopt(tmp_path / "ca", theirs, at=at, key_file=key)
    assert tree(tmp_path / "ca") == before


def test_a_copied_key_is_for_the_owner_alone_and_is_not_forgotten(
    theirs: Identity, at: datetime, tmp_path: Path
) -> None:
    os.umask(0)
    try:
        folder = AuthorityFolder.adopt(tmp_path / "ca", theirs, at=at, key_file=None, passphrase=b"secret")
    finally:
        os.umask(0o022)
    copied = tmp_path / "ca/intermediate/key.pem"
    assert stat.S_IMODE(copied.stat().st_mode) == 0o600
    assert b"ENCRYPTED" in copied.read_bytes()
    folder.issue_server("api.test", at=at)
    before = tree(tmp_path / "ca")
    # Named again without the word, the copy stays the key: it may be the only one.
    AuthorityFolder.adopt(
        tmp_path / "ca", theirs, at=at, key_file=tmp_path / "elsewhere", passphrase=b"secret"
    )
    assert tree(tmp_path / "ca") == before
    copied.unlink()
    AuthorityFolder.adopt(tmp_path / "ca", theirs, at=at, key_file=key_file(tmp_path / "k", theirs))
    AuthorityFolder.open(tmp_path / "ca").issue_server("b.test", at=at)


def test_another_authority_takes_no_folder_without_the_word(
    theirs: Identity, at: datetime, tmp_path: Path
) -> None:
    made = AuthorityFolder.create(tmp_path / "ca", name="Here", at=at)
    made.issue_server("api.test", at=at)
    before = tree(tmp_path / "ca")
    key = key_file(tmp_path / "k", theirs)
    with pytest.raises(AlreadyExists):
        AuthorityFolder.adopt(tmp_path / "ca", theirs, at=at, key_file=key)
    # Its own intermediate is no authority of another's: the folder is not turned into an adopted one.
    with pytest.raises(AlreadyExists):
        AuthorityFolder.adopt(tmp_path / "ca", made.authority().issuing, at=at, key_file=key)
    assert tree(tmp_path / "ca") == before
    AuthorityFolder.adopt(tmp_path / "ca", theirs, at=at, key_file=key, force=True)
    assert AuthorityFolder.open(tmp_path / "ca").rows() == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"members": []}, "does not say which certificates are here", id="no members"),
        pytest.param({"members": ["intermediate", "root"]}, "does not say which", id="upside down"),
        pytest.param({"members": "root"}, "does not say which", id="a text"),
        pytest.param({"key_file": 7}, "does not say which", id="a number for a path"),
        pytest.param({"members": ["root"]}, "is missing", id="a member that is not there"),
    ],
)
def test_a_marker_that_was_tampered_with_is_named(
    change: dict[str, object], words: str, theirs: Identity, at: datetime, tmp_path: Path
) -> None:
    alone = Identity(theirs.certificate, theirs.key, ())
    AuthorityFolder.adopt(tmp_path / "ca", alone, at=at, key_file=key_file(tmp_path / "k", theirs))
    marker = tmp_path / "ca/authority.json"
    marker.write_text(json.dumps(json.loads(marker.read_text()) | change))
    with pytest.raises(StoreError, match=words):
        AuthorityFolder.open(tmp_path / "ca").issue_server("api.test", at=at)


def test_an_authority_that_an_older_key_of_its_own_name_certified_has_that_as_its_root(
    at: datetime, tmp_path: Path
) -> None:
    """A new key under the old name (RFC 5280, 3.2: self-issued): one name, and not self-signed."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Twin")])
    old = made(at, name=name)
    new = made(at, name=name, below=old)
    files = [source(tmp_path / f"{n}.pem", pem(one.certificate)) for n, one in (("new", new), ("old", old))]
    found = load_authority(files, key=source(key_file(tmp_path / "k", new)), passphrase=None)
    assert (found.identity.certificate, found.identity.issuers) == (new.certificate, (old.certificate,))
    assert found.unused == ()


def test_files_that_hold_no_authority_are_named(theirs: Identity, at: datetime, tmp_path: Path) -> None:
    certificates = [source(tmp_path / "c.pem", pem(theirs.certificate))]
    with pytest.raises(InvalidRequest, match=r"c\.pem holds no private key"):
        load_authority(certificates, key=None, passphrase=None)
    other = Authority.create(name="Other", at=at).issuing
    with pytest.raises(InvalidRequest, match=r"is of no certificate in .*c\.pem"):
        load_authority(certificates, key=source(key_file(tmp_path / "o", other)), passphrase=None)


def test_a_certificate_that_was_issued_again_is_found_beside_an_old_container(
    theirs: Identity, at: datetime, tmp_path: Path
) -> None:
    """The .p12 has the key and last year's certificate; --from names this year's."""
    packed = tmp_path / "old.p12"
    packed.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"x",
            theirs.key,
            theirs.certificate,
            None,
            BestAvailableEncryption(b"pw"),  # type: ignore[arg-type] # EC, here
        )
    )
    signer = Authority.create(name="Theirs again", at=at)
    newer = signer.cross_certify(theirs.certificate, at=at)
    found = load_authority(
        [source(tmp_path / "new.pem", pem(newer, *signer.chain))], key=source(packed), passphrase=b"pw"
    )
    assert found.identity.certificate == newer
    assert found.identity.issuers == signer.chain
