"""What an exported file holds, where that follows from identities and certificates alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pki.export.pem import PemPart, certificates_pem, chain_pem, fullchain_pem, key_pem, leaf_pem
from pki.export.pkcs12 import write_p12
from pki.export.profile import ProfileIdentity, ProfileOptions, TargetDevice, build_profile
from pki.issue.validity import parse_moment
from pki.manifest.export_model import P12, CrlExport, Ocsp, Pem, ProfileExport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography import x509

    from pki.manifest.declaration import DeclaredExport
    from pki.model.identity import Identity

_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # a span has no beginning of its own


def content(
    export: DeclaredExport,
    *,
    authority: Sequence[x509.Certificate],
    identity: Identity | None,
    password: str | None,
) -> bytes:
    """Return the bytes of EXPORT; AUTHORITY is the chain of the CA or intermediate it names, the root last.

    Raises:
        NotExportable: Apple imports no key of the identity's type.
    """
    wanted = export.wanted
    if isinstance(wanted, Pem):
        return _pem(wanted, identity) if identity is not None else _authority_pem(export, authority)
    if isinstance(wanted, P12) and identity is not None:
        return write_p12(
            identity, password=password or "", encryption=wanted.encryption, include_root=wanted.root
        )
    if isinstance(wanted, ProfileExport):
        options = ProfileOptions(
            identifier=wanted.identifier,
            organization=wanted.organization,
            remove_after=parse_moment(wanted.remove_after, at=_ANY_DAY) - _ANY_DAY
            if wanted.remove_after
            else None,
            target=TargetDevice[wanted.device.upper().replace("-", "_")],
        )
        packed = [
            ProfileIdentity(one, password or "", embed_password=wanted.embed_password)
            for one in (identity,)
            if one is not None
        ]
        return build_profile((authority[-1], *authority[:-1]), identities=packed, options=options)
    raise TypeError(f"the content of {export.to} depends on a date")


def period(wanted: CrlExport | Ocsp, *, at: datetime) -> tuple[datetime, datetime]:
    """Return the moment a list or an answer speaks for when it is made at AT, and its end."""
    start = at if wanted.at is None else parse_moment(wanted.at, at=at)
    return start, parse_moment(wanted.next_update, at=start)


def is_secret(export: DeclaredExport) -> bool:
    """Whether the file holds a private key, and so is for its owner alone."""
    if isinstance(export.wanted, Pem):
        return export.leaf is not None and export.wanted.part in (None, PemPart.BUNDLE, PemPart.KEY)
    return export.leaf is not None and isinstance(export.wanted, P12 | ProfileExport)


def _pem(wanted: Pem, identity: Identity) -> bytes:
    match wanted.part:
        case PemPart.CERTIFICATE:
            return leaf_pem(identity)
        case PemPart.CHAIN:
            return chain_pem(identity)
        case PemPart.FULLCHAIN:
            return fullchain_pem(identity)
        case PemPart.KEY:
            return key_pem(identity)
        case PemPart.ROOT:
            return certificates_pem([identity.root] if identity.root is not None else [])
    return key_pem(identity) + fullchain_pem(identity)


def _authority_pem(export: DeclaredExport, authority: Sequence[x509.Certificate]) -> bytes:
    """A CA is what clients trust, its root; an intermediate is itself."""
    return certificates_pem([authority[-1] if export.issuer is None else authority[0]])
