"""`trustrig install device` as a user calls it."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from pki.export.profile import ProfileIdentity, build_profile
from pki.install.portal import own_addresses
from pki.load import load_identity
from pki.load.profile.reading import read_profile
from pki.store import AuthorityFolder
from tests import clock
from tests.front.fronts import pages
from tests.install.asking import ask
from tests.shell import Trustrig, command, environment, heeding_interrupts, hold_to_schema

HERE = "127.0.0.1"
PROFILE = "test-ca.mobileconfig"
ZBAR = pytest.mark.peer("zbarimg", "apt-get install zbar-tools")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> AuthorityFolder:
    now = clock.now()
    place = AuthorityFolder.create(tmp_path_factory.mktemp("device") / "ca", name="Our CA", at=now)
    place.issue_client("alice", at=now)
    return place


class Running:
    """The command while it runs; `url` is what it printed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.out = ""
        assert process.stdout is not None
        for line in process.stdout:
            self.out += line
            if found := re.fullmatch(r" +(http://\S+/)\n", line):  # a proxy's address ends otherwise
                self.url = found[1]
                return
        raise AssertionError(self.out + self.rest()[1])

    @property
    def port(self) -> int:
        return int(self.url.split("/")[2].rpartition(":")[2])

    @property
    def token(self) -> str:
        return self.url.split("/")[3]

    def get(self, name: str = "") -> Any:
        return ask(self.port, f"/{self.token}/{name}")

    def rest(self) -> tuple[str, str]:
        """Everything on stdout and stderr, once it has ended."""
        out, err = self.process.communicate(timeout=clock.PATIENCE)
        return self.out + out, err


@contextmanager
def running(*args: str | Path) -> Iterator[Running]:
    process = subprocess.Popen(
        command("install", "device", "--address", HERE, *args), env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=heeding_interrupts,
    )  # fmt: skip
    try:
        yield Running(process)
    finally:
        process.kill()
        process.communicate(timeout=clock.PATIENCE)


def test_from_the_address_to_the_profile(folder: AuthorityFolder) -> None:
    with running("--client", "alice", "--ca", folder.path, "--no-check") as here:
        got = here.get(PROFILE)
        out, err = here.rest()  # given out as often as it may be: it ends by itself
    assert here.process.returncode == 0
    (password,) = re.findall(r"^Password: (\S+)  opens ", out, re.MULTILINE)
    assert "The profile was given out once." in out
    profile = read_profile(got.body, name="it")
    assert [payload.type.rpartition(".")[2] for payload in profile.payloads] == ["root", "pkcs1", "pkcs12"]
    (identity,) = (p.content for p in profile.payloads if p.type.endswith("pkcs12"))
    assert identity is not None
    assert load_identity(identity, name="it", password=password).common_name == "alice"
    assert re.search(rf"^\d\d:\d\d:\d\d {HERE}, curl: {PROFILE}: given out, [\d,]+ bytes$", err, re.MULTILINE)
    assert here.token not in err
    assert password not in err
    assert "\x1b" not in out  # no QR code in a pipe


def test_the_password_is_nowhere_on_the_page_and_can_be_embedded(folder: AuthorityFolder) -> None:
    with running("--client", "alice", "--ca", folder.path) as here:
        page = here.get().body.decode()
        here.process.send_signal(signal.SIGINT)
        out, _ = here.rest()
    (password,) = re.findall(r"Password: (\S+)", out)
    assert password not in page
    assert "type the one that the computer" in page
    with running("--client", "alice", "--ca", folder.path, "--include-password") as here:
        assert "type the one that the computer" not in here.get().body.decode()
        (payload,) = (p for p in read_profile(here.get(PROFILE).body, name="it").payloads if p.password)
        here.process.send_signal(signal.SIGINT)
        out, err = here.rest()
    assert str(payload.password) not in out + err
    assert "Whoever has the file has the private key" in err


