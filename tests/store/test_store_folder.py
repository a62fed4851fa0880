"""The authority's folder: what is in it, who may read it, and what is never overwritten."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from pki.errors import InvalidRequest, StoreError, WrongPassword
from pki.issue import KeyType, new_key
from pki.issue.profiles import CertificateKind
from pki.model.time_format import moment_text
from pki.store import AlreadyExists, AuthorityFolder
from tests.openssl import OPENSSL, openssl_refusal

PASSPHRASE = b"open sesame"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, at: datetime) -> Path:
    path = tmp_path_factory.mktemp("template") / "ca"
    AuthorityFolder.create(path, name="Folder CA", at=at)
    return path


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> AuthorityFolder:
    shutil.copytree(template, tmp_path / "ca")
    return AuthorityFolder.open(tmp_path / "ca")


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=lambda mask: f"umask {mask:03o}")
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def files_in(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


@pytest.mark.usefixtures("umask")
def test_keys_are_for_the_owner_alone_under_every_umask(tmp_path: Path, at: datetime) -> None:
    folder = AuthorityFolder.create(tmp_path / "ca", name="Modes CA", at=at)
    folder.issue_client("alice", at=at, extra_files=lambda identity: {"alice.p12": b"x"})
    folder.renew("alice", at=at)
    modes: dict[int, set[str]] = {}
    for entry in [folder.path, *folder.path.rglob("*")]:
        modes.setdefault(stat.S_IMODE(entry.stat().st_mode), set()).add("/" if entry.is_dir() else entry.name)
    assert modes == {
        0o700: {"/"},
        0o600: {"key.pem", "alice.p12", "ledger.jsonl", ".lock"},
        0o644: {"cert.pem", "chain.pem", "fullchain.pem", "authority.json"},
    }


def test_an_identity_is_four_files(folder: AuthorityFolder, at: datetime) -> None:
    issued = folder.issue_server("api.test", "localhost", at=at)
    files = files_in(issued.folder)
    certificate, intermediate, root = issued.chain

    def pem(*certificates: x509.Certificate) -> bytes:
        return b"".join(c.public_bytes(Encoding.PEM) for c in certificates)

    assert issued.folder == folder.path / "issued" / "api.test"
    assert sorted(issued.files) == sorted(files) == ["cert.pem", "chain.pem", "fullchain.pem", "key.pem"]
    assert files["cert.pem"] == pem(certificate)
    assert files["chain.pem"] == pem(intermediate)
    assert files["fullchain.pem"] == pem(certificate, intermediate)
    assert load_pem_private_key(files["key.pem"], None).public_key() == certificate.public_key()
    assert root == folder.root


def test_what_is_read_back_is_what_was_issued(folder: AuthorityFolder, at: datetime) -> None:
    issued = folder.issue_server("api.test", at=at)
    identity = AuthorityFolder.open(folder.path).identity("api.test")
    assert (identity.certificate, *identity.issuers) == issued.chain
    assert identity.root == folder.root
    assert identity.intermediates == folder.intermediates


def test_a_row_keeps_its_moment_whatever_zone_the_caller_is_in(folder: AuthorityFolder, at: datetime) -> None:
    zoned = at.astimezone(timezone(timedelta(hours=5, minutes=30)))
    folder.issue_server("zone.test", at=zoned)
    assert AuthorityFolder.open(folder.path).row("zone.test").issued_at == at


def test_a_row_says_what_was_issued(folder: AuthorityFolder, at: datetime) -> None:
    issued = folder.issue_server("b.test", "::1", at=at, days=90)
    certificate = issued.chain[0]
    (row,) = folder.rows()
    assert row == issued.row == folder.row("b.test")
    assert (row.name, row.kind, row.names) == ("b.test", "server", ("b.test", "::1"))
    assert int(row.serial, 16) == certificate.serial_number
    assert row.sha256 == certificate.fingerprint(hashes.SHA256()).hex()
    assert (row.subject, row.issuer) == ("CN=b.test", "CN=Folder CA Intermediate")
    assert row.not_after - row.not_before == timedelta(days=90)
    assert (row.path, row.issued_at, row.renewed_from) == ("issued/b.test", at, None)


@OPENSSL
def test_openssl_verifies_what_lies_in_the_folder(
    folder: AuthorityFolder, tmp_path: Path, at: datetime
) -> None:
    folder.issue_intermediate("team", at=at)
    for issuer in (None, "team"):
        issued = folder.issue_server(f"{issuer}.test", at=at, issuer=issuer)
        assert openssl_refusal(tmp_path, issued.chain, "-purpose", "sslserver") == ""


def test_an_authority_below_signs_when_named(folder: AuthorityFolder, at: datetime) -> None:
    below = folder.issue_intermediate("team", at=at, permit=["team.test"])
    issued = folder.issue_server("a.team.test", at=at, issuer="team")
    assert issued.chain[1:] == below.chain
    assert folder.renew("a.team.test", at=at).chain[1:] == below.chain
    with pytest.raises(InvalidRequest, match="outside"):
        folder.issue_client("bob@x.test", at=at, issuer="team")
    with pytest.raises(
        InvalidRequest, match=r"a\.team\.test is a server, and no authority .* intermediate: team"
    ):
        folder.issue_client("bob", at=at, issuer="a.team.test")


def test_reading_needs_no_passphrase_and_issuing_does(tmp_path: Path, at: datetime) -> None:
    folder = AuthorityFolder.create(tmp_path / "ca", name="Locked CA", at=at, passphrase=PASSPHRASE)
    folder.issue_server("a.test", at=at)
    folder.issue_intermediate("team", at=at)
    for key in ("root/key.pem", "intermediate/key.pem", "issued/team/key.pem"):
        assert b"BEGIN ENCRYPTED PRIVATE KEY" in (folder.path / key).read_bytes()
    reader = AuthorityFolder.open(folder.path)
    assert reader.identity("a.test").key  # a server reads its key unattended
    assert [row.name for row in reader.rows()] == ["a.test", "team"]
    for passphrase, problem in ((None, "is encrypted"), (b"wrong", "did not open"), (b"", "did not open")):
        wrong = AuthorityFolder.open(folder.path, passphrase=passphrase)
        with pytest.raises(WrongPassword, match=problem):
            wrong.issue_server("b.test", at=at)
        with pytest.raises(WrongPassword, match=problem):
            wrong.identity("team")
    right = AuthorityFolder.open(folder.path, passphrase=PASSPHRASE)
    assert right.issue_server("b.test", at=at, issuer="team")


def test_a_passphrase_that_is_not_needed_does_no_harm(folder: AuthorityFolder, at: datetime) -> None:
    assert AuthorityFolder.open(folder.path, passphrase=PASSPHRASE).issue_server("a.test", at=at)


def test_an_empty_passphrase_is_refused(tmp_path: Path, at: datetime) -> None:
    with pytest.raises(InvalidRequest, match="passphrase is empty"):
        AuthorityFolder.create(tmp_path / "ca", name="x", at=at, passphrase=b"")
    assert not (tmp_path / "ca").exists()


def test_nothing_secret_shows_in_a_repr(folder: AuthorityFolder, at: datetime) -> None:
    locked = AuthorityFolder(folder.path, passphrase=PASSPHRASE)
    assert "sesame" not in repr(locked)
    assert "PrivateKey" not in repr(folder.issue_server("a.test", at=at))


@pytest.mark.parametrize("second", ["server", "client"])
def test_nothing_issued_is_replaced_without_force(folder: AuthorityFolder, at: datetime, second: str) -> None:
    folder.issue_server("a.test", at=at)
    before = files_in(folder.path)
    with pytest.raises(AlreadyExists, match=r"a\.test was issued already"):
        getattr(folder, f"issue_{second}")("a.test", at=at)
    assert files_in(folder.path) == before


def test_what_is_replaced_is_kept_aside(folder: AuthorityFolder, at: datetime) -> None:
    old = folder.issue_server("a.test", at=at)
    files = files_in(old.folder)
    new = folder.issue_server("a.test", at=at, force=True)
    assert files_in(folder.path / "superseded" / f"a.test.{new.row.serial}") == files
    assert folder.identity("a.test").certificate == new.chain[0]
    assert [row.serial for row in folder.rows()] == [old.row.serial, new.row.serial]


@pytest.mark.parametrize(
    ("what", "force", "problem"),
    [
        pytest.param("authority", False, "an authority in .* already", id="an authority"),
        pytest.param("other", False, "other things in it", id="a folder of other things"),
        pytest.param("other", True, "other things in it", id="a folder of other things, with force"),
        pytest.param("file", True, "is a file", id="a file, with force"),
        pytest.param("no parent", True, "does not exist", id="no folder to put it in"),
    ],
)
def test_where_no_authority_is_made(
    template: Path, tmp_path: Path, at: datetime, what: str, force: bool, problem: str
) -> None:
    path = tmp_path / "ca"
    if what == "authority":
        shutil.copytree(template, path)
    elif what == "other":
        path.mkdir()
        (path / "thesis.tex").write_text("precious")
    elif what == "file":
        path.write_text("precious")
    else:
        path = path / "ca"
    before = files_in(tmp_path)
    with pytest.raises(StoreError, match=problem):
        AuthorityFolder.create(path, name="New CA", at=at, force=force)
    assert files_in(tmp_path) == before


def test_an_empty_folder_and_a_link_to_one_will_do(tmp_path: Path, at: datetime) -> None:
    (tmp_path / "empty").mkdir(mode=0o755)
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    AuthorityFolder.create(tmp_path / "link", name="Linked CA", at=at)
    assert AuthorityFolder.open(tmp_path / "empty").root
    assert stat.S_IMODE((tmp_path / "empty").stat().st_mode) == 0o700


def test_with_force_a_new_authority_takes_the_place_of_the_old(folder: AuthorityFolder, at: datetime) -> None:
    folder.issue_server("a.test", at=at)
    new = AuthorityFolder.create(folder.path, name="Second CA", at=at, force=True)
    assert new.rows() == ()
    assert [entry.name for entry in folder.path.parent.iterdir()] == ["ca"]
    issued = folder.issue_server("a.test", at=at)  # the one opened before sees the new one
    assert issued.chain[-1] == new.root


def test_force_also_replaces_an_authority_whose_ledger_is_damaged(
    folder: AuthorityFolder, at: datetime
) -> None:
    (folder.path / "ledger.jsonl").write_text("garbage\n")
    assert AuthorityFolder.create(folder.path, name="Second CA", at=at, force=True).rows() == ()


def test_renewing_keeps_names_issuer_length_and_type_of_key(folder: AuthorityFolder, at: datetime) -> None:
    old = folder.issue_server(
        "a.test", "192.168.1.1", at=at, days=90, key_type=KeyType.P384, common_name="My server"
    )
    later = at + timedelta(days=80)
    new = folder.renew("A.test", at=later)
    before, after = old.chain[0], new.chain[0]
    assert after.subject == before.subject
    assert new.row.names == old.row.names
    assert new.row.renewed_from == old.row.serial
    assert after.not_valid_after_utc == before.not_valid_after_utc + timedelta(days=80)
    assert after.public_key() != before.public_key()
    assert key_size(after) == 384


def key_size(certificate: x509.Certificate) -> int:
    return int(certificate.public_key().key_size)  # type: ignore[union-attr] # EC in this test


def test_renewing_can_keep_the_key_and_change_the_length(folder: AuthorityFolder, at: datetime) -> None:
    old = folder.issue_client("alice", at=at)
    new = folder.renew("alice", at=at, keep_key=True, days=5)
    assert new.chain[0].public_key() == old.chain[0].public_key()
    assert new.row.not_after - new.row.not_before == timedelta(days=5)


def test_renewing_a_client_writes_its_extra_files_again(folder: AuthorityFolder, at: datetime) -> None:
    folder.issue_client("alice", at=at, extra_files=lambda identity: {"alice.p12": b"old"})
    new = folder.renew("alice", at=at, extra_files=lambda identity: {"alice.p12": b"new"})
    assert (new.folder / "alice.p12").read_bytes() == b"new"


def test_an_authority_is_not_renewed(folder: AuthorityFolder, at: datetime) -> None:
    folder.issue_intermediate("team", at=at)
    with pytest.raises(InvalidRequest, match="would orphan"):
        folder.renew("team", at=at)


def request(common_name: str) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return builder.sign(new_key(), hashes.SHA256()).public_bytes(Encoding.PEM)


@pytest.mark.parametrize(
    ("kind", "names", "called"),
    [
        pytest.param(
            CertificateKind.SERVER, ["*.x.test", "x.test"], "*.x.test", id="a server by its first name"
        ),
        pytest.param(CertificateKind.CLIENT, ["bob@x.test"], "Bob", id="a client by its CommonName"),
    ],
)
def test_a_signed_request_has_no_key_here(
    folder: AuthorityFolder, at: datetime, kind: CertificateKind, names: list[str], called: str
) -> None:
    issued = folder.sign_csr(request("Bob"), kind=kind, at=at, names=names)
    assert issued.row.name == called
    assert issued.key is None
    assert "key.pem" not in files_in(issued.folder)
    with pytest.raises(StoreError, match="its key is not here"):
        folder.identity(called)
    renewed = folder.renew(called, at=at)
    assert renewed.chain[0].public_key() == issued.chain[0].public_key()


@pytest.mark.parametrize(
    ("days", "cut"),
    [
        pytest.param(397, False, id="the usual length fits"),
        pytest.param(1825, False, id="to the second of the issuer's end"),
        pytest.param(1826, True, id="a day more does not"),
    ],
)
def test_the_end_that_was_asked_for_is_told(
    folder: AuthorityFolder, at: datetime, days: int, cut: bool
) -> None:
    issued = folder.issue_server("a.test", at=at, days=days)
    assert (issued.wanted_end is not None) is cut
    if cut:
        assert issued.wanted_end == issued.row.not_before + timedelta(days=days)
        assert issued.row.not_after == folder.intermediates[0].not_valid_after_utc


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        pytest.param(
            "api.tset",
            r"(?s)Did you mean api\.test \(server\)\? .*trustrig list --ca",
            id="a slip of the finger",
        ),
        pytest.param("zzz", r"There is alice \(client\), api\.test \(server\)\.", id="nothing like it"),
        pytest.param("LOCALHOST", r"api\.test \(server\) has that name: .* first", id="another of its names"),
        pytest.param("../api.test", r"Did you mean api\.test", id="a path"),
        pytest.param("", r"There is", id="no name"),
    ],
)
def test_an_unknown_name_is_answered_with_the_known_ones(
    folder: AuthorityFolder, at: datetime, asked: str, hint: str
) -> None:
    folder.issue_server("api.test", "localhost", at=at)
    folder.issue_client("alice", at=at)
    with pytest.raises(StoreError, match=hint):
        folder.identity(asked)


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        pytest.param("api.test", "server", id="a host"),
        pytest.param("alice", "client", id="a person"),
        pytest.param("Al Ice", "client", id="two words"),
    ],
)
def test_where_nothing_was_issued_the_command_that_does_is_said(
    folder: AuthorityFolder, asked: str, kind: str
) -> None:
    with pytest.raises(StoreError) as error:
        folder.identity(asked)
    assert f"trustrig issue {kind} {shlex.quote(asked)} --ca {folder.path}" in error.value.commands


@pytest.mark.parametrize("spelling", ["API.test", "api.test"])
def test_a_host_is_found_in_any_spelling(folder: AuthorityFolder, at: datetime, spelling: str) -> None:
    folder.issue_server("api.test", at=at)
    assert folder.identity(spelling).common_name == "api.test"


def test_an_idn_is_found_as_it_was_written(folder: AuthorityFolder, at: datetime) -> None:
    folder.issue_server("bücher.test", at=at)
    assert folder.identity("bücher.test").common_name == "xn--bcher-kva.test"


@pytest.mark.parametrize("lost", [".staging", "superseded", "issued", ".lock"])
def test_what_git_and_archives_drop_is_made_again(folder: AuthorityFolder, at: datetime, lost: str) -> None:
    place = folder.path / lost
    if place.is_dir():
        place.rmdir()
    else:
        place.unlink(missing_ok=True)
    assert AuthorityFolder.open(folder.path).issue_server("a.test", at=at)


@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        pytest.param("authority.json", b"[]", "says None", id="no marker"),
        pytest.param(
            "authority.json", b'{"schema": "trustrig.authority/9"}', "authority/9", id="a later version"
        ),
        pytest.param("authority.json", b"{" * 100_000, "says None", id="a hostile marker"),
        pytest.param("root/cert.pem", b"", "cert.pem holds no PEM certificate", id="an empty root"),
        pytest.param("root/cert.pem", None, "cert.pem is missing", id="no root"),
        pytest.param(
            "intermediate/key.pem", b"-----BEGIN", "key.pem holds no PEM private key", id="half a key"
        ),
        pytest.param("intermediate/key.pem", None, "key.pem is missing", id="no key"),
        pytest.param("root/key.pem", None, "", id="the root's key may be elsewhere"),
        pytest.param("ledger.jsonl", None, "ledger.jsonl is missing", id="no ledger"),
        pytest.param("ledger.jsonl", b"garbage\n", "line 1", id="a damaged ledger"),
    ],
)
def test_a_damaged_folder_is_named_and_nothing_is_issued(
    folder: AuthorityFolder, at: datetime, file: str, content: bytes | None, problem: str
) -> None:
    if content is None:
        (folder.path / file).unlink()
    else:
        (folder.path / file).write_bytes(content)
    if not problem:
        assert AuthorityFolder.open(folder.path).issue_server("a.test", at=at)
        return
    with pytest.raises(StoreError, match=problem):
        AuthorityFolder.open(folder.path).issue_server("a.test", at=at)
    assert not list((folder.path / "issued").iterdir())


def test_a_key_of_another_authority_is_noticed(folder: AuthorityFolder, at: datetime) -> None:
    shutil.copy(folder.path / "root" / "key.pem", folder.path / "intermediate" / "key.pem")
    with pytest.raises(StoreError, match="not the key of the certificate beside it"):
        folder.issue_server("a.test", at=at)


@pytest.mark.parametrize("content", [None, b"", b"x"])
def test_no_authority_is_said_in_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "ca"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StoreError, match="there is no authority in"):
        AuthorityFolder.open(path)


def test_the_marker_says_what_the_folder_is(folder: AuthorityFolder, at: datetime) -> None:
    document = json.loads((folder.path / "authority.json").read_bytes())
    assert document == {"schema": "trustrig.authority/1", "name": "Folder CA", "created": moment_text(at)}
