"""`scenarios list`, `scenarios show` and `serve` as a user calls them."""

from __future__ import annotations

import contextlib
import json
import shlex
import signal
import socket
import ssl
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256

from pki.load import load_identity
from pki.store import AuthorityFolder
from pki_fixtures import SCENARIOS, Rig
from pki_fixtures.prepared_server import prepare_server
from pki_fixtures.scenario_document import scenarios_document
from pki_fixtures.scenario_p12 import PASSWORD
from pki_fixtures.scenario_text import show_text
from tests import clock
from tests.loopback import IPV6
from tests.report.test_schemas import validator
from tests.shell import Trustrig, command, environment, heeding_interrupts


def valid(line: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(line)
    assert next(iter(document)) == "schema"
    validator(document["schema"]).validate(document)
    return document


def narrow(out: str) -> bool:
    return all(len(line) <= 80 for line in out.splitlines())


def test_the_list_has_a_line_for_each_scenario(trustrig: Trustrig) -> None:
    ran = trustrig("scenarios", "list")
    assert (ran.code, ran.err) == (0, "")
    rows = ran.out.split("\n\n")[0].splitlines()
    assert [row.split()[0] for row in rows] == list(SCENARIOS)
    assert rows[0].split()[:3] == ["good-ec", "PPP", "user"]
    assert f"{len(SCENARIOS)} scenarios, each" in ran.out
    assert narrow(ran.out)


def test_tags_narrow_the_list(trustrig: Trustrig) -> None:
    ran = trustrig("scenarios", "list", "--tag", "names", "--tag", "addresses")
    assert [row.split()[0] for row in ran.out.splitlines()[:3]] == ["ip-san", "ip-in-dns-san", "ip-in-cn"]
    ran = trustrig("scenarios", "list", "--tag", "mtls", "--tag", "wildcards")
    assert (ran.code, ran.out) == (0, "No scenario carries all of these tags.\n")


def test_what_can_be_served_here_is_tried_when_asked(trustrig: Trustrig) -> None:
    ran = trustrig("scenarios", "list", "--tag", "versions", "--here")
    assert ran.out.endswith("All of them can be served here.\n")
    document = valid(trustrig("scenarios", "list", "--tag", "addresses", "--here", "--json").out)
    assert [entry["served"]["hosts"] for entry in document["scenarios"]] == [["127.0.0.1", "::1"]] * 3


def test_a_list_without_that_says_nothing_of_it(trustrig: Trustrig) -> None:
    document = valid(trustrig("scenarios", "list", "--json").out)
    assert [entry["id"] for entry in document["scenarios"]] == list(SCENARIOS)
    assert {entry["served"] for entry in document["scenarios"]} == {None}


def test_what_cannot_be_served_here_stays_in_the_list_with_the_reason(
    trustrig: Trustrig, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pki.handshake.ends.openssl_offer import built_in_suites

    fewer = built_in_suites() - {"DHE-RSA-AES128-GCM-SHA256"}
    monkeypatch.setattr("pki.handshake.ends.openssl_offer.built_in_suites", lambda: fewer)
    words = "this OpenSSL was built without DHE-RSA-AES128-GCM-SHA256"
    ran = trustrig("scenarios", "list", "--tag", "suites", "--here")
    assert "dhe-only  " in ran.out
    assert f"Cannot be served here:\n  dhe-only: {words}\n" in ran.out
    ran = trustrig("scenarios", "show", "dhe-only")
    assert f"not here: {words}" in " ".join(ran.out.split())
    (shown,) = valid(trustrig("scenarios", "show", "dhe-only", "--json").out)["scenarios"]
    assert (shown["served"]["here"], shown["served"]["reason"]) == (False, words)


@pytest.mark.parametrize("id", SCENARIOS)
def test_every_scenario_is_shown_at_80_columns_and_as_json(id: str, rig: Rig) -> None:
    entry = SCENARIOS[id]
    made = prepare_server(entry, rig)
    text = show_text(entry, made, port=8443)
    assert text.startswith(f"{id}: ")
    commands = [line for line in text.split("\n") if line.startswith(("  Serve it", "  Visit it"))]
    told = "\n".join(line for line in text.split("\n") if line not in commands)
    assert narrow(told.replace(max(told.split(), key=len), ""))  # one URL or path may be longer
    assert [shlex.split(line)[2] for line in commands] == ["trustrig", "curl"]  # each whole
    validator("trustrig.scenarios/1").validate(document := scenarios_document([entry], {id: made}))
    (shown,) = document["scenarios"]
    assert (shown["id"], shown["served"]["here"]) == (id, True)


def test_a_scenario_comes_before_a_tag_of_its_name(trustrig: Trustrig) -> None:
    assert trustrig("scenarios", "show", "self-signed").out.startswith("self-signed: refused")
    (shown,) = valid(trustrig("scenarios", "show", "self-signed", "--json").out)["scenarios"]
    assert shown["id"] == "self-signed"


def test_one_scenario_is_shown_with_its_codes_and_the_way_to_it(trustrig: Trustrig) -> None:
    words = " ".join(trustrig("scenarios", "show", "eku-missing").out.split())
    for said in (
        "root (trusted) <- intermediate <- leaf: no extendedKeyUsage",
        "user PPP trusted; warns: Apple's article asks for serverAuth, its code does not [tls-eku-server-auth-doc]",
        "[tls-eku-server-auth-system], -67609 errSecInvalidExtendedKeyUsage",
        "the app sees -1200 (stream -9802), without ATS -1202 (-9807)",
        "trustrig serve eku-missing --anchors rig",
        "curl --cacert rig/anchors.pem https://eku-missing.localhost:8443/",
    ):
        assert said in words
    words = " ".join(trustrig("scenarios", "show", "mtls-required-none").out.split())
    assert "[client-certificate-missing], alert 40 in TLS 1.2, 116 in TLS 1.3, the app sees -1206" in words


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        pytest.param(["scenarios", "show", "expired-laef"], 2, "Did you mean expired-leaf", id="a slip of the pen"),
        pytest.param(["scenarios", "show", "mtls"], 2, "trustrig scenarios list --tag mtls", id="a tag to show"),
        pytest.param(["scenarios", "list", "--tag", "nmaes"], 2, "Did you mean names", id="a tag that nothing carries"),
        pytest.param(["serve", "nobody-knows-it"], 2, "neither a scenario nor a tag", id="nothing to serve"),
        pytest.param(["serve", "good-ec", "--port", "65536"], 2, "--port", id="no port"),
        pytest.param(["serve", "ip-san", "--port", "65535"], 2, "2 ports are needed from 65535 on", id="no port behind it"),
        pytest.param(["serve", "good-ec", "--for", "0"], 2, "--for", id="no time at all"),
        pytest.param(["serve", "good-ec", "--minutes", "2000"], 2, "--minutes", id="longer than a day"),
        pytest.param(["serve", "good-ec", "--at", "soon"], 2, "'soon' is not a time", id="no time to make them for"),
        pytest.param(["serve", "good-ec", "--seed", "x"], 2, "--seed", id="no seed"),
        pytest.param(["serve", "good-ec", "--port", "0", "--log", "no/such/folder/log"], 3, "no/such/folder/log", id="a log that cannot be written"),
        pytest.param(["serve", "good-ec", "--port", "0", "--anchors", "other"], 3, "other has things in it", id="somebody else's folder"),
        pytest.param(["serve", "good-ec", "--port", "0", "--anchors", "file"], 3, "file is there and is no folder", id="a file in the folder's place"),
        pytest.param(["serve", "good-ec", "--port", "0", "--anchors", "no/such/rig", "--for", "1"], 3, "/no/such does not exist", id="a folder below none"),
    ],
)  # fmt: skip
def test_bad_input_is_one_clear_message(
    args: list[str],
    code: int,
    words: str,
    trustrig: Trustrig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").write_text("years of work")
    (tmp_path / "file").write_text("a file")
    ran = trustrig(*args)
    assert (ran.code, ran.out) == (code, "")
    assert words in " ".join(ran.err.split())
    assert "Traceback" not in ran.err
    assert (tmp_path / "other" / "thesis.tex").read_text() == "years of work"


@dataclass
class Serving:
    """`trustrig serve` in a process of its own; LINES are those of its stdout."""

    process: subprocess.Popen[str]
    lines: IO[str]
    folder: Path

    def ended(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=clock.PATIENCE)
        return self.process.returncode, out, err

    def visit(self, name: str, port: int) -> None:
        context = ssl.create_default_context(cafile=str(self.folder / "rig" / "anchors.pem"))
        bare = socket.create_connection(("127.0.0.1", port), timeout=clock.PATIENCE)
        with contextlib.suppress(ssl.SSLError), context.wrap_socket(bare, server_hostname=name) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: any\r\n\r\n")
            while client.recv(4096):
                pass


@contextlib.contextmanager
def serving(folder: Path, *args: str) -> Iterator[Serving]:
    process = subprocess.Popen(
        command("serve", "--port", "0", "--anchors", "rig", *args), cwd=folder, env=environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heeding_interrupts,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        try:
            yield Serving(process, process.stdout, folder)
        finally:
            if process.poll() is None:
                process.kill()


@IPV6
def test_the_first_line_says_where_everything_listens_and_each_visit_is_a_line(tmp_path: Path) -> None:
    with serving(
        tmp_path, "good-ec", "expired-leaf", "ip-san", "--json", "--log", "log", "--for", "20"
    ) as ran:
        first = valid(ran.lines.readline())
        port = first["servers"][0]["port"]
        assert [server["scenario"] for server in first["servers"]] == [
            "good-ec",
            "expired-leaf",
            "ip-san",
            "ip-san",
        ]
        assert first["servers"][1]["url"] == f"https://expired-leaf.localhost:{port}/"
        assert (first["not_served"], first["anchors_folder"], first["seeded"]) == ([], "rig", False)
        for name in ("good-ec.localhost", "expired-leaf.localhost"):
            ran.visit(name, port)
        visits = [valid(ran.lines.readline()) for _ in range(2)]
        assert {(seen["scenario"], seen["outcome"]) for seen in visits} == {
            ("good-ec", "accepted"),
            ("expired-leaf", "refused"),
        }
        ran.process.send_signal(signal.SIGINT)
        assert ran.ended()[:2] == (130, "")
    logged = [valid(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert logged == visits
    assert "PRIVATE" not in (tmp_path / "log").read_text()


@pytest.mark.slow
def test_time_ends_it_and_the_log_goes_on(tmp_path: Path) -> None:
    for number in (1, 2):
        with serving(tmp_path, "good-ec", "--for", "4", "--log", "log") as ran:
            first = ran.lines.readline()
            assert first.startswith("Serving 1 scenario at https://localhost:")
            ran.visit("good-ec.localhost", int(first.split("https://localhost:")[1].split("/")[0]))
            code, out, err = ran.ended()
        assert (code, err) == (0, "Stopped; 1 connection.\n")
        assert "good-ec: accepted, HTTP 200, TLSv1.3" in out
        assert narrow(out)
        assert len((tmp_path / "log").read_text().splitlines()) == number


def test_control_c_before_anybody_came(tmp_path: Path) -> None:
    with serving(tmp_path, "mtls") as ran:
        ran.lines.readline()
        ran.process.send_signal(signal.SIGINT)
        code, _, err = ran.ended()
    assert (code, err) == (130, "Stopped; 0 connections.\n")


def test_a_reader_that_leaves_ends_it(tmp_path: Path) -> None:
    with serving(tmp_path, "good-ec", "--json", "--for", "20") as ran:
        port = valid(ran.lines.readline())["servers"][0]["port"]
        ran.lines.close()
        ran.visit("good-ec.localhost", port)
        assert ran.process.wait(timeout=clock.PATIENCE) == 141
        assert ran.process.stderr is not None
        assert ran.process.stderr.read() == ""


def test_a_port_each(tmp_path: Path) -> None:
    with serving(tmp_path, "good-ec", "expired-leaf", "--ports", "--json") as ran:
        first = valid(ran.lines.readline())
        ports = [server["port"] for server in first["servers"]]
        assert len({*ports, int(first["index"].split(":")[2].rstrip("/"))}) == 3
        ran.visit("expired-leaf.localhost", ports[1])
        assert valid(ran.lines.readline())["scenario"] == "expired-leaf"


def test_what_clients_need_is_written_with_the_modes_it_needs(tmp_path: Path) -> None:
    with serving(tmp_path, "mtls-good", "revoked-on-crl", "pin-ca-mismatch", "--for", "0.2") as ran:
        assert ran.ended()[0] == 0
    rig = tmp_path / "rig"
    files = {
        str(path.relative_to(rig)): stat.S_IMODE(path.stat().st_mode)
        for path in rig.rglob("*")
        if path.is_file()
    }
    assert files == {
        ".trustrig-serve": 0o644,
        "serving.json": 0o644,
        "anchors.pem": 0o644,
        "anchors/scenario-ca.pem": 0o644,
        "anchors/scenario-ca.der": 0o644,
        "crls/revoked-on-crl.pem": 0o644,
        "info-plists/pin-ca-mismatch.plist": 0o644,
        "clients/mtls-good.pem": 0o600,
        "clients/mtls-good.p12": 0o600,
    }
    assert stat.S_IMODE(rig.stat().st_mode) == 0o700
    serving_file = json.loads((rig / "serving.json").read_text(encoding="utf-8"))
    validator("trustrig.serving/1").validate(serving_file)
    assert {server["scenario"] for server in serving_file["servers"]} == {
        "mtls-good",
        "revoked-on-crl",
        "pin-ca-mismatch",
    }
    identity = load_identity((rig / "clients/mtls-good.p12").read_bytes(), name="p12", password=PASSWORD)
    assert len(identity.sent_chain) == 2


def test_the_next_run_replaces_what_this_one_wrote(tmp_path: Path) -> None:
    for which, there in (
        ("mtls-good", {"clients/mtls-good.pem", "clients/mtls-good.p12"}),
        ("revoked-on-crl", {"crls/revoked-on-crl.pem"}),
    ):
        with serving(tmp_path, which, "--for", "0.2") as ran:
            assert ran.ended()[0] == 0
        found = {
            str(path.relative_to(tmp_path / "rig"))
            for path in (tmp_path / "rig").rglob("*")
            if path.is_file()
        }
        roots = {"anchors.pem", "anchors/scenario-ca.pem", "anchors/scenario-ca.der"}
        assert found == {".trustrig-serve", "serving.json", *there, *roots}
        assert not [
            path for path in (tmp_path / "rig").iterdir() if path.is_dir() and not any(path.iterdir())
        ]


@pytest.mark.parametrize(
    "listed",
    [
        pytest.param("", id="that is not in the list"),
        pytest.param("../outside\n", id="and a list that leads outside"),
    ],
)
def test_what_somebody_put_beside_it_stays(
    listed: str, tmp_path: Path, trustrig: Trustrig, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "outside").write_text("still here")
    (tmp_path / "rig").mkdir()
    (tmp_path / "rig" / "notes.txt").write_text("mine")
    (tmp_path / "rig" / ".trustrig-serve").write_text(listed)
    ran = trustrig("serve", "good-ec", "--port", "0", "--anchors", "rig", "--for", "1")
    assert (ran.code, ran.out) == (3, "")
    assert "rig holds notes.txt, which no earlier run wrote as it is" in ran.err
    (tmp_path / "rig" / "notes.txt").unlink()
    assert trustrig("serve", "good-ec", "--port", "0", "--anchors", "rig", "--for", "0.1").code == 0
    assert (tmp_path / "outside").read_text() == "still here"


def test_one_seed_and_moment_make_the_same_roots(tmp_path: Path) -> None:
    found = []
    for _ in range(2):
        with serving(tmp_path, "good-ec", "--seed", "7", "--at", "2027-01-01", "--for", "0.2") as ran:
            code, out, _ = ran.ended()
        assert code == 0
        assert "whoever knows the seed can make these keys, too" in " ".join(out.split())
        found.append((tmp_path / "rig" / "anchors.pem").read_bytes())
    assert found[0] == found[1]


@pytest.fixture
def authority(tmp_path: Path, at: datetime) -> AuthorityFolder:
    return AuthorityFolder.create(tmp_path / "our ca", name="Our CA", at=at)


def test_somebodys_own_authority_signs_them(tmp_path: Path, authority: AuthorityFolder) -> None:
    with serving(
        tmp_path, "--ca", "our ca", "good-ec", "expired-leaf", "pathlen", "--json", "--for", "20"
    ) as ran:
        first = valid(ran.lines.readline())
        assert first["authority"]["subject"] == "CN=Our CA"
        assert [anchor["sha256"] for anchor in first["anchors"]] == [
            authority.root.fingerprint(SHA256()).hex()
        ]
        assert [part["scenario"] for part in first["not_served"]] == ["pathlen"]
        for name in ("good-ec.localhost", "expired-leaf.localhost"):
            ran.visit(name, first["servers"][0]["port"])
        visits = [valid(ran.lines.readline()) for _ in range(2)]
    assert {(seen["scenario"], seen["outcome"]) for seen in visits} == {
        ("good-ec", "accepted"),
        ("expired-leaf", "refused"),
    }
    assert authority.rows() == ()


def test_an_authority_signs_nothing_that_was_not_asked_for(
    trustrig: Trustrig, authority: AuthorityFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable, or a folder that happens to be there, does not decide what a root that phones trust signs."""
    monkeypatch.setenv("TRUSTRIG_CA", str(authority.path))
    ran = trustrig("serve", "good-ec", "--port", "0", "--for", "0.1s", "--json")
    assert (ran.code, json.loads(ran.out)["authority"]) == (0, None)


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        pytest.param(["--ca", "none"], 3, "there is no authority in none", id="no authority"),
        pytest.param(["--ca", "our ca", "--seed", "1"], 2, "a seed makes keys that anybody can make", id="a seed"),
        pytest.param(["--ca", "our ca", "--at", "2060-01-01"], 2, "ended on", id="an authority that has ended by then"),
        pytest.param(["--ca", "narrow"], 2, "by the names ID.localhost, and localhost is outside what", id="one for other names"),
    ],
)  # fmt: skip
def test_an_authority_that_cannot_sign_them(
    args: list[str],
    code: int,
    words: str,
    trustrig: Trustrig,
    authority: AuthorityFolder,
    at: datetime,
) -> None:
    AuthorityFolder.create(authority.path.with_name("narrow"), name="Narrow", at=at, permit=["api.test"])
    ran = trustrig("serve", "good-ec", "--port", "0", "--for", "0.1s", *args)
    assert (ran.code, ran.out) == (code, "")
    assert words in " ".join(ran.err.split())
    assert "Traceback" not in ran.err


def test_a_locked_authority_signs_with_its_passphrase(trustrig: Trustrig, here: Path, at: datetime) -> None:
    AuthorityFolder.create(here / "locked", name="Locked", at=at, passphrase=b"secret words")
    ran = trustrig("serve", "good-ec", "--port", "0", "--for", "0.1s", "--ca", "locked")
    assert ran.code == 3
    assert "encrypted" in ran.err
    (here / "words").write_text("secret words\n")
    ran = trustrig(
        "serve", "good-ec", "--port", "0", "--for", "0.1s", "--ca", "locked", "--ca-passphrase-file", "words"
    )
    assert (ran.code, "below 'Locked'" in " ".join(ran.out.split())) == (0, True)
