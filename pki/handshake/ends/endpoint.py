"""One end of a TLS connection without any socket: bytes in, bytes out, and an record of it at the end."""

from __future__ import annotations

from typing import Any

from OpenSSL import SSL

from pki.handshake.ends import binding
from pki.handshake.ends.cleartext import HTTP_REQUEST, SPEAKS_TLS, is_plain_http
from pki.handshake.ends.contexts import openssl_reason
from pki.handshake.ends.end_record import Agreed, Ended, EndRecord
from pki.handshake.ends.recorder import Recorder
from pki.model.transcript import Party

MAX_MESSAGE = 64 * 1024  # of HTTP, either way: a header block or a page that says hello
_CHUNK = 16 * 1024  # a TLS record's payload (RFC 8446, 5.1)


class Endpoint:
    """What both ends share. Feed it with `receive`, send what `outgoing` gives, until `over`."""

    party: Party
    datagrams = False

    def __init__(self, context: SSL.Context, recorder: Recorder) -> None:
        self._connection = SSL.Connection(context)
        self._connection.set_app_data(recorder)
        self._recorder = recorder
        self._received = b""
        self._untouched = True  # nothing has come yet
        self._parting = b""  # what is sent in the clear
        self._answered = False  # a server that has sent its ServerHello
        self._agreed: Agreed | None = None
        self.ended = Ended.STALLED
        self.error = ""
        self.over = False

    @property
    def done(self) -> bool:
        """Whether this end believes the handshake finished."""
        return self._recorder.done

    @property
    def received_data(self) -> bool:
        """Whether application data has arrived."""
        return bool(self._received)

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire and go as far as they allow; plain HTTP is told, in HTTP, what this port speaks."""
        if self._untouched:
            self._untouched = False
            if self.party is Party.SERVER and not self.datagrams and is_plain_http(data):
                self._parting, self.error = SPEAKS_TLS, HTTP_REQUEST
                self.close(Ended.BY_ERROR)
                return
        self._connection.bio_write(data)
        self.advance()

    def advance(self) -> None:
        """Go as far as the bytes at hand allow; nothing is raised for what a peer does."""
        if self.over:
            return
        try:
            if not self._recorder.done:
                self._connection.do_handshake()
                self._recorder.done = True
                self._finished()
            while not self.over:
                data = self._connection.recv(_CHUNK)
                self._received += data
                self._read(data)
        except SSL.WantReadError:
            pass
        except (
            SSL.ZeroReturnError
        ):  # close_notify, which is answered: who waits for that would read a truncation
            self.shut_down()  # RFC 5246, 7.2.1 (a MUST); RFC 8446, 6.1
        except SSL.Error as error:
            self.error = openssl_reason(error)
            self.close(Ended.BY_ERROR)

    def close(self, ended: Ended) -> None:
        """Be over, unless it is already: the wire is gone, or time is up."""
        if not self.over:
            self.ended = ended
            self.over = True

    def shut_down(self) -> None:
        """Send close_notify, and be over."""
        if self.over:
            return
        if self.done:
            try:
                self._connection.shutdown()
            except SSL.Error as error:
                self.error = openssl_reason(error)
        self.close(Ended.IN_ORDER)

    def outgoing(self) -> bytes:
        """What has to be sent now; empty when nothing has."""
        data, self._parting = self._parting, b""
        try:
            while True:
                piece = self._connection.bio_read(_CHUNK)
                data += piece
                if len(piece) < _CHUNK:  # a short one is the last
                    return data
        except SSL.WantReadError:
            return data

    def _finished(self) -> None:
        """The handshake has just finished at this end."""

    def _read(self, data: bytes) -> None:
        """DATA of the application has arrived, and stands at the end of `_received`."""

    def _agree(self) -> Agreed:
        """What is settled by now; once the handshake is done, for good."""
        if self._agreed is not None:
            return self._agreed
        connection = self._connection
        # In TLS 1.2 there is no suite to be had until the end, and before ServerHello the version is a guess.
        suite = connection.get_cipher_name()
        alpn = connection.get_alpn_proto_negotiated()
        agreed = Agreed(
            connection.get_protocol_version_name() if suite is not None or self._met() else None,
            suite,
            connection.get_group_name() if suite is not None else None,
            alpn.decode("ascii", "backslashreplace") or None,
        )
        if self._recorder.done:
            self._agreed = agreed
        return agreed

    def _met(self) -> bool:
        return self._answered or bool(self._path())

    def _path(self) -> tuple[bytes, ...]:
        found = self._recorder.path
        return found or tuple(map(self._recorder.der, self._connection.get_verified_chain() or ()))

    def _record(self, **more: Any) -> EndRecord:
        """What every end knows, and MORE."""
        recorder, agreed = self._recorder, self._agree()
        return EndRecord(
            party=self.party,
            datagrams=self.datagrams,
            believed_done=recorder.done,
            ended=self.ended,
            error=self.error,
            version=agreed.version,
            suite=agreed.suite,
            group=agreed.group,
            alpn=agreed.alpn,
            alerts=tuple(recorder.alerts),
            path=self._path(),
            verify_errors=tuple(recorder.verify_errors),
            refusal=recorder.refusal,
            received_data=self.received_data,
            resumed=binding.session_reused(self._connection) if recorder.done else None,
            **more,
        )
