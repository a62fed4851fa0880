"""What the `dtls` and `psk` commands share: where to listen or connect, how long, and a line for each connection."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from pki.errors import HandshakeError, InvalidRequest
from pki_cli.shell import EXIT_FINDING, note, now, say
from pki_cli.stay import Stay

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pki.report.dtls import ListeningKind
    from pki_cli.options.span import Span

DEFAULT_PORT = 8443  # of `serve`, and of the addresses that `scenarios show` prints
_MOST_CONNECTIONS = 1000  # ours: one server's session at a desk
_GLANCE = 0.05  # seconds between looks at what has ended

Port = Annotated[
    int,
    typer.Option("--port", metavar="N", min=0, max=65535, help="Listen there; 0 is any free port."),
]
Count = Annotated[
    int | None,
    typer.Option("--count", metavar="N", min=1, max=_MOST_CONNECTIONS, help="Stop after so many."),
]
AsJsonLines = Annotated[
    bool, typer.Option("--json", help="Lines of JSON: where it listens, then each connection.")
]
Target = Annotated[
    str, typer.Argument(metavar="HOST:PORT", help="Where it listens: 127.0.0.1:4433 or [::1]:4433.")
]


def leave(good: bool) -> None:
    """Leave with the exit code for a finding unless all was GOOD."""
    if not good:
        raise typer.Exit(EXIT_FINDING)


class EndedConnection(NamedTuple):
    """One connection that has ended."""

    words: str
    document: Callable[[], Mapping[str, object]]
    accepted: bool


class Listening(NamedTuple):
    """What a server of ours is left with: for how long, until how many have come, and how it tells of each."""

    lasting: Span
    connections: int | None
    as_json: bool

    def begin(self, kind: ListeningKind, what: str, port: int) -> None:
        """Say where it listens: on stderr, and as the first line of JSON."""
        note(f"Serving {what} on 127.0.0.1 port {port} for up to {self.lasting}; Ctrl-C ends it.")
        if self.as_json:
            from pki.report.dtls import listening_document

            self._line(
                listening_document(kind, address="127.0.0.1", port=port, at=now(), seconds=self.lasting)
            )

    def report(self, ended: Callable[[], int], finished: Callable[[], Sequence[EndedConnection]]) -> None:
        """One line for each connection as it ends, until enough have come or the time is up."""
        reported, good = 0, True

        def tell() -> None:
            nonlocal reported, good
            if ended() == reported:
                return
            for one in finished()[reported:]:
                self._tell(one)
                reported, good = reported + 1, good and one.accepted

        stay = Stay(self.lasting)
        try:
            while reported < (self.connections or _MOST_CONNECTIONS) and stay.left > 0:
                time.sleep(_GLANCE)
                tell()
        except KeyboardInterrupt:
            tell()  # who came in the moment before
            raise
        if self.connections is not None and reported < self.connections:
            raise HandshakeError(
                f"{reported} of {self.connections} connections came in {self.lasting}",
                hint="Give it longer with --for, or look at the client.",
            )
        leave(good)

    def _tell(self, one: EndedConnection) -> None:
        from pki.report.layout import wrapped

        if self.as_json:
            self._line(one.document())
        else:
            say("\n".join(wrapped(one.words, hanging="  ")))
            sys.stdout.flush()

    @staticmethod
    def _line(document: Mapping[str, object]) -> None:
        say(json.dumps(document, ensure_ascii=False))
        sys.stdout.flush()


def host_and_port(target: str, *, default: int | None = None) -> tuple[str, int]:
    """Read HOST:PORT or [ADDRESS]:PORT; with a DEFAULT the port may be missing.

    Raises:
        InvalidRequest: it is neither.
    """
    from pki.model.hosts import in_url, parse_host
    from pki.model.name_input import mistaken_name

    if default is not None and (":" not in target or target.endswith("]")):
        target = f"{target}:{default}"
    name, colon, digits = target.rpartition(":")
    bracketed = name.startswith("[") and name.endswith("]")
    if (
        not colon
        or not digits.isascii()
        or not digits.isdigit()
        or not 1 <= int(digits[:6]) <= 65535
        or (":" in name and not bracketed)
    ):
        found = mistaken_name(target)
        close = f"Did you mean {in_url(found.host, found.port)}? " if found is not None and found.port else ""
        raise InvalidRequest(
            f"{target!r} is no host with a port",
            hint=f"{close}Write HOST:PORT, such as 127.0.0.1:4433 or [::1]:4433.",
        )
    return parse_host(name[1:-1] if bracketed else name).text, int(digits)
