"""`dev`: from an empty folder to a server that curl trusts, and a second run that changes nothing."""

from __future__ import annotations

import contextlib
import json
import shlex
import signal
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from pki.store import AuthorityFolder
from tests import clock
from tests.shell import Trustrig, command, environment, heeding_interrupts, spawn

CURL = pytest.mark.peer("curl", "apt-get install curl")


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != ".lock"}


def certificate(name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((Path("trustrig-ca/issued") / name / "cert.pem").read_bytes())


@contextlib.contextmanager
def serving(*args: str, cwd: Path) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    """`trustrig dev ARGS --json` while the block lasts, from the moment it listens; and what it answered."""
    process = subprocess.Popen(
        command("dev", *args, "--json"),
        cwd=cwd,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heeding_interrupts,
    )
    try:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or lines[-1].rstrip("\n") != "}":
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            lines.append(line)
        yield json.loads("".join(lines)), process
    finally:
        process.kill()
        process.communicate()


SERVED = [
    pytest.param(("api.test",), id="a .test name"),
    pytest.param(("192.168.1.20",), id="an address of a LAN that is not this machine's"),
    pytest.param(("localhost", "127.0.0.1"), id="this machine"),
    pytest.param(("*.api.test",), id="a wildcard"),
    pytest.param(("fd12::1",), id="an IPv6 address"),
    pytest.param(("api.staging.example",), id="a name of the Internet"),
]


@CURL
@pytest.mark.parametrize("names", SERVED)
def test_from_an_empty_folder_to_the_commands_it_prints(
    names: tuple[str, ...], here: Path, tmp_path: Path
) -> None:
    with serving(*names, "--serve", "0", cwd=here) as (document, _):
        assert document["authority_made"] is True
        assert document["identity"] == "issued"
        assert document["findings"] == []
        by_what = {step["what"]: shlex.split(step["command"]) for step in document["next"]}
        curl = subprocess.run(
            [*by_what["ask it from this machine"], "--silent", "--show-error", "--noproxy", "*"],
            cwd=here,
            capture_output=True,
            text=True,
            check=False,
        )
        assert curl.returncode == 0, curl.stderr
        assert f"{document['name']}: TLS works here" in curl.stdout
        judged = spawn(*by_what["would an Apple client trust it"][1:], cwd=here)
        assert (judged.code, "trusted at" in judged.out) == (0, True), judged.err


@CURL
def test_who_does_not_trust_the_root_is_told_in_the_log_and_ctrl_c_ends_it(here: Path) -> None:
    with serving("localhost", "--serve", "0", cwd=here) as (document, process):
        ran = subprocess.run(
            ["curl", "--silent", "--noproxy", "*", document["serving"]["url"]],
            capture_output=True,
            check=False,
        )
        assert ran.returncode == 60  # the peer's certificate cannot be authenticated
        assert process.stderr is not None
        told = [process.stderr.readline() for _ in range(2)]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=clock.PATIENCE)
    assert told[0].startswith("Serving HTTPS on 127.0.0.1 and ::1, port ")
    assert "does not trust the root. Trust the root there; on a phone: trustrig install device\n" in told[1]
    assert (process.returncode, out) == (130, ""), err


def test_it_ends_when_its_time_is_up(here: Path) -> None:
    ran = spawn("dev", "localhost", "--serve", "0", "--for", "0.2", cwd=here)
    assert (ran.code, "Serving HTTPS on 127.0.0.1 and ::1, port " in ran.err) == (0, True)


def test_a_second_run_changes_nothing(trustrig: Trustrig, here: Path) -> None:
    assert trustrig("dev", "api.test", "192.168.1.20").code == 0
    before = files(here)
    ran = trustrig("dev", "api.test")
    assert (ran.code, "api.test is there already" in ran.out) == (0, True)
    assert json.loads(trustrig("dev", "api.test", "192.168.1.20", "--json").out)["identity"] == "kept"
    assert files(here) == before


def test_names_that_are_lacking_come_beside_those_that_are_there(trustrig: Trustrig, here: Path) -> None:
    assert trustrig("dev", "api.test", "mac.local").code == 0
    old = certificate("api.test")
    document = json.loads(trustrig("dev", "api.test", "10.0.0.1", "--json").out)
    assert (document["identity"], document["names"]) == ("extended", ["api.test", "mac.local", "10.0.0.1"])
    assert certificate("api.test").public_key() == old.public_key()
    (kept,) = (here / "trustrig-ca/superseded").glob("api.test.*")
    assert x509.load_pem_x509_certificate((kept / "cert.pem").read_bytes()) == old


def test_one_that_expired_is_issued_again_with_its_names_and_its_key(trustrig: Trustrig, here: Path) -> None:
    assert trustrig("init", "--lan").code == 0
    span = ("--not-before", "-3d", "--not-after", "-1d")
    assert trustrig("issue", "server", "api.test", "mac.local", *span).code == 0
    old = certificate("api.test")
    document = json.loads(trustrig("dev", "api.test", "--json").out)
    assert (document["identity"], document["names"]) == ("renewed", ["api.test", "mac.local"])
    assert certificate("api.test").public_key() == old.public_key()
    assert document["findings"] == []


