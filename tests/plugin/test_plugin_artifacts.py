"""`--tls-artifacts`: what is written of a test that failed, how, and that nothing is written otherwise."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path

import pytest

from pki.load import load_certificates
from pki_fixtures.plugin.artifacts import folder_name
from tests.report.test_schemas import validator

FAILING = """
    import pytest
    from pki_fixtures import assert_trusted, assert_untrusted

    @pytest.mark.parametrize("odd", ["a/b", "ü b", "../../up"])
    def test_late(tls_server, odd):
        assert_trusted(tls_server)
        assert_trusted(tls_server, at="+1y")

    def test_good(tls_server):
        assert_trusted(tls_server)

    @pytest.mark.xfail(reason="known", strict=True)
    def test_known(tls_server):
        assert_untrusted(tls_server)

    def test_plain():
        assert 0

    @pytest.mark.tls_scenario("expired-leaf")
    def test_scenario(tls_scenario):
        assert_trusted(tls_scenario)

    def test_live(tls_https_server, tls_client, tls_client_identity):
        tls_client.httpx_client().get(tls_https_server.url)
        assert 0
"""


def files(folder: Path) -> dict[str, list[str]]:
    return {one.name: sorted(path.name for path in one.iterdir()) for one in sorted(folder.iterdir())}


def test_a_failed_test_leaves_its_chain_and_verdicts_and_others_leave_nothing(
    project: pytest.Pytester,
) -> None:
    project.makepyfile(test_it=FAILING)
    ran = project.runpytest_inprocess("--tls-artifacts", "out/deep")
    ran.assert_outcomes(passed=1, failed=6, xfailed=1)
    folder = project.path / "out" / "deep"
    written = files(folder)
    verdicts = [
        f"verdict-{number}.{end}" for number in (1, 2) for end in ("anchors.pem", "chain.pem", "json", "txt")
    ]
    late = [folder_name(f"test_it.py::test_late[{odd}]") for odd in ("a/b", "\\xfc b", "../../up")]
    assert written == {
        **{name: ["server-1.anchors.pem", "server-1.chain.pem", *verdicts] for name in late},
        folder_name("test_it.py::test_scenario[expired-leaf]"): [
            "scenario-expired-leaf-1.anchors.pem",
            "scenario-expired-leaf-1.chain.pem",
            *verdicts[:4],
        ],
        folder_name("test_it.py::test_live"): [
            "client-1.anchors.pem",
            "client-1.chain.pem",
            "live-1.handshake-1.json",
            "live-1.handshake-1.txt",
            "server-1.anchors.pem",
            "server-1.chain.pem",
        ],
    }
    ran.stdout.fnmatch_lines(
        [
            "*- tls artifacts -*",
            f"{folder / late[0]}",
            "  server-1.chain.pem server-1.anchors.pem verdict-1.txt *",
        ]
    )
    everything = [*folder.iterdir(), *folder.glob("*/*")]
    modes = {stat.S_IMODE(path.stat().st_mode) for path in everything if path.is_file()}
    assert modes == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())} == {0o700}
    assert not any(b"PRIVATE KEY" in path.read_bytes() for path in everything if path.is_file())


def test_the_files_hold_what_the_test_saw(project: pytest.Pytester) -> None:
    project.makepyfile(test_it=FAILING)
    project.runpytest_inprocess("--tls-artifacts", "out", "-k", "up or live")
    late = project.path / "out" / folder_name("test_it.py::test_late[../../up]")
    first, second = (json.loads((late / f"verdict-{number}.json").read_text()) for number in (1, 2))
    assert (first["trusted"], second["trusted"]) == (True, False)
    validator(second["schema"]).validate(second)
    assert "Apple reports -67818 errSecCertificateExpired" in (late / "verdict-2.txt").read_text()
    assert (late / "verdict-1.chain.pem").read_bytes() == (late / "server-1.chain.pem").read_bytes()
    assert load_certificates((late / "verdict-1.anchors.pem").read_bytes(), name="") == load_certificates(
        (late / "server-1.anchors.pem").read_bytes(), name=""
    )
    live = project.path / "out" / folder_name("test_it.py::test_live")
    transcript = json.loads((live / "live-1.handshake-1.json").read_text())
    validator(transcript["schema"]).validate(transcript)
    assert transcript["outcome"] == "accepted"


@pytest.mark.peer("openssl", "apt-get install openssl")
def test_keys_are_written_when_asked_for_and_fit(project: pytest.Pytester) -> None:
    project.makepyfile(test_it=FAILING)
    project.runpytest_inprocess("--tls-artifacts", "out", "--tls-artifacts-keys", "-k", "scenario or live")
    keys = sorted((project.path / "out").glob("*/*.key.pem"))
    assert [key.name for key in keys] == [
        "client-1.key.pem",
        "server-1.key.pem",
        "scenario-expired-leaf-1.key.pem",
    ]
    for key in keys:
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        chain = key.with_name(key.name.replace(".key.", ".chain."))
        of_key, of_chain = (
            subprocess.run(["openssl", *words], capture_output=True, check=True).stdout
            for words in (["pkey", "-pubout", "-in", key], ["x509", "-noout", "-pubkey", "-in", chain])
        )
        assert of_key == of_chain


def test_a_second_run_replaces_what_the_first_one_left(project: pytest.Pytester) -> None:
    project.makepyfile(test_it=FAILING)
    options = ("--tls-artifacts", "out", "-k", "scenario")
    project.runpytest_inprocess(*options, "--tls-artifacts-keys")
    (folder,) = (project.path / "out").iterdir()
    (folder / "verdict-2.txt").write_text("of a longer test")
    (folder / "notes.md").write_text("somebody's own")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    project.runpytest_inprocess(*options)
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert before.keys() - after.keys() == {"verdict-2.txt", "scenario-expired-leaf-1.key.pem"}
    kept = {name for name, data in after.items() if before[name] == data}
    assert kept - {"verdict-1.txt"} == {"notes.md"}  # within one second the verdict reads the same


def test_a_run_without_failures_leaves_an_empty_folder(project: pytest.Pytester) -> None:
    project.makepyfile(test_it=FAILING)
    project.runpytest_inprocess("--tls-artifacts", "out", "-k", "good or known")
    assert list((project.path / "out").iterdir()) == []


def test_what_cannot_be_written_is_said_and_fails_nothing_else(project: pytest.Pytester) -> None:
    project.makepyfile(test_it=FAILING)
    (project.path / "out").mkdir()
    (project.path / "out" / folder_name("test_it.py::test_scenario[expired-leaf]")).write_text("in the way")
    ran = project.runpytest_inprocess("--tls-artifacts", "out", "-k", "scenario or good")
    ran.assert_outcomes(passed=1, failed=1)
    ran.stdout.fnmatch_lines(["*- tls artifacts -*", "*could not be written: File exists. Check the path, *"])
    assert "INTERNALERROR" not in ran.stdout.str()


def test_a_set_up_that_fails_leaves_what_there_was(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_it="""
        import pytest

        @pytest.fixture
        def broken(tls_server):
            raise RuntimeError("no")

        def test_it(broken):
            pass
        """
    )
    project.runpytest_inprocess("--tls-artifacts", "out")
    assert files(project.path / "out") == {
        folder_name("test_it.py::test_it"): ["server-1.anchors.pem", "server-1.chain.pem"]
    }


@pytest.mark.parametrize(
    "nodeid",
    [
        pytest.param("tests/test_a.py::test_b[c/../d]", id="a path in a parameter"),
        pytest.param("test_a.py::test_b[\ud800 \u202e\x00]", id="what is no text"),
        pytest.param(f"test_a.py::test_b[{'x' * 5000}]", id="too long for a file's name"),
        pytest.param("..", id="the folder above"),
        pytest.param("", id="nothing"),
    ],
)
def test_folder_names_are_safe(nodeid: str, tmp_path: Path) -> None:
    name = folder_name(nodeid)
    (tmp_path / name).mkdir()
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert name.isascii()
    assert len(name) < 100
    assert folder_name(f"{nodeid}x") != name
