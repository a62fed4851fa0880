"""A port on loopback by which tests on this machine switch a front: GET / tells the state, PUT /SCENARIO switches.

No web page may steer it: nothing changes by GET or POST, which pages send elsewhere unasked; PUT of a page is asked
for first (CORS), and whatever names an Origin is refused. `Host` must name loopback, or a name that was made to lead
here (DNS rebinding) would be as good.
"""

from __future__ import annotations

import json
import threading
from http import HTTPStatus
from queue import SimpleQueue
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote

from pki.errors import InvalidRequest, PkiError
from pki.handshake.serving.connection import AnsweringConnection
from pki.handshake.serving.contained_errors import contained
from pki.handshake.serving.http_end import HttpEnd, Reply
from pki.handshake.serving.http_messages import HttpRequest, HttpResponse, plain
from pki.handshake.serving.listeners import LOOPBACK, LOOPBACK6, MAX_INPUT, ListenAddress, Listener
from pki.handshake.serving.server_loop import ConnectionLoop

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

MAX_HEAD = 8 * 1024  # bytes of a request
DEADLINE = 30.0  # seconds
_JSON = "application/json"
_NAMES = (LOOPBACK, "localhost", f"[{LOOPBACK6}]")


class NoSuchScenario(InvalidRequest):
    """What was to be shown is no scenario, or none that can be shown here."""


class _ControlEnd(HttpEnd):
    """One request: ANSWER gives its response, or None, and TELL the state later."""

    def __init__(
        self,
        answer: Callable[[HttpRequest], HttpResponse | None],
        tell: Callable[[_ControlEnd], None],
    ) -> None:
        def reply(asked: HttpRequest | HttpResponse) -> Reply | None:
            response = asked if isinstance(asked, HttpResponse) else answer(asked)
            if response is None:
                tell(self)
                return None
            return Reply(response)

        super().__init__(reply, max_head=MAX_HEAD)


class _ControlConnection(AnsweringConnection[_ControlEnd]):
    """Hears nothing while it waits for the state: who has said all is not gone."""

    __slots__ = ()

    @property
    def waiting(self) -> Iterable[tuple[socket.socket, int]]:
        """Its one wire."""
        return ((self.peer, 0),) if self.end.pending else super().waiting


class ControlPort(ConnectionLoop[_ControlEnd]):
    """Listens on loopback while the `with` block lasts; STATE makes what GET / answers, SWITCH is called with an id.

    SWITCH raises NoSuchScenario, which is answered with 404, or another PkiError, with 409; its sentences are told.

    Raises:
        HandshakeError: the port cannot be had (raised on entering).
    """

    def __init__(
        self,
        *,
        state: Callable[[], Mapping[str, object]],
        switch: Callable[[str], None],
        port: int = 0,
    ) -> None:
        self._state = state
        self._switch = switch
        listen: ListenAddress[_ControlEnd] = ListenAddress(
            new_end=lambda *_: _ControlEnd(self._answer, self._asking.put),
            addresses=(LOOPBACK, LOOPBACK6),
            port=port,
        )
        super().__init__(listen, deadline=DEADLINE)

    def __enter__(self) -> Self:
        # The state may take seconds the first time, and who switches is not to wait for who asks.
        self._asking: SimpleQueue[_ControlEnd | None] = SimpleQueue()
        super().__enter__()
        self._telling = threading.Thread(target=self._tell, name="trustrig:state", daemon=True)
        self._telling.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._asking.put(None)
        self._telling.join()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{LOOPBACK}:{self.port}/"

    def _tell(self) -> None:
        """Give the state to whoever waits for it, one after the other."""
        while (end := self._asking.get()) is not None:
            if not self._stopping:
                self._tell_one(end)

    def _tell_one(self, end: _ControlEnd) -> None:
        response = plain(HTTPStatus.INTERNAL_SERVER_ERROR)
        with contained(LOOPBACK):
            body = json.dumps(self._state(), ensure_ascii=False).encode() + b"\n"
            response = HttpResponse(HTTPStatus.OK, body, _JSON)
        self.speak(end, lambda: end.give(Reply(response)))

    def _new_connection(
        self, peer: socket.socket, client: str, listener: Listener[_ControlEnd]
    ) -> _ControlConnection:
        end = listener.opened_for.new_end(listener.address, client)
        return _ControlConnection(peer, client, end, deadline=DEADLINE, max_input=MAX_INPUT)

    def _answer(self, asked: HttpRequest) -> HttpResponse | None:
        """The response to what was ASKED; None where that is the state."""
        if any(name == b"origin" for name, _ in asked.headers):
            return plain(
                HTTPStatus.FORBIDDEN, "This port is for tests on this machine, and not for web pages."
            )
        host = asked.header(b"host").lower()
        if host not in {f"{name}:{self.port}" for name in _NAMES}:
            return plain(
                HTTPStatus.FORBIDDEN, f"Ask for this port as 127.0.0.1:{self.port}, not as another host."
            )
        if asked.method == "PUT":
            return self._put(unquote(asked.path.removeprefix("/")))
        if asked.method not in ("GET", "HEAD"):
            text = "GET / tells the state, PUT /SCENARIO switches."
            return plain(HTTPStatus.METHOD_NOT_ALLOWED, text, ("Allow", "GET, HEAD, PUT"))
        if asked.path != "/":
            return plain(HTTPStatus.NOT_FOUND, "GET / tells the state; to switch, say PUT instead of GET.")
        return None

    def _put(self, id: str) -> HttpResponse:
        if not id:
            return plain(HTTPStatus.NOT_FOUND, "Name the scenario in the path: PUT /expired-leaf.")
        try:
            self._switch(id)
        except NoSuchScenario as error:
            return plain(HTTPStatus.NOT_FOUND, str(error))
        except PkiError as error:
            return plain(HTTPStatus.CONFLICT, str(error))
        return HttpResponse(HTTPStatus.NO_CONTENT, b"")