def test_the_authority_that_is_there_is_used(trustrig: Trustrig, here: Path) -> None:
    assert trustrig("init", "--permit", "test", "--ca", "mine").code == 0
    before = AuthorityFolder.open(here / "mine").root
    ran = trustrig("dev", "api.test", "--ca", "mine")
    assert (ran.code, ran.out.startswith("Using the authority in mine.\n")) == (0, True)
    assert "trustrig install device --ca mine\n" in ran.out
    ran = trustrig("dev", "192.168.1.20", "--ca", "mine")
    assert ran.code == 2
    assert "\n  trustrig init --lan --ca mine-lan\n  trustrig dev 192.168.1.20 --ca mine-lan\n" in ran.err
    assert AuthorityFolder.open(here / "mine").root == before


def test_a_name_of_the_internet_is_all_that_is_permitted_beyond_a_lan(trustrig: Trustrig) -> None:
    ran = trustrig("dev", "api.staging.example", "localhost")
    assert (ran.code, ran.err) == (
        0,
        "note: beside a local network's names this authority certifies api.staging.example\n",
    )
    assert trustrig("issue", "server", "www.staging.example").code == 2


REFUSED = [
    pytest.param(("alice",), "alice is there already, and is client", id="a client of that name"),
    pytest.param(("signing.test",), "for other purposes than TLS", id="a server for something else"),
    pytest.param(("gone.test",), "trustrig renew gone.test\n", id="one that was revoked"),
    pytest.param(("https://api.test",), "Did you mean api.test?", id="a URL"),
    pytest.param(("api.test", "--listen", "127.0.0.1"), "Add --serve PORT", id="listening without serving"),
    pytest.param(("api.test", "--for", "1d"), "--for says how long to serve", id="a time without serving"),
    pytest.param(
        ("api.test", "--serve", "0", "--listen", "0.0.0.0"), "every address at once", id="everywhere"
    ),
    pytest.param(
        ("api.test", "--serve", "0", "--listen", "203.0.113.9"),
        "not an address of this machine",
        id="elsewhere",
    ),
    pytest.param(("api.test", "--serve", "70000"), "65535", id="no port"),
]


@pytest.mark.parametrize(("args", "says"), REFUSED)
def test_what_cannot_be_served_is_refused_and_nothing_is_changed(
    args: tuple[str, ...], says: str, trustrig: Trustrig, here: Path
) -> None:
    assert trustrig("init", "--lan").code == 0
    assert trustrig("issue", "client", "alice").code == 0
    assert trustrig("issue", "server", "signing.test", "--eku", "codeSigning").code == 0
    assert trustrig("issue", "server", "gone.test").code == 0
    assert trustrig("revoke", "gone.test").code == 0
    before = files(here)
    ran = trustrig("dev", *args)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
    assert files(here) == before


def test_for_what_is_no_server_s_name_nothing_is_made(trustrig: Trustrig, here: Path) -> None:
    ran = trustrig("dev", "alice@api.test")
    assert (ran.code, "names a person" in ran.err) == (2, True)
    assert list(here.iterdir()) == []


def test_a_port_that_is_taken_is_an_error_that_names_it(trustrig: Trustrig) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        ran = trustrig("dev", "localhost", "--serve", str(port))
    assert (ran.code, f"port {port} on 127.0.0.1 cannot be had" in ran.err) == (3, True)


def test_what_a_manifest_declared_is_left_to_it(trustrig: Trustrig, here: Path) -> None:
    (here / "pki.toml").write_text(
        '[ca.lan]\nfolder = "trustrig-ca"\npermit = ["test", "localhost"]\n[server.api]\nca = "lan"\nnames = ["api.test"]\n'
    )
    assert trustrig("apply", "pki.toml").code == 0
    name = next(row.name for row in AuthorityFolder.open(here / "trustrig-ca").rows())
    before = files(here)
    assert trustrig("dev", name).code in (0, 2)
    ran = trustrig("dev", name, "localhost")
    assert ran.code == 2, ran.out
    assert "declared in a manifest" in ran.err
    assert files(here) == before


def test_a_path_that_would_mean_something_else_to_a_server_is_not_printed_for_it(
    trustrig: Trustrig, here: Path
) -> None:
    ran = trustrig("dev", "api.test", "--ca", "odd$name")
    assert ran.code == 0
    assert "ssl_certificate" not in ran.out
    assert "trustrig export pem api.test --layout apache -o server/ --ca 'odd$name'\n" in ran.out


def test_several_at_once_make_one_authority_and_one_identity(here: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        ran = list(pool.map(lambda _: spawn("dev", "api.test", cwd=here), range(4)))
    assert [one.code for one in ran] == [0] * 4, [one.err for one in ran]
    assert sum("Made an authority" in one.out for one in ran) == 1
    assert len(AuthorityFolder.open(here / "trustrig-ca").rows()) == 1


def test_an_address_in_brackets_is_no_pattern_of_a_shells(trustrig: Trustrig, here: Path) -> None:
    """In zsh, which a Mac has, one that matches nothing is an error."""
    told = trustrig("dev", "::1").out
    assert "curl --cacert trustrig-ca/root/cert.pem 'https://[::1]:8443/'\n" in told
    assert "trustrig evaluate 'https://[::1]:8443' --anchor trustrig-ca\n" in told
