"""`apply` as a person or a script meets it."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
from pathlib import Path

import pytest

from pki.manifest import manifest_schema
from tests import clock
from tests.manifest.folders import tree
from tests.report.test_schemas import validator
from tests.shell import Trustrig, command, environment, heeding_interrupts, spawn

GOOD = """
[ca.main]
permit = ["test"]

[server.api]
names = ["api.test"]

[client.alice]

[[export.p12]]
leaf = "alice"
to = "out/alice.p12"
password_file = "out/alice.password"
"""


@pytest.fixture
def here(here: Path) -> Path:
    (here / "pki.toml").write_text(GOOD)
    return here


def test_a_plan_an_apply_and_an_apply_again(trustrig: Trustrig, here: Path) -> None:
    planned = trustrig("apply", "pki.toml", "--dry-run")
    assert (planned.code, planned.err) == (0, "")
    assert planned.out.splitlines()[-1] == "pki.toml: to do: 5 create."
    assert [entry.name for entry in here.iterdir()] == ["pki.toml"]
    assert trustrig("apply", "pki.toml", "--check").code == 1
    done = trustrig("apply", "pki.toml")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[:-1] == planned.out.splitlines()[:-1]
    assert done.out.splitlines()[-1] == "pki.toml: 5 created."
    before = tree(here)
    again = trustrig("apply", "pki.toml")
    assert (again.code, again.out, again.err) == (0, "pki.toml: nothing to do, 4 kept.\n", "")
    assert trustrig("apply", "pki.toml", "--check").code == 0
    assert tree(here) == before
    assert trustrig("list", "--ca", "main").out.count("days left") == 2


def test_paths_start_beside_the_manifest(
    trustrig: Trustrig, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = here / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert trustrig("apply", "../pki.toml").code == 0
    assert (here / "out" / "alice.p12").is_file()
    assert not list(elsewhere.iterdir())


def test_the_document_fits_its_schema_and_holds_no_secret(trustrig: Trustrig, here: Path) -> None:
    for args, applied in ((("--dry-run",), False), ((), True), (("--check",), False)):
        ran = trustrig("apply", "pki.toml", "--json", *args)
        assert (ran.code, ran.err) == (0, "")
        document = json.loads(ran.out)
        validator("trustrig.manifest-plan/1").validate(document)
        assert document["applied"] is applied
        if (here / "out").exists():
            assert (here / "out" / "alice.password").read_text().strip() not in ran.out


def test_the_schema_is_printed(trustrig: Trustrig) -> None:
    ran = trustrig("apply", "--schema")
    assert (ran.code, json.loads(ran.out)) == (0, manifest_schema())


def test_a_hand_that_leaves_something_is_told_of_it(trustrig: Trustrig) -> None:
    trustrig("apply", "pki.toml")
    trustrig("issue", "server", "extra.test", "--ca", "main")
    ran = trustrig("apply", "pki.toml")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "left over  server  extra.test  issued, and not declared",
        "pki.toml: nothing to do, 4 kept, 1 left over.",
    ]


def test_what_apple_will_refuse_is_said_of_good_leaves_alone(trustrig: Trustrig, here: Path) -> None:
    (here / "pki.toml").write_text(
        "[ca.main]\n[server.long]\nnames = ['a.test']\ndays = 900\n"
        "[server.bad]\nnames = ['b.test']\ndefect = 'too-long'\n"
    )
    ran = trustrig("apply", "pki.toml")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "pki.toml: 3 created.")
    assert ran.err.startswith(
        "warning: long: Apple will refuse this: The certificate lives longer than 825 days: "
    )
    assert "bad" not in ran.err


@pytest.mark.parametrize(
    ("args", "text", "code", "words"),
    [
        pytest.param((), None, 2, "no manifest was named. Give one, as in `trustrig apply pki.toml`", id="nothing named"),
        pytest.param(("nope.toml",), None, 3, "nope.toml: No such file or directory", id="no such file"),
        pytest.param((".",), None, 3, "Is a directory", id="a folder"),
        pytest.param(("pki.toml", "--at", "soon"), None, 2, "'soon' is not a time", id="no time"),
        pytest.param(("pki.toml",), "[ca.main]\npemit = 1", 2, "pki.toml has 1 mistake:\n  pki.toml:2: [ca.main]: no key is called 'pemit'", id="a mistake"),
        pytest.param(("pki.toml", "--json"), "[", 2, "pki.toml:1: this is no TOML", id="no TOML"),
        pytest.param(("pki.toml",), "", 0, "", id="nothing declared"),
    ],
)  # fmt: skip
def test_wrong_usage_gets_one_clear_error(
    args: tuple[str, ...], text: str | None, code: int, words: str, trustrig: Trustrig, here: Path
) -> None:
    if text is not None:
        (here / "pki.toml").write_text(text)
    ran = trustrig("apply", *args)
    assert ran.code == code
    assert words in ran.err
    assert (ran.answer == "") is (code != 0)


def test_a_certificate_that_its_authority_cuts_short_is_told(trustrig: Trustrig, here: Path) -> None:
    (here / "pki.toml").write_text("[ca.main]\ndays = 30\n[client.alice]\ndays = 60\n")
    ran = trustrig("apply", "pki.toml")
    assert ran.code == 0
    assert ran.err.startswith("warning: alice: the certificate ends on ")
    assert trustrig("apply", "pki.toml", "--check").code == 0


def test_a_wrong_passphrase_names_the_way_on(trustrig: Trustrig, here: Path) -> None:
    (here / "passphrase").write_text("open sesame\n")
    assert trustrig("apply", "pki.toml", "--ca-passphrase-file", "passphrase").code == 0
    (here / "pki.toml").write_text(GOOD.replace("[client.alice]", "[client.alice]\ndays = 5"))
    ran = trustrig("apply", "pki.toml")
    assert ran.code == 3
    assert "--ca-passphrase-file FILE" in ran.err
    assert trustrig("apply", "pki.toml", "--ca-passphrase-file", "passphrase").code == 0


@pytest.mark.slow
def test_a_step_that_fails_says_what_stands(here: Path) -> None:
    """A disk that takes no more than a password."""
    whole = (here / "pki.toml").read_text()
    (here / "pki.toml").write_text(whole.split("[[export.p12]]")[0])
    assert spawn("apply", "pki.toml", cwd=here).code == 0
    (here / "pki.toml").write_text(whole)

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))

    ran = spawn("apply", "pki.toml", cwd=here, preexec_fn=full)
    assert (ran.code, ran.out) == (3, "")
    first, second, error = ran.err.splitlines()
    assert first == "create  password  out/alice.password  made up, for you alone"
    assert second == "These steps are done, and the next run goes on from here."
    assert error.startswith("trustrig: out/alice.p12 could not be written: File too large.")
    assert [path.name for path in (here / "out").iterdir()] == ["alice.password"]
    password = (here / "out" / "alice.password").read_text()
    assert spawn("apply", "pki.toml", cwd=here).code == 0
    assert (here / "out" / "alice.password").read_text() == password


def test_a_link_in_place_of_a_file_makes_way_and_what_it_led_to_stays(trustrig: Trustrig, here: Path) -> None:
    trustrig("apply", "pki.toml")
    target, link = here / "target", here / "out" / "alice.p12"
    target.write_text("mine")
    link.unlink()
    link.symlink_to(target)
    assert trustrig("apply", "pki.toml").code == 0
    assert not link.is_symlink()
    assert target.read_text() == "mine"


@pytest.mark.slow
def test_a_reader_that_leaves_ends_nothing_halfway(here: Path) -> None:
    script = " ".join(map(str, command("apply", "pki.toml"))) + " | true"
    subprocess.run(["bash", "-c", script], cwd=here, env=environment(), timeout=clock.PATIENCE, check=True)
    assert spawn("apply", "pki.toml", "--check", cwd=here).code == 0


@pytest.mark.slow
def test_an_interruption_says_what_stands_and_the_next_run_goes_on(here: Path) -> None:
    (here / "pki.toml").write_text(
        "[ca.main]\n" + "".join(f"[server.s{n}]\nnames = ['s{n}.test']\nkey = 'rsa4096'\n" for n in range(30))
    )
    process = subprocess.Popen(
        command("apply", "pki.toml"),
        cwd=here,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heeding_interrupts,
    )
    clock.until((here / "main" / "issued" / "s0").exists)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=clock.PATIENCE)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert "These steps are done, and the next run goes on from here." in err
    (here / "pki.toml").write_text((here / "pki.toml").read_text().replace("rsa4096", "p256"))
    assert spawn("apply", "pki.toml", cwd=here).code == 0
    assert spawn("apply", "pki.toml", "--check", cwd=here).code == 0
