"""Defects in the signature."""

from __future__ import annotations

from dataclasses import replace

from pki.issue.defects.draft import Defect, Draft


def bad_signature(draft: Draft) -> Draft:
    """Flip the signature's last bit."""
    return replace(draft, spoiled=True)


def signed_with(digest: str) -> Defect:
    """Sign with DIGEST: `md5` (RSA alone), `sha1`, `sha224`, `sha256`, `sha384` or `sha512`."""
    return lambda draft: replace(draft, digest=digest)


def signed_with_pss(draft: Draft) -> Draft:
    """Sign with RSASSA-PSS and SHA-256 (RFC 4055); the issuer's key must be RSA. Apple's Security has no verifier."""
    return replace(draft, pss=True)
