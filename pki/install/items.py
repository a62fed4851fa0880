"""Certificates and identities as things to install, and the command that takes each back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from pki.install.simulators import simctl
from pki.model.install_plan import Command, Item, ItemKind, PlaceKind, PlanFile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography import x509

    from pki.model.install_plan import InstallPlace

RESET_SIDE_EFFECT: Final = (
    "empties the simulator's whole keychain, the passwords of every app in it included: simctl has no command "
    "that removes one certificate"
)


def item_of(certificate: x509.Certificate, kind: ItemKind) -> Item:
    """Describe CERTIFICATE as something held in the manner of KIND."""
    from pki.model.common_names import display_name

    text = display_name(certificate.subject)
    return Item(
        kind=kind,
        sha256=certificate.fingerprint(hashes.SHA256()).hex(),
        sha1=certificate.fingerprint(hashes.SHA1()).hex().upper(),  # noqa: S303 - an index, not a signature
        name="".join(c for c in text if c.isprintable()) or f"serial {certificate.serial_number:x}",
        pem=certificate.public_bytes(Encoding.PEM).decode(),
    )


def files_of(items: Iterable[Item]) -> tuple[PlanFile, ...]:
    """Return the certificates of ITEMS as files, each once: simctl takes one certificate per file."""
    return tuple({item.sha256: PlanFile(item.file_name, item.pem.encode()) for item in items}.values())


def inverse(place: InstallPlace, item: Item) -> Command:
    """Spell the command that takes ITEM out of PLACE; for a simulator, the nearest there is (`RESET_SIDE_EFFECT`)."""
    if place.kind is PlaceKind.SIMULATOR:
        return simctl("keychain", place.id, "reset", device_set=place.device_set)
    if item.kind is ItemKind.TRUST:
        return ("security", "remove-trusted-cert", item.file_name)
    verb = "delete-identity" if item.kind is ItemKind.IDENTITY else "delete-certificate"
    return ("security", verb, "-Z", item.sha1, place.id)
