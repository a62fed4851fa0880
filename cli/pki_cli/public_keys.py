"""Public test keys are not handed out to be trusted, unless somebody says that they know what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest, Unreadable
from pki_cli.shell import note
from pki_cli.ways_out import again

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from cryptography import x509

    from pki.load.inspected_file import Inspection
    from pki.model.certificate import CertFacts
    from pki.store import AuthorityFolder

FLAG = "--i-know-this-key-is-public"
Known = Annotated[
    bool, typer.Option(FLAG, help="Go on though anybody can have the key of what is to be trusted.")
]


def authority_to_hand_out(ca: Path, *, known: bool) -> AuthorityFolder:
    """Open the authority in CA, to give its root to somebody who will trust it.

    Raises:
        StoreError: there is none, or its ledger is damaged.
        InvalidRequest: its key is public, and that is not KNOWN.
    """
    from pki.store import AuthorityFolder

    folder = AuthorityFolder.open(ca)
    refuse_public(folder.issuers, known=known)
    return folder


def refuse_public(certificates: Iterable[x509.Certificate], *, known: bool) -> None:
    """Refuse CERTIFICATES of which one was signed with a public test key; only warn where that is KNOWN.

    Raises:
        InvalidRequest: one of them is, and nobody said so.
    """
    from cryptography.hazmat.primitives.serialization import Encoding

    from pki.model.certificate import CertFacts

    found = []
    for certificate in certificates:
        try:
            found.append(CertFacts.parse(certificate.public_bytes(Encoding.DER)))
        except Unreadable:  # none of ours, and Apple's parser refuses it
            continue
    _refuse(found, known=known)


def refuse_public_in_profile(profile: bytes, *, name: str, known: bool) -> None:
    """The same of the certificates in a configuration profile.

    Raises:
        Unreadable: it is no profile.
        InvalidRequest: as `refuse_public`.
    """
    from pki.load.inspection import inspect_bytes

    _refuse(_facts_in(inspect_bytes(profile, name=name)), known=known)


def _facts_in(inspection: Inspection) -> Iterator[CertFacts]:
    yield from (found.facts for found in inspection.certificates if found.facts is not None)
    for part in inspection.parts:
        yield from _facts_in(part)


def _refuse(certificates: Iterable[CertFacts], *, known: bool) -> None:
    from pki.model.public_keys import public_key_because
    from pki.report.layout import harmless

    for cert in certificates:
        because = public_key_because(cert)
        if not because:
            continue
        problem = (
            f"{harmless(cert.subject.label)!r} was signed with a public test key: {because}, and whoever trusts it "
            "trusts everybody who has the seed"
        )
        if not known:
            raise InvalidRequest(
                problem,
                hint="Make an authority whose keys are your own (the first command), or go on nevertheless, for a "
                "device or a simulator that serves tests alone (the second):",
                commands=["trustrig init --lan --ca own-ca", again(FLAG)],
            )
        note(f"warning: {problem}")
        return


def warn_unconstrained(root: x509.Certificate) -> None:
    """Say at the moment when ROOT comes to be trusted that nothing limits what it may certify."""
    from pki.issue.constraints import certifies_any_name

    if certifies_any_name(root):
        note(
            "warning: this root may certify any name: whoever gets its key can be any site to a device that trusts it; "
            "one made with `trustrig init --lan` is good for a local network alone"
        )
