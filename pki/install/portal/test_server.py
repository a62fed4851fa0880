"""The test server that a device connects to, to see whether it works.

It takes everybody: without a certificate, with another CA's, with one out of date. A server that refused could only
send an alert, which browsers turn into "cannot connect"; this one answers with a page that says what came. It names no
acceptable CAs, since with a list a browser offers only what is on it, and the wrong identity would look like none.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from http import HTTPStatus
from itertools import count
from typing import TYPE_CHECKING

from pki.handshake.ends.contexts import ServerContext
from pki.handshake.ends.settings import ClientCertificates, ServerSettings
from pki.handshake.serving.http_messages import HTML, HttpRequest, HttpResponse, plain
from pki.handshake.serving.https_end import HttpsEnd
from pki.handshake.serving.listeners import ListenAddress
from pki.handshake.serving.server_loop import ConnectionLoop
from pki.install.portal.latest_results import LatestResults
from pki.install.portal.result_pages import NO_CONNECTION, result_page
from pki.install.portal.secret_paths import METHODS, NOT_ALLOWED, NOWHERE, below_token, new_token
from pki.install.portal.style_and_script import policy
from pki.model.hosts import in_url

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cryptography.x509 import Certificate

    from pki.handshake.acceptance.client_policies import Refusal
    from pki.handshake.ends.end_record import EndRecord
    from pki.handshake.serving.https_end import Answer
    from pki.install.portal.device_check import DeviceCheck
    from pki.install.portal.latest_results import OnResult

# Whoever is asked which identity to show holds the handshake open while making up their mind.
DEADLINE = 120.0  # seconds
_PROBE = "probe"


@dataclass(frozen=True, slots=True)
class AnyClient:
    """Take whoever comes, with or without a certificate, and keep what OpenSSL objects to."""

    roots: tuple[Certificate, ...]
    description: str = field(default="takes anybody, to say who came", init=False)

    def waives(self, errno: int) -> bool:
        """Everything is waived: the answer is a page, not a refusal."""
        return True

    def judge(self, leaf: bytes) -> Refusal | None:
        """Nobody is refused."""
        return None


class CheckEnd(HttpsEnd):
    """One connection to the test server, and whose it is."""

    def __init__(self, context: ServerContext, number: int, client: str, answer: Answer) -> None:
        super().__init__(context, answer=answer)
        self.number = number
        self.client = client


class CheckServer(ConnectionLoop[CheckEnd]):
    """Serves on ADDRESS while the `with` block lasts, and says what it saw on a page that leads back to BACK.

    `on_result` learns what was concluded of each client, by the server's thread and once the connection is over.

    Raises:
        InvalidRequest: AT has no time zone, or OpenSSL will not serve the identity.
        HandshakeError: the port or the address cannot be had (raised on entering).
    """

    stays = False  # once a device has passed, nobody needs it any more

    def __init__(
        self,
        device_check: DeviceCheck,
        *,
        address: str,
        at: datetime,
        each: int,
        on_result: OnResult,
        back: Callable[[], str],
    ) -> None:
        settings = ServerSettings(
            identity=device_check.identity,
            policy=AnyClient(device_check.roots),
            client_certificates=ClientCertificates.OPTIONAL,
            acceptable_cas=(),
        )
        self._device_check = device_check
        self._address = address
        self._back = back
        self._token = new_token()
        self.called = device_check.called
        self.results = LatestResults(on_result)
        context = ServerContext.prepare(settings, at=at)
        came = count(1)
        listen = ListenAddress(
            new_end=lambda _, client: CheckEnd(context, next(came), client, self._answer),
            addresses=(address,),
        )
        super().__init__(listen, deadline=DEADLINE, each=each)

    @property
    def origin(self) -> str:
        """Where it listens, as a policy of a page names it."""
        return f"https://{in_url(self._address, self.port)}"

    @property
    def url(self) -> str:
        """Where it says what it sees."""
        return f"{self.origin}/{self._token}/"

    @property
    def probe(self) -> str:
        """What the page's script asks for first: see `style_and_script`."""
        return f"{self.url}{_PROBE}"

    def unseen(self, client: str) -> str:
        """What to tell CLIENT, of whom nothing was seen."""
        return NO_CONNECTION

    def closed(self, end: CheckEnd) -> None:
        """Keep what the connection showed."""
        result = self._device_check.conclude(end.record())
        if result is not None:
            self.results.enter(end.client, end.number, result)

    def _answer(self, asked: HttpRequest | HttpResponse, record: EndRecord) -> HttpResponse:
        """What is known of the connection, as a page."""
        if isinstance(asked, HttpResponse):
            return asked
        if asked.method not in METHODS:
            return NOT_ALLOWED
        name = below_token(asked, place=in_url(self._address, self.port), token=self._token)
        if name == _PROBE:  # trusted, and that was the question
            return plain(HTTPStatus.ACCEPTED)
        result = self._device_check.conclude(replace(record, status=HTTPStatus.OK))
        if name != "" or result is None:
            return NOWHERE
        return HttpResponse(HTTPStatus.OK, result_page(result, back=self._back()), HTML, (policy(),))
