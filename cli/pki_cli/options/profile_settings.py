"""The options of `export profile` about what else a profile sets: a network, preferences, exemptions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.options.choices import WifiSecurityName
from pki_cli.options.group import OptionGroup, check_combination

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography import x509

    from pki.export.profile import (
        Preference,
        ProfileIdentity,
        RevocationChecks,
        TransparencyExemption,
        WifiNetwork,
    )

_TLS = re.compile(r"(1\.[0-3])(?:-(1\.[0-3]))?")


class WifiOptions(OptionGroup):
    """A network to join by EAP-TLS."""

    wifi: Annotated[
        str | None, typer.Option(metavar="SSID", help="A network to join by EAP-TLS as the first --client.")
    ] = None
    wifi_server: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="In the RADIUS server's certificate: wpa.*.test. Repeatable."),
    ] = None
    wifi_security: Annotated[
        WifiSecurityName,
        typer.Option("--wifi-security", case_sensitive=False, metavar="KIND", help="any, wpa2 or wpa3."),
    ] = "any"
    wifi_tls: Annotated[
        str | None, typer.Option(metavar="RANGE", help="1.2 and up, or 1.2-1.3; else 1.0-1.2, Apple's own.")
    ] = None
    wifi_outer: Annotated[
        str | None, typer.Option(metavar="NAME", help="Sent in the clear; due where TLS begins at 1.3.")
    ] = None

    def check(self) -> None:
        """Refuse what is about a network where none is named."""
        about = {
            "--wifi-server": self.wifi_server,
            "--wifi-tls": self.wifi_tls,
            "--wifi-outer": self.wifi_outer,
        }
        check_combination({"--wifi": self.wifi}, about)

    def read(self, identities: Sequence[ProfileIdentity]) -> Iterator[WifiNetwork]:
        """The network, joined as the first of IDENTITIES; nothing where none is named."""
        from pki.export.profile import WifiNetwork, WifiSecurity

        if self.wifi is None:
            return
        found = _TLS.fullmatch(self.wifi_tls) if self.wifi_tls is not None else None
        if self.wifi_tls is not None and found is None:
            raise InvalidRequest(
                f"{self.wifi_tls!r} is no range of TLS versions", hint="Write 1.2, or 1.2-1.3."
            )
        if self.wifi_tls is not None and self.wifi_tls.startswith("1.3") and self.wifi_outer is None:
            raise InvalidRequest(
                "where TLS begins at 1.3, Apple demands an outer identity",
                hint="Add --wifi-outer anonymous, or begin at 1.2.",
            )
        yield WifiNetwork(
            self.wifi,
            identities[0].identity.certificate,
            server_names=tuple(self.wifi_server or ()),
            security=WifiSecurity[self.wifi_security.upper()],
            tls_minimum=found[1] if found else None,
            tls_maximum=found[2] if found else None,
            outer_identity=self.wifi_outer,
        )


class PreferenceOptions(OptionGroup):
    """What a Mac shall use the first identity for."""

    identity_for: Annotated[
        list[str] | None,
        typer.Option(metavar="SERVICE", help="On a Mac, use the first --client there unasked. Repeatable."),
    ] = None
    certificate_for: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="On a Mac, encrypt mail to it with that one. Repeatable."),
    ] = None

    def read(self, identities: Sequence[ProfileIdentity]) -> Iterator[Preference]:
        """A preference for each service and address."""
        from pki.export.profile import Preference

        for services, proves in ((self.identity_for, True), (self.certificate_for, False)):
            for service in services or ():
                yield Preference(service, identities[0].identity.certificate, proves=proves)


class TransparencyOptions(OptionGroup):
    """Whom no Certificate Transparency is asked of."""

    ct_exempt: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DOMAIN", help="Ask no Certificate Transparency of it; .x.test: below. Repeatable."
        ),
    ] = None
    ct_exempt_cert: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="The same, of this certificate's key. Repeatable."),
    ] = None

    def read(self) -> Iterator[TransparencyExemption]:
        """The exemption, if there is one."""
        if not self.ct_exempt and not self.ct_exempt_cert:
            return
        from pki.export.profile import TransparencyExemption
        from pki.model.certificate import CertFacts
        from pki_cli.input_file import load_input

        certificates = []
        for file in self.ct_exempt_cert or ():
            found = load_input(file).certificates
            if len(found) != 1:
                raise InvalidRequest(
                    f"{file} holds {len(found)} certificates", hint="Give the one whose key is meant, alone."
                )
            certificates.append(CertFacts.parse(found[0]))
        yield TransparencyExemption(tuple(self.ct_exempt or ()), tuple(certificates))


def read_revocation(root: x509.Certificate | None) -> Iterator[RevocationChecks]:
    """The check of everything below ROOT, if it is wanted."""
    if root is None:
        return
    from cryptography.hazmat.primitives.serialization import Encoding

    from pki.export.profile import RevocationChecks
    from pki.model.certificate import CertFacts

    yield RevocationChecks((CertFacts.parse(root.public_bytes(Encoding.DER)),))
