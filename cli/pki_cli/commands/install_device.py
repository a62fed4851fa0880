"""`install device`: a page on the LAN from which a device installs a profile."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from pki.errors import InvalidRequest, StoreError
from pki_cli.file_password import file_password, kept_in
from pki_cli.options.device_check import TestedBy, announce_front, front_json
from pki_cli.options.group import with_groups
from pki_cli.options.handed_over import (
    FromPasswordFile,
    IncludePassword,
    identity_to_hand_over,
    opening_password,
)
from pki_cli.options.identities import Client
from pki_cli.options.issue import PassphraseFile, open_authority
from pki_cli.options.listen import Port
from pki_cli.options.span import Span, for_option
from pki_cli.public_keys import Known, refuse_public_in_profile, warn_unconstrained
from pki_cli.shell import (
    DEFAULT_CA,
    EXIT_FINDING,
    AsJson,
    CaFolder,
    PasswordFile,
    note,
    now,
    read_password,
    say,
    say_json,
    stdin_once,
)
from pki_cli.streams import draw

if TYPE_CHECKING:
    from pki.install.portal import Event, Portal, ProfileHandout
    from pki.model.identity import Identity
    from pki.store import AuthorityFolder


def add_to(install: typer.Typer) -> None:
    """Register `device` in the group `install`."""
    install.command("device")(with_groups(install_device))


# Long because each option is a parameter, and the steps of the command follow one another.
def install_device(
    client: Client = None,
    profile: Annotated[
        Path | None, typer.Option("--profile", metavar="FILE", help="Hand over this profile, as it is.")
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            "--address", metavar="IP", help="This machine's, in the device's network. [default: the only one]"
        ),
    ] = None,
    port: Port = 0,
    lasting: Annotated[Span, for_option()] = Span(900, "15m"),
    downloads: Annotated[
        int | None,
        typer.Option(
            "--downloads",
            min=1,
            max=1000,
            metavar="N",
            help="Give it out so often. [default: 20; with a key in it, once]",
        ),
    ] = None,
    password_file: PasswordFile = None,
    from_password_file: FromPasswordFile = None,
    include_password: IncludePassword = False,
    device: Annotated[
        Literal["iphone", "mac", "vision", "any"],
        typer.Option(
            "--device",
            case_sensitive=False,
            metavar="KIND",
            help="What the profile is for: iphone, mac, vision or any.",
        ),
    ] = "iphone",
    passphrase_file: PassphraseFile = None,
    known: Known = False,
    *,
    tested: TestedBy,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Show a page from which a phone installs the CA, and perhaps an identity.

    Its address and a QR code come on the terminal. The page has the profile,
    the steps, and a test of whether it works. It ends by itself, or with
    Ctrl-C. Exit code 1: nobody fetched the profile. With --json the address
    comes on stderr, and the document when it is over.

    \b
    Examples:
      trustrig install device
      trustrig install device --client alice --for 30m
      trustrig install device --front http://localhost:3000 --name api.test
      trustrig install device --profile phone.mobileconfig --address 192.168.1.20
    """
    from pki.install.portal import Portal, PortalEnd, ProfileHandout, choose_address, own_addresses
    from pki.install.portal.handover_report import handover_document

    tested.refuse_contradictions()
    here = choose_address(address, own=own_addresses())
    made = None
    if profile is not None:
        if client is not None or include_password or password_file is not None:
            raise InvalidRequest(
                "a profile that is there already takes no identity and no password",
                hint="Leave them out, or leave --profile out and have one made.",
            )
        handout, folder = _ready_made(profile, ca, passphrase_file, downloads=downloads)
    else:
        stdin_once(password_file, passphrase_file, from_password_file)
        folder = open_authority(ca, passphrase_file)
        passwords = Passwords(password_file, from_password_file, include=include_password)
        made = _made(folder, client, passwords, device=device, as_json=as_json)
        handout = ProfileHandout.of(made.data, downloads=downloads)
    refuse_public_in_profile(handout.profile, name="the profile", known=known)
    warn_unconstrained(handout.root)
    _warn_of_the_network(handout, here)
    expected = made.identity.certificate if made is not None and made.identity is not None else None
    check = tested.check(folder, here, handout, expected=expected, at=now())
    events: list[Event] = []

    def log(event: Event) -> None:
        events.append(event)
        _log(event)

    portal = Portal(handout, address=here, port=port, device_check=check, log=log, clock=now)
    ended, url, front = None, "", None
    try:
        with portal:
            url, front = portal.url, front_json(portal)
            _announce(portal, here, lasting, as_json=as_json)
            ended = portal.wait(lasting)
    except KeyboardInterrupt:
        if not portal.given:
            raise
    if as_json:
        kept = made.password_files if made is not None else []
        say_json(
            handover_document(
                portal, handout, url=url, front=front, ended=ended, events=events, password_files=kept
            )
        )
    else:
        _tell(portal)
    if ended is PortalEnd.TIME and not portal.given:
        raise typer.Exit(EXIT_FINDING)


