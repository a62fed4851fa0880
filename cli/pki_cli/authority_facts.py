"""What `init` and `list` say of an authority's folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pki.store import AuthorityFolder


def members_of(folder: AuthorityFolder) -> dict[str, dict[str, str] | None]:
    """Describe root and intermediate as `init` and `list` do; None is what a folder of this shape does not have."""
    from cryptography.hazmat.primitives.hashes import SHA256

    from pki.model.common_names import common_name_in
    from pki.store.layout import CERTIFICATE

    members = folder.members
    found = {
        "root": members.root if members.has_root else None,
        "intermediate": members.above_leaves[0] if members.above_leaves else None,
    }
    return {
        role: {
            "common_name": common_name_in(certificate.subject),
            "not_after": certificate.not_valid_after_utc.isoformat(),
            "sha256": certificate.fingerprint(SHA256()).hex(),
            "file": str(folder.path / role / CERTIFICATE),
        }
        if certificate is not None
        else None
        for role, certificate in found.items()
    }


def shape_of(folder: AuthorityFolder) -> dict[str, object]:
    """What sets one shape of folder apart from another."""
    marker = folder.members.marker
    outside = str(marker.key_file) if marker.key_file is not None else None
    return {"signs": marker.members[-1], "adopted": marker.adopted, "key_file": outside}
