"""The options of `export profile`, read into the library's values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pki.errors import InvalidRequest, WrongPassword
from pki_cli.shell import read_password

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cryptography import x509

    from pki.export.profile import (
        Preference,
        ProfileIdentity,
        ProfileOptions,
        RevocationChecks,
        TransparencyExemption,
        WifiNetwork,
    )
    from pki.model.identity import Identity
    from pki.store import AuthorityFolder

DEVICES = "iphone, mac, apple-tv, vision, watch, homepod or any"
SECURITY = "any, wpa2 or wpa3"
_SCOPES = "user or system"
_TLS = re.compile(r"(1\.[0-3])(?:-(1\.[0-3]))?")
_TAGGED = re.compile(r"(default|[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)=(.*)", re.DOTALL)


def check_combination(needed: Mapping[str, object], given: Mapping[str, object]) -> None:
    """Refuse options that mean nothing without another one.

    Raises:
        InvalidRequest: one of GIVEN is set, and the one NEEDED is not.
    """
    ((name, value),) = needed.items()
    lonely = next((flag for flag, there in given.items() if there), None)
    if lonely is not None and not value:
        raise InvalidRequest(f"{lonely} means nothing without {name}", hint=f"Add {name}.")


def read_options(
    *,
    at: datetime,
    identifier: str | None,
    organization: str | None,
    consent: Sequence[str],
    remove_after: str | None,
    remove_on: str | None,
    expires_on: str | None,
    device: str,
    scope: str | None,
    for_macs: bool,
) -> ProfileOptions:
    """How the profile presents itself; times are read as distances from AT or as ISO 8601."""
    from pki.export.profile import PayloadScope, ProfileOptions, TargetDevice
    from pki.issue.validity import parse_moment

    _choose(device, DEVICES, "device")
    if scope is not None:
        _choose(scope, _SCOPES, "scope")
    if for_macs and device not in ("mac", "any"):
        raise InvalidRequest(
            f"preferences are for Macs, and the profile is for {device}", hint="Add --device mac."
        )
    return ProfileOptions(
        identifier=identifier,
        organization=organization,
        consent=tuple(_consent(consent)),
        remove_after=parse_moment(remove_after, at=at) - at if remove_after is not None else None,
        remove_on=parse_moment(remove_on, at=at) if remove_on is not None else None,
        expires_on=parse_moment(expires_on, at=at) if expires_on is not None else None,
        target=TargetDevice[device.upper().replace("-", "_")],
        scope=PayloadScope[scope.upper()] if scope is not None else None,
    )


def read_passwords(files: Sequence[str], clients: Sequence[str], signer_file: str | None) -> list[str | None]:
    """A password for each client; None: one is to be generated."""
    if [*files, signer_file].count("-") > 1:
        raise InvalidRequest("stdin cannot give two passwords", hint="Put one of them into a file.")
    if len(files) > 1 and len(files) != len(clients):
        raise InvalidRequest(
            f"{len(files)} password files were given for {len(clients)} identities",
            hint="Give one for all of them, or one for each --client in the same order.",
        )
    if len(files) > 1:
        return [read_password(file) for file in files]
    return [read_password(files[0] if files else None)] * len(clients) if clients else []


def read_identities(
    folder: AuthorityFolder, clients: Sequence[str], given: Sequence[str | None], *, embed_password: bool
) -> list[ProfileIdentity]:
    """The identities of CLIENTS, each with the password given or a new one."""
    from pki.export.pkcs12 import generate_password
    from pki.export.profile import ProfileIdentity

    return [
        ProfileIdentity(
            folder.identity(name),
            password if password is not None else generate_password(),
            embed_password=embed_password,
        )
        for name, password in zip(clients, given, strict=True)
    ]


def read_signer(
    folder: AuthorityFolder, name: str | None, file: Path | None, password_file: str | None
) -> Identity | None:
    """Who signs: an issued identity, or a stranger's in a file."""
    if name is not None and file is not None:
        raise InvalidRequest("both --sign-by and --signer were given", hint="Choose one of them.")
    if name is not None:
        return folder.identity(name)
    if file is None:
        return None
    from pki.load import load_identity
    from pki.load.paths import called, read_bytes

    password = read_password(password_file) if password_file is not None else None
    try:
        return load_identity(read_bytes(file), name=called(file), password=password)
    except WrongPassword as error:
        hint = "Give its password with --signer-password-file FILE"
        raise WrongPassword(error.problem, hint=hint) from None


def read_network(
    ssid: str | None,
    identities: Sequence[ProfileIdentity],
    *,
    servers: Sequence[str],
    security: str,
    tls: str | None,
    outer: str | None,
) -> Iterator[WifiNetwork]:
    """The Wi-Fi network, if there is one."""
    from pki.export.profile import WifiNetwork, WifiSecurity

    _choose(security, SECURITY, "Wi-Fi security")
    if ssid is None:
        return
    found = _TLS.fullmatch(tls) if tls is not None else None
    if tls is not None and found is None:
        raise InvalidRequest(f"{tls!r} is no range of TLS versions", hint="Write 1.2, or 1.2-1.3.")
    if tls is not None and tls.startswith("1.3") and outer is None:
        raise InvalidRequest(
            "where TLS begins at 1.3, Apple demands an outer identity",
            hint="Add --wifi-outer anonymous, or begin at 1.2.",
        )
    yield WifiNetwork(
        ssid,
        identities[0].identity.certificate,
        server_names=tuple(servers),
        security=WifiSecurity[security.upper()],
        tls_minimum=found[1] if found else None,
        tls_maximum=found[2] if found else None,
        outer_identity=outer,
    )


def read_preferences(
    identity_for: Sequence[str], certificate_for: Sequence[str], identities: Sequence[ProfileIdentity]
) -> Iterator[Preference]:
    """What a Mac shall use the first identity for."""
    from pki.export.profile import Preference

    for services, proves in ((identity_for, True), (certificate_for, False)):
        for service in services:
            yield Preference(service, identities[0].identity.certificate, proves=proves)


def read_exemptions(domains: Sequence[str], files: Sequence[Path]) -> Iterator[TransparencyExemption]:
    """Whom no Certificate Transparency is asked of."""
    if not domains and not files:
        return
    from pki.export.profile import TransparencyExemption
    from pki.load import load_path
    from pki.model.certificate import CertFacts

    certificates = []
    for file in files:
        found = load_path(file)
        if len(found) != 1:
            raise InvalidRequest(
                f"{file} holds {len(found)} certificates", hint="Give the one whose key is meant, alone."
            )
        certificates.append(CertFacts.parse(found[0]))
    yield TransparencyExemption(tuple(domains), tuple(certificates))


def read_revocation(root: x509.Certificate | None) -> Iterator[RevocationChecks]:
    """The check of everything below ROOT, if it is wanted."""
    if root is None:
        return
    from cryptography.hazmat.primitives.serialization import Encoding

    from pki.export.profile import RevocationChecks
    from pki.model.certificate import CertFacts

    yield RevocationChecks((CertFacts.parse(root.public_bytes(Encoding.DER)),))


def _consent(given: Sequence[str]) -> Iterator[tuple[str, str]]:
    for word in given:
        tagged = _TAGGED.fullmatch(word)
        yield (tagged[1], tagged[2]) if tagged else ("default", word)


def _choose(word: str, words: str, what: str) -> None:
    if word not in words.replace(" or ", ", ").split(", "):
        raise InvalidRequest(f"no {what} is called {word!r}", hint=f"Choose {words}.")
