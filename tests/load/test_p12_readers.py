"""The table of readers is what OpenSSL, Java, NSS and GnuTLS do: each opens, or not, every kind of container there is."""

from __future__ import annotations

import ctypes
import ctypes.util
import re
import subprocess
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12
from OpenSSL import SSL

from pki.load.inspection import Container, inspect_bytes
from pki.load.reader_table import READERS
from pki.load.readers import Answer
from pki.report.inspection import SCHEMA, inspection_json, inspection_text
from tests import clock
from tests.p12 import ANY, KINDS, NONE, OPENSSL, PASSWORD, kept_in, password
from tests.report.test_schemas import validator

PUBLISHED = validator(SCHEMA)
every_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A container of each kind; OpenSSL makes most of them."""
    return kept_in(tmp_path_factory.mktemp("kinds"))


def judged(path: Path, kind: str) -> Container:
    found = inspect_bytes(path.read_bytes(), name=kind, password=password(kind) or None).container
    assert found is not None
    return found


def run(*command: str) -> tuple[int, str]:
    done = subprocess.run(command, capture_output=True, check=False, timeout=clock.PATIENCE)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def compare(reader: str, kind: str, path: Path, *, opened: bool, version: tuple[int, ...]) -> None:
    """Hold the rule's answer against what was seen; a version later than the table's may open more, never less."""
    row = next(one for one in READERS if one.id == reader)
    (opening,) = [one for one in judged(path, kind).openings if one.reader is row]
    more = opened and opening.answer is Answer.NO and version[:2] > numbers(row.evidence)[:2]
    assert opening.answer is (Answer.YES if opened else Answer.NO) or more, (opening.because, version)


def numbers(text: str) -> tuple[int, ...]:
    found = re.search(r"\d+(?:\.\d+)+", text)
    return tuple(map(int, found.group().split("."))) if found else ()


@pytest.mark.peer(*OPENSSL)
@every_kind
def test_the_apple_column_follows_from_the_published_rules(kind: str, files: Callable[[str], Path]) -> None:
    container = judged(files(kind), kind)
    assert container.apple.oldest == KINDS[kind][1]
    by_id = {opening.reader.id: opening.answer for opening in container.openings}
    assert by_id["apple"] is (Answer.NO if KINDS[kind][1] is NONE else Answer.YES)
    assert (
        by_id["apple-old"] is by_id["security-import"] is (Answer.YES if KINDS[kind][1] is ANY else Answer.NO)
    )


@pytest.mark.peer(*OPENSSL)
@pytest.mark.parametrize("legacy", [False, True], ids=["default provider", "-legacy"])
@every_kind
def test_openssl(kind: str, legacy: bool, files: Callable[[str], Path]) -> None:
    version = version_of("openssl", "version")
    if version < (3,):
        pytest.skip("the table speaks of OpenSSL 3")
    more = ["-legacy"] if legacy else []
    path = files(kind)
    code, out = run(
        "openssl", "pkcs12", "-in", str(path), "-passin", f"pass:{password(kind)}", "-nodes", *more
    )
    opened = code == 0 and "BEGIN PRIVATE KEY" in out and out.count("BEGIN CERTIFICATE") == 3
    recent = "openssl-3.4" if version >= (3, 4) else "openssl"
    compare("openssl-legacy" if legacy else recent, kind, path, opened=opened, version=version)


@pytest.mark.peer(*OPENSSL)
@every_kind
def test_the_openssl_that_cryptography_carries(kind: str, files: Callable[[str], Path]) -> None:
    """It has the legacy provider loaded, so that of the row only a yes can be held against it."""
    if SSL.OPENSSL_VERSION_NUMBER < 0x30400000:
        pytest.skip("needs OpenSSL 3.4")
    path = files(kind)
    loaded = pkcs12.load_pkcs12(path.read_bytes(), password(kind).encode())
    assert loaded.key is not None
    assert loaded.cert is not None
    assert len(loaded.additional_certs) == 2
    (opening,) = [one for one in judged(path, kind).openings if one.reader.id == "openssl-3.4"]
    legacy = any("legacy provider" in reason for reason in opening.reasons)
    assert (opening.answer is Answer.YES) is not legacy


@pytest.mark.peer(*OPENSSL)
@pytest.mark.peer("keytool", "apt-get install default-jre-headless")
@every_kind
def test_java(kind: str, files: Callable[[str], Path], tmp_path: Path) -> None:
    """Importing into another store decrypts the key; `keytool -list` does not even look at it."""
    path, target = files(kind), tmp_path / "out.p12"
    command = ["keytool", "-importkeystore", "-srckeystore", str(path), "-srcstoretype", "PKCS12"]
    command += ["-srcstorepass", password(kind), "-destkeystore", str(target), "-deststorepass", PASSWORD]
    _, out = run(*command)
    opened = "1 entries successfully imported" in out
    compare("java-17", kind, path, opened=opened, version=version_of("keytool", "-J-version"))


@pytest.mark.peer(*OPENSSL)
@pytest.mark.peer("pk12util", "apt-get install libnss3-tools")
@every_kind
def test_nss(kind: str, files: Callable[[str], Path], tmp_path: Path) -> None:
    path, database = files(kind), f"sql:{tmp_path}"
    run("certutil", "-N", "-d", database, "--empty-password")
    run("pk12util", "-i", str(path), "-d", database, "-W", password(kind))
    code, listed = run("certutil", "-K", "-d", database)
    compare("nss", kind, path, opened=code == 0 and "< 0>" in listed, version=nss_version())


@pytest.mark.peer(*OPENSSL)
@pytest.mark.peer("certtool", "apt-get install gnutls-bin")
@every_kind
def test_gnutls(kind: str, files: Callable[[str], Path], tmp_path: Path) -> None:
    """It shows an encrypted key as it is; decrypting that is a second command."""
    path, found = files(kind), tmp_path / "found.pem"
    secret = ("--password", password(kind)) if password(kind) else ("--empty-password",)
    code, out = run("certtool", "--p12-info", "--inder", "--infile", str(path), *secret)
    found.write_text(out)
    key, _ = run("certtool", "--key-info", "--pkcs8", "--infile", str(found), *secret)
    opened = (code, key) == (0, 0) and "BEGIN CERTIFICATE" in out
    compare("gnutls", kind, path, opened=opened, version=version_of("certtool", "--version"))


@lru_cache
def version_of(*command: str) -> tuple[int, ...]:
    return numbers(run(*command)[1])


def nss_version() -> tuple[int, ...]:
    """Of the library beside the tools, which do not tell."""
    library = ctypes.CDLL(ctypes.util.find_library("nss3") or "libnss3.so")
    library.NSS_GetVersion.restype = ctypes.c_char_p
    return numbers(library.NSS_GetVersion().decode())


@pytest.mark.peer(*OPENSSL)
@pytest.mark.parametrize("opened", [True, False], ids=["with its password", "without its password"])
@every_kind
def test_text_and_json_of_every_kind(kind: str, opened: bool, files: Callable[[str], Path]) -> None:
    secret = (password(kind) or None) if opened else None
    inspection = inspect_bytes(files(kind).read_bytes(), name="given.p12", password=secret)
    PUBLISHED.validate(inspection_json(inspection))
    text = inspection_text(inspection)
    assert max(map(len, text.splitlines())) <= 80
    assert "security import without -f" in text
    assert PASSWORD not in text


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.id)
def test_no_reader_takes_what_it_refuses(reader: Any) -> None:
    for aspect, values in reader.refuses.items():
        assert not values & reader.takes.get(aspect, frozenset())
    assert reader.evidence
    assert len(reader.title) <= 33  # and the mark, in the column of the report


def test_what_nobody_has_tried_is_unknown_and_what_apple_does_not_know_is_refused(
    files: Callable[[str], Path],
) -> None:
    """Windows with Ed25519 has no published answer; for Apple the whole source was read."""
    kind = "Ed25519"
    answers = {one.reader.id: one for one in judged(files(kind), kind).openings}
    assert answers["windows"].answer is Answer.UNKNOWN
    assert [trait.short for trait in answers["windows"].because] == ["key Ed25519"]
    assert answers["apple"].answer is Answer.NO
    assert answers["apple"].reasons == (
        "its private key is Ed25519: Apple imports RSA and EC P-256, P-384 and P-521",
    )
