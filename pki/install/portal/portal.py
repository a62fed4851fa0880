"""One handing over: the page's server, the test server beside it, and when both are done."""

from __future__ import annotations

import contextlib
import hmac
import secrets
import threading
from dataclasses import dataclass, replace
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
from pki.install.portal.page import PageContents, handover_page
from pki.install.portal.result_pages import gone_page, result_page, seen_text
from pki.install.portal.style_and_script import policy
from pki.install.portal.test_server import CheckServer
from pki.install.portal.user_agent import visitor_called
from pki.model.hosts import in_url
from pki.model.transcript import certificate_seen
from pki.report.layout import printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from pki.handshake.ends.end_record import Ended, EndRecord
    from pki.install.portal.device_check import CheckResult, DeviceCheck
    from pki.install.portal.handout import ProfileHandout

PROFILE, CERTIFICATE = "test-ca.mobileconfig", "test-ca.cer"
PROFILE_TYPE = "application/x-apple-aspen-config"
CERTIFICATE_TYPE = "application/x-x509-ca-cert"
TOKEN_BYTES = 16  # 128 bits: not to be guessed while a page lasts
DEADLINE = 15.0  # seconds for question and answer; a profile has some kilobytes
MAX_HEAD = 8 * 1024  # bytes of request line and fields; browsers on a LAN send about 500
NOWHERE = plain(HTTPStatus.NOT_FOUND)
"""The one answer to whoever does not know the address, whatever was wrong with it."""
EACH = 48  # connections of one visitor at once; a browser keeps six to a server
MAX_STRANGERS = 20  # lines in the log
AFTER_THE_LAST = 600.0  # seconds: the 8 minutes a device leaves for the install, and some to try it
# Seconds of one wait: Ctrl-C that comes between CPython's look at signals and the wait itself does not end that wait.
_PULSE = 1.0
_SEEN, _PROBE = "seen", "probe"
_METHODS = ("GET", "HEAD")
_NOT_ALLOWED = plain(HTTPStatus.METHOD_NOT_ALLOWED, "", ("Allow", ", ".join(_METHODS)))
# What browsers ask every server for; not worth a line in a log.
_USUAL = ("/favicon.ico", "/apple-touch-icon")


