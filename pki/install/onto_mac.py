"""The plan that puts certificates and identities into a user's keychain on a Mac."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pki.errors import InvalidRequest
from pki.install.items import files_of, inverse, item_of
from pki.install.onto_simulators import warnings_about
from pki.model.identity import is_self_signed
from pki.model.install_plan import InstallPlace, InstallPlan, InstallStep, Item, ItemKind, PlaceKind, PlanFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cryptography import x509

    from pki.model.identity import Identity

COMMAND: Final = "install mac"
LOGIN_KEYCHAIN: Final = "~/Library/Keychains/login.keychain-db"
DIALOG_TIMEOUT: Final = 300.0  # seconds that a person has for a dialog


def plan_for_mac(
    certificates: Sequence[x509.Certificate],
    identities: Sequence[Identity] = (),
    *,
    keychain: str = LOGIN_KEYCHAIN,
    password: str | None = None,
) -> InstallPlan:
    """Plan to put CERTIFICATES and IDENTITIES into KEYCHAIN, and to trust the roots among them.

    Trust is the user's own, not the machine's, and for TLS alone (`-p ssl -p basic`). PASSWORD is that of the
    PKCS #12 files made for the import; without one the plan names files that the user has to make, and macOS
    asks for their password.

    Raises:
        InvalidRequest: the keychain's path cannot be one.
        NotExportable: Apple imports no key of an identity's type.
    """
    if not keychain.isprintable() or keychain.startswith("-"):
        raise InvalidRequest(
            f"{keychain!r} is no keychain", hint="Those in use:", commands=["security list-keychains"]
        )
    place = InstallPlace(PlaceKind.KEYCHAIN, keychain, keychain.rsplit("/", 1)[-1])
    steps: list[InstallStep] = []
    made: list[PlanFile] = []
    issuers = [issuer for identity in identities for issuer in identity.intermediates]
    for identity in identities:
        steps.append(_importing(place, identity, password))
        if password is not None:
            made.append(PlanFile(steps[-1].argv[2], _leaf_alone(identity, password), secret=True))
    for certificate in dict.fromkeys((*certificates, *issuers)):
        steps += _storing(place, certificate)
    items = [step.puts for step in steps if step.puts is not None and step.puts.kind is not ItemKind.IDENTITY]
    return InstallPlan(
        COMMAND,
        steps=tuple(steps),
        files=(*files_of(items), *made),
        notes=warnings_about(certificates),
    )


def p12_name(identity: Identity) -> str:
    """Return what IDENTITY's PKCS #12 file is called in a plan that is printed: a name to type."""
    from pki.store.layout import slug

    return f"{slug(identity.common_name)}.p12"


def _storing(place: InstallPlace, certificate: x509.Certificate) -> Iterator[InstallStep]:
    """Two steps for a root, so that each has an exact inverse.

    `add-trusted-cert -k` does both, but leaves the certificate behind when its dialog is cancelled, and does not
    say whether it was there before (Apple's Security, SecurityTool/macOS/trusted_cert_add.c).
    """
    item = item_of(certificate, ItemKind.CERTIFICATE)
    yield InstallStep(
        ("security", "add-certificates", "-k", place.id, item.file_name),
        "so that chains can be built to it",
        place,
        puts=item,
        changes=f"stores {item.name} in {place}",
        inverse=(inverse(place, item),),
    )
    if is_self_signed(certificate):
        yield _trusting(place, item_of(certificate, ItemKind.TRUST))


def _trusting(place: InstallPlace, item: Item) -> InstallStep:
    return InstallStep(
        ("security", "add-trusted-cert", "-r", "trustRoot", "-p", "ssl", "-p", "basic", item.file_name),
        "to trust what it issues, for TLS and for this user alone",
        place,
        puts=item,
        changes=f"trusts {item.name} in this user's trust settings",
        inverse=(inverse(place, item),),
        dialog=True,
        timeout=DIALOG_TIMEOUT,
    )


def _importing(place: InstallPlace, identity: Identity, password: str | None) -> InstallStep:
    """Import with `-f pkcs12`: without it macOS 15 and later go to a coder that knows no PBES2."""
    from pki.export.pkcs12 import importable_key

    importable_key(identity)
    item = item_of(identity.certificate, ItemKind.IDENTITY)
    file_name = p12_name(identity) if password is None else f"{item.file_name}.p12"
    return InstallStep(
        ("security", "import", file_name, "-f", "pkcs12", "-k", place.id),
        "so that Safari and apps of this Mac can show it",
        place,
        puts=item,
        changes=f"stores the key and certificate of {item.name} in {place}",
        inverse=(inverse(place, item),),
        dialog=password is None,
        timeout=DIALOG_TIMEOUT,
        secret=() if password is None else ("-P", password),
    )


def _leaf_alone(identity: Identity, password: str) -> bytes:
    """Pack key and leaf: the issuers are stored by steps of their own, which can be taken back."""
    from pki.export.pkcs12 import write_p12
    from pki.model.identity import Identity

    return write_p12(Identity(identity.certificate, identity.key), password=password)
