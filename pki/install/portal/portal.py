"""One handing over: the page's server, the test server beside it, and when both are done."""

from __future__ import annotations

import contextlib
import threading
from datetime import datetime
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING, Self

from cryptography.hazmat.primitives.serialization import Encoding

from pki.handshake.serving.http_end import HttpEnd, Reply
from pki.handshake.serving.http_messages import HTML, HttpRequest, HttpResponse, plain
from pki.handshake.serving.listeners import ListenAddress
from pki.handshake.serving.server_loop import ConnectionLoop
from pki.install.portal.device_check import CheckOutcome
from pki.install.portal.downloads import Download, DownloadCounter, Exhausted, InUse
from pki.install.portal.events import Event, EventLog
from pki.install.portal.front_check import FrontCheck, FrontServer
from pki.install.portal.page import handover_page
from pki.install.portal.page_contents import FrontWords, PageContents
from pki.install.portal.result_pages import NO_CONNECTION, exhausted_page, result_text
from pki.install.portal.secret_paths import METHODS, NOT_ALLOWED, NOWHERE, below_token, new_token
from pki.install.portal.style_and_script import policy
from pki.install.portal.test_server import CheckServer
from pki.install.portal.user_agent import user_agent_in
from pki.model.hosts import in_url
from pki.model.transcript import certificate_seen

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from pki.handshake.ends.end_record import Ended
    from pki.install.portal.device_check import CheckResult, DeviceCheck
    from pki.install.portal.handout import ProfileHandout

PROFILE, CERTIFICATE = "test-ca.mobileconfig", "test-ca.cer"
PROFILE_TYPE = "application/x-apple-aspen-config"
CERTIFICATE_TYPE = "application/x-x509-ca-cert"
DEADLINE = 15.0  # seconds for question and answer; a profile has some kilobytes
MAX_HEAD = 8 * 1024  # bytes of request line and fields; browsers on a LAN send about 500
EACH = 48  # connections of one client at once; a browser keeps six to a server
AFTER_THE_LAST = 600.0  # seconds: the 8 minutes a device leaves for the install, and some to try it
# Seconds of one wait: Ctrl-C that comes between CPython's look at signals and the wait itself does not end that wait.
_PULSE = 1.0
_SEEN = "seen"

_NOT_TOLD_AT_ONCE = (CheckOutcome.LEFT, CheckOutcome.NOT_ASKED)


class PortalEnd(StrEnum):
    """Why a handing over is over."""

    TIME = "the time is up"
    DONE = "everything was given out"


