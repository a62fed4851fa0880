"""The control port: tests on this machine switch a front by it, and no web page can."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator

import pytest

from pki.errors import InvalidRequest
from pki.front import ControlPort, NoSuchScenario
from tests import clock
from tests.front.fronts import HERE, Stage, connected, pages


@pytest.fixture
def control() -> Iterator[tuple[ControlPort, list[str]]]:
    shown: list[str] = []

    def switch(id: str) -> None:
        if id == "expierd-leaf":
            raise NoSuchScenario("there is no scenario expierd-leaf", hint="Did you mean expired-leaf?")
        if id == "http-cleartext":
            raise InvalidRequest("http-cleartext has no certificate to show")
        shown.append(id)

    with ControlPort(state=lambda: {"shown": (shown or ["good-ec"])[-1]}, switch=switch) as port:
        yield port, shown


def _say(
    control: ControlPort, method: str, path: str = "/", host: str | None = None, **fields: str
) -> tuple[int, str]:
    connection = http.client.HTTPConnection(HERE, control.port, timeout=clock.PATIENCE)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host if host is not None else f"127.0.0.1:{control.port}")
    for name, value in fields.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_it_tells_the_state_and_switches(control: tuple[ControlPort, list[str]]) -> None:
    port, shown = control
    assert port.url == f"http://127.0.0.1:{port.port}/"
    assert _say(port, "GET") == (200, json.dumps({"shown": "good-ec"}) + "\n")
    assert _say(port, "PUT", "/expired-leaf") == (204, "")
    assert shown == ["expired-leaf"]
    assert json.loads(_say(port, "GET")[1]) == {"shown": "expired-leaf"}
    assert _say(port, "HEAD") == (200, "")


@pytest.mark.parametrize("name", ["localhost", "[::1]"])
def test_the_names_of_loopback_are_its_own(name: str, control: tuple[ControlPort, list[str]]) -> None:
    port, _ = control
    assert _say(port, "GET", host=f"{name}:{port.port}")[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "host", "fields", "status", "said"),
    [
        pytest.param("GET", "/expired-leaf", None, {}, 404, "to switch, say PUT instead of GET", id="a switch by GET"),
        pytest.param("POST", "/expired-leaf", None, {}, 405, "PUT /SCENARIO switches", id="by POST, which pages send"),
        pytest.param("DELETE", "/", None, {}, 405, "GET / tells the state", id="another method"),
        pytest.param("PUT", "/", None, {}, 404, "Name the scenario in the path", id="no scenario"),
        pytest.param("PUT", "/expierd-leaf", None, {}, 404, "Did you mean expired-leaf?", id="none of that name"),
        pytest.param("PUT", "/http-cleartext", None, {}, 409, "has no certificate to show", id="one that cannot be shown"),
        pytest.param("PUT", "/expired-leaf", None, {"Origin": "https://evil.test"}, 403, "not for web pages", id="a page"),
        pytest.param("PUT", "/expired-leaf", None, {"Origin": "null"}, 403, "not for web pages", id="a page without a name"),
        pytest.param("GET", "/", "evil.test:{port}", {}, 403, "not as another host", id="DNS rebinding"),
        pytest.param("PUT", "/expired-leaf", "evil.test:{port}", {}, 403, "not as another host", id="the same, to switch"),
        pytest.param("PUT", "/expired-leaf", "127.0.0.1", {}, 403, "not as another host", id="another port's name"),
        pytest.param("OPTIONS", "/expired-leaf", None, {"Origin": "https://evil.test"}, 403, "", id="a page that asks first"),
    ],
)  # fmt: skip
def test_what_may_not_be_is_one_sentence_and_changes_nothing(
    method: str,
    path: str,
    host: str | None,
    fields: dict[str, str],
    status: int,
    said: str,
    control: tuple[ControlPort, list[str]],
) -> None:
    port, shown = control
    found, text = _say(port, method, path, host and host.format(port=port.port), **fields)
    assert (found, shown) == (status, [])
    assert said in text
    assert len(text.splitlines()) == 1


def test_it_listens_on_loopback_alone(control: tuple[ControlPort, list[str]]) -> None:
    heard = {listener.socket.getsockname()[0] for listener in control[0]._listeners}
    assert heard <= {"127.0.0.1", "::1"}


def test_a_switch_by_it_is_done_when_it_answers(stage: Stage) -> None:
    """From a thread of its own: who was kept alive is closed by then, and a test may ask at once."""
    threads = threading.active_count()
    with pages() as behind, stage.relay(behind) as relay:
        shown = {"good-ec": stage.good, "wrong-host": stage.wrong_host}
        with ControlPort(
            state=lambda: {"shown": relay.shown.label}, switch=lambda id: relay.show(shown[id])
        ) as port:
            kept = connected(stage, relay)
            clock.until(lambda: relay._connections)
            assert _say(port, "PUT", "/wrong-host")[0] == 204
            assert not relay._connections
            kept.close()
            assert json.loads(_say(port, "GET")[1]) == {"shown": "wrong-host"}
    clock.until(lambda: threading.active_count() <= threads)


def test_who_switches_does_not_wait_for_who_asks_for_the_state() -> None:
    """It takes seconds the first time, as every scenario is made for it."""
    asked, known = threading.Event(), threading.Event()
    shown: list[str] = []

    def state() -> dict[str, object]:
        asked.set()
        assert known.wait(clock.PATIENCE)
        return {"shown": shown[-1]}

    with (
        ControlPort(state=state, switch=shown.append) as port,
        socket.create_connection((HERE, port.port), timeout=clock.PATIENCE) as asking,
    ):
        asking.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % port.port)
        asking.shutdown(socket.SHUT_WR)  # it has said all, and waits
        assert asked.wait(clock.PATIENCE)
        assert _say(port, "PUT", "/expired-leaf") == (204, "")
        known.set()
        answer = b""
        while data := asking.recv(65536):
            answer += data
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert json.loads(answer.partition(b"\r\n\r\n")[2]) == {"shown": "expired-leaf"}


def test_a_state_that_cannot_be_told_is_said_and_ends_nothing() -> None:
    def state() -> dict[str, object]:
        raise RuntimeError("of nobody's making")

    with ControlPort(state=state, switch=lambda id: None) as port:
        assert _say(port, "GET")[0] == 500
        assert _say(port, "PUT", "/expired-leaf") == (204, "")
