"""TLS with a pre-shared key instead of certificates (RFC 4279, RFC 5489, RFC 8446 4.2.11): both ends, 1.2 and 1.3.

pyOpenSSL has no public name for it and declined one (pyca/pyopenssl#704); the private door is binding.py, and where it
is shut every function here raises `NotOffered`. The key is in no message, account or repr.
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from OpenSSL import SSL

from pki.errors import HandshakeError, InvalidRequest
from pki.handshake import binding
from pki.handshake.account import Account, Ended
from pki.handshake.contexts import NotOffered, make_offer
from pki.handshake.endpoint import Endpoint
from pki.handshake.offer import Offer, TlsVersion
from pki.handshake.pump import pump
from pki.handshake.recorder import Recorder, listen
from pki.handshake.server import DEADLINE, LOOPBACK, LoopbackServer
from pki.model.alerts import tls_alert
from pki.model.datagrams import PskOutcome
from pki.model.transcript import Ending, Party

if TYPE_CHECKING:
    from datetime import datetime

# OpenSSL's names; ECDHE first, for forward secrecy.
_SUITES = (
    "ECDHE-PSK-CHACHA20-POLY1305",
    "ECDHE-PSK-AES128-CBC-SHA256",
    "PSK-AES128-GCM-SHA256",
    "PSK-AES256-GCM-SHA384",
    "PSK-AES128-CBC-SHA256",
)
# RFC 8446, 4.2.11: an external key without a hash of its own is for SHA-256, so a suite with another fits none.
_SUITES13 = ("TLS_AES_128_GCM_SHA256",)
MIN_KEY, MAX_KEY = 16, 512  # bytes; ours (128 bits), and OpenSSL's PSK_MAX_PSK_LEN
MAX_IDENTITY = 128  # bytes, RFC 4279 5.3
_CHUNK = 64 * 1024
_MAX_RECEIVED = 64 * 1024
_QUESTION = b"hello\n"
_UNKNOWN_IDENTITY, _HANDSHAKE_FAILURE = 115, 40
_WRONG_KEY = frozenset(
    {20, 47, 51}
)  # by version and OpenSSL: bad_record_mac, illegal_parameter, decrypt_error
_REPAIR_KEY = (
    "Give both ends the same key; compare their lengths first, and look for a newline or hex taken as text."
)
_REPAIR_IDENTITY = "Use an identity the server has a key for; case and spaces count."


@dataclass(frozen=True, slots=True)
class PreSharedKey:
    """A name both ends know, which travels in the clear, and a secret, which does not.

    Raises:
        InvalidRequest: the identity cannot travel, or the key is too short or too long.
    """

    identity: str
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        name = self.identity.encode()
        if not name or len(name) > MAX_IDENTITY or b"\0" in name or not self.identity.isprintable():
            raise InvalidRequest(
                "that is no PSK identity", hint=f"Give 1 to {MAX_IDENTITY} bytes of printable UTF-8."
            )
        if not MIN_KEY <= len(self.key) <= MAX_KEY:
            raise InvalidRequest(
                f"the pre-shared key has {len(self.key)} bytes",
                hint=f"It needs {MIN_KEY} to {MAX_KEY}; `openssl rand -hex 32` makes one of 32.",
            )


def read_psk(text: bytes, *, identity: str, source: str) -> PreSharedKey:
    """A key as it lies in a file: hexadecimal digits, as `openssl rand -hex 32` prints them.

    Raises:
        InvalidRequest: what is in SOURCE is no such key; it is not repeated.
    """
    try:
        key = bytes.fromhex(text.decode("ascii").strip())
    except (UnicodeDecodeError, ValueError):
        raise InvalidRequest(
            f"{source} holds no hexadecimal key",
            hint="Put the hex digits alone in it: `openssl rand -hex 32`, as for `openssl s_client -psk`.",
        ) from None
    return PreSharedKey(identity, key)


class PskEnd(Endpoint):
    """What both ends share; the context is this end's alone."""

    def __init__(self, context: SSL.Context) -> None:
        super().__init__(context, Recorder())
        self.identity: str | None = None

    @property
    def answer(self) -> str:
        """What the other end has said."""
        return self._received.decode(errors="replace")

    def account(self) -> Account:
        """What this end knows; ask when it is over. The identity stands where a certificate's name would."""
        return Account(**self._known(), server_name=self.identity)


