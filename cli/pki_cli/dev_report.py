"""What `dev` tells: what was made, where the files are, what a server's configuration says, and what comes next."""

from __future__ import annotations

import contextlib
import ipaddress
import shlex
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from pki.errors import InvalidRequest
from pki.store.default_folder import ca_option
from pki_cli.options.listen import DEFAULT_PORT
from pki_cli.shell import note, say, say_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pki.model.names import SubjectName
    from pki.model.verdict import Finding
    from pki.store import AuthorityFolder
    from pki.store.dev_document import ServingJson
    from pki.store.server_identity import ReadyServer

SERVERS: Final = ("nginx", "caddy", "node", "python")  # those that read the two files as they lie there
_HERE: Final = "127.0.0.1"


@dataclass(frozen=True)
class DevReport:
    """A server that is READY in FOLDER; HOST is the name it was asked for first."""

    folder: AuthorityFolder
    ready: ReadyServer
    host: SubjectName
    made: bool  # the authority, just now
    at: datetime

    @cached_property
    def name(self) -> str:
        """A name that a client connects to."""
        from pki.model.hosts import example_host

        return example_host(self.host.value)

    def tell(self, serving: ServingJson | None = None, *, as_json: bool) -> None:
        """Print all of it; warnings go beside it."""
        from pki_cli.issue_report import judged

        findings = judged(self.ready.chain, self.ready.row, at=self.at)
        if as_json:
            from pki.store.dev_document import dev_document

            say_json(
                dev_document(
                    self.ready,
                    self.folder,
                    authority_made=self.made,
                    servers=dict(self._configurations()),
                    steps=self._steps(serving),
                    serving=serving,
                    findings=findings,
                )
            )
            return
        _warn(findings)
        servers = () if serving else self._servers()
        say("\n".join((*self._identity(), *servers, "", *self._next(serving))))

    def _identity(self) -> Iterator[str]:
        from pki.report.layout import harmless, wrapped
        from pki.store.dev_document import root_file
        from pki.store.layout import FULL_CHAIN, KEY

        row, ca = self.ready.row, self.folder.path
        if self.made:
            yield f"Made an authority for a local network in {ca}; nothing trusts it yet."
        else:
            yield f"Using the authority in {ca}."
        done = {
            "kept": "is there already,",
            "issued": "was issued,",
            "renewed": "was issued again, with the key it had,",
            "extended": "was issued again with the names it lacked and the key it had,",
        }[self.ready.readiness]
        yield f"{row.name} {done} valid until {row.not_after:%Y-%m-%d}."
        yield from wrapped(f"names        {harmless(', '.join(row.names))}", indent="  ", hanging=" " * 15)
        yield f"  certificate  {self.ready.folder / FULL_CHAIN}"
        yield f"  key          {self.ready.folder / KEY}"
        if root := root_file(self.folder):
            yield f"  root         {root}, which clients trust"

    def _configurations(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The lines for each server; none where a path would mean something else to it."""
        from pki.export.servers import shape_named, written

        for server in SERVERS:
            shape = shape_named(server)
            with contextlib.suppress(InvalidRequest):
                yield server, written(shape.lines, shape, self.ready.folder.absolute())

    def _servers(self) -> Iterator[str]:
        name, option = shlex.quote(self.ready.row.name), ca_option(self.folder.path)
        yield ""
        yield "For the configuration of your server:"
        for server, lines in self._configurations():
            for label, line in zip_longest((server,), lines, fillvalue=""):
                yield f"  {label:<7} {line}"
        yield f"  Java    trustrig export keystore {name} -o server.p12{option}"
        yield f"  others  trustrig export pem {name} --layout apache -o server/{option}"

    def _next(self, serving: ServingJson | None) -> Iterator[str]:
        where = "the server that runs here" if serving else f"your server at port {DEFAULT_PORT}"
        yield f"Next, with {where}:"
        for what, command in self._steps(serving):
            yield f"  {what}:"
            yield f"    {command}"

    def _steps(self, serving: ServingJson | None) -> Iterator[tuple[str, str]]:
        """What comes next: what it is for, and the command."""
        from pki.model.hosts import in_url
        from pki.store.dev_document import root_file

        ca, option = shlex.quote(str(self.folder.path)), ca_option(self.folder.path)
        port = serving["port"] if serving else DEFAULT_PORT
        url = (
            f"https://{in_url(self.name, port)}"  # quoted: zsh takes the brackets of an address for a pattern
        )
        there = _reached_at(self.name, serving)
        if root := root_file(self.folder):
            way = f" --connect-to {shlex.quote(f'::{in_url(there)}:{port}')}" if there else ""
            yield (
                "ask it from this machine",
                f"curl --cacert {shlex.quote(root)}{way} {shlex.quote(f'{url}/')}",
            )
        way = f" --connect {shlex.quote(in_url(there, port))}" if there else ""
        yield "would an Apple client trust it", f"trustrig evaluate {shlex.quote(url)} --anchor {ca}{way}"
        yield "onto a phone, by QR code", f"trustrig install device{option}"
        yield "into booted simulators", f"trustrig install simulator{option}"


def _reached_at(name: str, serving: ServingJson | None) -> str | None:
    """The address to connect to in place of NAME, where NAME does not lead there by itself; None where it does."""
    if name == "localhost" or name.endswith(".localhost"):
        local = True
    else:
        try:
            local = ipaddress.ip_address(name).is_loopback
        except ValueError:
            local = False
    if serving is not None:
        address = serving["addresses"][0]
        there = ipaddress.ip_address(address).is_loopback if local else name == address
        return None if there else address
    # Nobody's resolver knows .test (RFC 6761, 6.2): its server is taken to run here.
    return _HERE if name.endswith(".test") else None


def _warn(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        says = "Apple will refuse this: " if finding.fails else ""
        note(f"warning: {says}{finding.told}. {finding.fix}")
