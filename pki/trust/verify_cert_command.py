"""The same question to SecTrust on a Mac, as the command that puts it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pki.model.verdict import AnchorClass
from pki.trust.request import Anchor

if TYPE_CHECKING:
    pass


def verify_cert_command(
    chain_files: Sequence[str],
    root_files: Sequence[str],
    *,
    host: str | None,
    at: datetime,
    policy: str = "ssl",
) -> str:
    """The line that puts the question to a Mac's own evaluator, without network and keychains.

    Files are PEM or DER, leaf first; the time is given in UTC, which is not verified on a Mac. POLICY is `ssl` or
    `basic`. See `mac_anchor_class` for what it does not ask. Source: security(1), verify-cert.
    """
    files = [part for file in chain_files for part in ("-c", file)]
    roots = [part for file in root_files for part in ("-r", file)]
    name = ["-n", host] if host is not None else []
    moment = f"{at.astimezone(UTC):%Y-%m-%d-%H:%M:%S}"
    return shlex.join(
        ["security", "verify-cert", "-L", "-N", *files, *roots, "-p", policy, *name, "-d", moment]
    )


def mac_anchor_class(anchors: Sequence[Anchor], root_files: Sequence[str]) -> str:
    """How the anchors of that line differ from ANCHORS, in words; empty where they do not.

    Source: Security-61901 SecurityTool/macOS/verify_cert.c: -r is SecTrustSetAnchorCertificates.
    """
    classes = {anchor.anchor_class for anchor in anchors}
    if classes <= {AnchorClass.APP}:
        return ""
    if AnchorClass.SYSTEM in classes:
        return (
            "-r sets anchors as an app's own code does, not as preinstalled roots: 398 days and Certificate "
            "Transparency are not asked. For a root the Mac has, leave -r out."
        )
    trust = "; ".join(shlex.join(["security", "add-trusted-cert", "-p", "ssl", file]) for file in root_files)
    return (
        "-r sets anchors as an app's own code does, not as the user's: extendedKeyUsage must name serverAuth, and a "
        "trusted server certificate gets no leave. To ask for the user's trust, leave -r out after "
        f"`{trust}`; remove-trusted-cert takes it back."
    )
