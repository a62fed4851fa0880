"""`trustrig front`, as a process: what it says, who gets what, keys and the control port, and where it listens."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import pty
import re
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pki.handshake.serving.dns_answer import dns_answer
from pki.install.portal import own_addresses
from pki.store import AuthorityFolder
from pki_fixtures import SCENARIOS
from pki_fixtures.front_text import SHORTCUTS, proxy_warning
from tests import clock
from tests.front.fronts import pages
from tests.handshake.programs import CURL
from tests.report.test_schemas import validator
from tests.shell import Trustrig, command, environment, heeding_interrupts

LISTENERS = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads /proc/net")


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority of a local network, of this moment: the command asks the clock."""
    folder = AuthorityFolder.create(
        tmp_path_factory.mktemp("front") / "ca",
        name="Desk CA",
        at=clock.now(),
        permit=("test", "local", "127.0.0.0/8"),
    )
    folder.issue_client("alice", at=clock.now())
    return folder.path


@pytest.fixture(scope="module")
def behind() -> Iterator[int]:
    with pages() as port:
        yield port


@dataclass
class Running:
    """A front in a process of its own, and the lines that it has said."""

    process: subprocess.Popen[str]
    said: list[str]

    def line(self) -> str:
        """The next line of its stdout."""
        assert self.process.stdout is not None
        self.said.append(self.process.stdout.readline())
        assert self.said[-1], self.process.communicate()[1]
        return self.said[-1]

    def json(self) -> dict[str, Any]:
        """The next line, held to its schema."""
        document: dict[str, Any] = json.loads(self.line())
        validator(document["schema"]).validate(document)
        return document

    def until(self, words: str) -> str:
        """All that was said up to a line with WORDS in it."""
        while words not in self.line():
            pass
        return " ".join("".join(self.said).split())

    def interrupted(self) -> tuple[int, str, str]:
        """Ctrl-C: the exit code, and what came after it."""
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=clock.PATIENCE)
        return self.process.returncode, out, err


@contextlib.contextmanager
def fronted(*args: object, stdin: int | None = subprocess.DEVNULL) -> Iterator[Running]:
    process = subprocess.Popen(
        command("front", *map(str, args)),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        preexec_fn=heeding_interrupts,  # signal alone
    )
    try:
        yield Running(process, [])
    finally:
        process.kill()
        process.communicate()


def curl(port: int, ca: Path, *more: str, url: str = "https://api.test") -> tuple[int, str]:
    """curl's exit code and the page."""
    ran = subprocess.run(
        ["curl", "-sS", "--noproxy", "" if "-x" in more else "*", "--cacert", ca / "root/cert.pem",
         *([] if "-x" in more else ["--connect-to", f"::127.0.0.1:{port}"]), *more, url],
        capture_output=True, text=True, timeout=clock.PATIENCE, check=False,
    )  # fmt: skip
    return ran.returncode, ran.stdout


_EXPIRED = 60  # curl's CURLE_PEER_FAILED_VERIFICATION


