"""A front in place of the test server: the device goes to the developer's own server, and what came of it is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import count
from typing import TYPE_CHECKING, Self

from pki.errors import InvalidRequest
from pki.front import Relay, Shown
from pki.front.first_bytes import PAC_FETCHED
from pki.front.front_end import FrontEnd
from pki.front.probing import leads_to
from pki.handshake.ends.settings import ClientCertificates, ServerSettings
from pki.install.portal.device_check import CheckOutcome, CheckResult
from pki.install.portal.latest_results import LatestResults
from pki.install.portal.test_server import AnyClient
from pki.model.hosts import in_url, parse_host

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pki.front import Relayed, ServerBehind
    from pki.handshake.ends.contexts import ServerContext
    from pki.install.portal.device_check import DeviceCheck
    from pki.install.portal.latest_results import OnResult

CALLED = "front"
_LABEL = "good-ec"  # the scenario of that name shows the same


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontCheck:
    """A front before the server BEHIND, which clients call HOST: an address of this machine, or a name.

    A name leads here by a PAC on the front's own port. `device_check` has the identity for HOST.
    """

    behind: ServerBehind
    host: str
    device_check: DeviceCheck
    port: int = 0

    @property
    def by_proxy(self) -> bool:
        """Whether a device needs the PAC to find it."""
        return not parse_host(self.host).is_address

    def conclude(self, relayed: Relayed, *, answered: bool = False) -> CheckResult | None:
        """What a connection shows; None for one that shows nothing of the device. ANSWERED: an answer has begun."""
        if relayed.record is None:
            return None
        # Over HTTP/2 a server speaks before it is asked: that is no answer.
        spoke = relayed.sent and not relayed.remark and relayed.record.alpn != "h2"
        if answered or relayed.answer or spoke:
            result = self.device_check.conclude(replace(relayed.record, status=HTTPStatus.OK))
            how = f"said {relayed.answer}" if relayed.answer else "answered"
            said = f"The server behind, {self.behind.place}, {how}."
            return replace(result, headline=f"{result.headline} {said}") if result is not None else None
        if relayed.remark and relayed.received:
            return CheckResult(
                CheckOutcome.NO_ANSWER,
                f"The device trusts the test CA and came to the front, but {relayed.remark}.",
                f"Look whether the server behind, at {self.behind}, is up and answers, and try again.",
            )
        return self.device_check.conclude(replace(relayed.record, status=None))


class _WatchedEnd(FrontEnd):
    """One connection that tells when the server behind begins to answer: browsers keep theirs open after that."""

    def __init__(
        self,
        label: str,
        client: str,
        context: ServerContext,
        begun: Callable[[], None],
        *,
        number: int,
        on_answer: Callable[[_WatchedEnd], None],
    ) -> None:
        super().__init__(label, client, context, begun)
        self.number = number
        self.told = False
        self._on_answer = on_answer

    def note(self, data: bytes) -> None:
        """DATA is the first that the server behind says, or goes on with that."""
        super().note(data)
        if not self.told and self.answer:
            self.told = True
            self._on_answer(self)


class FrontServer(Relay):
    """The front of FRONT_CHECK on ADDRESS while the `with` block lasts; `page_port` is where the page beside it is.

    A client certificate is asked for where the profile brings an identity; who shows none, or a wrong one, comes to
    the server behind all the same, and is told of it on the page.

    Raises:
        InvalidRequest: as `Relay`; on entering: the server behind is the page, or this front.
        HandshakeError: the port or the address cannot be had (raised on entering).
    """

    stays = True  # the device asks for its proxy as long as it is set
    called = CALLED

    def __init__(
        self,
        front_check: FrontCheck,
        *,
        address: str,
        at: datetime,
        on_result: OnResult,
        on_pac: Callable[[str], None],
        page_port: Callable[[], int],
    ) -> None:
        device_check = front_check.device_check
        asks = device_check.client is not None
        settings = ServerSettings(
            identity=device_check.identity,
            policy=AnyClient(device_check.roots) if asks else None,
            client_certificates=ClientCertificates.OPTIONAL if asks else ClientCertificates.NONE,
            acceptable_cas=() if asks else None,
        )
        self._front_check = front_check
        self._address = address
        self._page_port = page_port
        self._numbers = count(1)
        self._on_pac = on_pac
        self._fetched: set[str] = set()  # who asked for the PAC; few, as the page's visitors
        self.asks = asks
        self.results = LatestResults(on_result)
        super().__init__(
            front_check.behind,
            Shown(_LABEL, settings, front_check.host),
            at=at,
            addresses=(address,),
            port=front_check.port,
            proxy=front_check.by_proxy,
        )

    def __enter__(self) -> Self:
        if leads_to(self.behind, self._page_port(), (self._address,)):
            raise InvalidRequest(
                f"{self.behind.place} would be this page and the server behind the front at once",
                hint="Name your server's own port, or let the page listen on another with --port.",
            )
        return super().__enter__()

    @property
    def origin(self) -> str:
        """Where clients find it, as a policy of a page names it."""
        return f"https://{in_url(self._front_check.host, self.port)}"

    @property
    def url(self) -> str:
        """What clients open."""
        return f"{self.origin}/"

    @property
    def probe(self) -> str:
        """What the page's script asks for: the server behind itself; nothing where an identity is to be shown."""
        return "" if self.asks else self.url

    @property
    def pac_url(self) -> str | None:
        """The proxy's address for the device's settings; None where the front is found by its address."""
        return self.proxy_url if self._front_check.by_proxy else None

    def unseen(self, client: str) -> str:
        """What to tell CLIENT, of whom nothing was seen."""
        if not self._front_check.by_proxy:
            return (
                "The front saw no connection from this device. Is it in the same network, and does no firewall on "
                "the computer stand between?"
            )
        if client in self._fetched:
            return (
                "The device asked for the proxy's address, and no connection came to the front. Try again; a browser "
                "that was open before may have to be closed and opened."
            )
        return (
            "The front saw nothing of this device, and the proxy's address was not asked for. Do the step with "
            "Configure Proxy, for the network that the computer is in; if it is done, a firewall on the computer may "
            "stand between."
        )

    def new_end(self, client: str) -> FrontEnd:
        """The account of a connection that CLIENT begins."""
        return _WatchedEnd(
            self._shown.label,
            client,
            self._context,
            self._begun,
            number=next(self._numbers),
            on_answer=lambda end: self._conclude(end, answered=True),
        )

    def closed(self, end: FrontEnd) -> None:
        """Keep what the connection showed, unless that was told when the answer came."""
        super().closed(end)
        if not isinstance(end, _WatchedEnd) or end.told:
            return
        if end.tls is None and end.code == PAC_FETCHED and end.client not in self._fetched:
            self._fetched.add(end.client)
            self._on_pac(end.client)
        self._conclude(end)

    def _conclude(self, end: _WatchedEnd, *, answered: bool = False) -> None:
        result = self._front_check.conclude(end.relayed(), answered=answered)
        if result is not None:
            self.results.enter(end.client, end.number, result)
