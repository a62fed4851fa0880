"""Where the path search takes its signatures from."""

from __future__ import annotations

from pki.model.signatures import Verified, self_signed, signed_by, verified

__all__ = ["Verified", "self_signed", "signed_by", "verified"]