@CURL
def test_a_script_starts_it_switches_it_and_reads_each_connection(
    ca: Path, behind: int, tmp_path: Path
) -> None:
    log = tmp_path / "log.jsonl"
    words = (
        f"http://127.0.0.1:{behind}",
        "--name",
        "api.test",
        "--ca",
        ca,
        "--port",
        0,
        "--control",
        0,
        "--log",
        log,
    )
    with fronted(*words, "--json") as front:
        begun = front.json()
        assert begun["schema"] == "trustrig.front/1"
        port = int(begun["url"].rpartition(":")[2].rstrip("/"))
        assert begun["url"] == f"https://api.test:{port}/"
        assert (begun["shown"], begun["proxy"], begun["name_server"]) == ("good-ec", None, None)
        assert begun["until"] > begun["version"]
        assert {"expired-leaf", "good-ec"} <= set(begun["scenarios"])
        assert curl(port, ca) == (0, "hello from api.test")
        good = front.json()
        assert (good["scenario"], good["outcome"]) == ("good-ec", "accepted")
        assert good["relayed"]["answer"] == "HTTP/1.1 200 OK"
        assert good["relayed"]["sent"] > len("hello from api.test")
        switch = subprocess.run(
            ["curl", "-sS", "-X", "PUT", "-w", "%{http_code}", f"{begun['control']}expired-leaf"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert switch.stdout == "204"
        assert curl(port, ca)[0] == _EXPIRED
        bad = front.json()
        assert (bad["scenario"], bad["outcome"], bad["alert"]["number"]) == ("expired-leaf", "refused", 45)
        assert front.interrupted() == (130, "", "Stopped; 2 connections.\n")
    assert [json.loads(line)["scenario"] for line in log.read_text().splitlines()] == [
        "good-ec",
        "expired-leaf",
    ]


def test_time_ends_it_with_0(ca: Path, behind: int) -> None:
    with fronted(f":{behind}", "--name", "api.test", "--ca", ca, "--port", 0, "--for", "0.5s") as front:
        out, err = front.process.communicate(timeout=clock.PATIENCE)
        assert (front.process.returncode, err) == (0, "Stopped; 0 connections.\n")
    text = " ".join(out.split())
    assert f"localhost:{behind} speaks HTTP/1.1." in text
    assert "`Host: api.test:" in text
    assert "allowed hosts" in text
    assert "Found by nobody yet: --pac leads phones and simulators here" in text
    assert "whoever trusts the root 'Desk CA'" in text
    assert "Switch" not in text  # no terminal, no keys
    assert "Published" not in text


@CURL
def test_sigterm_tells_who_had_just_come_and_who_was_there(ca: Path, behind: int) -> None:
    """As CI ends a background process."""
    with fronted(f":{behind}", "--name", "api.test", "--ca", ca, "--port", 0, "--json") as front:
        begun = front.json()
        port = int(begun["url"].rpartition(":")[2].rstrip("/"))
        with ssl.create_default_context(cafile=ca / "root/cert.pem").wrap_socket(
            socket.create_connection(("127.0.0.1", port)), server_hostname="api.test"
        ):
            assert curl(port, ca)[0] == 0
            front.process.send_signal(signal.SIGTERM)
            out, err = front.process.communicate(timeout=clock.PATIENCE)
    assert front.process.returncode == 143
    assert len(out.splitlines()) == 2, err
    assert err.splitlines()[-1] == "Stopped; 2 connections."
    remarks = [json.loads(line)["relayed"]["remark"] for line in out.splitlines()]
    assert remarks == [None, "the front was stopped while it was open"]


@CURL
def test_nothing_behind_is_said_at_the_start_and_to_whoever_comes(ca: Path) -> None:
    with pages() as port:
        gone = port
    with fronted(f":{gone}", "--name", "api.test", "--ca", ca, "--port", 0, "--json") as front:
        begun = front.json()
        assert (
            begun["behind_text"]
            == f"Nothing listens at localhost:{gone} yet: who comes gets a 502 until it does."
        )
        assert begun["behind_reached"] is False
        code, page = curl(int(begun["url"].rpartition(":")[2].rstrip("/")), ca)
        assert (code, "trustrig front: " in page) == (0, True)
        told = front.json()["relayed"]
        assert (told["answer"], str(gone) in told["remark"]) == (None, True)


@CURL
def test_keys_switch_it_on_a_terminal(ca: Path, behind: int) -> None:
    ours, theirs = pty.openpty()
    try:
        words = (f":{behind}", "--name", "api.test", "--ca", ca, "--port", 0)
        with fronted(*words, stdin=theirs) as front:
            begun = front.until(" tells")
            port = int(re.findall(r"https://api\.test:(\d+)/", begun)[0])
            assert "1 good-ec, 2 expired-leaf" in begun
            assert front.process.stderr is not None
            os.write(ours, b"2\n")
            assert front.process.stderr.readline().startswith("Showing expired-leaf from now on")
            assert curl(port, ca)[0] == _EXPIRED
            os.write(ours, b"s good-rsa4096\n?\n")
            assert front.process.stderr.readline().startswith("Showing good-rsa4096 from now on")
            assert (
                front.process.stderr.readline()
                == "Showing good-rsa4096: 0 connections since the last switch.\n"
            )
            os.write(ours, b"no-sct-system\n")
            told = front.process.stderr.readline()
            assert "Mind: no-sct-system is stated for a preinstalled root" in told
            os.write(ours, b"good-rsa4096\n")
            assert "Mind" not in front.process.stderr.readline()
            os.write(ours, b"expird-leaf\n")
            assert (
                "'expird-leaf' is no scenario. Did you mean expired-leaf?" in front.process.stderr.readline()
            )
            assert curl(port, ca)[0] == 0  # what was shown stays
            os.write(ours, b"\x04")  # Ctrl-D: no more keys
            assert curl(port, ca)[0] == 0
            code, _, err = front.interrupted()
            assert (code, err) == (130, "Stopped; 3 connections.\n")  # the last one too, that has just left
    finally:
        os.close(ours)
        os.close(theirs)


def test_what_comes_by_a_pipe_is_no_key(ca: Path, behind: int) -> None:
    read, write = os.pipe()
    try:
        os.write(write, b"2\n")
        with fronted(
            f":{behind}", "--name", "api.test", "--ca", ca, "--port", 0, "--for", "1s", stdin=read
        ) as front:
            assert front.process.communicate(timeout=clock.PATIENCE)[1] == "Stopped; 0 connections.\n"
            assert front.process.returncode == 0
    finally:
        os.close(read)
        os.close(write)


def test_the_shortcuts_are_scenarios() -> None:
    assert [id for id in SHORTCUTS if id not in SCENARIOS] == []
    assert len(SHORTCUTS) <= 9  # one key each


@CURL
def test_a_proxy_by_pac_and_a_name_server_lead_to_it(ca: Path, behind: int) -> None:
    words = (
        f":{behind}",
        "--name",
        "api.test",
        "--ca",
        ca,
        "--port",
        0,
        "--pac",
        "--dns",
        "--dns-port",
        0,
        "--json",
    )
    with fronted(*words) as front:
        begun = front.json()
        port = int(begun["url"].rpartition(":")[2].rstrip("/"))
        assert begun["proxy"] == f"http://127.0.0.1:{port}/proxy.pac"
        assert begun["name_server"]["domain"] == "test"
        assert dug(begun["name_server"]["port"], "api.test") == b"\x7f\0\0\1"
        assert curl(port, ca, "-x", f"http://127.0.0.1:{port}") == (0, "hello from api.test")


def dug(port: int, name: str) -> bytes:
    """The address that the name server at PORT gives for NAME."""
    import socket

    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    question = b"\0\7\1\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\1\0\1"
    assert dns_answer(question, domain="test", addresses=("127.0.0.1",)) is not None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(clock.PATIENCE)
        asker.sendto(question, ("127.0.0.1", port))
        return asker.recv(512)[-4:]


def listening(process: subprocess.Popen[str]) -> set[str]:
    """The addresses on which PROCESS listens, TCP and UDP, as the kernel has them."""
    sockets = set()
    for entry in Path(f"/proc/{process.pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            sockets.add(str(entry.readlink()))
    found = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        file = Path(f"/proc/{process.pid}/net/{table}")
        for row in file.read_text().splitlines()[1:] if file.exists() else ():
            _, local, _, state, *rest = row.split()
            if f"socket:[{rest[5]}]" in sockets and state in (
                "0A",
                "07",
            ):  # LISTEN; UDP that is not connected
                words = re.findall("........", local.partition(":")[0])
                packed = b"".join(int(word, 16).to_bytes(4, "little") for word in words)
                found.add(str(ipaddress.ip_address(packed)))
    return found


@LISTENERS
def test_nothing_listens_beyond_loopback_unless_an_address_was_named(ca: Path, behind: int) -> None:
    words = (
        f":{behind}",
        "--name",
        "api.test",
        "--ca",
        ca,
        "--port",
        0,
        "--control",
        0,
        "--pac",
        "--dns",
        "--dns-port",
        0,
    )
    with fronted(*words, "--json") as front:
        front.json()
        here = listening(front.process)
    assert here
    assert all(ipaddress.ip_address(address).is_loopback for address in here)


@LISTENERS
def test_an_address_that_was_named_is_published_and_the_control_port_is_not(ca: Path, behind: int) -> None:
    outward = [one.address for one in own_addresses() if not one.loopback and ":" not in one.address]
    if not outward:
        pytest.skip("this machine is in no network")
    words = (
        f":{behind}",
        "--name",
        "api.test",
        "--ca",
        ca,
        "--port",
        0,
        "--control",
        0,
        "--address",
        outward[0],
    )
    with fronted(*words, "--pac", "--only", outward[0]) as front:
        text = front.until("Published")
        assert f"http://{outward[0]}:" in text
        assert "Settings > Wi-Fi" in text
        found = listening(front.process)
        assert {address for address in found if not ipaddress.ip_address(address).is_loopback} == {outward[0]}
        assert f"the server behind, passwords or none, to {outward[0]}" in text


@pytest.mark.parametrize(
    ("words", "code", "problem", "step"),
    [
        pytest.param("https://localhost:3000 --name api.test", 2, "speaks TLS itself", "trustrig evaluate https://localhost:3000", id="TLS behind"),
        pytest.param(":8443 --name api.test --port 8443", 2, "would be this front and the server behind it at once", "another port", id="itself behind"),
        pytest.param(":13999 --name api.test --control 13999", 2, "would be the control port and the server behind", "another control port", id="its control port behind"),
        pytest.param("ftp://x --name api.test", 2, "no scheme that a front passes on", "Write http://", id="another scheme"),
        pytest.param(":3000 --name https://api.test/", 2, "is not a host alone", "Did you mean api.test?", id="a URL for a name"),
        pytest.param(":3000 --name 127.0.0.1 --show wrong-host", 2, "127.0.0.1 is an address", "come near it", id="wrong-host of an address"),
        pytest.param(":3000 --name api.test --show wildcard-ok", 2, "its client asks for www.api.test", "a front of that name", id="another host by nature"),
        pytest.param(":3000 --name api.test --show expird-leaf", 2, "is no scenario", "Did you mean expired-leaf?", id="no scenario"),
        pytest.param(":3000 --name api.test --address 0.0.0.0", 2, "every address at once", "Name the one", id="every address"),
        pytest.param(":3000 --name api.test --address 203.0.113.9", 2, "not an address of this machine", "Name the one", id="somebody else's address"),
        pytest.param(":3000 --name api.test --only phone", 2, "is no IP address", "Give one", id="a name in --only"),
        pytest.param(":3000 --name api.local --pac", 2, "iOS asks no proxy for such names", "api.test", id="a PAC for .local"),
        pytest.param(":3000 --name api.local --dns", 2, "asked for by mDNS", "api.test", id="a name server for .local"),
        pytest.param(":3000 --name 127.0.0.1 --dns", 2, "is an address", "api.test", id="a name server for an address"),
        pytest.param(":3000 --name api.test --dns-port 8453", 2, "nobody answers", "Add --dns", id="a port for nothing"),
        pytest.param(":3000 --name api.example.com", 2, "outside what this authority may certify", "trustrig init --lan --permit", id="not its name"),
        pytest.param(":3000 --name api.test --show mtls-good --client-ca {ca}", 2, "by its own CA", "come near it", id="two who ask"),
        pytest.param(":3000 --name api.test --client-ca /dev/null", 3, "/dev/null", "certificate", id="no CA for clients"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_sentence_and_the_next_step(
    words: str, code: int, problem: str, step: str, ca: Path, trustrig: Trustrig
) -> None:
    ran = trustrig("front", *words.format(ca=ca).split(), "--ca", ca, "--for", "0.1s")
    assert ran.code == code, ran
    assert ran.out == ""
    said = " ".join(ran.err.split())
    assert said.startswith("trustrig: ")
    assert problem in said
    assert step in said


def test_a_taken_port_is_named(ca: Path, behind: int, trustrig: Trustrig) -> None:
    ran = trustrig("front", ":1", "--name", "api.test", "--ca", ca, "--port", str(behind), "--for", "0.1s")
    assert (ran.code, ran.out) == (3, "")
    assert f"port {behind} on 127.0.0.1 cannot be had" in ran.err


def test_without_an_authority_the_next_step_makes_one(trustrig: Trustrig, tmp_path: Path) -> None:
    ran = trustrig("front", ":3000", "--name", "api.test", "--ca", tmp_path / "none")
    assert (ran.code, ran.out) == (3, "")
    assert "trustrig init --lan --ca" in ran.err


def test_the_warning_about_direct_connections_goes_by_whether_the_name_is_somebodys() -> None:
    assert "finds nobody" in proxy_warning("api.test")
    assert "reaches the api.example.com out there" in proxy_warning("api.example.com")
    assert "assert that the front saw a connection" in proxy_warning("api.example.com")
