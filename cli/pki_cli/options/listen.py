"""What the `dtls` and `psk` commands share: where to listen or connect, how long, and a line for each connection."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import HandshakeError, InvalidRequest
from pki_cli.shell import EXIT_FINDING, say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


DEFAULT_PORT = 8443  # of `serve`, and of the addresses that `scenarios show` prints
_MOST_CONNECTIONS = 1000  # ours: one server's session at a desk
_GLANCE = 0.05  # seconds between looks at what has ended

Port = Annotated[int, typer.Option(min=0, max=65535, help="Listen there; 0 is any free port.")]
Count = Annotated[
    int | None, typer.Option(min=1, max=1000, help="Leave after this many connections; 1000 at most.")
]
Seconds = Annotated[float, typer.Option(min=0.1, max=86400, help="Leave after this time at the latest.")]
Timeout = Annotated[float, typer.Option(min=0.1, max=600, help="Seconds for the handshake.")]
Target = Annotated[str, typer.Argument(metavar="HOST:PORT")]


def leave(good: bool) -> None:
    """Leave with the exit code for a finding unless all was GOOD."""
    if not good:
        raise typer.Exit(EXIT_FINDING)


def report(
    ended: Callable[[], int],
    finished: Callable[[], Sequence[tuple[str, bool]]],
    count: int | None,
    seconds: float,
) -> None:
    """One line for each connection as it ends, until COUNT have or SECONDS have passed."""
    from pki.report.layout import wrapped

    expires = time.monotonic() + seconds
    reported, good = 0, True
    while reported < (count or _MOST_CONNECTIONS) and time.monotonic() < expires:
        time.sleep(_GLANCE)
        if ended() == reported:
            continue
        for words, accepted in finished()[reported:]:
            say("\n".join(wrapped(words, hanging="  ")))
            sys.stdout.flush()
            reported, good = reported + 1, good and accepted
    if count is not None and reported < count:
        raise HandshakeError(
            f"{reported} of {count} connections came in {seconds:g} s",
            hint="Give --seconds more, or look at the client.",
        )
    leave(good)


def host_and_port(target: str) -> tuple[str, int]:
    """Read HOST:PORT or [ADDRESS]:PORT.

    Raises:
        InvalidRequest: it is neither.
    """
    from pki.model.hosts import in_url, parse_host
    from pki.model.name_input import mistaken_name

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