class PortalEnd(StrEnum):
    """Why a handing over is over."""

    TIME = "the time is up"
    DONE = "everything was given out"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, for a log: it holds no address of the page and nothing the visitor wrote."""

    at: datetime
    visitor: str  # IP address
    client: str  # a browser, by one of our own words; empty where it did not say
    what: str


class Portal:
    """Serves a page, the profile and a test server on ADDRESS while the `with` block lasts.

        with Portal(parcel, address="192.168.1.20", examination=examination, clock=clock) as portal:
            ...  # open portal.url on the device
            portal.wait(900)

    Plain HTTP, since nothing this machine could show over TLS is trusted before the profile is installed. The address
    of the page holds a random `token`; who does not know it learns nothing. Without `examination` there is no test
    server. `port` 0 lets the system choose. `clock` gives the time of events and the test server's own.

    Raises:
        HandshakeError: the port or the address cannot be had (raised on entering).
    """

    def __init__(
        self,
        parcel: ProfileHandout,
        *,
        address: str,
        clock: Callable[[], datetime],
        port: int = 0,
        examination: DeviceCheck | None = None,
        log: Callable[[Event], None] = lambda event: None,
        token: str | None = None,
    ) -> None:
        self._parcel = parcel
        self._address = address
        self._examination = examination
        self._log = log
        self._clock = clock
        self._token = token or secrets.token_urlsafe(TOKEN_BYTES)
        self._check_token = secrets.token_urlsafe(TOKEN_BYTES)  # neither address tells the other
        self._news = threading.Condition()
        self._works = False
        self._sold_out: float | None = None  # when, by the monotonic clock
        self._strangers = 0
        self._stock = {
            ware.name: DownloadCounter(ware, told=self._count)
            for ware in (
                Download(PROFILE, PROFILE_TYPE, parcel.profile, parcel.downloads),
                Download(CERTIFICATE, CERTIFICATE_TYPE, parcel.root.public_bytes(Encoding.DER)),
            )
        }
        pages = ListenAddress(
            new_end=lambda _, client: self._page_end(client), addresses=(address,), port=port
        )
        self._pages = ConnectionLoop(pages, deadline=DEADLINE, each=EACH)
        self._check = None
        if examination is not None:
            self._check = CheckServer(
                examination, self._show, address=address, at=clock(), each=EACH, told=self._learn
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
        return f"http://{self._place(self._pages.port)}/{self._token}/"

    @property
    def check_url(self) -> str | None:
        """Where the test server says what it sees; None without one."""
        if self._check is None:
            return None
        return f"https://{self._place(self._check.port)}/{self._check_token}/"

    @property
    def given(self) -> int:
        """How often the profile was given out."""
        return self._stock[PROFILE].given

    @property
    def works(self) -> bool:
        """Whether a device has shown to the test server that all is well."""
        return self._works

    def wait(self, seconds: float) -> PortalEnd:
        """Wait until SECONDS have passed, or nothing is left to do.

        That is when the profile was given out as often as it may be, and then either there is no test server, or a
        device has passed its test, or ten minutes have gone by.
        """
        expires = monotonic() + seconds
        with self._news:
            while monotonic() < expires:
                if self._sold_out is not None:
                    if self._check is None or self._works:
                        return PortalEnd.DONE
                    expires = min(expires, self._sold_out + AFTER_THE_LAST)
                self._news.wait(min(_PULSE, expires - monotonic()))
            return PortalEnd.TIME if self._sold_out is None else PortalEnd.DONE

    def _place(self, port: int) -> str:
        """RFC 3986, 3.2: the address, in brackets where it has colons, and the port."""
        return in_url(self._address, port)

    def _named(self, request: HttpRequest, *, port: int, token: str) -> str | None:
        """The last part of the path that was asked for below TOKEN; None for who does not know it.

        A Host of another name is a page elsewhere that had its name resolved to this address (DNS rebinding).
        """
        place = self._place(port)
        hosts = (place, place.removesuffix(":80"))  # HTTP's own port may be left out: RFC 9110, 4.2.3
        top, _, rest = request.path.removeprefix("/").partition("/")
        known = hmac.compare_digest(top.encode("latin-1"), token.encode())
        within = request.path.startswith(f"/{top}/")
        return rest if known and within and request.header(b"host") in hosts else None

    def _page_end(self, visitor: str) -> HttpEnd:
        return HttpEnd(partial(self._answer, visitor=visitor), max_head=MAX_HEAD)

    def _answer(self, asked: HttpRequest | HttpResponse, visitor: str) -> Reply:
        """Answer on the page's own server."""
        if isinstance(asked, HttpResponse):
            return Reply(asked)
        if asked.method not in _METHODS:
            return Reply(_NOT_ALLOWED)
        name = self._named(asked, port=self._pages.port, token=self._token)
        if name in self._stock:
            return self._hand_out(self._stock[name], asked, visitor)
        seen = self._check.latest(visitor) if self._check is not None else None
        if name == _SEEN:
            if seen is not None and seen.outcome is CheckOutcome.LEFT:  # not told at once: see _learn
                self._note(visitor, seen.headline, asked)
            return Reply(plain(HTTPStatus.OK, seen_text(seen)))
        if name != "":
            self._note_stranger(visitor, asked)
            return Reply(NOWHERE)
        if asked.method == "GET":
            self._note(visitor, "the page", asked)
        guest = visitor_called(asked.header(b"user-agent"))
        page = handover_page(self._sheet, guest, left=self._stock[PROFILE].left, seen=seen)
        places = ("'self'", *((f"https://{self._place(self._check.port)}",) if self._check else ()))
        return Reply(HttpResponse(HTTPStatus.OK, page, HTML, (policy(connecting=places),)))

    def _hand_out(self, stock: DownloadCounter, asked: HttpRequest, visitor: str) -> Reply:
        ware = stock.ware
        try:
            if asked.method == "HEAD":
                stock.check()
                return Reply(HttpResponse(HTTPStatus.OK, ware.data, ware.type))
            transfer = stock.take()
        except InUse:
            self._note(visitor, f"{ware.name}: refused, it is on its way to somebody else", asked)
            return Reply(
                plain(HTTPStatus.SERVICE_UNAVAILABLE, "Try again in a moment.", ("Retry-After", "5"))
            )
        except Exhausted:
            self._note(visitor, f"{ware.name}: refused, it was given out already", asked)
            return Reply(HttpResponse(HTTPStatus.GONE, gone_page(), HTML, (policy(),)))

        def left(ended: Ended) -> None:
            whole, counts = transfer.left(ended)
            words = f"{ware.name}: " + (f"given out, {len(ware.data):,} bytes" if whole else "broken off")
            self._note(visitor, words if whole or not counts else f"{words}, not to be fetched again", asked)

        return Reply(HttpResponse(HTTPStatus.OK, ware.data, ware.type), transfer.sent, left)

    def _show(self, asked: HttpRequest | HttpResponse, record: EndRecord) -> HttpResponse:
        """Answer on the test server, from what is known of the connection."""
        if isinstance(asked, HttpResponse):
            return asked
        if asked.method not in _METHODS:
            return _NOT_ALLOWED
        if self._check is not None and self._examination is not None:
            name = self._named(asked, port=self._check.port, token=self._check_token)
            seen = self._examination.conclude(replace(record, status=HTTPStatus.OK))
            if name == "" and seen is not None:
                return HttpResponse(HTTPStatus.OK, result_page(seen, back=self.url), HTML, (policy(),))
            if name == _PROBE:  # trusted, and that was the question
                return plain(HTTPStatus.ACCEPTED)
        return NOWHERE

    def _learn(self, visitor: str, seen: CheckResult) -> None:
        """Hear what the test server concluded.

        Who left during the handshake is no news yet: browsers leave to ask for a certificate, and come again.
        """
        if seen.outcome is not CheckOutcome.LEFT:
            self._note(visitor, f"test server: {seen.headline}")
        if seen.works:
            with self._news:
                self._works = True
                self._news.notify_all()

    def _count(self) -> None:
        """Hear that a transfer is over."""
        with self._news:
            if self._stock[PROFILE].sold_out and self._sold_out is None:
                self._sold_out = monotonic()
            self._news.notify_all()

    def _note(self, visitor: str, what: str, asked: HttpRequest | None = None) -> None:
        client = str(visitor_called(asked.header(b"user-agent"))) if asked is not None else ""
        self._log(Event(self._clock(), visitor, client, printable(what)))

    def _note_stranger(self, visitor: str, asked: HttpRequest) -> None:
        """A line for who asks for what is not there; a scanner gets no more than some."""
        if asked.path.startswith(_USUAL):
            return
        self._strangers += 1
        if self._strangers <= MAX_STRANGERS:
            self._note(visitor, "something that is not here", asked)

    @property
    def _sheet(self) -> PageContents:
        return PageContents(
            address=self.url,
            authority=certificate_seen(self._stock[CERTIFICATE].ware.data).label,
            profile=PROFILE,
            certificate=CERTIFICATE,
            identity=self._parcel.identity,
            asks_password=self._parcel.asks_password,
            check=self.check_url,
            probe=f"{self.check_url}{_PROBE}",
        )