class PskClientEnd(PskEnd):
    """The client: offers its identity, says hello, and waits for an answer or the end."""

    party = Party.CLIENT

    def __init__(self, psk: PreSharedKey, version: TlsVersion) -> None:
        context = _context(SSL.TLS_CLIENT_METHOD, version)
        _demand(binding.set_psk_client(context, psk.identity.encode(), psk.key))
        super().__init__(context)
        self.identity = psk.identity
        self._connection.set_connect_state()

    def _finished(self) -> None:
        self._connection.sendall(_QUESTION)

    def _read(self) -> None:
        if self._received.endswith(b"\n") or len(self._received) > _MAX_RECEIVED:
            self._connection.shutdown()
            self._close(Ended.IN_ORDER)


class PskServerEnd(PskEnd):
    """The server: looks the identity up, and greets whoever holds the key."""

    party = Party.SERVER

    def __init__(self, keys: dict[bytes, bytes], version: TlsVersion | None) -> None:
        context = _context(SSL.TLS_SERVER_METHOD, version)
        # No tickets: with one, a second connection would prove nothing about the key.
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION)
        _demand(binding.set_psk_server(context, keys, self._asked))
        super().__init__(context)
        self._keys = keys
        self._connection.set_accept_state()

    @property
    def knows(self) -> bool:
        """Whether the identity that was asked for has a key here."""
        return self.identity is not None and self.identity.encode() in self._keys

    def _asked(self, identity: bytes) -> None:
        self.identity = identity.decode(errors="replace")

    def _read(self) -> None:
        version = self._connection.get_protocol_version_name()
        self._connection.sendall(
            f"hello {self.identity}, {version}, {self._connection.get_cipher_name()}\n".encode()
        )
        self._connection.shutdown()
        self._close(Ended.IN_ORDER)


class PskServer(LoopbackServer):
    """Serves TLS-PSK on 127.0.0.1 while the `with` block lasts; VERSION None means 1.2 and 1.3.

    Raises:
        NotOffered: the binding has no PSK. HandshakeError: the port cannot be had (raised on entering).
    """

    def __init__(
        self,
        *keys: PreSharedKey,
        at: datetime,
        version: TlsVersion | None = None,
        port: int = 0,
        deadline: float = DEADLINE,
    ) -> None:
        self._prepare(at=at, port=port, deadline=deadline)
        self._keys = {psk.identity.encode(): psk.key for psk in keys}
        self._version = version
        self.new_end()  # so that a binding without PSK is found out now

    def new_end(self) -> PskServerEnd:
        """The end for one more connection."""
        return PskServerEnd(self._keys, self._version)

    @property
    def outcomes(self) -> tuple[PskOutcome, ...]:
        """What the server knows of each finished connection, oldest first."""
        return tuple(
            _outcome(
                None,
                account,
                at=self._at,
                transport="sockets",
                identity=account.server_name,
                unknown=account.server_name is not None and account.server_name.encode() not in self._keys,
            )
            for account in self.accounts
        )


def _context(method: int, version: TlsVersion | None) -> SSL.Context:
    context = SSL.Context(method)
    lowest, highest = (version, version) if version is not None else (TlsVersion.TLS12, TlsVersion.TLS13)
    make_offer(context, Offer(lowest=lowest, highest=highest, suites=_SUITES, suites13=_SUITES13))
    listen(context)
    return context


def _demand(possible: bool) -> None:
    if not possible:
        raise NotOffered("this pyOpenSSL cannot use a pre-shared key: its binding has no PSK callbacks")


def shake_hands_with_psk(
    client: PreSharedKey, server: PreSharedKey, *, version: TlsVersion, at: datetime
) -> PskOutcome:
    """Shake hands in memory, both ends ours.

    Raises:
        NotOffered: the binding has no PSK.
    """
    client_end = PskClientEnd(client, version)
    server_end = PskServerEnd({server.identity.encode(): server.key}, version)
    pump(client_end, server_end)
    return _outcome(
        client_end.account(),
        server_end.account(),
        at=at,
        transport="memory",
        identity=client.identity,
        unknown=server_end.identity is not None and not server_end.knows,
        answer=client_end.answer,
    )


