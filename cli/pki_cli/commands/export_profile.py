"""`export profile`: one file that installs the authority, identities and what uses them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki_cli.file_password import kept_in
from pki_cli.options.answer import Force, Output
from pki_cli.options.group import with_groups
from pki_cli.options.handed_over import p12_command
from pki_cli.options.identities import called_as
from pki_cli.options.moment import At
from pki_cli.options.profile import IdentityOptions, PresentationOptions, SignerOptions
from pki_cli.options.profile_settings import (
    PreferenceOptions,
    TransparencyOptions,
    WifiOptions,
    read_revocation,
)
from pki_cli.output_file import check_streams, deliver, shown, tell
from pki_cli.public_keys import Known, authority_to_hand_out
from pki_cli.shell import DEFAULT_CA, AsJson, CaFolder, moment_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pki.export.profile import ProfileIdentity
    from pki.model.identity import Identity
    from pki.store import AuthorityFolder


def add_to(export: typer.Typer) -> None:
    """Register the command of this module."""
    export.command("profile")(with_groups(export_profile))


# Long because each option is a parameter, and the steps of the command follow one another.
def export_profile(
    output: Output,
    *,
    identified: IdentityOptions,
    network: WifiOptions,
    preferences: PreferenceOptions,
    transparency: TransparencyOptions,
    check_revocation: Annotated[
        bool, typer.Option("--check-revocation", help="On iOS, check what the root certified.")
    ] = False,
    presentation: PresentationOptions,
    at: At = None,
    signed: SignerOptions,
    force: Force = False,
    known: Known = False,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Write a .mobileconfig: root, intermediate, and perhaps identities.

    One install puts all of it on a device. Without a password an
    identity gets the one of its other files. Signing changes the label
    that the installer shows, and nothing else.

    \b
    Examples:
      trustrig export profile -o phone.mobileconfig
      trustrig export profile --client alice -o phone.mobileconfig
      trustrig export profile --device mac --client alice -o mac.mobileconfig
    """
    from pki.export.profile import build_profile, profile_warnings

    moment = moment_of(at)
    clients = identified.client or []
    identified.check(
        {
            "--wifi": network.wifi,
            "--identity-for": preferences.identity_for,
            "--certificate-for": preferences.certificate_for,
        }
    )
    network.check()
    options = presentation.read(
        at=moment, for_macs=bool(preferences.identity_for or preferences.certificate_for)
    )
    given = identified.passwords(signed.signer_password_file)
    check_streams(output, as_json=as_json)
    folder = authority_to_hand_out(ca, known=known)
    with_passwords = identified.read(folder, given, as_json=as_json)
    identities = [identity for identity, _ in with_passwords]
    signing = signed.read(ca)
    data = build_profile(
        (folder.root, *folder.intermediates),
        identities=identities,
        settings=[
            *network.read(identities),
            *preferences.read(identities),
            *transparency.read(),
            *read_revocation(folder.root if check_revocation else None),
        ],
        options=options,
        at=moment,
    )
    warnings = [*profile_warnings(data, at=moment), *_password_warnings(identities)]
    lines = [f"Wrote {shown(output)}: {_content(folder, clients, network.wifi, signing)}."]
    for name, (_, password) in zip(clients, with_passwords, strict=True):
        lines += password.lines(f"{name} in {shown(output).removeprefix('to ')}")
    if signing is not None:
        from pki.export.signing import label_promise, sign_profile, signing_warnings
        from pki.report.layout import wrapped

        data = sign_profile(data, signing)
        warnings += signing_warnings(signing, at=moment)
        lines += wrapped(label_promise(signing), hanging="  ")
    deliver(output, data, secret=bool(identities), force=force)
    tell(
        output,
        [*lines, *_steps(presentation.device, clients, ca)],
        warnings=dict.fromkeys(warnings),
        document={
            "format": "profile",
            "client": clients[0] if clients else None,
            "clients": clients,
            "certificates": 1 + len(folder.intermediates),
            "signed": signing is not None,
            "password_files": [file for _, password in with_passwords for file in kept_in(password)],
        },
        as_json=as_json,
    )


def _content(
    folder: AuthorityFolder, clients: Sequence[str], wifi: str | None, signing: Identity | None
) -> str:
    between = len(folder.intermediates)
    parts = [f"root and {between} intermediate{'s' if between > 1 else ''}" if between else "the root"]
    if clients:
        parts.append(f"and the identit{'ies' if len(clients) > 1 else 'y'} {', '.join(clients)}")
    if wifi is not None:
        parts.append(f"for the network {wifi}")
    if signing is not None:
        parts.append(f"signed by {signing.common_name or 'an identity without a name'}")
    return ", ".join(parts)


def _password_warnings(identities: Sequence[ProfileIdentity]) -> Iterator[str]:
    from pki.export.pkcs12 import p12_warnings

    for wanted in identities:
        yield from p12_warnings(wanted.password)


def _steps(device: str, clients: Sequence[str], ca: Path) -> Iterator[str]:
    """What is left to do by hand: support.apple.com/102390 (manual trust) and Apple Platform Deployment."""
    if device == "mac":
        yield "On the Mac: open it, then System Settings > General > Device Management > Install."
    else:
        yield "On the device, with Safari, AirDrop or Mail: open it, and within 8 minutes"
        yield "  Settings > Profile Downloaded > Install."
        yield "Then switch the root on, or TLS will not trust it:"
        yield "  Settings > General > About > Certificate Trust Settings."
    if clients:
        which = "identities" if len(clients) > 1 else "identity"
        yield f"Safari, Mail, Wi-Fi and VPN will use the {which}. Other apps cannot see it; for those:"
        for name in clients:
            yield f"  {p12_command(name, f'{called_as(name)}.p12', ca)}"
