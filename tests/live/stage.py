"""Where the servers of these tests stand, and scripted ones for what no TLS library would do."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding

from pki.handshake import ChainsTo, ClientCertificates, LoopbackServer, Offer, ServerSettings
from pki.issue import Authority
from pki.live import Route, parse_target
from pki.model.identity import Identity
from pki.trust import Anchor
from tests import clock

URL = "https://api.example.test"


@dataclass(frozen=True)
class Stage:
    at: datetime
    authority: Authority
    server: Identity
    rsa: Identity
    alice: Identity
    mallory: Identity

    def anchors(self, anchor_class: str = "user") -> list[Anchor]:
        return [Anchor.parse(self.authority.root.public_bytes(Encoding.DER), anchor_class)]

    @contextlib.contextmanager
    def serving(
        self,
        offer: Offer | None = None,
        *,
        identity: Identity | None = None,
        ask: ClientCertificates = ClientCertificates.NONE,
        url: str = URL,
        **more: object,
    ) -> Iterator[Route]:
        """The way to a server that is up while the block lasts."""
        settings = ServerSettings(
            identity=identity or self.server,
            policy=ChainsTo((self.authority.root,)),
            client_certificates=ask,
            offer=offer or Offer(),
            **more,  # type: ignore[arg-type]  # a table's row
        )
        with LoopbackServer(settings, at=self.at) as server:
            yield Route(parse_target(url), via=("127.0.0.1", server.port), timeout=clock.PATIENCE)


@contextlib.contextmanager
def scripted(play: Callable[[socket.socket], object], *, guests: int = 8) -> Iterator[int]:
    """A port where each guest is handled by PLAY; the connection is closed after it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for _ in range(guests):
                try:
                    guest, _ = listener.accept()
                except OSError:
                    return
                with guest, contextlib.suppress(OSError):
                    guest.settimeout(clock.PATIENCE)
                    play(guest)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(clock.PATIENCE)
