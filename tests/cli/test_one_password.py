"""One password for all files of an identity: kept beside its key, labelled with what it opens, never in JSON."""

from __future__ import annotations

import json
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pki.load import load_identity
from tests.shell import Trustrig, spawn

HERE = Path("trustrig-ca/issued/alice")
KEPT = HERE / "alice.p12.password"


@pytest.fixture
def made(trustrig: Trustrig, here: Path) -> Trustrig:
    """`trustrig`, with an authority and a client in it."""
    assert trustrig("init", "--lan").code == 0
    assert trustrig("issue", "client", "alice").code == 0
    return trustrig


EXPORTS = [
    pytest.param(("p12", "alice", "-o", "a.p12"), "a.p12", id="a .p12"),
    pytest.param(("keystore", "alice", "-o", "a.p12"), "a.p12", id="a key store"),
    pytest.param(("pfx", "alice", "-o", "a.pfx"), "a.pfx", id="a .pfx"),
    pytest.param(
        ("bundle", "--client", "alice", "--host", "api.test", "-o", "B"), "B/alice.p12", id="a bundle"
    ),
]


@pytest.mark.parametrize(("args", "file"), EXPORTS)
def test_every_export_has_the_same_one_and_says_what_it_opens(
    args: tuple[str, ...], file: str, made: Trustrig
) -> None:
    secret = KEPT.read_text().removesuffix("\n")
    ran = made("export", *args)
    assert ran.code == 0, ran.err
    assert f"Password: {secret}  opens {file}\n  kept for all of its files in {KEPT}\n" in ran.out
    for path in (Path(file), HERE / "alice.p12"):
        assert load_identity(path.read_bytes(), name=str(path), password=secret).common_name == "alice"
    again = [word.replace("a.p", "b.p") if word != "B" else "C" for word in args]
    ran = made("export", *again, "--json")
    assert json.loads(ran.out)["password_files"] == [str(KEPT)]
    assert secret not in ran.out + ran.err


def test_a_profile_names_whose_identity_it_opens(made: Trustrig) -> None:
    assert made("issue", "client", "bob").code == 0
    ran = made("export", "profile", "--client", "alice", "--client", "bob", "-o", "phone.mobileconfig")
    shown = {name: text for text, name in re.findall(r"Password: (\S+)  opens (\w+) in phone", ran.out)}
    assert shown["alice"] == KEPT.read_text().strip() != shown["bob"]


def test_it_is_the_owners_alone_from_the_first_byte_and_stays_over_a_renewal(made: Trustrig) -> None:
    assert stat.S_IMODE(KEPT.stat().st_mode) == 0o600
    secret = KEPT.read_text()
    assert made("renew", "alice").code == 0
    assert KEPT.read_text() == secret
    data = (HERE / "alice.p12").read_bytes()
    assert load_identity(data, name="p12", password=secret.strip()).common_name == "alice"
    ran = made("issue", "client", "carol", "--json")
    assert "carol.p12.password" in json.loads(ran.out)["files"]


def test_one_that_was_given_is_kept_nowhere(made: Trustrig, here: Path) -> None:
    (here / "pw").write_text("correct horse\n")
    assert made("issue", "client", "bob", "--password-file", "pw").code == 0
    ran = made("export", "p12", "alice", "-o", "a.p12", "--password-file", "pw")
    assert "Password:" not in ran.out
    assert (
        load_identity((here / "a.p12").read_bytes(), name="a", password="correct horse").common_name
        == "alice"
    )
    kept = [path for path in here.rglob("*") if path.is_file() and b"correct horse" in path.read_bytes()]
    assert kept == [here / "pw"]
    ran = made("export", "p12", "bob", "-o", "b.p12")  # for what is exported of bob from now on
    assert "  kept for all of its files in trustrig-ca/issued/bob/exports.password\n" in ran.out


def test_list_and_doctor_tell_where_it_is_and_what_it_opens_and_never_the_password(made: Trustrig) -> None:
    secret = KEPT.read_text().strip()
    ran = made("list")
    assert f"  {KEPT}\n    opens {HERE}/alice.p12 and what is exported of alice\n" in ran.out
    (row,) = json.loads(made("list", "--json").out)["issued"]
    assert (row["password_file"], row["opens"]) == (str(KEPT), f"{HERE}/alice.p12")
    doctor = made("doctor")
    assert f"{KEPT} opens {HERE}/alice.p12 and what is exported of alice" in " ".join(doctor.out.split())
    KEPT.chmod(0o644)
    open_to_all = made("doctor", "--json")
    assert (open_to_all.code, f"chmod 600 {KEPT}" in open_to_all.out) == (1, True)
    for shown in (ran.out, doctor.out, open_to_all.out, made("list", "--json").out):
        assert secret not in shown


def test_several_exports_at_once_make_up_one(made: Trustrig, here: Path) -> None:
    assert made("issue", "server", "api.test").code == 0
    with ThreadPoolExecutor(4) as pool:
        ran = list(
            pool.map(lambda n: spawn("export", "p12", "api.test", "-o", f"{n}.p12", cwd=here), range(4))
        )
    assert len({re.findall(r"Password: (\S+)", one.out)[0] for one in ran}) == 1, [one.err for one in ran]


@pytest.mark.parametrize("damage", [b"", b"\n", b"\xff\xfe\n", b"one\ntwo\n", b"p\x1b[2J\n"])
@pytest.mark.parametrize("args", [("export", "p12", "alice", "-o", "a.p12"), ("renew", "alice")])
def test_what_is_kept_and_no_password_any_more_closes_nothing(
    made: Trustrig, here: Path, args: tuple[str, ...], damage: bytes
) -> None:
    KEPT.write_bytes(damage)
    ran = made(*args)
    assert ran.code == 3
    assert f"{KEPT} holds no password any more" in ran.err
    assert ran.err.endswith(f"\n  rm {KEPT}\n")
    assert not (here / "a.p12").exists()
    KEPT.unlink()
    assert made(*args).code == 0
