"""A front in use: what passes, what a switch does, what is known afterwards, who is turned away."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from pki.errors import InvalidRequest
from pki.front import Relay, ServerBehind, Shown, Speaks
from pki.handshake import ChainsTo, ServerSettings
from pki.model.stages import Ending
from pki_fixtures.connection_report import connection_line, relayed_document
from tests import clock
from tests.front.fronts import HERE, HOST, Redirects, Stage, connected, curl, pages
from tests.handshake.programs import export
from tests.report.test_schemas import validator
from tests.servers import free_port


def _ask(peer: ssl.SSLSocket) -> bytes:
    peer.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    answer = b""
    while not answer.endswith(f"hello from {HOST}".encode()) and (piece := peer.recv(65536)):
        answer += piece
    return answer


@pytest.mark.peer("curl", "apt-get install curl")
def test_a_request_passes_as_it_is_and_is_told_of(stage: Stage) -> None:
    with pages() as port, stage.relay(port) as relay:
        assert relay.speaks is Speaks.HTTP1
        ran = curl(stage, relay)
        assert (ran.returncode, ran.stdout) == (0, f"hello from {HOST}:{relay.port}")
        (one,) = relay.wait_for(1)
    assert (one.label, one.client, one.answer, one.remark) == ("good-ec", HERE, "HTTP/1.1 200 OK", "")
    assert one.received > 50
    assert one.sent > len(ran.stdout)
    document = relayed_document(one, at=stage.at)
    validator("trustrig.visit/1").validate(document)
    assert (document["outcome"], document["http_status"]) == ("accepted", 200)
    assert f"from 127.0.0.1, {one.received} bytes in, {one.sent} out" in " ".join(
        connection_line(document).split()
    )


@pytest.mark.peer("curl", "apt-get install curl")
def test_a_client_that_dislikes_the_name_and_leaves_is_not_called_content(stage: Stage) -> None:
    with pages() as port, stage.relay(port, shown=stage.wrong_host) as relay:
        assert curl(stage, relay).returncode == 60
        (one,) = relay.wait_for(1)
    assert one.record is not None
    document = relayed_document(one, at=stage.at)
    assert (document["outcome"], document["code"]) == ("left", "left-without-asking")
    assert "wrong-host: left without a request" in " ".join(connection_line(document).split())


def test_a_switch_closes_who_is_kept_alive_and_later_ones_get_the_other(stage: Stage) -> None:
    with pages() as port, stage.relay(port) as relay:
        kept = connected(stage, relay)
        assert b"200 OK" in _ask(kept)
        assert b"200 OK" in _ask(kept)
        relay.show(stage.wrong_host)
        assert relay.shown is stage.wrong_host
        with (
            kept,
            contextlib.suppress(OSError),
        ):  # an end without close_notify: nothing that was said is whole by it
            assert kept.recv(1) == b""
        with pytest.raises(ssl.SSLCertVerificationError):
            connected(stage, relay)
        relay.show(stage.good)
        with connected(stage, relay) as again:
            assert b"200 OK" in _ask(again)
        closed, refused, _ = relay.wait_for(3)
        assert relay.connection_count == 3
    assert closed.remark == "closed by the switch to wrong-host"
    assert refused.label == "wrong-host"


def test_what_openssl_will_not_serve_is_not_shown_and_the_old_one_stays(stage: Stage) -> None:
    identity = stage.good.settings.identity
    with stage.relay(1, client_roots=(stage.authority.root,)) as relay:
        own = ServerSettings(identity=identity, policy=ChainsTo((stage.authority.root,)))
        with pytest.raises(InvalidRequest, match="asks for client certificates by its own CA"):
            relay.show(Shown("mtls-good", own, HOST))
        assert relay.shown is stage.good


@pytest.mark.peer("curl", "apt-get install curl")
def test_mutual_tls_stands_before_a_server_that_knows_nothing_of_it(stage: Stage, tmp_path: Path) -> None:
    folder = tmp_path / "alice"
    export(stage.alice, folder)
    with pages() as port, stage.relay(port, client_roots=(stage.authority.root,)) as relay:
        without = curl(stage, relay)
        assert without.returncode != 0
        shown = curl(stage, relay, "--cert", f"{folder}/fullchain.pem", "--key", f"{folder}/key.pem")
        assert shown.returncode == 0, shown.stderr
        refused, taken = relay.wait_for(2)
    assert relayed_document(refused, at=stage.at)["alert"] == {"number": 116, "name": "certificate_required"}
    document = relayed_document(taken, at=stage.at)
    assert "alice" in connection_line(document)
    assert refused.received == 0


@pytest.mark.peer("curl", "apt-get install curl")
def test_a_server_that_is_away_is_said_at_the_start_and_to_who_comes_until_it_is_there(stage: Stage) -> None:
    with socket.create_server((HERE, 0)) as taken:
        port = taken.getsockname()[1]
    with stage.relay(port, port=free_port()) as relay:  # the system may give out again what was just closed
        assert relay.speaks is Speaks.NOTHING
        assert (
            relay.behind_text
            == f"Nothing listens at 127.0.0.1:{port} yet: who comes gets a 502 until it does."
        )
        ran = curl(stage, relay, "-w", "%{http_code}")
        assert ran.stdout.endswith("502")
        assert f"the server behind, 127.0.0.1:{port}, cannot be reached: nothing listens there " in ran.stdout
        with pages(port=port):
            clock.until(lambda: relay.speaks is Speaks.HTTP1)
            assert curl(stage, relay).stdout.startswith("hello")
    first = relay.connections[0]
    assert relayed_document(first, at=stage.at)["http_status"] == 502


@pytest.mark.peer("curl", "apt-get install curl")
def test_plain_http_is_told_what_the_port_speaks(stage: Stage) -> None:
    with stage.relay(1) as relay:
        ran = subprocess.run(
            ["curl", "-sS", "-w", "%{http_code}", "--noproxy", "*", f"http://{HERE}:{relay.port}/"],
            capture_output=True, text=True, check=True, timeout=clock.PATIENCE,
        )  # fmt: skip
        (one,) = relay.wait_for(1)
        assert relay.connection_count == 0
    assert ran.stdout == "This trustrig front speaks TLS: say https.\n400"
    document = relayed_document(one, at=stage.at)
    validator("trustrig.visit/1").validate(document)
    assert (document["outcome"], document["code"]) == ("broken", "plain-http")


def test_who_is_not_named_may_not_come(stage: Stage) -> None:
    with stage.relay(1, only=("192.0.2.7",)) as relay:
        with socket.create_connection((HERE, relay.port), timeout=clock.PATIENCE) as turned_away:
            assert turned_away.recv(1) == b""
        (one,) = relay.wait_for(1)
    assert (one.record, one.ending) == (None, Ending.REFUSED)
    assert one.remark == "this address is not among those that may come"


def test_it_listens_on_loopback_unless_an_address_is_named(stage: Stage) -> None:
    with stage.relay(1) as relay:
        assert set(relay.addresses) <= {"127.0.0.1", "::1"}
        heard = [listener.socket.getsockname()[0] for listener in relay._listeners]
    assert set(heard) <= {"127.0.0.1", "::1"}


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_every_address_at_once_is_none(address: str, stage: Stage) -> None:
    with pytest.raises(InvalidRequest, match=f"{address} would be every address at once"):
        stage.relay(1, addresses=(address,))


def test_a_front_of_itself_is_refused(stage: Stage) -> None:
    with socket.create_server((HERE, 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(InvalidRequest, match=f"127.0.0.1:{port} would be this front and the server"):
        stage.relay(port, port=port).__enter__()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("http://localhost:3000", "localhost:3000", id="a URL"),
        pytest.param(":3000", "localhost:3000", id="a port of this machine"),
        pytest.param("3000", "localhost:3000", id="the same without its colon"),
        pytest.param("127.0.0.1:3000", "127.0.0.1:3000", id="an address and a port"),
        pytest.param("http://[::1]:3000/", "[::1]:3000", id="IPv6"),
        pytest.param("http://api", "api:80", id="HTTP's own port"),
    ],
)
def test_a_server_behind_is_read(text: str, place: str) -> None:
    assert ServerBehind.parse(text).place == place


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("https://localhost:3000", "speaks TLS itself", id="TLS"),
        pytest.param("http://localhost:3000/api", "more than a host and a port", id="a path"),
        pytest.param("http://me:secret@localhost:3000", "more than a host and a port", id="a login"),
        pytest.param("ftp://localhost", "no scheme that a front passes on", id="another scheme"),
        pytest.param("localhost", "names no port", id="no port"),
        pytest.param("http://", "names no host", id="no host"),
        pytest.param(":99999", "its port is not a number from 1 to 65535", id="no such port"),
        pytest.param(":x", "its port is not a number", id="a port that is no number"),
        pytest.param("::1:3000", "stands in brackets", id="IPv6 without brackets"),
        pytest.param("http://me:secret@::1:3000", "stands in brackets", id="the same with a login"),
        pytest.param("https://me:secret@localhost:3000", "speaks TLS itself", id="TLS with a login"),
        pytest.param("ftp://me:secret@localhost:3000", "no scheme", id="another scheme with a login"),
        pytest.param("http://me:secret@[::1:3000", "stands in brackets", id="half a bracket with a login"),
        pytest.param("[::1", "stands in brackets", id="half a bracket"),
        pytest.param(":0", "has port 0", id="port 0"),
        pytest.param(
            "unix:/tmp/app.sock", "UNIX-CONNECT:/tmp/app.sock", id="a Unix socket, as Docker writes it"
        ),
        pytest.param("unix:///tmp/app.sock", "UNIX-CONNECT:/tmp/app.sock", id="a Unix socket's URL"),
        pytest.param("/tmp/app.sock", "'/tmp/app.sock' is a Unix socket, and a front reaches", id="a path"),
        pytest.param("./app.sock", "UNIX-CONNECT:./app.sock", id="a path from here"),
    ],
)
def test_what_is_no_server_behind_is_one_clear_error(text: str, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said) as refused:
        ServerBehind.parse(text)
    assert "secret" not in str(refused.value)


def test_time_has_a_zone(stage: Stage, at: datetime) -> None:
    with pytest.raises(InvalidRequest, match="no time zone"):
        Relay(ServerBehind(HERE, 1), stage.good, at=at.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("to", "told"),
    [
        pytest.param("http://localhost:3000", True, id="past the front"),
        pytest.param("http://api.test:8443", True, id="to the front, in the clear"),
        pytest.param("https://api.test:8443", False, id="through the front"),
        pytest.param("", False, id="wherever it was asked"),
    ],
)
@pytest.mark.peer("curl", "apt-get install curl")
def test_a_redirect_that_leads_past_the_front_is_told_of(to: str, told: bool, stage: Stage) -> None:
    with pages(Redirects) as port, stage.relay(port) as relay:
        ran = curl(stage, relay, "-w", "%{redirect_url}", "--path-as-is", path=f"/{to}")
        (one,) = relay.wait_for(1)
    assert ran.stdout.endswith("/login")
    words = f"the server behind redirects to {to}/login, past the front and without TLS"
    assert one.remark.startswith(words) is told
    assert bool(one.remark) is told