class Passwords(NamedTuple):
    """Where the passwords of an identity come from, and whether the profile holds it."""

    file: str | None
    opens: str | None
    include: bool


class Made(NamedTuple):
    """A profile that was made for the page, and the identity in it."""

    data: bytes
    identity: Identity | None
    password_files: list[str]  # where its password is kept, if nobody gave one


def _warn_of_the_network(handout: ProfileHandout, address: str) -> None:
    """Say who else can reach the page at ADDRESS, and what they would get."""
    from ipaddress import ip_address

    place = ip_address(address)
    if place.is_global:
        note(f"warning: {address} is a public address: the page can be reached from beyond your network")
    # Asked of what is handed over: a profile that was there already may hold its password, too.
    if handout.identity is not None and not handout.asks_password and not place.is_loopback:
        note(
            "warning: the page is plain HTTP: whoever listens on this network gets the key with its password"
        )


def _ready_made(
    file: Path, ca: Path, passphrase_file: str | None, *, downloads: int | None
) -> tuple[ProfileHandout, AuthorityFolder | None]:
    """The profile in FILE, and the authority beside it when it is the one the profile installs."""
    from pki.install.portal import ProfileHandout
    from pki_cli.input_file import called, read_input

    handout = ProfileHandout.of(read_input(file), name=called(file), downloads=downloads)
    try:
        folder = open_authority(ca, passphrase_file)
    except StoreError:
        return handout, None
    return handout, folder if folder.issuers[-1] == handout.root else None


def _made(
    folder: AuthorityFolder, client: str | None, passwords: Passwords, *, device: str, as_json: bool
) -> Made:
    """A profile of the authority's certificates, and the identity CLIENT; its password is told here."""
    from pki.export.pkcs12 import p12_warnings
    from pki.export.profile import (
        ProfileIdentity,
        ProfileOptions,
        TargetDevice,
        build_profile,
        profile_warnings,
    )

    if client is None and any(passwords):
        raise InvalidRequest("there is no identity for the password", hint="Name one with --client.")
    wanted = password = None
    if client is not None:
        given = read_password(passwords.file)
        identity = identity_to_hand_over(
            client, folder.path, opened_by=opening_password(passwords.opens), otherwise=given
        )
        password = file_password(given, folder=folder, name=client, as_json=as_json and not passwords.include)
        wanted = ProfileIdentity(identity, password.text, embed_password=passwords.include)
    certificates = (folder.root, *folder.intermediates)
    options = ProfileOptions(target=TargetDevice[device.upper()])
    data = build_profile(certificates, identities=[wanted] if wanted is not None else [], options=options)
    warnings = list(profile_warnings(data))
    if wanted is not None:
        warnings += p12_warnings(wanted.password)
    for warning in warnings:
        note(f"warning: {warning}")
    if password is not None and not passwords.include:
        if as_json and password.kept is not None:  # the document comes when the page is gone
            note(f"The device asks for {client}'s password: it is in {password.kept}.")
        elif not as_json:
            say("\n".join(password.lines(f"{client} in the profile: the device asks for it")))
    return Made(
        data,
        wanted.identity if wanted is not None else None,
        kept_in(password) if password is not None else [],
    )


def _announce(portal: Portal, address: str, lasting: Span, *, as_json: bool) -> None:
    """The address, and for a terminal the code; a reader in a pipe gets the line at once."""
    tell, url = note if as_json else say, portal.url
    announce_front(portal, address, tell)
    tell("Open this on the device, in Safari; it has to be in the same network:")
    tell(f"\n  {url}\n")
    if sys.stdout.isatty() and not as_json:
        from pki.install.portal.qr import qr_text

        draw(f"{qr_text(url)}\n")
    sys.stdout.flush()
    note(f"For {lasting} at most; Ctrl-C ends it.")


def _tell(portal: Portal) -> None:
    given = portal.given
    times = "once" if given == 1 else f"{given} times"
    say(f"The profile was given out {times}." if given else "Nobody fetched the profile.")
    if portal.works:
        say(f"The {'test server' if portal.front is None else 'front'} saw that it works.")


def _log(event: Event) -> None:
    who = f"{event.client}, {event.browser}" if event.browser else event.client
    with contextlib.suppress(OSError):  # nobody reads the log any more; the page is still there
        note(f"{event.at.astimezone():%H:%M:%S} {who}: {event.what}")
