"""Live servers as commands name them: the options, and the way there."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest, PkiError
from pki.model.time_format import moment_text
from pki_cli.options.choices import StartTlsName
from pki_cli.options.group import OptionGroup
from pki_cli.options.identities import Client, identity_named
from pki_cli.options.issue import Which
from pki_cli.options.span import DEFAULT_TIMEOUT
from pki_cli.options.trust import JudgesCa
from pki_cli.shell import DEFAULT_CA, note, now, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from pki.issue.revoked import RevocationLedger
    from pki.live import Route, Target
    from pki.model.identity import Identity
    from pki.model.verdict import Verdict


class ClientOptions(OptionGroup):
    """The identity that a live server is shown."""

    client: Client = None
    which: Which = None
    ca: JudgesCa = DEFAULT_CA

    def identity(self, password: str | None) -> Identity | None:
        """The identity, opened with PASSWORD where it is locked; None without --client."""
        return identity_named(self.client, self.ca, password, self.which)

    def ledger(self, identity: Identity | None) -> RevocationLedger | None:
        """What the authority in --ca, and the one in whose folder --client lies, revoked, to look IDENTITY up in.

        None without an identity, or where there is no such folder.

        Raises:
            StoreError: the folder is damaged.
        """
        if identity is None:
            return None
        from pki_cli.options.client_policy import ledger_of

        return ledger_of(self.ca, *Path(self.client or "").parents[:_DEPTH])


Connect = Annotated[
    str | None,
    typer.Option(
        "--connect",
        metavar="HOST[:PORT]",
        help="Connect there instead, past any proxy; the name that is judged stays.",
    ),
]
StartTls = Annotated[
    StartTlsName | None,
    typer.Option("--starttls", help="HOST:PORT speaks this in the clear first, and then TLS."),
]
_DEPTH = 3  # AUTHORITY/issued/NAME/FILE


def is_live(target: str, starttls: str | None) -> bool:
    """Whether TARGET is a server, not a file; a file of that name comes first."""
    return "://" in target or (starttls is not None and not Path(target).exists())


def route_to(
    target: str, *, connect: str | None = None, starttls: str | None = None, timeout: float = DEFAULT_TIMEOUT
) -> Route:
    """The way to TARGET, through the proxy that the environment names unless CONNECT says where to go.

    Raises:
        InvalidRequest: TARGET, CONNECT or the proxy's setting does not read.
    """
    from pki.live import Route, parse_target, proxy_for

    server = parse_target(target, starttls=starttls)
    if connect is None:
        return Route(server, proxy=proxy_for(server), timeout=timeout)
    _mention_proxy(server)
    if "/" in connect:
        from pki.errors import InvalidRequest
        from pki.model.hosts import in_url
        from pki.model.name_input import mistaken_name

        found = mistaken_name(connect)
        close = f"Did you mean {in_url(found.host, found.port)}? " if found is not None else ""
        raise InvalidRequest(
            f"{connect!r} is no host with a port", hint=f"{close}Write --connect HOST[:PORT]."
        )
    other = parse_target(f"https://{connect}")
    bare = ":" not in connect.rpartition("]")[2]
    return Route(server, via=(other.host.text, server.port if bare else other.port), timeout=timeout)


def _mention_proxy(server: Target) -> None:
    """Say that --connect goes past the proxy that the environment names; curl's --connect-to does not."""
    from pki.live import proxy_for

    try:
        proxy = proxy_for(server)
    except InvalidRequest:  # of a kind that is not spoken here: passed by all the same
        note("note: --connect goes there directly, not through the proxy of the environment")
        return
    if proxy is not None:
        note(f"note: --connect goes there directly, not through the proxy {proxy} of the environment")


def was_accepted(verdict: Verdict) -> bool:
    """Whether the identity that was to be shown was accepted: the only answer that counts."""
    answer = verdict.transport.identified if verdict.transport is not None else None
    return answer is not None and answer.identity is not None and answer.accepted


def refuse_without_live(targets: list[str], starttls: str | None, **options: object) -> None:
    """Refuse options that only mean something for a live server."""
    with contextlib.suppress(StopIteration):
        given = next(name for name, value in options.items() if value)
        if not any(is_live(target, starttls) for target in targets):
            raise InvalidRequest(
                f"--{given} is about a live server, and none was named",
                hint="Give https://HOST:PORT as TARGET.",
            )


def mention_what_was_not_done(verdict: Verdict, client: str | None) -> None:
    """Say on stderr what somebody may have expected of a look at a server."""
    transport = verdict.transport
    if client is None or transport is None:
        return
    answer = transport.identified
    if answer is not None and answer.identity is not None:
        return
    if transport.client_certificate != "none" or not verdict.trusted:
        note(f"note: the server is not trusted, so {client} was not shown")
    else:
        note(f"note: the server did not ask for a client certificate, so {client} was not shown")


def keep_watching(target: str, look: Callable[[], Verdict], before: Verdict, seconds: float) -> None:
    """Look again every so many SECONDS until interrupted, and say what is new."""
    known = _summary(before)
    while True:
        time.sleep(seconds)
        try:
            seen = _summary(look())
        except PkiError as error:
            seen = error.problem
        if seen != known:
            say(f"{moment_text(now())} {target}: {seen}")
            known = seen


def _summary(verdict: Verdict) -> str:
    """What is worth a new line when it changes."""
    headline, leaf = verdict.headline, verdict.chain[0]
    answer = "trusted" if headline is None else f"NOT TRUSTED: {headline.told}"
    version = f", TLS {verdict.transport.version}" if verdict.transport is not None else ""
    identified = verdict.transport.identified if verdict.transport is not None else None
    answer += f", {identified.text}" if identified is not None else ""
    return f"{answer} (serial {leaf.serial:x}, until {leaf.not_after:%Y-%m-%d}{version})"
