"""A front's end of one TLS connection: what the client says comes out in the clear, what it is told goes in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from OpenSSL import SSL

from pki.handshake.ends.contexts import openssl_reason
from pki.handshake.ends.end_record import Ended, EndRecord
from pki.handshake.ends.server_end import ServerEnd
from pki.handshake.tls_records import RecordBoundary

if TYPE_CHECKING:
    from pki.handshake.acceptance.client_policies import Refusal
    from pki.handshake.ends.contexts import ServerContext

_RECORD = 16 * 1024  # bytes of a TLS record's payload (RFC 8446, 5.1)
_AROUND = 64  # bytes, more than a record adds to its payload: header, type, tag (RFC 8446, 5.2)


class TlsEnd(ServerEnd):
    """The server's end, that keeps nothing of what passes; `parted` is whether the client has said close_notify."""

    parted = False
    quiet = False  # what was taken last asks for no answer of TLS's own
    received = 0  # bytes of application data
    status: int | None = None  # of the answer, by the server behind or the front

    def __init__(self, context: ServerContext) -> None:
        super().__init__(context)
        self._records = RecordBoundary()

    @property
    def received_data(self) -> bool:
        """Whether application data has arrived."""
        return self.received > 0

    def take(self, data: bytes) -> bytes:
        """Take bytes from the wire; what they say."""
        if self.over:
            return b""
        whole = self._records.whole(data)
        self._connection.bio_write(data)
        said: list[bytes] = []
        try:
            if not self._recorder.done:
                self._connection.do_handshake()
                self._recorder.done = True
                whole = False  # what came with it may be more than one record
            said.append(self._connection.recv(min(len(data), _RECORD)))
            while not whole:  # asking once more, to be told that there is nothing, costs as much as reading
                said.append(self._connection.recv(_RECORD))
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.parted = True
        except SSL.Error as error:
            self.error = openssl_reason(error)
            self.close(Ended.BY_ERROR)
        self.quiet = whole and bool(said)
        found = said[0] if len(said) == 1 else b"".join(said)
        self.received += len(found)
        return found

    def tell(self, data: bytes) -> bytes:
        """The bytes for the wire that say DATA."""
        try:
            self._connection.sendall(data)
        except SSL.Error as error:  # the client has sent what ends the connection
            self.error = openssl_reason(error)
            self.close(Ended.BY_ERROR)
        return self.flight(len(data) + _AROUND * (2 + len(data) // _RECORD))

    def flight(self, room: int = _RECORD) -> bytes:
        """What has to be sent now, asked for in pieces of ROOM bytes; empty when nothing has."""
        if not self.done:
            return self.outgoing()
        found = b""
        try:
            while True:
                piece = self._connection.bio_read(room)
                found = found + piece if found else piece
                if len(piece) < room:
                    return found
        except SSL.WantReadError:
            return found

    def goodbye(self) -> bytes:
        """Close_notify for the wire: the last that is said here."""
        self.shut_down()
        return self.flight()

    @property
    def protocol(self) -> bytes:
        """What was agreed on by ALPN; empty where nothing was."""
        return self._connection.get_alpn_proto_negotiated()

    def refused_client(self) -> Refusal | None:
        """Why the policy of the settings does not let this client in; None where it does, or there is none."""
        return super().record().refusal if self._context.settings.policy is not None else None

    def close(self, ended: Ended) -> None:
        """Be over, unless it is already; after close_notify the end of the wire is in order."""
        super().close(Ended.IN_ORDER if self.parted and ended is Ended.BY_EOF else ended)

    def record(self) -> EndRecord:
        """What the front knows; ask when it is over."""
        return replace(super().record(), status=self.status)
