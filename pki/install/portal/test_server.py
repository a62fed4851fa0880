"""The test server that a device connects to, to see whether it works.

It takes everybody: without a certificate, with another CA's, with one out of date. A server that refused could only
send an alert, which browsers turn into "cannot connect"; this one answers with a page that says what came. It names no
acceptable CAs, since with a list a browser offers only what is on it, and the wrong identity would look like none.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from pki.handshake.ends.contexts import ServerContext
from pki.handshake.ends.settings import ClientCertificates, ServerSettings
from pki.handshake.serving.https_end import HttpsEnd
from pki.handshake.serving.listeners import ListenAddress
from pki.handshake.serving.server_loop import ConnectionLoop
from pki.install.portal.device_check import CheckOutcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cryptography.x509 import Certificate

    from pki.handshake.acceptance.client_policies import Refusal
    from pki.handshake.serving.https_end import Answer
    from pki.install.portal.device_check import CheckResult, DeviceCheck

# Whoever is asked which identity to show holds the handshake open while making up their mind.
DEADLINE = 120.0  # seconds
_REMEMBERED = 256  # clients


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
    """Serves on ADDRESS while the `with` block lasts; `answer` makes the response from a request and an record.

    `on_result` learns what was concluded of each client, by the server's thread and once the connection is over.

    Raises:
        InvalidRequest: AT has no time zone, or OpenSSL will not serve the identity.
        HandshakeError: the port or the address cannot be had (raised on entering).
    """

    def __init__(
        self,
        device_check: DeviceCheck,
        answer: Answer,
        *,
        address: str,
        at: datetime,
        each: int,
        on_result: Callable[[str, CheckResult], None],
    ) -> None:
        settings = ServerSettings(
            identity=device_check.identity,
            policy=AnyClient(device_check.roots),
            client_certificates=ClientCertificates.OPTIONAL,
            acceptable_cas=(),
        )
        self._device_check = device_check
        context = ServerContext.prepare(settings, at=at)
        came = count(1)
        listen = ListenAddress(
            new_end=lambda _, client: CheckEnd(context, next(came), client, answer), addresses=(address,)
        )
        super().__init__(listen, deadline=DEADLINE, each=each)
        self._on_result = on_result
        self._latest: dict[str, tuple[int, CheckResult]] = {}
        self._lock = threading.Lock()

    def closed(self, end: CheckEnd) -> None:
        """Keep what the connection showed, unless a later one has shown something already.

        A browser that is asked for a certificate leaves, lets its user choose, and comes again.
        """
        result = self._device_check.conclude(end.record())
        if result is None:
            return
        # Silence is weaker than anything that was said, before it or after.
        number = 0 if result.outcome is CheckOutcome.NOT_ASKED else end.number
        with self._lock:
            if end.client in self._latest and number < max(1, self._latest[end.client][0]):
                return
            self._latest.pop(end.client, None)
            self._latest[end.client] = (number, result)
            if len(self._latest) > _REMEMBERED:
                del self._latest[next(iter(self._latest))]
        self._on_result(end.client, result)

    def latest(self, client: str) -> CheckResult | None:
        """What the newest connection from CLIENT showed."""
        with self._lock:
            return self._latest.get(client, (0, None))[1]
