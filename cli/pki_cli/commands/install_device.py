"""`install device`: a page on the LAN from which a device installs a profile."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pki.errors import InvalidRequest, PkiError, StoreError, WrongPassword
from pki_cli.options.issue import PassphraseFile, open_authority
from pki_cli.public_keys import Known, refuse_public_in_profile, warn_unconstrained
from pki_cli.shell import (
    DEFAULT_CA,
    EXIT_FINDING,
    CaFolder,
    PasswordFile,
    note,
    now,
    read_password,
    say,
)
from pki_cli.streams import draw

if TYPE_CHECKING:
    from pki.install.portal import DeviceCheck, Event, ProfileHandout
    from pki.store import AuthorityFolder

_MOST_MINUTES = 24 * 60  # ours: what shall be there longer wants a web server


def add_to(install: typer.Typer) -> None:
    """Register `device` in the group `install`."""
    install.command("device")(install_device)


# Long because each option is a parameter, and the steps of the command follow one another.
def install_device(
    client: Annotated[
        str | None, typer.Option(metavar="NAME", help="Put this issued identity into the profile as well.")
    ] = None,
    profile: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Hand over this profile, as it is.")
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(metavar="IP", help="This machine's, in the device's network. [default: the only one]"),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Listen there; 0 is any free port.")] = 0,
    minutes: Annotated[float, typer.Option(min=0.01, max=_MOST_MINUTES, help="Leave after so long.")] = 15,
    downloads: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="Give it out so often. [default: 20; with a key in it, once]"),
    ] = None,
    password_file: PasswordFile = None,
    embed_password: Annotated[
        bool, typer.Option("--embed-password", help="Put the identity's password in; else the device asks.")
    ] = False,
    device: Annotated[
        Literal["iphone", "mac", "vision", "any"], typer.Option(help="What the profile is for.")
    ] = "iphone",
    no_check: Annotated[
        bool, typer.Option("--no-check", help="No test server: leave when all is given out.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    known: Known = False,
    ca: CaFolder = DEFAULT_CA,
) -> None:
    """Show a page from which a phone installs the CA, and perhaps an identity.

    Its address and a QR code come on the terminal. The page has the profile,
    the steps, and a test of whether it works. It ends by itself, or with
    Ctrl-C. Exit code 1: nobody fetched the profile.
    """
    from ipaddress import ip_address

    from pki.install.portal import Portal, PortalEnd, ProfileHandout, choose_address, own_addresses

    here = choose_address(address, own=own_addresses())
    if profile is not None:
        if client is not None or embed_password or password_file is not None:
            raise InvalidRequest(
                "a profile that is there already takes no identity and no password",
                hint="Leave them out, or leave --profile out and have one made.",
            )
        handout, folder = _ready_made(profile, ca, passphrase_file, downloads=downloads)
    else:
        folder = open_authority(ca, passphrase_file)
        data = _made(
            folder, client, password_file=password_file, embed_password=embed_password, device=device
        )
        handout = ProfileHandout.of(data, downloads=downloads)
    refuse_public_in_profile(handout.profile, name="the profile", known=known)
    warn_unconstrained(handout.root)
    if ip_address(here).is_global:
        note(f"warning: {here} is a public address: the page can be reached from beyond your network")
    # Asked of what is handed over: a profile that was there already may hold its password, too.
    if handout.identity is not None and not handout.asks_password and not ip_address(here).is_loopback:
        note(
            "warning: the page is plain HTTP: whoever listens on this network gets the key with its password"
        )
    device_check = None if no_check else _device_check(folder, here, handout, client=client)
    portal = Portal(handout, address=here, port=port, device_check=device_check, log=_log, clock=now)
    ended = None
    try:
        with portal:
            _announce(portal.url, minutes)
            ended = portal.wait(minutes * 60)
    except KeyboardInterrupt:
        if not portal.given:
            raise
    given, works = portal.given, portal.works
    times = "once" if given == 1 else f"{given} times"
    say(f"The profile was given out {times}." if given else "Nobody fetched the profile.")
    if works:
        say("The test server saw that it works.")
    if ended is PortalEnd.TIME and not given:
        raise typer.Exit(EXIT_FINDING)


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
    folder: AuthorityFolder,
    client: str | None,
    *,
    password_file: str | None,
    embed_password: bool,
    device: str,
) -> bytes:
    """A profile of the authority's certificates, and the identity CLIENT; its password is told here."""
    from pki.export.pkcs12 import generate_password, p12_warnings
    from pki.export.profile import (
        ProfileIdentity,
        ProfileOptions,
        TargetDevice,
        build_profile,
        profile_warnings,
    )

    if client is None and (embed_password or password_file is not None):
        raise InvalidRequest("there is no identity for the password", hint="Name one with --client.")
    wanted = None
    if client is not None:
        given = read_password(password_file)
        password = given if given is not None else generate_password()
        wanted = ProfileIdentity(folder.identity(client), password, embed_password=embed_password)
    certificates = (folder.root, *folder.intermediates)
    options = ProfileOptions(target=TargetDevice[device.upper()])
    data = build_profile(certificates, identities=[wanted] if wanted is not None else [], options=options)
    warnings = list(profile_warnings(data))
    if wanted is not None:
        warnings += p12_warnings(wanted.password)
    for warning in warnings:
        note(f"warning: {warning}")
    if wanted is not None and given is None and not embed_password:
        say(f"Password of the identity, shown this once: {wanted.password}")
    return data


def _device_check(
    folder: AuthorityFolder | None, address: str, handout: ProfileHandout, *, client: str | None
) -> DeviceCheck | None:
    """A test server for ADDRESS, its identity made in passing; None, and why on stderr, where there can be none."""
    from pki.install.portal import DeviceCheck
    from pki.issue import Authority

    if folder is None:
        note("No test server: the authority that the profile installs is not here. See --ca.")
        return None
    authorities = folder.issuers
    try:
        identity = Authority(folder.signing(authorities)).issue_server(address, at=now(), days=1)
    except WrongPassword as error:
        note(f"No test server: {error.problem}. See --passphrase-file.")
        return None
    except PkiError as error:
        note(f"No test server: {error}")
        return None
    expected = folder.certificates(client)[0] if client is not None else None
    return DeviceCheck(identity=identity, authorities=authorities, client=handout.identity, expected=expected)


def _announce(url: str, minutes: float) -> None:
    """The address, and for a terminal the code; a reader in a pipe gets the line at once."""
    say("Open this on the device, in Safari; it has to be in the same network:")
    say(f"\n  {url}\n")
    if sys.stdout.isatty():
        from pki.install.portal.qr import qr_text

        draw(f"{qr_text(url)}\n")
    sys.stdout.flush()
    note(f"For {minutes:g} minutes at most; Ctrl-C ends it.")


def _log(event: Event) -> None:
    who = f"{event.client}, {event.browser}" if event.browser else event.client
    with contextlib.suppress(OSError):  # nobody reads the log any more; the page is still there
        note(f"{event.at.astimezone():%H:%M:%S} {who}: {event.what}")
