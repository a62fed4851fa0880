"""The options of `handshake`: whom its server admits, over what the two meet, and how the answer looks."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.answer_file import AnswerFile
from pki_cli.options.answer import AnswerOptions, format_option
from pki_cli.options.client_policy import Admits, ClientAuth, Trusted, acceptable_named, policy_named
from pki_cli.options.group import OptionGroup
from pki_cli.options.listen import Port
from pki_cli.shell import note

if TYPE_CHECKING:
    from datetime import datetime

    from pki.handshake import ClientSettings, ServerSettings, TlsVersion
    from pki.model.identity import Identity
    from pki.model.transcript import Transcript
    from pki.store import AuthorityFolder


class TranscriptFormat(StrEnum):
    """How the answer looks."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"  # for a comment on GitHub


class TranscriptOptions(AnswerOptions):
    """How the answer looks, and where it goes."""

    form: Annotated[TranscriptFormat | None, format_option] = None


class AcceptanceOptions(OptionGroup):
    """Whom the server accepts, and what it asks for."""

    client_auth: ClientAuth = "required"
    admit: Admits = None
    acceptable_cas: Annotated[
        str,
        typer.Option(
            "--acceptable-cas", metavar="WHICH", help="Whom the server names: policy, empty, or a NAME."
        ),
    ] = "policy"

    def settings(
        self, folder: AuthorityFolder, serving: Identity, trust: Trusted, staple: bytes | None
    ) -> dict[str, ServerSettings]:
        """A server for each --admit, by the words that named it.

        Raises:
            InvalidRequest: one of them does not read.
        """
        from pki.handshake import ClientCertificates, ServerSettings

        return {
            text: ServerSettings(
                identity=serving,
                policy=policy_named(folder, text, trust.roots),
                client_certificates=ClientCertificates(self.client_auth),
                acceptable_cas=acceptable_named(folder, self.acceptable_cas),
                crls=trust.crls,
                revoked=trust.revoked,
                staple=staple,
            )
            for text in self.admit or ["ca"]
        }


class WayOptions(OptionGroup):
    """Over what the two meet, and what is kept of it."""

    sockets: Annotated[bool, typer.Option("--sockets", help="Over a loopback connection, not in memory.")] = (
        False
    )
    port: Port = 0
    keylog: Annotated[
        Path | None,
        typer.Option("--keylog", metavar="FILE", help="Write the connection's secrets there (NSS key log)."),
    ] = None

    def check(self, *, single: bool, force: bool) -> None:
        """Refuse what makes no sense together, and a key log in the place of a file.

        Raises:
            InvalidRequest: as said. AlreadyExists: the file is there, and FORCE is off.
        """
        if self.port and not self.sockets:
            raise InvalidRequest("a port is for a handshake over sockets", hint="Add --sockets.")
        if self.port and not single:
            raise InvalidRequest("a grid opens a port for each handshake", hint="Leave --port out.")
        if self.keylog and not single:
            raise InvalidRequest(
                "a key log is for one connection", hint="Give one client, --admit, version and --at."
            )
        AnswerFile(self.keylog, force=force)

    def run(
        self,
        client: ClientSettings,
        server: ServerSettings,
        version: TlsVersion,
        at: datetime,
        *,
        force: bool,
    ) -> Transcript:
        """One handshake; its secrets go to the key log."""
        from pki.handshake import Offer, shake_hands, shake_hands_over_sockets

        offer, secrets = Offer.only(version), list[bytes]()
        client = replace(client, offer=offer, keylog=secrets.append if self.keylog is not None else None)
        server = replace(server, offer=offer)
        if self.sockets:
            transcript = shake_hands_over_sockets(client, server, at=at, port=self.port)
        else:
            transcript = shake_hands(client, server, at=at)
        if self.keylog is not None:
            _write_keylog(self.keylog, secrets, force=force)
        return transcript


def _write_keylog(path: Path, lines: list[bytes], *, force: bool) -> None:
    from pki.store.atomic import SECRET, write_atomically

    write_atomically(path, b"".join(line + b"\n" for line in lines), mode=SECRET, replace=force)
    note(f"{path} holds the secrets of this connection: whoever has it can read a recording of it")
