"""What every target holds the texts against that it gets out of hostile bytes."""

from __future__ import annotations


def harmless(*texts: str) -> None:
    """What strangers wrote must not steer a terminal, and must fit a UTF-8 stream."""
    for text in texts:
        odd = next((c for c in text if not c.isprintable() and c != "\n"), None)
        if odd is not None:
            raise AssertionError(f"{odd!r} in {text[:200]!r}")
        text.encode()
