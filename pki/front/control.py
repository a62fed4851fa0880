"""A port on loopback by which tests on this machine switch a front: GET / tells the state, PUT /SCENARIO switches.

No web page may steer it: nothing changes by GET or POST, which pages send elsewhere unasked; PUT of a page is asked
for first (CORS), and whatever names an Origin is refused. `Host` must name loopback, or a name that was made to lead
here (DNS rebinding) would be as good.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pki.errors import InvalidRequest, PkiError
from pki.handshake.serving.http_end import HttpEnd, Reply
from pki.handshake.serving.http_messages import HttpRequest, HttpResponse, plain
from pki.handshake.serving.listeners import LOOPBACK, LOOPBACK6, ListenAddress
from pki.handshake.serving.server_loop import ConnectionLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_HEAD = 8 * 1024  # bytes of a request
DEADLINE = 30.0  # seconds
_JSON = "application/json"
_NAMES = (LOOPBACK, "localhost", f"[{LOOPBACK6}]")


class NoSuchScenario(InvalidRequest):
    """What was to be shown is no scenario, or none that can be shown here."""


class ControlPort(ConnectionLoop[HttpEnd]):
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
        listen = ListenAddress(
            new_end=lambda *_: HttpEnd(self._answer, max_head=MAX_HEAD),
            addresses=(LOOPBACK, LOOPBACK6),
            port=port,
        )
        super().__init__(listen, deadline=DEADLINE)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{LOOPBACK}:{self.port}/"

    def _answer(self, asked: HttpRequest | HttpResponse) -> Reply:
        return Reply(asked if isinstance(asked, HttpResponse) else self._response(asked))

    def _response(self, asked: HttpRequest) -> HttpResponse:
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
        body = json.dumps(self._state(), ensure_ascii=False).encode() + b"\n"
        return HttpResponse(HTTPStatus.OK, body, _JSON)

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
