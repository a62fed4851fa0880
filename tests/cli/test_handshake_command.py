from __future__ import annotations

import json
import socket
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pki.store import AuthorityFolder
from tests import clock
from tests.shell import Trustrig, environment


@pytest.fixture
def trustrig(trustrig: Trustrig) -> Trustrig:
    return lambda *args: trustrig("handshake", *args)


@pytest.fixture(scope="module")
def ca(tmp_path_factory: Any, at: datetime) -> Path:
    """An authority with two clients, and no server."""
    path: Path = tmp_path_factory.mktemp("handshake") / "ca"
    folder = AuthorityFolder.create(path, name="Rig", at=at)
    folder.issue_client("alice", at=at)
    folder.issue_client("bob", at=at)
    return path


def _everything_in(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("sockets", [(), ("--sockets",)], ids=["in memory", "over sockets"])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_the_right_client_is_accepted(
    version: str, sockets: tuple[str, ...], trustrig: Trustrig, ca: Path
) -> None:
    ran = trustrig("--ca", ca, "--client", "alice", "--tls", version, *sockets)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == "Accepted"
    assert f"TLS {version}" in ran.out
    assert all(len(line) <= 80 for line in ran.out.splitlines())


@pytest.mark.parametrize("sockets", [(), ("--sockets",)], ids=["in memory", "over sockets"])
def test_a_refusal_exits_1_and_names_side_alert_and_next_step(
    sockets: tuple[str, ...], trustrig: Trustrig, ca: Path
) -> None:
    ran = trustrig("--ca", ca, *sockets)
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.startswith("Refused by the server with the alert certificate_required (116)\n")
    assert "Who decided         the server" in ran.out
    assert "after the client believed itself" in ran.out
    assert "What to do          Give the client an identity" in ran.out
    assert len(ran.out.splitlines()) <= 40


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        pytest.param(["--client-auth", "optional"], 0, "optional", id="optional, none shown"),
        pytest.param(["--client", "bob", "--client-auth", "none"], 0, "not asked", id="never asked"),
        pytest.param(["--client", "alice", "--admit", "list:alice"], 0, "on the list of 1", id="on the list"),
        pytest.param(["--client", "bob", "--admit", "list:alice"], 1, "HTTP 403", id="off the list"),
        pytest.param(["--client", "bob", "--admit", "list:alice,bob"], 0, "of 2", id="a longer list"),
        pytest.param(
            ["--client", "alice", "--at", "+398d"], 1, '"alice" expired', id="the client has expired by then"
        ),
        pytest.param(["--client", "alice", "--host", "x.test"], 1, "asked for x.test", id="another host"),
    ],
)
def test_options(args: list[str], code: int, words: str, trustrig: Trustrig, ca: Path) -> None:
    ran = trustrig("--ca", ca, *args)
    assert ran.code == code, ran.out
    assert words in " ".join(ran.out.split())


