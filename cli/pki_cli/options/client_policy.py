"""Whom the ends of a handshake trust, as the command line spells it: anchors, revocations, a server's policy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.options.group import OptionGroup
from pki_cli.options.trust import Anchors, Crls, certificates_in, crls_in

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.x509 import Certificate, CertificateRevocationList

    from pki.handshake import ClientTrust
    from pki.issue.revoked import RevocationLedger
    from pki.model.identity import Identity
    from pki.store import AuthorityFolder


@dataclass(frozen=True, slots=True)
class Trusted:
    """What both ends go by: where paths may end, and what was revoked."""

    roots: tuple[Certificate, ...]
    crls: tuple[CertificateRevocationList, ...] = ()
    revoked: RevocationLedger | None = None


class EndTrustOptions(OptionGroup):
    """Where the paths of both ends may end, and whom they refuse as revoked."""

    anchor: Anchors = None
    crl: Crls = None
    no_revocation: Annotated[
        bool, typer.Option("--no-revocation", help="Forget what the authority revoked: let it in, and see.")
    ] = False

    def read(self, folder: AuthorityFolder | None) -> Trusted:
        """The root of FOLDER, or the anchors in its place; and the revocations of every authority's folder among these.

        Raises:
            InvalidRequest: revocations are wanted and not wanted. Unreadable: a file is no certificate or no CRL.
        """
        from pki.model.foreign import read_certificate, read_crl

        if self.no_revocation and self.crl:
            raise InvalidRequest("--crl and --no-revocation contradict each other", hint="Give one of them.")
        own = (folder.path,) if folder is not None else ()
        roots = tuple(
            read_certificate(facts.der, what=f"{path} is a certificate")
            for path in self.anchor or own
            for facts in certificates_in(path)
        )
        if self.no_revocation:
            return Trusted(roots)
        lists = tuple(read_crl(crl.data) for crl in crls_in(self.crl))
        return Trusted(roots, lists, ledger_of(*own, *(self.anchor or ())))


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
        f"{text!r} is no policy for client certificates",
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
