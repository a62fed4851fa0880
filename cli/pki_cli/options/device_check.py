"""What `install device` tests with: a server of its own beside the page, a front before the developer's, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest, PkiError, WrongPassword
from pki_cli.options.group import OptionGroup
from pki_cli.options.listen import DEFAULT_PORT
from pki_cli.shell import note
from pki_cli.ways_out import flags_named

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cryptography.x509 import Certificate

    from pki.install.portal import DeviceCheck, FrontCheck, Portal, ProfileHandout
    from pki.install.portal.handover_report import HandoverFrontJson
    from pki.store import AuthorityFolder


class TestedBy(OptionGroup):
    """What a device goes to, so that it is seen whether it works, and what it calls that."""

    __test__ = False  # no test of pytest's

    no_check: Annotated[
        bool, typer.Option("--no-check", help="No test server: leave when all is given out.")
    ] = False
    front: Annotated[
        str | None,
        typer.Option(
            "--front",
            metavar="URL",
            help="Test with your own server behind a front: http://localhost:3000. This publishes it.",
        ),
    ] = None
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            metavar="HOST",
            help="What the device calls it, by the page's PAC: api.test. [default: the address]",
        ),
    ] = None
    front_port: Annotated[
        int,
        typer.Option(
            "--front-port", metavar="N", min=0, max=65535, help="The front's port; 0 is any free one."
        ),
    ] = DEFAULT_PORT

    def check(
        self,
        folder: AuthorityFolder | None,
        address: str,
        handout: ProfileHandout,
        *,
        expected: Certificate | None,
        at: datetime,
    ) -> DeviceCheck | FrontCheck | None:
        """What stands at ADDRESS, with an identity that is made in passing for the moment AT; None for nothing.

        Raises:
            InvalidRequest: no server behind, no name that leads here, no authority, or one that may not certify it.
            PkiError: the key of a front's authority is not to be had.
        """
        if self.front is not None:
            return self._front_check(self.front, folder, address, handout, expected=expected, at=at)
        return None if self.no_check else _test_server(folder, address, handout, expected=expected, at=at)

    def _front_check(
        self,
        server: str,
        folder: AuthorityFolder | None,
        address: str,
        handout: ProfileHandout,
        *,
        expected: Certificate | None,
        at: datetime,
    ) -> FrontCheck:
        from pki.front import ServerBehind
        from pki.install.portal import DeviceCheck, FrontCheck
        from pki.issue import Authority

        behind = ServerBehind.parse(server)
        host = _host(self.name, address)
        if folder is None:
            raise InvalidRequest(
                "a front needs the authority that the profile installs, and it is not here",
                hint="Name its folder with --ca.",
            )
        authorities = folder.issuers
        with flags_named(folder.path):
            identity = Authority(folder.signing(authorities)).issue_server(host, at=at, days=1)
        device_check = DeviceCheck(
            identity=identity,
            authorities=authorities,
            client=handout.identity,
            expected=expected,
            called="front",
        )
        return FrontCheck(behind=behind, host=host, device_check=device_check, port=self.front_port)

    def refuse_contradictions(self) -> None:
        """Refuse what contradicts: a name without a server, or a server that nobody is to ask.

        Raises:
            InvalidRequest: it does.
        """
        if self.front is None and (self.name is not None or self.front_port != DEFAULT_PORT):
            given = "--name" if self.name is not None else "--front-port"
            raise InvalidRequest(
                f"{given} is about a server behind a front, and none is named",
                hint="Name yours, as in --front http://localhost:3000.",
            )
        if self.front is not None and self.no_check:
            raise InvalidRequest(
                "--front tests with your own server, and --no-check has nothing tested",
                hint="Leave one of them out.",
            )


def _test_server(
    folder: AuthorityFolder | None,
    address: str,
    handout: ProfileHandout,
    *,
    expected: Certificate | None,
    at: datetime,
) -> DeviceCheck | None:
    """A test server for ADDRESS, its identity made in passing; None, and why on stderr, where there can be none."""
    from pki.install.portal import DeviceCheck
    from pki.issue import Authority

    if folder is None:
        note("No test server: the authority that the profile installs is not here. See --ca.")
        return None
    authorities = folder.issuers
    try:
        with flags_named(folder.path):
            identity = Authority(folder.signing(authorities)).issue_server(address, at=at, days=1)
    except WrongPassword as error:
        note(f"No test server: {error.problem}. See --ca-passphrase-file.")
        return None
    except PkiError as error:
        note(f"No test server: {error}")
        return None
    return DeviceCheck(identity=identity, authorities=authorities, client=handout.identity, expected=expected)


def announce_front(portal: Portal, address: str, tell: Callable[[str], None]) -> None:
    """What is before the server behind, how the device finds it, and who else does."""
    front = portal.front
    if front is None:
        return
    tell(f"Front at {front.url}. {front.behind_text}")
    if front.asks:
        tell("It asks for the identity, and lets those pass who show none: the page says what came.")
    if front.pac_url is not None:
        from pki.report.layout import wrapped
        from pki_fixtures.front_text import proxy_warning

        tell(
            f"The page tells the device to ask this proxy, Configure Proxy: Automatic\n\n  {front.pac_url}\n"
        )
        mind = f"Mind: {proxy_warning(front.shown.host)}. When you are done, set Configure Proxy to Off."
        tell("\n".join(wrapped(mind)))
    else:
        tell(
            f"An app needs an exception in its Info.plist for {address}, or App Transport Security refuses it: --name "
            "api.test does without."
        )
    from ipaddress import ip_address

    if not ip_address(address).is_loopback:
        note(
            f"warning: this publishes the server behind, {front.behind}, passwords or none, to everybody who reaches "
            f"{address}"
        )


def front_json(portal: Portal) -> HandoverFrontJson | None:
    """The same for programs; ask while the page is there."""
    front = portal.front
    if front is None:
        return None
    return {"url": front.url, "behind": str(front.behind), "pac": front.pac_url}


def _host(name: str | None, address: str) -> str:
    """What the device calls the front at ADDRESS: NAME, or that address.

    Raises:
        InvalidRequest: NAME is no host, or one that never leads a device here.
    """
    from pki.model.hosts import parse_host
    from pki.model.local_names import below_localhost

    if name is None:
        return address
    host = parse_host(name)
    if host.is_address:
        raise InvalidRequest(
            f"{host} is an address, and the front's is {address}",
            hint="Leave --name out, or name one of this machine's with --address.",
        )
    if "*" in host.text:
        raise InvalidRequest(
            f"{name!r} is not a host name, which clients call", hint="Give one, such as api.test."
        )
    if below_localhost(host.text):
        raise InvalidRequest(
            f"{host} is the device itself, whatever a proxy says", hint="Give a name such as api.test."
        )
    return host.text.removesuffix(".")