def test_json_is_one_document_and_nothing_beside_it(trustrig: Trustrig, ca: Path) -> None:
    ran = trustrig("--ca", ca, "--client", "bob", "--admit", "list:alice", "--json")
    document = json.loads(ran.out)
    assert (ran.code, ran.err, next(iter(document))) == (1, "", "schema")
    assert document["schema"] == "trustrig.transcript/2"
    assert (document["outcome"], document["refused_by"], document["http_status"]) == (
        "refused",
        "server",
        403,
    )
    assert document["client"]["sent"][0]["subject"] == "CN=bob"


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        pytest.param(["--client", "alicia"], 3, "alice", id="a client nobody issued"),
        pytest.param(["--client-auth", "maybe"], 2, "'maybe'", id="an unknown demand"),
        pytest.param(["--tls", "1.4"], 2, "'1.4'", id="a version nobody speaks"),
        pytest.param(["--admit", "everyone"], 2, "list:NAME", id="no such policy"),
        pytest.param(["--admit", "list:"], 2, "list:NAME", id="an empty list"),
        pytest.param(["--tls", "1.4"], 2, "1.4", id="no such version"),
        pytest.param(["--admit", "spki:carol"], 3, "carol", id="a key nobody has"),
        pytest.param(
            ["--client", "alice", "--client", "bob", "--sockets", "--port", "8443"],
            2,
            "--port",
            id="one port for a grid",
        ),
        pytest.param(["--port", "8443"], 2, "Add --sockets", id="a port without sockets"),
        pytest.param(["--port", "65536", "--sockets"], 2, "--port", id="no port"),
        pytest.param(["--at", "soon"], 2, "soon", id="no time"),
        pytest.param(["--host", "https://localhost/"], 2, "not a host", id="a URL for a host"),
        pytest.param(
            ["--at", "+40y"], 3, "trustrig issue server localhost", id="a time no server lives to see"
        ),
    ],
)
def test_bad_input_is_one_clear_message(
    args: list[str], code: int, words: str, trustrig: Trustrig, ca: Path
) -> None:
    ran = trustrig("--ca", ca, *args)
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert "Traceback" not in ran.err


def test_no_authority_is_one_clear_message(trustrig: Trustrig, tmp_path: Path) -> None:
    ran = trustrig("--ca", tmp_path / "none")
    assert (ran.code, ran.out) == (3, "")
    assert str(tmp_path / "none") in ran.err


def test_a_port_in_use_is_one_clear_message(trustrig: Trustrig, ca: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = trustrig("--ca", ca, "--client", "alice", "--sockets", "--port", str(port))
    assert (ran.code, ran.out) == (3, "")
    assert f"port {port} on 127.0.0.1 cannot be had" in ran.err
    assert "choose another port" in ran.err


def test_the_server_made_in_passing_leaves_no_trace(trustrig: Trustrig, ca: Path) -> None:
    before = _everything_in(ca)
    assert trustrig("--ca", ca, "--client", "alice").code == 0
    assert _everything_in(ca) == before


def test_nothing_secret_is_printed(trustrig: Trustrig, ca: Path) -> None:
    for args in (("--client", "alice"), ("--client", "alice", "--json"), ()):
        ran = trustrig("--ca", ca, *args)
        assert "PRIVATE" not in ran.out + ran.err


def test_the_first_server_valid_then_is_used_and_asked_for_by_its_name(
    trustrig: Trustrig, tmp_path: Path
) -> None:
    now = clock.now()
    folder = AuthorityFolder.create(tmp_path / "ca", name="Rig", at=now)
    folder.issue_client("alice", at=now)
    folder.issue_server(
        "old.test", at=now, not_before=now - timedelta(days=9), not_after=now - timedelta(days=2)
    )
    folder.issue_server("*.api.test", "10.0.0.1", at=now)
    folder.issue_server("later.test", at=now)
    ran = trustrig("--ca", folder.path, "--client", "alice")
    assert (ran.code, "name: www.api.test" in ran.out) == (0, True)
    ran = trustrig("--ca", folder.path, "--client", "alice", "--server", "old.test")
    assert (ran.code, "Refused by the client with the alert certificate_expired (45)" in ran.out) == (1, True)


def test_an_authority_whose_key_is_encrypted_asks_for_a_server(
    trustrig: Trustrig, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.delenv("TRUSTRIG_PASSPHRASE", raising=False)
    now = clock.now()
    folder = AuthorityFolder.create(tmp_path / "ca", name="Rig", at=now, passphrase=b"open sesame")
    ran = trustrig("--ca", folder.path)
    assert (ran.code, ran.out) == (3, "")
    assert "trustrig issue server localhost" in ran.err
    monkeypatch.setenv("TRUSTRIG_PASSPHRASE", "open sesame")
    assert trustrig("--ca", folder.path, "--client-auth", "none").code == 0


def test_registering_the_command_loads_nothing_heavy() -> None:
    code = "import sys, pki_cli.commands.handshake; sys.exit(bool({'OpenSSL', 'cryptography', 'ssl'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], env=environment(), check=False).returncode == 0


def test_several_clients_policies_and_versions_give_a_grid(trustrig: Trustrig, ca: Path) -> None:
    who = ("--client", "alice", "--client", "bob", "--client", "none")
    how = ("--admit", "ca", "--admit", "list:bob", "--admit", "spki:alice", "--admit", "name:b*")
    versions = ("--tls", "1.2", "--tls", "1.3")
    ran = trustrig("--ca", ca, *who, *how, *versions)
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.startswith("10 of 24 handshakes went through")
    assert all(len(line) <= 80 for line in ran.out.splitlines())
    document = json.loads(trustrig("--ca", ca, *who, *how, *versions, "--json").out)
    let_in = {(cell["policy"], cell["client"]) for cell in document["cells"] if cell["outcome"] == "accepted"}
    assert let_in == {
        ("ca", "alice"),
        ("ca", "bob"),
        ("list:bob", "bob"),
        ("spki:alice", "alice"),
        ("name:b*", "bob"),
    }
    markdown = trustrig("--ca", ca, *who, *how, *versions, "--format", "markdown")
    assert markdown.out.count("\n| ") == 24


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("--send", "leaf"), 1, "unknown_ca"),
        (("--send", "root"), 0, "Accepted"),
        (("--acceptable-cas", "empty"), 0, "any: the list is empty"),
        (("--acceptable-cas", "bob"), 0, "CN=bob"),
        (("--tls", "1.1"), 0, "TLS 1.1"),
    ],
)
def test_what_is_sent_and_whom_the_server_names(
    args: tuple[str, ...], code: int, words: str, trustrig: Trustrig, ca: Path
) -> None:
    ran = trustrig("--ca", ca, "--client", "alice", *args)
    assert ran.code == code
    assert words in ran.out