@pytest.mark.parametrize(
    ("fetched", "code"),
    [
        pytest.param(False, 130, id="before anybody came: interrupted"),
        pytest.param(True, 0, id="when all is done: the usual way to end it"),
    ],
)
def test_an_interrupt_ends_it_cleanly(fetched: bool, code: int, folder: AuthorityFolder) -> None:
    with running("--ca", folder.path) as here:
        if fetched:
            assert here.get(PROFILE).status == 200
        here.process.send_signal(signal.SIGINT)
        out, err = here.rest()
    assert here.process.returncode == code
    assert "Traceback" not in err
    assert ("The profile was given out once." in out) is fetched


def test_in_json_it_is_one_document_when_it_is_over(folder: AuthorityFolder, tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("correct-horse\n")
    args = (
        "--client",
        "alice",
        "--password-file",
        tmp_path / "pw",
        "--ca",
        folder.path,
        "--json",
        "--no-check",
    )
    process = subprocess.Popen(
        command("install", "device", "--address", HERE, *args), env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    url = next(found[0] for line in process.stderr if (found := re.search(r"http://\S+/", line)))
    port, token = int(url.split("/")[2].rpartition(":")[2]), url.split("/")[3]
    assert ask(port, f"/{token}/{PROFILE}").status == 200
    out, _ = process.communicate(timeout=clock.PATIENCE)
    hold_to_schema(out)
    document = json.loads(out)
    assert process.returncode == 0
    assert (document["url"], document["identity"], document["asks_password"]) == (url, "alice", True)
    assert (document["given"], document["downloads"], document["works"]) == (1, 1, None)
    assert document["ended"] == "done"
    assert [event["what"].partition(",")[0] for event in document["events"]] == [f"{PROFILE}: given out"]
    assert "correct-horse" not in out


def test_in_json_a_password_is_kept_and_nobody_coming_is_said(
    trustrig: Trustrig, folder: AuthorityFolder
) -> None:
    here = ("install", "device", "--address", HERE, "--ca", folder.path, "--json", "--for", "0.3")
    ran = trustrig(*here, "--client", "alice")
    (kept,) = json.loads(ran.out)["password_files"]
    assert f"The device asks for alice's password: it is in {kept}." in ran.err
    assert Path(kept).read_text().strip() not in ran.out + ran.err
    ran = trustrig(*here)
    document = json.loads(ran.out)
    assert (ran.code, document["given"], document["ended"], document["works"]) == (1, 0, "time", False)


def test_it_ends_by_itself_when_nobody_comes(trustrig: Any, folder: AuthorityFolder) -> None:
    ran = trustrig("install", "device", "--address", HERE, "--ca", folder.path, "--for", "0.6s")
    assert ran.code == 1
    assert "Nobody fetched the profile." in ran.out
    assert "For 0.6s at most" in ran.err


def test_a_profile_of_ones_own_is_handed_over_as_it_is(folder: AuthorityFolder, tmp_path: Path) -> None:
    data = build_profile(
        (folder.root,), identities=[ProfileIdentity(folder.identity("alice"), "correct-horse")]
    )
    (tmp_path / "mine.mobileconfig").write_bytes(data)
    with running("--profile", tmp_path / "mine.mobileconfig", "--ca", folder.path) as here:
        page = here.get().body.decode()
        assert here.get(PROFILE).body == data
        assert here.get(PROFILE).status == 410  # it holds a key
    assert "the identity alice" in page
    assert 'id="ask"' in page  # the authority is at hand, so there is a test server


def test_a_profile_of_another_authority_gets_no_test_server(folder: AuthorityFolder, tmp_path: Path) -> None:
    (tmp_path / "mine.mobileconfig").write_bytes(build_profile((folder.root,)))
    with running("--profile", tmp_path / "mine.mobileconfig", "--ca", tmp_path / "none") as here:
        page = here.get().body.decode()
        here.process.send_signal(signal.SIGINT)
        _, err = here.rest()
    assert 'id="ask"' not in page
    assert "no test server this time" in page
    assert "No test server: the authority that the profile installs is not here. See --ca." in err


def test_an_authority_that_may_not_certify_the_address_still_hands_over(tmp_path: Path) -> None:
    AuthorityFolder.create(tmp_path / "ca", name="Tight CA", at=clock.now(), permit=["test"])
    with running("--ca", tmp_path / "ca") as here:
        assert here.get(PROFILE).status == 200
        assert 'id="ask"' not in here.get().body.decode()
        here.process.send_signal(signal.SIGINT)
        _, err = here.rest()
    assert "No test server: 127.0.0.1 is outside what this authority may certify. Permitted: test." in err


def test_an_encrypted_authority_needs_its_passphrase_for_the_test_server_alone(tmp_path: Path) -> None:
    AuthorityFolder.create(tmp_path / "ca", name="Shut CA", at=clock.now(), passphrase=b"open sesame")
    with running("--ca", tmp_path / "ca") as here:
        assert here.get(PROFILE).status == 200
        here.process.send_signal(signal.SIGINT)
        _, err = here.rest()
    assert "See --ca-passphrase-file." in err
    (tmp_path / "word").write_text("open sesame\n")
    with running("--ca", tmp_path / "ca", "--ca-passphrase-file", tmp_path / "word") as here:
        assert 'id="ask"' in here.get().body.decode()


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        pytest.param(["--address", "10.99.99.99"], 2, r"10\.99\.99\.99 is not an address of this machine\. Name the one that the device can reach: .*127\.0\.0\.1 \(lo", id="an address of another machine"),
        pytest.param(["--address", "0.0.0.0"], 2, r"0\.0\.0\.0 would be every address at once.* Name the one", id="every address"),
        pytest.param(["--address", "::"], 2, "would be every address at once", id="every address, IPv6"),
        pytest.param(["--address", "macbook.local"], 2, "'macbook.local' is no IP address", id="a name"),
        pytest.param(["--address", HERE, "--include-password"], 2, "there is no identity for the password. Name one with --client.", id="a password for nobody"),
        pytest.param(["--address", HERE, "--client", "zoe"], 3, "zoe", id="an identity that is none"),
        pytest.param(["--address", HERE, "--for", "0"], 2, "--for", id="no time at all"),
        pytest.param(["--address", HERE, "--downloads", "0"], 2, "--downloads", id="no downloads at all"),
        pytest.param(["--address", HERE, "--profile", "missing.mobileconfig"], 3, "missing.mobileconfig", id="a file that is not there"),
        pytest.param(["--address", HERE, "--profile", "x", "--client", "alice"], 2, "takes no identity and no password", id="a profile and an identity"),
        pytest.param(["--address", HERE, "--front", "https://localhost:3000"], 2, "speaks TLS itself, and a front speaks in the clear", id="a server behind that is https"),
        pytest.param(["--address", HERE, "--front", "http://localhost:3000/api"], 2, "more than a host and a port", id="a server behind with a path"),
        pytest.param(["--address", HERE, "--front", ":3000", "--no-check"], 2, "Leave one of them out", id="a front that nobody is to ask"),
        pytest.param(["--address", HERE, "--name", "api.test"], 2, "--name is about a server behind a front, and none is named", id="a name and no front"),
        pytest.param(["--address", HERE, "--front-port", "1"], 2, "--front-port is about a server behind a front", id="a port and no front"),
        pytest.param(["--address", HERE, "--front", ":3000", "--name", "*.test"], 2, "is not a host name, which clients call", id="a wildcard"),
        pytest.param(["--address", HERE, "--front", ":3000", "--name", "localhost"], 2, "localhost is the device itself", id="the device's own name"),
        pytest.param(["--address", HERE, "--front", ":3000", "--name", "10.0.0.1"], 2, r"10\.0\.0\.1 is an address, and the front's is 127\.0\.0\.1", id="another address as the name"),
        pytest.param(["--address", HERE, "--front", ":3000", "--name", "api.local"], 2, r"below \.local, and iOS asks no proxy", id="a name that no proxy is asked for"),
        pytest.param(["--address", HERE, "--front", ":13999", "--front-port", "13999"], 2, "would be this front and the server behind it at once", id="a front before itself"),
        pytest.param(["--address", HERE, "--ca", "nowhere"], 3, "there is no authority in nowhere", id="no authority"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_clear_error(
    args: list[str], code: int, words: str, trustrig: Any, folder: AuthorityFolder
) -> None:
    ran = trustrig("install", "device", *([] if "--ca" in args else ["--ca", folder.path]), *args)
    assert ran.code == code
    assert re.search(words, ran.err), ran.err
    assert "Traceback" not in ran.err
    assert ran.out == ""


def test_a_front_is_announced_with_its_proxy_and_told_of(folder: AuthorityFolder) -> None:
    """From what the terminal says a device comes by the PAC's port to the server behind."""
    front = ("--front-port", "0", "--name", "api.test")
    with pages() as behind, running("--ca", folder.path, "--front", f":{behind}", *front) as here:
        (pac,) = re.findall(r"^  (http://\S+/proxy\.pac)$", here.out, re.MULTILINE)
        assert f"localhost:{behind} speaks HTTP/1.1." in here.out
        assert "URLSession goes direct without a word" in " ".join(here.out.split())
        assert "set Configure Proxy to Off" in " ".join(here.out.split())
        port = pac.split("/")[2].rpartition(":")[2]
        assert f"Front at https://api.test:{port}/." in here.out
        assert f">{pac}<" in here.get().body.decode()
        got = subprocess.run(
            ["curl", "-q", "-sS", "-x", f"http://{HERE}:{port}", "--cacert", folder.path / "root/cert.pem",
             f"https://api.test:{port}/"],
            capture_output=True, text=True, timeout=clock.PATIENCE, check=True,
        )  # fmt: skip
        assert got.stdout == f"hello from api.test:{port}"
        assert here.get(PROFILE).status == 200
        here.process.send_signal(signal.SIGINT)
        out, err = here.rest()
    assert "The front saw that it works." in out
    assert (
        f"front: It works: the device trusts the test CA. The server behind, localhost:{behind}, said " in err
    )
    assert "publishes" not in err  # loopback alone


def test_a_front_is_in_the_document(trustrig: Trustrig, folder: AuthorityFolder) -> None:
    """With nothing behind, which is said at once."""
    with pages() as behind:
        pass
    args = ("--ca", folder.path, "--front", f":{behind}", "--front-port", "0", "--name", "api.test")
    ran = trustrig("install", "device", "--address", HERE, *args, "--for", "0.3", "--json")
    hold_to_schema(ran.out)
    front = json.loads(ran.out)["front"]
    assert (front["behind"], front["url"][:17]) == (f"http://localhost:{behind}", "https://api.test:")
    assert front["pac"].endswith("/proxy.pac")
    assert "who comes gets a 502 until it does" in ran.err


def test_naming_an_address_publishes_the_server_behind(trustrig: Trustrig, tmp_path: Path) -> None:
    others = [local.address for local in own_addresses() if not ip_address(local.address).is_loopback]
    if not others:
        pytest.skip("this machine has no address but loopback's")
    AuthorityFolder.create(tmp_path / "ca", name="Any CA", at=clock.now())
    args = ("--ca", tmp_path / "ca", "--front", ":9", "--front-port", "0", "--for", "0.3")
    ran = trustrig("install", "device", "--address", others[0], *args)
    said = " ".join((ran.out + ran.err).split())
    assert "this publishes the server behind, http://localhost:9, passwords or none, to everybody" in said
    assert f"An app needs an exception in its Info.plist for {others[0]}" in said


def test_a_front_needs_the_authority_of_the_profile(
    trustrig: Trustrig, folder: AuthorityFolder, tmp_path: Path
) -> None:
    (tmp_path / "mine.mobileconfig").write_bytes(build_profile((folder.root,)))
    args = ("--profile", tmp_path / "mine.mobileconfig", "--ca", tmp_path / "none", "--front", ":3000")
    ran = trustrig("install", "device", "--address", HERE, *args)
    assert (ran.code, ran.out) == (2, "")
    assert "a front needs the authority that the profile installs, and it is not here" in ran.err


def test_a_port_in_use_is_one_clear_error(trustrig: Any, folder: AuthorityFolder) -> None:
    with running("--ca", folder.path) as here:
        ran = trustrig("install", "device", "--address", HERE, "--ca", folder.path, "--port", here.port)
    assert ran.code == 3
    assert f"port {here.port} on {HERE} cannot be had" in ran.err


@ZBAR
def test_a_camera_reads_the_address_off_the_terminal(folder: AuthorityFolder, tmp_path: Path) -> None:
    """What a terminal gets, drawn as a picture of its blocks: dark on light, as the escape sequences ask."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        command("install", "device", "--address", HERE, "--ca", folder.path, "--for", "1.2s"),
        env=environment(), stdin=subprocess.DEVNULL, stdout=follower, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(follower)
    shown = b""
    try:
        while select.select([leader], [], [], 60)[0]:
            try:
                shown += os.read(leader, 65536)
            except OSError:  # the command has left its terminal
                break
    finally:
        os.close(leader)
        process.wait(clock.PATIENCE)
    text = shown.decode().replace("\r", "")
    rows = re.findall(r"^\x1b\[30;107m([ ▀▄█]+)\x1b\[0m$", text, re.MULTILINE)
    assert len(rows[0]) <= 80
    assert len(rows) <= 24
    bits = [[cell in signs for cell in row] for row in rows for signs in ("▀█", "▄█")]
    side = 8
    lines = [
        " ".join("1" if bit else "0" for bit in row for _ in range(side)) for row in bits for _ in range(side)
    ]
    picture = tmp_path / "terminal.pbm"
    picture.write_text(f"P1\n{len(bits[0]) * side} {len(bits) * side}\n" + "\n".join(lines) + "\n")
    read = subprocess.run(
        ["zbarimg", "--quiet", "--raw", str(picture)], capture_output=True, text=True, check=True
    )
    assert read.stdout.strip() == re.search(r"http://\S+/", text)[0]  # type: ignore[index] # it is there


def test_nothing_is_written(folder: AuthorityFolder) -> None:
    """The profile and the test server's key live in memory; the ledger knows nothing of them."""

    def there() -> dict[str, tuple[int, int]]:
        return {
            str(path): (path.stat().st_mtime_ns, stat.S_IMODE(path.stat().st_mode))
            for path in folder.path.rglob("*")
            if path.is_file()
        }

    with running("--client", "alice", "--ca", folder.path):
        pass  # the password that opens alice's files is kept from the first time on
    before = there()
    with running("--client", "alice", "--ca", folder.path) as here:
        here.get(PROFILE)
    assert there() == before


@pytest.mark.slow
@pytest.mark.parametrize("embedded", [True, False], ids=["in the profile", "asked by the device"])
@pytest.mark.parametrize("made", ["by the command", "before"])
def test_a_password_that_travels_in_the_clear_is_said(
    embedded: bool, made: str, folder: AuthorityFolder, trustrig: Trustrig, tmp_path: Path
) -> None:
    others = [
        address
        for address in (local.address for local in own_addresses())
        if not ip_address(address).is_loopback
    ]
    if not others:
        pytest.skip("this machine has no address but loopback's")
    if made == "before":
        identity = ProfileIdentity(folder.identity("alice"), "secret", embed_password=embedded)
        profile = tmp_path / "alice.mobileconfig"
        profile.write_bytes(build_profile((folder.root, *folder.intermediates), identities=[identity]))
        what: tuple[object, ...] = ("--profile", profile)
    else:
        what = ("--client", "alice", *(["--include-password"] if embedded else []))
    for address, travels in ((others[0], embedded), (HERE, False)):
        page = ("--address", address, "--for", "0.6s", "--no-check", "--ca", folder.path)
        ran = trustrig("install", "device", *what, *page)
        assert ("the page is plain HTTP: whoever listens on this network" in ran.err) is travels
