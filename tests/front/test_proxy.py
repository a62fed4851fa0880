"""The same port as a proxy: by CONNECT and by a PAC, for the front's name and no other."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest

from pki.errors import InvalidRequest
from pki.front import Relay, Shown
from pki.front.first_bytes import pac_for
from pki_fixtures.connection_report import connection_line, relayed_document
from tests import clock
from tests.front.fronts import HERE, HOST, Stage, pages
from tests.handshake.browser import CERTUTIL, CHROMIUM, FLAGS, Browser
from tests.report.test_schemas import validator

CURL = pytest.mark.peer("curl", "apt-get install curl")
NODE = pytest.mark.peer("node", "apt-get install nodejs")


def _curl(stage: Stage, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["curl", "-sS", "--max-time", str(clock.PATIENCE), "--cacert", str(stage.root), *options],
        capture_output=True, text=True, check=False, timeout=clock.AGES,
    )  # fmt: skip


def _raw(relay: Relay, data: bytes) -> bytes:
    with socket.create_connection((HERE, relay.port), timeout=clock.PATIENCE) as raw:
        raw.sendall(data)
        said = b""
        while piece := raw.recv(65536):
            said += piece
    return said


@CURL
def test_a_client_with_a_proxy_needs_no_name_server(stage: Stage) -> None:
    with pages() as port, stage.relay(port, proxy=True) as relay:
        ran = _curl(stage, "-x", f"http://{HERE}:{relay.port}", f"https://{HOST}/")
        assert (ran.returncode, ran.stdout) == (0, f"hello from {HOST}")
        relay.show(stage.wrong_host)
        refused = _curl(stage, "-x", f"http://{HERE}:{relay.port}", f"https://{HOST}/")
        assert refused.returncode == 60
        taken, left = relay.wait_for(2)
        assert relay.connection_count == 2
    assert (taken.asked, taken.answer) == (HOST, "HTTP/1.1 200 OK")
    assert relayed_document(left, at=stage.at)["outcome"] == "left"


@CURL
def test_another_name_is_refused_and_told_of(stage: Stage) -> None:
    with stage.relay(1, proxy=True) as relay:
        ran = _curl(stage, "-x", f"http://{HERE}:{relay.port}", "https://mail.example.com/")
        assert "403" in ran.stderr
        (one,) = relay.wait_for(1)
        assert (relay.connections, relay.connection_count) == ((), 0)
    assert one.remark == "asked for mail.example.com by CONNECT, which this front does not serve"
    document = relayed_document(one, at=stage.at)
    validator("trustrig.visit/1").validate(document)
    assert (document["outcome"], document["refused_by"]) == ("refused", "server")
    assert "mail.example.com" in " ".join(connection_line(document).split())


def test_a_front_that_is_no_proxy_refuses_and_has_no_pac(stage: Stage) -> None:
    with stage.relay(1) as relay:
        assert _raw(relay, f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n".encode()).startswith(
            b"HTTP/1.1 403 "
        )
        asked = f"GET /proxy.pac HTTP/1.1\r\nHost: {HERE}:{relay.port}\r\n\r\n"
        assert _raw(relay, asked.encode()).startswith(b"HTTP/1.1 400 ")
        connect, _ = relay.wait_for(2)
    assert connect.remark == f"asked for {HOST} by CONNECT, and this front is no proxy"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        pytest.param("{here}:{port}", b"200", id="the address it listens on"),
        pytest.param("evil.test:{port}", b"403", id="a name that was made to lead here"),
        pytest.param("{here}", b"403", id="another port"),
    ],
)
def test_the_pac_is_for_who_knows_where_it_is(host: str, status: bytes, stage: Stage) -> None:
    with stage.relay(1, proxy=True, addresses=(HERE,)) as relay:
        assert relay.proxy_url == f"http://{HERE}:{relay.port}/proxy.pac"
        named = host.format(here=HERE, port=relay.port)
        answer = _raw(relay, f"GET /proxy.pac HTTP/1.1\r\nHost: {named}\r\n\r\n".encode())
        (one,) = relay.wait_for(1)
        if status == b"200":
            assert b"Content-Type: application/x-ns-proxy-autoconfig\r\n" in answer
            assert answer.endswith(pac_for({HOST}, f"{HERE}:{relay.port}").encode())
            assert one.remark == "the PAC was fetched"
            document = relayed_document(one, at=stage.at)
            validator("trustrig.visit/1").validate(document)
            assert (document["outcome"], document["code"]) == ("answered", "pac-fetched")
            assert "accepted" not in connection_line(document)
    assert answer.startswith(b"HTTP/1.1 " + status)


@NODE
@pytest.mark.parametrize(
    ("host", "way"),
    [
        pytest.param("api.test", "PROXY 192.0.2.7:8443", id="the name"),
        pytest.param("API.test", "PROXY 192.0.2.7:8443", id="in capitals"),
        pytest.param("mail.api.test", "DIRECT", id="below it"),
        pytest.param("example.com", "DIRECT", id="another"),
        pytest.param("constructor", "DIRECT", id="a word that every object of JavaScript has"),
    ],
)
def test_the_pac_leads_one_name_here_and_all_others_past_it(host: str, way: str) -> None:
    script = pac_for({"api.test"}, "192.0.2.7:8443")
    asked = f"{script}; console.log(FindProxyForURL('https://x/', {host!r}))"
    done = subprocess.run(
        ["node", "-e", asked], capture_output=True, text=True, check=True, timeout=clock.PATIENCE
    )
    assert done.stdout.strip() == way


def test_names_below_local_are_asked_of_no_proxy(stage: Stage) -> None:
    shown = Shown("good-ec", stage.good.settings, "printer.local")
    with pytest.raises(InvalidRequest, match=r"below \.local, and iOS asks no proxy"):
        stage.relay(1, proxy=True, shown=shown)


@CHROMIUM
@CERTUTIL
def test_chromium_comes_by_the_pac(stage: Stage, tmp_path: Path) -> None:
    browser = Browser.create(tmp_path / "home", trusting=stage.root)
    with pages() as port, stage.relay(port, proxy=True) as relay:
        for shown, said in (
            (stage.good, f"hello from {HOST}"),
            (stage.wrong_host, "ERR_CERT_COMMON_NAME_INVALID"),
        ):
            relay.show(shown)
            flags = [flag for flag in FLAGS if flag != "--no-proxy-server"]
            done = subprocess.run(
                ["chromium", *flags, "--enable-logging=stderr", f"--proxy-pac-url={relay.proxy_url}",
                 f"--user-data-dir={tmp_path / shown.label}", "--dump-dom", f"https://{HOST}/"],
                capture_output=True, text=True, errors="replace", timeout=clock.PATIENCE, check=False,
                env={"HOME": str(browser.home), "PATH": "/usr/bin:/bin"},
            )  # fmt: skip
            assert said in done.stdout + done.stderr
        assert any(one.asked == HOST and one.answer == "HTTP/1.1 200 OK" for one in relay.connections)
        assert any(one.remark == "the PAC was fetched" for one in relay.finished_since(0, timeout=0)[1])
