"""Whom the ends of a handshake trust, as the command line spells it: anchors, revocations, a server's policy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

import typer

from pki.errors import InvalidRequest
from pki_cli.options.group import OptionGroup
from pki_cli.options.trust import AnchorClassOption, Anchors, Crls, System, certificates_in, crls_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from cryptography.x509 import Certificate, CertificateRevocationList

    from pki.ats import OsVersion
    from pki.handshake import ClientTrust
    from pki.issue.revoked import RevocationLedger
    from pki.model.identity import Identity
    from pki.model.verdict import AnchorClass
    from pki.store import AuthorityFolder


@dataclass(frozen=True, slots=True)
class Trusted:
    """What both ends go by: where paths may end, and what was revoked."""

    roots: tuple[Certificate, ...]
    crls: tuple[CertificateRevocationList, ...] = ()
    revoked: RevocationLedger | None = None


_ADMIT = "Whom the server admits: ca[:NAME], list:NAME,... spki:NAME,... or name:PATTERN,..."
Admit = Annotated[str, typer.Option("--admit", metavar="WHOM", help=_ADMIT)]
Admits = Annotated[
    list[str] | None,
    typer.Option("--admit", metavar="WHOM", help=f"{_ADMIT} Repeatable. [default: ca]"),
]
ClientAuth = Annotated[
    Literal["required", "optional", "none"],
    typer.Option("--client-auth", help="Whether the server asks for a certificate."),
]


class ServerTrustOptions(OptionGroup):
    """Where the paths of both ends may end, and whom they refuse as revoked."""

    anchor: Anchors = None
    crl: Crls = None
    no_revocation: Annotated[
        bool, typer.Option("--no-revocation", help="Forget what the authority revoked: let it in, and see.")
    ] = False

    def read(self, folder: AuthorityFolder) -> Trusted:
        """The root of FOLDER, or the anchors in its place; and the revocations of every authority's folder among these.

        Raises:
            InvalidRequest: revocations are wanted and not wanted. Unreadable: a file is no certificate or no CRL.
        """
        from pki.model.foreign import read_crl

        if self.no_revocation and self.crl:
            raise InvalidRequest("--crl and --no-revocation contradict each other", hint="Give one of them.")
        roots = roots_in(self.anchor or (folder.path,))
        if self.no_revocation:
            return Trusted(roots)
        lists = tuple(read_crl(crl.data) for crl in crls_in(self.crl))
        return Trusted(roots, lists, ledger_of(folder.path, *(self.anchor or ())))


class Judging(TypedDict):
    """How a client of ours judges a server."""

    anchor_class: AnchorClass
    os: OsVersion


class JudgeOptions(OptionGroup):
    """How a client of ours judges what a server sends."""

    anchor: Anchors = None
    anchor_class: AnchorClassOption = "user"
    os: System = None

    def judging(self) -> Judging:
        """The client's settings beside its roots."""
        from pki.ats import NEWEST, OsVersion
        from pki.model.verdict import AnchorClass

        return {
            "anchor_class": AnchorClass(self.anchor_class),
            "os": OsVersion.parse(self.os) if self.os else NEWEST,
        }

    def trusting(self, more: Sequence[Path]) -> Trusted:
        """What is in the anchors and in MORE places, with the revocations of every authority's folder among these.

        Raises:
            Unreadable: a file is no certificate.
        """
        places = (*(self.anchor or ()), *more)
        return Trusted(roots_in(places), revoked=ledger_of(*places))


class EndTrustOptions(ServerTrustOptions, JudgeOptions):
    """What both ends of a handshake go by."""


def roots_in(places: Iterable[Path]) -> tuple[Certificate, ...]:
    """The certificates in files, and the roots of authorities' folders, among PLACES.

    Raises:
        Unreadable: there is none in one of them.
    """
    from pki.model.foreign import read_certificate

    return tuple(
        read_certificate(facts.der, what=f"{path} is a certificate")
        for path in places
        for facts in certificates_in(path)
    )


def ledger_of(*places: Path) -> RevocationLedger | None:
    """What the authorities' folders among PLACES revoked, each asked once; None where there is none.

    Raises:
        StoreError: a folder is damaged.
    """
    from pki.issue.revoked import RevocationLedger
    from pki.store import AuthorityFolder
    from pki.store.layout import FolderLayout
    from pki.store.revocation import Revocations

    folders = {place.resolve(): place for place in places if FolderLayout(place).marker.is_file()}
    ledgers = [Revocations(AuthorityFolder.open(place)).ledger() for place in folders.values()]
    return reduce(RevocationLedger.joined, ledgers) if ledgers else None


def policy_named(folder: AuthorityFolder, text: str, roots: tuple[Certificate, ...]) -> ClientTrust:
    """Read `ca`, `ca:NAME`, `list:NAME,...`, `spki:NAME,...` or `name:PATTERN,...`; ROOTS are the anchors.

    Raises:
        InvalidRequest: another word. StoreError: nothing of that name was issued.
    """
    from pki.handshake import AllowList, ByName, BySpki, ChainsTo

    kind, _, rest = text.partition(":")
    names = tuple(filter(None, rest.split(",")))
    match kind, bool(names):
        case "ca", False:
            return ChainsTo(roots)
        case "ca", True:
            return ChainsTo(_leaves(folder, names))
        case "list", True:
            return AllowList.of(_leaves(folder, names), roots=roots)
        case "spki", True:
            return BySpki.of(_leaves(folder, names), roots=roots)
        case "name", True:
            return ByName(names, roots)
    raise InvalidRequest(
        f"--admit {text!r} says nothing of whom to admit",
        hint="Write ca, ca:INTERMEDIATE, list:NAME,..., spki:NAME,... or name:PATTERN,...",
    )


def acceptable_named(folder: AuthorityFolder, text: str) -> tuple[Certificate, ...] | None:
    """Read `policy` (None), `empty`, or the name of a certificate of the authority's to name in the policy's place."""
    if text == "policy":
        return None
    return () if text == "empty" else _leaves(folder, (text,))


def chain_sent(identity: Identity, what: str) -> tuple[Certificate, ...]:
    """What a client sends: `leaf`, `chain` (with intermediates), or `root` (with the root, too)."""
    return {
        "leaf": (identity.certificate,),
        "chain": identity.sent_chain,
        "root": (identity.certificate, *identity.issuers),
    }[what]


def _leaves(folder: AuthorityFolder, names: tuple[str, ...]) -> tuple[Certificate, ...]:
    return tuple(folder.certificates(name)[0] for name in names)
