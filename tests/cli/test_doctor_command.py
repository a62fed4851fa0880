"""`doctor` on real folders, broken in each way: what it says, what it advises, and that it leaves all as it was."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pki.issue.revoked import RevocationReason
from pki.store import AuthorityFolder
from pki.store.revocation import Revocations
from tests.chains import make
from tests.report.test_schemas import validator
from tests.shell import Trustrig, spawn

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
PUBLISHED = validator("trustrig.doctor/1")
PROBLEM, WARNING, NOTE = "problem", "warning", "note"


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("healthy") / "ca", AT)


def made(path: Path, at: datetime) -> Path:
    """An authority in order."""
    folder = AuthorityFolder.create(path, name="Healthy CA", at=at, permit=["test"])
    folder.issue_server("api.test", at=at)
    folder.issue_client("alice", at=at, extra_files=lambda _: {"alice.p12": b"a container"})
    return path


@pytest.fixture
def ca(healthy: Path, tmp_path: Path) -> Path:
    """A copy to break."""
    return Path(shutil.copytree(healthy, tmp_path / "ca"))


Doctor = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def doctor(trustrig: Trustrig, monkeypatch: pytest.MonkeyPatch, ca: Path) -> Doctor:
    """What `doctor --json` remarks at a moment; the exit code and the schema are held against it."""

    def look(at: datetime = AT, *more: str) -> list[dict[str, Any]]:
        monkeypatch.setattr("pki_cli.shell.now", lambda: at)
        ran = trustrig("doctor", *(more or ("--ca", str(ca))), "--json")
        document = json.loads(ran.out)
        PUBLISHED.validate(document)
        assert ran.err == ""
        problems = [remark for remark in document["remarks"] if remark["grade"] == PROBLEM]
        assert (ran.code, document["healthy"]) == ((1, False) if problems else (0, True))
        return list(document["remarks"])

    return look


def in_the_way(remarks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [remark for remark in remarks if remark["grade"] in (PROBLEM, WARNING)]


def told(remark: dict[str, Any]) -> str:
    """What to do: the sentence and the command."""
    return f"{remark['next_step'] or ''} {remark['command'] or ''}"


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


def test_nothing_is_in_the_way_of_a_fresh_authority(doctor: Doctor) -> None:
    remarks = doctor()
    assert in_the_way(remarks) == []
    assert {"authority", "authority-period", "secret-mode", "clock"} <= {
        one["id"] for one in remarks if one["grade"] == "ok"
    }


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def lonely(ca: Path) -> None:
    place = ca / "issued" / "api.test"
    (place / "fullchain.pem").write_bytes((place / "cert.pem").read_bytes())


def root_becomes(folder: Path, **how: Any) -> None:
    certificate = make(how.pop("subject", None), **how, start=AT - DAY, end=AT + 1000 * DAY).cert
    (folder / "root" / "cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))


@pytest.mark.parametrize(
    ("spoil", "name", "grade", "words", "step"),
    [
        pytest.param(
            lambda ca: (ca / "root" / "key.pem").chmod(0o644),
            "secret-mode", PROBLEM, "root/key.pem can be read or written by others (mode 0644)", "chmod 600",
            id="a key that others can read",
        ),
        pytest.param(
            lambda ca: (ca / "issued" / "alice" / "alice.p12").chmod(0o640),
            "secret-mode", PROBLEM, "alice.p12", "chmod 600", id="a .p12 that the group can read",
        ),
        pytest.param(
            lambda ca: (ca / "ledger.jsonl").chmod(0o604),
            "secret-mode", PROBLEM, "ledger.jsonl", "chmod 600", id="a ledger that the world can read",
        ),
        pytest.param(
            lambda ca: [key.chmod(0o666) for key in ca.rglob("key.pem")],
            "secret-mode", PROBLEM, "; 3 other files as well", "issued/api.test/key.pem", id="every key",
        ),
        pytest.param(
            lambda ca: ca.chmod(0o755), "folder-mode", WARNING, "is open to others (mode 0755)", "chmod 700",
            id="a folder that others can enter",
        ),
        pytest.param(
            lambda ca: (ca / ".staging" / "abc123").mkdir(),
            "leftover", WARNING, "left 1 unfinished in", "trustrig list --ca", id="an interrupted issue",
        ),
        pytest.param(
            lambda ca: (ca / ".revocations.json.0123456789abcdef").write_bytes(b"{"),
            "leftover", WARNING, ".revocations.json.0123456789abcdef", "rm -r", id="an interrupted write",
        ),
        pytest.param(
            lambda ca: (ca.parent / ".ca.new-0123456789abcdef").mkdir(),
            "leftover", WARNING, ".ca.new-0123456789abcdef", "rm -r", id="an interrupted init",
        ),
        pytest.param(
            lambda ca: cut(ca / "ledger.jsonl"), None, None, "", "", id="an unfinished last row is none",
        ),
        pytest.param(
            lambda ca: (ca / "ledger.jsonl").write_bytes(b"what?\n"),
            "damaged", PROBLEM, "ledger.jsonl, line 1: it is no row", "Put the file back", id="a spoiled ledger",
        ),
        pytest.param(
            lambda ca: (ca / "ledger.jsonl").unlink(),
            "damaged", PROBLEM, "ledger.jsonl is missing", "Put it back", id="no ledger",
        ),
        pytest.param(
            lambda ca: (ca / "root" / "cert.pem").unlink(),
            "damaged", PROBLEM, "root/cert.pem is missing", "Put it back", id="no root",
        ),
        pytest.param(
            lambda ca: shutil.rmtree(ca / "issued" / "alice"),
            "damaged", PROBLEM, "alice/fullchain.pem is missing", "Put it back", id="an identity that is gone",
        ),
        pytest.param(
            lambda ca: (ca / "revocations.json").write_text("[]"),
            "damaged", PROBLEM, "revocations.json is damaged", "Put it back", id="spoiled revocations",
        ),
        pytest.param(
            lambda ca: (ca / "authority.json").write_text('{"schema": "trustrig.authority/9"}'),
            "authority", PROBLEM, "'trustrig.authority/9'", "another version", id="a later version's folder",
        ),
        pytest.param(
            lambda ca: (ca / "authority.json").unlink(),
            "authority", PROBLEM, "--ca names", "trustrig init --lan --ca", id="no authority where --ca says",
        ),
        pytest.param(
            lonely, "chain", PROBLEM, "api.test lacks its intermediates", "trustrig renew api.test",
            id="an identity without its intermediates",
        ),
        pytest.param(
            lambda ca: root_becomes(ca, ca=True, sign_certs=True),
            "root-unlisted", PROBLEM, "no CommonName", "trustrig init --lan --ca", id="a root without a CommonName",
        ),
        pytest.param(
            lambda ca: root_becomes(ca, subject="No CA"),
            "root-unlisted", PROBLEM, "CA:TRUE", "trustrig init --lan --ca", id="a root without CA:TRUE",
        ),
        pytest.param(
            lambda ca: (ca / "intermediate" / "key.pem").unlink(),
            "authority-key", WARNING, "the key of the intermediate is not here", "Put it back",
            id="no key to issue with",
        ),
        pytest.param(
            lambda ca: (ca / "root" / "key.pem").unlink(), None, None, "", "", id="the root's key kept elsewhere",
        ),
        pytest.param(
            lambda ca: AuthorityFolder(ca).issue_server("long.test", at=AT, days=826),
            "identity-refused", PROBLEM, "long.test: The certificate lives longer than 825 days: valid for 826 days", "825 days",
            id="a server certificate longer than Apple's limit",
        ),
        pytest.param(
            lambda ca: AuthorityFolder(ca).issue_server("edge.test", at=AT, days=825), None, None, "", "",
            id="a server certificate of exactly Apple's limit",
        ),
        pytest.param(
            lambda ca: (Revocations(AuthorityFolder(ca)).revoke("api.test", at=AT, reason=RevocationReason.SUPERSEDED), lonely(ca)),
            None, None, "", "", id="what was revoked is nobody's problem",
        ),
        pytest.param(
            lambda ca: (
                AuthorityFolder(ca).renew("api.test", at=AT),
                Revocations(AuthorityFolder(ca)).revoke("api.test", at=AT, reason=RevocationReason.SUPERSEDED),
                lonely(ca),
            ),
            None, None, "", "", id="what was renewed and then revoked is not the one before it",
        ),
    ],
)  # fmt: skip
def test_a_folder_that_is_broken(
    spoil: Callable[[Path], Any],
    name: str | None,
    grade: str,
    words: str,
    step: str,
    ca: Path,
    doctor: Doctor,
) -> None:
    spoil(ca)
    before = tree(ca.parent)
    remarks = doctor()
    assert tree(ca.parent) == before
    found = {one["id"]: one for one in in_the_way(remarks)}
    if name is None:
        assert found == {}
        return
    assert found[name]["grade"] == grade
    assert words in found[name]["says"]
    assert step in told(found[name])


@pytest.mark.parametrize(
    ("when", "name", "grade", "words"),
    [
        pytest.param(lambda end: end["api.test"] - 7 * DAY - SECOND, None, None, "", id="eight days left"),
        pytest.param(
            lambda end: end["api.test"] - 7 * DAY, "identity-expires", WARNING, "api.test expires", id="seven"
        ),
        pytest.param(
            lambda end: end["api.test"] + SECOND, "identity-refused", PROBLEM, "cert-not-expired", id="expired"
        ),
        pytest.param(
            lambda end: end["intermediate"] - 30 * DAY,
            "authority-expires", WARNING, "the intermediate expires", id="thirty days of the intermediate",
        ),
        pytest.param(
            lambda end: end["intermediate"] + SECOND,
            "authority-expired", PROBLEM, "the intermediate expired", id="an expired intermediate",
        ),
        pytest.param(
            lambda end: end["root"] + SECOND, "authority-expired", PROBLEM, "the root expired", id="an expired root"
        ),
        pytest.param(
            lambda end: AT - 2 * DAY, "authority-not-yet", PROBLEM, "is valid from", id="before the root was made"
        ),
        pytest.param(lambda end: AT - SECOND, "clock", PROBLEM, "before", id="a second before the newest was issued"),
    ],
)  # fmt: skip
def test_time_goes_by(
    when: Callable[[dict[str, datetime]], datetime],
    name: str | None,
    grade: str,
    words: str,
    ca: Path,
    doctor: Doctor,
) -> None:
    folder = AuthorityFolder(ca)
    ends = {row.name: row.not_after for row in folder.rows()}
    ends |= {
        "root": folder.root.not_valid_after_utc,
        "intermediate": folder.intermediates[0].not_valid_after_utc,
    }
    found = [one for one in in_the_way(doctor(when(ends))) if one["id"] == name or name is None]
    if name is None:
        assert found == []
        return
    assert {one["grade"] for one in found} == {grade}
    assert any(words in one["says"] for one in found)


@pytest.mark.parametrize(
    ("owner", "user", "told"),
    [
        pytest.param(0, 501, True, id="root's files, and not root asking"),
        pytest.param(501, 501, False, id="one's own files"),
        pytest.param(501, 0, False, id="root asking about somebody's files"),
    ],
)
def test_whose_the_keys_are(
    owner: int, user: int, told: bool, ca: Path, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    for path in ca.rglob("*"):
        os.chown(path, owner, -1)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    found = [one for one in in_the_way(doctor()) if one["id"] == "secret-owner"]
    assert bool(found) is told
    if told:
        assert "sudo chown 501" in found[0]["command"]


@pytest.mark.parametrize(
    ("variable", "arguments", "grade", "words"),
    [
        pytest.param(None, (), NOTE, "there is no authority in trustrig-ca", id="nobody named one"),
        pytest.param("gone", (), PROBLEM, "TRUSTRIG_CA names gone", id="TRUSTRIG_CA leads nowhere"),
        pytest.param(None, ("--ca", "gone"), PROBLEM, "--ca names gone", id="--ca leads nowhere"),
    ],
)
def test_no_authority(
    variable: str | None,
    arguments: tuple[str, ...],
    grade: str,
    words: str,
    tmp_path: Path,
) -> None:
    env = {"TRUSTRIG_CA": variable} if variable else {}
    ran = spawn("doctor", "--json", *arguments, cwd=tmp_path, env=env)
    found = next(one for one in json.loads(ran.out)["remarks"] if one["id"] == "authority")
    assert (found["grade"], ran.code) == (grade, 1 if grade == PROBLEM else 0)
    assert words in found["says"]
    assert found["command"].startswith("trustrig init --lan")


def test_on_a_mac_its_tools_are_asked(
    ca: Path, doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, body in {
        "xcode-select": "echo /Library/Developer/CommandLineTools",
        "xcrun": "echo 'xcrun: error: unable to find utility' >&2; exit 72",
    }.items():
        (tools / name).write_text(f"#!/bin/sh\n{body}\n")
        (tools / name).chmod(0o755)
    applications = tmp_path / "Applications"
    for name in ("Xcode.app", "Xcode-27.app", "Xylophone.app"):
        (applications / name).mkdir(parents=True)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("pki_cli.commands.doctor.APPLICATIONS", applications)
    found = {one["id"]: one for one in doctor()}
    assert found["simctl"]["grade"] == WARNING
    assert found["simctl"]["command"] == f"sudo xcode-select -s {applications}/Xcode-27.app"
    assert "Xcode.app" in found["several-xcodes"]["says"]
    assert "Xylophone" not in found["several-xcodes"]["says"]
    assert "not-a-mac" not in found


def test_text_for_people(tmp_path: Path, at: datetime) -> None:
    ca = made(tmp_path / "ca", at)  # by the clock, as the command goes by it
    (ca / "root" / "key.pem").chmod(0o644)
    ran = spawn("doctor", "--ca", "ca", cwd=tmp_path)
    assert (ran.code, ran.err) == (1, "")
    lines = ran.out.splitlines()
    assert lines[0].startswith("PROBLEM  ca/root/key.pem can be read")
    assert "         -> chmod 600 ca/root/key.pem" in lines
    assert lines[-1].startswith("1 problem, ")
    assert max(map(len, lines)) <= 80


def test_what_is_bad_on_purpose_is_a_note_and_all_notes_come_last(
    trustrig: Trustrig, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSTRIG_CA", "ca")
    (here / "pki.toml").write_text(
        '[ca.main]\nfolder = "ca"\npermit = ["test"]\n'
        '[server.old]\nnames = ["old.test"]\ndefect = "expired"\n'
        '[server.long]\nnames = ["long.test"]\ndefect = "too-long"\n'
        '[server.good]\nnames = ["good.test"]\n'
    )
    assert trustrig("apply", "pki.toml").code == 0
    ran = trustrig("doctor", "--json")
    remarks = json.loads(ran.out)["remarks"]
    assert (ran.code, in_the_way(remarks)) == (0, [])
    on_purpose = {one["says"].split(": ")[0]: one for one in remarks if one["id"] == "bad-on-purpose"}
    assert set(on_purpose) == {"Apple will refuse old", "Apple will refuse long"}
    assert on_purpose["Apple will refuse old"]["says"].endswith("as declared: its defect is expired")
    grades = [one["grade"] for one in remarks]
    assert grades == sorted(grades, key=["problem", "warning", "ok", "note"].index)
    assert trustrig("issue", "server", "slow.test", "--days", "900").code == 0
    ran = trustrig("doctor", "--json")
    assert [one["id"] for one in in_the_way(json.loads(ran.out)["remarks"])] == ["identity-refused"]
    assert ran.code == 1


PLACEHOLDER = re.compile(r"\b(?:NEW|CERT|KEY|ROOT|PATH|NAME|HOST|FILE)\b")


def test_every_command_that_is_printed_can_be_typed(here: Path, trustrig: Trustrig) -> None:
    """In a folder where much is wrong; those of ours are typed."""
    assert trustrig("init", "--ca", "ca", "--name", "Open CA").code == 0
    assert (
        trustrig("issue", "server", "late.test", "--not-before", "-9d", "--days", "8", "--ca", "ca").code == 0
    )
    assert trustrig("issue", "server", "api.test", "--ca", "ca").code == 0
    lonely(here / "ca")
    (here / "ca" / "root" / "key.pem").chmod(0o644)
    (here / "ca" / ".staging" / "abc123").mkdir()
    commands = [
        one["command"] for one in json.loads(trustrig("doctor", "--ca", "ca", "--json").out)["remarks"]
    ]
    ours = [shlex.split(command)[1:] for command in commands if command and command.startswith("trustrig ")]
    assert sorted(words[0] for words in ours) == ["init", "list", "renew", "renew"]
    for command in filter(None, commands):
        assert not PLACEHOLDER.search(command), command
    for words in ours:
        assert trustrig(*words).code == 0, words
