"""`export profile`: one file that installs the authority, identities and what uses them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki_cli.options.profile import (
    DEVICES,
    SECURITY,
    check_combination,
    read_exemptions,
    read_identities,
    read_network,
    read_options,
    read_passwords,
    read_preferences,
    read_revocation,
    read_signer,
)
from pki_cli.output_file import Force, Output, check_streams, deliver, shown, tell
from pki_cli.public_keys import Known, authority_to_hand_out
from pki_cli.shell import DEFAULT_CA, AsJson, CaFolder, beside, now

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pki.export.profile import ProfileIdentity
    from pki.model.identity import Identity
    from pki.store import AuthorityFolder


def add_to(export: typer.Typer) -> None:
    """Register the command of this module."""
    export.command("profile")(export_profile)


def export_profile(
    output: Output,
    client: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Put this issued identity in as well. Repeatable."),
    ] = None,
    password_file: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="The identities' password; - is stdin. Once for all, or once for each --client. "
            "[env: TRUSTRIG_PASSWORD]",
        ),
    ] = None,
    embed_password: Annotated[
        bool, typer.Option("--embed-password", help="Put it in, too; else the device asks.")
    ] = False,
    wifi: Annotated[
        str | None, typer.Option(metavar="SSID", help="A network to join by EAP-TLS as the first --client.")
    ] = None,
    wifi_server: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="In the RADIUS server's certificate: wpa.*.test. Repeatable."),
    ] = None,
    wifi_security: Annotated[str, typer.Option(metavar="KIND", help=f"{SECURITY}.")] = "any",
    wifi_tls: Annotated[
        str | None, typer.Option(metavar="RANGE", help="1.2 and up, or 1.2-1.3; else 1.0-1.2, Apple's own.")
    ] = None,
    wifi_outer: Annotated[
        str | None, typer.Option(metavar="NAME", help="Sent in the clear; due where TLS begins at 1.3.")
    ] = None,
    identity_for: Annotated[
        list[str] | None,
        typer.Option(metavar="SERVICE", help="On a Mac, use the first --client there unasked. Repeatable."),
    ] = None,
    certificate_for: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="On a Mac, encrypt mail to it with that one. Repeatable."),
    ] = None,
    ct_exempt: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DOMAIN", help="Ask no Certificate Transparency of it; .x.test: below. Repeatable."
        ),
    ] = None,
    ct_exempt_cert: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="The same, of this certificate's key. Repeatable."),
    ] = None,
    check_revocation: Annotated[
        bool, typer.Option("--check-revocation", help="On iOS, check what the root certified.")
    ] = False,
    consent: Annotated[
        list[str] | None,
        typer.Option(metavar="[LANG=]TEXT", help="To be agreed to first; LANG as in pt-BR. Repeatable."),
    ] = None,
    organization: Annotated[str | None, typer.Option(metavar="TEXT", help="Shown at the install.")] = None,
    remove_after: Annotated[
        str | None, typer.Option(metavar="SPAN", help="Leave the device so long after the install: 7d.")
    ] = None,
    remove_on: Annotated[
        str | None, typer.Option(metavar="DATE", help="Leave the device then: ISO 8601, or 2w from now.")
    ] = None,
    expires_on: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="From then on the device offers an update, and keeps it."),
    ] = None,
    identifier: Annotated[
        str | None, typer.Option(metavar="ID", help="Replaces a profile of this identifier; else derived.")
    ] = None,
    device: Annotated[str, typer.Option(metavar="KIND", help=f"{DEVICES}.")] = "iphone",
    scope: Annotated[
        str | None, typer.Option(metavar="KIND", help="On a Mac: user or system, whose keychain it is.")
    ] = None,
    sign_by: Annotated[
        str | None, typer.Option(metavar="NAME", help="Sign it with this issued identity.")
    ] = None,
    signer: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Sign it with the identity in FILE: .p12, or PEM with its key."),
    ] = None,
    signer_password_file: Annotated[
        str | None, typer.Option(metavar="FILE", help="What opens --signer; - is stdin.")
    ] = None,
    force: Force = False,
    known: Known = False,
    ca: CaFolder = DEFAULT_CA,
    as_json: AsJson = False,
) -> None:
    """Write a .mobileconfig: root, intermediate, and perhaps identities.

    One install puts all of it on a device. Without a password for an
    identity one is generated and printed once. Signing changes the label
    that the installer shows, and nothing else.
    """
    from pki.export.profile import build_profile, profile_warnings

    at = now()
    clients = client or []
    check_combination(
        {"--client": clients},
        {
            "--embed-password": embed_password,
            "--password-file": password_file,
            "--wifi": wifi,
            "--identity-for": identity_for,
            "--certificate-for": certificate_for,
        },
    )
    check_combination(
        {"--wifi": wifi},
        {"--wifi-server": wifi_server, "--wifi-tls": wifi_tls, "--wifi-outer": wifi_outer},
    )
    check_combination({"--signer": signer}, {"--signer-password-file": signer_password_file})
    options = read_options(
        at=at,
        identifier=identifier,
        organization=organization,
        consent=consent or [],
        remove_after=remove_after,
        remove_on=remove_on,
        expires_on=expires_on,
        device=device,
        scope=scope,
        for_macs=bool(identity_for or certificate_for),
    )
    given = read_passwords(password_file or [], clients, signer_password_file)
    check_streams(output, as_json=as_json, generated=None in given)
    folder = authority_to_hand_out(ca, known=known)
    identities = read_identities(folder, clients, given, embed_password=embed_password)
    signing = read_signer(folder, sign_by, signer, signer_password_file)
    data = build_profile(
        (folder.root, *folder.intermediates),
        identities=identities,
        settings=[
            *read_network(
                wifi,
                identities,
                servers=wifi_server or [],
                security=wifi_security,
                tls=wifi_tls,
                outer=wifi_outer,
            ),
            *read_preferences(identity_for or [], certificate_for or [], identities),
            *read_exemptions(ct_exempt or [], ct_exempt_cert or []),
            *read_revocation(folder.root if check_revocation else None),
        ],
        options=options,
        at=at,
    )
    warnings = [*profile_warnings(data, at=at), *_password_warnings(identities)]
    told = [f"Wrote {shown(output)}: {_content(folder, clients, wifi, signing)}."]
    told += _new_passwords(clients, given, identities)
    if signing is not None:
        from pki.export.signing import label_promise, sign_profile, signing_warnings
        from pki.report.layout import wrapped

        data = sign_profile(data, signing)
        warnings += signing_warnings(signing, at=at)
        told += wrapped(label_promise(signing), hanging="  ")
    deliver(output, data, secret=bool(identities), force=force)
    tell(
        output,
        [*told, *_steps(device, clients, ca)],
        warnings=dict.fromkeys(warnings),
        document={
            "format": "profile",
            "client": clients[0] if clients else None,
            "clients": clients,
            "certificates": 1 + len(folder.intermediates),
            "signed": signing is not None,
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


def _new_passwords(
    clients: Sequence[str], given: Sequence[str | None], identities: Sequence[ProfileIdentity]
) -> Iterator[str]:
    for name, password, wanted in zip(clients, given, identities, strict=True):
        if password is None:
            whose = f"of {name}" if len(clients) > 1 else "of the identity"
            yield f"Password {whose}, shown this once: {wanted.password}"


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
        where = beside(ca)
        for name in clients:
            yield f"  trustrig export p12 {shlex.quote(name)} -o {shlex.quote(f'{name}.p12')}{where}"