def test_in_a_grid_too_ats_refuses_before_anything_is_asked(trustrig: Trustrig, tmp_path: Path) -> None:
    now = clock.now()
    folder = AuthorityFolder.create(tmp_path / "ca", name="Rig", at=now)
    folder.issue_client("alice", at=now)
    folder.issue_server("api.example.test", at=now)
    ran = trustrig("--ca", folder.path, "--client", "alice", "--tls", "1.1", "--tls", "1.3")
    assert ran.code == 1
    assert "refused by the client after the handshake" in " ".join(ran.out.split())
    assert "[ats-tls12]" in ran.out
    assert "None" not in ran.out


def test_markdown_of_one_handshake_is_its_transcript(trustrig: Trustrig, ca: Path) -> None:
    ran = trustrig("--ca", ca, "--format", "markdown")
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.startswith("### ❌ Refused by the server")
    assert "**Code.** client-certificate-missing" in ran.out


@pytest.mark.parametrize("sockets", [(), ("--sockets",)], ids=["in memory", "over sockets"])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_key_log_is_for_its_owner_alone_and_warned_about(
    version: str, sockets: tuple[str, ...], trustrig: Trustrig, ca: Path, tmp_path: Path
) -> None:
    path = tmp_path / "keys.txt"
    path.write_text("of an earlier run\n")
    path.chmod(0o644)
    asked = ("--ca", ca, "--client", "alice", "--tls", version, "--keylog", path, "--json", *sockets)
    refused = trustrig(*asked)
    assert (refused.code, path.read_text()) == (3, "of an earlier run\n")
    assert "--force" in refused.err
    ran = trustrig(*asked, "--force")
    assert (ran.code, json.loads(ran.out)["outcome"]) == (0, "accepted")
    assert "whoever has it can read" in ran.err
    assert path.stat().st_mode & 0o777 == 0o600
    lines = path.read_text().splitlines()
    assert len(lines) == (1 if version == "1.2" else 5)
    assert not any(line.split()[2] in ran.out + ran.err for line in lines)
    assert [found.name for found in tmp_path.iterdir()] == ["keys.txt"]


