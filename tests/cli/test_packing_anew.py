"""`inspect` prints commands that pack a stranger's .p12 anew; run as printed, they give a file that opens everywhere."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes

from pki.export.pem import fullchain_pem, key_pem
from pki.load import load_identity
from pki.load.inspection import inspect_bytes
from pki.model.identity import Identity
from pki.report.inspection import inspection_json
from tests import clock
from tests.chains import leaf, root
from tests.p12 import ANY, KINDS, OPENSSL, PASSWORD, kept_in, password
from tests.shell import Ran, command, environment, spawn

NEW_PASSWORD = "another-horse-battery"
# Another key is no help where the key is the reason.
KEYS = ("EC P-224", "EC secp256k1", "EC brainpoolP256r1", "Ed25519", "Ed448")
REPACKED = [kind for kind, (_, oldest) in KINDS.items() if oldest != ANY and kind not in KEYS]


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    return kept_in(tmp_path_factory.mktemp("kinds"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder somebody works in: a password file, and `trustrig` on PATH."""
    (tmp_path / "bin").mkdir()
    start = " ".join(f"'{word}'" for word in command())
    (tmp_path / "bin" / "trustrig").write_text(f'#!/bin/sh\nexec {start} "$@"\n')
    (tmp_path / "bin" / "trustrig").chmod(0o755)
    (tmp_path / "PW").write_text(f"{PASSWORD}\n")
    return tmp_path


def advised(folder: Path, secret: str | None) -> dict[str, str] | None:
    """The commands that `inspect in.p12 --json` carries, with or without the password."""
    inspection = inspect_bytes((folder / "in.p12").read_bytes(), name="in.p12", password=secret)
    found: dict[str, str] | None = inspection_json(inspection)["pkcs12"]["rewrap"]
    return found


def typed(line: str, folder: Path) -> None:
    env = environment(PATH=f"{folder / 'bin'}:/usr/local/bin:/usr/bin:/bin")
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=clock.PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.peer(*OPENSSL)
@pytest.mark.parametrize("tool", ["trustrig", "openssl"])
@pytest.mark.parametrize("kind", REPACKED)
def test_the_printed_command_makes_a_file_for_every_apple_release(
    kind: str, tool: str, files: Callable[[str], Path], folder: Path
) -> None:
    if (kind, tool) == ("PBMAC1", "openssl") and not _openssl_knows_pbmac1():
        pytest.skip("needs OpenSSL 3.4")
    shutil.copy(files(kind), folder / "in.p12")
    commands = advised(folder, password(kind) or None)
    assert commands is not None
    assert advised(folder, None) == commands  # told without the password, too
    line = commands[tool]
    assert "pass:" not in line.replace("pass: ", "")  # an empty one is no secret
    typed(line, folder)
    made = folder / "in-any.p12"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    found = inspect_bytes(made.read_bytes(), name="made", password=PASSWORD).container
    assert found is not None
    assert (found.apple.oldest, found.identities, found.packed[0].chain) == ("any", 1, (0, 1, 2))
    before = load_identity((folder / "in.p12").read_bytes(), name="in", password=password(kind) or None)
    after = load_identity(made.read_bytes(), name="made", password=PASSWORD)
    assert after.key.private_numbers() == before.key.private_numbers()  # type: ignore[union-attr] # RSA here
    assert sorted(path.name for path in folder.iterdir()) == ["PW", "bin", "in-any.p12", "in.p12"]


@pytest.mark.peer(*OPENSSL)
@pytest.mark.parametrize("kind", ["3DES, SHA-1 MAC", "Ed25519"])
def test_no_command_where_it_opens_already_or_the_key_is_the_reason(
    kind: str, files: Callable[[str], Path], folder: Path
) -> None:
    shutil.copy(files(kind), folder / "in.p12")
    assert advised(folder, PASSWORD) is None
    assert "anew" not in spawn("inspect", "in.p12", "--password-file", "PW", cwd=folder).out


def test_another_password_for_the_new_file(files: Callable[[str], Path], folder: Path) -> None:
    shutil.copy(files("AES-256, SHA-256 MAC"), folder / "in.p12")
    (folder / "new").write_text(NEW_PASSWORD)
    ran = packed(folder, "-o", "out.p12", "--password-file", "new", "--from-password-file", "PW", "--json")
    assert json.loads(ran.out)["certificates"] == 3
    found = load_identity((folder / "out.p12").read_bytes(), name="out", password=NEW_PASSWORD)
    assert found.common_name == "leaf"


