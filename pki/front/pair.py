"""Two wires and the TLS between them: what the client says goes to the server behind, and what that says comes back.

One side is read only when the other has taken all that came before: no more than one piece waits on either way, however
slow a reader is, and nothing has to be counted.
"""

from __future__ import annotations

import math
import socket
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from pki.front.away import Away
from pki.front.behind_wire import BehindWire
from pki.front.first_bytes import connection_start, no_proxy
from pki.front.front_end import FrontEnd
from pki.front.words import is_alert, is_upgrade
from pki.handshake.dialling import Unreachable
from pki.handshake.serving.connection import (
    CHUNK,
    DRAIN,
    READ,
    WRITE,
    Connection,
    receive_now,
    send_now,
    shut_for_writing,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pki.front.first_bytes import ProxyNames
    from pki.front.watch import BehindWatch

HANDSHAKE = 10.0  # seconds for TLS to come and finish, and for the server behind to be reached
SILENCE = 3600.0  # seconds in which neither side says anything; none are counted once HTTP was left (101)
HALF = 60.0  # seconds of silence once the client has said all it will


class RelayConnection(Connection[FrontEnd]):
    """One client, and the wire to the server behind once the client has asked something."""

    __slots__ = (
        "_behind",
        "_client_ended",
        "_draining",
        "_eof",
        "_first",
        "_parted",
        "_patience",
        "_proxy",
        "_shaken",
        "_to_client",
        "_watch",
    )

    def __init__(
        self,
        peer: socket.socket,
        client: str,
        end: FrontEnd,
        *,
        watch: BehindWatch,
        proxy: Callable[[], ProxyNames | None],
    ) -> None:
        super().__init__(peer, client, end, deadline=HANDSHAKE)
        self._watch, self._proxy = watch, proxy
        self._first = b""  # in the clear, until it is known what it is
        self._to_client = b""
        self._behind: BehindWire | None = None
        self._client_ended = False  # it will say no more, by close_notify or the end of the stream
        self._eof = False  # its wire will bring no more
        self._draining = False  # nothing more will be said to the client, and what it says is nobody's
        self._parted = False  # the client was told that there will be no more
        self._shaken = False  # the handshake is done, and has no deadline any more
        self._patience = SILENCE

    @property
    def silent(self) -> bool:
        """Whether it has asked nothing."""
        return self.end.tls is None or not self.end.tls.received_data

    @property
    def waiting(self) -> Iterable[tuple[socket.socket, int]]:
        """The client's wire, and the one to the server behind where there is one."""
        client = (READ if self._hears_client else 0) | (WRITE if self._to_client else 0)
        if self._behind is None:
            return ((self.peer, client),)
        return ((self.peer, client), (self._behind.socket, self._behind.events(reads=not self._to_client)))

    @property
    def _hears_client(self) -> bool:
        """Whether there is room for what the client says; once the draining began, to throw it away."""
        if self._eof or self._draining:
            return not self._eof
        taken = self._behind is None or (self._behind.connected and not self._behind.unsent)
        return taken and len(self._to_client) <= CHUNK

    def proceed(self, ready: socket.socket) -> bool:
        """Carry what has come as far as it goes without waiting."""
        behind = self._behind
        if ready is self.peer:
            self._flush()
            if self._hears_client:
                self._hear_client()
        elif behind is not None and ready is behind.socket:
            if not behind.connected:
                self._reached(behind)
            else:
                behind.send()
                if not self._to_client and not behind.ended and not self._hear_behind(behind):
                    return False
        return self._goes_on()

    def late(self) -> bool:
        """A server behind that does not take the connection is told of; all else is over."""
        if self._behind is None or self._behind.connected:
            return False
        self._unreached(self._behind.late())
        return self._goes_on()

    def _hear_client(self) -> None:
        data = receive_now(self.peer)
        if data == b"":
            self._eof = self._client_ended = True
        elif data and not self._draining:
            self._take(data)

    def _take(self, data: bytes) -> None:
        """Take what the client sent: what TLS is to have, or what comes before it."""
        tls = self.end.tls
        if tls is None:
            if not (data := self._start(self._first + data)):
                return
            tls = self.end.begin()
        said = tls.take(data)
        if not tls.quiet:
            self._to_client += tls.flight()
        if said:
            self._ask(said)
        elif tls.done and not self._shaken:
            self._shaken = True
            self.expires = time.monotonic() + self._patience
        if tls.over:
            self._part()
        elif tls.parted:
            self._client_ended = True

    def _start(self, first: bytes) -> bytes:
        """What TLS gets of the FIRST bytes; empty while it has to wait for more, or does not come."""
        start = connection_start(first, self._proxy())
        self._first = first if start is None else b""
        if start is None:
            return b""
        self._to_client += start.reply
        self.end.remark, self.end.asked = start.remark, start.asked or self.end.asked
        if not start.follows:
            self.end.ending, self.end.code = start.ending, start.code
            self._part()
        elif start.reply:  # the tunnel stands, and is for TLS
            self._proxy = no_proxy
        return start.rest

    def _ask(self, said: bytes) -> None:
        """What the client SAID is for the server behind."""
        if self._draining:
            return
        if owed := self.end.owed:
            self.end.first += said
            self._say(*owed)
        elif self._behind is None:
            self.end.first = said
            self._begin()
        if (behind := self._behind) is not None:
            self.expires = time.monotonic() + (self._patience if behind.connected else HANDSHAKE)
            behind.unsent += said
            behind.send()

    def _begin(self) -> None:
        """The client's first words: reach the server behind, unless there is a reason not to."""
        if refused := self.end.refused_client():
            self._say(HTTPStatus.FORBIDDEN, refused)
        elif wrong := self._watch.misfit(self.end.protocol):
            self._fail(wrong)
        else:
            try:
                self._behind = BehindWire(self._watch.addresses)
            except Unreachable as error:
                self._unreached(error)

    def _reached(self, behind: BehindWire) -> None:
        """The connection to the server behind stands, or did not come about."""
        if behind.reached():
            self.expires = time.monotonic() + self._patience
            behind.send()
            return
        self.dropped.append(behind.socket)
        try:
            behind.next()
        except Unreachable as error:
            self._unreached(error)

    def _unreached(self, error: Unreachable) -> None:
        self._watch.lost(away := Away.of(error))
        self._fail(away.remark(self._watch.behind.place))

    def _hear_behind(self, behind: BehindWire) -> bool:
        """Pass on what the server behind says; False when it went away in a way that the client must see."""
        tls = self.end.tls
        try:
            data = behind.receive()
        except OSError:
            return self._broken("reset the connection")
        if data is None or tls is None:
            return True
        if not data:
            return True if self.end.sent else self._broken("closed the connection without an answer")
        if not self.end.sent and is_alert(data):
            return self._broken("speaks TLS, and a front speaks in the clear to it")
        if not self.end.answer:
            self.end.note(data)
        if is_upgrade(data):
            self._patience = math.inf
        self._to_client = tls.tell(data)
        self.end.sent += len(data)
        self.expires = time.monotonic() + self._patience
        return not tls.over

    def _broken(self, how: str) -> bool:
        """The server behind went away as HOW says: in words while nothing was said yet, else for the client to see."""
        remark = f"the server behind, {self._watch.behind.place}, {how}"
        if self.end.sent:
            self.end.remark = self.end.remark or remark
            return False
        self._watch.lost(Away("it went away"))
        self._fail(remark)
        return True

    def _fail(self, sentence: str) -> None:
        """Say over HTTP what stands in the way, and be done."""
        self.end.remark = sentence
        self._say(HTTPStatus.BAD_GATEWAY, f"trustrig front: {sentence}.")

    def _say(self, status: HTTPStatus, text: str) -> None:
        tls = self.end.tls
        if tls is not None and not tls.over:
            self._drop_behind()
            if (answer := self.end.spoken(status, text)) is None:
                return
            tls.status = status.value
            self._to_client += tls.tell(answer)
        self._part()

    def _part(self) -> None:
        """Nothing more is said to the client but goodbye; what it still sends is nobody's."""
        tls = self.end.tls
        if tls is not None and not tls.over:
            self._to_client += tls.goodbye()
        self._drop_behind()
        self._draining = True

    def _drop_behind(self) -> None:
        if self._behind is not None:
            self.dropped.append(self._behind.socket)
            self._behind = None

    def _flush(self) -> None:
        while self._to_client and (sent := send_now(self.peer, self._to_client)):
            self._to_client = self._to_client[sent:]

    def _goes_on(self) -> bool:
        """Tell each side that the other has said all; whether there is anything left to carry."""
        self._flush()
        behind = self._behind
        if behind is None and self.end.parted and not self._draining:
            self._part()  # goodbye is answered with goodbye, or clients read a truncation (RFC 8446, 6.1)
        if not self._to_client and not self._draining and behind is not None:
            if behind.ended and not behind.unsent:
                self._part()
            elif self._client_ended and behind.connected and not behind.unsent and not behind.shut:
                self._patience = HALF
                self.expires = time.monotonic() + HALF
                behind.shut_down()
        self._flush()
        if self._to_client:
            return True
        if self._draining:
            return self._drains()
        return self._behind is not None or not self._client_ended

    def _drains(self) -> bool:
        """Wait for the client to go: who closes with bytes unread resets its own answer."""
        if not self._parted and not self._eof:
            self._parted = True
            self.expires = time.monotonic() + DRAIN
            shut_for_writing(self.peer)
        return not self._eof