def test_a_key_log_that_cannot_be_written_or_is_for_a_grid_is_one_clear_error(
    trustrig: Trustrig, ca: Path, tmp_path: Path
) -> None:
    ran = trustrig("--ca", ca, "--keylog", tmp_path / "nowhere" / "keys.txt")
    assert (ran.code, ran.out) == (3, "")
    assert "nowhere" in ran.err
    ran = trustrig("--ca", ca, "--tls", "1.2", "--tls", "1.3", "--keylog", tmp_path / "keys.txt")
    assert (ran.code, ran.out) == (2, "")
    assert "one connection" in ran.err


def test_how_an_anchor_is_trusted_decides(trustrig: Trustrig, tmp_path: Path) -> None:
    """800 days are good below a root that somebody installed, and not below one of the system's."""
    now = clock.now()
    folder = AuthorityFolder.create(tmp_path / "ca", name="Rig", at=now)
    folder.issue_server("api.test", at=now, days=800)
    asked = ("--ca", folder.path, "--client-auth", "none")
    assert trustrig(*asked).code == 0
    ran = trustrig(*asked, "--anchor-class", "system", "--json")
    assert (ran.code, json.loads(ran.out)["refused_by"]) == (1, "client")
    assert "398" in json.loads(ran.out)["reason"]


def test_a_system_that_is_none_is_refused(trustrig: Trustrig, ca: Path) -> None:
    ran = trustrig("--ca", ca, "--os", "windows11")
    assert (ran.code, ran.out) == (2, "")
    assert "windows11" in ran.err
    assert trustrig("--ca", ca, "--client", "alice", "--os", "ios17").code == 0


def test_several_moments_are_told_one_after_the_other(trustrig: Trustrig, tmp_path: Path) -> None:
    now = clock.now()
    folder = AuthorityFolder.create(tmp_path / "ca", name="Rig", at=now)
    folder.issue_client("alice", at=now)
    folder.issue_server("localhost", at=now)
    asked = ("--ca", folder.path, "--client", "alice", "--at", "+0d", "--at", "+3000d")
    ran = trustrig(*asked)
    assert (ran.code, ran.out.count("As of 20")) == (3, 0)  # no server's certificate is valid then
    ran = trustrig(*asked, "--server", "localhost")
    assert (ran.code, ran.out.count("As of 20")) == (1, 2)
    assert ran.out.index("Accepted") < ran.out.index("Refused")
    assert trustrig(*asked, "--server", "localhost", "--json").code == 2


def test_the_answer_goes_into_a_file(trustrig: Trustrig, ca: Path, tmp_path: Path) -> None:
    asked = ("--ca", ca, "--client", "alice", "--format", "markdown")
    ran = trustrig(*asked, "-o", tmp_path / "ticket.md")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert (tmp_path / "ticket.md").read_text(encoding="utf-8").startswith("### ")


def test_what_checks_again_is_what_was_typed(trustrig: Trustrig, ca: Path, tmp_path: Path) -> None:
    """No word is left for the reader to replace, and a file that is there by then is not written again."""
    ran = trustrig("--ca", ca, "--client", "none", "-o", tmp_path / "a.txt", "--tls", "1.2")
    assert ran.code == 1
    shown = (tmp_path / "a.txt").read_text(encoding="utf-8")
    assert f"\nCheck again\n  trustrig handshake --ca {ca} --tls 1.2 --client bob\n" in shown
    ran = trustrig("--ca", ca, "--client", "alice", "--at", "+900d", "--json")
    assert json.loads(ran.out)["check"] == f"trustrig handshake --ca {ca} --client alice --at +900d --json"
    assert "Check again" not in trustrig("--ca", ca, "--client", "alice").out
