"""Servers whose certificates no builder makes any more."""

from __future__ import annotations

from pki.issue.defects import signed_with, with_defects
from pki.model.identity import Identity
from tests.live.stage import Stage


def sha1_server(stage: Stage) -> Identity:
    """The stage's server with its certificate signed anew with SHA-1; the chain above it is good."""
    old = with_defects(stage.server.certificate, signed_with("sha1"), key=stage.authority.issuing.key)
    return Identity(old, stage.server.key, stage.server.issuers)
