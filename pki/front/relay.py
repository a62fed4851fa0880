"""The front itself: what listens, what is shown, and what is known of those who came."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from typing import TYPE_CHECKING, Self

from pki.errors import InvalidRequest
from pki.front.first_bytes import PAC_PATH, ProxyNames, place_of
from pki.front.front_end import FrontEnd
from pki.front.pair import HANDSHAKE, RelayConnection
from pki.front.probing import leads_to
from pki.front.relayed import Relayed, size_of_relayed
from pki.front.shown import context_for
from pki.front.watch import BehindWatch
from pki.handshake.ends.end_record import Ended
from pki.handshake.serving.connection_log import ConnectionLog
from pki.handshake.serving.listeners import LOOPBACK, LOOPBACK6, ListenAddress, Listener
from pki.handshake.serving.server_loop import ConnectionLoop
from pki.model.stages import Ending

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from types import TracebackType

    from cryptography.x509 import Certificate

    from pki.front.behind import ServerBehind, Speaks
    from pki.front.shown import Shown
    from pki.handshake.ends.contexts import ServerContext
    from pki.issue.revoked import RevocationLedger

_LOCAL = ".local"
_WAIT = 30.0  # seconds


class Relay(ConnectionLoop[FrontEnd]):
    """TLS in front of one server while the `with` block lasts; bytes pass as they are, both ways.

    HTTP/1.1, WebSocket and event streams, and HTTP/2 where the server behind speaks it. `only` are the addresses of
    clients that may come, all where it is empty. With `client_roots` a client needs a certificate that chains to one of
    them and is not `revoked`, whatever the server behind knows of that. `proxy`: CONNECT and the PAC are answered on
    the same port. `addresses` are taken as they are: `pki.install.portal.choose_address` asks which this machine has.

    Raises:
        InvalidRequest: AT has no time zone, OpenSSL will not serve what is shown, an address would be all of them, or a
            name below .local is to be reached by a proxy; on entering: the server behind is this front.
        NotOffered: this OpenSSL cannot offer what is shown.
        HandshakeError: a port or an address cannot be had (raised on entering).
    """

    wires = 2  # the client's, and the one to the server behind

    def __init__(
        self,
        behind: ServerBehind,
        shown: Shown,
        *,
        at: datetime,
        addresses: Sequence[str] = (LOOPBACK, LOOPBACK6),
        port: int = 0,
        only: Sequence[str] = (),
        client_roots: Sequence[Certificate] = (),
        revoked: RevocationLedger | None = None,
        proxy: bool = False,
    ) -> None:
        for address in (*addresses, *only):
            _check_address(address)
        if proxy and shown.host.lower().removesuffix(".").endswith(_LOCAL):
            raise InvalidRequest(
                f"{shown.host} is below .local, and iOS asks no proxy for such names",
                hint="Choose a name that a PAC leads here, such as api.test.",
            )
        self._at = at
        self._client_roots = tuple(client_roots)
        self._revoked = revoked
        self._only = frozenset(map(_same_address, only))
        self._watch_behind = BehindWatch(behind)
        self._is_proxy = proxy
        self._name = shown.host
        self._shown = shown
        self._context = self._prepare(shown)
        self._log = ConnectionLog(size_of_relayed)
        self._came = 0
        listen: ListenAddress[FrontEnd] = ListenAddress(
            new_end=lambda _, client: self.new_end(client),
            addresses=tuple(addresses),
            port=port,
            max_input=None,
        )
        super().__init__(listen, deadline=HANDSHAKE)

    def __enter__(self) -> Self:
        (listen,) = self._addresses
        self._refuse_itself(listen.port, listen.addresses)  # before it is asked what it speaks
        with contextlib.ExitStack() as entered:
            entered.enter_context(self._watch_behind)
            super().__enter__()
            entered.push(super().__exit__)
            self._refuse_itself(self.port, self.addresses)
            entered.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._watch_behind.__exit__(kind, error, trace)

    @property
    def behind(self) -> ServerBehind:
        """The server behind."""
        return self._watch_behind.behind

    @property
    def speaks(self) -> Speaks:
        """What the server behind was last found to speak."""
        return self._watch_behind.speaks

    @property
    def behind_text(self) -> str:
        """One sentence on the server behind, and what follows for whoever comes."""
        return self.behind.text(self.speaks, self._watch_behind.away)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where it listens."""
        return tuple(listener.address for listener in self._listeners)

    @property
    def proxy_url(self) -> str:
        """Where the PAC is, for the settings of a device."""
        return f"http://{place_of(self.addresses[0], self.port)}{PAC_PATH}"

    @property
    def shown(self) -> Shown:
        """What new connections get."""
        return self._shown

    def show(self, shown: Shown) -> None:
        """Switch to SHOWN, from any thread: connections on another certificate are closed when this returns.

        Kept-alive connections would hide a switch, and a transfer that went on would belong to neither.

        Raises:
            InvalidRequest: OpenSSL will not serve it; what was shown before stays.
            NotOffered: this OpenSSL cannot offer it; the same.
        """
        context = self._prepare(shown)

        def switch() -> None:
            self._shown, self._context = shown, context
            for connection in tuple(self._connections):
                if connection.end.context is not context:
                    connection.end.switched(shown.label)
                    self._close(connection, Ended.BY_SWITCH)

        self.call(switch)

    def renew(self, shown: Shown, *, at: datetime, revoked: RevocationLedger | None = None) -> None:
        """Go on with SHOWN, which was made anew for the moment AT, from any thread; nobody is closed for it.

        Raises:
            InvalidRequest, NotOffered: as `show`.
        """
        before = self._at, self._revoked
        self._at, self._revoked = at, revoked
        try:
            context = self._prepare(shown)
        except BaseException:
            self._at, self._revoked = before
            raise

        def replace() -> None:
            self._shown, self._context = shown, context

        self.call(replace)

    @property
    def connections(self) -> tuple[Relayed, ...]:
        """Those that spoke TLS and are over, oldest first; of many, the newest thousand."""
        return tuple(relayed for relayed in self._log.entries if relayed.spoke_tls)

    @property
    def connection_count(self) -> int:
        """How many connections began TLS, those that last included: none means that a test tested nothing."""
        return self._came

    def finished_since(self, count: int, *, timeout: float) -> tuple[int, tuple[Relayed, ...]]:
        """How many are over, TLS or not, and those after the first COUNT; waits `timeout` seconds for one."""
        return self._log.since(count, timeout)

    def wait_for(self, count: int, *, timeout: float = _WAIT) -> tuple[Relayed, ...]:
        """All that came, TLS or not, once COUNT are over.

        Raises:
            HandshakeError: fewer are after `timeout` seconds.
        """
        return self._log.wait_for(count, timeout)

    def _new_connection(
        self, peer: socket.socket, client: str, listener: Listener[FrontEnd]
    ) -> RelayConnection | None:
        """Who may not come is turned away before a byte."""
        end = listener.opened_for.new_end(listener.address, client)
        if self._only and _same_address(client) not in self._only:
            end.remark, end.ending = "this address is not among those that may come", Ending.REFUSED
            end.code = "closed"
            self.closed(end)
            return None
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return RelayConnection(peer, client, end, watch=self._watch_behind, proxy=self._proxy_names)

    def new_end(self, client: str) -> FrontEnd:
        """The account of a connection that CLIENT begins; whoever has to know before its end gives one that tells."""
        return FrontEnd(self._shown.label, client, self._context, self._begun)

    def closed(self, end: FrontEnd) -> None:
        """Keep what there is to tell."""
        self._log.enter(end.relayed())

    def _begun(self) -> None:
        self._came += 1

    def _prepare(self, shown: Shown) -> ServerContext:
        return context_for(
            shown,
            at=self._at,
            client_roots=self._client_roots,
            revoked=self._revoked,
            offers=lambda: self._watch_behind.alpn,
        )

    def _proxy_names(self) -> ProxyNames | None:
        if not self._is_proxy:
            return None
        names = {name.lower().removesuffix(".") for name in (self._name, self._shown.host)}
        return ProxyNames(
            frozenset(names), frozenset(place_of(address, self.port) for address in self.addresses)
        )

    def _refuse_itself(self, port: int, listens: Sequence[str]) -> None:
        """A server behind that is this front would ask itself for ever.

        Raises:
            InvalidRequest: it is.
        """
        if leads_to(self.behind, port, listens):
            raise InvalidRequest(
                f"{self.behind.place} would be this front and the server behind it at once",
                hint="Let the front listen on another port than the server.",
            )


def _check_address(text: str) -> None:
    """Refuse what is no address, or all of them at once.

    Raises:
        InvalidRequest: it is.
    """
    try:
        unspecified = ipaddress.ip_address(text).is_unspecified
    except ValueError:
        raise InvalidRequest(f"{text!r} is no IP address", hint="Give one such as 127.0.0.1.") from None
    if unspecified:
        raise InvalidRequest(
            f"{text} would be every address at once: other networks this machine is in could reach the server behind",
            hint="Name the one address that is meant.",
        )


def _same_address(text: str) -> str:
    return str(ipaddress.ip_address(text.partition("%")[0]))
