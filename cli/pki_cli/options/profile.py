"""The options of `export profile`, read into the library's values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest, WrongPassword
from pki_cli.file_password import FilePassword, file_password
from pki_cli.options.choices import DeviceName, ScopeName
from pki_cli.options.group import OptionGroup, check_combination
from pki_cli.options.handed_over import (
    FromPasswordFile,
    IncludePassword,
    identity_to_hand_over,
    opening_password,
)
from pki_cli.options.identities import Clients, identity_named
from pki_cli.shell import read_password, stdin_once

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pki.export.profile import (
        ProfileIdentity,
        ProfileOptions,
    )
    from pki.model.identity import Identity
    from pki.store import AuthorityFolder

_TAGGED = re.compile(r"(default|[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)=(.*)", re.DOTALL)


class IdentityOptions(OptionGroup):
    """The issued identities that a profile brings."""

    client: Clients = None
    password_file: Annotated[
        list[str] | None,
        typer.Option(
            "--password-file",
            metavar="FILE",
            help="The identities' password; - is stdin. Once for all, or once for each --client. "
            "[env: TRUSTRIG_PASSWORD]",
        ),
    ] = None
    from_password_file: FromPasswordFile = None
    include_password: IncludePassword = False

    def check(self, *users: Mapping[str, object]) -> None:
        """Refuse options that mean nothing without an identity, those of USERS among them."""
        own = {
            "--include-password": self.include_password,
            "--password-file": self.password_file,
            "--from-password-file": self.from_password_file,
        }
        for given in (own, *users):
            check_combination({"--client": self.client}, given)

    def passwords(self, signer_file: str | None) -> list[str | None]:
        """A password for each identity; None: one is to be generated."""
        files, clients = self.password_file or [], self.client or []
        stdin_once(*files, signer_file, self.from_password_file)
        if len(files) > 1 and len(files) != len(clients):
            raise InvalidRequest(
                f"{len(files)} password files were given for {len(clients)} identities",
                hint="Give one for all of them, or one for each --client in the same order.",
            )
        if len(files) > 1:
            return [read_password(file) for file in files]
        return [read_password(files[0] if files else None)] * len(clients) if clients else []

    def read(
        self, folder: AuthorityFolder, given: Sequence[str | None], *, as_json: bool
    ) -> list[tuple[ProfileIdentity, FilePassword]]:
        """The identities, each with the password GIVEN or that of its other files."""
        from pki.export.profile import ProfileIdentity

        opened_by = opening_password(self.from_password_file)
        found = []
        for name, own in zip(self.client or (), given, strict=True):
            identity = identity_to_hand_over(name, folder.path, opened_by=opened_by, otherwise=own)
            # Nothing is lost where the profile itself holds it.
            password = file_password(
                own, folder=folder, name=name, as_json=as_json and not self.include_password
            )
            found.append(
                (ProfileIdentity(identity, password.text, embed_password=self.include_password), password)
            )
        return found


class PresentationOptions(OptionGroup):
    """How a profile presents itself on a device, and when it leaves."""

    consent: Annotated[
        list[str] | None,
        typer.Option(
            "--consent", metavar="[LANG=]TEXT", help="To be agreed to first; LANG as in pt-BR. Repeatable."
        ),
    ] = None
    organization: Annotated[
        str | None, typer.Option("--organization", metavar="TEXT", help="Shown at the install.")
    ] = None
    remove_after: Annotated[
        str | None,
        typer.Option(
            "--remove-after", metavar="SPAN", help="Leave the device so long after the install: 7d."
        ),
    ] = None
    remove_on: Annotated[
        str | None,
        typer.Option("--remove-on", metavar="TIME", help="Leave the device then: ISO 8601, or 2w from now."),
    ] = None
    expires_on: Annotated[
        str | None,
        typer.Option(
            "--expires-on", metavar="TIME", help="From then on the device offers an update, and keeps it."
        ),
    ] = None
    identifier: Annotated[
        str | None,
        typer.Option(
            "--identifier", metavar="ID", help="Replaces a profile of this identifier; else derived."
        ),
    ] = None
    device: Annotated[
        DeviceName,
        typer.Option(
            "--device",
            case_sensitive=False,
            metavar="KIND",
            help="What it is for: iphone, mac, apple-tv, vision, watch, homepod or any.",
        ),
    ] = "iphone"
    scope: Annotated[
        ScopeName | None,
        typer.Option(
            "--scope",
            case_sensitive=False,
            metavar="KIND",
            help="On a Mac: user or system, whose keychain it is.",
        ),
    ] = None

    def read(self, *, at: datetime, for_macs: bool) -> ProfileOptions:
        """The options as the library's value; times are read as distances from AT or as ISO 8601."""
        from pki.export.profile import PayloadScope, ProfileOptions, TargetDevice
        from pki.issue.validity import parse_moment

        if for_macs and self.device not in ("mac", "any"):
            raise InvalidRequest(
                f"preferences are for Macs, and the profile is for {self.device}",
                hint="Add --device mac.",
            )
        return ProfileOptions(
            identifier=self.identifier,
            organization=self.organization,
            consent=tuple(_consent(self.consent or ())),
            remove_after=parse_moment(self.remove_after, at=at) - at
            if self.remove_after is not None
            else None,
            remove_on=parse_moment(self.remove_on, at=at) if self.remove_on is not None else None,
            expires_on=parse_moment(self.expires_on, at=at) if self.expires_on is not None else None,
            target=TargetDevice[self.device.upper().replace("-", "_")],
            scope=PayloadScope[self.scope.upper()] if self.scope is not None else None,
        )


class SignerOptions(OptionGroup):
    """Who signs a profile."""

    signer: Annotated[
        str | None,
        typer.Option(
            "--signer",
            metavar="NAME|FILE",
            help="Sign it with this identity: an issued one, a .p12, or PEM with its key.",
        ),
    ] = None
    signer_password_file: Annotated[
        str | None,
        typer.Option("--signer-password-file", metavar="FILE", help="What opens --signer; - is stdin."),
    ] = None

    def read(self, ca: Path) -> Identity | None:
        """Who signs: one of CA's identities, or a stranger's in a file."""
        check_combination({"--signer": self.signer}, {"--signer-password-file": self.signer_password_file})
        if self.signer is None:
            return None
        password = read_password(self.signer_password_file) if self.signer_password_file is not None else None
        try:
            return identity_named(self.signer, ca, password)
        except WrongPassword as error:
            hint = "Give its password with --signer-password-file FILE"
            raise WrongPassword(error.problem, hint=hint, path=error.path) from None


def _consent(given: Sequence[str]) -> Iterator[tuple[str, str]]:
    for word in given:
        tagged = _TAGGED.fullmatch(word)
        yield (tagged[1], tagged[2]) if tagged else ("default", word)
