"""A server's policy for client certificates, as the command line spells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.errors import InvalidRequest

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from pki.handshake import ClientTrust
    from pki.model.identity import Identity
    from pki.store import AuthorityFolder


def policy_named(folder: AuthorityFolder, text: str) -> ClientTrust:
    """Read `ca`, `ca:NAME`, `list:NAME,...`, `spki:NAME,...` or `name:PATTERN,...`.

    Raises:
        InvalidRequest: another word. StoreError: nothing of that name was issued.
    """
    from pki.handshake import ByName, BySpki, ChainsTo, OnTheList

    kind, _, rest = text.partition(":")
    names = tuple(filter(None, rest.split(",")))
    roots = (folder.root,)
    match kind, bool(names):
        case "ca", False:
            return ChainsTo(roots)
        case "ca", True:
            return ChainsTo(_leaves(folder, names))
        case "list", True:
            return OnTheList.of(_leaves(folder, names), roots=roots)
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