class Portal:
    """Serves a page, the profile and a test server on ADDRESS while the `with` block lasts.

        with Portal(handout, address="192.168.1.20", device_check=device_check, clock=clock) as portal:
            ...  # open portal.url on the device
            portal.wait(900)

    Plain HTTP, since nothing this machine could show over TLS is trusted before the profile is installed. The address
    of the page holds a random `token`; who does not know it learns nothing. Without `device_check` there is no test
    server. `port` 0 lets the system choose. `clock` gives the time of events and the test server's own.

    Raises:
        HandshakeError: the port or the address cannot be had (raised on entering).
    """

    def __init__(
        self,
        handout: ProfileHandout,
        *,
        address: str,
        clock: Callable[[], datetime],
        port: int = 0,
        device_check: DeviceCheck | FrontCheck | None = None,
        log: Callable[[Event], None] = lambda event: None,
        token: str | None = None,
    ) -> None:
        self._handout = handout
        self._address = address
        self._events = EventLog(log, clock)
        self._token = token or new_token()
        self._changed = threading.Condition()
        self._works = False
        self._exhausted: float | None = None  # when, by the monotonic clock
        self._downloads = {
            download.name: DownloadCounter(download, on_change=self._count)
            for download in (
                Download(PROFILE, PROFILE_TYPE, handout.profile, handout.downloads),
                Download(CERTIFICATE, CERTIFICATE_TYPE, handout.root.public_bytes(Encoding.DER)),
            )
        }
        self._pages = ConnectionLoop(
            ListenAddress(
                new_end=lambda _, client: HttpEnd(partial(self._answer, client=client), max_head=MAX_HEAD),
                addresses=(address,),
                port=port,
            ),
            deadline=DEADLINE,
            each=EACH,
        )
        self._check = self._server(device_check) if device_check is not None else None

    def _server(self, check: DeviceCheck | FrontCheck) -> CheckServer | FrontServer:
        """What says whether it works; its addresses tell nothing of the page's."""
        at = self._events.clock()
        if isinstance(check, FrontCheck):
            return FrontServer(
                check,
                address=self._address,
                at=at,
                on_result=self._on_result,
                on_pac=lambda client: self._events.note(client, "front: the PAC was fetched"),
                page_port=lambda: self._pages.port,
            )
        return CheckServer(
            check, address=self._address, at=at, each=EACH, on_result=self._on_result, back=lambda: self.url
        )

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._pages)
            if self._check is not None:
                stack.enter_context(self._check)
            self._servers = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._servers.close()

    @property
    def url(self) -> str:
        """What to open on the device; a secret as long as the portal lasts."""
        return f"http://{in_url(self._address, self._pages.port)}/{self._token}/"

    @property
    def check_url(self) -> str | None:
        """Where the test server says what it sees, or the front is; None without one."""
        return self._check.url if self._check is not None else None

    @property
    def front(self) -> FrontServer | None:
        """The front beside the page, where there is one."""
        return self._check if isinstance(self._check, FrontServer) else None

    @property
    def has_check(self) -> bool:
        """Whether there is a test server beside the page."""
        return self._check is not None

    @property
    def given(self) -> int:
        """How often the profile was given out."""
        return self._downloads[PROFILE].given

    @property
    def works(self) -> bool:
        """Whether a device has shown to the test server that all is well."""
        return self._works

    def wait(self, seconds: float) -> PortalEnd:
        """Wait until SECONDS have passed, or nothing is left to do.

        That is when the profile was given out as often as it may be, and then either there is no test server, or a
        device has passed its test, or ten minutes have gone by. A front stays until the time is up: a device whose
        proxy went away goes another way without a word.
        """
        expires = monotonic() + seconds
        with self._changed:
            while monotonic() < expires:
                if self._exhausted is not None and self.front is None:
                    if self._check is None or self._works:
                        return PortalEnd.DONE
                    expires = min(expires, self._exhausted + AFTER_THE_LAST)
                self._changed.wait(min(_PULSE, expires - monotonic()))
            return PortalEnd.TIME if self._exhausted is None else PortalEnd.DONE

    def _answer(self, asked: HttpRequest | HttpResponse, client: str) -> Reply:
        """Answer on the page's own server."""
        if isinstance(asked, HttpResponse):
            return Reply(asked)
        if asked.method not in METHODS:
            return Reply(NOT_ALLOWED)
        name = below_token(asked, place=in_url(self._address, self._pages.port), token=self._token)
        if name in self._downloads:
            return self._hand_out(self._downloads[name], asked, client)
        result = self._check.results.of(client) if self._check is not None else None
        if name == _SEEN:
            if result is not None and result.outcome in _NOT_TOLD_AT_ONCE:  # see _on_result
                self._events.note(client, result.headline, asked)
            unseen = self._check.unseen(client) if self._check is not None else NO_CONNECTION
            return Reply(plain(HTTPStatus.OK, result_text(result) if result is not None else unseen))
        if name != "":
            self._events.note_unknown_path(client, asked)
            return Reply(NOWHERE)
        if asked.method == "GET":
            self._events.note(client, "the page", asked)
        agent = user_agent_in(asked.header(b"user-agent"))
        page = handover_page(self._contents, agent, left=self._downloads[PROFILE].left, result=result)
        places = ("'self'", *((self._check.origin,) if self._check else ()))
        return Reply(HttpResponse(HTTPStatus.OK, page, HTML, (policy(connecting=places),)))

    def _hand_out(self, counter: DownloadCounter, asked: HttpRequest, client: str) -> Reply:
        download = counter.download
        try:
            if asked.method == "HEAD":
                counter.check()
                return Reply(HttpResponse(HTTPStatus.OK, download.data, download.type))
            transfer = counter.take()
        except InUse:
            self._events.note(client, f"{download.name}: refused, it is on its way to somebody else", asked)
            return Reply(
                plain(HTTPStatus.SERVICE_UNAVAILABLE, "Try again in a moment.", ("Retry-After", "5"))
            )
        except Exhausted:
            self._events.note(client, f"{download.name}: refused, it was given out already", asked)
            return Reply(HttpResponse(HTTPStatus.GONE, exhausted_page(), HTML, (policy(),)))

        def closed(ended: Ended) -> None:
            whole, counts = transfer.closed(ended)
            text = f"{download.name}: " + (
                f"given out, {len(download.data):,} bytes" if whole else "broken off"
            )
            self._events.note(
                client, text if whole or not counts else f"{text}, not to be fetched again", asked
            )

        return Reply(HttpResponse(HTTPStatus.OK, download.data, download.type), transfer.sent, closed)

    def _on_result(self, client: str, result: CheckResult) -> None:
        """Note what the test server concluded.

        Who left during the handshake is no news yet: browsers leave to ask for a certificate, and come again.
        """
        if result.outcome not in _NOT_TOLD_AT_ONCE:
            self._events.note(client, f"{self._check.called if self._check else None}: {result.headline}")
        if result.works:
            with self._changed:
                self._works = True
                self._changed.notify_all()

    def _count(self) -> None:
        """Note that a transfer is over."""
        with self._changed:
            if self._downloads[PROFILE].exhausted and self._exhausted is None:
                self._exhausted = monotonic()
            self._changed.notify_all()

    @property
    def _front_words(self) -> FrontWords | None:
        return (
            FrontWords(host=self.front.shown.host, pac=self.front.pac_url) if self.front is not None else None
        )

    @property
    def _contents(self) -> PageContents:
        return PageContents(
            address=self.url,
            authority=certificate_seen(self._downloads[CERTIFICATE].download.data).label,
            profile=PROFILE,
            certificate=CERTIFICATE,
            identity=self._handout.identity,
            asks_password=self._handout.asks_password,
            check=self.check_url,
            probe=self._check.probe if self._check is not None else "",
            front=self._front_words,
        )