@pytest.mark.slow
def test_one_of_several_identities_is_packed(folder: Path) -> None:
    """What `inspect` lists is what `--identity` takes, and an error names both."""
    top = root("Both")
    made = [leaf(top, name, kind=kind) for name, kind in (("one", "p256"), ("two", "rsa2048"))]
    pems = [key_pem(Identity(one.cert, one.key)) + fullchain_pem(Identity(one.cert, one.key)) for one in made]
    (folder / "in.p12").write_bytes(b"".join(pems))
    for named in ("two", made[1].cert.fingerprint(hashes.SHA256()).hex(":")):
        packed(folder, "-o", "out.p12", "--force", "--password-file", "PW", "--identity", named)
        found = load_identity((folder / "out.p12").read_bytes(), name="out", password=PASSWORD)
        assert found.common_name == "two"
    ran = spawn("export", "p12", "--from", "in.p12", "-o", "none.p12", "--password-file", "PW", cwd=folder)
    assert (ran.code, (folder / "none.p12").exists()) == (3, False)
    assert "holds 2 identities" in ran.err
    assert "CN=one (SHA-256 " in ran.err
    assert "--identity NAME" in ran.err
    ran = spawn("export", "p12", "alice", "-o", "x.p12", "--identity", "two", cwd=folder)
    assert (ran.code, "--from FILE" in ran.err) == (2, True)


def test_a_generated_password_and_a_pem_file(files: Callable[[str], Path], folder: Path) -> None:
    whole = load_identity(files("AES-256, SHA-256 MAC").read_bytes(), name="in", password=PASSWORD)
    (folder / "in.p12").write_bytes(key_pem(whole) + fullchain_pem(whole))
    ran = packed(folder, "-o", "out.p12")
    (secret,) = re.findall(r"Password: (\S+)", ran.out)
    assert len(load_identity((folder / "out.p12").read_bytes(), name="out", password=secret).issuers) == 1
    assert "fine if that is the root" in ran.err


@pytest.mark.peer(*OPENSSL)
@pytest.mark.parametrize(
    ("kind", "arguments", "code", "words"),
    [
        pytest.param("AES-128", [], 3, "--from-password-file", id="no password for a file that has one"),
        pytest.param("AES-128", ["--password-file", "wrong"], 3, "does not open", id="the wrong password"),
        pytest.param("Ed25519", ["--password-file", "PW"], 3, "RSA and EC", id="a key Apple does not import"),
        pytest.param(
            "AES-128", ["alice", "--password-file", "PW"], 2, "both 'alice'", id="a name and a file"
        ),
        pytest.param("AES-128", ["--password-file", "PW", "-o", "taken"], 3, "--force", id="a taken name"),
    ],
)
def test_what_cannot_be_packed_says_why_and_writes_nothing(
    kind: str,
    arguments: list[str],
    code: int,
    words: str,
    files: Callable[[str], Path],
    folder: Path,
) -> None:
    shutil.copy(files(kind), folder / "in.p12")
    (folder / "wrong").write_text("guessed-2077")
    (folder / "taken").write_text("mine")
    before = sorted(folder.iterdir())
    ran = spawn("export", "p12", "--from", "in.p12", "-o", "out.p12", *arguments, cwd=folder)
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert "2077" not in ran.err
    assert "Traceback" not in ran.err
    assert sorted(folder.iterdir()) == before
    assert (folder / "taken").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param([], "--from FILE", id="neither a name nor a file"),
        pytest.param(["alice", "--from-password-file", "PW"], "--from FILE", id="a password of no file"),
        pytest.param(["--from", "-", "--password-file", "-"], "stdin gives one thing", id="stdin twice"),
    ],
)
def test_what_means_nothing(arguments: list[str], words: str, tmp_path: Path) -> None:
    ran = spawn("export", "p12", "-o", "out.p12", *arguments, cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


def test_a_name_from_a_stranger_does_not_reach_the_terminal_raw(tmp_path: Path) -> None:
    made = leaf(root("Odd\x1b[2JRoot"), "odd\x1b[2J")
    identity = Identity(made.cert, made.key)
    (tmp_path / "in.p12").write_bytes(key_pem(identity) + fullchain_pem(identity))
    (tmp_path / "PW").write_text(PASSWORD)
    ran = packed(tmp_path, "-o", "out.p12", "--password-file", "PW")
    assert "\x1b" not in ran.out + ran.err
    assert "odd\N{REPLACEMENT CHARACTER}[2J's key and 1 certificate" in ran.out


def packed(folder: Path, *arguments: str) -> Ran:
    ran = spawn("export", "p12", "--from", "in.p12", *arguments, cwd=folder)
    assert ran.code == 0, ran.err
    return ran


def _openssl_knows_pbmac1() -> bool:
    told = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, re.findall(r"\d+", told)[:2])) >= (3, 4)