def call_with_psk(
    psk: PreSharedKey,
    port: int,
    *,
    version: TlsVersion,
    at: datetime,
    address: str = LOOPBACK,
    deadline: float = DEADLINE,
) -> PskOutcome:
    """Shake hands with a server that is not ours; `deadline` in seconds.

    Raises:
        NotOffered: the binding has no PSK. HandshakeError: nobody listens there.
    """
    end = PskClientEnd(psk, version)
    expires = time.monotonic() + deadline
    try:
        connected = socket.create_connection((address, port), timeout=deadline)
    except (OSError, OverflowError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise HandshakeError(
            f"no connection to {address} port {port}: {reason}", hint="Start the server, or correct the port."
        ) from None
    with connected:
        _talk(end, connected, expires)
    return _outcome(end.account(), None, at=at, transport="sockets", identity=psk.identity, answer=end.answer)


_LINGER = 1.0  # seconds for a word from a server that need not say any


def _talk(end: PskClientEnd, connected: socket.socket, expires: float) -> None:
    end.advance()
    lingering = False
    try:
        while True:
            if outgoing := end.outgoing():
                connected.sendall(outgoing)
            if end.over:
                return
            if end.done and not lingering:
                lingering, expires = True, min(expires, time.monotonic() + _LINGER)
            connected.settimeout(max(0.001, expires - time.monotonic()))
            data = connected.recv(_CHUNK)
            if not data:
                end.hang_up(Ended.BY_EOF)
                return
            end.receive(data)
            if time.monotonic() >= expires:
                raise TimeoutError
    except TimeoutError:
        end.hang_up(Ended.IN_ORDER if lingering else Ended.BY_DEADLINE)
    except OSError:
        end.hang_up(Ended.BY_RESET)


def _outcome(
    client: Account | None,
    server: Account | None,
    *,
    at: datetime,
    transport: str,
    identity: str | None,
    unknown: bool | None = None,
    answer: str = "",
) -> PskOutcome:
    sides = [side for side in (client, server) if side is not None]
    refuser, number = _refusal(client, server)
    known = max(sides, key=lambda side: (side.suite is not None, side.version is not None))
    if refuser is not None and number is not None:
        ending = Ending.REFUSED
        reason, repair = _why(refuser, number, identity, unknown=unknown)
    elif all(side.believed_done for side in sides):
        ending, reason, repair = Ending.ACCEPTED, "", ""
    else:
        ending, reason, repair = Ending.BROKEN, *_broken(sides[0])
    return PskOutcome(
        at=at,
        transport=transport,
        ending=ending,
        refused_by=refuser,
        alert=tls_alert(number) if number is not None else None,
        reason=reason,
        repair=repair,
        version=known.version,
        suite=known.suite,
        identity=identity,
        answer=answer,
    )


def _refusal(client: Account | None, server: Account | None) -> tuple[Party | None, int | None]:
    for side in filter(None, (client, server)):
        for event in side.fatal_alerts:
            return (side.party if event.sent else side.party.other), event.number
    return None, None


def _why(refuser: Party, number: int, identity: str | None, *, unknown: bool | None) -> tuple[str, str]:
    name = f'"{identity}"' if identity is not None else "of that name"
    if number == _UNKNOWN_IDENTITY or unknown:
        return f"the server has no key for the identity {name}", _REPAIR_IDENTITY
    if number in _WRONG_KEY:
        return f"the two ends hold different keys for the identity {name}", _REPAIR_KEY
    if number == _HANDSHAKE_FAILURE:
        return (
            f"the {refuser} found nothing in common: in TLS 1.3 that is also how OpenSSL refuses an identity it has "
            "no key for, and how a server without PSK answers",
            f"Check that the server does PSK in this version and with SHA-256. {_REPAIR_IDENTITY}",
        )
    return f"the {refuser} said: {tls_alert(number).meaning}", "See the other end's own log."


def _broken(side: Account) -> tuple[str, str]:
    if side.error:
        return (
            f"what the {side.party} got from the {side.party.other} is no TLS handshake: {side.error}",
            f"Check that the {side.party.other} speaks TLS on this port.",
        )
    return (
        f"the connection ended {side.ended}, before the {side.party}'s handshake was done",
        f"See the {side.party.other}'s own log.",
    )
